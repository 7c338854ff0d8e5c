"""The surroundings of a policy: what an environment shows now and which actions are legal, past all wrappers."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from ..vecenv.observations import map_observation, select


class Surroundings:
    """An environment, one or many, as somebody sees it who is to act in it.

    Args:
        env: A Gymnasium ``Env`` or ``VectorEnv``, Stable-Baselines3's ``VecEnv``, or a batch of Ludus'.
    """

    def __init__(self, env: Any) -> None:
        self.env = env
        inner = getattr(env, "unwrapped", env)
        found = inner if hasattr(inner, "buffers") else getattr(inner, "batch", None)
        self.batch: Any = found if hasattr(found, "buffers") else None
        self.is_single = isinstance(env, gymnasium.Env)
        self.is_vec_env = hasattr(env, "env_method")  # Stable-Baselines3's
        self._inner = inner

    @property
    def observation(self) -> Any:
        """What it shows: (*space) of one, (N, *space) of many, or a dict of these."""
        if self.batch is None:
            raise ValueError(f"{self.env} does not tell what it shows; give it: act(env, observation)")
        shown = self.batch.buffers.observation
        return select(shown, 0) if self.is_single else map_observation(np.asarray, shown)

    @property
    def mask(self) -> np.ndarray:
        """Which actions are legal, (A,) or (N, A); others' environments are asked for ``action_masks``."""
        if self.batch is not None:
            return self.batch.buffers.mask[0] if self.is_single else self.batch.buffers.mask
        try:
            if self.is_single:
                return np.asarray(self.env.get_wrapper_attr("action_masks")())
            return np.stack(
                self.env.env_method("action_masks") if self.is_vec_env else self._inner.call("action_masks")
            )
        except AttributeError:
            raise ValueError(
                f"not every action is legal here, and {self.env} has no action_masks() that says which; give the mask: "
                'predict(observation, action_mask=info["action_mask"])'
            ) from None

    def own(self, action: Any) -> Any:
        """The action as the environment's ``step`` takes it."""
        space = getattr(self.batch, "action_space", None)
        if self.is_vec_env and isinstance(space, spaces.Discrete):  # Stable-Baselines3 counts from 0
            return action - int(space.start)
        return action.item() if self.is_single and isinstance(action, np.integer) else action
