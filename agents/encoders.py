"""A component inside the policy: its ``features`` serve as the encoder of the raw signal that it was fitted on.

A model that fills a slot stands before the agent, which sees what the model says. Here the slot stays ``raw``, and the
model's ``features`` are the first layers of the agent's own network: frozen, or trained along. All other parts of the
observation are encoded as ever. The run's configuration names the component by its absolute path and its fingerprint;
its weights are part of every checkpoint, and those of the checkpoint hold.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, CombinedExtractor
from torch import nn

from ..components.component import Component
from ..components.spaces import same_space
from ..envs.engine.batch import Batch
from ..utils.wording import did_you_mean
from .networks import Encoder

ENTRIES = ("component", "fingerprint")  # of the hyperparameter `encoder`, where it is a dict
DECIDED = ("features_extractor_class", "features_extractor_kwargs", "normalize_images")  # by us, of policy_kwargs


class ComponentEncoder(Encoder):
    """What a component's ``features`` make of what it takes; the component itself stays as it is.

    Args:
        component: Any with ``features(x)``: x (N, *input_space.shape) -> (N, num_features).
        freeze: Whether its weights stay as they are.

    Raises:
        ValueError: ``features`` gives something else than (N, num_features).
    """

    def __init__(self, component: Component, freeze: bool) -> None:
        super().__init__()
        self.component: Any = copy.deepcopy(component)  # SB3 makes several, for targets and critics, that must differ
        self.freeze = freeze
        self.dtype = torch.from_numpy(np.zeros(0, component.input_space.dtype)).dtype
        self.train()
        with torch.enable_grad():
            f = self.forward(torch.zeros((1, *component.input_space.shape)))  # type: ignore[misc]
        if not isinstance(f, torch.Tensor) or f.dim() != 2 or len(f) != 1:
            what = tuple(f.shape) if isinstance(f, torch.Tensor) else type(f).__name__
            raise ValueError(
                f"features of the encoder {type(component).__name__} gave {what} for one observation, expected a "
                "tensor (1, num_features)"
            )
        self.num_features = f.shape[1]
        _fix(self.component, set() if freeze else _reached(self.component, f))

    def train(self, mode: bool = True) -> "ComponentEncoder":
        """The mode of the module; the component is always in that of evaluation.

        Also where it is trained along, batch norm takes the statistics that it was fitted with, and dropout hides
        nothing: else the features of one observation would be others while the agent acts (a few environments,
        evaluation mode) than while it learns (a shuffled minibatch, training mode), and its targets with them.
        Gradients reach the weights all the same.
        """
        super().train(mode)
        self.component.eval()
        return self

    def apply(self, function: Any) -> "ComponentEncoder":
        """Nothing: SB3 initialises the layers of extractors with it, which would wipe out what was learned."""
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (N, *input_space.shape) -> (N, num_features)
        # SB3 hands on bytes as floats, and pictures as views whose strides a rollout or a resume changes. Convolutions
        # round differently for each layout, even where one channel makes two of them the same: a copy has one.
        x = x.to(self.dtype, copy=True, memory_format=torch.contiguous_format)
        return self.component.features(x)  # frozen weights are buffers, so that no graph is kept for them


def _reached(module: nn.Module, f: torch.Tensor) -> set[nn.Parameter]:
    """The parameters that a gradient reaches through ``f``, which ``module`` gave: not those of a head."""
    learned = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if not learned or not f.requires_grad:
        return set()
    gradients = torch.autograd.grad(f.sum(), learned, allow_unused=True)
    return {parameter for parameter, gradient in zip(learned, gradients, strict=True) if gradient is not None}


def _fix(module: nn.Module, learned: set[nn.Parameter]) -> None:
    """Make buffers of all parameters but the ``learned``: saved under the same names, and seen by no optimiser.

    ``requires_grad = False`` would not do: SB3 mixes the parameters of targets, 0.995 w + 0.005 w, which is not w.
    """
    for part in module.modules():
        for name, parameter in list(part.named_parameters(recurse=False, remove_duplicate=False)):
            if parameter not in learned:
                delattr(part, name)
                part.register_buffer(name, parameter.detach())


class EncoderExtractor(BaseFeaturesExtractor):
    """The features of an encoder, then those that SB3's ``CombinedExtractor`` makes of all other parts.

    Args:
        observation_space: As SB3 sees it: pictures may stand with their channels first. Not normalised
            (``normalize_images=False``): the encoder takes what the environment shows.
        part: Key of what the encoder takes; ``None`` for all of a Box.
    """

    def __init__(self, observation_space: Space, component: Component, freeze: bool, part: str | None) -> None:
        encoder = ComponentEncoder(component, freeze)
        space, rest = observation_space, {}
        if part is not None:
            assert isinstance(observation_space, spaces.Dict)
            space = observation_space[part]
            rest = {key: entry for key, entry in observation_space.items() if key != part}
        others = CombinedExtractor(spaces.Dict(rest)) if rest else None
        width = encoder.num_features + (others.features_dim if others else 0)
        super().__init__(observation_space, width)
        self.encoder, self.others, self.part = encoder, others, part
        self.is_transposed = space.shape != component.input_space.shape
        self.pictures = {key for key, entry in rest.items() if is_image_space(entry)}

    def forward(self, observations: Any) -> torch.Tensor:  # (N, *space), or a dict of these -> (N, features)
        x = observations if self.part is None else observations[self.part]
        f = self.encoder(x.permute(0, 2, 3, 1) if self.is_transposed else x)
        if self.others is None:
            return f
        rest = {
            key: entry / 255.0 if key in self.pictures else entry
            for key, entry in observations.items()
            if key != self.part
        }
        return torch.cat([f, self.others(rest)], dim=1)


@dataclass(frozen=True)
class Placed:
    """A component, and the part of the observation that it reads."""

    component: Component
    freeze: bool
    part: str | None  # key of a Dict; None for all of a Box

    def encoders(self) -> Encoder | dict[str, Encoder]:
        """For ``networks.make_encoder``."""
        encoder = ComponentEncoder(self.component, self.freeze)
        return encoder if self.part is None else {self.part: encoder}

    def policy_arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """``given`` of SB3's ``policy_kwargs``, and what makes its policies use the component."""
        extractor = {"component": self.component, "freeze": self.freeze, "part": self.part}
        ours = (EncoderExtractor, extractor, False)
        return {**given, **dict(zip(DECIDED, ours, strict=True))}

    def leave_alone(self, normalize: dict[str, Any], space: Space) -> dict[str, Any]:
        """Arguments of ``VecNormalize`` like ``normalize`` that leave what the component reads as it is."""
        if isinstance(space, spaces.Dict) and len(space) > 1:
            keys = normalize.get("norm_obs_keys", [key for key in space if key != self.part])
            if self.part in keys:
                raise ValueError(
                    f"the encoder takes {self.part} as it is, and norm_obs_keys would normalise it; leave it out there"
                )
            return {**normalize, "norm_obs_keys": keys}
        return {**normalize, "norm_obs": False}


