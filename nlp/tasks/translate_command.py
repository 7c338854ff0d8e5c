"""The options and the start of `ludus fit nlp/translate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...data.parallel import NAMES, fetch_parallel
from ...training.command import FitArguments

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Train a translator: a transformer that reads a sentence and writes it in another language.

  ludus fit nlp/translate --data multi30k --source de --target en --out models/de-en
  ludus fit nlp/translate --data multi30k --source en --target de --out models/en-de
  ludus fit nlp/translate --out models/de-en --resume
  ludus fit nlp/translate --data phrases --out models/trial --epochs 3           # made-up sentences, a trial
  ludus fit nlp/translate --file corpus.fr corpus.en --source fr --target en --out models/mine

Then `ludus translate OUT "Ein Hund läuft."`. Files are two texts with as many lines, or one with a tab in each."""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: Annotated[str | None, tyro.conf.arg(help=f"A parallel text ({', '.join(NAMES)}), fetched if need be.")] = None
    file: tuple[str, ...] = ()
    """Instead of it: two texts whose lines are translations of each other, or one of lines with a tab between."""
    source: str = ""
    """The language that is read (default: the first of the data)."""
    target: str = ""
    """The language that is written (default: the other one)."""


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new training; ``ValueError`` for what cannot be trained."""
    if (arguments.data is None) == (not arguments.file):
        raise ValueError(f"which sentences? --data NAME, one of {', '.join(NAMES)}, or --file SOURCE TARGET")
    from .translate import Translate
    from .translate_recipe import compose

    recipe = compose(
        arguments.data or "",
        arguments.source,
        arguments.target,
        [str(Path(path).absolute()) for path in arguments.file],
        arguments.seed,
        arguments.settings,
    )
    fetch_parallel(recipe.data)
    return Translate.start(out, recipe)


def fit_class() -> "type[Fit]":
    """The training itself."""
    from .translate import Translate

    return Translate
