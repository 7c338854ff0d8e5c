"""Image classifiers, as far as all are alike: pixels in, probabilities out, features and head apart."""

from typing import Any

import torch
from gymnasium import Space, spaces
from torch.nn import functional as F

from ...components.component import Component


class Classifier(Component):
    """A network from a picture to the probabilities of its classes.

    A subclass gives ``features`` and ``head``; ``num_features`` is the width between them.

    Args:
        input_space: Box of bytes (height, width, channels).
        output_space: Box of floats (classes,).
        config: The subclass's arguments, and these:

            classes     names of the classes
            mean, std   of each channel over the training images, as shares of full brightness
            mirror      whether a picture and its mirror image are both judged, and the mean taken (twice the work)
            data        where it learned, for the person who finds it later

    Raises:
        ValueError: the spaces are not those of a picture and its classes, or the config does not fit them.
    """

    num_features: int
    _mean: torch.Tensor  # (1, C, 1, 1), in bytes
    _std: torch.Tensor

    def __init__(self, input_space: Space, output_space: Space, config: dict[str, Any]) -> None:
        super().__init__(input_space, output_space, config)
        shape, outputs = input_space.shape or (), output_space.shape or ()
        if not isinstance(input_space, spaces.Box) or len(shape) != 3 or input_space.dtype != "uint8":
            raise ValueError(f"a classifier takes uint8 pictures (height, width, channels), got {input_space}")
        if len(outputs) != 1 or outputs[0] < 2 or output_space.dtype != "float32":
            raise ValueError(f"a classifier gives float32 probabilities of 2 classes or more, got {output_space}")
        self.height, self.width, self.channels = shape
        self.num_classes = outputs[0]
        self.classes = tuple(config["classes"]) or tuple(map(str, range(self.num_classes)))
        if len(self.classes) != self.num_classes:
            raise ValueError(f"{len(self.classes)} names of classes for {self.num_classes} classes")
        self.mirror = bool(config["mirror"])
        for name in ("mean", "std"):
            values = [float(value) for value in config[name]] or [0.5 if name == "mean" else 0.25] * self.channels
            if len(values) != self.channels or (name == "std" and min(values) <= 0.0):
                raise ValueError(f"{name} is {values}, expected {self.channels} numbers{' > 0' * (name == 'std')}")
            # Not in the weights: config.json has them.
            self.register_buffer(f"_{name}", 255.0 * torch.tensor(values).view(1, -1, 1, 1), persistent=False)

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures (N, H, W, C), bytes or floats 0 … 255, as normalised floats (N, C, H, W) in channels-last order.

        The axes are only renamed, nothing is moved: pictures lie in memory as convolutions like them.
        """
        return (x.permute(0, 3, 1, 2).float() - self._mean) / self._std

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, H, W, C) -> (N, num_features)"""
        raise NotImplementedError

    def head(self, f: torch.Tensor) -> torch.Tensor:
        """(N, num_features) -> (N, classes), unbounded."""
        raise NotImplementedError

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """(N, H, W, C) -> (N, classes), unbounded; what is trained."""
        return self.head(self.features(x))

    def probabilities(self, x: torch.Tensor, mirror: bool) -> torch.Tensor:
        """(N, H, W, C) -> (N, classes); with ``mirror`` the mean over the pictures and their mirror images."""
        p = F.softmax(self.logits(x).float(), dim=1)
        return (p + F.softmax(self.logits(x.flip(2)).float(), dim=1)) / 2 if mirror else p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.probabilities(x, self.mirror)


def spaces_of(images: Any, classes: int) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of a classifier for ``images`` (N, H, W, C) with so many classes."""
    import numpy as np

    return spaces.Box(0, 255, tuple(images.shape[1:]), np.uint8), spaces.Box(0.0, 1.0, (classes,), np.float32)
