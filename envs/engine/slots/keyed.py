"""Fillings of keyed slots: what is answered once for each key, and kept.

The keys are divided into blocks of 256, the last one filled up with its last key. A block is answered as a whole when
one of its keys is asked for, so that the bits of an answer depend neither on the number of environments nor on who
asked first.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from .fillings import Host, Learned, Plain, Told, width_of
from .noise import standard_normal

BLOCK = 256  # keys that are answered together
MOST_COMPARED = 64  # environments whose own raw signals are compared with those of their keys


class Keys:
    """The keys of a slot: those of environments, and signals of keys that no environment is at."""

    def __init__(self, batch: Host, name: str) -> None:
        slot = batch.simulation.slots[name]
        assert slot.keys is not None
        self.field, self.count = slot.key, int(slot.keys(batch.world))
        self._batch, self._name = batch, name
        self._scratch = batch.blank_records(BLOCK)  # of which only the key matters

    def of(self, rows: np.ndarray) -> np.ndarray:
        """(M,) the keys of the environments ``rows``.

        Raises:
            IndexError: one is none of the slot's keys.
        """
        keys = self._batch.store[self.field][rows]
        if len(keys) and not (keys.min() >= 0 and keys.max() < self.count):
            raise IndexError(
                f"{self.field} of {self._batch.name} is {keys.min()} … {keys.max()}, expected the keys of slot "
                f"{self._name}, 0 … {self.count - 1}"
            )
        return keys

    def signals(self, field: str, keys: np.ndarray, space: Space) -> np.ndarray:
        """(M, *space) what the slot's kernel ``field``, `sense` or `tell`, writes at the ``keys`` (M,), M <= BLOCK."""
        out = np.empty((len(keys), *(space.shape or ())), space.dtype)
        self._scratch[self.field][: len(keys)] = keys
        write = self._batch.slot_loop(self._name, field)
        write(self._scratch, np.arange(len(keys)), self._batch.world, out)
        return out

    def all_signals(self, field: str, space: Space) -> np.ndarray:
        """(K, *space) what the slot's kernel ``field`` writes at each key."""
        blocks = [np.arange(begin, min(begin + BLOCK, self.count)) for begin in range(0, self.count, BLOCK)]
        return np.concatenate([self.signals(field, keys, space) for keys in blocks])

    def check(self, rows: np.ndarray, space: Space) -> None:
        """``ValueError`` unless the raw signals of ``rows`` are those of their keys."""
        rows = rows[:MOST_COMPARED]
        keys = self.of(rows)
        own = np.empty((len(rows), *(space.shape or ())), space.dtype)
        self._batch.slot_loop(self._name, "sense")(self._batch.records, rows, self._batch.world, own)
        same = (own == self.signals("sense", keys, space)).reshape(len(rows), -1).all(axis=1)
        if not same.all():
            i = int(np.argmin(same))
            raise ValueError(
                f"the raw signal of slot {self._name} of {self._batch.name} is not decided by {self.field} alone: "
                f"environment {rows[i]} senses something else at {self.field} {keys[i]} than an empty record there; "
                "read the world and the key only, or leave the key out"
            )


