"""The options and the start of `ludus fit vision/generate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...data import images
from ...training.command import FitArguments

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Train a generator of pictures: noise that is removed step by step (flow matching).

  ludus fit vision/generate --data fashion-mnist --out models/garments-gen
  ludus fit vision/generate --out models/garments-gen --resume
  ludus fit vision/generate --data fashion-mnist --out models/trial --epochs 2     # a trial
  ludus fit vision/generate --data pictures/ --out models/mine                     # a subfolder per class

Then `ludus generate OUT` draws pictures, and `ludus study generation` says how good they are."""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: Annotated[
        str | None,
        tyro.conf.arg(
            help=f"A set ({', '.join(images.NAMES)}), fetched if need be (parcels are made), or a folder of images."
        ),
    ] = None


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new training; ``ValueError`` for what cannot be trained."""
    if arguments.data is None:
        raise ValueError(f"which data? --data NAME, one of {', '.join(images.NAMES)}, or a folder of images")
    from .generate import Generate
    from .generate_recipe import compose

    recipe = compose(arguments.data, arguments.seed, arguments.settings)
    if arguments.data in images.NAMES:
        images.fetch(arguments.data)
    return Generate.start(out, recipe)


def fit_class() -> "type[Fit]":
    """The training itself."""
    from .generate import Generate

    return Generate
