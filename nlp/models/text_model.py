"""Models of text: components with a tokenizer, which is kept beside their weights."""

from collections.abc import Mapping
from typing import Any, ClassVar

from gymnasium import Space
from torch import nn

from ...components.component import Component
from ...utils.untrusted import MOST_JSON
from ..tokenizer import Tokenizer
from .rnn import Recurrent
from .transformer import Stack

TOKENIZER = "tokenizer.json"


class TextModel(Component):
    """A component whose numbers are tokens of its own tokenizer.

    A subclass builds itself for so many tokens; who makes one gives it the tokenizer afterwards (``model.tokenizer =
    …``), and ``load`` does so from the folder's tokenizer.json, whose SHA-256 stands in config.json.

    Args:
        vocabulary: How many tokens it knows.
    """

    FILES: ClassVar[Mapping[str, int]] = {TOKENIZER: MOST_JSON}

    def __init__(self, input_space: Space, output_space: Space, config: dict[str, Any], vocabulary: int) -> None:
        super().__init__(input_space, output_space, config)
        self.vocabulary = vocabulary
        self._tokenizer: Tokenizer | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """Whose tokens it knows; ``ValueError`` where nobody has given it one yet."""
        if self._tokenizer is None:
            raise ValueError(f"this {type(self).__name__} has no tokenizer yet; give it the one it learned with")
        return self._tokenizer

    @tokenizer.setter
    def tokenizer(self, tokenizer: Tokenizer) -> None:
        if tokenizer.size != self.vocabulary:
            raise ValueError(
                f"its tokenizer has {tokenizer.size:,} tokens, the model knows {self.vocabulary:,}; it is that of "
                "another model"
            )
        self._tokenizer = tokenizer

    def matrices(self) -> list[nn.Parameter]:
        hidden = [part.blocks for part in self.modules() if isinstance(part, Stack)]
        hidden += [part.layers for part in self.modules() if isinstance(part, Recurrent)]
        return [p for layers in hidden for p in layers.parameters() if p.ndim == 2]

    def files(self) -> dict[str, bytes]:
        return {TOKENIZER: self.tokenizer.as_json()}

    def take_files(self, files: Mapping[str, bytes]) -> None:
        try:
            self.tokenizer = Tokenizer.from_json(files[TOKENIZER])
        except ValueError as fault:
            raise ValueError(f"its {TOKENIZER} is of no use: {fault}; restore the folder") from None
