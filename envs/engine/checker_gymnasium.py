"""The profile ``gymnasium``: what every vector environment owes to Gymnasium's interface."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from gymnasium import error, spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .checker_report import Report
from .checker_steps import Inspector, Unreadable, check_statement
from .checker_values import Story, brief, first_difference, form, mode_of, same, samples, scribble, tell

SEED = 20_260  # of the play that the others are compared with
OTHER_SEEDS = tuple(range(SEED + 1000, SEED + 8000, 1000))  # further apart than any batch is large
SHORT = 20  # steps of a play in which only the beginning matters
RENDERED = 5  # steps that are drawn
REPLAYED = ("memory.written", "autoreset.next_step.action", "render.pure")


class Subject:
    """Where the environments of a check come from: made anew for each play, or the one that was given."""

    def __init__(self, make: Callable[[], VectorEnv] | None, env: VectorEnv | None = None) -> None:
        self.make, self.env = make, env

    @contextlib.contextmanager
    def fresh(self) -> Iterator[VectorEnv]:
        """An environment for one play; it need not be new, so the play begins with a seeded reset."""
        if self.make is None:
            assert self.env is not None
            yield self.env
            return
        env = self.make()
        try:
            yield env
        finally:
            with contextlib.suppress(Exception):  # whether it closes is a rule of its own
                env.close()


def check_gymnasium(subject: Subject, report: Report, steps: int, strict: bool) -> list[Story] | None:
    """Check all rules of the profile; returns the play that they are compared with, None if it could not be played.

    ``strict`` as in ``Inspector``. An environment that was given is closed at the end.
    """
    stories = None
    with subject.fresh() as env:
        if check_statement(report, env):
            actions = samples(env, steps, SEED)
            inspector = Inspector(report, env, strict)
            stories = attempt(report, lambda: tell(env, actions, seed=SEED, see=inspector.see))
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
        check_actions(subject, report)
        check_reset_mask(subject, report)
    if "type" not in report.broken:
        with subject.fresh() as env:
            check_close(report, env)
    return stories


def can_replay(subject: Subject, report: Report, actions: list[Any], stories: list[Story]) -> bool:
    """Whether the same play comes out the same, so that a difference means something."""
    broken = {"runs", "seeding.same", "seeding.history"} & set(report.broken)
    if subject.make is None or "runs" in broken:
        return not broken  # a given environment goes on from one play to the next, so it must forget the one before
    if "seeding.same" not in broken:
        return True
    with subject.fresh() as env:  # seeded where it was made, perhaps, as EnvPool's are
        return first_difference(stories, tell(env, actions, seed=SEED)) is None


def attempt(report: Report, play: Callable[[], Any], rule: str = "runs") -> Any:
    """The play's result; None if it stopped, with the exception as what broke ``rule``."""
    try:
        result = play()
    except Unreadable:  # a rule that says why is broken
        return None
    except Exception as fault:  # strangers raise what they like, and a report of it is what the check is for
        report.check(rule, False, told(fault))
        return None
    report.check(rule, True)
    return result


def told(fault: Exception) -> str:
    text = " ".join(str(fault).split())
    return f"{type(fault).__name__}: {text if len(text) <= 200 else f'{text[:199]}…'}"


