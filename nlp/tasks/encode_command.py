"""The options and the start of `ludus fit nlp/encode` and `ludus fit nlp/wordllama`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from ...data.utterance_sets import UTTERANCE_SETS
from ...training.command import FitArguments

if TYPE_CHECKING:
    from ...training.fit import Fit

ENCODE = """Make an encoder of texts, for an open slot, out of a model that was fitted: text -> vector.

  ludus fit nlp/encode --source models/snips --out models/vectors
  ludus fit nlp/encode --source models/shakespeare --data snips --out models/vectors

Nothing is learned: the encoder is what the model makes of a text before its answer. With --data it is judged by nearest
neighbours among labelled utterances."""
WORDLLAMA = """Make an encoder of texts, for an open slot, out of pretrained vectors: text -> 256 numbers.

  ludus fit nlp/wordllama --out models/vectors
  ludus fit nlp/wordllama --data snips --out models/vectors

Nothing is learned, and nothing is downloaded: the vectors lie in the package wordllama (the extra
pretrained). With --data they are judged by nearest neighbours among labelled utterances."""

Data = Annotated[
    str | None,
    tyro.conf.arg(help=f"Utterances that it is judged by: {', '.join(UTTERANCE_SETS)}, or a JSONL or TSV file."),
]


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: Data = None


@dataclass(kw_only=True)
class SourceArguments(Arguments):
    source: str | None = None
    """The folder of the model: of `ludus fit nlp/understand` or `nlp/complete`."""


class VectorCommand:
    """The subcommand of one kind of encoder; see ``training/command.py``."""

    def __init__(self, name: str, description: str, arguments: type[Arguments]) -> None:
        self.name, self.DESCRIPTION, self.Arguments = name, description, arguments

    def start_fit(self, arguments: Any, out: Path) -> "Fit":
        """A new fit; ``ValueError`` for what cannot be made."""
        from .encode import compose

        source = getattr(arguments, "source", None)
        if self.Arguments is SourceArguments and source is None:
            raise ValueError("whose encoder? --source FOLDER, a model of `ludus fit nlp/understand` or nlp/complete")
        return self.fit_class().start(out, compose(self.fit_class(), arguments.data, arguments.settings, source))

    def fit_class(self) -> Any:
        """The fit itself."""
        from .encode import Encode, PretrainedVectors

        return Encode if self.name == "encode" else PretrainedVectors


encode = VectorCommand("encode", ENCODE, SourceArguments)
wordllama = VectorCommand("wordllama", WORDLLAMA, Arguments)
