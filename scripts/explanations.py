"""What stands beside the frames of `ludus watch --explain`: what each model saw, what it believed, and why."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from gymnasium import spaces
from torch import nn

from ludus.agents.observations import map_observation
from ludus.agents.sight import Sight, find_sight
from ludus.envs.engine.slots.fillings import Learned
from ludus.explain.attribution import explain, explain_module
from ludus.explain.panel import PROPORTION, Answer, View, draw_panel
from ludus.utils.wording import did_you_mean

METHODS = {"grad-cam": "gradcam", "integrated-gradients": "gradients"}  # as typed -> as `vision.explain` calls them
WORDS = {"grad-cam": "Grad-CAM", "integrated-gradients": "gradients"}  # under a picture, where there is little room
NOBODY = -1  # where a number of an answer is expected and there is none


@dataclass(frozen=True)
class Look:
    """What one model made of one environment."""

    picture: np.ndarray  # (H, W, C) of bytes
    belief: np.ndarray  # (K,) what it said
    chosen: int  # of its answers
    truth: np.ndarray | None = None  # (K,) what is true, or None where there is no such thing
    asked: Any = None  # what the model was given, if that is more than the picture

    @property
    def key(self) -> bytes:
        """Looks with the same key have the same panel. What else a policy was told is in what it says."""
        parts = [self.picture, self.belief, np.int64(self.chosen), *([] if self.truth is None else [self.truth])]
        return b"".join(part.tobytes() for part in parts)


class Onlooker(Protocol):
    """A model that sees pictures."""

    def looks(self, rows: np.ndarray) -> list[Look]:
        """What it makes of the environments ``rows`` (M,) as they stand."""

    def heat(self, looks: list[Look]) -> np.ndarray:
        """(M, H, W) why."""

    def view(self, look: Look, heat: np.ndarray) -> View: ...


class Sense:
    """A component in a slot whose raw signal is a picture."""

    def __init__(self, batch: Any, name: str, method: str) -> None:
        self.batch, self.name, self.method = batch, name, method
        self.filling, slot = batch.fillings[name], batch.simulation.slots[name]
        self.each_step = slot.refresh == "step"
        self.names = tuple(slot.classes(**batch.sizes))
        space = slot.truth(**batch.sizes)
        self.low, self.high = space.low, space.high
        self._true = batch.slot_loop(f"truth_{name}")
        self._sense = batch.slot_loop(f"sense_{name}")

    def looks(self, rows: np.ndarray) -> list[Look]:
        beliefs = self.batch.shown(self.name)[rows]
        truths = np.zeros(beliefs.shape, beliefs.dtype)
        self._true(self.batch.records, rows, self.batch.world, truths)
        return [
            Look(picture.copy(), belief.copy(), int(np.argmax(belief)), truth)
            for picture, belief, truth in zip(self._pictures(rows), beliefs, truths, strict=True)
        ]

    def _pictures(self, rows: np.ndarray) -> np.ndarray:
        if self.each_step:  # the last pass was over all environments, in their order
            return self.filling.seen[rows]
        pictures = np.zeros((len(rows), *self.filling.seen.shape[1:]), self.filling.seen.dtype)
        self._sense(self.batch.records, rows, self.batch.world, pictures)
        return pictures

    def heat(self, looks: list[Look]) -> np.ndarray:
        target = torch.tensor([look.chosen for look in looks])
        return explain(self.filling.component, np.stack([look.picture for look in looks]), METHODS[self.method], target)

    def view(self, look: Look, heat: np.ndarray) -> View:
        answers = self._classes(look) if self.names else self._numbers(look)
        judged = bool(self.names) and bool(look.truth.any())  # type: ignore[union-attr]
        return View(self.name, look.picture, heat, WORDS[self.method], answers, judged)

    def _classes(self, look: Look) -> list[Answer]:
        assert look.truth is not None
        true = int(look.truth.argmax()) if look.truth.any() else NOBODY  # the camera may see nothing
        return [
            Answer(self.names[k], float(look.belief[k]), f"{look.belief[k]:.0%}", k == look.chosen, k == true)
            for k in np.argsort(-look.belief, kind="stable").tolist()
        ]

    def _numbers(self, look: Look) -> list[Answer]:
        """No classes: each number of the estimate, and what is true."""
        assert look.truth is not None
        shares = shares_of(look.belief, self.low, self.high)
        figures = [f"{said:.3g} (true {true:.3g})" for said, true in zip(look.belief, look.truth, strict=True)]
        return [Answer(f"{self.name} {k}", float(shares[k]), figures[k], k == look.chosen) for k in range(len(figures))]


class Choice:
    """A policy that sees pictures: why it takes the action that it will take next."""

    def __init__(self, batch: Any, sight: Sight, method: str) -> None:
        self.batch, self.sight, self.method = batch, sight, method
        self.names = tuple(getattr(getattr(batch, "simulation", None), "action_names", ()))
        self.discrete = isinstance(batch.action_space, spaces.Discrete)

    def looks(self, rows: np.ndarray) -> list[Look]:
        b, sight = self.batch.buffers, self.sight
        prepared = sight.prepare(map_observation(lambda x: x[rows], b.observation))
        with torch.no_grad():
            said = sight.answer(prepared).cpu().numpy()
        legal = b.mask[rows] > 0 if self.discrete and self.batch.has_mask else np.ones(said.shape, np.bool_)
        chosen = np.where(legal, said if self.discrete else np.abs(said), -np.inf).argmax(axis=1)
        pictures = sight.picture(prepared)
        if sight.channels_first:
            pictures = pictures.permute(0, 2, 3, 1)
        shown = pictures.cpu().numpy().astype(np.uint8)
        return [
            Look(shown[i], said[i], int(chosen[i]), asked=map_observation(lambda x: x[i : i + 1], prepared))  # noqa: B023
            for i in range(len(rows))
        ]

    def heat(self, looks: list[Look]) -> np.ndarray:
        s, how = self.sight, METHODS[self.method]
        return np.concatenate(
            [
                explain_module(
                    s.network, s.given(look.asked), s.picture(look.asked), how, look.chosen, s.layer, s.channels_first
                )
                for look in looks
            ]
        )

    def view(self, look: Look, heat: np.ndarray) -> View:
        names = self.names if len(self.names) == len(look.belief) else [f"action {k}" for k in range(len(look.belief))]
        shares, figures = self._bars(look.belief)
        order = np.argsort(-shares, kind="stable").tolist() if self.discrete else range(len(shares))
        answers = [Answer(names[k], float(shares[k]), figures[k], k == look.chosen) for k in order]
        said = "action" if not self.discrete else "probabilities" if self.sight.likely else "values"
        return View(f"policy · {said}", look.picture, heat, WORDS[self.method], answers, judged=False)

    def _bars(self, said: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Lengths 0 … 1 and figures of the answers: probabilities, values, or the numbers of an action."""
        if self.sight.likely:
            p = np.exp(said - said.max())
            p /= p.sum()
            return p, [f"{share:.0%}" for share in p]
        space = self.batch.action_space
        low, high = (said.min(), said.max()) if self.discrete else (space.low.ravel(), space.high.ravel())
        return shares_of(said, low, high), [f"{x:.3g}" for x in said]


