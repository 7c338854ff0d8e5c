"""Gymnasium's own checkers find nothing in any environment, and warn only of what has no bounds, or is Gymnasium's."""

import warnings

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import PassiveEnvChecker

# Of CartPole's velocities and Pendulum's torque, as of Gymnasium's own; and of prices, and of the hours that a part can
# last, which nothing bounds.
EXPECTED = {
    "ludus/CartPole-v1": ["minimum value is -infinity", "maximum value is infinity"],
    "ludus/Battery-v0": ["minimum value is -infinity", "maximum value is infinity"],
    "ludus/BatteryDiscrete-v0": ["minimum value is -infinity", "maximum value is infinity"],
    "ludus/Maintenance-v0": ["maximum value is infinity"],
    "ludus/Pendulum-v1": ["using a symmetric and normalized space"],
}


@pytest.fixture
def said():
    """The warnings of a test, but for those of Sorter and Helpdesk on machines without data."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", "the items are parcels that are made here")
        warnings.filterwarnings("ignore", "guests speak by a grammar")
        yield caught


def test_gymnasiums_checker_is_content(id, said):
    check_env(gymnasium.make(id).unwrapped)
    expected = [
        *EXPECTED.get(id, []),
        "is rendered, but nobody sees it",
    ]  # it asks for a window, and there is no display
    assert len(said) == len(expected), [str(each.message) for each in said]
    for each, part in zip(said, expected, strict=True):
        assert part in str(each.message)


def test_gymnasiums_passive_checker_is_content_with_an_episode(id, said, some_actions):
    env = gymnasium.make(id, disable_env_checker=False, render_mode="rgb_array", max_episode_steps=50)
    assert any(isinstance(layer, PassiveEnvChecker) for layer in layers(env))
    env.reset(seed=0)
    for action in some_actions(env.action_space, 50):
        *_, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            break
    assert terminated or truncated
    assert env.render().shape[2] == 3
    assert not said, [str(each.message) for each in said]


def layers(env):
    while isinstance(env, gymnasium.Wrapper):
        yield env
        env = env.env
