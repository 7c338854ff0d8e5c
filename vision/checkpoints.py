"""The state of a training on the disk: one file per checkpoint, whole or not at all, without pickle.

``checkpoints/000000001234-0f3a….safetensors`` holds every tensor, and the plain values as JSON in its header. Its name
has the step and the SHA-256 of its content, so that damage is noticed. The newest ``KEEP`` stay.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from ..files import write_atomically

FORMAT = 1
KEEP = 2
DIGITS = 16  # of the hash, in the name


def save(folder: Path, step: int, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
    """Add a checkpoint to ``folder`` and remove all but the newest ``KEEP``."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(".*.tmp"):  # left behind by a killed process
        stale.unlink(missing_ok=True)
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data = safetensors.torch.save(kept, {"state": json.dumps({"format": FORMAT, "step": step, **state})})
    write_atomically(folder / f"{step:012d}-{hashlib.sha256(data).hexdigest()[:DIGITS]}.safetensors", data)
    for old in listed(folder)[KEEP:]:
        old.unlink(missing_ok=True)


def listed(folder: Path) -> list[Path]:
    """The checkpoints, the newest first."""
    return sorted(folder.glob("[0-9]*-*.safetensors"), reverse=True)


def load_latest(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any], list[str]]:
    """Tensors and plain values of the newest checkpoint that is whole, and a line for each that was passed over.

    Raises:
        ValueError: there are some, and each is damaged or of another version.
        FileNotFoundError: there is none at all.
    """
    problems = []
    for path in listed(folder):
        data = path.read_bytes()
        found = hashlib.sha256(data).hexdigest()[:DIGITS]
        if found != path.stem.rpartition("-")[2]:
            problems.append(f"checkpoint {path.name} passed over: it is damaged, its SHA-256 begins with {found}")
            continue
        size = int.from_bytes(data[:8], "little")
        state = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["state"])
        if state["format"] != FORMAT:
            problems.append(
                f"checkpoint {path.name} passed over: format {state['format']}, this version reads {FORMAT}"
            )
            continue
        return safetensors.torch.load(data), state, problems
    if problems:
        raise ValueError(f"no usable checkpoint in {folder}: {'; '.join(problems)}")
    raise FileNotFoundError(f"no checkpoint in {folder}")
