"""The report on a generator: its loss beside that of a naive one, what it costs, and pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...training.batches import generator
from ...training.cost import multiply_adds, parameter_count
from ...utils.wording import counted
from ..images import Images
from ..models.flow import evaluations, training_times
from ..models.generator import Generator
from ..sheets import named_rows, strip

AT_ONCE = 250  # pictures in a forward pass without training
MIDDLE, SPREAD = 0.0, 1.0  # of the times at which is judged, whatever the recipe trains at
LEAST_SPREAD = 1e-3  # of a pixel that never changes
EACH = 8  # pictures of each class that are shown
SHOWN = 10  # classes, at most


def judged(images: Images) -> tuple[torch.Tensor, torch.Tensor]:
    """The times (N,) and the noise (N, C, H, W) at which all generators are judged on these images."""
    count, height, width, channels = images.images.shape
    source = generator(0, "judged")
    t = training_times(count, MIDDLE, SPREAD, source)
    return t, torch.randn(count, channels, height, width, generator=source)


@torch.no_grad()
def loss_of(net: Generator, data: Images) -> float:
    """The mean square error of the velocity on these images, in float32."""
    t, noise = judged(data)
    total = 0.0
    for rows in torch.arange(len(data)).split(AT_ONCE):
        parts = (part[rows].to(net.device) for part in (data.images, data.labels, t, noise))
        total += float(net.error(*parts).sum())
    return total / len(data)


def baselines(net: Generator, train: Images, test: Images) -> dict[str, float]:
    """The loss of what needs no network: the velocity where every pixel is normal, with the moments of its class.

    Then the mean velocity at x(t) is known: m + (t s² - (1 - t)) / (t² s² + (1 - t)²) (x(t) - t m), for a pixel of mean
    m and standard deviation s. All that it does not know is how pixels hang together.
    """
    t, noise = judged(test)
    image = net.normalised(test.images)
    mean, std = torch.zeros_like(image[: len(test.classes)]), torch.ones_like(image[: len(test.classes)])
    for k in range(len(test.classes)):
        own = net.normalised(train.images[train.labels == k])
        mean[k], std[k] = own.mean(dim=0), own.std(dim=0).clamp(min=LEAST_SPREAD)
    total = 0.0
    for rows in torch.arange(len(test)).split(AT_ONCE):
        at, start, end = t[rows, None, None, None], noise[rows], image[rows]
        m, s = mean[test.labels[rows]], std[test.labels[rows]]
        slope = (at * s**2 - (1 - at)) / (at**2 * s**2 + (1 - at) ** 2)
        v = m + slope * (start + at * (end - start) - at * m)
        total += float((v - (end - start)).square().mean(dim=(1, 2, 3)).sum())
    return {"independent pixels": total / len(test)}


def measure(net: Generator, test: Images, seconds: float) -> dict[str, float]:
    """The metrics of a finished component: its loss on all test images, and what it costs."""
    net.eval()
    some = torch.zeros(1, net.channels, net.height, net.width)
    once = multiply_adds(net.net, some, torch.zeros(1), torch.zeros(1, dtype=torch.int64))
    return {
        "loss": loss_of(net, test),
        "parameters": float(parameter_count(net)),
        "flops": 2.0 * once * evaluations(net.steps, net.solver),  # of a picture, as the component draws it
        "evaluations": float(evaluations(net.steps, net.solver)),
        "seconds": round(seconds, 1),
        "images": float(len(test)),
    }


def pictures(net: Generator, seed: int = 0) -> dict[str, np.ndarray]:
    """What is shown of a finished generator, as RGB (H, W, 3) uint8: pictures of its classes, and their ways."""
    classes = min(len(net.classes), SHOWN)
    drawn = net.draw(np.arange(classes).repeat(EACH), seed)
    rows = [drawn[k * EACH : (k + 1) * EACH] for k in range(classes)]
    return {
        "pictures": named_rows(rows, net.classes[:classes]),
        "from_noise": strip(net.draw_path(np.arange(classes), seed)),
    }


@dataclass(frozen=True)
class Summary:
    """What a training came to."""

    metrics: dict[str, float]  # the component's
    baselines: dict[str, float]  # losses
    recipe: Any

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        rows = [*self.baselines.items(), ("generator", m["loss"])]
        wide = max(len(name) for name, _ in rows)
        return "\n".join(
            [
                *(f"{name:{wide}}  {loss:.4f} squared error of the velocity on test images" for name, loss in rows),
                f"{m['parameters']:,.0f} parameters, {m['flops'] / 1e9:,.1f} GFLOP per picture "
                f"({counted(int(m['evaluations']), 'evaluation')})",
                f"{counted(r.epochs, 'epoch')} of {r.data} in {m['seconds']:,.0f} s ({r.precision}, "
                f"{counted(r.threads, 'thread')}, seed {r.seed})",
            ]
        )
