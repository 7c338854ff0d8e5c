"""The words that moved what a component says of a text; see `explain/words.py`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..components.utterance import encode_heard, encode_meaning
from ..explain.words import Weighed, weigh_words
from .models.text_component import Row, WordComponent
from .models.turn_understander import Meaning, TurnUnderstander
from .models.understander import Understander, Understood
from .words import words_of


def weigh_row(net: WordComponent, row: Row, direction: Sequence[float] | np.ndarray, answer: str) -> Weighed:
    """How much each word of a row moved a sum of the component's answers.

    Args:
        direction: (K,) the weight of each answer in that sum: a 1 for the one in question, or how an action's value
            rises with each of them. Where the component has ``logits_of``, of the logits.
        answer: What it is, in words.
    """
    toward = torch.as_tensor(np.asarray(direction, np.float32), device=net.device)
    return _weigh(net, row, getattr(net, "logits_of", net.answer_of), lambda answers: answers @ toward, answer)


def weigh_through(net: WordComponent, row: Row, number: Callable[[torch.Tensor], torch.Tensor], answer: str) -> Weighed:
    """How much each word of a row moved a number that somebody else makes of the component's answers.

    Args:
        number: From answers (M, K), as a slot shows them, to (M,), such as how good an action is for an agent.
        answer: What it is, in words.
    """
    return _weigh(net, row, net.answer_of, number, answer)


def _weigh(
    net: WordComponent, row: Row, says: Any, number: Callable[[torch.Tensor], torch.Tensor], answer: str
) -> Weighed:
    encoded, context = net.encode([row])

    def of_vectors(vectors: torch.Tensor) -> torch.Tensor:
        count = len(vectors)
        return number(says(vectors, encoded.lengths.expand(count), context.expand(count)).flatten(1))

    weights = weigh_words(net, of_vectors, net.vectors(encoded))[0]
    return Weighed(tuple(row.words[: len(weights)]), weights, answer)


def weigh_intent(net: Understander, text: str, intent: str | None = None) -> Weighed:
    """How much each word of a text speaks for an intent, by default the one that is understood.

    Raises:
        ValueError: an intent that the component does not know.
    """
    said: Understood = net.understand(text)
    chosen = said.intent if intent is None else intent
    if chosen not in net.intents:
        raise ValueError(f"unknown intent {ascii(chosen)[:60]}; known: {', '.join(net.intents)}")
    direction = np.zeros(len(net.intents), np.float32)
    direction[net.intents.index(chosen)] = 1.0
    shown = f"{chosen} {said.probability:.0%}" if chosen == said.intent else chosen
    return weigh_row(net, Row(words_of(text)), direction, shown)


def weigh_turn(net: TurnUnderstander, text: str, last: str | None = None) -> Weighed:
    """How much each word of what a guest said speaks for what was understood: act, values and wishes together.

    Raises:
        ValueError: see ``TurnUnderstander.understand``.
    """
    said: Meaning = net.understand(text, last)
    direction = encode_meaning(net.meaning, said.act, said.values, said.wishes)
    for slot in net.meaning.names[1:-1]:  # that nothing was said of a slot is no answer of a word's
        if slot not in said.values:
            direction[net.meaning.slice(slot)] = 0.0
    row = net.row_of(encode_heard(0 if last is None else net.lasts.index(last), text))
    return weigh_row(net, row, direction, str(said))
