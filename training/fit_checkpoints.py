"""The state of a training on the disk: one file per checkpoint, whole or not at all, without pickle.

``checkpoints/000000001234-0f3a….safetensors`` holds every tensor, and the plain values as JSON in its header. Its name
has the step and the SHA-256 of its content, so that damage is noticed. The newest ``KEEP`` stay.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from ..utils.files import own_folder, write_atomically
from ..utils.untrusted import MOST_WEIGHTS, is_number, is_whole, parse_json, parse_tensors, read_regular
from ..utils.wording import in_line, in_one_line

FORMAT = 1
KEEP = 2
DIGITS = 16  # of the hash, in the name


def save(folder: Path, step: int, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
    """Add a checkpoint to ``folder`` and remove all but the newest ``KEEP``; errors as of ``listed``."""
    own_folder(folder).mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(".*.tmp"):  # left behind by a killed process
        stale.unlink(missing_ok=True)
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data = safetensors.torch.save(kept, {"state": json.dumps({"format": FORMAT, "step": step, **state})})
    write_atomically(folder / f"{step:012d}-{hashlib.sha256(data).hexdigest()[:DIGITS]}.safetensors", data)
    for old in listed(folder)[KEEP:]:
        old.unlink(missing_ok=True)


def listed(folder: Path) -> list[Path]:
    """The checkpoints, the newest first; ``ValueError`` if ``folder`` is a link or no folder."""
    return sorted(own_folder(folder).glob("[0-9]*-*.safetensors"), reverse=True)


def load_latest(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any], list[str]]:
    """Tensors and plain values of the newest checkpoint that is whole, and a line for each that was passed over.

    Raises:
        ValueError: there are some, and each is damaged or of another version; or ``folder`` is a link or no folder.
        FileNotFoundError: there is none at all.
    """
    problems: list[str] = []
    for path in listed(folder):
        try:
            return *_load(path), problems
        except (OSError, ValueError) as fault:
            problems.append(f"checkpoint {in_line(path.name)} passed over: {in_one_line(fault)}")
    if problems:
        raise ValueError(f"no usable checkpoint in {folder}: {'; '.join(problems)}")
    raise FileNotFoundError(f"no checkpoint in {folder}")


def _load(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    data = read_regular(path, MOST_WEIGHTS)
    found = hashlib.sha256(data).hexdigest()[:DIGITS]
    if found != path.stem.rpartition("-")[2]:
        raise ValueError(f"it is damaged, its SHA-256 begins with {found}")
    tensors = parse_tensors(data)  # which also proves that there is a header
    header = parse_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
    kept = header.get("__metadata__")
    state = parse_json(kept.get("state", "null")) if isinstance(kept, dict) else None
    if not isinstance(state, dict):
        raise ValueError("it is damaged, it holds no state")
    if state.get("format") != FORMAT:
        raise ValueError(f"format {state.get('format')!r}, this version reads {FORMAT}")
    if not is_whole(state.get("step"), 0, 2**53) or not is_number(state.get("seconds")) or state["seconds"] < 0:
        raise ValueError("it is damaged, its step or its seconds are no numbers")
    if not isinstance(state.get("recipe"), dict):
        raise ValueError("it is damaged, its recipe is no map")
    events = state.get("events")
    if not isinstance(events, dict) or not all(is_whole(size, 0, 2**62) for size in events.values()):
        raise ValueError("it is damaged, the sizes of its events are no whole numbers")
    return tensors, state