class Kept(Plain):
    """Answers (K, *space) by key; a subclass or ``answer`` gives them block by block."""

    def __init__(self, batch: Host, name: str, space: Space) -> None:
        self.space, self.keys = space, Keys(batch, name)
        self.values = np.zeros((self.keys.count, *(space.shape or ())), space.dtype)
        self._known = np.zeros(-(-self.keys.count // BLOCK), np.bool_)
        self._all_known = False

    def answer(self, keys: np.ndarray) -> np.ndarray:
        """(BLOCK, *space) the answers at the ``keys`` (BLOCK,)."""
        raise NotImplementedError

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        keys = self.keys.of(rows)
        if not self._all_known:
            self._learn(rows, keys)
        np.take(self.values, keys, axis=0, out=out)

    def _learn(self, rows: np.ndarray, keys: np.ndarray) -> None:
        for block in np.unique(keys // BLOCK).tolist():
            if self._known[block]:
                continue
            begin, end = block * BLOCK, min((block + 1) * BLOCK, self.keys.count)
            block_keys = np.minimum(np.arange(begin, begin + BLOCK), end - 1)
            self.values[begin:end] = self.answer(block_keys)[: end - begin]
            self._known[block] = True
        self._all_known = bool(self._known.all())


class KeyedRule(Kept):
    """A rule of the environment's file, kept by key."""

    def __init__(self, batch: Host, name: str, rule: str, space: Space) -> None:
        super().__init__(batch, name, space)
        self._batch, self._raw_space = batch, batch.simulation.slots[name].raw(**batch.sizes)
        self._guess = batch.slot_loop(name, "baselines", rule)
        self._checked = False

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        if not self._checked and len(rows):
            self.keys.check(rows, self._raw_space)
            self._checked = True
        super().fill(rows, out, last)

    def answer(self, keys: np.ndarray) -> np.ndarray:
        out = np.empty((len(keys), *(self.space.shape or ())), self.space.dtype)
        self._guess(self._batch.world, self.keys.signals("sense", keys, self._raw_space), out)
        return out


class KeyedLearned(Kept):
    """A component, kept by key: one forward pass for each block of keys."""

    def __init__(self, batch: Host, name: str, component: Any) -> None:
        self.learned = Learned(batch, name, component)
        if component.has_memory:
            raise ValueError(
                f"the component {type(component).__name__} remembers, and slot {name} of {batch.name} is answered once "
                "for each key: a memory has no meaning there; fit one without"
            )
        super().__init__(batch, name, self.learned.space)
        self.component, self.quantiles = component, self.learned.quantiles
        self._raw_space = batch.simulation.slots[name].raw(**batch.sizes)
        self._checked = False

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        if not self._checked and len(rows):
            self.keys.check(rows, self._raw_space)
            self._checked = True
        super().fill(rows, out, last)

    def answer(self, keys: np.ndarray) -> np.ndarray:
        return self.learned.ask(self.keys.signals("sense", keys, self._raw_space), (BLOCK, *self.values.shape[1:]))


class Table(Kept):
    """What somebody has said of each key."""

    def __init__(self, batch: Host, name: str, space: Space, values: Any, source: str) -> None:
        super().__init__(batch, name, space)
        given = np.asarray(values)
        if given.shape != self.values.shape or given.dtype.kind not in "fiu":
            raise ValueError(
                f"{source} for slot {name} of {batch.name} has {given.dtype} {given.shape}, expected numbers "
                f"{self.values.shape}: a row for each {self.keys.field}"
            )
        with np.errstate(over="ignore"):  # what single precision cannot hold is not covered
            given = given.astype(self.values.dtype)
        covered = np.isfinite(given).reshape(len(given), -1).all(axis=1)
        if not covered.all():
            raise ValueError(
                f"{source} for slot {name} of {batch.name} covers {int(covered.sum())} of {len(covered)} values of "
                f"{self.keys.field}, the first that it lacks is {int(np.argmin(covered))}; choose a part of the data "
                "that it covers, or another filling"
            )
        self.values[...] = given
        self._all_known = True


class CorrelatedNoise(Told):
    """The truth with errors as forecasts have them: correlated along the last axis, the same for all who ask at a key.

    The errors are Gaussian and follow an AR(1) with the slot's ``noise_correlation``, stationary from the first number
    on. Their mean absolute value is, in expectation, ``level`` times the slot's width.
    """

    def __init__(self, batch: Host, name: str, level: float) -> None:
        super().__init__(batch, name, "tell")
        assert isinstance(self.space, spaces.Box)
        slot = batch.simulation.slots[name]
        width = width_of(slot, slot.truth(**batch.sizes), name)
        shape, keys = self.space.shape, Keys(batch, name)
        self._keys = keys
        self.space = spaces.Box(-np.inf, np.inf, shape, self.space.dtype.type)  # type: ignore[arg-type]
        normal = standard_normal(name, keys.count, int(np.prod(shape))).reshape(keys.count, *shape)
        rho = float(slot.noise_correlation or 0.0)
        errors = np.empty_like(normal)
        errors[..., 0] = normal[..., 0]
        for h in range(1, shape[-1]):
            errors[..., h] = rho * errors[..., h - 1] + np.sqrt(1.0 - rho * rho) * normal[..., h]
        mean_absolute = np.sqrt(2.0 / np.pi)  # of a standard normal number
        self._errors = (errors * (level * width / mean_absolute)).astype(self.space.dtype)

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        super().fill(rows, out)
        out += self._errors[self._keys.of(rows)]


def table_of(batch: Host, name: str, given: Any) -> tuple[Callable[[], Any], str] | None:
    """How the values of a table are had, and what it is called; ``None`` where ``given`` is no table."""
    slot = batch.simulation.slots[name]
    if isinstance(given, np.ndarray):
        return (lambda: given), "the array"
    if isinstance(given, str) and given in slot.tables:
        return (lambda: slot.tables[given](batch.world)), given
    if isinstance(given, str) and slot.read_table is not None and given.lower().endswith(".csv"):
        read = slot.read_table
        return (lambda: read(given, batch.world)), given
    return None
