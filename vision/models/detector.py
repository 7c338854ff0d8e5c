"""A small detector without anchors: where things lie in a picture, how large, turned and visible they are, and what.

A network makes a map of cells of 4 x 4 pixels. In each cell it says how much that looks like the centre of a thing,
whatever its class (Zhou et al. 2019, *Objects as points*, have a map per class), and what holds of such a thing: where
exactly its centre is, its size, its axis, how much of it is visible, its class. Cells that are surer than their eight
neighbours are things; of two whose boxes nearly coincide, the surer one stays, whatever their classes.

What a thing is, is the hardest question, and harder for one that lies turned. So a second network looks at each thing
again, cut out of the picture and turned until its axis is level (Jaderberg et al. 2015, *Spatial transformer networks*;
two stages as in Faster R-CNN, Ren et al. 2015), and what both say of its class is added.
"""

from collections.abc import Sequence

import torch
from gymnasium import Space, spaces
from torch import nn
from torch.nn import functional as F

from ...components.component import Component
from ...components.detections import AXIS_COS, AXIS_SIN, CENTRE_X, CLASS, HEIGHT, VALID, WIDTH
from .layers import ConvNorm

CELL = 4  # pixels
CANDIDATES = 4  # peaks for each row of the answer, at most, among which is suppressed
# The channels of a map; from CLASS on one for each class.
CENTRE, SHIFT, SIZE, AXIS, SEEN = 0, slice(1, 3), slice(3, 5), slice(5, 7), 7
WIDE = 1.1  # longer sides of its box that a cut-out of a thing is wide
MOST_LOG_SIZE = 5.0  # of a box, in cells: far more than any picture has


