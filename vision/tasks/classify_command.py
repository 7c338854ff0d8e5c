"""The options and the start of `ludus fit vision/classify`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...data import images
from ...training.command import FitArguments

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Train an image classifier.

  ludus fit vision/classify --data fashion-mnist --out models/garments
  ludus fit vision/classify --data parcels --out models/parcels                    # made here: needs no download
  ludus fit vision/classify --out models/garments --resume
  ludus fit vision/classify --data cifar-100 --out models/things --epochs 2        # a trial
  ludus fit vision/classify --data pictures/ --out models/mine --model convnet     # a subfolder per class
  ludus fit vision/classify --data cifar-100 --out models/t2 --set share=0.1 --set mixup=0.2 --set dropout=0.3
  ludus fit vision/classify --data fashion-mnist --out models/g2 --set cutmix=1 --set 'widths=[32, 64, 128]'"""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: Annotated[
        str | None,
        tyro.conf.arg(
            help=f"A set ({', '.join(images.NAMES)}), fetched if need be (parcels are made), or a folder of images."
        ),
    ] = None
    model: str = "resnet"
    """resnet, convnet or mlp."""


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new training; ``ValueError`` for what cannot be trained."""
    if arguments.data is None:
        raise ValueError(f"which data? --data NAME, one of {', '.join(images.NAMES)}, or a folder of images")
    from .classify import Classify
    from .classify_recipe import compose

    recipe = compose(arguments.data, arguments.model, arguments.seed, arguments.settings)
    if arguments.data in images.NAMES:
        images.fetch(arguments.data)
    return Classify.start(out, recipe)


def fit_class() -> "type[Fit]":
    """The training itself."""
    from .classify import Classify

    return Classify
