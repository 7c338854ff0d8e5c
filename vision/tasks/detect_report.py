"""The report on a detector: figures, a naive baseline beside them, and pictures of what it misses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...components.average_precision import COCO_THRESHOLDS, average_precision
from ...components.detections import CLASS, VALID
from ...training.cost import costs, said_of_costs
from ...utils.wording import counted
from ..blobs import Blobs
from ..models.detector import Detector
from ..scenes import Scenes
from .detect_pictures import heats_picture, misses_picture

AT_ONCE = 256  # pictures in a forward pass without training
COMPARED = 500  # test pictures in which the baseline looks for blobs
FIGURES = ("map50", "map50_95", "map50_any_class")


@torch.no_grad()
def detections(net: Detector, data: Scenes) -> np.ndarray:
    """What ``net`` sees in all pictures, (N, R, 8 + K), as in an environment: in float32 and in eval mode."""
    was = net.training
    net.eval()
    try:
        return torch.cat([net(part.to(net.device)).cpu() for part in data.images.split(AT_ONCE)]).numpy()
    finally:
        net.train(was)


def figures(shown: np.ndarray, data: Scenes) -> dict[str, float]:
    """mAP50, mAP50–95, and mAP50 where a box of another class counts as well: how well things are found at all."""
    truth = data.rows.numpy()
    if not (truth[..., VALID] >= 0.5).any():
        return dict.fromkeys(FIGURES, 0.0)
    return {
        "map50": average_precision(truth, shown),
        "map50_95": average_precision(truth, shown, COCO_THRESHOLDS),
        "map50_any_class": average_precision(_of_one_class(truth), _of_one_class(shown)),
    }


def _of_one_class(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([rows[..., :CLASS], np.ones_like(rows[..., :1])], axis=-1)


def baseline(train: Scenes, test: Scenes) -> dict[str, float]:
    """The figures of blobs (see `blobs.py`) in the first test pictures."""
    some = test.subset(slice(COMPARED))
    return figures(Blobs(train)(some.images, some.rows.shape[1]).numpy(), some)


def measure(net: Detector, shown: np.ndarray, test: Scenes, seconds: float) -> dict[str, float]:
    """The metrics of a finished component: on all test pictures, and what it costs."""
    net.eval()
    return {
        **figures(shown, test),
        **costs(net, test.images[:1]),
        "seconds": round(seconds, 1),
        "images": float(len(test)),
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
        rows = (("detector", m), ("blobs, nearest mean", self.baseline))
        return "\n".join(
            [
                *(
                    f"{name:20} mAP50 {found['map50']:.3f}   mAP50–95 {found['map50_95']:.3f}   "
                    f"mAP50 of any class {found['map50_any_class']:.3f}"
                    for name, found in rows
                ),
                said_of_costs(m),
                f"{counted(r.epochs, 'epoch')}, {self.pictures:,} pictures of {r.source}, in {m['seconds']:,.0f} s "
                f"({r.precision}, {counted(r.threads, 'thread')}, seed {r.seed})",
            ]
        )


def pictures(net: Detector, shown: np.ndarray, data: Scenes) -> dict[str, np.ndarray]:
    """What is worth seeing, by tag, as RGB (H, W, 3) uint8."""
    return {"misses": misses_picture(shown, data), "explanations": heats_picture(net, data)}
