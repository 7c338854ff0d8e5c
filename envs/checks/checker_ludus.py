"""The profile ``ludus``: what our own vector environments promise beyond Gymnasium's interface (docs/checker.md)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .checker_gymnasium import check_gymnasium, check_refused, check_reset_needed
from .checker_plays import SEED, Subject, attempt, describe_fault
from .checker_report import Report
from .checker_rules import LUDUS
from .checker_snapshots import check_snapshots, state_of
from .checker_values import (
    Event,
    Story,
    bounds_of,
    find_difference,
    find_ends,
    find_first_difference,
    mode_of,
    play_stories,
    sample_actions,
    shorten,
    split_rows,
)

LIMIT = 25  # steps of an episode, so that some end by the clock
SUMS = "totals"  # key of info: the sums of the episode so far
Make = Callable[..., VectorEnv]
MakeSingle = Callable[..., gymnasium.Env]


def check_ludus(
    make: Make | None, single: MakeSingle | None, report: Report, steps: int, num_envs: int, limit: int = LIMIT
) -> None:
    """Check both profiles in each of the three autoreset modes, with episodes of at most ``limit`` steps.

    Args:
        make: Makes a vector environment from the keywords ``num_envs``, ``autoreset_mode``, ``max_episode_steps`` and
            ``render_mode``, as ``gymnasium.make_vec`` does.
        single: Makes the single environment of the same rules from the keyword ``max_episode_steps``.
    """
    if make is None:
        report.skip(LUDUS, "needs a function that makes environments of other sizes and modes, or an id")
        return
    for mode in AutoresetMode:
        report.where = f"under {mode.name}, "
        sized = partial(make, autoreset_mode=mode, max_episode_steps=limit)
        try:
            env = sized(num_envs=num_envs)
        except Exception as fault:
            report.check("ludus.mode", False, describe_fault(fault))
            continue
        shown = {"render_mode": "rgb_array"} if "rgb_array" in env.metadata.get("render_modes", []) else {}
        right = report.check("ludus.mode", mode_of(env) == mode, repr(mode_of(env)))
        env.close()
        if not right:
            continue
        subject = Subject(partial(sized, num_envs=num_envs, **shown))
        stories = check_gymnasium(subject, report, steps, strict=True)
        if stories is None or {"seeding.same", "runs"} & set(report.broken):
            continue
        with subject.fresh() as env:
            actions = sample_actions(env, steps, SEED)
        parts: list[Callable[[], None]] = [
            partial(check_independence, sized, subject, report, actions, stories),
            partial(check_single, single and partial(single, max_episode_steps=limit), report, mode, actions, stories),
            partial(check_snapshots, subject, report, actions, stories),
            partial(check_refusals, subject, report, actions),
            partial(check_tuple, subject, report),
            partial(check_masked, subject, report, mode, actions, stories),
        ]
        for part in parts:
            attempt(report, part)


def check_independence(sized: Make, subject: Subject, report: Report, actions: list[Any], stories: list[Story]) -> None:
    """The last environment and the first one, alone in another batch and in the other order, live the same lives."""
    if not isinstance(actions[0], np.ndarray):
        report.skip(("ludus.seeding", "ludus.num_envs"), "actions that are no arrays")
        return
    n = len(stories)
    seeds = [SEED + i for i in range(n)]
    with subject.fresh() as env:
        again = attempt(report, lambda: play_stories(env, actions, seed=seeds), "ludus.seeding")
    if again is not None:
        where = find_first_difference(stories, again, with_info=True)
        came = f"reset(seed={SEED}) and reset(seed=[{SEED}, …]) differ: {where}"
        report.check("ludus.seeding", where is None, came)
    if n == 1:
        report.skip("ludus.num_envs", "checked with two environments or more")
        return
    order = [n - 1, 0]
    other = sized(num_envs=len(order))
    chosen = [seeds[i] for i in order]
    few = attempt(report, lambda: play_stories(other, [a[order] for a in actions], seed=chosen), "ludus.num_envs")
    other.close()
    if few is not None:
        where = find_first_difference([stories[i] for i in order], few, with_info=True)
        came = f"environments {order} of {n} and the same seeds in a batch of {len(order)} differ: {where}"
        report.check("ludus.num_envs", where is None, came)


def check_single(
    single: MakeSingle | None, report: Report, mode: AutoresetMode, actions: list[Any], stories: list[Story]
) -> None:
    """Every environment of the batch shows what the single environment shows with its seed and its actions."""
    if single is None:
        report.skip("ludus.single", "no single environment is known: give single=…, or an id")
        return
    for i, story in enumerate(stories):
        env = single()
        space = batch_space(env.action_space, len(stories))
        own = [split_rows(space, action)[i] for action in actions]  # copies, which the environment may write into
        alone = attempt(report, partial(single_story, env, own, mode, SEED + i), "ludus.single")
        env.close()
        if alone is not None:
            where = find_difference(alone, story, with_info=True)
            report.check("ludus.single", where is None, f"single environment and environment {i} of the batch: {where}")


def single_story(env: gymnasium.Env, actions: list[Any], mode: AutoresetMode, seed: int) -> Story:
    """What a vector environment in this mode would show of ``env``."""
    observation, info = env.reset(seed=seed)
    story = [Event("reset", observation, 0.0, False, False, _without_sums(info))]
    over = False
    for action in actions:
        if over:
            over = False
            observation, info = env.reset()
            story.append(Event("step", observation, 0.0, False, False, _without_sums(info)))
            if mode == AutoresetMode.NEXT_STEP:
                continue
            story[-1] = story[-1]._replace(kind="reset")
        observation, reward, terminated, truncated, info = env.step(action)
        over = bool(terminated or truncated)
        info = info if over else _without_sums(info)
        if over and mode == AutoresetMode.SAME_STEP:
            first, first_info = env.reset()
            sums = {key: info[key] for key in (SUMS,) if key in info}
            info = {**first_info, **sums, "final_obs": observation, "final_info": info}
            observation, over = first, False
        story.append(Event("step", observation, float(reward), bool(terminated), bool(truncated), info))
    return story


def _without_sums(info: dict[str, Any]) -> dict[str, Any]:
    """The batch's mask says of the sums so far where an episode has ended: elsewhere they are left out here, too."""
    return {key: value for key, value in info.items() if key != SUMS}


