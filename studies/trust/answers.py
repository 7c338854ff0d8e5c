"""A component's answers to what its slot shows, in two halves: one to fit a temperature with, and one to judge."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...components.component import Component
from ...envs.frames import frames
from ...envs.make import slots_of
from ...utils.wording import counted

SEED = 700_000_001
AT_ONCE = 256  # pictures in one pass


@dataclass(frozen=True)
class Answers:
    """Probabilities (N, K) and what is true (N,)."""

    p: np.ndarray
    labels: np.ndarray


def slot_with_classes(env: str, asked: str | None) -> str:
    """The slot of ``env`` that is filled with a component: the one that is asked for, or the only one that there is.

    Raises:
        ValueError: there are none, or several.
    """
    known = list(slots_of(env))
    if asked is not None:
        return asked
    if len(known) != 1:
        raise ValueError(f"{env} has {counted(len(known), 'slot')}; name one with --slot: {', '.join(known) or 'none'}")
    return known[0]


def load_classifier(folder: Path, env: str) -> Component:
    """The component in ``folder``; ``ValueError`` where it has a memory, so that a picture alone has no answer."""
    component = Component.load(folder)
    if component.has_memory:
        raise ValueError(f"{folder} has a memory; calibration in {env} needs a component that answers each row alone")
    return component


def answers(
    component: Component, env: str, slot: str, world: dict[str, Any], count: int, seed: int = SEED
) -> tuple[Answers, Answers]:
    """What ``component`` says of ``count`` steps or more: to fit, and to judge. Equal pictures are in the same half.

    Raises:
        ValueError: the slot's truth is no class, or the component does not fit.
    """
    seen = frames(env, slot, count, seed, world)
    if not seen.classes or len(seen.truth_space.shape or ()) != 1:  # of a set of things no one class is true
        raise ValueError(
            f"slot {slot} of {env} has no classes, so no confidence can be compared with how often it is right"
        )
    if component.input_space.shape != seen.raw_space.shape or component.output_space.shape != seen.truth_space.shape:
        raise ValueError(
            f"the component maps {component.input_space.shape} to {component.output_space.shape}, slot {slot} of {env} "
            f"{seen.raw_space.shape} to {seen.truth_space.shape}; take one that was fitted for it"
        )
    there = np.flatnonzero(seen.truth.any(axis=1))  # at an end there is nothing to name
    component.eval()
    parts = []
    with torch.inference_mode():
        for first in range(0, len(there), AT_ONCE):
            raw = torch.from_numpy(np.ascontiguousarray(seen.raw[there[first : first + AT_ONCE]]))
            parts.append(component(raw.to(component.device)).float().cpu().numpy())
    p, labels = np.concatenate(parts), seen.truth[there].argmax(axis=1)
    first_half = np.array([hashlib.sha256(seen.raw[row].tobytes()).digest()[0] < 128 for row in there])
    if first_half.all() or not first_half.any():
        raise ValueError(f"{counted(len(there), 'step')} are too few to fit a temperature and to judge it; take more")
    return Answers(p[first_half], labels[first_half]), Answers(p[~first_half], labels[~first_half])
