"""Writing: a model of language goes on with a text, token by token; greedy, or drawn from what is probable.

What is drawn follows from the seed, the number of the text and the place in it alone, so that text 3 is the same
whether 4 are written or 40, and whether it is printed as it comes or at the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from ..training.batches import generator
from .beam import check_scores
from .models.language_model import LanguageModel
from .models.transformer import State
from .tokenizer import SPECIAL, UNKNOWN, Tokenizer, readable

MOST_TEMPERATURE = 100.0
MOST_LETTERS = 100_000  # of a beginning


@dataclass(frozen=True)
class Choosing:
    """How the next token is chosen.

    Attributes:
        temperature: By which logits are divided; 0: always the most probable token (greedy).
        top_p: The most probable tokens whose probabilities reach this sum are drawn from, no others (nucleus sampling,
            Holtzman et al. 2020); 1: all.
        seed: Of what is drawn.

    Raises:
        ValueError: a value out of range.
    """

    temperature: float = 0.8
    top_p: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.temperature <= MOST_TEMPERATURE:
            raise ValueError(f"temperature must be 0 … {MOST_TEMPERATURE:g}, got {self.temperature}")
        if not 0.0 < self.top_p <= 1.0:
            raise ValueError(f"top-p must be above 0 and at most 1, got {self.top_p}")

    def choose(self, logits: torch.Tensor, text: int, place: int) -> int:
        """The token at ``place`` of text number ``text``, by logits (vocabulary,); never a special one.

        Raises:
            ValueError: logits that are no numbers.
        """
        check_scores(logits)
        logits = logits.double().clone()
        logits[: len(SPECIAL)] = -torch.inf
        if not self.temperature:
            return int(logits.argmax())
        # From the largest one down, for a low temperature would make any other number infinite.
        p, order = ((logits - logits.max()) / self.temperature).softmax(dim=0).sort(descending=True, stable=True)
        reached = p.cumsum(dim=0)
        kept = int((reached - p < self.top_p).sum())  # those before which the sum is not reached yet
        drawn = torch.rand((), generator=generator(self.seed, "text", text, place), dtype=torch.float64)
        at = int(torch.searchsorted(reached[:kept], drawn * reached[kept - 1], right=True))
        return int(order[min(at, kept - 1)])


def check_beginning(tokenizer: Tokenizer, beginning: str) -> list[int]:
    """The tokens of a beginning.

    Raises:
        ValueError: it is empty, too long, or has characters that the tokenizer does not know.
    """
    if not beginning:
        raise ValueError('the text is empty; give it a beginning, such as "To be"')
    if len(beginning) > MOST_LETTERS:
        raise ValueError(f"the text has {len(beginning):,} characters, at most {MOST_LETTERS:,} are read")
    ids = tokenizer.encode(beginning)
    if UNKNOWN in ids:
        unknown = readable(beginning)[ids.index(UNKNOWN)]  # a tokenizer of characters has a token for each
        raise ValueError(
            f"the model has never seen {unknown!r}; it knows {tokenizer.size - len(SPECIAL)} characters: leave it out, "
            "or train one on bytes: --set tokens=bpe"
        )
    return ids


@torch.no_grad()
def write(
    net: LanguageModel, beginning: Sequence[int], length: int, choosing: Choosing, text: int = 0
) -> Iterator[int]:
    """The ``length`` tokens with which the model goes on.

    Each token is computed once: the model keeps its state (keys and values, or h). A transformer reads no more than its
    context; when that is full, it begins anew with the last half of it.

    Args:
        beginning: Tokens, one or more; of a transformer the last ``context`` are read.
        text: Number of the text, where several are written.
    """
    net.eval()
    seen = list(beginning)
    state: State = ()
    unread = seen[-net.context :] if net.windowed else seen
    held = 0  # tokens in the state
    for place in range(length):
        if net.windowed and held + len(unread) > net.context:
            unread, state, held = seen[-max(net.context // 2, 1) :], (), 0
        ids = torch.tensor([unread], device=net.device)
        states, state = net.stack(ids, state)
        logits = net.head(states[0, -1])  # of the last token alone: of a long beginning all would be gigabytes
        held += len(unread)
        unread = [choosing.choose(logits.float().cpu(), text, place)]
        seen += unread
        yield unread[0]
