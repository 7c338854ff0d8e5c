"""The pictures of a detector's training: new ones of an environment in each epoch, or those of a folder."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from gymnasium import spaces

from ...components.detections import CLASS, detections_space
from ...envs.frames import frames
from ...envs.make import choices_of
from ...training.batches import Shuffled, generator
from ..scenes import Scenes, mirrored
from .detect_recipe import DetectorRecipe

WATCHED = 1024  # pictures, at most, that are judged after each epoch
TESTED_APART = 1_000_003  # what the seed of the test's episodes is further
HELD_APART = 2_000_003  # the same of episodes that are held out: neither learned from nor the test's
EPOCHS_APART = 10_000_019  # the same of the episodes of an epoch and those of the next


class Data(NamedTuple):
    """Training pictures by epoch, those that are watched while training, and test pictures."""

    train: Callable[[int], Scenes]  # as many in each epoch
    watched: Scenes
    test: Scenes


def load(recipe: DetectorRecipe) -> Data:
    """The pictures of a recipe; ``ValueError`` if they are none of detections."""
    r = recipe
    if r.data:
        raise NotImplementedError
    test = of_environment(r, r.test_frames, r.seed + TESTED_APART, tested=True)
    watched = test.subset(slice(WATCHED))
    if r.holdout:
        watched = of_environment(r, min(r.test_frames, WATCHED), r.seed + HELD_APART)
    return Data(lambda epoch: of_environment(r, r.frames, r.seed + EPOCHS_APART * epoch), watched, test)


def of_environment(recipe: DetectorRecipe, count: int, seed: int, tested: bool = False) -> Scenes:
    """``count`` pictures, at least, of what the slot of the recipe's environment senses.

    Raises:
        ValueError: its truth is no set of detections.
    """
    r = recipe
    keywords = split_of(r, tested) | r.environment | (r.tested if tested else {})
    found = frames(r.env, r.slot, count, seed, keywords)
    shape, truth = found.raw_space.shape or (), found.truth_space.shape or ()
    if len(shape) != 3 or found.raw_space.dtype != "uint8" or len(truth) != 2 or truth[1] != CLASS + len(found.classes):
        raise ValueError(
            f"slot {r.slot} of {r.env} turns {found.raw_space} into {found.truth_space}; expected a picture, uint8 "
            f"(height, width, channels), and rows of {CLASS} numbers and a class, of classes that it names"
        )
    return Scenes(torch.from_numpy(found.raw), torch.from_numpy(found.truth), found.classes)


def split_of(recipe: DetectorRecipe, tested: bool) -> dict[str, Any]:
    """Where an environment has a choice ``split`` of train and test: train to learn from, test for the test."""
    choice = choices_of(recipe.env).get("split")
    known = choice is not None and {"train", "test"} <= set(choice.values)
    return {"split": "test" if tested else "train"} if known else {}


def spaces_of(scenes: Scenes) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of a detector for such scenes."""
    from numpy import uint8

    return spaces.Box(0, 255, tuple(scenes.images.shape[1:]), uint8), detections_space(
        scenes.rows.shape[1], len(scenes.classes)
    )


class SceneBatches(Shuffled):
    """The training batches: pictures (B, H, W, C), and rows (B, R, 8 + K) of what lies in them."""

    def __init__(self, train: Callable[[int], Scenes], first: Scenes, recipe: DetectorRecipe) -> None:
        super().__init__(len(first), recipe.batch_size, recipe.seed)
        self.train, self.flip = train, recipe.flip
        self._scenes = (0, first)

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        epoch = step // len(self)
        if self._scenes[0] != epoch:
            self._scenes = (epoch, self.train(epoch))
        rows = self.rows(step)
        images, things = self._scenes[1].images[rows], self._scenes[1].rows[rows]
        if self.flip:
            source = generator(self.seed, "mirror", step)
            images, things = mirrored(images, things, torch.rand(len(rows), generator=source) < 0.5)
        return images, things
