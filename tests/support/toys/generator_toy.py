"""A generator for tests that was never trained: its pictures are noise that is moved about, by class and by time."""

import numpy as np
import torch

from ludus.vision.images import Images
from ludus.vision.models.generator import Generator, spaces_of

SHAPE = (8, 8, 1)
CLASSES = ("lying", "nothing", "standing")


def make_generator(shape=SHAPE, classes=CLASSES, seed=0, **config) -> Generator:
    """Of a few weights, all of them random, so that nothing is as the first step of a training finds it."""
    small = {"widths": (8, 16), "blocks": (1, 1), "told": 16, "steps": 3, "solver": "heun", "std": [0.1] * shape[2]}
    config = small | config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Generator(*spaces_of(shape, len(classes)), classes=classes, **config)
        for parameter in net.parameters():
            parameter.data.normal_(0.0, 0.5)
        net.net.gain.data.fill_(0.2)  # so that pictures stay between black and white
    return net.eval()


def labels(count: int) -> np.ndarray:
    return np.arange(count) % len(CLASSES)


def bars(count: int, seed: int) -> Images:
    """Grey pictures of 8 x 8 pixels: a bar that lies, none, a bar that stands, somewhere."""
    random, images = np.random.default_rng(seed), np.full((count, *SHAPE), 40, np.uint8)
    for image, label in zip(images, labels(count), strict=True):
        place, begin, light = random.integers(0, 7), random.integers(0, 3), random.integers(180, 240)
        if label == 0:
            image[place : place + 2, begin : begin + 6] = light
        elif label == 2:
            image[begin : begin + 6, place : place + 2] = light
    return Images(torch.from_numpy(images), torch.from_numpy(labels(count)), CLASSES)
