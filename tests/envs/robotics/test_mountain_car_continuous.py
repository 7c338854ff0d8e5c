"""MountainCarContinuous against Gymnasium's ``MountainCarContinuous-v0``: the same bits to the end of every episode.

The state is synchronised once per episode, at the reset: Gymnasium's ``.state`` is set from our record, to the double
array that its reset makes, then both get the same actions (float32, as the space says). What Gymnasium's environment
cannot be given by keyword is set as its attribute. Both round to single precision at the same places and both take the
cosine from the C library, so nothing but equality is accepted.
"""

import math

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import load

MODULE = "ludus.envs.robotics.mountain_car_continuous"
LIMIT = 999  # steps

# What Gymnasium has as attributes, under the same names; its gravity, frequency and rewards are part of its code.
CHANGED = [
    {"power": 0.0023},
    {"power": -0.0015},
    {"max_speed": 0.031},
    {"min_position": -0.9},
    {"max_position": 0.45},
    {"max_position": 0.47},
    {"goal_position": 0.1},
    {"goal_velocity": 0.031},
    {
        "power": 0.0021, "max_speed": 0.041, "min_position": -1.03, "max_position": 0.37, "goal_position": 0.31,
        "goal_velocity": 0.013,
    },
]  # fmt: skip


def pump(observation, share):
    """Pushes the way the car rolls."""
    return share if observation[1] >= 0.0 else -share


def play_theirs(starts, constants, limit, rng):
    """Play one episode of Gymnasium's MountainCarContinuous from each start (N,), ``limit`` steps at most.

    Returns actions (T, N, 1), observations (T, N, 2), rewards, terminated, truncated (T, N) and the lengths (N,).
    """
    theirs = gym.make("MountainCarContinuous-v0", disable_env_checker=True, max_episode_steps=limit)
    for name, value in constants.items():
        assert hasattr(theirs.unwrapped, name)
        setattr(theirs.unwrapped, name, value)
    n = len(starts)
    actions = rng.uniform(-1.0, 1.0, (limit, n, 1)).astype(np.float32)
    observations, rewards = np.zeros((limit, n, 2), np.float32), np.zeros((limit, n))
    terminated, truncated = np.zeros((limit, n), bool), np.zeros((limit, n), bool)
    lengths = np.zeros(n, int)
    for i, start in enumerate(starts):
        theirs.reset(seed=i)
        theirs.unwrapped.state = np.array([start, 0.0])
        observation = (start, 0.0)
        # From chance alone (every fourth episode) to pumping with 20 … 100 % of the engine.
        follows, share = rng.random(limit) < (0.0, 0.7, 0.95, 1.0)[i % 4], (0.2, 0.5, 1.0)[i % 3]
        for t in range(limit):
            if follows[t]:
                actions[t, i] = pump(observation, share) * math.copysign(1.0, constants.get("power", 1.0))
            observation, rewards[t, i], terminated[t, i], truncated[t, i], _ = theirs.step(actions[t, i])
            observations[t, i] = observation
            if terminated[t, i] or truncated[t, i]:
                lengths[i] = t + 1
                break
    return actions, observations, rewards, terminated, truncated, lengths


