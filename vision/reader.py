"""A network that reads from a picture what the simulator knows: a vector of numbers, or a board of cells.

A single picture shows no velocities. So a reader of numbers remembers what it saw one step before, as its own summary
of that picture, and reads the present and the last summary together; a board is all there to be seen.
"""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

from ..components import Component


class Reader(Component):
    """Strided convolutions, then a summary of the picture, then the numbers; or per cell of a board.

    Args:
        widths: Channels of each convolution. Each halves height and width; of a board, the first makes a pixel of each
            cell and the others look at the cells around.
        dense: Numbers in the summary of a picture; of a board: channels of a cell.
        hidden: Units of the layer that reads the summaries.
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
        if not isinstance(input_space, spaces.Box) or len(shape) != 3 or input_space.dtype != "uint8":
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
        super().__init__(input_space, output_space, config, () if self.is_board else ((dense,), (1,)))
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
        channels = shape[2]
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
            with torch.no_grad():
                flat = self.trunk.eval()(torch.zeros(1, shape[2], *shape[:2])).numel()
            self.trunk.train()
            self.summarise = nn.Sequential(nn.Flatten(), nn.Linear(flat, dense), nn.GELU())
            self.read = nn.Sequential(nn.Linear(2 * dense + 1, hidden), nn.GELU(), nn.Linear(hidden, count))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures (N, H, W, C) of bytes -> summaries (N, dense); of boards (N, dense, *cells)."""
        x = x.permute(0, 3, 1, 2).float() / 255.0 - 0.5  # a view: channels-last, as convolutions like it
        if self.is_board:
            return self.cell(self.trunk(x))
        return self.summarise(self.trunk(x))

    def scaled(self, now: torch.Tensor, before: torch.Tensor | None, known: torch.Tensor | None) -> torch.Tensor:
        """What training compares with (truth - mean) / std: (N, count), or (N, *cells, planes).

        Args:
            now, before: Features of the present picture, and (of no board) of the one before.
            known: (N, 1) 1 where there was one before, else 0; ``before`` is then zeros.
        """
        if self.is_board:
            everywhere = now.mean(dim=(2, 3), keepdim=True).expand_as(now)  # such as the length of a snake
            return self.read(torch.cat([now, everywhere], dim=1)).permute(0, 2, 3, 1)
        assert before is not None
        assert known is not None
        return self.read(torch.cat([now, before * known, known], dim=1))

    def numbers(self, y: torch.Tensor) -> torch.Tensor:
        """What ``scaled`` gave, in the units of the truth and of its dtype."""
        y = y.float() * self._std + self._mean
        y = torch.where(self._whole, y.round(), y)
        return y.round().clamp(0, 255).to(torch.uint8) if self.is_board else y

    def forward(self, x: torch.Tensor, memory: tuple[torch.Tensor, ...] = ()) -> Any:
        now = self.features(x)
        if self.is_board:
            return self.numbers(self.scaled(now, None, None))
        before, known = memory
        return self.numbers(self.scaled(now, before, known)), (now, torch.ones_like(known))
