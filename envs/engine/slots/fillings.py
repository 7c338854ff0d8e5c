"""The fillings of a slot: the truth, the raw signal, nothing, noise, a simple rule, or a component.

A filling writes what the slot shows for the environments ``rows``. Learned models are reached through the protocol of
``ludus.components.component`` and imported only where one is used, so that nobody else pays for torch.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import Space, spaces

from ....components.layout import mismatch
from ....components.spaces import same_space
from ..simulation import Simulation, Slot
from ..space_layout import bounds_of
from .measures import cells_of
from .noise import hash_of, normal_of, salt_of, uniform


class Host(Protocol):
    """What a filling asks of the batch whose slot it fills; see ``slotted_batch.SlottedBatch``."""

    name: str
    num_envs: int
    simulation: Simulation
    sizes: dict[str, Any]
    spans: dict[str, tuple[float, float]]  # the lowest and the highest value of each parameter
    world: tuple
    records: np.ndarray

    @property
    def store(self) -> np.ndarray: ...
    def blank_records(self, count: int) -> np.ndarray: ...
    def slot_loop(self, slot: str, field: str, rule: str = "") -> Callable: ...


class Filling(Protocol):
    """What fills one slot of a batch."""

    space: Space  # of what it shows, for one environment
    # Arrays (N, …) that decide what it shows next and cannot be computed from the records: part of every snapshot.
    memory: tuple[np.ndarray, ...]

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        """Write what the environments ``rows`` (M,) show into ``out`` (M, *space).

        ``last``: it is the end of their episodes, and the memory of what comes next must not see it.
        """

    def forget(self, rows: np.ndarray) -> None:
        """New episodes begin in ``rows``."""


class Plain:
    """A filling without memory."""

    memory: tuple[np.ndarray, ...] = ()

    def forget(self, rows: np.ndarray) -> None:
        """Nothing to forget."""


class Told(Plain):
    """The truth, or the raw signal: what the slot's kernel ``field``, `tell` or `sense`, writes."""

    def __init__(self, batch: Host, name: str, field: str) -> None:
        simulation, sizes = batch.simulation, batch.sizes
        tells = field == "tell"
        self.space = simulation.truth_for(name, sizes, batch.spans) if tells else simulation.slots[name].raw(**sizes)
        self._write = batch.slot_loop(name, field)
        self._batch = batch

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        self._write(self._batch.records, rows, self._batch.world, out)


class Blind(Plain):
    """Zeros in the shape of the truth."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        out[...] = 0


class Noisy(Told):
    """The truth with a calibrated error.

    With classes: with the chance ``level`` the name of another class, each as likely; so the accuracy is 1 - level.
    On a board (whole numbers): with the chance ``level`` a cell shows what another one shows, each as likely.
    Else: Gaussian noise on each number, of the standard deviation ``level`` times its width (see ``width_of``); it does
    not keep to the truth's bounds.

    The noise is a hash of the environment's random state, its age and the slot: it takes nothing from the stream of
    the simulation, and is the same alone, in any batch, and after a restore.
    """

    def __init__(self, batch: Host, name: str, level: float, classes: int) -> None:
        super().__init__(batch, name, "tell")
        self.level, self.classes = level, classes
        self._salt = salt_of(name)
        assert isinstance(self.space, spaces.Box)
        self._board = self.space.dtype.kind in "iu"
        if not classes and not self._board:
            slot = batch.simulation.slots[name]
            # Between the default world's bounds: the noise of a level is the same whatever the parameters.
            self._spread = level * width_of(slot, slot.truth(**batch.sizes), name)
            self.space = spaces.Box(-np.inf, np.inf, self.space.shape, self.space.dtype.type)  # type: ignore[arg-type]

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        super().fill(rows, out)
        store = self._batch.store
        key = hash_of(store["rng"][rows] ^ hash_of(store["age"][rows].astype(np.uint64) + self._salt))
        if self.classes:
            flips = np.flatnonzero(uniform(key, 0) < self.level)
            was = out[flips].argmax(axis=1)
            other = (was + 1 + (uniform(key[flips], 1) * (self.classes - 1)).astype(np.int64)) % self.classes
            out[flips] = 0
            out[flips, other] = 1
            return
        cells = cells_of(out) if self._board else out.reshape(len(out), -1)
        size = cells.shape[1]
        numbers = np.arange(2, 2 + 2 * size, dtype=np.uint64).reshape(2, 1, size)
        samples = uniform(key[:, None], numbers)  # (2, M, size)
        if self._board:
            other = (np.arange(size) + 1 + (samples[1] * (size - 1)).astype(np.int64)) % size
            shown = np.where(samples[0] < self.level, other, np.arange(size))  # (M, size) whose content a cell shows
            cells[...] = np.take_along_axis(cells, shown.reshape(*shown.shape, *(1,) * (cells.ndim - 2)), axis=1)
            return
        out += (normal_of(samples).reshape(out.shape) * self._spread).astype(out.dtype)


def width_of(slot: Slot, truth: Space, name: str) -> np.ndarray:
    """What errors of the truth's numbers are measured against (*truth): what the slot says, or between the bounds.

    Raises:
        ValueError: the slot says nothing, and the truth has no bounds.
    """
    assert isinstance(truth, spaces.Box)
    if slot.width is not None:
        return np.broadcast_to(np.asarray(slot.width, np.float64), truth.shape)
    width = truth.high.astype(np.float64) - truth.low
    if not (np.isfinite(width) & (width > 0.0)).all():
        raise ValueError(
            f"the truth of slot {name} has no bounds, so errors need another measure: give the Slot a width"
        )
    return width


class Raw(Told):
    """The raw signal, kept whole for whoever estimates from it."""

    def __init__(self, batch: Host, name: str) -> None:
        super().__init__(batch, name, "sense")
        self.seen = np.zeros((batch.num_envs, *(self.space.shape or ())), self.space.dtype)

    def sense(self, rows: np.ndarray) -> np.ndarray:
        """The raw signals (M, *space) of ``rows``; valid until the next call."""
        seen = self.seen[: len(rows)]
        self.fill(rows, seen)
        return seen


class Baseline(Plain):
    """A simple rule of the environment's file from the raw signal to an estimate."""

    def __init__(self, batch: Host, name: str, baseline: str, space: Space) -> None:
        self.space, self._batch = space, batch
        self._raw = Raw(batch, name)
        self._guess = batch.slot_loop(name, "baselines", baseline)

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        self._guess(self._batch.world, self._raw.sense(rows), out)


