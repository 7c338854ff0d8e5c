"""Pictures from a generator, a function of it, the seed and a picture's number: as many as one likes, in any order.

The noise of picture 17 is the same whether 18 pictures are drawn or 10,000, and so are its bits: the network always
sees blocks of ``AT_ONCE`` pictures, the last one filled up, because a forward pass of another size may round elsewhere.
(Same machine, threads and versions; as with every training here.)
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from ..training.batches import generator
from .images import Images
from .models.generator import Generator

AT_ONCE = 100  # pictures in a forward pass


def noise_of(net: Generator, seed: int, numbers: range) -> torch.Tensor:
    """Standard normal noise (N, C, H, W) of the pictures with these numbers."""
    shape = (net.channels, net.height, net.width)
    return torch.stack([torch.randn(shape, generator=generator(seed, "picture", number)) for number in numbers])


@torch.no_grad()
def _blocks(
    net: Generator, labels: torch.Tensor, seed: int, steps: int, solver: str
) -> Iterator[tuple[int, list[torch.Tensor]]]:
    """Of each block in turn: how many of its pictures were asked for, and the flow (N, C, H, W) from noise to images."""
    net.eval()
    for start in range(0, len(labels), AT_ONCE):
        asked = labels[start : start + AT_ONCE]
        filled = torch.cat([asked, asked.new_zeros(AT_ONCE - len(asked))]).to(net.device)
        noise = noise_of(net, seed, range(start, start + AT_ONCE)).to(net.device, memory_format=torch.channels_last)
        yield len(asked), [noise, *net.flow(noise, filled, steps, solver)]


def draw(
    net: Generator,
    labels: torch.Tensor,
    seed: int = 0,
    steps: int | None = None,
    solver: str | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Images:
    """A picture of each of the classes ``labels`` (N,).

    Args:
        steps, solver: With which the flow is followed; the generator's own by default.
        progress: Called with the share of the pictures that are there.
    """
    steps, solver = net.steps if steps is None else steps, net.solver if solver is None else solver
    parts, done = [], 0
    for count, path in _blocks(net, labels, seed, steps, solver):
        parts.append(net.picture(path[-1])[:count].cpu())
        done += count
        progress(done / len(labels))
    return Images(torch.cat(parts), labels, net.classes)


def draw_path(net: Generator, labels: torch.Tensor, seed: int, steps: int, solver: str) -> np.ndarray:
    """The pictures that ``draw`` gives, and those on their way: (steps + 1, N, H, W, C) uint8, noise first."""
    parts = []
    for count, path in _blocks(net, labels, seed, steps, solver):
        parts.append(torch.stack([net.picture(x)[:count].cpu() for x in path]))
    return torch.cat(parts, dim=1).numpy()


def balanced(count: int, classes: int) -> torch.Tensor:
    """(count,) int64: the classes in turn."""
    return torch.arange(count) % classes
