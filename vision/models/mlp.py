"""A network of dense layers alone, to which a picture is one long row of numbers: what convolutions are measured by."""

from collections.abc import Sequence

import torch
from gymnasium import Space
from torch import nn

from .classifier import Classifier


class MLP(Classifier):
    """Dense layers, each with batch norm if asked for and GELU, then one for the classes.

    Args:
        widths: Units of each hidden layer; the last ones are the features.
        dropout: Share of the numbers that are hidden before each layer but the first in training.
        norm: Whether there is batch norm in each hidden layer.
        classes, mean, std, mirror, data: See ``Classifier``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (256, 128),
        dropout: float = 0.2,
        norm: bool = True,
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        mirror: bool = False,
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "dropout": dropout, "norm": norm,
            "classes": list(classes), "mean": list(mean), "std": list(std), "mirror": mirror, "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config)
        if not widths or min(widths) < 1 or not 0.0 <= dropout < 1.0:
            raise ValueError(
                f"expected units >= 1 of one hidden layer or more, and dropout in [0, 1), got {list(widths)} and "
                f"{dropout}"
            )
        layers: list[nn.Module] = [nn.Flatten()]
        inputs = self.channels * self.height * self.width
        for i, width in enumerate(widths):
            layers += [nn.Dropout(dropout)] if i else []
            layers += [nn.Linear(inputs, width, bias=not norm), *([nn.BatchNorm1d(width)] if norm else []), nn.GELU()]
            inputs = width
        self.hidden = nn.Sequential(*layers)
        self.num_features = inputs
        self.drop, self.classify = nn.Dropout(dropout), nn.Linear(inputs, self.num_classes)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.hidden(self.prepare(x))  # (N, num_features)

    def head(self, f: torch.Tensor) -> torch.Tensor:
        return self.classify(self.drop(f))  # (N, classes)