def check_refusals(subject: Subject, report: Report, actions: list[Any]) -> None:
    """What is refused, and that a refusal moves nothing."""
    good = actions[0]
    with subject.fresh() as env:
        single, batched = env.single_action_space, batch_space(env.single_action_space, env.num_envs)
        check_reset_needed(report, "ludus.order", env, good)
    if not isinstance(good, np.ndarray):
        return
    check_refused(subject, report, "ludus.actions.short", good[:-1].copy())
    wrongs = [("actions.shape", np.concatenate([good, good[:1]]))]
    low, high = bounds_of(batched) if isinstance(batched, (spaces.Box, spaces.MultiDiscrete)) else (good, good)
    if isinstance(single, spaces.Box):
        rule, outside = "ludus.actions.box", [low - 1, high + 1]
        report.skip(rule, f"every {good.dtype} is inside {single}")
        if good.dtype.kind == "f":
            outside.append(np.full_like(good, np.nan))
    else:
        rule, outside = "actions.value", [high + 1]
        report.skip("ludus.actions.box", f"actions are {type(single).__name__}")
    for wrong in (beyond.astype(good.dtype) for beyond in outside):
        if np.isinf(wrong).any() or batched.contains(_last_row(good, wrong)):  # at the end of a dtype 1 more is inside
            continue
        if rule == "ludus.actions.box":  # the other one has been tried for every profile
            check_refused(subject, report, rule, wrong.copy())
        wrongs.append((rule, _last_row(good, wrong)))
    for rule, wrong in wrongs:
        with subject.fresh() as env:
            state = state_of(env)
            if state is None:
                return
            env.reset(seed=SEED)
            before = state.snapshot()
            try:
                env.step(wrong.copy())
            except Exception:  # which one is the environment's own affair
                report.check(rule, True)
                unmoved = state.snapshot() == before
                report.check("ludus.actions.unmoved", unmoved, f"{shorten(wrong)} refused, after the state had changed")
            else:
                report.check(rule, False, f"{shorten(wrong)}, which {type(env).__name__} accepted")


def _last_row(good: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Right actions, but for the last environment's: when it is looked at, the others may have moved."""
    mixed = good.copy()
    mixed[-1] = wrong[-1]
    return mixed


def check_tuple(subject: Subject, report: Report) -> None:
    with subject.fresh() as env:
        if env.render_mode != "rgb_array":
            report.skip("ludus.render.tuple", f"made with render_mode={env.render_mode!r}")
            return
        env.reset(seed=SEED)
        frames = attempt(report, env.render, "ludus.render.tuple")
        report.check("ludus.render.tuple", isinstance(frames, tuple), f"a {type(frames).__name__}")


def check_masked(
    subject: Subject, report: Report, mode: AutoresetMode, actions: list[Any], stories: list[Story]
) -> None:
    """Under DISABLED: the others' episodes go on through a masked reset, and an ended one cannot be stepped."""
    if mode != AutoresetMode.DISABLED:
        return
    n = len(stories)
    first = np.arange(n) == 0
    with subject.fresh() as env:
        play = partial(play_stories, env, actions, seed=SEED, extra_resets={2: first, 5: first})
        disturbed = attempt(report, play, "ludus.disabled.others")
    if disturbed is not None:
        where = find_first_difference(stories[1:], disturbed[1:], with_info=True)
        came = f"after resets of environment 0, counted from environment 1: {where}"
        report.check("ludus.disabled.others", where is None, came)
    over = next((t for t, ended in find_ends(stories) if ended), None)
    if over is None:
        report.skip("ludus.disabled.refused", "no episode ended")
        return
    with subject.fresh() as env:
        play_stories(env, actions[:over], seed=SEED)
        check_reset_needed(report, "ludus.disabled.refused", env, actions[over % len(actions)])
