"""Curricula: parameters that begin where learning is easy, and have come to their own values before a training ends.

Bengio et al. 2009, *Curriculum learning*. A curriculum belongs to the training alone: evaluations, on the way too, and
whoever watches meet the world as the run's ``environment`` describes it. Under it lie drifts
(`envs/engine/parameters.py`), so it costs nothing and is resumed bit by bit.
"""

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...envs.make import make_batch, parameters_of
from ...utils.untrusted import is_number
from ...utils.wording import did_you_mean, in_line

if TYPE_CHECKING:
    from .config import RunConfig

LESSON = {"begin", "at", "over"}


def check_curriculum(curriculum: Mapping[str, Any]) -> None:
    """``ValueError`` unless it maps names of parameters to lessons.

    A lesson is a map: the value with which to ``begin``, ``at`` which share of the training's steps it leaves that, and
    ``over`` which share it comes to its own value.
    """
    for key, lesson in curriculum.items():
        right = (
            isinstance(lesson, Mapping)
            and set(lesson) == LESSON
            and all(is_number(value) for value in lesson.values())
            and min(lesson["at"], lesson["over"]) >= 0
            and lesson["at"] + lesson["over"] <= 1
        )
        if not right:
            raise ValueError(
                f"the curriculum of {in_line(key, 40)} must be {{begin: VALUE, at: SHARE, over: SHARE}}, shares of the "
                f"training's steps, at most 1 together, got {in_line(lesson, 80)}"
            )


def fitting(curriculum: Mapping[str, Any], environment: Mapping[str, Any]) -> dict[str, Any]:
    """Of a preset's curriculum what an ``environment`` (keywords) has a use for: what moves there already has none."""
    moving = {**(environment.get("randomize") or {}), **(environment.get("drift") or {})}
    return {key: lesson for key, lesson in curriculum.items() if key not in moving}


def steps_of(config: "RunConfig") -> int:
    """The steps of whose shares a curriculum speaks: those that the run was begun with, before it was extended."""
    first = min(config.extended, key=int, default=None)
    return config.steps if first is None else config.extended[first]


def keywords_of(config: "RunConfig") -> dict[str, Any]:
    """The keywords of the environments that a run learns in: its ``environment``, and the curriculum as drifts.

    A run that was extended keeps the curriculum of the steps that it was begun with.

    Raises:
        ValueError: the environment has no such parameter, or it drifts or is drawn at random.
    """
    world = dict(config.environment)
    if not config.curriculum:
        return world
    known = parameters_of(config.env)
    drift, drawn = dict(world.get("drift") or {}), world.get("randomize") or {}
    steps = steps_of(config)
    for key, lesson in config.curriculum.items():
        if key not in known:
            raise ValueError(f"the curriculum of {config.env} names no parameter: {key}{did_you_mean(key, known)}")
        if key in drift or key in drawn:
            raise ValueError(
                f"{key} of {config.env} has a curriculum, and drifts or is drawn at random; give one of these"
            )
        at, over = (int(lesson[part] * steps / config.hyperparameters["num_envs"]) for part in ("at", "over"))
        drift[key] = {"to": world.get(key, known[key].default), "at": at, "over": over}
        world[key] = lesson["begin"]
    return {**world, "drift": drift}


def check_spaces(config: "RunConfig", batch: Any) -> None:
    """``ValueError`` if the curriculum's ``batch`` shows other bounds than the world itself, which agents scale by."""
    with contextlib.closing(make_batch(config.env, 1, **config.environment)) as world:
        if world.observation_space != batch.observation_space:
            keys = ", ".join(config.curriculum)
            raise ValueError(
                f"the curriculum of {config.env} ({keys}) changes the bounds of its observation: "
                "begin with a value that does not, or give it as drift, which evaluations meet, too"
            )
