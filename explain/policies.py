"""Explanations of policies that see pictures: which pixels decided the action that comes next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from gymnasium import spaces
from torch import nn

from .attribution import METHODS, explain_module
from .looks import Look, shares_of
from .panel import Answer, View


@dataclass(frozen=True)
class PicturePolicy:
    """A policy with a picture in its observation, and the network that sees it; no matter which agent's it is.

    Attributes:
        network: All of what decides; ``layer`` is the last convolution that the picture goes through.
        key: Of the picture in the observation; ``None`` where the observation is the picture.
        channels_first: Whether the network takes it as (C, H, W) and not as (H, W, C).
        prepare: From observations as a batch shows them, (N, …), to tensors as the network takes them.
        answer: From these to (N, K): of Discrete actions logits or values, of a Box the numbers of one action.
        likely: Whether the softmax of the answers is the probability of the actions.
    """

    network: nn.Module
    layer: nn.Module
    key: str | None
    channels_first: bool
    prepare: Callable[[Any], Any]
    answer: Callable[[Any], torch.Tensor]
    likely: bool = False

    def picture(self, prepared: Any) -> torch.Tensor:
        """(N, H, W, C) or, with ``channels_first``, (N, C, H, W)."""
        return prepared if self.key is None else prepared[self.key]

    def given(self, prepared: Any) -> Callable[[torch.Tensor], torch.Tensor]:
        """Answers (M, K) to M pictures in the place of the one in ``prepared``, which holds one observation."""

        def answer(pictures: torch.Tensor) -> torch.Tensor:
            if self.key is None:
                return self.answer(pictures)
            rest = {key: x.expand(len(pictures), *x.shape[1:]) for key, x in prepared.items()}
            return self.answer({**rest, self.key: pictures})

        return answer

    def one(self, prepared: Any, i: int) -> Any:
        """The observation ``i`` of ``prepared``, as a batch of one."""
        return prepared[i : i + 1] if self.key is None else {key: x[i : i + 1] for key, x in prepared.items()}


class Scene(Protocol):
    """The environments in which a policy acts."""

    action_space: spaces.Space  # of one environment
    action_names: tuple[str, ...]  # of Discrete actions; empty where they have none

    def observations(self, rows: np.ndarray) -> Any:
        """What the environments ``rows`` (M,) show, as ``PicturePolicy.prepare`` takes it."""

    def legal(self, rows: np.ndarray) -> np.ndarray | None:
        """(M, K) which of their actions are legal; ``None``: all are."""


class PolicyOnlooker:
    """A policy that sees pictures, see ``Onlooker``."""

    def __init__(self, scene: Scene, policy: PicturePolicy, method: str) -> None:
        self.scene, self.policy, self.method = scene, policy, method
        self.discrete = isinstance(scene.action_space, spaces.Discrete)

    def looks(self, rows: np.ndarray) -> list[Look]:
        policy = self.policy
        prepared = policy.prepare(self.scene.observations(rows))
        with torch.no_grad():
            said = policy.answer(prepared).cpu().numpy()
        legal = self.scene.legal(rows) if self.discrete else None
        worth = said if self.discrete else np.abs(said)
        chosen = (worth if legal is None else np.where(legal, worth, -np.inf)).argmax(axis=1)
        pictures = policy.picture(prepared)
        if policy.channels_first:
            pictures = pictures.permute(0, 2, 3, 1)
        shown = pictures.cpu().numpy().astype(np.uint8)
        return [Look(shown[i], said[i], int(chosen[i]), asked=policy.one(prepared, i)) for i in range(len(rows))]

    def heat(self, looks: list[Look]) -> np.ndarray:
        p, how = self.policy, self.method
        return np.concatenate(
            [
                explain_module(
                    p.network, p.given(look.asked), p.picture(look.asked), how, look.chosen, p.layer, p.channels_first
                )
                for look in looks
            ]
        )

    def view(self, look: Look, heat: np.ndarray) -> View:
        given, count = self.scene.action_names, len(look.belief)
        names = given if len(given) == count else [f"action {k}" for k in range(count)]
        shares, figures = self._bars(look.belief)
        order = np.argsort(-shares, kind="stable").tolist() if self.discrete else range(count)
        answers = [Answer(names[k], float(shares[k]), figures[k], k == look.chosen) for k in order]
        said = "action" if not self.discrete else "probabilities" if self.policy.likely else "values"
        return View(f"policy · {said}", look.picture, heat, METHODS[self.method], answers, judged=False)

    def _bars(self, said: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Lengths 0 … 1 and figures of the answers: probabilities, values, or the numbers of an action."""
        if self.policy.likely:
            p = np.exp(said - said.max())
            p /= p.sum()
            return p, [f"{share:.0%}" for share in p]
        space: Any = self.scene.action_space
        low, high = (said.min(), said.max()) if self.discrete else (space.low.ravel(), space.high.ravel())
        return shares_of(said, low, high), [f"{x:.3g}" for x in said]
