"""What a batch refuses: each message says what came, what was expected and what to do, and nothing has moved."""

import re

import gymnasium
import numpy as np
import pytest
from gymnasium import error, spaces

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift, load
from ludus.envs.engine.space_layout import action_bounds
from ludus.envs.make import make_batch

CARTPOLE, SNAKE = "ludus.envs.robotics.cartpole", "ludus.envs.games.snake"

CONSTRUCTION = [
    (CARTPOLE, {"num_envs": 0}, ValueError, "num_envs must be a whole number >= 1, got 0"),
    (CARTPOLE, {"num_envs": 2.5}, ValueError, "num_envs must be a whole number >= 1, got 2.5"),
    (CARTPOLE, {"num_envs": True}, ValueError, "num_envs must be a whole number >= 1, got True"),
    (CARTPOLE, {"threads": True}, ValueError, "threads must be a whole number >= 1, got True"),
    (CARTPOLE, {"max_episode_steps": True}, ValueError, "must be a whole number >= 1 or None, got True"),
    (CARTPOLE, {"threads": 0}, ValueError, "threads must be a whole number >= 1, got 0"),
    (CARTPOLE, {"max_episode_steps": 0}, ValueError, "max_episode_steps must be a whole number >= 1 or None, got 0"),
    (CARTPOLE, {"max_episode_steps": 1.5}, ValueError, "must be a whole number >= 1 or None, got 1.5"),
    (CARTPOLE, {"autoreset_mode": "Sometimes"}, ValueError, "'Sometimes'.*(NextStep|NEXT_STEP)"),
    (CARTPOLE, {"gravty": 3.0}, TypeError, "unexpected keyword argument 'gravty'; did you mean 'gravity'?"),
    (CARTPOLE, {"xyzzy": 3.0}, TypeError, "cartpole got an unexpected keyword argument 'xyzzy'; known: angle_limit, "),
    (CARTPOLE, {"gravity": "big"}, ValueError, "parameter gravity of cartpole must be a number, got 'big'"),
    (CARTPOLE, {"gravity": -1.0}, ValueError, "gravity of cartpole must be 0 … 100 m/s², got -1.0"),
    (CARTPOLE, {"gravity": float("nan")}, ValueError, "gravity of cartpole must be 0 … 100 m/s², got nan"),
    (SNAKE, {"size": 3}, ValueError, "size of snake must be 4 … 32, got 3"),
    (SNAKE, {"size": 33}, ValueError, "size of snake must be 4 … 32, got 33"),
    (SNAKE, {"size": 5.0}, ValueError, "size of snake must be a whole number, got 5.0"),
    (SNAKE, {"size": True}, ValueError, "size of snake must be a whole number, got True"),
    (SNAKE, {"sise": 5}, TypeError, "unexpected keyword argument 'sise'; did you mean 'size'?"),
    (CARTPOLE, {"randomize": {"gravty": (1, 2)}}, ValueError, "unknown parameter 'gravty'.*did you mean 'gravity'"),
    (CARTPOLE, {"randomize": {"gravity": 3}}, ValueError, "must be a pair (low, high), got 3"),
    (CARTPOLE, {"randomize": {"gravity": (1, 2, 3)}}, ValueError, "must be a pair (low, high), got (1, 2, 3)"),
    (CARTPOLE, {"randomize": {"gravity": (5, 2)}}, ValueError, "must be (low, high) with low <= high, got (5, 2)"),
    (CARTPOLE, {"randomize": {"gravity": (5, 200)}}, ValueError, "gravity of cartpole must be 0 … 100 m/s², got 200"),
    (CARTPOLE, {"gravity": 3, "randomize": {"gravity": (1, 2)}}, ValueError, "both fixed and randomised; give one"),
    (CARTPOLE, {"randomize": 5}, ValueError, "randomize of cartpole must be a dict {parameter: (low, high)}, got 5"),
    (
        CARTPOLE,
        {"drift": [1]},
        ValueError,
        "drift of cartpole must be a dict {parameter: Drift(to, at, over)}, got [1]",
    ),
    (CARTPOLE, {"drift": {"gravty": Drift(3, 4)}}, ValueError, "unknown parameter 'gravty'.*did you mean 'gravity'"),
    (CARTPOLE, {"drift": {"gravity": 3.0}}, ValueError, "must be a Drift or a dict with to, at, over; got 3.0"),
    (CARTPOLE, {"drift": {"gravity": {"to": 3.0}}}, ValueError, "the drift of gravity lacks 'at'"),
    (CARTPOLE, {"drift": {"gravity": {"to": 3.0, "at": 1, "ovr": 2}}}, ValueError, "'ovr'.*did you mean 'over'"),
    (CARTPOLE, {"drift": {"gravity": Drift(300.0, 4)}}, ValueError, "gravity of cartpole must be 0 … 100 m/s²"),
    (
        CARTPOLE,
        {"drift": {"gravity": Drift(3.0, -4)}},
        ValueError,
        "needs whole at and over, 0 … 2**62 steps, got Drift(",
    ),
    *(
        (CARTPOLE, {"drift": {"gravity": drift}}, ValueError, "needs whole at and over, 0 … 2**62 steps, got Drift(")
        for drift in (
            *(Drift(3.0, at) for at in (float("inf"), float("nan"), 10**20, 1.5, True, "x", None)),
            Drift(3.0, 4, over=[1]),
        )
    ),
    (CARTPOLE, {"drift": {"gravity": [Drift(3, 4, 10), Drift(5, 9)]}}, ValueError, "two drifts of gravity.*overlap"),
]


def pattern(message):
    """``message`` as a regular expression in which only ``.*`` and ``(a|b)`` are special."""
    return re.escape(message).replace(r"\.\*", ".*").replace(r"\(NextStep\|NEXT_STEP\)", "(NextStep|NEXT_STEP)")


