"""Agents' policies handed to `explain`: the convolution that a picture goes through, and the answers.

For `ludus watch --explain`; nothing here explains anything.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.preprocessing import preprocess_obs
from stable_baselines3.common.torch_layers import CombinedExtractor

from ...explain.attribution import last_convolution
from ...explain.policies import PicturePolicy
from ..encoders import ComponentEncoder, EncoderExtractor
from ..networks import ConvEncoder, DictEncoder
from ..pqn import PQN
from ..vecenv.observations import map_observation

BRIGHTEST = 255  # of a picture's bytes


def find_picture_policy(agent: Any) -> PicturePolicy | None:
    """The policy of ``agent`` as one that sees, or ``None`` if no convolution of its goes over a picture of bytes."""
    if isinstance(agent, PQN):
        return _of_pqn(agent)
    policy = getattr(agent, "policy", None)
    if isinstance(policy, ActorCriticPolicy):
        return _of_sb3(agent, policy.pi_features_extractor, lambda x: _actor_critic(policy, x), likely=True)
    deciding = getattr(policy, "q_net", None) or getattr(policy, "actor", None)  # of DQN; of SAC and TD3
    if not isinstance(deciding, BasePolicy):
        return None
    extra = {"deterministic": True} if hasattr(deciding, "log_std") else {}  # SAC's actor samples otherwise
    return _of_sb3(agent, deciding.features_extractor, lambda x: deciding(x, **extra).flatten(1))


def _of_pqn(agent: PQN) -> PicturePolicy | None:
    encoder: Any = agent.network.features
    parts = zip(encoder.keys, encoder.encoders, strict=True) if isinstance(encoder, DictEncoder) else [("", encoder)]
    view, device = agent.view, agent.device

    def prepare(observation: Any) -> Any:
        seen = observation if view is None else view(observation)
        return map_observation(lambda x: torch.as_tensor(x).to(device), seen)

    for key, part in parts:
        space: Any = agent.observation_space if view is None else view.space
        layer = last_convolution(part) if isinstance(part, (ConvEncoder, ComponentEncoder)) else None
        if layer is not None and _is_picture(space[key] if key else space):
            first = isinstance(part, ConvEncoder) and part.channels_first
            return PicturePolicy(agent.network, layer, key or None, first, prepare, agent.network)
    return None


def _of_sb3(
    agent: Any, extractor: Any, answer: Callable[[Any], torch.Tensor], likely: bool = False
) -> PicturePolicy | None:
    parts: Any = extractor.extractors.items() if isinstance(extractor, CombinedExtractor) else [("", extractor)]
    first = True  # SB3 puts channels first before its networks see a picture
    if isinstance(extractor, EncoderExtractor):
        parts, first = [(extractor.part or "", extractor.encoder)], extractor.is_transposed
    for key, part in parts:
        space = agent.observation_space[key] if key else agent.observation_space
        layer = last_convolution(part)
        if layer is None or not _is_picture(space):
            continue

        def prepare(observation: Any) -> Any:
            normalizer = agent.get_vec_normalize_env()
            observation = observation if normalizer is None else normalizer.normalize_obs(observation)
            return agent.policy.obs_to_tensor(observation)[0]

        discrete = isinstance(agent.action_space, spaces.Discrete)
        return PicturePolicy(agent.policy, layer, key or None, first, prepare, answer, likely and discrete)
    return None


def _actor_critic(policy: ActorCriticPolicy, x: Any) -> torch.Tensor:
    """Logits of Discrete actions, or the means of a Box, (N, K)."""
    seen = preprocess_obs(x, policy.observation_space, normalize_images=policy.normalize_images)
    return policy.action_net(policy.mlp_extractor.forward_actor(policy.pi_features_extractor(seen)))


def _is_picture(space: spaces.Space) -> bool:
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and int(space.high.max()) == BRIGHTEST