def shares_of(numbers: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """Where ``numbers`` lie between their bounds, 0 … 1; 0 for those without any."""
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        width = np.asarray(high - low)
        bounded = np.isfinite(low) & np.isfinite(high) & (width > 0)
    return np.where(bounded, (numbers - np.where(bounded, low, 0.0)) / np.where(bounded, width, 1.0), 0.0)


class Explanations:
    """A panel for each environment, to its right; see ``envs.human.watch.Beside``. What has not changed is kept."""

    proportion = PROPORTION

    def __init__(self, onlookers: list[Onlooker]) -> None:
        self.onlookers = onlookers
        self.explained = 0  # pictures, so far
        self._views: list[dict[int, tuple[bytes, View]]] = [{} for _ in onlookers]  # by environment
        self._panels: dict[int, tuple[Any, np.ndarray]] = {}

    def draw(self, rows: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The panels (M, *size, 3) uint8 of the environments ``rows`` (M,) as they stand."""
        for onlooker, known in zip(self.onlookers, self._views, strict=True):
            looks = dict(zip(rows.tolist(), onlooker.looks(rows), strict=True))
            new = {row: look for row, look in looks.items() if known.get(row, (b"",))[0] != look.key}
            if new:
                heats = onlooker.heat(list(new.values()))
                self.explained += len(new)
                for (row, look), heat in zip(new.items(), heats, strict=True):
                    known[row] = look.key, onlooker.view(look, heat)
        return np.stack([self._panel(row, size) for row in rows.tolist()])

    def _panel(self, row: int, size: tuple[int, int]) -> np.ndarray:
        key = (size, *(known[row][0] for known in self._views))
        if self._panels.get(row, (None,))[0] != key:
            self._panels[row] = key, draw_panel([known[row][1] for known in self._views], size)
        return self._panels[row][1]


def make_explanations(batch: Any, policy: Any, method: str) -> Explanations:
    """The explanations of everything in ``batch`` and ``policy`` that sees pictures.

    Raises:
        ValueError: an unknown method, or nothing that can be explained, with the reasons and a remedy.
    """
    if method not in METHODS:
        raise ValueError(f"--explain: unknown method {method!r}{did_you_mean(method, METHODS)}")
    onlookers: list[Onlooker] = []
    reasons, remedies = [], []
    for name, slot in getattr(getattr(batch, "simulation", None), "slots", {}).items():
        if is_picture(slot.raw(**batch.sizes)):
            why, remedy = why_not(batch, name, method)
            if why:
                reasons.append(why)
                remedies.append(remedy)
            else:
                onlookers.append(Sense(batch, name, method))
    agent = getattr(policy, "agent", None)
    sight = None if agent is None else find_sight(agent)
    if sight is not None:
        onlookers.append(Choice(batch, sight, method))
    if onlookers:
        return Explanations(onlookers)
    reasons.append("the policy sees no picture through a convolution")
    remedies.append("watch an environment with a camera, such as ludus/Sorter-v0")
    why = "; ".join([*reasons, remedies[0]])
    raise ValueError(f"--explain finds no model that sees pictures in {batch.name}: {why}")


def why_not(batch: Any, name: str, method: str) -> tuple[str, str]:
    """Why what fills the slot ``name`` cannot be explained, and the remedy; "" twice if it can."""
    filling = getattr(batch, "fillings", {}).get(name)
    remedy = f"fill the slot with a model: --slot {name}=models/garments"
    if filling is None:
        return f"slot {name} is empty", remedy
    if not isinstance(filling, Learned):
        return f"slot {name} is filled with {batch.given[name]!r}", remedy
    who = f"{type(filling.component).__name__} in slot {name}"
    if filling.component.has_memory:
        return f"{who} has a memory, so that one picture alone explains nothing", remedy
    if len(filling.space.shape or ()) != 1:
        return f"{who} gives a board, not one answer", remedy
    if method == "grad-cam" and not any(isinstance(module, nn.Conv2d) for module in filling.component.modules()):
        return f"{who} has no convolution for Grad-CAM", "take --explain integrated-gradients"
    return "", ""


def is_picture(space: spaces.Space) -> bool:
    """Whether values of ``space`` are pictures: bytes (height, width, channels)."""
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and len(space.shape) == 3
