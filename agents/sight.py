"""How a policy sees: the convolution that a picture goes through, and what the policy makes of it.

For whoever explains actions (`ludus watch --explain`); nothing here explains anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.preprocessing import preprocess_obs
from stable_baselines3.common.torch_layers import CombinedExtractor
from torch import nn

from .encoders import ComponentEncoder, EncoderExtractor
from .networks import ConvEncoder, DictEncoder
from .observations import map_observation
from .pqn import PQN

BRIGHTEST = 255  # of a picture's bytes


@dataclass(frozen=True)
class Sight:
    """A picture in the observation, and the network that sees it.

    Attributes:
        network: All of what decides; ``layer`` is the last convolution that the picture goes through.
        key: Of the picture in the observation; ``None`` where the observation is the picture.
        channels_first: Whether the network takes it as (C, H, W) and not as (H, W, C).
        prepare: From observations as a batch shows them, (N, …), to tensors as the network takes them.
        answer: From these to (N, K): of Discrete actions logits or values, of a Box the numbers of one action.
        likely: Whether the softmax of the answers is the probability of the actions.
    """

    network: nn.Module
    layer: nn.Module
    key: str | None
    channels_first: bool
    prepare: Callable[[Any], Any]
    answer: Callable[[Any], torch.Tensor]
    likely: bool = False

    def picture(self, prepared: Any) -> torch.Tensor:
        """(N, H, W, C) or, with ``channels_first``, (N, C, H, W)."""
        return prepared if self.key is None else prepared[self.key]

    def given(self, prepared: Any) -> Callable[[torch.Tensor], torch.Tensor]:
        """Answers (M, K) to M pictures in the place of the one in ``prepared``, which holds one observation."""

        def answer(pictures: torch.Tensor) -> torch.Tensor:
            if self.key is None:
                return self.answer(pictures)
            rest = {key: x.expand(len(pictures), *x.shape[1:]) for key, x in prepared.items()}
            return self.answer({**rest, self.key: pictures})

        return answer


def find_sight(agent: Any) -> Sight | None:
    """How ``agent`` sees, or ``None`` if no convolution of its goes over a picture of bytes."""
    if isinstance(agent, PQN):
        return _sight_of_pqn(agent)
    policy = getattr(agent, "policy", None)
    if isinstance(policy, ActorCriticPolicy):
        return _sight_of_sb3(agent, policy.pi_features_extractor, lambda x: _actor_critic(policy, x), likely=True)
    deciding = getattr(policy, "q_net", None) or getattr(policy, "actor", None)  # of DQN; of SAC and TD3
    if not isinstance(deciding, BasePolicy):
        return None
    extra = {"deterministic": True} if hasattr(deciding, "log_std") else {}  # SAC's actor draws otherwise
    return _sight_of_sb3(agent, deciding.features_extractor, lambda x: deciding(x, **extra).flatten(1))


def _sight_of_pqn(agent: PQN) -> Sight | None:
    encoder: Any = agent.network.features
    parts = zip(encoder.keys, encoder.encoders, strict=True) if isinstance(encoder, DictEncoder) else [("", encoder)]
    view, device = agent.view, agent.device

    def prepare(observation: Any) -> Any:
        seen = observation if view is None else view(observation)
        return map_observation(lambda x: torch.as_tensor(x).to(device), seen)

    for key, part in parts:
        space: Any = agent.observation_space if view is None else view.space
        layer = _last_convolution(part) if isinstance(part, (ConvEncoder, ComponentEncoder)) else None
        if layer is not None and _is_picture(space[key] if key else space):
            first = isinstance(part, ConvEncoder) and part.channels_first
            return Sight(agent.network, layer, key or None, first, prepare, agent.network)
    return None


def _sight_of_sb3(
    agent: Any, extractor: Any, answer: Callable[[Any], torch.Tensor], likely: bool = False
) -> Sight | None:
    parts: Any = extractor.extractors.items() if isinstance(extractor, CombinedExtractor) else [("", extractor)]
    first = True  # SB3 puts channels first before its networks see a picture
    if isinstance(extractor, EncoderExtractor):
        parts, first = [(extractor.part or "", extractor.encoder)], extractor.is_transposed
    for key, part in parts:
        space = agent.observation_space[key] if key else agent.observation_space
        if _last_convolution(part) is None or not _is_picture(space):
            continue

        def prepare(observation: Any) -> Any:
            normalizer = agent.get_vec_normalize_env()
            observation = observation if normalizer is None else normalizer.normalize_obs(observation)
            return agent.policy.obs_to_tensor(observation)[0]

        discrete = isinstance(agent.action_space, spaces.Discrete)
        return Sight(agent.policy, _last_convolution(part), key or None, first, prepare, answer, likely and discrete)
    return None


def _actor_critic(policy: ActorCriticPolicy, x: Any) -> torch.Tensor:
    """Logits of Discrete actions, or the means of a Box, (N, K)."""
    seen = preprocess_obs(x, policy.observation_space, normalize_images=policy.normalize_images)
    return policy.action_net(policy.mlp_extractor.forward_actor(policy.pi_features_extractor(seen)))


def _last_convolution(part: nn.Module) -> Any:
    return next((module for module in reversed(list(part.modules())) if isinstance(module, nn.Conv2d)), None)


def _is_picture(space: spaces.Space) -> bool:
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and int(space.high.max()) == BRIGHTEST
