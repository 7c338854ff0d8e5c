"""PQN: parallelised Q-learning with lambda-returns, layer norm, no replay buffer and no target network.

Source: Gallici et al. 2024, *Simplifying Deep Temporal Difference Learning*, arXiv:2407.04811. Differences: truncated
episodes bootstrap from the observation at their end (there both flags cut the return), illegal actions are masked in
the choice and in the maximum, and epsilon can rise again when the return drops (`exploration.Reheating`).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from ..envs.engine.batch import Batch
from ..training.progress import Diverged
from ..training.settings import check_range, check_types
from ..utils.untrusted import is_number
from .batch_agent import LONGEST, MANY, MOST_THREADS, BatchAgent, config_from
from .encoders import check_encoder, place_encoder
from .exploration import greedy
from .networks import QNetwork, flatten_parameters
from .returns import lambda_returns
from .set_encoder import check_set, encode_set
from .vecenv.observations import map_observation
from .views import EgocentricView

MOST_UNITS = 65_536  # of a layer; more is a slip of the keyboard
MOST_LAYERS = 100  # of each kind; thousands take memory whatever their size
Observation = torch.Tensor | dict[str, torch.Tensor]


@dataclass(frozen=True)
class PQNConfig:
    """Hyperparameters of PQN. The defaults learn small control tasks; presets/*.yaml hold tuned ones."""

    SEARCH: ClassVar[dict[str, str]] = {
        "learning_rate": "x0.2..x5 log",
        "gamma": "0.9|0.95|0.97|0.99|0.995",
        "lam": "0.3..0.98",
        "rollout_steps": "8|16|32|64",
        "minibatches": "2|4|8|16",
        "epochs": "1..4",
        "epsilon_end": "0.005..0.1 log",
        "epsilon_fraction": "0.05..0.6",
    }

    num_envs: int = 64  # environments stepped together
    rollout_steps: int = 32  # steps of each environment between two updates
    epochs: int = 2  # passes over a rollout
    minibatches: int = 8  # gradient steps per pass
    learning_rate: float = 5e-4
    learning_rate_end: float = 0.0  # share of learning_rate that is left at the end (linear)
    gamma: float = 0.99  # discount per step
    lam: float = 0.65  # lambda of the returns: 0 one step, 1 Monte Carlo
    reward_scale: float = 1.0  # rewards are multiplied by it before learning
    max_grad_norm: float = 10.0
    epsilon_start: float = 1.0
    epsilon_end: float = 0.05
    epsilon_fraction: float = 0.2  # share of the training over which epsilon falls
    epsilon_repeat: int = 1  # what is tried is kept for k steps or more with probability 1 / k, at most for so many
    reheat_height: float = 0.0  # epsilon is raised by this when the return drops; 0: never
    reheat_drop: float = 0.5  # the world has changed when this share of what was learned is left
    reheat_half_life: float = 200.0  # episodes
    hidden: tuple[int, ...] = (128, 128)  # units of the hidden layers
    conv: tuple[tuple[int, ...], ...] = ()  # (channels, kernel, stride) of each convolution, for pictures and boards
    conv_norm: bool = False  # layer norm after each convolution, as after each hidden layer
    # Factor(s) for the last axis, or by key where the observation is a dict; else 1/255 for uint8 and 1.
    input_scale: float | tuple[float, ...] | dict[str, float] | None = None
    center: int | None = None  # plane that marks the own cell of a board: the network then sees the board from there
    view_radius: int = 5  # how far it sees exactly then, in cells
    encoder: str | dict[str, str] | None = None  # folder of a component whose features serve the raw signal it takes
    freeze: bool = False  # its weights stay as they are
    set_hidden: int = 0  # units by which rows are encoded as a set, whatever their order; 0: as numbers side by side
    threads: int = 1  # torch's threads on the CPU; part of the run, because it changes the last bits

    def __post_init__(self) -> None:
        check_types(self)
        check_encoder(self.encoder, self.freeze, self.center)
        check_set(self.set_hidden, self.encoder)
        check_range(self, 1, float("inf"), "num_envs", "rollout_steps", "epochs", "minibatches")
        check_range(self, 1, MANY, "rollout_steps", "epochs", "minibatches")
        check_range(self, 1, LONGEST, "epsilon_repeat")
        check_range(self, 1, MOST_THREADS, "threads")
        check_range(self, 0, 1, "gamma", "lam", "learning_rate_end")
        if not 0.0 < self.learning_rate <= 10.0:
            raise ValueError(f"learning_rate must be > 0 and <= 10, got {self.learning_rate}")
        if not self.max_grad_norm > 0.0:
            raise ValueError(f"max_grad_norm must be > 0, got {self.max_grad_norm}")
        if not all(map(_is_count, self.hidden)):
            raise ValueError(f"hidden must be a list of whole numbers 1 … {MOST_UNITS:,}, got {list(self.hidden)}")
        if not all(isinstance(layer, tuple) and len(layer) == 3 and all(map(_is_count, layer)) for layer in self.conv):
            raise ValueError(f"conv must be a list such as [[16, 3, 1]]: channels, kernel, stride; got {self.conv!r}")
        for name in ("hidden", "conv"):
            if len(getattr(self, name)) > MOST_LAYERS:
                raise ValueError(f"{name} must have at most {MOST_LAYERS} layers, got {len(getattr(self, name)):,}")
        given: Any = self.input_scale
        scales = given.values() if isinstance(given, dict) else given if isinstance(given, (list, tuple)) else (given,)
        if self.input_scale is not None and not all(map(is_number, scales)):
            raise ValueError(
                f"input_scale must be a number, a list of numbers or a number for each key, got {self.input_scale!r}"
            )
        if (self.num_envs * self.rollout_steps) % self.minibatches:
            raise ValueError(
                f"num_envs * rollout_steps = {self.num_envs * self.rollout_steps} must be a multiple of "
                f"minibatches = {self.minibatches}"
            )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_UNITS


class PQN(BatchAgent):
    """Epsilon-greedy Q-learning on a whole batch.

    Args:
        batch: What to learn on, under the SAME_STEP autoreset. Actions must be ``Discrete``.
        config: Hyperparameters; its ``num_envs`` is the batch's.
        seed: Of the network's first weights, of exploration and of the order of minibatches.
    """

    config: PQNConfig
    acts_with = ("network.",)

    def __init__(self, batch: Batch, config: PQNConfig, seed: int = 0, device: str = "cpu") -> None:
        super().__init__("pqn", QNetwork, batch, config, config.learning_rate, seed, device)

    def _setup_model(self) -> None:
        c = self.config
        self.view = None if c.center is None else EgocentricView(self.observation_space, c.center, c.view_radius)
        placed = place_encoder(c.encoder, c.freeze, self.batch)
        with torch.random.fork_rng():
            torch.manual_seed(self.seed or 0)
            given: Any = placed.encoders() if placed else None
            if c.set_hidden:
                given = encode_set(self.observation_space, c.set_hidden, c.input_scale)
            network = QNetwork(
                self.view.space if self.view else self.observation_space,
                int(self.action_space.n),  # type: ignore[attr-defined]
                c.hidden,
                c.conv,
                c.input_scale,
                given,
                c.conv_norm,
            )
        self.policy = network.to(self.device)  # type: ignore[assignment]
        self.weights = flatten_parameters(network)
        self.optimizer = torch.optim.RAdam([self.weights], lr=c.learning_rate, foreach=True)
        self.generator = torch.Generator().manual_seed(self.seed or 0)  # order of the minibatches
        self.network = network

    # --- Acting ---

    @property
    def sees_any_board(self) -> bool:  # type: ignore[override]
        """Whether it sees boards from its own cell."""
        return self.view is not None

    def q_values(self, observation: Any) -> np.ndarray:
        """(N, A) float32, the values of the actions at observations (N, *space): arrays or tensors, on any device."""
        x = map_observation(torch.as_tensor, observation)
        if self.view is not None:
            x = torch.from_numpy(self.view(x.cpu().numpy()))
        with torch.inference_mode():
            return self.network(map_observation(lambda tensor: tensor.to(self.device), x)).cpu().numpy()

    # --- Learning ---

    def _prepare(self) -> None:
        torch.set_num_threads(self.config.threads)
        shape, b = (self.config.rollout_steps, self.batch.num_envs), self.batch.buffers
        self._now = map_observation(torch.from_numpy, b.observation)  # the batch's own memory: always the latest
        if self.view is not None:
            self._seen = torch.empty((shape[1], *self.view.space.shape), dtype=torch.uint8)
        else:
            self._seen = self._now
        self._observations = map_observation(
            lambda x: torch.empty((shape[0], *x.shape), dtype=x.dtype, device=self.device), self._seen
        )
        self._actions = np.empty(shape, np.int64)
        self._rewards, self._next_values, self._targets = (np.empty(shape, np.float32) for _ in "abc")
        self._terminated, self._ended = (np.empty(shape, np.bool_) for _ in "ab")

    def _collect(self, callback: Any) -> bool:
        """Play ``rollout_steps`` steps; False if the callback stops the training."""
        batch = self.batch
        b, last = batch.buffers, self.config.rollout_steps - 1
        callback.update_locals(locals())
        for t in range(self.config.rollout_steps):
            with torch.inference_mode():
                q = self.network(self._remember(t)).cpu().numpy()
            actions, values = self.explore(q, b.mask, self.epsilon)
            if t > 0:
                self._keep_values(t - 1, values)
            self._actions[t] = actions
            np.add(actions, self.first_action, out=batch.action_buffer)
            ended = batch.step_prepared()
            self._rewards[t], self._terminated[t] = b.reward, b.terminated
            np.logical_or(b.terminated, b.truncated, out=self._ended[t])
            if ended:
                self.explore.let_go(self._ended[t])
                self._keep_final_values(t)
                self.reheating.update(self.statistics.add(b))
            self.num_timesteps += batch.num_envs
            if not callback.on_step():
                return False
        self._keep_values(last, self._values(self._now, b.mask))
        return True

    def _remember(self, t: int) -> Observation:
        """Copy the present observations into row t of the rollout, on the agent's device."""
        if self.view is not None:
            self.view(self._now.numpy(), out=self._seen.numpy())
        if not isinstance(self._seen, dict):
            return self._observations[t].copy_(self._seen)
        return {key: rows[t].copy_(self._seen[key]) for key, rows in self._observations.items()}

    def _values(self, x: Observation, mask: np.ndarray) -> np.ndarray:
        """(N,) the best legal Q-value of each observation."""
        return greedy(self.q_values(x), mask)[1]

    def _keep_values(self, t: int, values_now: np.ndarray) -> None:
        """V after step t is V of what the batch shows now, but where an episode ended: there it is kept already."""
        np.copyto(self._next_values[t], values_now, where=~self._ended[t])

    def _keep_final_values(self, t: int) -> None:
        """V of the last observation of truncated episodes, which the reset has already replaced in the batch."""
        b = self.batch.buffers
        self._next_values[t] = 0.0
        rows = np.flatnonzero(b.truncated & ~b.terminated)
        if len(rows):
            x = map_observation(lambda array: torch.from_numpy(array[rows]), b.final_observation)
            self._next_values[t, rows] = self._values(x, b.final_mask[rows])

    def _update(self) -> None:
        c = self.config
        self.current_learning_rate = c.learning_rate * (1.0 - self.progress * (1.0 - c.learning_rate_end))
        for group in self.optimizer.param_groups:
            group["lr"] = self.current_learning_rate
        self._rewards *= c.reward_scale
        lambda_returns(self._rewards, self._next_values, self._terminated, self._ended, c.gamma, c.lam, self._targets)
        observations = map_observation(lambda x: x.flatten(0, 1), self._observations)
        actions = torch.from_numpy(self._actions).flatten().to(self.device)
        targets = torch.from_numpy(self._targets).flatten().to(self.device)
        size = len(actions) // c.minibatches
        gradient, losses = self.weights.grad, []
        assert gradient is not None
        for _ in range(c.epochs):
            order = torch.randperm(len(actions), generator=self.generator).to(self.device)
            for start in range(0, len(order), size):
                rows = order[start : start + size]
                q = self.network(map_observation(lambda x: x[rows], observations))  # noqa: B023
                chosen = q.gather(1, actions[rows, None]).squeeze(1)
                loss = 0.5 * nn.functional.mse_loss(chosen, targets[rows])
                gradient.zero_()
                loss.backward()
                norm = gradient.norm()
                gradient.mul_((c.max_grad_norm / (norm + 1e-6)).clamp(max=1.0))
                self.optimizer.step()
                losses.append(loss.detach())
        self.metrics = {
            "train/loss": float(torch.stack(losses).mean()),
            "train/gradient_norm": float(norm),
            "train/q_mean": float(chosen.detach().mean()),
            "train/q_max": float(self._next_values.max()),
            "train/target_mean": float(targets.mean()),
            "train/learning_rate": self.current_learning_rate,
        }
        if not math.isfinite(self.metrics["train/loss"]):
            raise Diverged(
                f"the loss of pqn is {self.metrics['train/loss']} after {self.num_timesteps:,} steps: nothing can "
                "be learned any more; lower learning_rate, or make the rewards smaller with reward_scale"
            )

    # --- Persistence: tensors and plain values, for checkpoints without pickle ---

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that is a tensor: network, optimiser, random state."""
        named = {f"network.{key}": value for key, value in self.network.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            named.update({f"optimizer.{index}.{key}": value for key, value in state.items()})
        return {**named, "generator": self.generator.get_state(), **self.explore.tensors()}

    def load_network(self, tensors: dict[str, torch.Tensor]) -> None:
        """The weights alone: enough to act."""
        prefix = "network."
        weights = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        try:
            self.network.load_state_dict(weights)
        except RuntimeError as fault:
            detail = str(fault).splitlines()[-1].strip()
            raise ValueError(f"the saved weights do not fit this configuration of pqn: {detail}") from None

    def load(self, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:  # type: ignore[override]
        """Go on from ``tensors()`` and ``state()`` of an agent of the same configuration."""
        self.load_network(tensors)
        slots: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                slots.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})
        self.generator.set_state(tensors["generator"])
        self.explore.load(tensors, int(self.action_space.n))  # type: ignore[attr-defined]
        self._load_state(state)


def resolve(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """See ``registry.resolve``."""
    return asdict(config_from(PQNConfig, name, values))


def searched(name: str) -> dict[str, str]:
    """See ``registry.searched``."""
    return PQNConfig.SEARCH


def make(name: str, batch: Batch, values: dict[str, Any], seed: int, device: str, acting: bool) -> PQN:
    """See ``registry.make``."""
    return PQN(batch, config_from(PQNConfig, name, values), seed, device)
