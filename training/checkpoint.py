"""Checkpoints: folders that appear whole or not at all, are checked by hash, and hold no pickle.

``checkpoints/000000123456/`` (the number of steps) holds

    weights.safetensors   every tensor: network, optimiser, random states
    state.json            counters and other plain values
    NAME.bin              further parts, for those who have some: the snapshot of a run's environments is batch.bin
    manifest.json         format, and size and SHA-256 of the other files

It is written under another name, flushed to the disk and then renamed, so a ``kill -9`` at any moment leaves the
checkpoints before it untouched. The newest ``KEEP`` stay, and the one that is called the best. What the state must
hold is for its reader to say.
"""

import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from ..utils.files import own_folder, write_folder
from ..utils.untrusted import MOST_JSON, MOST_WEIGHTS, is_whole, parse_json, parse_tensors, read_regular
from ..utils.wording import in_one_line

FORMAT = 1
KEEP = 3
REQUIRED = {"weights.safetensors": MOST_WEIGHTS, "state.json": MOST_JSON}  # most bytes of each
MOST_PART = MOST_WEIGHTS  # bytes of a further part


@dataclass(frozen=True)
class Checkpoint:
    """What was read back; ``problems`` has a line for each newer checkpoint that had to be passed over."""

    steps: int
    tensors: dict[str, torch.Tensor]
    state: dict[str, Any]
    parts: dict[str, bytes] = field(default_factory=dict)  # by name, without .bin
    problems: tuple[str, ...] = ()