class Learned:
    """A component: one forward pass for all environments."""

    def __init__(self, batch: Host, name: str, component: Any) -> None:
        import torch

        slot = batch.simulation.slots[name]
        truth = batch.simulation.truth_for(name, batch.sizes, batch.spans)
        self.space: Space = component.output_space if slot.estimate is not None else truth
        self.component = component.eval()
        self.quantiles = tuple(getattr(component, "quantiles", ()))
        self._raw = Raw(batch, name)
        self.seen = self._raw.seen  # (N, *raw space) what it saw last
        layout = getattr(component, "layout", None)
        if slot.layout is not None and layout is not None:
            differs = mismatch(layout, slot.layout(**batch.sizes))
            if differs:
                raise ValueError(
                    f"the component for slot {name} of {batch.name} does not fit: {differs}; fit one for this slot, or "
                    "give the environment the settings of the component's data"
                )
        for what, theirs, ours in (
            ("takes", component.input_space, self._raw.space),
            ("gives", component.output_space, self.space),
        ):
            if not same_space(theirs, ours):
                raise ValueError(
                    f"the component for slot {name} of {batch.name} {what} {theirs}, the slot's "
                    f"{'raw signal' if what == 'takes' else 'truth'} is {ours}; fit one for this slot, or put "
                    "adapt or chain of ludus.components around it"
                )
        self._torch, self._device = torch, component.device
        self._elsewhere = self._device.type != "cpu"
        self._without_gradients = torch.inference_mode()
        self._who = f"the component {type(component).__name__} in slot {name}"
        tensors = component.first_memory(batch.num_envs) if component.has_memory else ()
        self.memory = tuple(tensor.cpu().numpy() for tensor in tensors)
        first = component.first_memory(1) if component.has_memory else ()
        self._first = tuple(tensor.cpu().numpy() for tensor in first)  # each (1, …): of an episode that begins
        self._every = np.arange(batch.num_envs)
        self._in_place = component.in_place and not self._elsewhere

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        out[...] = self.ask(self._raw.sense(rows), out.shape, out.dtype, rows, last)

    def ask(
        self,
        raw: np.ndarray,
        shape: tuple[int, ...],
        dtype: np.dtype | None = None,
        rows: np.ndarray | None = None,
        last: bool = False,
    ) -> np.ndarray:
        """What it makes of raw signals (M, *raw space): numbers of the ``shape`` (M, *space).

        Args:
            dtype: Of the numbers; by default the space's.
            rows: The environments whose they are, where it has a memory.
            last: See ``Filling.fill``.
        """
        # A forward pass leaves the caches cold, in which a call of torch's takes ten times as long: few of them here.
        torch, dtype = self._torch, self.space.dtype if dtype is None else dtype
        assert dtype is not None
        with self._without_gradients:
            x = torch.from_numpy(raw)
            if self._elsewhere:
                x = x.to(self._device)
            if self.memory:
                assert rows is not None
                whole = self._in_place and not last and np.array_equal(rows, self._every)
                given = self.memory if whole else tuple(kept[rows] for kept in self.memory)
                y, memory = self.component(x, tuple(torch.from_numpy(m).to(self._device) for m in given))
                if not (last or whole):
                    for kept, new in zip(self.memory, memory, strict=True):
                        kept[rows] = new.cpu().numpy()
            else:
                y = self.component(x)
            if not isinstance(y, torch.Tensor):
                raise TypeError(f"{self._who} gave a {type(y).__name__}, expected a tensor of shape {shape}")
            is_real = y.is_floating_point()
            numbers = (y.float() if is_real and y.itemsize < 4 else y).cpu().numpy()  # NumPy has no bfloat16
        if numbers.shape != shape or is_real != (dtype.kind == "f"):
            raise ValueError(f"{self._who} gave {y.dtype} {numbers.shape}, expected {dtype} {shape}")
        if is_real and not np.logical_and.reduce(np.isfinite(numbers), axis=None):
            finite = np.isfinite(numbers).reshape(len(numbers), -1).all(axis=1)
            raise ValueError(
                f"{self._who} gave NaN or infinity for environment {int(np.argmin(finite))} of {len(finite)}; "
                "look at its weights"
            )
        return numbers

    def forget(self, rows: np.ndarray) -> None:
        for kept, first in zip(self.memory, self._first, strict=True):
            kept[rows] = first


def check_kept(fillings: Mapping[str, Filling], found: Sequence[np.ndarray]) -> None:
    """``ValueError`` for what slots cannot show or remember: NaN, infinity, what is outside a filling's space."""
    for values in found:
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError("the snapshot is damaged: a slot shows, or remembers, NaN or infinity")
    for (name, filling), values in zip(fillings.items(), found, strict=False):
        low, high = bounds_of(filling.space)
        if not hasattr(filling, "component") and not ((values >= low) & (values <= high)).all():
            raise ValueError(f"the snapshot is damaged: what slot {name} shows is outside {filling.space}")
