"""A batch under test and its mirror, which plays the same episodes by hand: what the two show must agree.

The mirror has the same seeds, parameters and actions, but resets only when told to (DISABLED). So it holds the last
state of every episode, against which final rows can be compared, and the resets of the other autoreset modes can be
checked from outside. Before each step its observations and masks are filled with junk, so that a kernel that does not
write everything, or that reads what it wrote before, gives itself away.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from ..engine.kernel_batch import KernelBatch
from ..engine.simulation import load
from ..engine.slots.keyed import Keys
from ..engine.slots.slotted_batch import SlottedBatch, open_batch
from ..engine.space_layout import any_in_each, shown_parts
from .fuzz_demands import Fault, demand, demand_within, observed, senses_of

JUNK = 0xA5  # each byte of a row that a kernel is about to write


class Shown(NamedTuple):
    """Copies of what a batch of N environments shows of one step."""

    observation: np.ndarray  # (N, …), of a Dict (N, bytes)
    mask: np.ndarray  # (N, A)
    senses: np.ndarray  # (N, bytes) what an agent sees where slots are filled, else (N, 0)
    reward: np.ndarray  # (N,)
    terms: np.ndarray  # (N, K)
    terminated: np.ndarray  # (N,)
    truncated: np.ndarray  # (N,)
    returns: np.ndarray  # (N,) of the running episodes, or of those that ended in this step, as the rest
    sums: np.ndarray  # (N, K)
    lengths: np.ndarray  # (N,)
    successes: np.ndarray  # (N,)


WORDS = (  # for the fields of Shown
    *("observation", "mask", "sense", "reward", "reward terms", "terminated flag", "truncated flag"),
    *(f"{what} of the episode so far" for what in ("return", "reward terms", "length", "success")),
)


def shown_by(batch: KernelBatch) -> Shown:
    rows, ends = batch.rows, batch.rows.episodes
    senses = senses_of(batch, batch.buffers.observation)
    present = (
        observed(batch, rows.observation),
        rows.mask,
        senses,
        rows.reward,
        rows.terms,
        rows.terminated,
        rows.truncated,
    )
    past = (ends["total"], ends["terms"], ends["length"], ends["success"])
    return Shown(*(np.array(array) for array in present + past))


def first_unequal_row(ours: np.ndarray, theirs: np.ndarray) -> int | None:
    """The first row in which two arrays differ; NaN equals NaN."""
    if ours.tobytes() == theirs.tobytes():
        return None
    unequal = (ours != theirs) & ~((ours != ours) & (theirs != theirs))
    rows = unequal.reshape(len(ours), -1).any(axis=1)
    return int(np.argmax(rows)) if rows.any() else None


class Pair:
    """``num_envs`` environments twice; the methods raise a ``Fault`` as soon as something does not hold.

    Args:
        module, num_envs, mode, limit, keywords: As of ``open_batch``.
    """

    def __init__(self, module: str, num_envs: int, mode: AutoresetMode, limit: int | None, **keywords: Any) -> None:
        def make(mode: AutoresetMode) -> KernelBatch:
            return open_batch(module, num_envs, autoreset_mode=mode, max_episode_steps=limit, **keywords)

        self.make, self.mode, self.limit = make, mode, limit
        self.batch, self.mirror = make(mode), make(AutoresetMode.DISABLED)
        self.simulation = simulation = load(module)[1]
        parameters = simulation.parameters.values()
        self.lowest = np.array([parameter.low for parameter in parameters])
        self.highest = np.array([parameter.high for parameter in parameters])
        self.lengths = np.zeros(num_envs, np.int64)  # steps of the present episodes, counted here
        self.sums = np.zeros((num_envs, len(simulation.terms)))  # their reward terms
        self.ended = np.zeros(num_envs, bool)  # and not reset yet

    def close(self) -> None:
        self.batch.close()
        self.mirror.close()

    def seed_from(self, seed: int, age: int = 0) -> None:
        """Start anew, with environments that are taken to be ``age`` steps old."""
        for batch in (self.batch, self.mirror):
            batch.seed_from(seed, age)
        self._begin(np.ones(self.batch.num_envs, bool))

    def reset(self, selected: np.ndarray, seeds: Sequence[int | None]) -> None:
        """Start new episodes where ``selected`` (N,), with the ``seeds`` that are numbers."""
        for batch in (self.batch, self.mirror):
            batch.reset(selected, seeds)
        self._begin(selected)

    def _begin(self, selected: np.ndarray) -> None:
        self._forget(selected)
        shown = shown_by(self.batch)
        self._compare_all(shown, shown_by(self.mirror), selected)
        self._compare_records()
        self._check(self.batch, shown)
        silent = (shown.reward == 0.0) & ~shown.terminated & ~shown.truncated
        demand(silent | ~selected, "a reset shows a reward or a flag")

    def _forget(self, selected: np.ndarray) -> None:
        self.lengths[selected], self.sums[selected], self.ended[selected] = 0, 0.0, False

    def step(self, actions: np.ndarray) -> np.ndarray:
        """One step of both with ``actions`` (N, …); returns which episodes ended in it (N,)."""
        restarts = self.ended.copy()  # under NEXT_STEP; under DISABLED the caller has reset them
        expected = self._step_mirror(actions, restarts)
        # Who may do nothing has lost: Snake's head is shut in, and any move is its last.
        stuck = ~any_in_each(self.batch.rows.mask, self.batch.action_space) & ~restarts
        self.batch.step(actions)
        shown = shown_by(self.batch)
        demand(shown.terminated | ~stuck, "the mask allowed no action, and the step after it did not end the episode")
        self.lengths += 1
        self._forget(restarts)
        self.sums += expected.terms
        ended = expected.terminated | expected.truncated
        self.ended = ended.copy()
        resets = ended & (self.mode == AutoresetMode.SAME_STEP)
        if resets.any():
            rows = self.batch.rows
            last = observed(self.batch, rows.final_observation)
            self._compare("final observation", last, expected.observation, resets)
            self._compare("final mask", rows.final_mask, expected.mask, resets)
            final = senses_of(self.batch, self.batch.buffers.final_observation)
            self._compare("final sense", final, expected.senses, resets)
        self._compare_all(shown, expected, ~resets)
        self._check(self.mirror, expected)  # while it holds the last state of the episodes that ended
        if resets.any():
            self.mirror.reset(resets)
            rows = self.mirror.rows
            expected = expected._replace(
                observation=observed(self.mirror, rows.observation),
                mask=rows.mask.copy(),
                senses=senses_of(self.mirror, self.mirror.buffers.observation),
            )
            self._compare_all(shown, expected, resets)
        self._compare_records()
        self._check(self.batch, shown)
        self._check_ends(shown, restarts)
        self._forget(resets)
        return ended

    def _step_mirror(self, actions: np.ndarray, restarts: np.ndarray) -> Shown:
        """What the batch should show after ``actions``, which those that ``restarts`` (N,) selects do not take."""
        mirror, rows = self.mirror, self.mirror.rows
        if restarts.any():
            mirror.reset(restarts)
            fresh, records = shown_by(mirror), mirror.records[restarts]
            kept_rows = rows.observation[restarts], rows.mask[restarts]
            shown_too = mirror.kept() if isinstance(mirror, SlottedBatch) else []
            before = [array[restarts] for array in shown_too]
        for array in [rows.observation, rows.mask][: 1 + mirror.has_mask]:
            array.view(np.uint8)[...] = JUNK
        if isinstance(mirror, SlottedBatch):
            for name in mirror.each_step:
                mirror.shown(name).view(np.uint8)[...] = JUNK
        mirror.step(actions)
        shown = shown_by(mirror)
        if restarts.any():  # undo the step that they were not to take
            mirror.records[restarts] = records
            for array, values in zip(shown_too, before, strict=True):
                array[restarts] = values
            for array, kept in zip(shown, fresh, strict=True):
                array[restarts] = kept[restarts]
            rows.observation[restarts], rows.mask[restarts] = kept_rows
        return shown

    def _compare_all(self, shown: Shown, expected: Shown, selected: np.ndarray) -> None:
        for word, ours, theirs in zip(WORDS, shown, expected, strict=True):
            self._compare(word, ours, theirs, selected)

    def _compare(self, word: str, ours: np.ndarray, theirs: np.ndarray, selected: np.ndarray) -> None:
        """The batch's rows and the mirror's are the same where ``selected`` (N,)."""
        row = first_unequal_row(ours[selected], theirs[selected])
        if row is None:
            return
        i = int(np.flatnonzero(selected)[row])
        junk = np.frombuffer(bytes([JUNK]) * ours.itemsize, ours.dtype)[0]
        if word.endswith(WORDS[:3]) and ((ours[i] != theirs[i]) & (theirs[i] == junk)).any():
            raise Fault(i, f"the kernel does not write all of the {word}")
        raise Fault(i, f"two batches with the same seeds and actions differ in the {word}")

    def _compare_records(self) -> None:
        ours, theirs = self.batch.records, self.mirror.records
        if ours.tobytes() != theirs.tobytes():
            for name in ours.dtype.names or ():
                self._compare(f"state's {name}", ours[name], theirs[name], np.ones(len(ours), bool))

    def _check(self, batch: KernelBatch, shown: Shown) -> None:
        """What holds for every step by itself."""
        broken = batch.broken_invariants()
        if broken.any():
            environment = int(np.argmax(broken != 0))
            raise Fault(environment, f"does not hold: {self.simulation.invariants[broken[environment] - 1]}")
        self._check_spaces(batch)
        if isinstance(batch, SlottedBatch):
            self._check_keys(batch)
        demand((shown.mask == 0) | (shown.mask == 1), "the mask holds another number than 0 and 1")
        demand(np.isfinite(shown.terms), "a reward term is not finite")
        demand(shown.reward == shown.terms.cumsum(axis=1)[:, -1], "the reward is not the sum of its terms")
        values, tolerance = batch.records["parameters"][:, : len(self.lowest)], 1e-9
        slack = tolerance * (self.highest - self.lowest)  # a drift adds up many small shares
        demand((values >= self.lowest - slack) & (values <= self.highest + slack), "a parameter is out of its range")

    def _check_keys(self, batch: SlottedBatch) -> None:
        """The raw signals of keyed slots are those of their keys, whatever the parameters and the rest of the state."""
        for name, slot in batch.simulation.slots.items():
            if slot.key and name in batch.fillings:
                try:
                    Keys(batch, name).check(np.arange(batch.num_envs), slot.raw(**batch.sizes))
                except (ValueError, IndexError) as fault:
                    raise Fault(0, str(fault)) from None

    def _check_spaces(self, batch: KernelBatch) -> None:
        """What the batch shows now is what its spaces declare."""
        what = "the observation"
        if isinstance(batch, SlottedBatch):
            demand_within(batch.state_space, shown_parts(batch.state_space, batch.rows.observation), what)  # slots hide
            if not isinstance(batch.observation_space, spaces.Dict):
                what = f"what slot {next(iter(batch.fillings))} shows"
        demand_within(batch.observation_space, batch.buffers.observation, what, getattr(batch, "fillings", ()))

    def _check_ends(self, shown: Shown, restarts: np.ndarray) -> None:
        """Flags and episode sums agree with the steps and terms that were counted here."""
        late = self.lengths >= self.limit if self.limit else np.zeros_like(restarts)
        demand(shown.truncated == late, "the truncated flag does not agree with the time limit")
        silent = (shown.reward == 0.0) & ~shown.terminated
        demand(silent | ~restarts, "the step that only resets shows a reward or a flag")
        demand(shown.lengths == self.lengths, "the episode's length is not the number of its steps")
        demand(shown.sums == self.sums, "the episode's reward terms are not the sums of those of its steps")
        demand(shown.returns == self.sums.cumsum(axis=1)[:, -1], "the episode's return is not the sum of its terms")
        demand(self.simulation.succeeds | ~shown.successes, "success in a task that cannot be solved")

    def check_refusal(self, actions: np.ndarray) -> None:
        """``actions``, one of which is outside the space, are refused and move nothing."""
        before = self.batch.records.tobytes()
        try:
            self.batch.step(actions)
        except ValueError:
            if self.batch.records.tobytes() == before:
                return
            raise Fault(0, "a refused step has changed the state") from None
        raise Fault(0, f"actions outside the space were accepted: {actions.tolist()}")

    def check_restore(self, repeated: Sequence[np.ndarray], in_new_batch: bool) -> None:
        """``repeated`` actions give the same bits twice, from one snapshot; then the batch is back where it was."""
        data, before = self.batch.snapshot(), shown_by(self.batch)
        played = [self._play(self.batch, actions) for actions in repeated]
        end = self.batch.snapshot()
        other = self.make(self.mode) if in_new_batch else self.batch
        try:
            self._replay(other, data, before, repeated, played, end)
        finally:
            if in_new_batch:
                other.close()
        self.batch.restore(data)

    def _replay(
        self,
        other: KernelBatch,
        data: bytes,
        before: Shown,
        repeated: Sequence[np.ndarray],
        played: Sequence[Shown],
        end: bytes,
    ) -> None:
        """``other``, restored from ``data``, shows ``before``, then for each of ``repeated`` what was ``played``."""
        other.restore(data)
        if other.snapshot() != data:
            raise Fault(0, "a restored batch has another state than its snapshot")
        now = shown_by(other)
        for word, ours, theirs in zip(WORDS[:3], now, before, strict=False):
            demand(ours == theirs, f"a restored batch shows another {word}")
        for count, (actions, shown) in enumerate(zip(repeated, played, strict=True), start=1):
            for word, ours, theirs in zip(WORDS, self._play(other, actions), shown, strict=True):
                row = first_unequal_row(ours, theirs)
                if row is not None:
                    raise Fault(row, f"{count} steps after a restore the {word} is another than before it")
        if other.snapshot() != end:
            raise Fault(0, f"{len(repeated)} steps after a restore the state is another than before it")

    def _play(self, batch: KernelBatch, actions: np.ndarray) -> Shown:
        if self.mode == AutoresetMode.DISABLED and batch.records["pending"].any():
            batch.reset(batch.records["pending"].copy())
        batch.step(actions)
        self._check_spaces(batch)
        return shown_by(batch)