def check_seeds(report: Report, env: VectorEnv, actions: list[Any], stories: list[Story], seen: Inspector) -> None:
    """Same seed same, different seed different, no memory of what was before."""
    few = actions[:SHORT]
    env.reset(seed=SEED)
    again = tell(env, few, seed=SEED)
    cut = [story[: len(other)] for story, other in zip(stories, again, strict=True)]
    where = first_difference(cut, again)
    if report.check("seeding.same", where is None, f"{where}, both after reset(seed={SEED})"):
        # Step exactly until an episode has ended, where a reset has most to forget.
        last = next((t for t, ended in ends(stories) if ended and t), SHORT)
        tell(env, actions[:last], seed=SEED)
        where = first_difference(cut, tell(env, few, seed=SEED))
        report.check("seeding.history", where is None, f"{where}, after {last} steps and reset(seed={SEED})")
    else:
        report.skip("seeding.history", "seeding.same is broken")

    plays = [cut, *(tell(env, few, seed=seed) for seed in OTHER_SEEDS)]
    starts = [[story[0].observation for story in play] for play in plays]
    env.reset(seed=SEED)
    unseeded = [[story[0].observation for story in tell(env, [])] for _ in OTHER_SEEDS]
    by_seed = any(first_difference(plays[0], play) for play in plays[1:])
    restarts = [[first for j, _, first in seen.ends if j == i] for i in range(env.num_envs)]
    by_itself = _vary(unseeded) or any(_vary(firsts) for firsts in restarts if firsts)
    if by_seed or by_itself:
        came = f"the same play from the seeds {SEED}, {OTHER_SEEDS[0]}, … {OTHER_SEEDS[-1]}"
        report.check("seeding.different", by_seed, came)
    else:
        report.skip("seeding.different", "every seed and every reset gave the same: it seems to be deterministic")
    if not _vary(starts):
        report.skip(("seeding.environments", "seeding.continues"), "every seed gives the same start")
        return
    came = f"{len(unseeded)} resets without a seed that all give {brief(unseeded[0][0])}"
    report.check("seeding.continues", _vary(unseeded), came)
    if env.num_envs == 1:
        report.skip("seeding.environments", "a single environment")
    else:
        came = f"{len(starts)} seeds, each of which starts all {env.num_envs} environments alike"
        report.check("seeding.environments", any(_vary(start) for start in starts), came)


def _vary(values: list[Any]) -> bool:
    return any(not same(values[0], other) for other in values[1:])


def ends(stories: list[Story]) -> list[tuple[int, bool]]:
    """For each step: how many steps there were up to it, and whether an episode ended in it."""
    steps = [[event for event in story if event.kind == "step"] for story in stories]
    return [(t + 1, any(e.terminated or e.truncated for e in each)) for t, each in enumerate(zip(*steps, strict=True))]


def check_replays(subject: Subject, report: Report, actions: list[Any], stories: list[Story]) -> None:
    """Plays that must come out the same although the caller does something that should not matter."""
    latest: list[Any] = [None]

    def keep(t: int, result: Any, selected: np.ndarray) -> None:
        latest[0] = result

    def overwrite(action: Any, ended: np.ndarray) -> Any:
        scribble(latest[0])
        return action

    with subject.fresh() as env:
        if getattr(env.unwrapped, "copy", True) is False:
            report.skip("memory.written", "made with copy=False")
        else:
            _compare(
                report, "memory.written", stories, lambda: tell(env, actions, seed=SEED, see=keep, change=overwrite)
            )

    with subject.fresh() as env:
        given: list[Any] = []

        def remember(action: Any, ended: np.ndarray) -> Any:
            given.append(action)
            return action

        attempt(report, lambda: tell(env, actions[:SHORT], seed=SEED, change=remember))
        changed = [t for t, (mine, yours) in enumerate(zip(given, actions, strict=False)) if not same(mine, yours)]
        report.check("memory.actions", not changed, f"the actions of steps {changed[:5]} changed")

    with subject.fresh() as env:
        if mode_of(env) == AutoresetMode.NEXT_STEP and any(ended for _, ended in ends(stories)[:-1]):
            others = iter(samples(env, len(actions), SEED + 1))

            def other_where(action: Any, ended: np.ndarray) -> Any:
                return _mixed(action, next(others), ended)

            rule = "autoreset.next_step.action"
            _compare(report, rule, stories, lambda: tell(env, actions, seed=SEED, change=other_where))


def _mixed(action: Any, other: Any, where: np.ndarray) -> Any:
    """The batch ``action`` with ``other``'s rows for the environments ``where``; spaces of arrays only."""
    if not isinstance(action, np.ndarray):
        return action
    return np.where(where.reshape(-1, *[1] * (action.ndim - 1)), other, action).astype(action.dtype)


