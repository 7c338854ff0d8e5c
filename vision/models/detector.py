"""A small detector without anchors: where things lie in a picture, how large, turned and visible they are, and what.

A network makes a map of cells of 4 x 4 pixels. In each cell it says how much that looks like the centre of a thing,
whatever its class (Zhou et al. 2019, *Objects as points*, have a map per class), and what holds of such a thing: where
exactly its centre is, its size, its axis, how much of it is visible, its class. Cells that are surer than their eight
neighbours are things; of two whose boxes nearly coincide, the surer one stays, whatever their classes.
"""

from collections.abc import Sequence

import torch
from gymnasium import Space, spaces
from torch import nn
from torch.nn import functional as F

from ...components.component import Component
from ...components.detections import AXIS_COS, AXIS_SIN, CENTRE_X, CLASS, HEIGHT, VALID, VISIBLE, WIDTH
from .layers import ConvNorm

CELL = 4  # pixels
CANDIDATES = 4  # peaks for each row of the answer, at most, among which is suppressed
# The channels of a map; from CLASS on one for each class.
CENTRE, SHIFT, SIZE, AXIS, SEEN = 0, slice(1, 3), slice(3, 5), slice(5, 7), 7
MOST_LOG_SIZE = 5.0  # of a box, in cells: far more than any picture has


