"""Q-networks: an encoder for each observation space, then an MLP head with layer norm.

Layer norm after every hidden layer is what keeps temporal differences stable without a target network (Gallici et al.
2024, arXiv:2407.04811, section 3).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod

import torch
from gymnasium import Space, spaces
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.nn.parameter import is_lazy

from ..utils.wording import did_you_mean


def hidden_layer(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.ReLU()]


class Encoder(nn.Module):
    """From a batch of observations to ``num_features`` numbers each."""

    num_features: int
    scale: torch.Tensor


class FlatEncoder(Encoder):
    """A Box of any shape as a vector; whole numbers (uint8 …) are divided by ``scale``."""

    def __init__(self, space: spaces.Box, scale: float | Sequence[float] | None = None) -> None:
        super().__init__()
        self.num_features = prod(space.shape)
        self.register_buffer("scale", input_scale(space, scale), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N, *space) -> (N, features)
        return (x.float() * self.scale).flatten(1)


class OneHotEncoder(Encoder):
    """A Discrete as a one-hot vector."""

    def __init__(self, space: spaces.Discrete) -> None:
        super().__init__()
        self.num_features = int(space.n)
        self.start = int(space.start)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N,) -> (N, n)
        return nn.functional.one_hot(x.long().flatten() - self.start, self.num_features).float()


class PixelNorm(nn.LayerNorm):
    """Layer norm over the channels of each pixel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N, channels, H, W), laid out channels-last
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvEncoder(Encoder):
    """Convolutions over a picture or board (height, width, channels), or (channels, height, width) if ``first``.

    ``layers`` lists (channels, kernel, stride) of each; padding keeps the size at stride 1. With ``norm``, layer norm
    over the channels of each pixel follows.
    """

    def __init__(
        self,
        space: spaces.Box,
        layers: Sequence[Sequence[int]],
        scale: float | Sequence[float] | None = None,
        channels_first: bool = False,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.channels_first = channels_first
        self.register_buffer("scale", input_scale(space, scale), persistent=False)
        channels, *sides = space.shape if channels_first else (space.shape[2], *space.shape[:2])
        blocks: list[nn.Module] = []
        for outputs, kernel, stride in layers:
            blocks.append(nn.Conv2d(channels, outputs, kernel, stride, padding=kernel // 2))
            blocks += [PixelNorm(outputs), nn.ReLU()] if norm else [nn.ReLU()]
            channels, sides = outputs, [(side + 2 * (kernel // 2) - kernel) // stride + 1 for side in sides]
        self.convolutions = nn.Sequential(*blocks)
        self.num_features = channels * prod(sides)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N, H, W, C) -> (N, features)
        x = x.float() * self.scale
        if not self.channels_first:
            x = x.permute(0, 3, 1, 2)  # a view: the memory stays channels-last, which is the fast layout
        return self.convolutions(x).flatten(1)


class DictEncoder(Encoder):
    """One encoder per key, side by side."""

    def __init__(self, encoders: dict[str, Encoder]) -> None:
        super().__init__()
        self.keys = list(encoders)
        self.encoders = nn.ModuleList(encoders.values())  # not a ModuleDict, which refuses keys such as "type"
        self.num_features = sum(encoder.num_features for encoder in encoders.values())

    def forward(self, x: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.cat([encoder(x[key]) for key, encoder in zip(self.keys, self.encoders, strict=True)], dim=1)


def input_scale(space: spaces.Box, scale: float | Sequence[float] | None) -> torch.Tensor:
    """What to multiply an observation with: the given factor(s) for its last axis, or 1/255 for uint8, or 1."""
    if scale is None:
        scale = 1 / 255 if space.dtype == "uint8" else 1.0
    factors = torch.as_tensor(scale, dtype=torch.float32)
    if factors.ndim and factors.shape != space.shape[-1:]:
        raise ValueError(f"input_scale has {len(factors)} factors, the last axis of the observation {space.shape}")
    return factors


def make_encoder(
    space: Space,
    conv: Sequence[Sequence[int]] = (),
    scale: float | Sequence[float] | Mapping[str, float] | None = None,
    given: Encoder | Mapping[str, Encoder] | None = None,
    norm: bool = False,
) -> Encoder:
    """The encoder that fits ``space``; ``conv`` layers, with ``norm``, are used for Boxes with three axes.

    ``scale`` is for all Boxes, or by the keys of a Dict. ``given`` is an encoder that there is already: for all of
    ``space``, or for some of a Dict's keys.
    """
    if isinstance(given, Encoder):
        return given
    if isinstance(space, spaces.Dict):
        ready = given or {}
        by_key = scale if isinstance(scale, Mapping) else dict.fromkeys(space, scale)
        for key in by_key:
            if key not in space.spaces:
                raise ValueError(f"input_scale has a factor for {key!r}{did_you_mean(key, list(space))}")
        return DictEncoder(
            {
                key: ready[key] if key in ready else make_encoder(part, conv, by_key.get(key), norm=norm)
                for key, part in space.items()
            }
        )
    if isinstance(scale, Mapping):
        raise ValueError(f"input_scale has factors for {', '.join(scale)}, but the observation is one {space}")
    if isinstance(space, spaces.Discrete):
        return OneHotEncoder(space)
    if isinstance(space, spaces.Box):
        if conv and len(space.shape) == 3:
            first = space.shape[0] < min(space.shape[1:])  # a picture has fewer channels than rows and columns
            return ConvEncoder(space, conv, scale, first, norm)
        return FlatEncoder(space, scale)
    raise ValueError(f"no network for the observation space {space}; expected Box, Discrete or a Dict of these")


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """A context in which networks of more than ``count`` numbers in all cannot be made: ``ValueError``.

    They are counted as they are registered: before they are initialised, which is when their memory is first taken. It
    holds for any module of torch, SB3's too, and changes no random number.
    """
    made = 0

    def add(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
        nonlocal made
        if parameter is None or parameter.is_meta or is_lazy(parameter):
            return
        made += parameter.numel()
        if made > count:
            raise ValueError(
                f"config.yaml describes a network with more than the {count:,} numbers of its checkpoint; restore it"
            )

    hook = register_module_parameter_registration_hook(add)
    try:
        yield
    finally:
        hook.remove()


def flatten_parameters(network: nn.Module) -> nn.Parameter:
    """Lay all parameters of ``network``, and their gradients, into one vector each, and return that as a parameter.

    The network goes on as before: its parameters become views. An optimiser that is given the vector does in one
    operation what takes it one per layer otherwise, which is half of a gradient step for small networks.
    """
    parameters = list(network.parameters())
    flat = nn.Parameter(torch.cat([parameter.detach().flatten() for parameter in parameters]))
    flat.grad = torch.zeros_like(flat)
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = flat.data[start:stop].view_as(parameter)
        parameter.grad = flat.grad[start:stop].view_as(parameter)
        start = stop
    return flat


class QNetwork(nn.Module):
    """Q-values (N, actions) of observations: encoder, hidden layers, a linear layer.

    ``features`` and ``head`` are apart so that either can be used alone. ``given``: see ``make_encoder``.
    """

    def __init__(
        self,
        space: Space,
        actions: int,
        hidden: Sequence[int] = (128, 128),
        conv: Sequence[Sequence[int]] = (),
        scale: float | Sequence[float] | Mapping[str, float] | None = None,
        given: Encoder | Mapping[str, Encoder] | None = None,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.features = make_encoder(space, conv, scale, given, norm)
        width = self.features.num_features
        layers: list[nn.Module] = []
        for outputs in hidden:
            layers += hidden_layer(width, outputs)
            width = outputs
        self.head = nn.Sequential(*layers, nn.Linear(width, actions))

    def forward(self, x: torch.Tensor | dict[str, torch.Tensor]) -> torch.Tensor:
        return self.head(self.features(x))
