"""The options and the start of `ludus fit vision/read`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from ...envs.command_line import check_slots, environment
from ...training.command import FitArguments
from ...utils.command_line import key_values

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Train a reader of an environment's own pictures: what does the simulator know of what they show?

  ludus fit vision/read --env ludus/Breakout-v0 --out models/breakout
  ludus fit vision/read --out models/breakout --resume
  ludus fit vision/read --env ludus/Snake-v1 --out models/snake --env-set size=8 --set frames=10000"""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    env: str | None = None
    """The environment whose pictures are read, such as ludus/Breakout-v0; of another package MODULE:ID."""
    slot: str = "vision"
    """Its slot."""
    env_set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter or size of the environment."""


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new training; ``ValueError`` for what cannot be trained."""
    if arguments.env is None:
        raise ValueError("whose pictures? --env ID, such as --env ludus/Breakout-v0")
    env = environment(arguments.env)
    check_slots(env, [arguments.slot])
    from .read import Read
    from .read_recipe import compose

    keywords = key_values(arguments.env_set, "--env-set")
    recipe = compose(env, arguments.seed, arguments.settings, slot=arguments.slot, environment=keywords)
    return Read.start(out, recipe)


def fit_class() -> "type[Fit]":
    """The training itself."""
    from .read import Read

    return Read