# --- By configuration ------------------------------------------------------------------------------------------------


def check_encoder(
    encoder: Any, freeze: bool, center: Any = None, policy_kwargs: Mapping[str, Any] | None = None
) -> None:
    """``ValueError`` unless these hyperparameters go together, and ``encoder`` can name a component."""
    if encoder is None:
        if freeze:
            raise ValueError(
                "freeze keeps the weights of an encoder as they are, and there is no encoder; give its folder, "
                "--encoder FOLDER, or leave out --freeze"
            )
        return
    folder = encoder
    if isinstance(encoder, Mapping):
        for key in encoder:
            if key not in ENTRIES:
                raise ValueError(f"unknown entry {key!r} of encoder{did_you_mean(str(key), ENTRIES)}")
        folder = encoder.get("component")
        if not isinstance(encoder.get("fingerprint", ""), str):
            raise ValueError(f"the fingerprint of encoder must be a text, got {encoder['fingerprint']!r}")
    if not isinstance(folder, (str, Path)) or not str(folder):
        raise ValueError(f"encoder must be the folder of a component, such as models/garments, got {encoder!r}")
    if center is not None:
        raise ValueError(
            "an encoder reads what the environment shows, and center makes a view of the board from it; give one of "
            "the two: leave out the encoder, or set center to null"
        )
    for key in policy_kwargs or {}:
        if key in DECIDED:
            raise ValueError(f"the encoder decides {key}; leave it out of policy_kwargs")


def place_encoder(encoder: Any, freeze: bool, batch: Batch) -> Placed | None:
    """The component that the hyperparameters name, and its part of what ``batch`` shows; ``None`` if they name none.

    Raises:
        FileNotFoundError: it is gone.
        ValueError: it is damaged, or not the one that it was; it has no features; no part of the observation is what
            it takes, or several are.
    """
    if encoder is None:
        return None
    given = encoder if isinstance(encoder, Mapping) else {"component": encoder}
    try:
        with torch.random.fork_rng():  # its first weights, which are replaced at once, are random
            component = Component.load(given["component"], fingerprint=given.get("fingerprint"))
    except FileNotFoundError as fault:
        raise FileNotFoundError(f"the encoder {fault}; put it back, or begin a run with another") from None
    except ValueError as fault:
        raise ValueError(f"the encoder {fault}") from None
    who = f"the encoder {given['component']} ({type(component).__name__})"
    if not callable(getattr(component, "features", None)):
        raise ValueError(
            f"{who} has no features() for a policy to learn from; take one that has, such as those of "
            "`ludus fit vision/classify`, or let it fill the slot: --slot NAME=FOLDER"
        )
    if component.has_memory:
        raise ValueError(f"{who} has a memory, which a policy cannot keep; let it fill the slot: --slot NAME=FOLDER")
    return Placed(component, freeze, _part(who, component, batch))


def _part(who: str, component: Component, batch: Batch) -> str | None:
    """The key of the observation that ``component`` takes, or ``None`` where it takes all of it."""
    space, takes = batch.observation_space, component.input_space
    if same_space(space, takes):
        return None
    parts = dict(space.items()) if isinstance(space, spaces.Dict) else {}
    fitting = [key for key, part in parts.items() if same_space(part, takes)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ValueError(
            f"{who} takes {takes}, and {' and '.join(fitting)} of {batch.name} are such: it serves one only"
        )
    slots = getattr(getattr(batch, "simulation", None), "slots", {})  # a third party's environment may have none
    raw = {name: slot.raw(**batch.sizes) for name, slot in slots.items()}  # type: ignore[attr-defined]
    shown = ", ".join(f"{key} {part}" for key, part in parts.items()) or str(space)
    remedy = "take one that was fitted on a part of that"
    if raw:
        signals = ", ".join(f"{name} {signal}" for name, signal in raw.items())
        remedy += f", or on the raw signal of a slot ({signals})"
    for name, signal in raw.items():
        if same_space(signal, takes):
            remedy = f"fill the slot with its raw signal: --slot {name}=raw"
    raise ValueError(f"{who} takes {takes}, {batch.name} shows {shown}; {remedy}")
