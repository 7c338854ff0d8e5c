"""The checker of vector environments, ``check_vector_env``: Gymnasium's contract and, if one is ours, our own.

    from ludus.envs.checks.checker import check_vector_env

    check_vector_env(MyVectorEnv(num_envs=4))                     # raises VectorEnvError with all that is broken
    check_vector_env(lambda: MyVectorEnv(num_envs=4))             # a new environment for each play
    check_vector_env("ludus/Snake-v1", profile="ludus")           # three autoreset modes, snapshots, the single one

The rules stand in ``checker_rules.py``, and in words in docs/checker.md, with what EnvPool 1.2.5 does otherwise.
The same from the command line: ``ludus check ID``.
"""

import copy
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import VectorEnv

from ...utils.wording import did_you_mean
from ..registry import import_named
from .checker_gymnasium import check_gymnasium
from .checker_ludus import LIMIT, Make, MakeSingle, check_ludus
from .checker_plays import Subject
from .checker_report import Problem, Report, VectorEnvError
from .checker_rules import GYMNASIUM, LUDUS

__all__ = ["PROFILES", "Problem", "Report", "VectorEnvError", "check_vector_env"]

PROFILES = {"gymnasium": GYMNASIUM, "ludus": GYMNASIUM | LUDUS}
VECTOR_ONLY = ("num_envs", "vectorization_mode", "vector_kwargs", "wrappers", "autoreset_mode", "render_mode", "copy")


def check_vector_env(
    env: VectorEnv | Callable[..., VectorEnv] | str,
    profile: str = "gymnasium",
    *,
    single: MakeSingle | None = None,
    steps: int = 250,
    num_envs: int = 3,
    raises: bool = True,
    **keywords: Any,
) -> Report:
    """Check a vector environment against all rules of a profile; takes a second or two where steps are fast.

    Args:
        env: What to check. An environment: every play goes on it, and it is **closed at the end**. A function that
            makes one: each play gets a new one; without arguments for ``gymnasium``, with the keywords ``num_envs``,
            ``autoreset_mode``, ``max_episode_steps`` and ``render_mode`` for ``ludus``. A registered id, or MODULE:ID
            for one that a module registers, of which ``gymnasium.make_vec`` makes them.
        profile: ``gymnasium``, or ``ludus`` for the promises of Ludus' own environments as well. An environment
            without a ``spec`` (from which others like it are made) and a function without those keywords are checked
            for what they can show; the report says what was left out. For an environment that has one, ``ludus`` also
            checks others made from its ``spec``.
        single: Makes the single environment of the same rules from the keyword ``max_episode_steps``; known for ids.
        steps: Length of a play. Three episodes must end within it, or the rules about ends are not applicable (in the
            profile ``ludus`` they end after 25 steps, or ``max_episode_steps``).
        num_envs: How many environments, where they are made from an id or, for ``ludus``, by a function.
        raises: False: return the report whatever it says.
        **keywords: For an id: keywords of the environment, as in ``make_vec``.

    Returns:
        The report: ``problems`` (the first of each broken rule), ``held``, and ``skipped`` with reasons.

    Raises:
        VectorEnvError: rules are broken; its text has a line for each, with what came, what was expected, the remedy
            and a link.
        ValueError, TypeError: unknown profile, keywords that do not belong here, a module that cannot be imported.
        gymnasium.error.Error: unknown id.
    """
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}{did_you_mean(profile, PROFILES)}")
    if not isinstance(env, (str, VectorEnv)) and not callable(env):
        raise TypeError(
            f"check_vector_env takes a gymnasium.vector.VectorEnv, a function that makes one, or an id, "
            f"got {type(env).__name__}"
        )
    if steps < 1 or num_envs < 1:
        raise ValueError(f"steps and num_envs must be >= 1, got {steps} and {num_envs}")
    if keywords and not isinstance(env, str):
        raise TypeError(f"keywords are for ids, got {sorted(keywords)}; set them where the environment is made")
    if profile == "ludus" and "autoreset_mode" in keywords:
        raise ValueError("the profile 'ludus' checks every autoreset mode; leave autoreset_mode out")
    limit = keywords.get("max_episode_steps") or LIMIT
    report = Report()
    make: Make | None = None
    if isinstance(env, str):
        name = import_named(env) if ":" in env else env
        spec = gymnasium.spec(name)
        make, single = partial(make_like, spec, **keywords), single or partial(make_single, spec, **keywords)
        plain = Subject(partial(make, num_envs=num_envs, **_frames_of(make)))
    elif isinstance(env, VectorEnv) or not callable(env):
        plain, name = Subject(None, env), type(env).__name__
        origin = getattr(env, "spec", None)
        if isinstance(origin, EnvSpec):
            make, single = partial(make_like, origin), single or partial(make_single, origin)
    else:
        name = getattr(env, "__name__", type(env).__name__)
        if _takes(env, "num_envs", "autoreset_mode", "max_episode_steps", "render_mode"):
            make = env
        plain = Subject(partial(env, num_envs=num_envs) if make and profile == "ludus" else env)
    if profile == "ludus":
        check_ludus(make, single, report, steps, num_envs, limit)
    # What can be made in each mode has been checked in each mode, unless making it failed.
    if profile == "gymnasium" or make is None or plain.make is None or "ludus.mode" in report.broken:
        report.where = ""
        check_gymnasium(plain, report, steps, strict=profile == "ludus")
    report.where = ""
    left = [rule for rule in PROFILES[profile] if report.status(rule) == "not applicable"]
    report.skip(left, "not reached: something before it is broken")
    report.skipped = {rule: report.skipped[rule] for rule in left}
    report.held.difference_update(report.broken)  # in one mode it may have held
    if report.problems and raises:
        raise VectorEnvError(report, name, profile)
    return report


def make_like(spec: EnvSpec, **keywords: Any) -> VectorEnv:
    """A vector environment of ``spec`` (of a registration, or of another vector environment) with other keywords."""
    spec = copy.deepcopy(spec)
    mode = spec.kwargs.get("vectorization_mode") or ("vector_entry_point" if spec.vector_entry_point else "sync")
    if mode != "vector_entry_point" and "autoreset_mode" in keywords:
        vector = {**spec.kwargs.get("vector_kwargs", {}), "autoreset_mode": keywords.pop("autoreset_mode")}
        keywords["vector_kwargs"] = vector
    spec.kwargs = {**spec.kwargs, **keywords}
    return gymnasium.make_vec(spec, vectorization_mode=mode)


def make_single(spec: EnvSpec, **keywords: Any) -> gymnasium.Env:
    """The single environment of ``spec``, as ``make_like``."""
    spec = copy.deepcopy(spec)
    settings = {**spec.kwargs, **keywords}
    limit = settings.pop("max_episode_steps", None)  # the single environment has it from Gymnasium's TimeLimit
    spec.kwargs = {key: value for key, value in settings.items() if key not in VECTOR_ONLY}
    return gymnasium.make(spec, max_episode_steps=limit)


def _frames_of(make: Make) -> dict[str, str]:
    env = make(num_envs=1)
    env.close()
    return {"render_mode": "rgb_array"} if "rgb_array" in env.metadata.get("render_modes", []) else {}


def _takes(function: Callable[..., Any], *names: str) -> bool:
    """Whether the function can be called with these keywords."""
    try:
        inspect.signature(function).bind(**dict.fromkeys(names))
    except (TypeError, ValueError):
        return False
    return True