def assert_same_episodes(episodes, constants, seed, limit=LIMIT, **start):
    """Play the same episodes on both sides; returns their lengths and whether they were solved."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=limit, **constants, **start)
    batch.reset(seeds=range(seed, seed + episodes))
    starts = batch.records["position"].copy()
    np.testing.assert_array_equal(batch.buffers.observation[:, 0], starts.astype(np.float32))
    np.testing.assert_array_equal(batch.buffers.observation[:, 1], np.zeros(episodes))
    rng = np.random.default_rng(seed)
    actions, observations, rewards, terminated, truncated, lengths = play_theirs(starts, constants, limit, rng)
    for t in range(lengths.max()):
        batch.step(actions[t])
        b = batch.buffers
        live = lengths > t
        last = live & (lengths == t + 1)  # autoreset: their last observation is our final one
        ours = np.where(last[:, None], b.final_observation, b.observation)
        np.testing.assert_array_equal(ours[live], observations[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.reward[live], rewards[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.terminated[live], terminated[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.truncated[live], truncated[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.episode_success[last], b.terminated[last])
        np.testing.assert_array_equal(b.episode_length[last], t + 1)
    return lengths, terminated.any(axis=0)


def test_1000_episodes_equal_gymnasiums():
    lengths, solved = assert_same_episodes(1000, {}, seed=0)
    # The comparison is worth something only if it has seen cars that arrive soon, late, and never.
    assert (lengths < 150).sum() > 100
    assert ((lengths > 300) & solved).sum() > 50
    assert (lengths == LIMIT).sum() > 100


@pytest.mark.parametrize("constants", CHANGED, ids=lambda constants: min(constants) if len(constants) == 1 else "all")
def test_episodes_with_changed_constants_equal_gymnasiums(constants):
    _, solved = assert_same_episodes(48, constants, seed=100, limit=300)
    assert solved.any()


def test_starts_everywhere_equal_gymnasiums():
    lengths, _ = assert_same_episodes(200, {}, seed=200, limit=200, start_low=-1.3, start_high=0.7)
    assert (lengths == 1).sum() > 5


def test_first_steps_at_full_speed_equal_gymnasiums():
    """The first limit is a double, all later ones are singles; what a step leaves behind is single at once."""
    assert_same_episodes(400, {"power": 0.01, "max_speed": 0.0031}, seed=300, limit=20)


# --- Positions set by hand -------------------------------------------------------------------------------------------


def placed(position, velocity=0.0, clock=1, **keywords):
    """A batch with one environment per entry, set by hand after ``clock`` steps."""
    position, velocity = np.broadcast_arrays(np.asarray(position, float), np.asarray(velocity, float))
    batch = KernelBatch(MODULE, len(position), autoreset_mode="Disabled", **keywords)
    batch.reset(seeds=range(len(position)))
    batch.records["position"], batch.records["velocity"], batch.records["clock"] = position, velocity, clock
    return batch


@pytest.mark.parametrize(
    ("position", "velocity", "push", "after", "terms", "solved"),
    [
        # At the bottom, sin = -1 and cos = 0: nothing pulls.
        (-math.pi / 6, 0.0, 0.0, (-math.pi / 6, 0.0), (0.0, 0.0), False),
        (-math.pi / 6, 0.0, 1.0, (-math.pi / 6 + 0.0015, 0.0015), (0.0, -0.1), False),
        (-math.pi / 6, 0.0, -0.5, (-math.pi / 6 - 0.00075, -0.00075), (0.0, -0.025), False),
        # In the middle of the slope cos = 1: the whole pull, to the left.
        (0.0, 0.0, 0.0, (-0.0025, -0.0025), (0.0, 0.0), False),
        # The velocity is cut to 0.07 either way.
        (-math.pi / 6, 0.0695, 1.0, (-math.pi / 6 + 0.07, 0.07), (0.0, -0.1), False),
        (-math.pi / 6, -0.0695, -1.0, (-math.pi / 6 - 0.07, -0.07), (0.0, -0.1), False),
        # Into the wall: it stands. cos(-3.54) = -0.9217, a pull of 0.0023 to the right.
        (-1.18, -0.05, 0.0, (-1.2, 0.0), (0.0, 0.0), False),
        # Over the goal, with a push: 100 less what it costs. cos(1.32) = 0.2482, a pull of 0.00062.
        (0.44, 0.03, 1.0, (0.47088, 0.03088), (100.0, -0.1), True),
        # Held at the right end, which is behind the goal. The velocity stays.
        (0.58, 0.06, 0.0, (0.6, 0.06042), (100.0, 0.0), True),
        # Behind the goal, but on the way back.
        (0.5, -0.03, 0.0, (0.46982, -0.03018), (0.0, 0.0), False),
    ],
)
@pytest.mark.parametrize("clock", [0, 1])
def test_one_step_by_hand(position, velocity, push, after, terms, solved, clock):
    batch = placed([position], [velocity], clock)
    batch.step([[push]])
    b = batch.buffers
    assert b.observation[0] == pytest.approx(after, abs=1e-5)
    assert b.terms[0] == pytest.approx(terms, abs=1e-7)
    assert b.reward[0] == pytest.approx(sum(terms), abs=1e-7)
    assert b.terminated[0] == b.episode_success[0] == solved


def test_the_goal_itself_is_reached_and_the_number_before_it_is_not():
    """Without a pull and with no velocity a car stays where it is set."""
    goal = float(np.float32(0.3))
    before = float(np.nextafter(np.float32(0.3), np.float32(0.0)))
    batch = placed([goal, before], 0.0, gravity=0.0, goal_position=goal)
    batch.step(np.zeros((2, 1)))
    assert batch.buffers.terminated.tolist() == [True, False]
    batch = placed([goal, goal], [0.01, 0.02], gravity=0.0, goal_position=goal, goal_velocity=0.02)
    batch.step(np.zeros((2, 1)))
    assert batch.buffers.terminated.tolist() == [False, True]


def test_only_the_first_step_is_taken_in_double_precision():
    """A position that single precision does not have counts in the first step, and only there."""
    start = 0.1 + 1e-9  # rounds to the same single-precision number as 0.1
    first, later = placed([start, 0.1], clock=0), placed([start, 0.1], clock=1)
    for batch in (first, later):
        batch.step(np.zeros((2, 1)))
        assert (batch.records["position"] == batch.records["position"].astype(np.float32)).all()
        assert (batch.records["velocity"] == batch.records["velocity"].astype(np.float32)).all()
    exact = 0.1 - np.float32(0.0025 * math.cos(3 * 0.1))
    assert first.records["position"][1] == np.float32(exact)
    single = np.float32(0.1) + np.float32(-0.0025 * math.cos(np.float32(3) * np.float32(0.1)))
    assert later.records["position"][1] == single


def test_rewards_by_hand():
    batch = placed([0.44, 0.0], [0.03, 0.0], goal_reward=7.0, action_cost=2.0)
    batch.step([[0.5], [0.5]])
    assert batch.buffers.terms.tolist() == pytest.approx(np.array([[7.0, -0.5], [0.0, -0.5]]))
    assert batch.buffers.reward.tolist() == pytest.approx([6.5, -0.5])


def test_gravity_and_frequency_by_hand():
    batch = placed([0.5] * 3, 0.0, gravity=0.01, frequency=math.pi)
    batch.step(np.zeros((3, 1)))
    assert batch.records["velocity"] == pytest.approx([0.0] * 3, abs=1e-9)  # cos(pi / 2): the top
    batch = placed([1 / 3], 0.0, gravity=0.01, frequency=math.pi, max_position=1.0, goal_position=0.9)
    batch.step([[0.0]])
    assert batch.records["velocity"] == pytest.approx([-0.005], abs=1e-8)  # cos(pi / 3)


def test_a_push_outside_the_space_is_refused():
    batch = placed([0.0])
    for push in (1.0001, -1.0001, math.nan):
        with pytest.raises(ValueError, match="outside the action space of mountain_car_continuous"):
            batch.step([[push]])
    assert batch.records["position"].tolist() == [0.0]


def test_a_push_counts_in_single_precision():
    batch = placed([-0.5] * 2)
    batch.step(np.array([[0.1], [np.float64(np.float32(0.1))]]))
    assert batch.records["position"][0] == batch.records["position"][1]
    assert batch.buffers.reward[0] == batch.buffers.reward[1] == -(float(np.float32(0.1)) ** 2) * 0.1


def test_last_push_is_remembered_and_there_is_none_at_the_start():
    batch = KernelBatch(MODULE, 2, autoreset_mode="Disabled")
    batch.reset(seeds=[0, 1])
    assert batch.records["push"].tolist() == [0.0, 0.0]
    batch.step([[0.5], [-0.25]])
    assert batch.records["push"].tolist() == [0.5, -0.25]
    batch.reset()
    assert batch.records["push"].tolist() == [0.0, 0.0]
    assert batch.records["velocity"].tolist() == [0.0, 0.0]


def test_start_is_uniform_in_its_range():
    batch = KernelBatch(MODULE, 4000, start_low=-0.9, start_high=-0.2)
    batch.reset(seeds=range(4000))
    starts = batch.records["position"]
    assert starts.min() >= -0.9
    assert starts.max() < -0.2
    counts = np.histogram(starts, 20, (-0.9, -0.2))[0]  # 200 expected in each
    assert ((counts - 200) ** 2 / 200).sum() < 53.0  # 19 degrees of freedom: exceeded once in 20,000 tries
    assert (batch.records["velocity"] == 0.0).all()


@given(st.floats(-1.2, 0.44), st.floats(-0.07, 0.07), st.floats(-1.0, 1.0))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_a_step_in_single_precision(position, velocity, push):
    """Gymnasium's sentences, written out with NumPy's own single-precision scalars."""
    x, v, a = np.float32(position), np.float32(velocity), np.float32(push)
    batch = placed([x], [v])
    batch.step([[a]])
    v = v + (a * np.float32(0.0015) - np.float32(0.0025 * math.cos(np.float32(3) * x)))
    v = min(max(v, np.float32(-0.07)), np.float32(0.07))
    x = min(max(x + v, np.float32(-1.2)), np.float32(0.6))
    v = np.float32(0.0) if x == np.float32(-1.2) and v < 0 else v
    assert (batch.records["position"][0], batch.records["velocity"][0]) == (float(x), float(v))


# --- Reference policies ----------------------------------------------------------------------------------------------


def play(policy, episodes, **keywords):
    """Returns, lengths and successes (N,) of one episode per environment; "random" is uniform over the space."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=LIMIT, **keywords)
    batch.seed_from(0)
    rng = np.random.default_rng(0)
    returns, lengths, solved = np.zeros(episodes), np.zeros(episodes, int), np.zeros(episodes, bool)
    playing = np.ones(episodes, bool)
    while playing.any():
        batch.step(rng.uniform(-1.0, 1.0, (episodes, 1)) if policy == "random" else batch.heuristic(name=policy))
        b = batch.buffers
        ended = playing & (b.terminated | b.truncated)
        returns[ended], lengths[ended], solved[ended] = (
            b.episode_return[ended],
            b.episode_length[ended],
            b.episode_success[ended],
        )
        playing &= ~ended
    return returns, lengths, solved


