"""The options and the start of `ludus fit vision/detect`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from ...envs.command_line import check_slots, environment
from ...training.command import FitArguments
from ...utils.command_line import key_values

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Train a detector: what lies where in a picture, how large, how turned, and how much of it is visible?

  ludus fit vision/detect --data ludus/Picker-v0 --out models/tray
  ludus fit vision/detect --out models/tray --resume
  ludus fit vision/detect --data ludus/Picker-v0 --out models/small --set 'widths=[16, 32, 64]' --set epochs=10
  ludus fit vision/detect --data street/ --out models/street --set side=160 --set most=30   # a folder as COCO's

An environment makes new pictures for every other epoch. A folder has annotations.json, or instances_train.json,
instances_val.json and instances_test.json, there or in annotations/, with boxes in pixels, and the pictures that these
name (docs/detection.md)."""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: str | None = None
    """An environment with a slot of detections, such as ludus/Picker-v0 (of another package MODULE:ID), or a folder in
    COCO's format."""
    slot: str = "perception"
    """The environment's slot."""
    env_set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter, size or choice of the environment."""
    test_set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: the same for the environment of the test, where it is another one than in training."""


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new training; ``ValueError`` for what cannot be trained."""
    if arguments.data is None:
        raise ValueError("which pictures? --data ID, such as --data ludus/Picker-v0, or a folder in COCO's format")
    from .detect import Detect
    from .detect_recipe import compose

    keywords, tested = key_values(arguments.env_set, "--env-set"), key_values(arguments.test_set, "--test-set")
    if Path(arguments.data).is_dir():
        if keywords or tested:
            raise ValueError("--env-set and --test-set are for environments, and --data is a folder; leave them out")
        return Detect.start(out, compose(data=arguments.data, seed=arguments.seed, settings=arguments.settings))
    env = environment(arguments.data)
    check_slots(env, [arguments.slot])
    more: dict[str, Any] = {"slot": arguments.slot, "environment": keywords, "tested": tested}
    return Detect.start(out, compose(env, seed=arguments.seed, settings=arguments.settings, **more))


def fit_class() -> "type[Fit]":
    """The training itself."""
    from .detect import Detect

    return Detect
