"""What the tests of `vision` share. The pictures: bars that lie, stand or are missing, in colours that say nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ludus.training import progress
from ludus.training.fit import folder_of
from ludus.vision.images import Images
from ludus.vision.tasks.classify import Classify
from ludus.vision.tasks.classify_recipe import compose

CLASSES = ("lying", "nothing", "standing")
EACH = 40  # training pictures of each class; half as many for testing
TINY = {
    "widths": [16, 16],
    "epochs": 3,
    "batch_size": 32,
    "threads": 1,
    "precision": "fp32",
    "checkpoint_seconds": 0.0,
}  # settings of a classifier


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """Each step is reported; the number of threads is that of before afterwards. For whoever imports it."""
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def picture(kind: str, random: np.random.Generator) -> np.ndarray:
    """A picture (32, 32, 3) of bytes; a bar of 4 x 20 pixels somewhere on noise."""
    image = random.integers(60, 120, (32, 32, 3)).astype(np.uint8)
    long, short = random.integers(2, 11), random.integers(4, 24)
    colour = random.integers(150, 256, 3)
    if kind == "lying":
        image[short : short + 4, long : long + 20] = colour
    elif kind == "standing":
        image[long : long + 20, short : short + 4] = colour
    return image


def make_folder(folder: Path, each: int = EACH) -> Path:
    """Write the pictures as PNGs into folder/{train,test}/CLASS."""
    random = np.random.default_rng(0)
    for split, count in (("train", each), ("test", each // 2)):
        for kind in CLASSES:
            place = folder / split / kind
            place.mkdir(parents=True)
            for i in range(count):
                Image.fromarray(picture(kind, random)).save(place / f"{i}.png")
    return folder


def images(count=20, size=(8, 6, 3), classes=4) -> Images:
    """Pictures of bytes 1 … 255, of so many classes in turn."""
    random = np.random.default_rng(1)
    x = torch.from_numpy(random.integers(1, 256, (count, *size)).astype(np.uint8))
    return Images(x, torch.arange(count) % classes, tuple("abcdefgh"[:classes]))


def fit_classifier(data, out, progress=None, model="resnet", **settings):
    return Classify.start(out, compose(data, model, settings={**TINY, **settings})).train(progress)


def curve(out, tag="validation/loss"):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder_of(out))).Reload()
    # Of two files of the same second, the one with number 10 comes before that with number 9.
    return sorted((point.step, point.value) for point in events.Scalars(tag))
