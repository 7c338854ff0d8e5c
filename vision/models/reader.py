"""A network that reads from a picture what the simulator knows: a vector of numbers, or a board of cells.

A single picture shows no velocities. So a reader of numbers remembers the picture of one step before, and sees what has
changed beside the present one; a board is all there to be seen.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

from ...components.component import Component


class Reader(Component):
    """Strided convolutions, then a summary of the picture, then the numbers; or per cell of a board.

    Args:
        widths: Channels of each convolution. Each halves height and width; of a board, the first makes a pixel of each
            cell and the others look at the cells around.
        dense: Numbers in the summary of a picture; of a board: channels of a cell.
        hidden: Units of the layer that reads the summary.
        mean, std: Of each number (of each plane of a board) in training; what the network gives is scaled with them.
        whole: Which numbers are always whole, and are rounded.
        data: Where it learned, for the person who finds it later.

    Raises:
        ValueError: the spaces are not those of a picture and of numbers, or the config does not fit them.
    """

    _mean: torch.Tensor
    _std: torch.Tensor
    _whole: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (16, 32, 32),
        dense: int = 128,
        hidden: int = 256,
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        whole: Sequence[bool] = (),
        data: str = "",
    ) -> None:
        shape, outputs = input_space.shape or (), output_space.shape or ()
        if not isinstance(input_space, spaces.Box) or len(shape) != 3 or 0 in shape or input_space.dtype != "uint8":
            raise ValueError(f"a reader takes uint8 pictures (height, width, channels), got {input_space}")
        kinds = {1: "float32", 3: "uint8"}
        if not isinstance(output_space, spaces.Box) or output_space.dtype != kinds.get(len(outputs)):
            raise ValueError(
                "a reader gives float32 numbers (count,) or a board of uint8 (height, width, planes), got "
                f"{output_space}"
            )
        count = outputs[-1]
        config = {
            "widths": list(widths), "dense": dense, "hidden": hidden, "mean": list(mean), "std": list(std),
            "whole": list(whole), "data": data,
        }  # fmt: skip
        self.is_board = len(outputs) == 3
        # Of numbers: the picture before, as floats, and whether there was one.
        super().__init__(input_space, output_space, config, () if self.is_board else (shape, (1,)))
        if not widths or min(*widths, dense, hidden) < 1:
            raise ValueError(f"expected channels and units >= 1, got {list(widths)}, {dense} and {hidden}")
        for name, given in (("mean", mean), ("std", std), ("whole", whole)):
            if given and len(given) != count:
                raise ValueError(f"{name} has {len(given)} entries, the last axis of {output_space} has {count}")
        # Not in the weights: config.json has them.
        self.register_buffer("_mean", torch.tensor(list(mean) or [0.0] * count), persistent=False)
        self.register_buffer("_std", torch.tensor(list(std) or [1.0] * count), persistent=False)
        self.register_buffer("_whole", torch.tensor(list(whole) or [False] * count), persistent=False)
        blocks: list[nn.Module] = []
        channels = shape[2] if self.is_board else 2 * shape[2]  # of numbers: the picture and its change
        if self.is_board:  # a cell is 3 x 3 means of what it covers, which cost little and lose nothing of its look
            blocks.append(nn.AdaptiveAvgPool2d((3 * outputs[0], 3 * outputs[1])))
        for k, width in enumerate(widths):
            if self.is_board:
                kernel, stride, padding = 3, 3 if k == 0 else 1, 0 if k == 0 else 1
            else:
                kernel, stride, padding = 5 if k == 0 else 3, 2, 2 if k == 0 else 1
            blocks.append(
                nn.Sequential(nn.Conv2d(channels, width, kernel, stride, padding), nn.BatchNorm2d(width), nn.GELU())
            )
            channels = width
        self.trunk = nn.Sequential(*blocks)
        if self.is_board:
            self.cell = nn.Sequential(nn.Conv2d(channels, dense, 1), nn.GELU())
            self.read = nn.Sequential(nn.Conv2d(2 * dense, hidden, 1), nn.GELU(), nn.Conv2d(hidden, count, 1))
        else:
            flat = channels * math.prod(-(-side // 2 ** len(widths)) for side in shape[:2])  # by each, halved upwards
            self.summarise = nn.Sequential(nn.Flatten(), nn.Linear(flat, dense), nn.GELU())
            self.read = nn.Sequential(nn.Linear(dense + 1, hidden), nn.GELU(), nn.Linear(hidden, count))

    def scaled(self, x: torch.Tensor, before: torch.Tensor | None, known: torch.Tensor | None) -> torch.Tensor:
        """What training compares with (truth - mean) / std: (N, count), or (N, *cells, planes).

        Args:
            x, before: Pictures (N, H, W, C), bytes or floats 0 … 255: the present one and, for numbers, the one before.
            known: (N, 1) 1 where there was one before, else 0; ``before`` then counts for nothing.
        """
        # Bytes are exact in bf16, too, and the norm after the first convolution makes any scaling of them idle.
        device = x.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.float32
        now = x.to(kind).permute(0, 3, 1, 2)  # a view: channels-last, as convolutions like it
        if self.is_board:
            f = self.cell(self.trunk(now))
            everywhere = f.mean(dim=(2, 3), keepdim=True).expand_as(f)  # such as the length of a snake
            return self.read(torch.cat([f, everywhere], dim=1)).permute(0, 2, 3, 1)
        assert before is not None
        assert known is not None
        change = (now - before.to(kind).permute(0, 3, 1, 2)) * known.to(kind)[:, :, None, None]
        summary = self.summarise(self.trunk(torch.cat([now, change], dim=1)))
        return self.read(torch.cat([summary, known.to(summary.dtype)], dim=1))

    def numbers(self, y: torch.Tensor) -> torch.Tensor:
        """What ``scaled`` gave, in the units of the truth and of its dtype."""
        y = y.float() * self._std + self._mean
        y = torch.where(self._whole, y.round(), y)
        return y.round().clamp(0, 255).to(torch.uint8) if self.is_board else y

    def forward(self, x: torch.Tensor, memory: tuple[torch.Tensor, ...] = ()) -> Any:
        if self.is_board:
            return self.numbers(self.scaled(x, None, None))
        before, known = memory
        return self.numbers(self.scaled(x, before, known)), (x.float(), torch.ones_like(known))
