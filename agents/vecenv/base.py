"""The base of both kinds of ``VecEnv``: infos that are reused, actions as SB3 gives them, no single environments."""

from typing import Any

import numpy as np
from gymnasium import error, spaces
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from ...utils.torch_threads import let_sleep

ROUNDING = 8 * float(np.finfo(np.float32).eps)  # of an unscaled action, as a share of its bound


class EpisodicVecEnv(VecEnv):
    """SB3's ``VecEnv`` with one info dict per environment, reused, and filled where an episode has ended only.

    SB3's algorithms count discrete actions from 0 whatever the space's ``start``, so ``action_space`` does it, too;
    ``start`` is added on the way to the environments.
    """

    _render_mode: str | None

    def __init__(self, num_envs: int, observation_space: spaces.Space, action_space: spaces.Space) -> None:
        let_sleep()
        self._filled: list[int] = []  # environments whose info dict is not empty
        self._infos: list[dict[str, Any]] = [{} for _ in range(num_envs)]
        self._own_space = action_space  # the environments'
        self._closed = False
        super().__init__(num_envs, observation_space, from_zero(action_space))

    def step_async(self, actions: np.ndarray) -> None:
        self._refuse_if_closed()
        self._given = as_members(self._own_space, np.asarray(actions))

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise error.ClosedEnvironmentError("these environments are closed; make new ones to go on")

    def _clear_infos(self) -> None:
        for i in self._filled:
            self._infos[i].clear()
        self._filled = []

    def _options_refused(self) -> None:
        given = any(self._options)
        self._reset_options()
        if given:
            raise ValueError("reset takes no options here; set parameters where the environments are made")

    # SB3 asks single environments for attributes; here there are none, so what it asks for is answered for the batch.

    def _asked(self, name: str) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing can be stepped or reset any more. May be called twice."""
        self._closed = True

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        if attr_name == "render_mode":
            return [self._render_mode for _ in self._get_indices(indices)]
        return [self._asked(attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError(
            f"{attr_name!r} cannot be set: environments of a batch have no attributes of their own; parameters are set "
            "where the environments are made"
        )

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise AttributeError(f"the environments of a batch have no method {method_name!r}")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """True for ``Monitor`` alone: finished episodes are reported in ``info["episode"]`` as it does."""
        return [issubclass(wrapper_class, Monitor) for _ in self._get_indices(indices)]


def from_zero(space: spaces.Space) -> spaces.Space:
    """``space``, but a ``Discrete`` or a ``MultiDiscrete`` one counted from 0."""
    if not np.any(getattr(space, "start", 0)):
        return space
    if isinstance(space, spaces.Discrete):
        return spaces.Discrete(space.n)
    return spaces.MultiDiscrete(space.nvec)  # type: ignore[attr-defined]


def as_members(space: spaces.Space, actions: np.ndarray) -> np.ndarray:
    """What SB3's algorithms give (N, *action shape) as actions of ``space``.

    Discrete actions are counted from ``start`` on. Bits, which SB3 gives as floats, become whole numbers. What float32
    has rounded to just beside a Box, where SB3 unscales -1 … 1, becomes the bound; what is really outside stays so, and
    is refused where it is stepped.

    Raises:
        ValueError: a discrete action that does not count from 0, where the space does not.
    """
    if isinstance(space, (spaces.Discrete, spaces.MultiDiscrete)) and np.any(space.start):
        values = np.asarray(space.n if isinstance(space, spaces.Discrete) else space.nvec)
        wrong = actions[(actions < 0) | (actions >= values)]
        if wrong.size:
            raise ValueError(
                f"SB3 counts the actions of {space} from 0: expected 0 … {values - 1}, got {wrong[0]}; "
                f"subtract the space's start, {space.start}"
            )
        return actions + space.start
    if isinstance(space, spaces.MultiBinary) and actions.dtype.kind == "f":
        return actions.astype(np.int64) if ((actions == 0) | (actions == 1)).all() else actions
    if isinstance(space, spaces.Box) and actions.dtype.kind == "f" and actions.shape[1:] == space.shape:
        nearest = np.clip(actions, space.low, space.high)
        bounds = np.maximum(_size(space.low), _size(space.high))
        return np.where(np.abs(actions - nearest) <= ROUNDING * bounds, nearest, actions)
    return actions


def _size(bound: np.ndarray) -> np.ndarray:
    """|bound|, 0 where there is none."""
    return np.where(np.isfinite(bound), np.abs(bound), 0.0)
