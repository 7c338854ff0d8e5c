"""The profile ``gymnasium``: what every vector environment owes to Gymnasium's interface."""

import warnings
from typing import Any

import numpy as np
from gymnasium import error, spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .checker_plays import REPLAYED, SEED, Subject, attempt, can_replay, check_replays, check_seeds, describe_fault
from .checker_report import Report
from .checker_steps import Inspector, check_statement
from .checker_values import (
    Story,
    are_equal,
    bounds_of,
    describe_form,
    find_first_difference,
    freeze,
    mode_of,
    play_stories,
    sample_actions,
    shorten,
    split_rows,
)

RENDERED = 5  # steps whose frames are rendered


def check_gymnasium(subject: Subject, report: Report, steps: int, strict: bool) -> list[Story] | None:
    """Check all rules of the profile; returns the play that they are compared with, None if it could not be played.

    ``strict`` as in ``Inspector``. An environment that was given is closed at the end.
    """
    stories = None
    with subject.fresh() as env:
        if check_statement(report, env):
            actions = sample_actions(env, steps, SEED)
            inspector = Inspector(report, env, strict)
            stories = attempt(report, lambda: play_stories(env, actions, seed=SEED, see=inspector.see))
            if stories:
                inspector.conclude()
                attempt(report, lambda: check_seeds(report, env, actions, stories, inspector))
    if stories:
        replays = can_replay(subject, report, actions, stories)
        if replays:
            check_replays(subject, report, actions, stories)
        else:
            report.skip(REPLAYED, "two plays with the same seed and the same actions differ")
        check_frames(subject, report, replays)
        check_reset_mask(subject, report)
        check_actions(subject, report)  # after which a given environment may be of no more use
    if "type" not in report.broken:
        with subject.fresh() as env:
            check_close(report, env)
    return stories


def check_frames(subject: Subject, report: Report, replays: bool) -> None:
    """Frames of ``render()``, where the environment was made with ``render_mode="rgb_array"``.

    ``replays``: plays can be compared, so that it shows whether rendering changes one.
    """
    frames: list[Any] = []
    with subject.fresh() as env:
        if env.render_mode != "rgb_array":
            report.skip(("render.frames", "render.pure"), f"made with render_mode={env.render_mode!r}")
            return
        few, n = sample_actions(env, RENDERED, SEED), env.num_envs
        plain = attempt(report, lambda: play_stories(env, few, seed=SEED))
    with subject.fresh() as env:

        def render(t: int, result: Any, selected: np.ndarray) -> None:
            frames.append(env.render())

        try:
            rendered = play_stories(env, few, seed=SEED, see=render)
        except error.DependencyNotInstalled as fault:
            report.skip(("render.frames", "render.pure"), str(fault))
            return
        except Exception as fault:
            report.check("render.frames", False, describe_fault(fault))
            report.skip("render.pure", "render() raised")
            return
    for shown in frames:
        listed = isinstance(shown, (tuple, list)) and len(shown) == n
        count = f" of {len(shown)}" if isinstance(shown, (tuple, list)) else ""
        came = f"{describe_form(shown)}{count}, {n} environments"
        if report.check("render.frames", listed, came):
            wrong = [frame for frame in shown if not _is_frame(frame)]
            report.check("render.frames", not wrong, f"a frame that is {describe_form(wrong[0]) if wrong else ''}")
    if replays and plain is not None:
        where = find_first_difference(plain, rendered)
        report.check("render.pure", where is None, f"with and without rendering: {where}")


def _is_frame(frame: Any) -> bool:
    return isinstance(frame, np.ndarray) and frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3


def check_actions(subject: Subject, report: Report) -> None:
    """What is no action must be refused. Too few are not tried here: EnvPool ends the process then."""
    with subject.fresh() as env:
        single, n = env.single_action_space, env.num_envs
        batched = batch_space(single, n)
        good = sample_actions(env, 1, SEED)[0]
    whole = isinstance(single, (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary))
    if whole:
        low, high = bounds_of(batched)
        for wrong in (high + 1, low - 1):
            check_refused(subject, report, "actions.value", wrong)
        check_refused(subject, report, "actions.dtype", good + 0.5)
    else:
        report.skip(("actions.value", "actions.dtype"), f"actions are {type(single).__name__}")
    if isinstance(good, np.ndarray):
        check_refused(subject, report, "actions.shape", np.concatenate([good, good[:1]]))
    else:
        report.skip("actions.shape", f"actions are {type(single).__name__}")


def check_refused(subject: Subject, report: Report, rule: str, actions: Any) -> None:
    """Check that a step with ``actions``, after a reset, raises."""
    with subject.fresh() as env, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # AsyncVectorEnv tells of a refusal as a warning, and this one is provoked
        try:
            env.reset(seed=SEED)
        except Exception:  # such as a worker of AsyncVectorEnv that an earlier refusal has ended
            report.skip(rule, "it could not be used after an earlier refusal; give a function that makes new ones")
            return
        try:
            env.step(actions)
        except Exception:  # which one is the environment's own affair
            report.check(rule, True)
            if subject.make is not None and isinstance(env.unwrapped, AsyncVectorEnv):
                env.close(terminate=True)  # its workers hold answers that nobody fetches, over which close() stumbles
        else:
            report.check(rule, False, f"{shorten(actions)}, which {type(env).__name__} accepted")


def check_reset_needed(report: Report, rule: str, env: VectorEnv, actions: Any) -> None:
    """Check that a step with ``actions`` raises ``ResetNeeded``: an accident on the way there is no refusal."""
    try:
        env.step(freeze(actions))
    except error.ResetNeeded:
        report.check(rule, True)
    except Exception as fault:
        report.check(rule, False, describe_fault(fault))
    else:
        report.check(rule, False, "the step accepted")


def check_reset_mask(subject: Subject, report: Report) -> None:
    """Under DISABLED: a mask of the wrong length is refused, a right one leaves the others alone."""
    with subject.fresh() as env:
        if mode_of(env) != AutoresetMode.DISABLED:
            return
        first = np.arange(env.num_envs) == 0
        space = batch_space(env.single_observation_space, env.num_envs)
        before = attempt(report, lambda: split_rows(space, env.reset(seed=SEED)[0]))
        after = attempt(report, lambda: split_rows(space, env.reset(options={"reset_mask": first.copy()})[0]))
        for i in range(1, env.num_envs if before and after else 0):
            came = f"environment {i} was not selected; {shorten(before[i])} became {shorten(after[i])}"
            report.check("autoreset.disabled.others", are_equal(before[i], after[i]), came)
        if after is None:  # to refuse every mask, or to know no options, is not to tell a wrong mask from a right one
            report.skip("autoreset.disabled.refused", "a mask of the right shape is refused too")
            return
        for mask in (np.ones(env.num_envs + 1, np.bool_), np.zeros(0, np.bool_)):
            try:
                env.reset(options={"reset_mask": mask})
            except Exception:
                report.check("autoreset.disabled.refused", True)
            else:
                report.check("autoreset.disabled.refused", False, f"a mask of shape {mask.shape} accepted")


def check_close(report: Report, env: VectorEnv) -> None:
    for which in ("first", "second"):
        try:
            env.close()
        except Exception as fault:
            report.check("close.twice", False, f"{describe_fault(fault)}, from the {which} close()")
            return
    report.check("close.twice", True)
