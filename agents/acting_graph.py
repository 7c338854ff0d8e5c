"""The way from an observation to an action as one graph of torch, for export: views, scaling, network, mask, choice."""

import copy
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BaseModel
from torch import nn

from .pqn import PQN
from .sb3.resumable import Resumable
from .tables import EVERYBODY, gather
from .tabular import Tabular
from .views import EgocentricView

NEVER = -1e8  # sb3-contrib's logit of an illegal action


class BoardView(nn.Module):
    """``views.EgocentricView`` as operations of torch: boards (N, H, W, C) uint8 -> (N, 2r+1, 2r+1, C+1) float32."""

    cells: torch.Tensor  # (H * W,) the numbers of the board's cells
    side: torch.Tensor  # (2r+1,) the places along a side of the view

    def __init__(self, view: EgocentricView, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.center, self.radius = view.center, view.radius
        self.height, self.width = shape[:2]
        self.register_buffer("cells", torch.arange(self.height * self.width))
        self.register_buffer("side", torch.arange(2 * view.radius + 1))

    def forward(self, boards: torch.Tensor) -> torch.Tensor:
        height, width, r = self.height, self.width, self.radius
        x = boards.float()
        marked = (boards[..., self.center] != 0).flatten(1)
        own = (marked.long() * self.cells).amax(1)  # the last marked cell, or the first of the board
        row, column = own // width, own % width
        x = self._gathered(x, row, height, 1)
        x = self._gathered(x, column, width, 2)
        outside_row, outside_column = self._outside(row, height), self._outside(column, width)
        outside = (outside_row[:, :, None] | outside_column[:, None, :]).float()
        assert x.shape[1:3] == (2 * r + 1, 2 * r + 1)
        return torch.cat([x, outside[..., None]], dim=3)

    def _gathered(self, x: torch.Tensor, own: torch.Tensor, length: int, axis: int) -> torch.Tensor:
        """The largest value of all cells along ``axis`` that stand on the same place of the view."""
        place = (self.cells[:length] - own[:, None] + self.radius).clamp(0, 2 * self.radius)  # (N, length)
        here = place[:, None, :] == self.side[:, None]  # (N, side, length)
        here = here[:, :, :, None, None] if axis == 1 else here[:, None, :, :, None]
        return torch.where(here, x.unsqueeze(axis), 0.0).amax(axis + 1)

    def _outside(self, own: torch.Tensor, length: int) -> torch.Tensor:
        at = own[:, None] + self.side - self.radius
        return (at < 0) | (at >= length)


class ActingGraph(nn.Module):
    """An agent's way from observations to deterministic actions.

    ``forward(observation, action_mask)``: what the environment shows, (N, *space) or a dict of these, and, of agents
    that use masks, (N, A) int8, 1 = legal -> actions (N, …) of the environment's space and, where they are discrete,
    values (N, A) of all actions, which the choice goes by.
    """

    def __init__(self, space: spaces.Space) -> None:
        super().__init__()
        self.start = int(space.start) if isinstance(space, spaces.Discrete) else 0

    likely = False  # whether the softmax of the values is the probability of the actions

    def seen(self, observation: Any) -> Any:
        """What the network is given: the observation, or the view of a board that its agent has."""
        return observation

    def answer(self, seen: Any) -> torch.Tensor:
        """(N, A) of Discrete actions, or the actions (N, …) of a Box as the network gives them."""
        raise NotImplementedError

    def meant(self, answers: torch.Tensor) -> torch.Tensor:
        """The actions (N, *space) of a Box in its units, before they are clipped to it."""
        return answers

    def values(self, observation: Any) -> torch.Tensor:
        """``answer`` to an observation."""
        return self.answer(self.seen(observation))

    def forward(self, observation: Any, action_mask: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        values = self.values(observation)
        if action_mask is None:
            return values.argmax(1) + self.start, values
        return self.masked(values, action_mask != 0).argmax(1) + self.start, values

    def masked(self, values: torch.Tensor, legal: torch.Tensor) -> torch.Tensor:
        """Where nothing is legal, everything is."""
        return torch.where(legal | ~legal.any(1, keepdim=True), values, -torch.inf)


class _NetworkGraph(ActingGraph):
    def __init__(self, agent: PQN) -> None:
        super().__init__(agent.action_space)
        self.network = copy.deepcopy(agent.network).cpu().eval()
        self.view = None if agent.view is None else BoardView(agent.view, agent.observation_space.shape or ())

    def seen(self, observation: Any) -> Any:
        return observation if self.view is None else self.view(observation)

    def answer(self, seen: Any) -> torch.Tensor:
        return self.network(seen)


class _TableGraph(ActingGraph):
    """What lies outside the table's grid belongs to its border; outside a Discrete, where ``predict`` refuses, too."""

    low: torch.Tensor  # (D,) of the grid, in the observation's units, as scale, the cells per unit
    scale: torch.Tensor
    last: torch.Tensor  # (D,) number of the last cell along each axis
    table: torch.Tensor  # (states, A)
    strides: torch.Tensor  # (D,) what a cell further along each axis adds to the number of the state

    def __init__(self, agent: Tabular) -> None:
        super().__init__(agent.action_space)
        states = agent.grid.states
        table = torch.zeros((states, agent.tables.shape[-1]), dtype=torch.float64)
        everybody = torch.full((states,), EVERYBODY).numpy()
        gather(agent.tables, everybody, torch.arange(states).numpy(), table.numpy())
        strides = torch.as_tensor(agent.grid.bins).flip(0).cumprod(0).flip(0) // torch.as_tensor(agent.grid.bins)
        parts = {"low": agent.grid.low, "scale": agent.grid.scale, "last": agent.grid.bins - 1}
        for name, array in parts.items():
            self.register_buffer(name, torch.as_tensor(array, dtype=torch.float64))
        self.register_buffer("table", table)
        self.register_buffer("strides", strides)

    def answer(self, seen: Any) -> torch.Tensor:
        rows = seen.double().reshape(seen.shape[0], -1)
        cells = ((rows - self.low) * self.scale).floor().clamp(min=0.0).minimum(self.last)
        return self.table[(cells.long() * self.strides).sum(1)]


class _Sb3Graph(ActingGraph):
    """Stable-Baselines3's policies: views, normalisation and unscaling included."""

    view_scale: torch.Tensor  # () or (planes,)
    low: torch.Tensor  # of a Box of actions, as high
    high: torch.Tensor

    def __init__(self, agent: Any) -> None:
        super().__init__(agent.batch.action_space)
        self.policy = copy.deepcopy(agent.policy).cpu().eval()
        self.is_box = isinstance(agent.batch.action_space, spaces.Box)
        see, self.view = agent.see, None
        if see is not None:
            self.view = BoardView(see.__self__.view, agent.batch.observation_space.shape)
            self.register_buffer("view_scale", torch.as_tensor(see.__self__.scale))
        normalizer = agent.get_vec_normalize_env()
        self.moments: dict[str, tuple[torch.Tensor, torch.Tensor, float]] = {}
        if normalizer is not None and normalizer.norm_obs:
            by_key = normalizer.obs_rms if isinstance(normalizer.obs_rms, dict) else {"": normalizer.obs_rms}
            for key, moments in by_key.items():
                deviation = torch.as_tensor(moments.var + normalizer.epsilon).sqrt()
                self.moments[key] = torch.as_tensor(moments.mean), deviation, float(normalizer.clip_obs)
        own = agent.observation_space
        seen = self.policy.observation_space  # with the channels of pictures first
        parts = own.spaces if isinstance(own, spaces.Dict) else {"": own}
        then = seen.spaces if isinstance(seen, spaces.Dict) else {"": seen}
        shown = agent.batch.observation_space
        before = shown.spaces if isinstance(shown, spaces.Dict) and see is None else {"": shown if see is None else own}
        self.turned = {key for key in parts if then[key].shape != before[key].shape}
        if self.is_box:
            self.register_buffer("low", torch.as_tensor(agent.action_space.low))
            self.register_buffer("high", torch.as_tensor(agent.action_space.high))

        self.likely = hasattr(self.policy, "mlp_extractor") and not self.is_box

    def seen(self, observation: Any) -> Any:
        return observation if self.view is None else self.view(observation)

    def answer(self, seen: Any) -> torch.Tensor:
        if self.view is not None:
            seen = (seen * self.view_scale).flatten(1)
        if isinstance(seen, dict):
            return self._answer({key: self._prepared(key, part) for key, part in seen.items()})
        return self._answer(self._prepared("", seen))

    def _prepared(self, key: str, x: torch.Tensor) -> torch.Tensor:
        if key in self.moments:
            mean, deviation, most = self.moments[key]
            x = ((x.double() - mean) / deviation).clamp(-most, most).float()
        return x.permute(0, 3, 1, 2) if key in self.turned else x

    def _answer(self, x: Any) -> torch.Tensor:
        """Values or logits (N, A), or actions of a Box as the network gives them."""
        policy = self.policy
        if hasattr(policy, "q_net"):
            return policy.q_net(x)
        if hasattr(policy, "mlp_extractor"):  # actor and critic
            features = BaseModel.extract_features(policy, x, policy.pi_features_extractor)
            return policy.action_net(policy.mlp_extractor.forward_actor(features))
        if hasattr(policy.actor, "log_std"):  # SAC's
            return policy.actor.get_action_dist_params(x)[0].tanh()
        return policy.actor(x)

    def meant(self, answers: torch.Tensor) -> torch.Tensor:
        x = answers.reshape(-1, *self.low.shape)
        return self.low + 0.5 * (x + 1.0) * (self.high - self.low) if self.policy.squash_output else x

    def forward(self, observation: Any, action_mask: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        if not self.is_box:
            return super().forward(observation, action_mask)
        x = self.meant(self.values(observation))
        return (x if self.policy.squash_output else torch.maximum(torch.minimum(x, self.high), self.low),)

    def masked(self, values: torch.Tensor, legal: torch.Tensor) -> torch.Tensor:
        return torch.where(legal, values, NEVER)


def make_graph(agent: Any) -> ActingGraph:
    """The graph of ``agent``, on the CPU.

    Raises:
        ValueError: an agent or a space of actions for which there is none.
    """
    space = agent.batch.action_space
    if not isinstance(space, (spaces.Discrete, spaces.Box)):
        raise ValueError(f"only policies in Discrete and Box actions can be exported, this one acts in {space}")
    if isinstance(agent, PQN):
        return _NetworkGraph(agent)
    if isinstance(agent, Tabular):
        return _TableGraph(agent)
    if isinstance(agent, Resumable) and isinstance(agent, BaseAlgorithm):
        if getattr(agent, "use_sde", False) and isinstance(space, spaces.Box):
            raise ValueError("a policy that explores by gSDE cannot be exported; train it without use_sde")
        return _Sb3Graph(agent)
    raise ValueError(f"a {type(agent).__name__} cannot be exported; expected a policy that ludus.load gave")
