"""A generator of pictures of a class: noise is carried to an image along a flow that a U-Net has learned (`flow.py`).

Left out of what the field does: guidance, distillation to a few steps, an autoencoder before it (at 28 x 28 pixels the
pictures themselves are small enough).
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from gymnasium import Space, spaces

from ...components.layout import Layout, Part
from ...components.picture_source import PictureSource
from ...training.batches import generator
from .flow import check_flow, follow
from .unet import UNet, check_net

AT_ONCE = 100  # pictures in a forward pass


class Generator(PictureSource):
    """See the head of this file. As a component, a function of a class and of noise: the same two, the same picture.

    Args:
        input_space: Box of floats (classes + height * width * channels,): how much of each class, of which the largest
            counts, then standard normal noise. ``layout`` names the two parts.
        output_space: Box of bytes (height, width, channels).
        widths, blocks, told: See ``UNet``.
        steps, solver: With which the flow is followed where nobody says otherwise.
        classes: Names of the classes.
        mean, std: Of each channel over the training images, as shares of full brightness.
        data: Where it learned, for the person who finds it later.

    Raises:
        ValueError: the spaces are not those of noise and pictures, or the config does not fit them.
    """

    _mean: torch.Tensor  # (1, C, 1, 1), in bytes
    _std: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (32, 64, 128),
        blocks: Sequence[int] = (1, 2, 4),
        told: int = 128,
        steps: int = 20,
        solver: str = "euler",
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "blocks": list(blocks), "told": told, "steps": steps, "solver": solver,
            "classes": list(classes), "mean": list(mean), "std": list(std), "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config, classes)
        shape = output_space.shape or ()
        self.height, self.width, self.channels = shape
        self.layout = layout_of(shape, len(self.classes))
        if input_space.shape != (self.layout.size,) or input_space.dtype != "float32":
            raise ValueError(f"this generator takes {self.layout.size} float32 numbers, got {input_space}")
        check_net(shape, widths, blocks, told)
        check_flow(steps, solver)
        self.steps, self.solver = steps, solver
        for name, values in (("mean", mean), ("std", std)):
            numbers = [float(value) for value in values] or [0.5] * self.channels
            if len(numbers) != self.channels or (name == "std" and min(numbers) <= 0.0):
                raise ValueError(f"{name} is {numbers}, expected {self.channels} numbers{' > 0' * (name == 'std')}")
            # Not in the weights: config.json has them.
            self.register_buffer(f"_{name}", 255.0 * torch.tensor(numbers).view(1, -1, 1, 1), persistent=False)
        net = UNet(self.channels, len(self.classes), widths, blocks, told)
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def normalised(self, images: torch.Tensor) -> torch.Tensor:
        """Pictures (N, H, W, C) of bytes as the flow knows them, (N, C, H, W) in channels-last order."""
        return (images.permute(0, 3, 1, 2).float() - self._mean) / self._std

    def picture(self, x: torch.Tensor) -> torch.Tensor:
        """A moment of the flow, (N, C, H, W), as bytes (N, H, W, C)."""
        return (x.float() * self._std + self._mean).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)

    def velocity(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) per unit of time, of ``x`` (N, C, H, W) at the times (N,), of these classes (N,).

        The network sees ``x`` at a spread of 1, and adds what it knows to the best guess that only multiplies: where
        image and noise are independent numbers of variance 1, their mixture has the variance t² + (1 - t)², and what is
        left to know of the velocity has its inverse. This is the preconditioning of EDM (Karras et al. 2022).
        """
        t = time[:, None, None, None]
        variance = t**2 + (1.0 - t) ** 2
        spread = variance.sqrt()
        return (2.0 * t - 1.0) / variance * x + self.net(x / spread, time, labels) / spread

    def error(self, images: torch.Tensor, labels: torch.Tensor, t: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """(N,) the mean square error of the velocity, per number of a picture; what is to become small.

        Args:
            images: (N, H, W, C) bytes, of the classes ``labels`` (N,).
            t: (N,) times in 0 … 1.
            noise: (N, C, H, W), standard normal.
        """
        image = self.normalised(images)
        x = noise + t[:, None, None, None] * (image - noise)
        return (self.velocity(x, t, labels).float() - (image - noise)).square().mean(dim=(1, 2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        labels = self.layout.take(x, "class").argmax(dim=1)
        noise = self.layout.take(x, "noise").float().permute(0, 3, 1, 2)
        *_, end = self.flow(noise, labels, self.steps, self.solver)
        return self.picture(end)

    def flow(self, noise: torch.Tensor, labels: torch.Tensor, steps: int, solver: str) -> Iterator[torch.Tensor]:
        """The way of ``noise`` (N, C, H, W) to images of these classes (N,), after each step; see ``flow.follow``."""
        return follow(lambda x, time: self.velocity(x, time, labels), noise, steps, solver)

    # --- Drawing: a picture is a function of the generator, a seed, the picture's number and its class ----------------

    def draw(
        self,
        labels: np.ndarray,
        seed: int,
        steps: int | None = None,
        solver: str | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> np.ndarray:
        """A picture of each of these classes (N,), as (N, H, W, C) uint8.

        The noise of picture 17 is the same whether 18 are drawn or 10,000, and so are its bits: the network always sees
        blocks of ``AT_ONCE``, the last one filled up, because a forward pass of another size may round elsewhere. (Same
        machine, threads and versions; as with every training here.)

        Args:
            progress: Called with the share of the pictures that are there.
        """
        parts = []
        for start in range(0, len(labels), AT_ONCE):
            asked = labels[start : start + AT_ONCE]
            *_, end = self._block(asked, start, seed, steps, solver)
            parts.append(self.picture(end)[: len(asked)].cpu().numpy())
            progress(min((start + AT_ONCE) / len(labels), 1.0))
        return np.concatenate(parts)

    def draw_path(
        self, labels: np.ndarray, seed: int, steps: int | None = None, solver: str | None = None
    ) -> np.ndarray:
        """The pictures of ``draw`` with those on their way: (steps + 1, N, H, W, C) uint8, noise first."""
        parts = []
        for start in range(0, len(labels), AT_ONCE):
            asked = labels[start : start + AT_ONCE]
            path = [self.picture(x)[: len(asked)].cpu() for x in self._block(asked, start, seed, steps, solver)]
            parts.append(torch.stack(path).numpy())
        return np.concatenate(parts, axis=1)

    @torch.no_grad()
    def _block(
        self, asked: np.ndarray, start: int, seed: int, steps: int | None, solver: str | None
    ) -> list[torch.Tensor]:
        """The way of the ``AT_ONCE`` pictures from number ``start`` on, of these classes (N,) and, beyond them, any."""
        self.eval()
        steps, solver = self.steps if steps is None else steps, self.solver if solver is None else solver
        labels = torch.zeros(AT_ONCE, dtype=torch.int64)
        labels[: len(asked)] = torch.from_numpy(asked.copy())  # torch does not know arrays that must not be written
        shape = (self.channels, self.height, self.width)
        noise = torch.stack(
            [torch.randn(shape, generator=generator(seed, "picture", start + k)) for k in range(AT_ONCE)]
        )
        x = noise.to(self.device, memory_format=torch.channels_last)
        return [x, *self.flow(x, labels.to(self.device), steps, solver)]


def layout_of(shape: tuple[int, ...], classes: int) -> Layout:
    """What a generator of so many classes for pictures of this ``shape`` takes."""
    return Layout((Part("class", (classes,)), Part("noise", shape)))


def spaces_of(shape: tuple[int, ...], classes: int) -> tuple[spaces.Box, spaces.Box]:
    """The input and output space of a generator of so many classes for pictures of this ``shape``."""
    size = layout_of(shape, classes).size
    return spaces.Box(-np.inf, np.inf, (size,), np.float32), spaces.Box(0, 255, shape, np.uint8)
