"""Folders in COCO's format: pictures, and as JSON a box and a class for each thing in them. Anybody's, so checked.

    instances_train*.json, instances_val*.json, instances_test*.json    in the folder or in annotations/
    annotations.json                                                    instead: a fifth of the pictures is for the test

    {"images": [{"id": 1, "file_name": "a.png", "width": 640, "height": 480}],
     "categories": [{"id": 3, "name": "cat"}],
     "annotations": [{"image_id": 1, "category_id": 3, "bbox": [left, top, width, height]}]}

Boxes are in pixels. An annotation may also say ``rotation`` (rad, of its long axis, from the x axis to the y axis,
which points down) and ``visible`` (the share of it that nothing hides, 0 … 1). Its ``iscrowd`` marks a crowd; all else,
such as masks, is not read. Format: Lin et al. 2014, *Microsoft COCO*.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..utils.untrusted import GIB, MIB, is_number, is_whole, parse_json, read_regular
from ..utils.wording import counted, in_line, in_one_line
from .picture_folders import read_scaled

SPLITS = ("train", "val", "test")
ALL = "annotations.json"  # of a folder that is not split
TEST_SHARE = 0.2  # of its pictures
MOST_BYTES = 64 * MIB  # of a file of annotations; Python's values take ten times as much
MOST_PICTURES = 8 * GIB  # bytes of all pictures of a split together
MOST_CLASSES = 1000
MOST_NAME = 255  # bytes of a picture's name with its folders
PLACES = ("", "images")  # below the folder, where pictures may lie; or in these, below the name of their split


@dataclass(frozen=True)
class LabelledBoxes:
    """Pictures, up to M things in each, and the names of the classes."""

    images: np.ndarray  # (N, side, side, 3) uint8
    kinds: np.ndarray  # (N, M) int64, the class of each thing; -1: there is none
    boxes: np.ndarray  # (N, M, 4) left, upper, right and lower edge, as shares of the picture
    angles: np.ndarray  # (N, M) rad, of the long axis in the square picture; NaN where nobody says
    visible: np.ndarray  # (N, M) share that nothing hides
    classes: tuple[str, ...]
    notes: tuple[str, ...]  # what was left out or changed, a line each


def splits_of(folder: Path) -> dict[str, Path]:
    """The file of annotations of each split that a folder has; of one that is not split, the same for train and test.

    Raises:
        ValueError: there are none for training, or several for one split.
    """
    found: dict[str, Path] = {}
    for split in SPLITS:
        for place in (folder, folder / "annotations"):
            files = sorted(place.glob(f"instances_{split}*.json"))
            if len(files) > 1 or (files and split in found):
                raise ValueError(f"{folder} has several files of annotations for {split}, such as {files[0]}; keep one")
            for file in files:
                found[split] = file
    if found:
        if "train" not in found or len(found) == 1:
            raise ValueError(
                f"{folder} has annotations for {', '.join(found)} only; expected instances_train*.json, and "
                "instances_test*.json or instances_val*.json"
            )
        return found
    for place in (folder, folder / "annotations"):
        if (place / ALL).is_file():
            return {"train": place / ALL, "test": place / ALL}
    raise ValueError(
        f"{folder} has no annotations; expected {ALL}, or instances_train*.json and instances_val*.json or "
        "instances_test*.json, there or in annotations/"
    )


def read_coco(folder: Path, split: str, side: int, most: int) -> LabelledBoxes:
    """The pictures of a split, scaled to squares of ``side`` pixels, with the boxes of at most ``most`` things in each.

    Crowds and boxes without area are left out, what lies outside of its picture is cut off, and of more than ``most``
    things the largest are kept; ``notes`` say how often.

    Raises:
        ValueError: a file is damaged, says what cannot be, or names a picture that is not in the folder or cannot be
            read; or no picture is left.
        OSError: a file cannot be opened.
    """
    path = splits_of(folder)[split]
    content = _Annotations(path)
    pictures = list(content.pictures.values())
    if path.name == ALL:
        pictures = [picture for picture in pictures if (_ticket(picture.file) < TEST_SHARE) == (split == "test")]
    if not pictures:
        raise ValueError(f"{path} names no pictures for the split {split}")
    if 3 * side * side * len(pictures) > MOST_PICTURES:
        raise ValueError(
            f"{len(pictures):,} pictures of {side} x {side} pixels are more than {MOST_PICTURES // GIB} GiB; choose a "
            "smaller side"
        )
    shape = (len(pictures), most)
    images = np.empty((len(pictures), side, side, 3), np.uint8)
    found = LabelledBoxes(
        images, np.full(shape, -1), np.zeros((*shape, 4)), np.full(shape, np.nan), np.zeros(shape), content.classes, ()
    )
    for i, picture in enumerate(pictures):
        file = _place_of(folder, path, picture.file)
        images[i], size = read_scaled(file, side)
        if size != (picture.width, picture.height):
            raise ValueError(
                f"{file} has {size[0]} x {size[1]} pixels, {path} says {picture.width} x {picture.height}; correct it, "
                "since boxes are in pixels"
            )
        content.fill(found, i, picture)
    return replace(found, notes=content.notes)


def _ticket(name: str) -> float:
    return hashlib.sha256(name.encode(errors="surrogatepass")).digest()[0] / 256.0


def _place_of(folder: Path, annotations: Path, name: str) -> Path:
    """Where a picture lies; ``ValueError`` if nowhere inside of the folder."""
    part = annotations.stem.removeprefix("instances_")
    places = [folder / below / name for below in (*PLACES, part, f"images/{part}")]
    for place in places:
        if place.is_file():
            return place
    raise ValueError(
        f"{annotations} names {in_line(name, 80)}, which lies neither in {folder} nor in its images/, {part}/"
    )


@dataclass
class _Picture:
    """A picture of a file of annotations, and what is in it."""

    file: str
    width: int
    height: int
    things: list[dict[str, Any]]


class _Annotations:
    """A file of annotations, checked; counts what is left out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.crowds = self.empty = self.cut = self.more = 0
        try:
            content = parse_json(read_regular(path, MOST_BYTES))
        except ValueError as fault:
            raise ValueError(f"{path} cannot be read as JSON: {in_one_line(fault)}") from None
        if not isinstance(content, dict):
            raise ValueError(f"{path} is no map with images, categories and annotations")
        parts = {}
        for part in ("images", "categories", "annotations"):
            entries = content.get(part)
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise ValueError(f"{path} has no list of maps under {part!r}; expected COCO's format")
            parts[part] = entries
        names: dict[int, str] = {}
        for entry in sorted(self._with_ids(parts["categories"], "category"), key=lambda entry: entry["id"]):
            name = entry.get("name")
            if not isinstance(name, str) or not name.strip() or not name.isprintable() or name in names.values():
                raise ValueError(
                    f"{path}: category {entry['id']} has the name {in_line(repr(name), 60)}, expected one of its own"
                )
            names[entry["id"]] = name
        if not 1 <= len(names) <= MOST_CLASSES:
            raise ValueError(f"{path} names {len(names):,} categories, expected 1 … {MOST_CLASSES:,}")
        self.classes = tuple(names.values())
        self.numbers = {id: number for number, id in enumerate(names)}
        self.pictures = {entry["id"]: self._picture(entry) for entry in self._with_ids(parts["images"], "image")}
        for number, entry in enumerate(parts["annotations"]):
            self._check(number, entry)

    def _with_ids(self, entries: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
        seen = set()
        for number, entry in enumerate(entries):
            id = entry.get("id")
            if not is_whole(id, -(2**62), 2**62) or id in seen:
                raise ValueError(
                    f"{self.path}: {what} {number} has the id {in_line(repr(id), 40)}, expected a whole number that no "
                    "other has"
                )
            seen.add(id)
        return entries

    def _picture(self, entry: dict[str, Any]) -> _Picture:
        name, width, height = entry.get("file_name"), entry.get("width"), entry.get("height")
        where = f"{self.path}: image {entry['id']}"
        if not isinstance(name, str) or not 0 < len(name.encode(errors="replace")) <= MOST_NAME or "\0" in name:
            raise ValueError(f"{where} has the file_name {in_line(repr(name), 60)}, expected a name")
        pure = PurePosixPath(name.replace("\\", "/"))
        if pure.is_absolute() or ".." in pure.parts or ":" in name:
            raise ValueError(f"{where} lies at {in_line(name, 80)}, outside of the folder; give a path below it")
        if not (is_whole(width, 1, 10**6) and is_whole(height, 1, 10**6)):
            raise ValueError(f"{where} is {in_line(repr(width), 30)} x {in_line(repr(height), 30)} pixels large")
        return _Picture(name, width, height, [])  # type: ignore[arg-type]

    def _check(self, number: int, entry: dict[str, Any]) -> None:
        """Put an annotation to its picture; ``ValueError`` for one that says what cannot be."""
        where = f"{self.path}: annotation {number}"
        picture = self._known(entry.get("image_id"), self.pictures, f"{where} is of image")
        self._known(entry.get("category_id"), self.numbers, f"{where} is of category")
        box = entry.get("bbox")
        if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
            raise ValueError(f"{where} has the bbox {in_line(repr(box), 60)}, expected [left, top, width, height]")
        for key, low, high in (("rotation", -1e6, 1e6), ("visible", 0.0, 1.0)):
            if key in entry and not (is_number(entry[key]) and low <= entry[key] <= high):
                unit = "rad" if key == "rotation" else "0 … 1"
                raise ValueError(f"{where} has {key} {in_line(repr(entry[key]), 40)}, expected a number ({unit})")
        if entry.get("iscrowd", 0) not in (0, 1):
            raise ValueError(f"{where} has iscrowd {in_line(repr(entry['iscrowd']), 40)}, expected 0 or 1")
        picture.things.append(entry)

    @staticmethod
    def _known(id: Any, known: Mapping[int, Any], where: str) -> Any:
        if not is_whole(id, -(2**62), 2**62) or id not in known:
            raise ValueError(f"{where} {in_line(repr(id), 40)}, which is none of the file's")
        return known[id]

    def fill(self, out: LabelledBoxes, i: int, picture: _Picture) -> None:
        """Write the things of picture ``i`` into ``out``."""
        found = []
        for entry in picture.things:
            if entry.get("iscrowd", 0):
                self.crowds += 1
                continue
            left, top, wide, high = map(float, entry["bbox"])
            edges = np.array([left, top, left + wide, top + high])
            inside = edges.clip(0.0, [picture.width, picture.height] * 2)
            area = float((inside[2:] - inside[:2]).prod())
            if wide <= 0.0 or high <= 0.0 or not area > 0.0:
                self.empty += 1
                continue
            self.cut += bool(np.abs(edges - inside).max() > 1.0)  # rounding to whole pixels is no news
            found.append((area, inside, entry))
        most = out.kinds.shape[1]
        if len(found) > most:
            self.more += len(found) - most
            kept = sorted(range(len(found)), key=lambda k: -found[k][0])[:most]
            found = [found[k] for k in sorted(kept)]
        for row, (_, inside, entry) in enumerate(found):
            out.kinds[i, row] = self.numbers[entry["category_id"]]
            out.boxes[i, row] = inside / np.array([picture.width, picture.height] * 2)
            out.visible[i, row] = entry.get("visible", 1.0)
            if "rotation" in entry:  # the picture becomes a square, which turns what is neither level nor upright
                angle = entry["rotation"]
                out.angles[i, row] = math.atan2(math.sin(angle) * picture.width, math.cos(angle) * picture.height)

    @property
    def notes(self) -> tuple[str, ...]:
        said = (
            (self.crowds, "annotation", "left out, of crowds"),
            (self.empty, "annotation", "left out, whose box has no area in its picture"),
            (self.cut, "annotation", "cut off at the edge of its picture"),
            (self.more, "annotation", "left out, of things smaller than the others in their picture (--set most)"),
        )
        return tuple(f"{self.path.name}: {counted(count, noun)} {what}" for count, noun, what in said if count)
