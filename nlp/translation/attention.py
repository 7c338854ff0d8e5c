"""Attention of a translator over a sentence and its translation, by layer and head, ready to be shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...explain.attention import attention_figure
from ...utils.wording import did_you_mean, in_line
from ..models.transformer import Maps
from ..models.translator import Translator, as_source, as_target
from ..tokenizer import SPECIAL, Tokenizer
from .translating import prepare, translate

# What looks at what: words of the translation at the sentence, of the sentence at itself, of the translation at itself.
KINDS = ("translation", "source", "written")
MEAN, ALL = "mean", "all"  # instead of a head
SPACE = "␣"


@dataclass(frozen=True)
class Attention:
    """What every head of a translator looked at: for each kind and layer (H, L, S), with the tokens of both axes."""

    weights: dict[str, list[np.ndarray]]
    source: list[str]  # tokens of the sentence, END among them
    written: list[str]  # tokens of the translation, as each of them was written; END among them
    told: list[str]  # tokens that the decoder had been told when it wrote these; BEGIN among them
    heading: str

    def figure(self, kind: str = KINDS[0], layer: int = 0, head: str = MEAN) -> Any:
        """A figure of one kind of attention.

        Args:
            kind: One of ``KINDS``.
            layer: 1 … layers; 0: the last one.
            head: ``mean`` of all heads, ``all`` of them in a panel each, or the number of one, 1 … heads.

        Raises:
            ValueError: an unknown kind, a layer or head that is not there, or tokens that nobody can read.
            ImportError: there is no Matplotlib.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown attention {kind!r}{did_you_mean(kind, KINDS)}")
        layers = self.weights[kind]
        if not 0 <= layer <= len(layers):
            raise ValueError(f"layer must be 1 … {len(layers)}, or 0 for the last one, got {layer}")
        number = layer or len(layers)
        weights, titles = self._heads(layers[number - 1], head, number)
        rows, columns = {
            KINDS[0]: (self.written, self.source),
            KINDS[1]: (self.source, self.source),
            KINDS[2]: (self.written, self.told),
        }[kind]
        axes = {
            KINDS[0]: ("translation, as it is written", "sentence"),
            KINDS[1]: ("sentence", "sentence"),
            KINDS[2]: ("translation, as it is written", "what was written before"),
        }[kind]
        return attention_figure(weights, rows, columns, titles, self.heading, *axes)

    def _heads(self, weights: np.ndarray, head: str, layer: int) -> tuple[np.ndarray, list[str]]:
        """The panels that are asked for, and their titles."""
        count = len(weights)
        if head == MEAN:
            return weights.mean(axis=0, keepdims=True), [f"mean of {count} heads of layer {layer}"]
        if head == ALL:
            return weights, [f"layer {layer}, head {number + 1}" for number in range(count)]
        if not head.isdecimal() or not 1 <= int(head) <= count:
            raise ValueError(f"head must be 1 … {count}, {MEAN} or {ALL}, got {head!r}")
        return weights[int(head) - 1 : int(head)], [f"layer {layer}, head {int(head)} of {count}"]


@torch.no_grad()
def look(net: Translator, text: str, translation: str = "", beam: int = 5) -> Attention:
    """What a translator looks at while it writes a translation.

    Args:
        translation: The one that it is made to write; by default its own.

    Raises:
        ValueError: an empty text.
    """
    (entry,) = prepare(net, [text])
    if not entry.tokens:
        raise ValueError("an empty text has no attention to show; give a sentence")
    translation = translation.strip() or translate(net, [text], beam)[0]
    (words,) = prepare(net, [translation])
    source = as_source([entry.tokens], net.length).to(net.device)
    target = as_target([words.tokens], net.longest).to(net.device)
    reading, writing = Maps(), Maps()
    memory, mask = net.read(source, reading)
    net.write(target[:, :-1], (), memory, mask, writing)
    weights = {
        kind: [layer[0].float().cpu().numpy() for layer in layers]
        for kind, layers in zip(KINDS, (writing.memory, reading.own, writing.own), strict=True)
    }
    told = target[0].tolist()
    return Attention(
        weights,
        names_of(net.tokenizer, source[0].tolist()),
        names_of(net.tokenizer, told[1:]),
        names_of(net.tokenizer, told[:-1]),
        f"{in_line(text, 70)} → {in_line(translation, 70)}",
    )


def names_of(tokenizer: Tokenizer, tokens: list[int]) -> list[str]:
    """A name for each token, for people: what goes on with a word begins with ``·``, a space alone is ``␣``."""
    names, within = [], False
    for token, text in zip(tokens, tokenizer.tokens(tokens), strict=True):
        goes_on = within and token >= len(SPECIAL) and text[:1].isalnum()
        names.append(f"·{text}" if goes_on else text.strip() or SPACE)
        within = token >= len(SPECIAL) and text[-1:].isalnum()
    return names