class Residual(nn.Module):
    """Adds to a map what two convolutions make of it (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvNorm(width, width, momentum=0.1), ConvNorm(width, width, momentum=0.1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class Detector(Component):
    """See the head of this file.

    Args:
        input_space: Box of bytes (height, width, channels).
        output_space: ``detections_space`` of so many rows and classes; a row that stands for nothing is all zeros.
        widths: Channels at a half, a quarter and an eighth of the picture's height and width.
        blocks: Residual blocks at a quarter and at an eighth.
        hidden: Channels of the layer before a cell's class.
        overlap: Intersection over union of two boxes from which on the surer one suppresses the other.
        classes: Names of the classes.
        mean, std: Of each channel over the training pictures, as shares of full brightness.
        axes: Whether anything was said about axes when it learned; else it says nothing about them (zeros).
        data: Where it learned, for the person who finds it later.

    Raises:
        ValueError: the spaces are not those of pictures and detections, or the config does not fit them.
    """

    _mean: torch.Tensor  # (1, C, 1, 1), in bytes
    _std: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (32, 64, 112),
        blocks: Sequence[int] = (1, 1),
        hidden: int = 128,
        overlap: float = 0.6,
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        axes: bool = True,
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "blocks": list(blocks), "hidden": hidden, "overlap": overlap,
            "classes": list(classes), "mean": list(mean), "std": list(std), "axes": axes, "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config)
        shape, rows = input_space.shape or (), output_space.shape or ()
        if not isinstance(input_space, spaces.Box) or len(shape) != 3 or input_space.dtype != "uint8" or 0 in shape:
            raise ValueError(f"a detector takes uint8 pictures (height, width, channels), got {input_space}")
        if len(rows) != 2 or rows[0] < 1 or rows[1] <= CLASS or output_space.dtype != "float32":
            raise ValueError(f"a detector gives float32 rows (R, {CLASS} + classes), got {output_space}")
        self.height, self.width, channels = shape
        self.rows, self.num_classes = rows[0], rows[1] - CLASS
        self.classes = tuple(classes) or tuple(map(str, range(self.num_classes)))
        if len(self.classes) != self.num_classes:
            raise ValueError(f"{len(self.classes)} names of classes for {self.num_classes} classes")
        if len(widths) != 3 or len(blocks) != 2 or min(*widths, hidden) < 1 or not 0 <= min(blocks) <= max(blocks) < 100:
            raise ValueError(
                f"expected three widths >= 1, two numbers of blocks 0 … 99 and hidden >= 1, got {list(widths)}, "
                f"{list(blocks)} and {hidden}"
            )
        if not 0.0 < overlap <= 1.0:
            raise ValueError(f"overlap must be above 0 and at most 1, got {overlap}")
        self.overlap, self.axes = float(overlap), bool(axes)
        for name, given in (("mean", mean), ("std", std)):
            values = [float(value) for value in given] or [0.5 if name == "mean" else 0.25] * channels
            if len(values) != channels or (name == "std" and min(values) <= 0.0):
                raise ValueError(f"{name} is {values}, expected {channels} numbers{' > 0' * (name == 'std')}")
            # Not in the weights: config.json has them.
            self.register_buffer(f"_{name}", 255.0 * torch.tensor(values).view(1, -1, 1, 1), persistent=False)
        low, middle, high = widths
        self.stem = ConvNorm(channels, low, momentum=0.1, stride=2)
        self.near = nn.Sequential(
            ConvNorm(low, middle, momentum=0.1, stride=2), *[Residual(middle) for _ in range(blocks[0])]
        )
        self.far = nn.Sequential(
            ConvNorm(middle, high, momentum=0.1, stride=2), *[Residual(high) for _ in range(blocks[1])]
        )
        # Back to the cells (Lin et al. 2017, *Feature pyramid networks*).
        self.back = nn.Conv2d(high, middle, 1, bias=False)
        self.joined = ConvNorm(middle, middle, momentum=0.1)
        self.place = nn.Conv2d(middle, CLASS, 1)
        self.kind = nn.Sequential(
            nn.Conv2d(middle, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.GELU(), nn.Conv2d(hidden, self.num_classes, 1)
        )
        with torch.no_grad():
            self.place.bias.zero_()
            self.place.bias[CENTRE] = -4.0  # at first nothing is a centre, as hardly any cell is one
            self.place.bias[SIZE] = 1.5

    @property
    def cells(self) -> tuple[int, int]:
        """Height and width of the map."""
        return -(-self.height // CELL), -(-self.width // CELL)

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures (N, H, W, C), bytes or floats 0 … 255, normalised, as (N, C, H, W) with sides of whole cells."""
        x = (x.permute(0, 3, 1, 2).float() - self._mean) / self._std
        down, right = (CELL * count - side for count, side in zip(self.cells, (self.height, self.width), strict=True))
        return F.pad(x, (0, right, 0, down)) if down or right else x

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        """(N, H, W, C) -> (N, 8 + K, h, w), unbounded: what each cell says, see the constants above; what is trained."""
        near = self.near(self.stem(self.prepare(x)))
        far = self.back(self.far(near))
        far = F.interpolate(far, scale_factor=2.0)[:, :, : near.shape[2], : near.shape[3]]
        joined = self.joined(near + far)
        return torch.cat([self.place(joined).float(), self.kind(joined).float()], dim=1)

    def decoded(self, maps: torch.Tensor) -> torch.Tensor:
        """What the cells say, as rows (N, h w, 8 + K) in the units of the answer; ``VALID`` is how sure a centre is."""
        n, _, h, w = maps.shape
        flat = maps.flatten(2).transpose(1, 2)  # (N, h w, 8 + K)
        grid_y, grid_x = torch.meshgrid(
            torch.arange(h, device=maps.device), torch.arange(w, device=maps.device), indexing="ij"
        )
        grid = torch.stack([grid_x, grid_y], dim=-1).view(1, h * w, 2) + 0.5  # the middles of the cells, in cells
        picture = torch.tensor([self.width / CELL, self.height / CELL], device=maps.device)
        centre = (grid + flat[..., SHIFT]) / picture
        size = flat[..., SIZE].clamp(max=MOST_LOG_SIZE).exp() / picture
        axis = F.normalize(flat[..., AXIS], dim=2) if self.axes else torch.zeros_like(flat[..., AXIS])
        return torch.cat(
            [
                flat[..., CENTRE : CENTRE + 1].sigmoid(), centre, size, axis,
                flat[..., SEEN : SEEN + 1].sigmoid(), F.softmax(flat[..., CLASS:], dim=2),
            ],
            dim=2,
        )  # fmt: skip

    def peaks(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The things: rows (N, R, 8 + K), the surest first, and the cells (N, R) from which they are, -1 for nothing."""
        rows = self.decoded(maps)
        centre = maps[:, CENTRE]
        highest = F.max_pool2d(centre[:, None], 3, stride=1, padding=1)[:, 0]
        sure = torch.where(centre == highest, rows[..., VALID].view_as(centre), 0.0).flatten(1)  # (N, h w)
        sure, cell = sure.sort(dim=1, descending=True, stable=True)
        most = CANDIDATES * self.rows
        sure, cell = sure[:, :most], cell[:, :most]
        rows = rows.gather(1, cell[..., None].expand(-1, -1, rows.shape[2]))  # (N, M, 8 + K)
        near = _overlaps(rows) >= self.overlap  # (N, M, M)
        found, cells = [], []
        everyone = torch.arange(len(rows), device=rows.device)
        for _ in range(self.rows):
            best = sure.argmax(dim=1)  # the first of equal ones
            there = sure[everyone, best] > 0.0
            found.append(torch.where(there[:, None], rows[everyone, best], 0.0))
            cells.append(torch.where(there, cell[everyone, best], -1))
            gone = near[everyone, best]
            gone[everyone, best] = True
            sure = sure.masked_fill(gone, 0.0)
        return torch.stack(found, dim=1), torch.stack(cells, dim=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = self.peaks(self.maps(x))[0]
        # What lies outside of the space's bounds lies outside of the picture.
        low, high = torch.zeros_like(rows[0, 0]), torch.ones_like(rows[0, 0])
        low[[AXIS_COS, AXIS_SIN]] = -1.0
        return rows.clamp(low, high)


def _overlaps(rows: torch.Tensor) -> torch.Tensor:
    """(N, M, M) intersection over union of the boxes of rows (N, M, 8 + K) with one another."""
    centre, size = rows[..., CENTRE_X:WIDTH], rows[..., WIDTH : HEIGHT + 1]
    low, high = centre - size / 2, centre + size / 2
    wide = torch.minimum(high[:, :, None], high[:, None]) - torch.maximum(low[:, :, None], low[:, None])
    common = wide.clamp(min=0.0).prod(dim=3)
    area = size.prod(dim=2)
    return common / (area[:, :, None] + area[:, None] - common).clamp(min=1e-12)
