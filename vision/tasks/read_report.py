"""The report on a reader: figures, a naive baseline beside them, and a picture of what it reads."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from ...envs.frames import Frames
from ...explain.heat_maps import rgb
from ...training.cost import costs, said_of_costs
from ...utils.wording import counted
from ..models.reader import Reader

AT_ONCE = 512  # pictures in a forward pass without training
SHOWN = 12  # numbers, or pictures of boards, that are rendered
POINTS = 1500  # of a number's diagram


@torch.no_grad()
def judge(net: Reader, data: Frames, most: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """What ``net`` reads (M, …) in the rows (M,) of ``data`` whose step before is known, or that begin an episode.

    It reads as in an environment, in float32 and in eval mode: with the memory of the step before.
    """
    was = net.training
    net.eval()
    try:
        count = min(len(data), most or len(data))
        usable = np.ones(count, np.bool_) if net.is_board else data.traced[:count]
        rows = np.flatnonzero(usable)
        read = []
        for part in torch.from_numpy(rows).split(AT_ONCE):
            before = torch.from_numpy(data.before)[part]
            past, known = torch.from_numpy(data.raw)[before.clamp(min=0)], (before >= 0).float()[:, None]
            x, past, known = (y.to(net.device) for y in (torch.from_numpy(data.raw)[part], past, known))
            read.append(net.numbers(net.scaled(x, past, known)).cpu())
        return torch.cat(read).numpy(), rows
    finally:
        net.train(was)


def figures(y: np.ndarray, rows: np.ndarray, data: Frames) -> dict[str, float]:
    """The one that counts first: RMSE of numbers as a share of their widths, or the share of a board's right cells."""
    truth = data.truth[rows]
    if y.ndim == 4:
        return {"cells_right": float((y == truth).all(axis=3).mean()), "boards_right": float(_same(y, truth).mean())}
    error = (y.astype(np.float64) - truth) / data.width
    spread = ((truth - truth.mean(axis=0)) / data.width).std()
    return {"rmse": float(np.sqrt((error**2).mean())), "explained": float(1.0 - (error**2).mean() / spread**2)}


def _same(y: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return (y == truth).reshape(len(y), -1).all(axis=1)


def baseline(train: Frames, test: Frames) -> dict[str, float]:
    """The same of what looks at nothing: always the mean of training, or its most frequent value for a board."""
    rows = np.arange(len(test))
    if train.truth.ndim == 4:
        guess = np.rint(np.median(train.truth[:: max(len(train) // 2000, 1)], axis=0)).astype(train.truth.dtype)
    else:
        guess = train.truth.mean(axis=0)
    return figures(np.broadcast_to(guess, test.truth.shape), rows, test)


def measure(net: Reader, y: np.ndarray, rows: np.ndarray, test: Frames, seconds: float) -> dict[str, float]:
    """The metrics of a finished component: on all test pictures, and what it costs."""
    net.eval()
    memory = (net.first_memory(1),) if net.has_memory else ()
    return {
        **figures(y, rows, test),
        **costs(net, torch.from_numpy(test.raw[:1]), *memory),
        "seconds": round(seconds, 1),
        "images": float(len(rows)),
    }


@dataclass(frozen=True)
class Summary:
    """What a training came to."""

    metrics: dict[str, float]  # the component's
    baseline: dict[str, float]
    recipe: Any
    pictures: int  # that it learned from

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        if "rmse" in m:
            said = [
                f"reader        RMSE {m['rmse']:.4f} of the numbers' widths, {m['explained']:.2%} of the variance",
                f"always mean   RMSE {self.baseline['rmse']:.4f}",
            ]
        else:
            said = [
                f"reader          {m['cells_right']:8.3%} of the cells right, {m['boards_right']:.1%} of the boards",
                f"always the same {self.baseline['cells_right']:8.3%}",
            ]
        return "\n".join(
            [
                *said,
                said_of_costs(m),
                f"{counted(r.epochs, 'epoch')} of {self.pictures:,} pictures of {r.env} in {m['seconds']:,.0f} s "
                f"({r.precision}, {counted(r.threads, 'thread')}, seed {r.seed})",
            ]
        )


# --- Pictures --------------------------------------------------------------------------------------------------------


def readings_picture(y: np.ndarray, rows: np.ndarray, data: Frames) -> np.ndarray:
    """What was read against what is true, as RGB (H, W, 3) uint8.

    Of numbers: a diagram for each of those that are read worst, with the truth from left to right. Of boards: the
    pictures with the most mistakes, and a red frame around each wrong cell.
    """
    return _boards(y, rows, data) if y.ndim == 4 else _diagrams(y, rows, data)


def _diagrams(y: np.ndarray, rows: np.ndarray, data: Frames) -> np.ndarray:
    from matplotlib.figure import Figure

    truth = data.truth[rows]
    errors = np.sqrt((((y - truth) / data.width) ** 2).mean(axis=0))
    worst = np.sort(np.argsort(-errors, kind="stable")[:SHOWN])
    across = min(4, len(worst))
    down = -(-len(worst) // across)
    figure = Figure(figsize=(2.6 * across, 2.6 * down), dpi=100, layout="constrained")
    axes = np.atleast_1d(figure.subplots(down, across)).ravel()
    some = np.linspace(0, len(y) - 1, min(len(y), POINTS)).astype(int)
    for axis, k in zip(axes, worst, strict=False):
        ends = [float(truth[:, k].min()), float(truth[:, k].max())]
        axis.plot(ends, ends, color="0.6", linewidth=1)
        axis.plot(truth[some, k], y[some, k], ".", markersize=2, alpha=0.4)
        axis.set_title(f"number {k}: RMSE {errors[k]:.3f}", fontsize=9)
        axis.tick_params(labelsize=7)
    for axis in axes[len(worst) :]:
        axis.set_axis_off()
    figure.supxlabel("truth", fontsize=9)
    figure.supylabel("read", fontsize=9)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return np.asarray(Image.open(stream).convert("RGB"))


def _boards(y: np.ndarray, rows: np.ndarray, data: Frames, side: int = 168, across: int = 4) -> np.ndarray:
    wrong = (y != data.truth[rows]).any(axis=3)  # (M, H, W)
    worst = np.argsort(-wrong.sum(axis=(1, 2)), kind="stable")[:SHOWN]
    sheet = Image.new("RGB", (across * (side + 8), -(-len(worst) // across) * (side + 8)), "white")
    height, width = wrong.shape[1:]
    for place, k in enumerate(worst.tolist()):
        tile = Image.fromarray(rgb(data.raw[rows[k]])).resize((side, side), Image.Resampling.NEAREST)
        draw = ImageDraw.Draw(tile)
        for row, column in np.argwhere(wrong[k]).tolist():
            corners = column * side / width, row * side / height, (column + 1) * side / width, (row + 1) * side / height
            draw.rectangle(corners, outline="#ff0000", width=2)
        sheet.paste(tile, (place % across * (side + 8) + 4, place // across * (side + 8) + 4))
    return np.asarray(sheet)
