"""The pictures of a detector's training: new ones of an environment in each epoch, or those of a folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces

from ...components.detections import (
    AXIS_COS,
    AXIS_SIN,
    CENTRE_X,
    CENTRE_Y,
    CLASS,
    HEIGHT,
    VALID,
    VISIBLE,
    WIDTH,
    classes_of_columns,
    detections_space,
)
from ...data.coco import LabelledBoxes, read_coco, splits_of
from ...envs.frames import Frames, frames
from ...envs.make import choices_of, slots_of
from ...training.batches import Shuffled, generator
from ..scenes import Scenes, mirrored
from .detect_recipe import DetectorRecipe

WATCHED = 1024  # pictures, at most, that are judged after each epoch
TESTED_APART = 1_000_003  # what the seed of the test's episodes is further
HELD_APART = 2_000_003  # the same of episodes that are held out: neither learned from nor the test's
EPOCHS_APART = 10_000_019  # the same of the episodes of an epoch and those of the next
HELD_SHARE = 0.1  # of the training pictures of a folder without a split for that
MORE_STEPS = (1.75, 3.5)  # that are played for each picture: in some steps nothing changes


class Data(NamedTuple):
    """Training pictures by epoch, those that are watched while training, and test pictures."""

    train: Callable[[int], Scenes]  # as many in each epoch
    watched: Scenes
    test: Scenes
    notes: tuple[str, ...] = ()  # what a person should know, a line each


def load(recipe: DetectorRecipe) -> Data:
    """The pictures of a recipe; ``ValueError`` if they are none of detections."""
    r = recipe
    if r.data:
        return of_folder(r)
    test = of_environment(r, r.test_frames, r.seed + TESTED_APART, tested=True)
    watched = test.subset(slice(WATCHED))
    if r.holdout:
        watched = of_environment(r, min(r.test_frames, WATCHED), r.seed + HELD_APART)

    def train(epoch: int) -> Scenes:
        return of_environment(r, r.frames, r.seed + EPOCHS_APART * (epoch // r.fresh))

    return Data(train, watched, test)


def of_folder(recipe: DetectorRecipe) -> Data:
    """The pictures of a folder in COCO's format. Where it has no test, ``val`` is that.

    Held out is ``val`` where there is a test beside it, else a part of the training pictures.

    Raises:
        ValueError: its splits have other classes, or too few pictures; or what ``read_coco`` says.
    """
    r = recipe
    known = splits_of(Path(r.data))
    found = {split: read_coco(Path(r.data), split, r.side, r.most) for split in known}
    classes = found["train"].classes
    for split, part in found.items():
        if part.classes != classes:
            raise ValueError(f"{r.data}: train has the classes {classes}, {split} has {part.classes}")
    scenes = {split: _scenes(part) for split, part in found.items()}
    train, test = scenes["train"], scenes.get("test", scenes.get("val"))
    assert test is not None
    watched = scenes.get("val", test)
    if r.holdout and watched is test:
        order = torch.randperm(len(train), generator=generator(0, "holdout"))
        count = round(HELD_SHARE * len(train))
        if not count:
            raise ValueError(f"{r.data}: of {len(train)} training pictures none can be held out; give more")
        train, watched = train.subset(order[count:].sort().values), train.subset(order[:count].sort().values)
    if not train.things:
        raise ValueError(f"{r.data}: nothing is said to be in the training pictures")
    notes = tuple(note for part in found.values() for note in part.notes)
    return Data(lambda epoch: train, watched.subset(slice(WATCHED)), test, notes)


def _scenes(found: LabelledBoxes) -> Scenes:
    there = found.kinds >= 0
    rows = np.zeros((*there.shape, CLASS + len(found.classes)), np.float32)
    low, high = found.boxes[..., :2], found.boxes[..., 2:]
    rows[..., VALID] = there
    rows[..., CENTRE_X : CENTRE_Y + 1], rows[..., WIDTH : HEIGHT + 1] = (low + high) / 2, high - low
    told = ~np.isnan(found.angles)
    rows[told, AXIS_COS], rows[told, AXIS_SIN] = np.cos(2.0 * found.angles[told]), np.sin(2.0 * found.angles[told])
    rows[..., VISIBLE] = found.visible
    picture, row = np.nonzero(there)
    rows[picture, row, CLASS + found.kinds[there]] = 1.0
    return Scenes(torch.from_numpy(found.images), torch.from_numpy(rows), found.classes)


def first_scenes(recipe: DetectorRecipe) -> Scenes:
    """A few training pictures of an environment, or all of a folder, by which a recipe can be checked."""
    return of_environment(recipe, 1, recipe.seed) if recipe.env else load(recipe).train(0)


def of_environment(recipe: DetectorRecipe, count: int, seed: int, tested: bool = False) -> Scenes:
    """``count`` pictures of what the slot of the recipe's environment senses, without those that nothing changed.

    Where hardly anything ever changes, pictures come again.

    Raises:
        ValueError: the slot tells of no set of things; or what ``frames`` says.
    """
    r = recipe
    slot = slots_of(r.env).get(r.slot)
    if slot is not None and not slot.detections:
        raise ValueError(
            f"slot {r.slot} of {r.env} tells of no set of things in a picture; train a classifier (ludus fit "
            "vision/classify) or a reader (ludus fit vision/read)"
        )
    keywords = split_of(r, tested) | r.environment | (r.tested if tested else {})
    for more in MORE_STEPS:
        found = frames(r.env, r.slot, round(more * count), seed, keywords)
        rows = np.flatnonzero(_changed(found))
        if len(rows) >= count:
            break
    else:
        rows = np.arange(len(found))
    rows = rows[:count]
    return Scenes(
        torch.from_numpy(found.raw[rows]), torch.from_numpy(found.truth[rows]), classes_of_columns(found.names)
    )


def _changed(found: Frames) -> np.ndarray:
    """(N,) whether a picture is another one than that of the step before, as far as that is known."""
    changed = np.ones(len(found), np.bool_)
    rows = np.flatnonzero(found.before >= 0)
    pairs = found.raw[rows].reshape(len(rows), -1), found.raw[found.before[rows]].reshape(len(rows), -1)
    changed[rows] = (pairs[0] != pairs[1]).any(axis=1)
    return changed


def split_of(recipe: DetectorRecipe, tested: bool) -> dict[str, Any]:
    """Where an environment has a choice ``split`` of train and test: train to learn from, test for the test."""
    choice = choices_of(recipe.env).get("split")
    known = choice is not None and {"train", "test"} <= set(choice.values)
    return {"split": "test" if tested else "train"} if known else {}


def spaces_of(scenes: Scenes) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of a detector for such scenes."""
    seen = spaces.Box(0, 255, tuple(scenes.images.shape[1:]), np.uint8)
    return seen, detections_space(scenes.rows.shape[1], len(scenes.classes))


class SceneBatches(Shuffled):
    """The training batches: pictures (B, H, W, C), and rows (B, R, 8 + K) of what lies in them."""

    def __init__(self, train: Callable[[int], Scenes], first: Scenes, recipe: DetectorRecipe) -> None:
        super().__init__(len(first), recipe.batch_size, recipe.seed)
        self.train, self.flip = train, recipe.flip
        self.fresh = recipe.fresh if recipe.env else recipe.epochs  # a folder has the pictures that it has
        self._scenes = (0, first)

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        epoch = step // len(self)
        epoch -= epoch % self.fresh
        if self._scenes[0] != epoch:
            self._scenes = (epoch, self.train(epoch))
        rows = self.rows(step)
        images, things = self._scenes[1].images[rows], self._scenes[1].rows[rows]
        if self.flip:
            source = generator(self.seed, "mirror", step)
            images, things = mirrored(images, things, torch.rand(len(rows), generator=source) < 0.5)
        return images, things
