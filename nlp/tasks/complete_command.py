"""The options and the start of `ludus fit nlp/complete`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from ...data.texts import NAMES, fetch_text
from ...training.command import FitArguments

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Train a model of language: what comes next in a text?

  ludus fit nlp/complete --data shakespeare --out models/shakespeare
  ludus fit nlp/complete --data shakespeare --model lstm --out models/lstm         # or the textbook's rnn, or gru
  ludus fit nlp/complete --data shakespeare --set tokens=char --out models/letters # by characters
  ludus fit nlp/complete --data my-notes.txt --out models/notes                    # a text of your own
  ludus fit nlp/complete --out models/shakespeare --resume

The first 90 % of a text are learned from, the last 10 % are the test; the loss is told per character, whatever the
tokens are. Then `ludus complete OUT "To be"` goes on with a text."""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: Annotated[
        str | None,
        tyro.conf.arg(help=f"A text ({', '.join(NAMES)}), fetched if need be; or a file in UTF-8."),
    ] = None
    model: Literal["transformer", "rnn", "gru", "lstm"] = "transformer"
    """What learns: a transformer, the textbook's recurrent network, gated units, or an LSTM."""


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new training; ``ValueError`` for what cannot be trained."""
    if arguments.data is None:
        raise ValueError(f"which text? --data NAME, one of {', '.join(NAMES)}, or a file of text")
    from .complete import Complete
    from .complete_recipe import compose

    recipe = compose(arguments.data, arguments.model, arguments.seed, arguments.settings)
    fetch_text(arguments.data)
    return Complete.start(out, recipe)


def fit_class() -> "type[Fit]":
    """The training itself."""
    from .complete import Complete

    return Complete
