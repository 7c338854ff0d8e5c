"""The rules that each single reset and step must keep: forms, dtypes, masks, autoreset, memory."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import Space
from gymnasium.spaces.utils import is_space_dtype_shape_equiv
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .checker_report import Report
from .checker_rules import GYMNASIUM
from .checker_values import are_equal, describe_form, find_misfit, freeze, mode_of, shorten, split_rows

RESETS = {
    AutoresetMode.NEXT_STEP: "autoreset.next_step.observation",
    AutoresetMode.SAME_STEP: "autoreset.same_step.observation",
    AutoresetMode.DISABLED: "autoreset.disabled.observation",
}
ENOUGH_ENDS = 3  # below so many ends an equality may be chance


class Unreadable(Exception):
    """What came back has not the form without which nothing more can be read; the report says why."""


class Inspector:
    """Looks at what an environment returns, call by call; ``see`` is the hook of ``checker_values.play_stories``.

    Args:
        strict: Every level of ``info`` needs its masks. Otherwise a dict in which no key has one follows the mask of
            the dict itself, as in what Gymnasium's ``RecordEpisodeStatistics`` adds.
    """

    def __init__(self, report: Report, env: VectorEnv, strict: bool) -> None:
        self.report, self.env, self.strict = report, env, strict
        self.n, self.mode = env.num_envs, mode_of(env)
        self.single: Space = env.single_observation_space
        self.space = batch_space(self.single, self.n)
        # The batched space may be wider than the single one (observation_mode="different").
        self.bounds = env.observation_space if report.status("spaces.observation") == "ok" else self.space
        self.ended = np.zeros(self.n, np.bool_)
        self.last: list[Any] = []  # (N rows) the observations before
        self.starts: list[Any] = []  # observations of environments that `reset` started
        self.ends: list[tuple[int, Any, Any]] = []  # environment, last observation of the episode, first of the next
        self.lengths: list[list[int]] = [[] for _ in range(self.n)]  # of the episodes that ended
        self.length = np.zeros(self.n, np.int64)
        self.kept: list[tuple[int, Any, Any]] = []  # the first call and the last: step, what came back, a copy of it
        self.copies = getattr(env.unwrapped, "copy", True) is not False

    def see(self, t: int, result: Any, selected: np.ndarray) -> None:
        """Check what ``reset`` (``selected`` says of whom) or ``step`` number ``t`` has returned.

        Raises:
            Unreadable: it has not the form without which nothing more can be read.
        """
        self._memory(t)
        if selected.any():
            self._reset(t, result, selected)
        else:
            self._step(t, result)
        self.kept = [*self.kept[:1], (t, result, freeze(result))]

    def _memory(self, t: int) -> None:
        """The first result and the last one are still what they were."""
        if not self.copies:
            self.report.skip(("memory.observation", "memory.reward", "memory.info"), "made with copy=False")
            return
        for then, result, copy in self.kept:
            parts = ("observation", "info") if len(copy) == 2 else ("observation", *["reward"] * 3, "info")
            for k, part in enumerate(parts):
                if are_equal(result[k], copy[k]):  # the message costs more than the check
                    self.report.check(f"memory.{part}", True)
                    continue
                came = f"what call {then} returned changed by call {t}: {shorten(copy[k])} became {shorten(result[k])}"
                self.report.check(f"memory.{part}", False, came)

    def _reset(self, t: int, result: Any, selected: np.ndarray) -> None:
        pair = isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Mapping)
        self._need("reset.returns", pair, shorten(result) if not isinstance(result, tuple) else _parts(result))
        observations = self._observations(result[0], f"reset before step {t + 1}")
        check_info(self.report, result[1], self.n, f"reset before step {t + 1}: info", self.strict)
        for i in range(self.n):
            if selected[i]:
                if self.ended[i]:
                    self.ends.append((i, self.last[i], observations[i]))
                else:
                    self.starts.append(observations[i])
            else:
                unchanged = are_equal(observations[i], self.last[i])
                came = f"environment {i} was not selected; {shorten(self.last[i])} became {shorten(observations[i])}"
                self.report.check("autoreset.disabled.others", unchanged, "" if unchanged else came)
        self.ended, self.last = self.ended & ~selected, observations
        self.length[selected] = 0

    def _step(self, t: int, result: Any) -> None:
        form_holds = isinstance(result, tuple) and len(result) == 5 and isinstance(result[4], Mapping)
        self._need("step.returns", form_holds, _parts(result) if isinstance(result, tuple) else shorten(result))
        observation, reward, terminated, truncated, info = result
        floats = isinstance(reward, np.ndarray) and reward.dtype.kind == "f"
        came = f"step {t}: {describe_form(reward)}"
        self.report.check("reward.array", floats and reward.shape == (self.n,), came)
        self._need("reward.array", np.shape(reward) == (self.n,), came)
        finite = np.isfinite(reward).all()
        self.report.check("reward.finite", finite, "" if finite else f"step {t}: {shorten(reward)}")
        for name, flags in (("terminated.array", terminated), ("truncated.array", truncated)):
            bools = isinstance(flags, np.ndarray) and flags.dtype == np.bool_ and flags.shape == (self.n,)
            self.report.check(name, bools, f"step {t}: {describe_form(flags)}")
            self._need(name, np.shape(flags) == (self.n,), f"step {t}: {describe_form(flags)}")
        observations = self._observations(observation, f"step {t}")
        check_info(self.report, info, self.n, f"step {t}: info", self.strict)
        before, done = self.ended, np.asarray(terminated, np.bool_) | np.asarray(truncated, np.bool_)
        if self.mode == AutoresetMode.NEXT_STEP:
            self._next_step(t, before, np.asarray(reward), done, observations)
        if self.mode == AutoresetMode.SAME_STEP:
            finals = self._same_step(t, done, info)
            self.ends += [
                (i, finals[i], observations[i]) for i in np.flatnonzero(done).tolist() if finals[i] is not None
            ]
        # Under NEXT_STEP the step that resets is not one of the episode's.
        self.length += 1
        if self.mode == AutoresetMode.NEXT_STEP:
            self.length[before] = 0
        for i in np.flatnonzero(done).tolist():
            self.lengths[i].append(int(self.length[i]))
        self.length[done] = 0
        self.ended = done if self.mode != AutoresetMode.SAME_STEP else np.zeros(self.n, np.bool_)
        self.last = observations

    def _observations(self, observation: Any, where: str) -> list[Any]:
        wrong = find_misfit(self.space, observation)
        for kind in ("shape", "dtype"):
            self.report.check(f"observation.{kind}", not wrong or wrong[0] != kind, f"{where}: {wrong and wrong[1]}")
        if wrong and wrong[0] == "shape":
            raise Unreadable
        observations = split_rows(self.space, observation)
        if not wrong and self.bounds.contains(observation):
            self.report.check("observation.space", True)
        elif not wrong:
            which = next((i for i, row in enumerate(observations) if not self.single.contains(row)), 0)
            came = (
                f"{where}: environment {which} observes {shorten(observations[which])}, outside {shorten(self.single)}"
            )
            self.report.check("observation.space", False, came)
        return observations

    def _next_step(self, t: int, before: np.ndarray, reward: Any, done: np.ndarray, observations: list[Any]) -> None:
        for i in np.flatnonzero(before).tolist():
            where = f"step {t}, the one after environment {i}'s end"
            self.report.check("autoreset.next_step.reward", reward[i] == 0, f"{where}: reward {reward[i]}")
            self.report.check("autoreset.next_step.flags", not done[i], f"{where}: it ended again")
            self.ends.append((i, self.last[i], observations[i]))

    def _same_step(self, t: int, done: np.ndarray, info: Mapping[str, Any]) -> list[Any]:
        """The final observations (N), None where there is none."""
        nothing = [None] * self.n
        where = f"step {t}, in which {np.flatnonzero(done).tolist()} ended"
        for key in ("final_obs", "final_info"):
            mask = info.get(f"_{key}")
            if isinstance(mask, np.ndarray) and mask.shape == (self.n,):
                came = f"{where}: info['_{key}'] is {mask.tolist()}"
                self.report.check(f"autoreset.same_step.{key}.mask", np.array_equal(mask, done), came)
        if not done.any():
            return nothing
        came = f"{where}: {describe_form(info['final_info']) if 'final_info' in info else 'no such key'}"
        self.report.check("autoreset.same_step.final_info", isinstance(info.get("final_info"), Mapping), came)
        finals = info.get("final_obs")
        listed = isinstance(finals, np.ndarray) and finals.dtype == object and finals.shape == (self.n,)
        came = f"{where}: {describe_form(finals) if 'final_obs' in info else 'no such key'}"
        if not self.report.check("autoreset.same_step.final_obs", listed, came):
            return nothing
        result = [freeze(row) for row in finals]  # type: ignore[union-attr]
        for i in np.flatnonzero(done).tolist():
            fits = result[i] is not None and not find_misfit(self.single, result[i]) and self.single.contains(result[i])
            came = "" if fits else f"{where}: environment {i} has {shorten(result[i])}, not in {shorten(self.single)}"
            self.report.check("autoreset.same_step.final_obs.space", fits, came)
        return result

    def _need(self, rule: str, holds: bool, came: str) -> None:
        if not self.report.check(rule, holds, came):
            raise Unreadable

    def conclude(self) -> None:
        """The rules that only many episodes show: that a reset really starts anew."""
        mine = f"autoreset.{getattr(self.mode, 'name', '').lower()}."
        autoreset = [rule for rule in GYMNASIUM if rule.startswith("autoreset.")]
        self.report.skip((r for r in autoreset if not r.startswith((mine, "autoreset.new"))), "it has another mode")
        self.report.skip(("info.mask", "info.value"), "info was always empty")
        if len(self.ends) < ENOUGH_ENDS:
            self.report.skip(autoreset, f"{len(self.ends)} episodes ended; give more steps, or a short time limit")
            return
        stale = [final for _, final, first in self.ends if are_equal(final, first)]
        # Where an episode may well start as it ended (a constant observation), equality says nothing.
        telling = not any(are_equal(final, start) for final in stale for start in self.starts)
        came = f"at all {len(self.ends)} ends the observation of the new episode equals the last of the old one"
        if self.mode in RESETS:
            self.report.check(RESETS[self.mode], not (telling and len(stale) == len(self.ends)), came)
        first = [lengths[0] for lengths in self.lengths if lengths]
        last = [lengths[-ENOUGH_ENDS:] for lengths in self.lengths if lengths]
        cut = min(first) >= ENOUGH_ENDS and all(lengths == [1] * ENOUGH_ENDS for lengths in last)
        came = f"the first episodes lasted {first} steps, the last ones {last}"
        self.report.check("autoreset.new_episode", not cut, came)


def _parts(result: tuple) -> str:
    return f"a tuple of {len(result)}: {', '.join(describe_form(part) for part in result)}"


def check_info(report: Report, info: Mapping[str, Any], n: int, path: str, strict: bool, depth: int = 0) -> None:
    """Each key has its mask (N,) bool, each value N entries, level by level."""
    bare = depth > 0 and not strict and not any(f"_{key}" in info for key in info)
    for key, value in info.items():
        where = f"{path}[{key!r}]"
        if isinstance(key, str) and key.startswith("_") and key[1:] in info:
            masked = isinstance(value, np.ndarray) and value.dtype == np.bool_ and value.shape == (n,)
            report.check("info.mask", masked, f"{where} is {describe_form(value)}")
            continue
        report.check("info.mask", bare or f"_{key}" in info, f"{where} without {f'_{key}'!r}")
        if isinstance(value, Mapping):
            check_info(report, value, n, where, strict, depth + 1)
        else:
            listed = isinstance(value, np.ndarray) and value.shape[:1] == (n,)
            report.check("info.value", listed, f"{where} is {describe_form(value)}")


def check_statement(report: Report, env: Any) -> bool:
    """What the environment says about itself; False where nothing more can be checked."""
    if not report.check("type", isinstance(env, VectorEnv), f"a {type(env).__name__}"):
        return False
    n: Any = getattr(env, "num_envs", None)
    counted = isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= 1
    if not report.check("num_envs", counted, repr(n)):
        return False
    mode = mode_of(env)
    report.check("metadata.autoreset_mode", isinstance(mode, AutoresetMode), repr(mode))
    modes = env.metadata.get("render_modes", [])
    listed = isinstance(modes, (list, tuple)) and all(isinstance(name, str) for name in modes)
    known = listed and (env.render_mode is None or env.render_mode in modes)
    report.check("metadata.render_modes", known, f"render_modes {modes!r} with render_mode {env.render_mode!r}")
    single: Any
    for name in ("observation", "action"):
        single, batched = (getattr(env, f"{front}{name}_space", None) for front in ("single_", ""))
        if not report.check("spaces.single", isinstance(single, Space), f"single_{name}_space {single!r}"):
            return False
        expected = batch_space(single, n)
        fits = type(batched) is type(expected) and is_space_dtype_shape_equiv(expected, batched)
        report.check(f"spaces.{name}", fits, f"{name}_space {shorten(batched)} of {n} environments")
    return True
