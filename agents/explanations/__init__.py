"""Explanations of a running batch: the components in its slots, and the policy that acts.

Here what the environments and agents know is handed to `explain`, which knows neither.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from ...components.layout import Layout
from ...envs.engine.slots.fillings import Learned
from ...envs.names import names_of_batch
from ...explain.attribution import METHODS, last_convolution
from ...explain.box_slots import BoxOnlooker
from ...explain.boxes import BoxNetwork
from ...explain.explanations import Explanations
from ...explain.looks import Onlooker
from ...explain.numbers.onlooker import NumbersOnlooker
from ...explain.numbers.policy import GRADIENTS, SHAPLEY
from ...explain.policies import PolicyOnlooker
from ...explain.series_slots import SeriesOnlooker
from ...explain.slots import SlotOnlooker
from ...utils.wording import did_you_mean
from ..vecenv.observations import select
from .number_policies import number_policy
from .own_play import BASELINE_STEPS, own_play
from .picture_policies import find_picture_policy


class BatchSlot:
    """The slot ``name`` of a batch, see ``explain.slots.PictureSlot``."""

    def __init__(self, batch: Any, name: str) -> None:
        self.batch, self.name = batch, name
        self.filling, slot = batch.fillings[name], batch.simulation.slots[name]
        self.component = self.filling.component
        self.each_step = slot.refresh == "step" and isinstance(self.filling, Learned)
        self.classes = tuple(slot.classes(**batch.sizes))
        named = batch.simulation.names_of(name, batch.sizes)
        self.names = tuple(f"{what}, {unit}" if unit else what for what, unit in named.items())
        self._raw, space = slot.raw(**batch.sizes), slot.truth(**batch.sizes)
        self.low, self.high = space.low, space.high
        self._true = batch.slot_loop(name, "tell")
        self._sense = batch.slot_loop(name, "sense")

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        beliefs = self.batch.shown(self.name)[rows]
        truths = np.zeros(beliefs.shape, beliefs.dtype)
        self._true(self.batch.records, rows, self.batch.world, truths)
        return self._pictures(rows), beliefs, truths

    def _pictures(self, rows: np.ndarray) -> np.ndarray:
        if self.each_step:  # the last pass was over all environments, in their order
            return self.filling.seen[rows]
        pictures = np.zeros((len(rows), *self._raw.shape), self._raw.dtype)
        self._sense(self.batch.records, rows, self.batch.world, pictures)
        return pictures


class BatchSeriesSlot:
    """The slot ``name`` of a batch, see ``explain.series_slots.SeriesSlot``."""

    def __init__(self, batch: Any, name: str) -> None:
        self.batch, self.name = batch, name
        self.component = batch.fillings[name].component
        self._spaces = {"sense": batch.simulation.slots[name].raw(**batch.sizes)}
        self._spaces["tell"] = batch.simulation.slots[name].truth(**batch.sizes)
        self._loops = {field: batch.slot_loop(name, field) for field in self._spaces}

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._write("sense", rows), self.batch.shown(self.name)[rows], self._write("tell", rows)

    def _write(self, field: str, rows: np.ndarray) -> np.ndarray:
        space = self._spaces[field]
        out = np.zeros((len(rows), *space.shape), space.dtype)
        self._loops[field](self.batch.records, rows, self.batch.world, out)
        return out


class BatchScene:
    """A batch in which a policy acts, see ``explain.policies.Scene``."""

    def __init__(self, batch: Any) -> None:
        self.batch, self.action_space = batch, batch.action_space
        self.action_names = tuple(getattr(getattr(batch, "simulation", None), "action_names", ()))

    def observations(self, rows: np.ndarray) -> Any:
        return select(self.batch.buffers.observation, rows)

    def legal(self, rows: np.ndarray) -> np.ndarray | None:
        return self.batch.buffers.mask[rows] > 0 if self.batch.has_mask else None


def make_explanations(
    batch: Any, policy: Any, method: str, make: Callable[..., Any] | None = None, age: int = 0
) -> Explanations:
    """The explanations of everything in ``batch``, and of ``policy``.

    A forecaster is explained by integrated gradients and a detector box by box, whatever the ``method`` of pictures;
    a policy that sees numbers by gradients, too, where they are the method and it has them, and else by Shapley values.

    Args:
        make: ``make(num_envs)`` makes environments such as these, in which a policy that sees numbers plays first, for
            the mean of what it sees; without it such a policy is not explained.
        age: How old these are, see ``evaluate``.

    Raises:
        ValueError: an unknown method, or nothing that can be explained, with the reasons and a remedy.
    """
    if method not in METHODS:
        raise ValueError(f"--explain: unknown method {method!r}{did_you_mean(method, METHODS)}")
    onlookers: list[Onlooker] = []
    reasons, remedies = [], []
    filled = getattr(batch, "fillings", {})
    for name, slot in getattr(getattr(batch, "simulation", None), "slots", {}).items():
        if is_picture(slot.raw(**batch.sizes)):
            why, remedy = why_not(batch, name, method)
            if why:
                reasons.append(why)
                remedies.append(remedy)
            else:
                seen = BatchSlot(batch, name)
                onlookers.append(BoxOnlooker(seen) if slot.detections else SlotOnlooker(seen, method))
        elif takes_series(batch, name):
            onlookers.append(SeriesOnlooker(BatchSeriesSlot(batch, name)))
        elif is_flat(slot.raw(**batch.sizes)):
            reasons.append(
                f"slot {name} is filled with {batch.given.get(name)!r}" if name in filled else f"slot {name} is empty"
            )
            remedies.append(f"fill the slot with a model: --slot {name}=models/prices")
    agent = getattr(policy, "agent", None)
    seeing = None if agent is None else find_picture_policy(agent)
    several = isinstance(batch.action_space, (spaces.MultiDiscrete, spaces.MultiBinary))
    blind = "the policy sees no picture through a convolution"
    if seeing is not None and not several:
        onlookers.append(PolicyOnlooker(BatchScene(batch), seeing, method))
    elif agent is not None and make is not None and not several:
        try:
            onlookers.append(numbers_onlooker(batch, policy, method, make, age))
        except ValueError as fault:
            blind = f"the policy cannot be explained: {fault}"
    if onlookers:
        return Explanations(onlookers)
    reasons.append(f"one answer is explained, and the policy gives several: {batch.action_space}" if several else blind)
    remedies.append("watch an environment with a camera, such as ludus/Sorter-v0")
    why = "; ".join([*reasons, remedies[0]])
    raise ValueError(f"--explain finds no model that sees pictures or series in {batch.name}: {why}")


def numbers_onlooker(batch: Any, policy: Any, method: str, make: Callable[..., Any], age: int = 0) -> NumbersOnlooker:
    """The onlooker of a policy that sees numbers, after it has played for the mean of these."""
    seeing, factors = number_policy(policy.agent, names_of_batch(batch))
    played = own_play(make, policy, seeing.prepare, BASELINE_STEPS, age=age, discrete=seeing.chooses)
    how = GRADIENTS if method == GRADIENTS and seeing.has_slopes else SHAPLEY
    return NumbersOnlooker(BatchScene(batch), seeing, seeing.entries.baseline(played.rows), how, factors)


def why_not(batch: Any, name: str, method: str) -> tuple[str, str]:
    """Why what fills the slot ``name`` cannot be explained, and the remedy; "" twice if it can."""
    filling = getattr(batch, "fillings", {}).get(name)
    detections = batch.simulation.slots[name].detections
    remedy = f"fill the slot with a model: --slot {name}=models/{'tray' if detections else 'garments'}"
    if filling is None:
        return f"slot {name} is empty", remedy
    if not isinstance(filling, Learned):
        return f"slot {name} is filled with {batch.given[name]!r}", remedy
    who = f"{type(filling.component).__name__} in slot {name}"
    if filling.component.has_memory:
        return f"{who} has a memory, so that one picture alone explains nothing", remedy
    if detections:
        return ("", "") if isinstance(filling.component, BoxNetwork) else (f"{who} has no maps of its boxes", remedy)
    if len(filling.space.shape or ()) != 1:
        return f"{who} gives a board, not one answer", remedy
    if method == "grad-cam" and last_convolution(filling.component) is None:
        return f"{who} has no convolution for Grad-CAM", "take --explain integrated-gradients"
    return "", ""


def takes_series(batch: Any, name: str) -> bool:
    """Whether a component fills the slot ``name`` that takes a window of a series."""
    layout = getattr(getattr(getattr(batch, "fillings", {}).get(name), "component", None), "layout", None)
    return isinstance(layout, Layout) and "past" in layout.names


def is_flat(space: spaces.Space) -> bool:
    """Whether values of ``space`` are rows of numbers, such as a window of a series."""
    return isinstance(space, spaces.Box) and space.dtype == np.float32 and len(space.shape) == 1


def is_picture(space: spaces.Space) -> bool:
    """Whether values of ``space`` are pictures: bytes (height, width, channels)."""
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and len(space.shape) == 3
