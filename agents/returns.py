"""Lambda-returns: what a value should have been, from the rewards and the values that came after."""

from ..envs.engine.compile.binding import loop


@loop
def lambda_returns(rewards, next_values, terminated, ended, gamma, lam, targets):
    """Targets G (T, N) in place, backwards from the end of the rollout.

    G_t = r_t + gamma * [lam * G_{t+1} + (1 - lam) * V_{t+1}]; after a terminated step the bracket is 0, and where
    an episode was truncated, or the rollout ends, it is V_{t+1} alone.

    rewards, next_values (T, N) float32, V of the observation *after* each step, taken before any reset;
    terminated, ended (T, N) bool, ended = terminated or truncated; targets (T, N) float32.
    """
    for i in range(rewards.shape[1]):
        following = next_values[-1, i]
        for t in range(rewards.shape[0] - 1, -1, -1):
            value = next_values[t, i]
            bracket = value if ended[t, i] else lam * following + (1.0 - lam) * value
            following = rewards[t, i] if terminated[t, i] else rewards[t, i] + gamma * bracket
            targets[t, i] = following
