"""Beam search: of all texts that a model can go on with, those that it thinks likeliest, several kept at each step.

It knows no model: whatever gives scores of the next token, row by row, and can put its rows in another order, is
searched (``Steps``). Hypotheses are compared by their log-likelihood divided by a power of their length (Wu et al.
2016), because each further token makes a text less likely. Beam 1 with any such power is greedy search.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch

from .tokenizer import BEGIN, END, PAD, UNKNOWN

NEVER = (PAD, BEGIN, UNKNOWN)  # tokens that no text is made of


class Steps(Protocol):
    """A model that goes on with rows of tokens, one token at a time."""

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Scores (R, vocabulary) of what follows ``tokens`` (R,), which follow what each row had before."""
        ...

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows (int64): each of them may come once, several times, or never."""
        ...


class Hypothesis(NamedTuple):
    """A text that was found."""

    tokens: list[int]  # without BEGIN and END
    score: float  # log-likelihood, END among it, divided by the power of the length
    log_likelihood: float


def check_scores(scores: torch.Tensor) -> None:
    """``ValueError`` where a model says of tokens what is no number: then all that it would write is wrong."""
    if scores.isnan().any():
        raise ValueError(
            "the model gives no numbers (NaN) for the next token: its weights are damaged, or its training diverged"
        )


def normalised(log_likelihood: float, length: int, power: float) -> float:
    """What hypotheses of ``length`` tokens, END among them, are compared by."""
    return log_likelihood / length**power


@torch.no_grad()
def beam_search(
    steps: Steps, longest: Sequence[int], beam: int = 5, power: float = 1.0, device: str | torch.device = "cpu"
) -> list[list[Hypothesis]]:
    """The hypotheses of a search for each text, the best first: at most ``beam`` of each.

    A text is done when ``beam`` hypotheses of it have ended, each of them among the best ``beam`` continuations of its
    step. One that reaches its longest length must end there.

    Args:
        steps: With a row for each text, on which nothing has been said yet.
        longest: Tokens that each text has at most, END not counted.
        beam: Hypotheses that are kept at each step.
        power: Of the length; 0: long texts are punished as they come.

    Raises:
        ValueError: a beam below 1; scores that are no numbers.
    """
    if beam < 1:
        raise ValueError(f"a beam has at least one hypothesis, got {beam}")
    count = len(longest)
    found: list[list[Hypothesis]] = [[] for _ in range(count)]
    alive = torch.arange(count)  # numbers of the texts that are not done
    most = torch.tensor(longest)
    steps.select(alive.repeat_interleave(beam).to(device))
    scores = torch.full((count, beam), -torch.inf, device=device)
    scores[:, 0] = 0.0  # the first step has one beginning alone
    texts = torch.empty(count, beam, 0, dtype=torch.int64, device=device)
    tokens = torch.full((count * beam,), BEGIN, dtype=torch.int64, device=device)
    length = 0
    while len(alive):
        length += 1
        logits = steps.step(tokens).float()
        check_scores(logits)
        logits[:, NEVER] = -torch.inf
        likely = logits.log_softmax(dim=1).view(len(alive), beam, -1)
        ending = likely[:, :, END].clone()
        likely[(most[alive] < length).to(device)] = -torch.inf
        likely[:, :, END] = ending
        vocabulary = likely.shape[2]
        joined = (scores[:, :, None] + likely).flatten(1)
        best, place = joined.topk(min(2 * beam, joined.shape[1]), dim=1)
        from_beam, token = place // vocabulary, place % vocabulary
        ends = token == END
        # Those that end: of the best ``beam`` alone, as a worse one would push out what goes on.
        for i, k in (ends[:, :beam] & best[:, :beam].isfinite()).nonzero().tolist():
            text = texts[i, from_beam[i, k]].tolist()
            value = float(best[i, k])
            found[int(alive[i])].append(Hypothesis(text, normalised(value, length, power), value))
        # Those that go on: the best ``beam`` of the others, in their order.
        order = ends.to(torch.int8).sort(dim=1, stable=True).indices[:, :beam]
        scores, token, from_beam = best.gather(1, order), token.gather(1, order), from_beam.gather(1, order)
        ended = ends.gather(1, order)
        scores = scores.masked_fill(ended, -torch.inf)
        texts = texts.gather(1, from_beam[:, :, None].expand(-1, -1, texts.shape[2]))
        texts = torch.cat([texts, token[:, :, None]], dim=2)
        goes_on = scores.isfinite().any(dim=1).cpu()
        goes_on &= torch.tensor([len(found[i]) < beam for i in alive.tolist()], dtype=torch.bool)
        kept = goes_on.nonzero()[:, 0].to(device)
        rows = (kept[:, None] * beam + from_beam[kept]).flatten()
        alive, scores, texts = alive[goes_on], scores[kept], texts[kept]
        tokens = token[kept].flatten()
        if len(alive):
            steps.select(rows)
    return [sorted(each, key=lambda hypothesis: -hypothesis.score)[:beam] for each in found]