@pytest.mark.parametrize(("policy", "longest"), [("random", 999), ("heuristic", 960), ("full", 115)])
def test_policies_score_what_the_declaration_says(policy, longest):
    returns, lengths, solved = play(policy, 2000)
    error = returns.std() / math.sqrt(2000)  # 0.05, 0.002 and 0.003; the declaration has two digits at most
    assert abs(returns.mean() - load(MODULE)[1].scores[policy]) < 3 * error + 0.006
    assert lengths.max() <= longest
    assert solved.all() or policy == "random"


@pytest.mark.parametrize(
    "constants", [{"power": -0.0015}, {"power": 0.001}, {"gravity": 0.002}, {"goal_velocity": 0.02}]
)
@pytest.mark.parametrize("policy", ["heuristic", "full"])
def test_policies_reach_the_goal_of_other_worlds(policy, constants):
    returns, _, solved = play(policy, 200, **constants)
    assert solved.all()
    assert returns.min() > (95.0 if policy == "heuristic" else 60.0)


def test_the_heuristic_moves_a_car_that_nothing_pulls():
    _, _, solved = play("heuristic", 20, gravity=0.0)
    assert solved.all()


def test_asking_the_heuristics_changes_nothing():
    batch = placed([-0.5] * 3, 0.01)
    before = batch.snapshot()
    batch.heuristic()
    batch.heuristic(name="full")
    assert batch.snapshot() == before


def test_the_picture_shows_where_the_car_is_and_where_it_is_pushed():
    batch = placed([-0.5, -0.5, -0.5, 0.2])
    batch.records["push"] = [0.0, 1.0, -1.0, 0.0]
    frames = np.zeros((4, 200, 300, 3), np.uint8)
    batch.render_many(np.arange(4), frames)
    changed = [np.argwhere((frame != frames[0]).any(axis=2)) for frame in frames]
    assert len(changed[0]) == 0
    # The smoke lies on the other side of the car: the mirror images of a push have their middles there.
    car = 300 * (-0.5 + 1.2 + 0.16) / (1.8 + 0.32)
    assert changed[1][:, 1].min() < car - 10
    assert changed[2][:, 1].max() > car + 10
    assert changed[3][:, 1].max() > 300 * (0.2 + 1.2 + 0.16) / (1.8 + 0.32)
