"""A trained policy as a program uses it: loaded from a run, asked for actions, taken to an environment."""

from pathlib import Path
from typing import Any

import gymnasium
from gymnasium import spaces

from .. import zoo
from ..questions import as_batch, as_masks, masks_of
from ..registry import Agent
from ..runs.callback import LAST
from ..runs.player import check_spaces
from ..runs.run import Run
from .surroundings import Surroundings


class TrainedPolicy:
    """What a run has learned: ``ludus.load``, ``ludus.train`` and ``ludus.load_pretrained`` give it.

    Attributes:
        run: The run that it comes from: ``run.folder``, ``run.config`` (environment, agent, hyperparameters, seed).
        steps: Environment steps after which it was saved.
        observation_space, action_space: Of one environment, as in the training.
        uses_mask: Whether it must be told which actions are legal. Those of Stable-Baselines3 (ppo, a2c, dqn, sac, td3)
            learn and act without: what an illegal action does was a part of their world, and a mask that is handed to
            them is looked at for its shape alone.
        notes: What a person should know of the run, one line each.
    """

    def __init__(self, run: Run, agent: Agent) -> None:
        self.run, self.agent = run, agent
        self.steps: int = agent.num_timesteps
        self._batch: Any = agent.batch  # type: ignore[attr-defined]  # closed: only for what it says of itself
        self.observation_space: spaces.Space = self._batch.observation_space
        self.action_space: spaces.Space = self._batch.action_space
        self.uses_mask: bool = agent.uses_mask and self._batch.has_mask
        self.notes: tuple[str, ...] = tuple(run.notes)

    def __repr__(self) -> str:
        c = self.run.config
        return f"<TrainedPolicy {c.agent} on {c.env}, {self.steps:,} steps, from {self.run.folder}>"

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = True,
        *,
        action_mask: Any = None,
    ) -> tuple[Any, None]:
        """The actions for one observation or a batch of them, as Stable-Baselines3's ``predict`` gives them.

        Args:
            observation: (*space) or (N, *space), or a dict of these: what the environment shows, without any scaling.
            state, episode_start: Of no meaning here, and there because Stable-Baselines3 hands them on.
            deterministic: The best action; ``False`` explores as at the end of the training.
            action_mask: (A,) or (N, A), 1 = legal: ``info["action_mask"]``. Required where ``uses_mask``. Where it
                allows nothing, which environments say of an episode that the next step ends, everything counts as
                legal, as in the training.

        Returns:
            The action (N, *action shape) of the environment's own space, without N for a single one; and ``None``.

        Raises:
            ValueError: an observation or a mask of another shape; no mask where one is required.
        """
        x, single = as_batch(self.observation_space, observation, self.agent.sees_any_board)
        count = len(next(iter(x.values())) if isinstance(x, dict) else x)
        if self.uses_mask:
            mask = masks_of(self._batch, action_mask, count, single)
        else:
            mask = None
            if action_mask is not None:
                as_masks(action_mask, count, self._batch.buffers.mask.shape[1], single)
        actions = self.agent.choose(x, mask, deterministic)
        return (actions[0] if single else actions), None

    def act(self, env: Any, observation: Any = None, deterministic: bool = True) -> Any:
        """The action for ``env`` as it stands now, with its mask read from it.

        Args:
            env: A Gymnasium ``Env`` or ``VectorEnv``, or Stable-Baselines3's ``VecEnv``, in wrappers or not.
            observation: What it shows; of Ludus' own environments it is read from them, past all wrappers.
            deterministic: As for ``predict``.

        Returns:
            The action, or (N, …) actions, for ``env.step``.

        Raises:
            ValueError: the environment is of other spaces than that of the training; it does not say which actions are
                legal, or what it shows, and the policy needs to know.
        """
        place = Surroundings(env)
        if place.batch is not None:
            check_spaces(self._batch, place.batch, self.agent.sees_any_board)
        shown = place.observation if observation is None else observation
        mask = place.mask if self.uses_mask else None
        return place.own(self.predict(shown, deterministic=deterministic, action_mask=mask)[0])

    def make_env(self, **keywords: Any) -> gymnasium.Env:
        """One environment like those of the training; ``keywords`` (``render_mode``, parameters, slots) go before."""
        return gymnasium.make(self.run.config.env, **{**self.run.config.environment, **keywords})

    def make_vec(self, num_envs: int, **keywords: Any) -> gymnasium.vector.VectorEnv:
        """``num_envs`` environments like those of the training; ``keywords`` go before."""
        return gymnasium.make_vec(self.run.config.env, num_envs, **{**self.run.config.environment, **keywords})


def load(run: str | Path, checkpoint: str | int = LAST) -> TrainedPolicy:
    """What a run has learned; its training may still go on.

    Args:
        run: The folder, as `ludus train` or ``ludus.train`` made it.
        checkpoint: ``"last"``, the newest good one; ``"best"``, by the evaluations on the way; or its number of steps.

    Raises:
        FileNotFoundError: there is no run, or it has no such checkpoint.
        ValueError: it is damaged, or its environment is not registered: whoever uses a third party's imports it first.
    """
    found = Run.open(Path(run))
    return TrainedPolicy(found, found.agent(str(checkpoint)))


def load_pretrained(env: str) -> TrainedPolicy:
    """The policy for an environment that comes with Ludus: a small one, trained from the presets.

    Args:
        env: An environment id such as ``"ludus/Snake-v1"``.

    Raises:
        ValueError: there is none for it, or no such environment.
    """
    return load(zoo.folder(env))
