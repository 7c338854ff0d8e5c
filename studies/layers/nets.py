"""The nets of the layers study: four arrangements of layers, each as wide as a given number of parameters allows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ...data.images import load_images
from ...training.cost import multiply_adds, parameter_count
from ...vision.models.classifier import spaces_of
from ...vision.tasks.classify_recipe import MODELS

PARAMETERS = 200_000  # that each net may learn
WIDEST = 4096  # units or channels of the layer that is made as wide as fits


@dataclass(frozen=True)
class Arrangement:
    """An arrangement of layers; ``arguments(x)`` are the model's, with one free width x."""

    title: str
    model: str  # of `ludus fit vision/classify`
    arguments: Callable[[int], dict[str, Any]]


ARRANGEMENTS = {
    "dense": Arrangement("dense only", "mlp", lambda x: {"widths": [x, x]}),
    "pooled": Arrangement("convolution + pooling + dense", "convnet", lambda x: {"widths": [16, 32, 64], "dense": x}),
    "strided": Arrangement(
        "strided convolution", "convnet", lambda x: {"widths": [32, 64, 96, x], "dense": 0, "strides": True}
    ),
    "global": Arrangement(
        "convolution + global pooling", "convnet", lambda x: {"widths": [32, 96, x], "dense": 0, "global_pool": True}
    ),
}


@dataclass(frozen=True)
class Sized:
    """The arguments of a net for one data set, and what it costs."""

    arguments: dict[str, Any]
    parameters: int
    multiply_adds: int  # for one picture


def sized(name: str, data: str, target: int = PARAMETERS) -> Sized:
    """The net ``name`` for the pictures of ``data`` whose number of parameters is nearest to ``target``.

    Raises:
        ValueError: the narrowest one has more than that by far, or the widest has less.
    """
    found = load_images(data, "train")
    ends = spaces_of(found.images, len(found.classes))
    arrangement = ARRANGEMENTS[name]

    def net_of(x: int) -> Any:
        return MODELS[arrangement.model](*ends, **arrangement.arguments(x))

    def count(x: int) -> int:
        with torch.device("meta"):  # no memory, no random numbers
            return parameter_count(net_of(x))

    low, high = 1, WIDEST  # count(low) <= target < count(high)
    if not count(low) <= 1.05 * target or count(high) < target:
        raise ValueError(f"no net {name!r} for {data} has about {target:,} parameters")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) <= target else (low, middle)
    x = min((low, high), key=lambda width: abs(count(width) - target))
    with torch.random.fork_rng(devices=[]):
        net = net_of(x).eval()
    picture = torch.zeros((1, *found.images.shape[1:]), dtype=torch.uint8)
    return Sized(arrangement.arguments(x), parameter_count(net), multiply_adds(net, picture))
