"""Checkpoints: folders that appear whole or not at all, are checked by hash, and hold no pickle.

``checkpoints/000000123456/`` (the number of steps) holds

    weights.safetensors   every tensor: network, optimiser, random states
    state.json            counters and other plain values
    batch.bin             the batch's snapshot, where it can give one
    manifest.json         format, and size and SHA-256 of the other files

It is written under another name, flushed to the disk and then renamed, so a ``kill -9`` at any moment leaves the
checkpoints before it untouched. The newest ``KEEP`` stay.
"""

import contextlib
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from ..files import quote, write_folder

FORMAT = 1
KEEP = 3


@dataclass(frozen=True)
class Checkpoint:
    """What was read back; ``problems`` has a line for each newer checkpoint that had to be passed over."""

    steps: int
    tensors: dict[str, torch.Tensor]
    state: dict[str, Any]
    batch: bytes | None
    problems: tuple[str, ...] = ()


def save(
    folder: Path, steps: int, tensors: dict[str, torch.Tensor], state: dict[str, Any], batch: bytes | None
) -> None:
    """Add a checkpoint to ``folder`` and remove all but the newest ``KEEP``."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(".writing-*"):  # left behind by a killed process
        shutil.rmtree(stale, ignore_errors=True)
    contents = {
        "weights.safetensors": safetensors.torch.save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}),
        "state.json": json.dumps(state).encode(),
    }
    if batch is not None:
        contents["batch.bin"] = batch
    manifest = {
        "format": FORMAT,
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in contents.items()
        },
    }
    contents["manifest.json"] = json.dumps(manifest, indent=1).encode()
    final = folder / f"{steps:012d}"
    if final.exists():  # the same moment, saved again after a resume: what is whole stays, only wreckage goes
        with contextlib.suppress(OSError, ValueError, KeyError, safetensors.SafetensorError):
            _load(final, ())
            return
    write_folder(final, contents)
    for old in list_checkpoints(folder)[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoint folders, the newest first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if path.is_dir() and path.name.isdigit()), reverse=True)


def load_latest(folder: Path) -> Checkpoint:
    """The newest checkpoint that is whole.

    Raises:
        FileNotFoundError: there is none at all.
        ValueError: there are some, and each is damaged or of another version; the message says how.
    """
    problems: list[str] = []
    paths = list_checkpoints(folder)
    for path in paths:
        try:
            return _load(path, tuple(problems))
        except (OSError, ValueError, KeyError, safetensors.SafetensorError) as fault:
            problems.append(f"checkpoint {path.name} passed over: {fault}")
    if not paths:
        raise FileNotFoundError(
            f"no checkpoint in {folder}; begin the training with: ludus train --resume {quote(folder.parent)}"
        )
    raise ValueError("no usable checkpoint in {}: {}".format(folder, "; ".join(problems)))


def _load(path: Path, problems: tuple[str, ...]) -> Checkpoint:
    try:
        manifest = dict(json.loads(_read(path / "manifest.json")))
    except ValueError:
        raise ValueError("manifest.json is damaged (it is no JSON)") from None
    if manifest.get("format") != FORMAT:
        raise ValueError(f"its format is {manifest.get('format')!r}, this version of Ludus reads {FORMAT}")
    contents = {}
    for name, expected in manifest["files"].items():
        data = _read(path / name)
        if len(data) != expected["bytes"]:
            raise ValueError(f"{name} has {len(data)} bytes, expected {expected['bytes']}")
        if hashlib.sha256(data).hexdigest() != expected["sha256"]:
            raise ValueError(f"{name} is damaged (its SHA-256 does not match)")
        contents[name] = data
    return Checkpoint(
        steps=int(path.name),
        tensors=safetensors.torch.load(contents["weights.safetensors"]),
        state=json.loads(contents["state.json"]),
        batch=contents.get("batch.bin"),
        problems=problems,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"{path.name} is missing") from None