@pytest.mark.parametrize(("module", "keywords", "kind", "message"), CONSTRUCTION, ids=range(len(CONSTRUCTION)))
def test_wrong_arguments_of_a_batch(module, keywords, kind, message):
    with pytest.raises(kind, match=pattern(message)):
        KernelBatch(module, **{"num_envs": 2, **keywords})


def test_a_message_ends_where_it_says_the_remedy():
    """Gymnasium lengthens each TypeError of a constructor."""
    with pytest.raises(ValueError, match=r"^size of snake must be a whole number, got 'a'$"):
        gymnasium.make("ludus/Snake-v1", size="a")


def test_a_size_cannot_be_randomised_and_the_message_does_not_propose_the_same_name():
    with pytest.raises(ValueError, match="size") as caught:
        KernelBatch(SNAKE, 2, randomize={"size": (4, 8)})
    assert "did you mean 'size'" not in str(caught.value)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("actions", "kind", "message"),
    [
        ([0.0, 1.0, 0.0], TypeError, "actions of cartpole must be whole numbers, got dtype float64"),
        ([np.nan, 1.0, 0.0], TypeError, "actions of cartpole must be whole numbers, got dtype float64"),
        ([True, False, True], TypeError, "actions of cartpole must be whole numbers, got dtype bool"),
        (["a", "b", "c"], TypeError, "actions of cartpole must be whole numbers, got dtype <U1"),
        ([0, 1], ValueError, "actions of cartpole must have shape (3,), got (2,)"),
        ([[0, 1, 0]], ValueError, "actions of cartpole must have shape (3,), got (1, 3)"),
        (0, ValueError, "actions of cartpole must have shape (3,), got ()"),
        ([0, 1, 2], ValueError, "action 2 of environment 2 is outside the action space of cartpole; expected a member"),
        ([0, -1, 2], ValueError, "action -1 of environment 1 is outside the action space of cartpole; expected"),
        (np.array([0, 1, 2**64 - 1], np.uint64), ValueError, "of environment 2 is outside the action space"),
    ],
)
def test_wrong_actions_move_nothing(actions, kind, message, threads):
    batch = KernelBatch(CARTPOLE, 3, threads=threads)
    batch.reset(seeds=[1, 2, 3])
    before = batch.snapshot()
    with pytest.raises(kind, match=re.escape(message)):
        batch.step(actions)
    assert batch.snapshot() == before
    batch.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_step_before_reset_and_after_an_end(threads):
    batch = KernelBatch(CARTPOLE, 3, autoreset_mode="Disabled", max_episode_steps=1, threads=threads)
    right = np.ones(3, int)
    with pytest.raises(error.ResetNeeded, match=r"environment 0 of cartpole: it was never reset; call reset\(\) first"):
        batch.step(right)
    batch.reset(np.array([True, True, False]))
    with pytest.raises(error.ResetNeeded, match="environment 2 of cartpole: it was never reset"):
        batch.step(right)
    assert batch.records["clock"].tolist() == [0, 0, 0]
    batch.reset()
    batch.step(right)
    batch.reset(np.array([True, False, True]))
    with pytest.raises(error.ResetNeeded, match="environment 1 of cartpole: its episode has ended"):
        batch.step(right)
    assert batch.records["clock"].tolist() == [0, 1, 0]
    batch.close()


@pytest.mark.parametrize(
    ("seeds", "kind", "message"),
    [
        ([1], ValueError, r"one entry per environment \(2\), got 1"),
        ([1, -1], ValueError, r"a seed must be 0 … 2\*\*63-1, got -1"),
        ([1, 2**63], ValueError, r"a seed must be 0 … 2\*\*63-1, got 9223372036854775808"),
        ([1, 1.5], TypeError, "a seed must be a whole number, got 1.5"),
        ([1, True], TypeError, "a seed must be a whole number, got True"),
        ([1, "2"], TypeError, "a seed must be a whole number, got '2'"),
    ],
)
def test_wrong_seeds(seeds, kind, message):
    batch = KernelBatch(CARTPOLE, 2)
    batch.reset(seeds=[3, 4])
    before = batch.snapshot()
    with pytest.raises(kind, match=message):
        batch.reset(seeds=seeds)
    assert batch.snapshot() == before


@pytest.mark.parametrize("options", [3, {"seed": 4}, {1: 2, "a": 3}])
def test_wrong_options_of_a_reset(options):
    env = gymnasium.make("ludus/Snake-v1")
    with pytest.raises(ValueError, match=re.escape(f"reset takes no options here, got {options!r}; set parameters in")):
        env.reset(options=options)
    envs = gymnasium.make_vec("ludus/Snake-v1", 2)
    with pytest.raises((TypeError, ValueError), match=r"options must be a dict such as|unknown reset option"):
        envs.reset(options=options)


def test_module_without_a_declaration_is_refused():
    with pytest.raises(
        ValueError, match="^json/__init__.py:1: the file has no constant SIMULATION; expected SIMULATION = "
    ):
        load("json")


def test_discrete_actions_that_do_not_count_from_0_are_refused():
    """Kernels index with them, so the space would promise actions that do not exist, and hide one that does."""
    with pytest.raises(ValueError, match=r"declares actions Discrete\(2, start=1\), kernels .*; declare Discrete\(2\)"):
        action_bounds(spaces.Discrete(2, start=1), "cartpole")


@pytest.mark.parametrize("name", ["num_envs", "module", "autoreset_mode"])
def test_what_a_run_decides_itself_is_no_parameter(name):
    with pytest.raises(ValueError, match=f"{name} is not a parameter of the environment and cannot be set here"):
        make_batch("ludus/CartPole-v1", 2, **{name: 3})