class Residual(nn.Module):
    """Adds to a map what two convolutions make of it (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvNorm(width, width, momentum=0.1), ConvNorm(width, width, momentum=0.1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x)


class Look(nn.Sequential):
    """The second network: from cut-outs (M, C, side, side), of which each block halves the side, to (M, classes)."""

    def __init__(self, channels: int, side: int, widths: Sequence[int], hidden: int, classes: int) -> None:
        low, middle, high = widths
        flat = high * (-(-side // 8)) ** 2
        super().__init__(
            ConvNorm(channels, low, momentum=0.1, stride=2),
            ConvNorm(low, middle, momentum=0.1, pool=True),
            Residual(middle),
            ConvNorm(middle, high, momentum=0.1, pool=True),
            nn.Flatten(),
            nn.Linear(flat, hidden),
            nn.GELU(),
            nn.Linear(hidden, classes),
        )


class Detector(Component):
    """See the head of this file.

    Args:
        input_space: Box of bytes (height, width, channels).
        output_space: ``detections_space`` of so many rows and classes; a row that stands for nothing is all zeros.
        widths: Channels at a half, a quarter and an eighth of the picture's height and width.
        blocks: Residual blocks at a quarter and at an eighth.
        hidden: Units of the layer before a class.
        crop: Side in pixels of the cut-outs that the second network sees; 0: there is none.
        crop_widths: Channels of its three blocks.
        overlap: Intersection over union of two boxes from which on the surer one suppresses the other.
        classes: Names of the classes.
        mean, std: Of each channel over the training pictures, as shares of full brightness.
        axes: Whether anything was said about axes when it learned; else it says nothing about them (zeros).
        data: Where it learned, for the person who finds it later.

    Raises:
        ValueError: the spaces are not those of pictures and detections, or the config does not fit them.
    """

    reach = WIDE / 2  # from the middle of a cut-out to its edge, in longer sides of a box
    _mean: torch.Tensor  # (1, C, 1, 1), in bytes
    _std: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (16, 32, 64),
        blocks: Sequence[int] = (1, 2),
        hidden: int = 64,
        crop: int = 32,
        crop_widths: Sequence[int] = (32, 64, 112),
        overlap: float = 0.6,
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        axes: bool = True,
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "blocks": list(blocks), "hidden": hidden, "crop": crop,
            "crop_widths": list(crop_widths), "overlap": overlap,
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
        if (
            len(widths) != 3
            or len(blocks) != 2
            or min(*widths, hidden) < 1
            or not 0 <= min(blocks) <= max(blocks) < 100
        ):
            raise ValueError(
                f"expected three widths >= 1, two numbers of blocks 0 … 99 and hidden >= 1, got {list(widths)}, "
                f"{list(blocks)} and {hidden}"
            )
        if (crop not in range(8, 257) and crop != 0) or len(crop_widths) != 3 or min(crop_widths) < 1:
            raise ValueError(f"expected crop 0 or 8 … 256, and three crop_widths >= 1, got {crop} and {crop_widths}")
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
        # The last layers are dense ones of each cell: no norm follows, and of filters Muon would take the size away.
        self.place = nn.Linear(middle, CLASS)
        self.look = nn.Sequential(nn.Conv2d(middle + high, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.GELU())
        self.kind = nn.Linear(hidden, self.num_classes)
        self.crop = crop
        self.again = Look(channels, crop, crop_widths, hidden, self.num_classes) if crop else None
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
        """(N, H, W, C) -> (N, 8 + K, h, w), unbounded: what each cell says, as the constants above name it."""
        near = self.near(self.stem(self.prepare(x)))
        far = self.far(near)
        joined = self.joined(near + _doubled(self.back(far), near))
        look = self.look(torch.cat([joined, _doubled(far, near)], dim=1))
        said = [self.place(joined.permute(0, 2, 3, 1)), self.kind(look.permute(0, 2, 3, 1))]
        return torch.cat([part.float() for part in said], dim=3).permute(0, 3, 1, 2)

    def cut_out(
        self, x: torch.Tensor, picture: torch.Tensor, rows: torch.Tensor, angle: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Things (M, 8 + K), each of picture number ``picture`` (M,) of (N, C, H, W), turned level: (M, C, side, side).

        Level is their axis or, where that is given, what lies at the ``angle`` (M,), in rad. A cut-out is as wide as
        the longer side of the box, and a little more.
        """
        side = torch.tensor([self.width, self.height], device=x.device)
        far = self.reach * (rows[:, WIDTH : HEIGHT + 1] * side).amax(dim=1)[:, None, None]  # pixels
        if angle is None:
            angle = 0.5 * torch.atan2(rows[:, AXIS_SIN], rows[:, AXIS_COS])
        angle = angle[:, None, None]
        step = (torch.arange(self.crop, device=x.device) + 0.5) * 2.0 / self.crop - 1.0
        v, u = (part[None] * far for part in torch.meshgrid(step, step, indexing="ij"))  # (M, side, side), pixels
        sin, cos = angle.sin(), angle.cos()
        centre = rows[:, CENTRE_X:WIDTH, None, None] * side[:, None, None]
        across = (centre[:, 0] + cos * u - sin * v) * 2.0 / x.shape[3] - 1.0
        down = (centre[:, 1] + sin * u + cos * v) * 2.0 / x.shape[2] - 1.0
        return F.grid_sample(x[picture], torch.stack([across, down], dim=3), align_corners=False)

    def decoded(self, maps: torch.Tensor) -> torch.Tensor:
        """What the cells say, as rows (N, h w, 8 + K) in the units of the answer; ``VALID`` is how sure a centre is."""
        h, w = maps.shape[2:]
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
        """The things: rows (N, R, 8 + K), the surest first, and their cells (N, R), -1 for nothing."""
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
        maps = self.maps(x)
        rows, cells = self.peaks(maps)
        if self.again is not None:
            n, r, wide = rows.shape
            picture = torch.arange(n, device=x.device).repeat_interleave(r)
            cut = self.cut_out(self.prepare(x), picture, rows.view(n * r, wide))
            # Which end of an axis is which, nobody knows: the mean of what is said of both ways round.
            said = (0.5 * (self.again(cut) + self.again(cut.flip(2, 3)))).view(n, r, -1)
            first = maps[:, CLASS:].flatten(2).transpose(1, 2).gather(1, cells.clamp(min=0)[..., None].expand_as(said))
            there = rows[..., VALID : VALID + 1] > 0.0
            rows[..., CLASS:] = torch.where(there, F.softmax(first + said.float(), dim=2), 0.0)
        # What lies outside of the space's bounds lies outside of the picture.
        low, high = torch.zeros_like(rows[0, 0]), torch.ones_like(rows[0, 0])
        low[[AXIS_COS, AXIS_SIN]] = -1.0
        return rows.clamp(low, high)


def _doubled(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Maps (N, C, h, w), each cell as 2 x 2, cut to the height and width of ``like``."""
    return F.interpolate(x, scale_factor=2.0)[:, :, : like.shape[2], : like.shape[3]]


def _overlaps(rows: torch.Tensor) -> torch.Tensor:
    """(N, M, M) intersection over union of the boxes of rows (N, M, 8 + K) with one another."""
    centre, size = rows[..., CENTRE_X:WIDTH], rows[..., WIDTH : HEIGHT + 1]
    low, high = centre - size / 2, centre + size / 2
    wide = torch.minimum(high[:, :, None], high[:, None]) - torch.maximum(low[:, :, None], low[:, None])
    common = wide.clamp(min=0.0).prod(dim=3)
    area = size.prod(dim=2)
    return common / (area[:, :, None] + area[:, None] - common).clamp(min=1e-12)
