"""The reduction of a finished run to what acts: its configuration, and the weights that choosing actions needs.

Optimiser, counts, random states and the environments' snapshot go; so do half the bits of the weights where that
changes next to no decision. What is left is a run that can be watched and evaluated, and that cannot be trained on.
"""

import contextlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from gymnasium import spaces

from ...envs.engine.batch import Batch
from ...training import checkpoint
from ..evaluation import envs_for, evaluate, greedy_policy
from ..runs.callback import load_latest
from ..runs.config import what_decides, write_config
from ..runs.run import Run

EXACT = ("normalizer/",)  # moments, whose counts half a number does not hold
MOST_CHANGED = 0.001  # share of the decisions that half the bits may change
SAME = 0.01  # of a Box's range: actions that differ by less are the same decision
WEIGHTS = "weights.safetensors"


@dataclass
class Compared:
    """A policy that does what the ``whole`` one does, and counts how often the ``halved`` one would do otherwise."""

    whole: Run
    halved: Run

    def __post_init__(self) -> None:
        self.policies = [greedy_policy(run.agent()) for run in (self.whole, self.halved)]
        self.decisions = self.changed = 0

    def __call__(self, batch: Batch) -> np.ndarray:
        ours, theirs = (np.array(policy(batch)) for policy in self.policies)
        space = batch.action_space
        if isinstance(space, spaces.Box):
            near = SAME * (space.high - space.low) if space.is_bounded() else SAME * np.maximum(np.abs(ours), 1.0)
            same = np.abs(ours - theirs) <= near  # so what is no number is another decision
            other = ~same.reshape(len(ours), -1).all(axis=1)
        else:
            other = (ours != theirs).reshape(len(ours), -1).any(axis=1)
        self.decisions += len(other)
        self.changed += int(other.sum())
        return ours

    @property
    def share(self) -> float:
        """Of the decisions so far that are others."""
        return self.changed / max(self.decisions, 1)


def reduce(run: Run, folder: Path, episodes: int, seed: int) -> Run:
    """Write what acts of a finished ``run`` into the new ``folder``, itself a run.

    The weights are halved where that changes next to no decision in ``episodes`` episodes, whose starts ``seed`` fixes.
    """
    whole = _write(run, folder.with_name(f"{folder.name}-whole"), half=False)
    halved = _write(run, folder, half=True)
    compared = Compared(whole, halved)
    with contextlib.closing(run.make_batch(envs_for(episodes))) as batch:
        evaluate(batch, compared, episodes, seed)
    if compared.share > MOST_CHANGED:
        shutil.rmtree(folder)
        whole.folder.rename(folder)
    else:
        shutil.rmtree(whole.folder)
    return Run.open(folder)


def _write(run: Run, folder: Path, half: bool) -> Run:
    agent, saved = run.agent(), load_latest(run.folder)
    kept = {name: tensor for name, tensor in saved.tensors.items() if name.startswith(agent.acts_with)}
    if half:
        kept = {name: _halved(tensor) if not name.startswith(EXACT) else tensor for name, tensor in kept.items()}
    folder.mkdir(parents=True)
    # What is made up is made anew on each machine, and may differ there in the last bit: no hash of it is asked for.
    write_config(replace(run.config, data={}), folder / "config.yaml")
    state = {
        "agent": {},
        "run": {"evaluated_at": saved.steps, "best": None},
        "files": {},
        "config": what_decides(run.config),
    }
    checkpoint.save(folder / "checkpoints", saved.steps, kept, state)
    return Run.open(folder)


def _halved(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor


def weights_of(folder: Path) -> Path:
    """The file of weights of a reduced run."""
    return checkpoint.list_checkpoints(folder / "checkpoints")[0] / WEIGHTS
