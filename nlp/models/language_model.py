"""Models of language: what comes next? The transformer and recurrent networks, each with a softmax over all tokens.

A model reads tokens and says for each of them how probable every token is as the next one:

    states (N, L, W) = stack(tokens (N, L))        `transformer.py` or `rnn.py`
    ŷ(t) = softmax(U h(t) + b2)                    for each state h(t)

As a component it takes a window of tokens, filled up with PAD at its end, and gives the probabilities of the next one.
"""

from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces
from torch import nn

from ..tokenizer import MOST_TOKENS, PAD
from .rnn import Recurrent
from .text_model import TextModel
from .transformer import SPREAD, Decoder, State

MOST_CONTEXT = 65_536  # tokens


class LanguageModel(TextModel):
    """What all models of language have; a subclass gives ``stack``.

    Args:
        input_space: Box of int64 (context,): tokens, of which a model learned from so many at once.
        output_space: Box of float32 (vocabulary,): the probability of each token as the next one.
        config: The subclass's further arguments.
        stack: From tokens (N, L), and the state before them, to states (N, L, width) and the state after them.
        width: W of the stack.

    Raises:
        ValueError: the spaces are none of a model of language.
    """

    windowed = False  # whether nothing can be read beyond ``context`` tokens

    def __init__(
        self, input_space: Space, output_space: Space, config: dict[str, Any], stack: nn.Module, width: int
    ) -> None:
        context, vocabulary = sizes_of(input_space, output_space)
        super().__init__(input_space, output_space, config, vocabulary)
        self.context, self.stack = context, stack
        self.head = nn.Linear(width, vocabulary)  # U and b2
        nn.init.normal_(self.head.weight, std=SPREAD)
        nn.init.zeros_(self.head.bias)

    def read(self, ids: torch.Tensor, state: State = ()) -> tuple[torch.Tensor, State]:
        """Logits (N, L, vocabulary) of the token after each of ``ids`` (N, L), and the state with which to go on."""
        states, state = self.stack(ids, state)
        return self.head(states), state

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, vocabulary) of the next token after windows (N, context), which end where PAD begins."""
        ids = x.long()
        last = ((ids != PAD).sum(dim=1) - 1).clamp(min=0)
        states, _ = self.stack(ids)
        return self.head(states[torch.arange(len(ids), device=ids.device), last])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits(x).float().softmax(dim=-1)


class TransformerLM(LanguageModel):
    """A decoder of the transformer (Vaswani et al. 2017, Radford et al. 2018).

    Args:
        input_space, output_space: See ``LanguageModel``.
        width, layers, heads, hidden, dropout, qk_norm: See ``transformer.Stack``; a ``hidden`` of 0 is 4 ``width``.
        data: Where it learned, for the person who finds it later.
    """

    windowed = True

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        width: int = 256,
        layers: int = 4,
        heads: int = 4,
        hidden: int = 0,
        dropout: float = 0.1,
        qk_norm: bool = True,
        data: str = "",
    ) -> None:
        config = {
            "width": width, "layers": layers, "heads": heads, "hidden": hidden, "dropout": dropout, "qk_norm": qk_norm,
            "data": data,
        }  # fmt: skip
        _, vocabulary = sizes_of(input_space, output_space)
        stack = Decoder(width, layers, heads, vocabulary, hidden or None, dropout, qk_norm)
        super().__init__(input_space, output_space, config, stack, width)


class RecurrentLM(LanguageModel):
    """A recurrent network: the textbook's, of gated units, or an LSTM (see `rnn.py`).

    Args:
        input_space, output_space: See ``LanguageModel``.
        cell, width, layers, dropout, squash: See ``rnn.Recurrent``.
        data: Where it learned, for the person who finds it later.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        cell: str = "lstm",
        width: int = 512,
        layers: int = 1,
        dropout: float = 0.1,
        squash: str = "tanh",
        data: str = "",
    ) -> None:
        config = {
            "cell": cell, "width": width, "layers": layers, "dropout": dropout, "squash": squash, "data": data,
        }  # fmt: skip
        _, vocabulary = sizes_of(input_space, output_space)
        stack = Recurrent(cell, width, layers, vocabulary, dropout, squash)
        super().__init__(input_space, output_space, config, stack, width)


def spaces_of(context: int, vocabulary: int) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of a model of language."""
    return spaces.Box(0, vocabulary - 1, (context,), np.int64), spaces.Box(0.0, 1.0, (vocabulary,), np.float32)


def sizes_of(input_space: Space, output_space: Space) -> tuple[int, int]:
    """Context and vocabulary of a model of language with these spaces; ``ValueError`` if they are none of one."""
    seen, said = input_space.shape or (), output_space.shape or ()
    if len(seen) != 1 or not 1 <= seen[0] <= MOST_CONTEXT or input_space.dtype != "int64":
        raise ValueError(f"a model of language takes a row of tokens as int64, got {input_space}")
    if len(said) != 1 or not 1 <= said[0] <= MOST_TOKENS or output_space.dtype != "float32":
        raise ValueError(f"a model of language gives a probability for each token as float32, got {output_space}")
    return seen[0], said[0]
