"""A batch whose slots are filled: the observation becomes a dict, with a key for each of them.

A slot that stands for the whole observation, and alone, is the observation itself: an agent that learned from the
ordinary observation can be given a model's reading of the picture, and SB3's policies for pictures work on the raw one.

``open_batch`` is where every wrapper and agent gets its batch from; without slots that is a plain ``KernelBatch``.

Filled slots never touch the compiled step. After it, each filling writes what it shows; a component does one forward
pass for all environments. Under SAME_STEP autoreset the last observations must be encoded before the reset, so here the
driver stops where an episode has ended (its mode DISABLED), the ends are encoded, and `restart` begins the next ones.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from ....utils.wording import in_one_line
from .. import snapshot, vetting
from ..compile.driver import DISABLED
from ..kernel_batch import KernelBatch
from ..roles import kernel_of
from ..simulation import load
from ..third_party.admission import watch_restart, watch_slot
from .ahead import Ahead, ahead_space, is_path
from .fillings import Filling, Learned, check_kept
from .keyed import KeyedLearned
from .resolve import identity_of, make_filling
from .slot import by_key


class SlottedBatch(KernelBatch):
    """A ``KernelBatch`` with filled slots; ``fillings`` maps the names of slots to what fills them.

    ``each_step`` names those that are filled anew after each step, ``by_field`` those that are when the field of this
    name in the record changes; the others are when an episode begins.
    """

    can_move = False

    def __init__(self, module: str, num_envs: int, fillings: Mapping[str, Any], **keywords: Any) -> None:
        super().__init__(module, num_envs, **keywords)
        self.state_space = self.observation_space
        self._inner = self.buffers  # what the driver writes
        self.fillings: dict[str, Filling] = {name: make_filling(self, name, given) for name, given in fillings.items()}
        self.given = dict(fillings)
        shown = {name: filling.space for name, filling in self.fillings.items()}
        for name, filling in self.fillings.items():
            if isinstance(filling, (Learned, KeyedLearned)):  # what cannot be read is refused now, not by a policy
                self.estimate_of(name, np.zeros((1, *(filling.space.shape or ())), filling.space.dtype))
        slots = self.simulation.slots
        replaced = any(slots[name].replaces_state for name in shown)
        self._alone = next(iter(shown)) if replaced and len(shown) == 1 else None
        shown |= {} if replaced else by_key(self.state_space)
        moved = [
            name for name, what in fillings.items() if is_path(slots[name], what, shown[name], self._truth_of(name))
        ]
        shown |= {name: ahead_space(shown[name]) for name in moved}
        self.observation_space = shown[self._alone] if self._alone else spaces.Dict(shown)
        self._all = np.arange(self.num_envs)
        self.each_step: list[str] = [name for name in self.fillings if slots[name].refresh == "step"]
        self.by_field: dict[str, list[str]] = {}
        for name in self.fillings:
            if slots[name].refresh not in ("step", "reset"):
                self.by_field.setdefault(slots[name].refresh, []).append(name)
        # (N,) the value of each such field at which its slots were filled last.
        self._filled_at = {field: np.full(self.num_envs, -1, np.int64) for field in self.by_field}
        self._shown, self._final = (
            {name: np.zeros((count, *(of.space.shape or ())), of.space.dtype) for name, of in self.fillings.items()}
            for count in (self.num_envs, len(self._inner.final_mask))
        )
        self._ahead = {name: Ahead(slots[name].now, self._shown[name], self._final[name]) for name in moved}
        observation: Any = self._shown | {name: of.observation for name, of in self._ahead.items()}
        final: Any = self._final | {name: of.final_observation for name, of in self._ahead.items()}
        if not replaced:
            observation |= by_key(self._inner.observation)
            final |= by_key(self._inner.final_observation)
        if self._alone:
            observation, final = observation[self._alone], final[self._alone]
        else:
            keys = list(self.observation_space)  # type: ignore[arg-type]
            observation, final = ({key: of[key] for key in keys} for of in (observation, final))
        self.buffers = self.buffers._replace(observation=observation, final_observation=final)
        self._same_step = self.autoreset_mode == AutoresetMode.SAME_STEP
        if self._same_step:
            self._restart = watch_restart(self._driver.restart, load(module)[0], self.simulation, self.state_space)
            self._setup = self._setup._replace(mode=DISABLED)

    def _truth_of(self, slot: str) -> spaces.Space:
        return self.simulation.truth_for(slot, self.sizes, self.spans)

    @property
    def store(self) -> np.ndarray:
        """(N,) the records as a structured array."""
        return self._store

    def slot_loop(self, slot: str, field: str, rule: str = "") -> Callable:
        """The compiled loop over a kernel of ``slot``: its ``sense``, its ``tell``, or a ``rule`` of its ``baselines``.

        See ``loops.Driver.slot``.
        """
        declared = self.simulation.slots[slot]
        space = (
            declared.raw(**self.sizes) if field == "sense" else self._truth_of(slot)  # an estimate of it, too
        )
        return watch_slot(
            self._driver.slot(slot, field, rule),
            load(self.module)[0],
            kernel_of(declared, field, rule),
            bool(rule),
            space,
        )

    def shown(self, slot: str) -> np.ndarray:
        """(N, *space) what ``slot`` shows now, of a path the whole; always the same memory."""
        return self._shown[slot]

    def estimate(self, slot: str) -> np.ndarray:
        """(N, *truth) what ``slot`` says of its truth now; of an open slot its estimate."""
        return self.estimate_of(slot, self._shown[slot])

    def estimate_of(self, slot: str, shown: np.ndarray) -> np.ndarray:
        """(M, *truth) what ``shown`` (M, *space) of a slot says of its truth.

        Raises:
            ValueError: the slot's ``estimate`` gave something of another shape.
        """
        truth = self._truth_of(slot)
        declared, filling = self.simulation.slots[slot], self.fillings[slot]
        if filling.space.shape == truth.shape:
            return shown
        if declared.estimate is None or not isinstance(filling, (Learned, KeyedLearned)):
            raise ValueError(
                f"slot {slot} of {self.name} shows its raw signal, which is no estimate of its truth; fill it with one"
            )
        expected = (len(shown), *(truth.shape or ()))
        try:
            found = declared.estimate(shown, getattr(filling, "quantiles", ()))
            came = f"made {np.shape(found)}"
        except (IndexError, ValueError, TypeError) as fault:  # whatever it raises at an array of another shape
            found, came = None, f"fails ({in_one_line(fault)})"
        if found is None or np.shape(found) != expected:
            raise ValueError(
                f"estimate of slot {slot} of {self.name} {came} of what is shown {shown.shape}, expected {expected}; "
                "fill the slot with a component whose output it can read"
            )
        return found

    def blank_records(self, count: int) -> np.ndarray:
        """(count,) records of zeros, as kernels take them."""
        return self._as_records(np.zeros(count, self.dtype))

    def show_in(self, observation: np.ndarray) -> np.ndarray:
        raise TypeError("the observation of a batch with slots belongs to its fillings and cannot be moved")

    # --- Commands ---

    def reset(
        self,
        selected: np.ndarray | None = None,
        seeds: Sequence[int | None] | None = None,
        starts: int | Sequence[int] | np.ndarray | None = None,
    ) -> None:
        super().reset(selected, seeds, starts)
        self._begin(self._all if selected is None else np.flatnonzero(selected))

    def seed_from(self, seed: int, age: int = 0) -> None:
        super().seed_from(seed, age)
        if not age:  # with an age it has called `reset` itself
            self._begin(self._all)

    def step_prepared(self) -> int:
        restarts = self._store["pending"].copy() if self.autoreset_mode == AutoresetMode.NEXT_STEP else None
        ended = super().step_prepared()
        fresh = self._all[:0]
        if restarts is not None:
            fresh = np.flatnonzero(restarts)
        elif ended and self._same_step:
            fresh = np.flatnonzero(self._inner.terminated | self._inner.truncated)
            self._end(fresh)
        if len(fresh):
            for filling in self.fillings.values():
                filling.forget(fresh)
            self._fill([name for name in self.fillings if name not in self.each_step], fresh)
            self._note_fields(fresh)
        for field, names in self.by_field.items():
            changed = self._changed(field, self._all)
            if len(changed):
                self._fill(names, changed)
                self._filled_at[field][changed] = self._store[field][changed]
        self._fill(self.each_step, self._all)
        self._show_ahead(self._all)
        return ended

    def _changed(self, field: str, rows: np.ndarray) -> np.ndarray:
        """Those of ``rows`` whose ``field`` is another one than when its slots were filled last."""
        now, at = self._store[field], self._filled_at[field]
        return np.flatnonzero(now != at) if rows is self._all else rows[now[rows] != at[rows]]

    def _note_fields(self, rows: np.ndarray) -> None:
        for field, at in self._filled_at.items():
            at[rows] = self._store[field][rows]

    def _begin(self, rows: np.ndarray) -> None:
        """Fill all slots of episodes that have just begun."""
        for filling in self.fillings.values():
            filling.forget(rows)
        self._fill(list(self.fillings), rows)
        self._note_fields(rows)
        self._show_ahead(rows)

    def _show_ahead(self, rows: np.ndarray) -> None:
        for paths in self._ahead.values():
            paths.show(self._store, rows)

    def _fill(self, names: list[str], rows: np.ndarray) -> None:
        whole = len(rows) == self.num_envs
        for name in names:
            if whole:
                self.fillings[name].fill(rows, self._shown[name])
            elif len(rows):
                out = np.empty((len(rows), *self._shown[name].shape[1:]), self._shown[name].dtype)
                self.fillings[name].fill(rows, out)
                self._shown[name][rows] = out

    def _end(self, rows: np.ndarray) -> None:
        """Keep what the episodes that have ended show last, and begin the next ones."""
        b = self.rows
        b.final_observation[rows], b.final_mask[rows] = b.observation[rows], b.mask[rows]
        anew = dict.fromkeys(self.each_step, rows)
        for field, names in self.by_field.items():
            anew |= dict.fromkeys(names, self._changed(field, rows))
        for name, filling in self.fillings.items():
            final, again = self._final[name], anew.get(name, rows[:0])
            final[rows] = self._shown[name][rows]
            if len(again):
                out = np.empty((len(again), *final.shape[1:]), final.dtype)
                filling.fill(again, out, last=True)
                final[again] = out
        for paths in self._ahead.values():
            paths.show_final(self._store, rows)
        self._restart(self._setup)

    def refresh(self) -> None:
        super().refresh()
        self._fill(list(self.fillings), self._all)
        self._note_fields(self._all)
        self._show_ahead(self._all)

    # --- Snapshots: the records, what the slots show, and what they remember ---

    def kept(self) -> list[np.ndarray]:
        """Arrays (N, …), a snapshot's beside the records: what slots show, what fillings remember, when they filled."""
        memories = [array for filling in self.fillings.values() for array in filling.memory]
        return [*self._shown.values(), *memories, *self._filled_at.values()]

    def snapshot(self) -> bytes:
        return snapshot.pack(self._header, self._store, *self.kept())

    def restore(self, data: bytes) -> None:
        kept = self.kept()
        start = self._store.nbytes
        body = snapshot.unpack(data, self._header, start + sum(array.nbytes for array in kept))
        found = []
        for array in kept:
            found.append(np.frombuffer(body[start : start + array.nbytes], array.dtype).reshape(array.shape))
            start += array.nbytes
        check_kept(self.fillings, found)
        self._take_over(*vetting.check(self, body[: self._store.nbytes]))
        for array, values in zip(kept, found, strict=True):
            array[...] = values
        self._show_ahead(self._all)

    def _identity(self) -> dict[str, Any]:
        slots = {
            name: f"{identity_of(self.given[name], filling)} {filling.space} "
            f"{[array.shape[1:] for array in filling.memory]}"
            for name, filling in self.fillings.items()
        }
        return {**super()._identity(), "slots": slots}


def open_batch(module: str, num_envs: int, **keywords: Any) -> KernelBatch:
    """The batch of the environment file ``module``, with its slots filled as the keywords or their defaults say.

    The keywords are those of ``KernelBatch``, and the names of slots; ``None`` leaves a slot empty.
    """
    _, simulation = load(module)
    fillings = {}
    for name, slot in simulation.slots.items():
        given = keywords.pop(name, slot.default)
        if given is not None:
            fillings[name] = given
    if not fillings:
        return KernelBatch(module, num_envs, **keywords)
    return SlottedBatch(module, num_envs, fillings, **keywords)
