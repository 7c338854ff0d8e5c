"""The loss of a detector: which cells should say what of the things in a picture, and how far they are from it."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from ..components.detections import AXIS_COS, AXIS_SIN, CENTRE_X, CLASS, HEIGHT, VALID, VISIBLE, WIDTH
from .models.detector import AXIS, CELL, CENTRE, MOST_LOG_SIZE, SEEN, SHIFT, SIZE, Detector

SPREAD = 0.1  # of the bell around a centre, as a share of the root of the box's area
LEAST_SPREAD = 0.6  # cells
NEAR = 1.5  # cells around a centre, in each direction, that learn what lies there
LOOKS = 5  # things of a picture, on average, that are looked at again
WRONG_PLACE, WRONG_SIZE, WRONG_TURN = 0.06, 0.08, 0.15  # spread of mistakes, of the size, its logarithm, rad
# What the parts of the loss weigh beside that of the centres.
BOX, TURN, SHARE = 1.0, 0.3, 0.3


@dataclass(frozen=True)
class Targets:
    """What is true of each cell of maps (N, h, w)."""

    heat: torch.Tensor  # (N, h w) 1 in the cell of a centre, and less around it
    centres: torch.Tensor  # (N, h w) whether it is such a cell
    ignored: torch.Tensor  # (N, h w) whether it need not say anything about centres
    weight: torch.Tensor  # (N, h w) how much it learns what lies there
    rows: torch.Tensor  # (N, h w, 8 + K) what lies there, where ``weight`` is above 0
    shift: torch.Tensor  # (N, h w, 2) from its middle to the centre of that, in cells
    size: torch.Tensor  # (N, h w, 2) width and height of that, in cells


def targets_of(rows: torch.Tensor, cells: tuple[int, int], side: tuple[int, int], least_visible: float) -> Targets:
    """What cells should say of things in rows (N, R, 8 + K), in order of depth, of pictures of ``side`` pixels.

    Around a centre there is a bell as wide as the thing is large (Law & Deng 2018, *CornerNet*; Zhou et al. 2019). Of
    cells that are near several centres, the one whose bell is highest counts, of equal ones the topmost. What is less
    visible than ``least_visible`` need not be found.
    """
    (h, w), (height, width) = cells, side
    scale = torch.tensor([width / CELL, height / CELL], device=rows.device)
    centre = rows[..., CENTRE_X:WIDTH] * scale  # (N, R, 2), in cells
    size = rows[..., WIDTH : HEIGHT + 1] * scale
    there = rows[..., VALID] >= 0.5
    hidden = there & (rows[..., VISIBLE] < least_visible)
    limits = torch.tensor([w - 1, h - 1], device=rows.device)
    cell = torch.minimum(centre.floor().clamp(min=0).long(), limits)  # (N, R, 2) whose cell it is
    y, x = torch.meshgrid(torch.arange(h, device=rows.device), torch.arange(w, device=rows.device), indexing="ij")
    grid = torch.stack([x, y], dim=-1).view(1, 1, h * w, 2)
    away = (grid - cell[:, :, None]).float()  # (N, R, h w, 2), in cells
    spread = (SPREAD * size.prod(dim=2).sqrt()).clamp(min=LEAST_SPREAD)[:, :, None]
    bell = torch.exp(-away.square().sum(dim=3) / (2.0 * spread.square())) * there[:, :, None]  # (N, R, h w)
    shown = bell * ~hidden[:, :, None]
    near = shown * (away.abs().amax(dim=3) <= NEAR)
    weight, whose = near.max(dim=1)  # (N, h w); of equal ones the first
    picked = rows.gather(1, whose[..., None].expand(-1, -1, rows.shape[2]))
    pair = whose[..., None].expand(-1, -1, 2)
    shift = centre.gather(1, pair) - (grid[:, 0] + 0.5)
    heat = shown.amax(dim=1)
    centres = ((away == 0.0).all(dim=3) & (there & ~hidden)[:, :, None]).any(dim=1)
    ignored = ((bell * hidden[:, :, None]).amax(dim=1) > 0.3) & ~centres
    return Targets(heat, centres, ignored, weight, picked, shift, size.gather(1, pair))


def loss_of(maps: torch.Tensor, t: Targets, label_smoothing: float) -> dict[str, torch.Tensor]:
    """The parts of the loss by name, for maps (N, 8 + K, h, w): centres, boxes, axes, visible, classes."""
    flat = maps.float().flatten(2).transpose(1, 2)  # (N, h w, 8 + K)
    weight, total = t.weight, t.weight.sum().clamp(min=1.0)

    def mean(loss: torch.Tensor, of: torch.Tensor = weight) -> torch.Tensor:
        return (loss * of).sum() / total

    there, true = flat[..., SIZE], t.rows[..., CLASS:]
    known = weight * (t.rows[..., [AXIS_COS, AXIS_SIN]].square().sum(dim=2) > 0.25)
    classes = F.cross_entropy(
        flat[..., CLASS:].flatten(0, 1), true.flatten(0, 1), label_smoothing=label_smoothing, reduction="none"
    )
    seen = F.binary_cross_entropy_with_logits(flat[..., SEEN], t.rows[..., VISIBLE].clamp(0.0, 1.0), reduction="none")
    return {
        "centres": _focal(flat[..., CENTRE], t),
        "boxes": BOX * mean(_box_loss(flat[..., SHIFT], there, t)),
        "axes": TURN * mean((flat[..., AXIS] - t.rows[..., [AXIS_COS, AXIS_SIN]]).abs().sum(dim=2), known),
        "visible": SHARE * mean(seen),
        "classes": mean(classes.view_as(weight)),
    }


def second_loss(
    net: Detector, images: torch.Tensor, rows: torch.Tensor, maps: torch.Tensor, least_visible: float,
    label_smoothing: float, source: torch.Generator,
) -> torch.Tensor:  # fmt: skip
    """The loss of the class of things that are looked at again, as a detector does that is a little wrong about them.

    Things are drawn so that there are always as many: other shapes would cost more than they are worth.
    """
    assert net.again is not None
    n = len(rows)
    picture, row = ((rows[..., VALID] >= 0.5) & (rows[..., VISIBLE] >= least_visible)).nonzero(as_tuple=True)
    if not len(picture):
        return maps.sum() * 0.0
    drawn = torch.randperm(len(picture), generator=source)[torch.arange(LOOKS * n) % len(picture)]
    picture, row = picture[drawn], row[drawn]
    things = rows[picture, row].clone()
    noise = torch.randn(len(things), 5, generator=source)
    size = things[:, WIDTH : HEIGHT + 1]
    h, w = maps.shape[2:]
    cell = things[:, CENTRE_X:WIDTH] * torch.tensor([net.width / CELL, net.height / CELL])
    cell = torch.minimum(cell.floor().clamp(min=0).long(), torch.tensor([w - 1, h - 1]))
    first = maps[picture, CLASS:, cell[:, 1], cell[:, 0]]
    kinds = things[:, CLASS:].argmax(dim=1)
    things[:, CENTRE_X:WIDTH] += WRONG_PLACE * size * noise[:, :2]
    things[:, WIDTH : HEIGHT + 1] = size * (WRONG_SIZE * noise[:, 2:4]).exp()
    # Which end of an axis is which, nobody knows; of round things not even the axis.
    turn = WRONG_TURN * noise[:, 4] + torch.pi * (torch.rand(len(things), generator=source) < 0.5)
    angle = 0.5 * torch.atan2(things[:, AXIS_SIN], things[:, AXIS_COS])
    round_ = things[:, [AXIS_COS, AXIS_SIN]].square().sum(dim=1) < 0.25
    angle = torch.where(round_, 2 * torch.pi * torch.rand(len(things), generator=source), angle + turn)
    cut = net.cut_out(net.prepare(images), picture, things, angle)
    said = net.again(cut).float() + first
    return F.cross_entropy(said, kinds, label_smoothing=label_smoothing)


def _focal(logit: torch.Tensor, t: Targets) -> torch.Tensor:
    """The focal loss of centres, milder around them (Law & Deng 2018), per centre."""
    p = logit.sigmoid()
    right = -F.logsigmoid(logit) * (1.0 - p).square()
    wrong = -F.logsigmoid(-logit) * p.square() * (1.0 - t.heat).pow(4)
    each = torch.where(t.centres, right, torch.where(t.ignored, 0.0, wrong))
    return each.sum() / t.centres.sum().clamp(min=1)


def _box_loss(shift: torch.Tensor, log_size: torch.Tensor, t: Targets) -> torch.Tensor:
    """1 - GIoU (Rezatofighi et al. 2019) of the boxes, and how far off their centres and log sizes are: (N, h w)."""
    size, true = log_size.clamp(-3.0, MOST_LOG_SIZE).exp(), t.size  # both boxes lie around the middle of the cell
    low, high = shift - size / 2, shift + size / 2
    true_low, true_high = t.shift - true / 2, t.shift + true / 2
    common = (torch.minimum(high, true_high) - torch.maximum(low, true_low)).clamp(min=0.0).prod(dim=2)
    union = size.prod(dim=2) + true.prod(dim=2) - common
    hull = (torch.maximum(high, true_high) - torch.minimum(low, true_low)).prod(dim=2)
    giou = common / union.clamp(min=1e-6) - (hull - union) / hull.clamp(min=1e-6)
    apart = (shift - t.shift).abs().sum(dim=2) + (log_size - true.clamp(min=0.05).log()).abs().sum(dim=2)
    return 1.0 - giou + 0.5 * apart
