"""The begin of what is shown to a person: while the environment is compiled, its first picture and what is done."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.console import Console

from ludus.agents import zoo
from ludus.envs.human.watch import warm_up
from ludus.envs.ids import find_spec, import_named, is_ludus
from ludus.envs.make import first_picture, make_batch, slots_of, watched_with
from ludus.envs.rendering.waiting import wait_for
from ludus.utils.untrusted import MOST_YAML, parse_yaml, read_regular

Result = TypeVar("Result")


@dataclass(frozen=True)
class World:
    """What will be seen first: an environment of Ludus' engine at the start of an episode."""

    env: str  # id
    keywords: Mapping[str, Any]  # of ``make_batch``
    seed: int
    age: int = 0  # steps; see ``KernelBatch.seed_from``

    def compile(self) -> None:
        """Compile what the first picture and the first step need, but for what fills slots."""
        empty = dict.fromkeys(slots_of(self.env))
        warm_up(make_batch(self.env, 1, rendered=True, **{**self.keywords, **empty}))

    def draw(self) -> np.ndarray | None:
        """The first picture, without compiling."""
        return first_picture(self.env, self.keywords, self.seed, self.age)


def begin(
    world: World | None, name: str, prepare: Callable[[], Result], console: Console, *, in_window: bool = True
) -> Result:
    """What ``prepare()`` returns; while it compiles ``world``, a window, or without one the console, says so.

    Args:
        world: None: nothing is compiled. Those of Gymnasium may use pygame, which belongs to the first thread.
        name: Of what begins, for a person.
    """
    if world is None:
        return prepare()

    def work() -> Result:
        # Before an agent's libraries are loaded, which takes seconds in which nothing could be seen.
        with contextlib.suppress(Exception):  # `prepare` meets the same fault, and says what it means there
            world.compile()
        return prepare()

    return wait_for(work, name, console, in_window=in_window, draw=world.draw)


def world_of(what: str, policy: str | None, settings: Mapping[str, Any], seed: int) -> World | None:
    """The world of what `ludus watch` is told: of an environment of Ludus' engine, as `find_player` will make it.

    A folder that is no run, and an id that is unknown, have none: who reads them next refuses them.
    """
    try:
        if (Path(what) / "config.yaml").exists():
            env, keywords = _of_run(Path(what))
        else:
            env, keywords = import_named(what), {}
            if policy in (None, "zoo") and zoo.entry(env) is not None:
                keywords = _of_run(zoo.folder(env))[1]
        if not is_ludus(find_spec(env)):
            return None
        return World(env, {**keywords, **settings, **watched_with(env, settings)[0]}, seed)
    except (ValueError, OSError):
        return None


def world_of_game(env: str, keywords: Mapping[str, Any], seed: int, age: int = 0) -> World | None:
    """The world in which a person plays or has played, if it is one of Ludus' engine. No start shows a time limit."""
    keywords = {key: value for key, value in keywords.items() if key != "max_episode_steps"}
    try:
        return World(import_named(env), keywords, seed, age) if is_ludus(find_spec(import_named(env))) else None
    except ValueError:  # unknown: who makes it next refuses it
        return None


def _of_run(folder: Path) -> tuple[str, dict[str, Any]]:
    """The environment of a run and its keywords, as they stand in its configuration."""
    entries = parse_yaml(read_regular(folder / "config.yaml", MOST_YAML))
    if not isinstance(entries, dict):
        raise ValueError(f"{folder / 'config.yaml'} holds no entries")
    keywords = entries.get("environment")
    return str(entries.get("env")), dict(keywords) if isinstance(keywords, dict) else {}
