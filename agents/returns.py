"""Lambda-returns: what a value should have been, from the rewards and the values that came after."""

import sys
from collections.abc import Callable

from ..envs.engine.compile.binding import bind, hash_sources


def _define_lambda_returns() -> Callable:
    source_hash = 0  # see envs/engine/compile/binding.py

    def lambda_returns(rewards, next_values, terminated, ended, gamma, lam, targets):
        """Targets G (T, N) in place, backwards from the end of the rollout.

        G_t = r_t + gamma * [lam * G_{t+1} + (1 - lam) * V_{t+1}]; after a terminated step the bracket is 0, and where
        an episode was truncated, or the rollout ends, it is V_{t+1} alone.

        rewards, next_values (T, N) float32, V of the observation *after* each step, taken before any reset;
        terminated, ended (T, N) bool, ended = terminated or truncated; targets (T, N) float32.
        """
        source_hash  # noqa: B018
        for i in range(rewards.shape[1]):
            following = next_values[-1, i]
            for t in range(rewards.shape[0] - 1, -1, -1):
                value = next_values[t, i]
                bracket = value if ended[t, i] else lam * following + (1.0 - lam) * value
                following = rewards[t, i] if terminated[t, i] else rewards[t, i] + gamma * bracket
                targets[t, i] = following

    return lambda_returns


lambda_returns = bind(
    _define_lambda_returns(), sys.modules[__name__], {}, hash_sources({"lambda_returns": _define_lambda_returns})
)
