"""Text encoders: what another model makes of a text on its way to an answer, as a vector that fills a slot.

``TextEncoder`` is a model of words (an understander) up to its heads: the states of the words pooled to one vector.
``TokenEncoder`` is a model of language up to its softmax: the mean of the states of all tokens, each of which has read
those before it. Both hold the other model whole.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import Space, spaces

from ...components.component import Component
from ...components.composition import build, describe
from ...components.names import name_of
from ...components.spaces import space_to_json
from ..words import Encoded
from .language_model import LanguageModel
from .text_component import Row, TextComponent, WordComponent, text_of, text_space
from .text_model import TextModel
from .turn_understander import TurnUnderstander
from .understander import Understander


class TextEncoder(WordComponent):
    """An understander's states of the words, pooled: text -> (2 width,).

    Args:
        part: The understander, or its description, see ``components.composition.describe``.

    Raises:
        ValueError: another component.
    """

    def __init__(self, input_space: Space, output_space: Space, part: Any) -> None:
        net = part if isinstance(part, Component) else build(part)
        if not isinstance(net, (Understander, TurnUnderstander)):
            raise ValueError(f"a {type(net).__name__} reads no words; expected an understander")
        super().__init__(input_space, output_space, {"part": describe(net)}, net.table)
        self.part = net

    def row_of(self, raw: np.ndarray) -> Row:
        return self.part.row_of(raw)

    def vectors(self, rows: Encoded) -> torch.Tensor:
        return self.part.vectors(rows)

    def answer_of(self, vectors: torch.Tensor, lengths: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        if isinstance(self.part, TurnUnderstander):
            vectors = vectors + self.part.last(context)[:, None]
        return self.part.encoder(vectors, lengths)[1]


class TokenEncoder(TextComponent):
    """A model of language's states of the tokens, their mean: text -> (width,). Of a text the first tokens are read.

    Args:
        part: The model of language, or its description.

    Raises:
        ValueError: another component.
    """

    FILES: ClassVar[Mapping[str, int]] = TextModel.FILES

    def __init__(self, input_space: Space, output_space: Space, part: Any) -> None:
        net = part if isinstance(part, Component) else build(part)
        if not isinstance(net, LanguageModel):
            raise ValueError(f"a {type(net).__name__} is no model of language")
        ends = {"input_space": space_to_json(net.input_space), "output_space": space_to_json(net.output_space)}
        described = {"class": name_of(type(net)), "config": net.config, **ends}
        super().__init__(input_space, output_space, {"part": described})
        self.part = net

    def files(self) -> dict[str, bytes]:
        return self.part.files()

    def take_files(self, files: Mapping[str, bytes]) -> None:
        self.part.take_files(files)

    def row_of(self, raw: np.ndarray) -> list[int]:
        return self.part.tokenizer.encode(text_of(raw) or " ")[: self.part.context]

    @torch.no_grad()
    def answers(self, rows: Sequence[list[int]]) -> list[np.ndarray]:
        # One by one: a matrix product of another height may round elsewhere.
        states = (self.part.stack(torch.tensor([ids], device=self.device), ())[0] for ids in rows)
        return [state[0].mean(dim=0).float().cpu().numpy() for state in states]


def encoder_of(net: Component) -> TextEncoder | TokenEncoder:
    """The encoder that is in a model.

    Raises:
        ValueError: there is none in it.
    """
    if isinstance(net, (Understander, TurnUnderstander)):
        return TextEncoder(net.input_space, vector_space(2 * net.encoder.width), net).eval()
    if isinstance(net, LanguageModel):
        return TokenEncoder(text_space(), vector_space(net.head.in_features), net).eval()
    raise ValueError(
        f"a {type(net).__name__} holds no encoder of texts; expected what `ludus fit nlp/understand` or "
        "nlp/complete made"
    )


def vector_space(size: int) -> spaces.Box:
    """The Box of a vector of so many numbers."""
    return spaces.Box(-np.inf, np.inf, (size,), np.float32)