def save(
    folder: Path,
    steps: int,
    tensors: Mapping[str, torch.Tensor],
    state: dict[str, Any],
    parts: Mapping[str, bytes] | None = None,
    best: int | None = None,
) -> None:
    """Add a checkpoint to ``folder`` and remove all but the newest ``KEEP``, and the ``best``.

    Args:
        state: Plain values, as JSON can hold them.
        parts: Further bytes by name, which becomes that of a file (NAME.bin).
        best: Steps of the checkpoint that stays although newer ones come.

    Raises:
        ValueError: ``folder`` is a link or no folder.
        OSError: it cannot be written; the checkpoints before stay.
    """
    own_folder(folder).mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(".writing-*"):  # left behind by a killed process
        shutil.rmtree(stale, ignore_errors=True)
    contents = {
        "weights.safetensors": safetensors.torch.save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}),
        "state.json": json.dumps(state).encode(),
    }
    contents |= {f"{name}.bin": part for name, part in (parts or {}).items()}
    manifest = {
        "format": FORMAT,
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in contents.items()
        },
    }
    contents["manifest.json"] = json.dumps(manifest, indent=1).encode()
    final = folder / f"{steps:012d}"
    if final.exists():  # the same moment, saved again after a resume: what is whole stays, only wreckage goes
        with contextlib.suppress(OSError, ValueError):
            _load(final, tuple(parts or ()))
            return
    write_folder(final, contents)
    for old in list_checkpoints(folder)[KEEP:]:
        if int(old.name) == best:
            continue
        shutil.rmtree(old, ignore_errors=True)


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoint folders, the newest first; ``ValueError`` if ``folder`` is a link or no folder."""
    if not own_folder(folder).exists():
        return []
    named = (path for path in folder.iterdir() if path.is_dir() and re.fullmatch("[0-9]{12,18}", path.name))
    return sorted(named, key=lambda path: int(path.name), reverse=True)


def load_latest(
    folder: Path, check: Callable[[dict[str, Any]], None] = lambda state: None, parts: tuple[str, ...] = ()
) -> Checkpoint:
    """The newest checkpoint that is whole.

    Args:
        check: Raises ``ValueError`` for a state that lacks what its reader needs; that checkpoint is passed over, too.
        parts: The names of the further parts that there may be. None other is read, whatever a manifest names.

    Raises:
        FileNotFoundError: there is none at all.
        ValueError: there are some, and each is damaged or of another version; the message says how. Or ``folder`` is
            a link or no folder.
    """
    problems: list[str] = []
    paths = list_checkpoints(folder)
    for path in paths:
        try:
            saved = _load(path, parts)
            check(saved.state)
            return replace(saved, problems=tuple(problems))
        except (OSError, ValueError) as fault:
            problems.append(f"checkpoint {path.name} passed over: {in_one_line(fault)}")
    if not paths:
        raise FileNotFoundError(f"no checkpoint in {folder}")
    raise ValueError("no usable checkpoint in {}: {}".format(folder, "; ".join(problems)))


def load_at(
    folder: Path, steps: int, check: Callable[[dict[str, Any]], None] = lambda state: None, parts: tuple[str, ...] = ()
) -> Checkpoint:
    """The checkpoint of so many steps; ``check`` and ``parts`` as of ``load_latest``.

    Raises:
        FileNotFoundError: there is none; the message says of which steps there are some.
        ValueError: it is damaged or of another version. Or ``folder`` is a link or no folder.
    """
    known = {int(path.name): path for path in list_checkpoints(folder)}
    if steps not in known:
        others = ", ".join(f"{count:,}" for count in sorted(known)) or "none"
        raise FileNotFoundError(f"no checkpoint of {steps:,} steps in {folder}, there is {others}")
    try:
        saved = _load(known[steps], parts)
        check(saved.state)
    except (OSError, ValueError) as fault:
        raise ValueError(f"checkpoint {known[steps]} cannot be used: {in_one_line(fault)}") from None
    return saved


def _load(path: Path, parts: tuple[str, ...]) -> Checkpoint:
    try:
        manifest = parse_json(_read(path / "manifest.json", MOST_JSON))
    except ValueError as fault:
        raise ValueError(f"manifest.json is damaged ({in_one_line(fault)})") from None
    if not isinstance(manifest, dict):
        raise ValueError("manifest.json is damaged (it is no map)")
    if manifest.get("format") != FORMAT:
        raise ValueError(f"its format is {manifest.get('format')!r}, this version of Ludus reads {FORMAT}")
    contents, most = {}, {**REQUIRED, **{f"{name}.bin": MOST_PART for name in parts}}
    for name, expected in _listed(manifest.get("files"), most).items():
        data = _read(path / name, most[name])
        if len(data) != expected["bytes"]:
            raise ValueError(f"{name} has {len(data)} bytes, expected {expected['bytes']}")
        if hashlib.sha256(data).hexdigest() != expected["sha256"]:
            raise ValueError(f"{name} is damaged (its SHA-256 does not match)")
        contents[name] = data
    try:
        state = parse_json(contents["state.json"])
    except ValueError as fault:
        raise ValueError(f"state.json is damaged ({in_one_line(fault)})") from None
    if not isinstance(state, dict):
        raise ValueError("state.json is damaged (it is no map)")
    return Checkpoint(
        steps=int(path.name),
        tensors=parse_tensors(contents["weights.safetensors"]),
        state=state,
        parts={name: contents[f"{name}.bin"] for name in parts if f"{name}.bin" in contents},
    )


def _listed(files: Any, most: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """The entry ``files`` of a manifest; ``ValueError`` unless it lists sizes and hashes of what a checkpoint has."""
    if not isinstance(files, dict) or not REQUIRED.keys() <= files.keys() <= most.keys():
        raise ValueError(f"manifest.json is damaged (files is {ascii(files)[:60]}, expected {', '.join(REQUIRED)})")
    for name, entry in files.items():
        if not (
            isinstance(entry, dict)
            and is_whole(entry.get("bytes"), 0, most[name])
            and isinstance(entry.get("sha256"), str)
        ):
            raise ValueError(f"manifest.json is damaged (of {name} it says {ascii(entry)[:60]})")
    return files


def _read(path: Path, most: int) -> bytes:
    try:
        return read_regular(path, most)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path.name} is missing") from None