def _compare(report: Report, rule: str, stories: list[Story], play: Callable[[], Any]) -> None:
    again = attempt(report, play)
    if again is not None:
        where = first_difference(stories, again)
        report.check(rule, where is None, f"another play: {where}")


def check_frames(subject: Subject, report: Report, replays: bool) -> None:
    """Frames of ``render()``, where the environment was made with ``render_mode="rgb_array"``.

    ``replays``: plays can be compared, so that it shows whether drawing changes one.
    """
    frames: list[Any] = []
    with subject.fresh() as env:
        if env.render_mode != "rgb_array":
            report.skip(("render.frames", "render.pure"), f"made with render_mode={env.render_mode!r}")
            return
        few, n = samples(env, RENDERED, SEED), env.num_envs
        plain = attempt(report, lambda: tell(env, few, seed=SEED))
    with subject.fresh() as env:

        def draw(t: int, result: Any, selected: np.ndarray) -> None:
            frames.append(env.render())

        try:
            drawn = tell(env, few, seed=SEED, see=draw)
        except error.DependencyNotInstalled as fault:
            report.skip(("render.frames", "render.pure"), str(fault))
            return
        except Exception as fault:
            report.check("render.frames", False, told(fault))
            return
    for shown in frames:
        listed = isinstance(shown, (tuple, list)) and len(shown) == n
        came = f"{form(shown)}{f' of {len(shown)}' if isinstance(shown, (tuple, list)) else ''}, {n} environments"
        if report.check("render.frames", listed, came):
            wrong = [frame for frame in shown if not _is_frame(frame)]
            report.check("render.frames", not wrong, f"a frame that is {form(wrong[0]) if wrong else ''}")
    if replays and plain is not None:
        where = first_difference(plain, drawn)
        report.check("render.pure", where is None, f"with and without rendering: {where}")


def _is_frame(frame: Any) -> bool:
    return isinstance(frame, np.ndarray) and frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3


def check_actions(subject: Subject, report: Report) -> None:
    """What is no action must be refused. Too few are not tried here: EnvPool ends the process then."""
    with subject.fresh() as env:
        single, n = env.single_action_space, env.num_envs
        batched = batch_space(single, n)
        good = samples(env, 1, SEED)[0]
    whole = isinstance(single, (spaces.Discrete, spaces.MultiDiscrete))
    if whole:
        low, high = bounds(batched)
        for wrong in (high + 1, low - 1):
            refuses(subject, report, "actions.value", wrong)
        refuses(subject, report, "actions.dtype", good + 0.5)
    else:
        report.skip(("actions.value", "actions.dtype"), f"actions are {type(single).__name__}")
    if isinstance(good, np.ndarray):
        refuses(subject, report, "actions.shape", np.concatenate([good, good[:1]]))
    else:
        report.skip("actions.shape", f"actions are {type(single).__name__}")


def bounds(space: Any) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest member of a Box or a MultiDiscrete."""
    return (space.low, space.high) if isinstance(space, spaces.Box) else (space.start, space.start + space.nvec - 1)


def refuses(subject: Subject, report: Report, rule: str, actions: Any) -> None:
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
            report.check(rule, False, f"{brief(actions)}, which {type(env).__name__} accepted")


def check_reset_mask(subject: Subject, report: Report) -> None:
    """Under DISABLED, a mask of the wrong length is refused."""
    rule = "autoreset.disabled.refused"
    with subject.fresh() as env:
        if mode_of(env) != AutoresetMode.DISABLED:
            return
        for mask in (np.ones(env.num_envs + 1, np.bool_), np.zeros(0, np.bool_)):
            try:
                env.reset(options={"reset_mask": mask})
            except Exception:
                report.check(rule, True)
            else:
                report.check(rule, False, f"a mask of shape {mask.shape} accepted")


def check_close(report: Report, env: VectorEnv) -> None:
    for which in ("first", "second"):
        try:
            env.close()
        except Exception as fault:
            report.check("close.twice", False, f"{told(fault)}, from the {which} close()")
            return
    report.check("close.twice", True)
