"""MountainCar against Gymnasium's own ``MountainCar-v0``: the same bits, step by step to the end of every episode.

The state is synchronised once per episode, at the reset: Gymnasium's ``.state`` is set from our record, then both get
the same actions. What Gymnasium's environment cannot be given by keyword is set as its attribute. Both perform the same
double operations in the same order, and both take the cosine from the C library, so nothing but equality is accepted.
"""

import math

import gymnasium as gym
import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch

MODULE = "ludus.envs.robotics.mountain_car"
LIMIT = 200  # steps
LEFT, ROLL, RIGHT = range(3)

# What Gymnasium has as attributes, under the same names; its frequency of 3 is part of its code.
CHANGED = [
    {"force": 0.0015},
    {"force": -0.001},
    {"gravity": 0.002},
    {"gravity": 0.0},
    {"max_speed": 0.03},
    {"min_position": -0.9},
    {"max_position": 0.45},
    {"max_position": 0.5},
    {"goal_position": 0.1},
    {"goal_velocity": 0.03},
    {
        "force": 0.002, "gravity": 0.003, "max_speed": 0.04, "min_position": -1.0, "max_position": 0.4,
        "goal_position": 0.3, "goal_velocity": 0.01,
    },
]  # fmt: skip


def pump(observation):
    """Pushes the way the car rolls."""
    return RIGHT if observation[1] >= 0.0 else LEFT


def play_theirs(starts, constants, rng):
    """Play one episode of Gymnasium's MountainCar from each start (N,).

    Returns actions (T, N), observations (T, N, 2), terminated, truncated (T, N) and the lengths (N,).
    """
    theirs = gym.make("MountainCar-v0", disable_env_checker=True)
    for name, value in constants.items():
        assert hasattr(theirs.unwrapped, name)
        setattr(theirs.unwrapped, name, value)
    n = len(starts)
    actions, lengths = rng.integers(0, 3, (LIMIT, n)), np.zeros(n, int)
    observations = np.zeros((LIMIT, n, 2), np.float32)
    terminated, truncated = np.zeros((LIMIT, n), bool), np.zeros((LIMIT, n), bool)
    for i, start in enumerate(starts):
        theirs.reset(seed=i)
        theirs.unwrapped.state = np.array([start, 0.0])
        observation = (start, 0.0)
        follows = rng.random(LIMIT) < (1.0, 0.9, 0.7, 0.5, 0.3, 0.0)[i % 6]
        for t in range(LIMIT):
            if follows[t]:
                actions[t, i] = pump(observation)
            observation, reward, terminated[t, i], truncated[t, i], _ = theirs.step(int(actions[t, i]))
            assert reward == -1.0
            observations[t, i] = observation
            if terminated[t, i] or truncated[t, i]:
                lengths[i] = t + 1
                break
    return actions, observations, terminated, truncated, lengths


def assert_same_episodes(episodes, constants, seed, **ours_only):
    """Play the same episodes on both sides; returns their lengths and which of them reached the flag."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=LIMIT, **constants, **ours_only)
    batch.reset(seeds=range(seed, seed + episodes))
    starts = batch.records["position"].copy()
    np.testing.assert_array_equal(batch.buffers.observation[:, 0], starts.astype(np.float32))
    np.testing.assert_array_equal(batch.buffers.observation[:, 1], 0.0)
    rng = np.random.default_rng(seed)
    actions, observations, terminated, truncated, lengths = play_theirs(starts, constants, rng)
    solved = np.zeros(episodes, bool)
    for t in range(lengths.max()):
        batch.step(actions[t])
        b = batch.buffers
        live = lengths > t
        last = live & (lengths == t + 1)  # autoreset: their last observation is our final one
        ours = np.where(last[:, None], b.final_observation, b.observation)
        np.testing.assert_array_equal(ours[live], observations[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.reward[live], -1.0, err_msg=f"step {t}")
        np.testing.assert_array_equal(b.terminated[live], terminated[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.truncated[live], truncated[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.episode_length[last], t + 1)
        np.testing.assert_array_equal(b.episode_return[last], -(t + 1.0))
        np.testing.assert_array_equal(b.episode_success[last], terminated[t, last])
        solved |= last & terminated[t]
    return lengths, solved


def test_1000_episodes_equal_gymnasiums():
    lengths, solved = assert_same_episodes(1000, {}, seed=0)
    # The comparison is worth something only if it has seen episodes of both ends.
    assert solved.sum() > 300
    assert (~solved).sum() > 300
    assert lengths.sum() > 150_000


@pytest.mark.parametrize(
    "constants", CHANGED, ids=lambda constants: "-".join(constants) if len(constants) < 3 else "all"
)
def test_episodes_with_changed_constants_equal_gymnasiums(constants):
    lengths, _ = assert_same_episodes(48, constants, seed=100)
    assert lengths.sum() > 1000


def test_wide_starts_end_at_once_in_both():
    lengths, solved = assert_same_episodes(120, {}, seed=200, start_low=-1.3, start_high=0.7)
    assert (solved & (lengths == 1)).sum() > 5


def set_by_hand(positions, velocities, **constants):
    batch = KernelBatch(MODULE, len(positions), autoreset_mode="Disabled", **constants)
    batch.reset(seeds=range(len(positions)))
    batch.records["position"], batch.records["velocity"] = positions, velocities
    return batch


def after(batch, action):
    """(position, velocity, terminated) of every environment after ``action``."""
    batch.step(np.full(batch.num_envs, action))
    return batch.records["position"].tolist(), batch.records["velocity"].tolist(), batch.buffers.terminated.tolist()


def test_one_step_written_out():
    """At position 0 the slope pulls with all of gravity: 0.01 - 0.0025 and the push."""
    for action, push in ((LEFT, -0.001), (ROLL, 0.0), (RIGHT, 0.001)):
        positions, velocities, _ = after(set_by_hand([0.0], [0.01]), action)
        assert positions == velocities == [pytest.approx(0.0075 + push, abs=1e-17)]


def test_frequency_bends_the_valley():
    """The slope at position x pulls with gravity · cos(frequency · x): a cosine of 60 degrees is 1/2."""
    x = 0.25
    _, velocities, _ = after(set_by_hand([x], [0.0], frequency=math.pi / 3 / x), ROLL)
    assert velocities == [pytest.approx(-0.00125, abs=1e-17)]


def test_wall_at_the_left_stops_the_car_and_the_right_end_does_not():
    positions, velocities, terminated = after(set_by_hand([-1.19, 0.59], [-0.05, 0.05], goal_velocity=1.0), ROLL)
    assert positions == [-1.2, 0.6]
    assert velocities[0] == 0.0
    assert 0.05 < velocities[1] < 0.053  # beyond the top at 0.5236 it rolls down
    assert terminated == [False, False]


def test_car_that_rolls_from_the_wall_keeps_its_velocity():
    """At the wall, but not on its way into it."""
    positions, velocities, _ = after(set_by_hand([-1.2], [0.0], gravity=0.0), ROLL)
    assert (positions, velocities) == ([-1.2], [0.0])
    positions, velocities, _ = after(set_by_hand([-1.2], [0.01], min_position=-1.15, gravity=0.0), ROLL)
    assert (positions, velocities) == ([-1.15], [0.01])


def test_speed_is_limited_both_ways():
    _, velocities, _ = after(set_by_hand([-0.5, -0.5], [0.5, -0.5]), ROLL)
    assert velocities == [0.07, -0.07]


def test_flag_itself_is_solved_and_the_number_before_it_is_not():
    """No gravity, no push: the car moves by its velocity alone. Both bounds belong to the goal."""
    goal, short = 0.5, math.nextafter(0.5, 0.0)
    batch = set_by_hand([0.25, short - 0.25, 0.5, 0.5], [0.25, 0.25, 0.0, -0.0], gravity=0.0, max_speed=1.0)
    positions, _, terminated = after(batch, ROLL)
    assert positions == [goal, short, goal, goal]
    assert terminated == [True, False, True, True]
    assert batch.records["success"].tolist() == terminated
    slow = math.nextafter(0.25, 0.0)
    batch = set_by_hand([0.4, 0.4], [0.25, slow], gravity=0.0, max_speed=1.0, goal_velocity=0.25)
    assert after(batch, ROLL)[2] == [True, False]


def test_backwards_over_the_flag_does_not_count():
    assert after(set_by_hand([0.59], [-0.01]), LEFT)[2] == [False]


def test_single_wrapper_gives_the_same_as_gymnasium():
    theirs, ours = gym.make("MountainCar-v0"), gym.make("ludus/MountainCar-v0")
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.spec.max_episode_steps == theirs.spec.max_episode_steps
    rng = np.random.default_rng(1)
    for episode in range(6):
        observation, _ = ours.reset(seed=episode)
        theirs.reset(seed=episode)
        theirs.unwrapped.state = np.array([ours.unwrapped.batch.records["position"][0], 0.0])
        for _ in range(LIMIT):
            action = pump(observation) if episode % 2 else int(rng.integers(3))
            observation, *ours_rest = ours.step(action)
            expected, *theirs_rest = theirs.step(action)
            assert observation.dtype == expected.dtype == np.float32
            np.testing.assert_array_equal(observation, expected)
            assert ours_rest[:3] == theirs_rest[:3]
            if ours_rest[1] or ours_rest[2]:
                break
        assert ours_rest[1] == bool(episode % 2)
        assert ours_rest[2] != ours_rest[1]


def test_last_push_is_remembered_and_there_is_none_at_the_start():
    batch = KernelBatch(MODULE, 3, autoreset_mode="Disabled")
    batch.reset(seeds=[0, 1, 2])
    assert batch.records["pushed"].tolist() == [ROLL] * 3
    batch.step([LEFT, ROLL, RIGHT])
    assert batch.records["pushed"].tolist() == [LEFT, ROLL, RIGHT]
    batch.reset()
    assert batch.records["pushed"].tolist() == [ROLL] * 3


def test_start_is_uniform_in_its_range_and_at_rest():
    batch = KernelBatch(MODULE, 4000, start_low=-0.8, start_high=-0.1)
    batch.reset(seeds=range(4000))
    starts = batch.records["position"]
    assert starts.min() >= -0.8
    assert starts.max() < -0.1
    counts = np.histogram(starts, 20, (-0.8, -0.1))[0]  # 200 expected in each
    assert ((counts - 200) ** 2 / 200).sum() < 53.0  # 19 degrees of freedom: once in 20,000 tries; the seeds are fixed
    assert (batch.records["velocity"] == 0.0).all()


def best_plan(start):
    """The fewest steps to the flag from ``start`` (position, at rest): right, left, right, all lengths tried.

    Written from the rules: all plans at once, (right, left) of them.
    """
    right, left = np.meshgrid(np.arange(60), np.arange(100), indexing="ij")
    position, velocity = np.full(right.shape, start), np.zeros(right.shape)
    steps = np.full(right.shape, LIMIT)
    for t in range(LIMIT):
        push = np.where((t >= right) & (t < right + left), -1, 1)
        velocity = np.clip(velocity + 0.001 * push - 0.0025 * np.cos(3 * position), -0.07, 0.07)
        position = np.clip(position + velocity, -1.2, 0.6)
        velocity[(position == -1.2) & (velocity < 0)] = 0.0
        steps = np.where(position >= 0.5, np.minimum(steps, t + 1), steps)
    return steps.min()


def play_heuristic(episodes, limit=LIMIT, starts=None, **constants):
    """(N,) returns of the reference policy's first episodes, and whether they reached the flag."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=limit, **constants)
    batch.reset(seeds=range(episodes))
    if starts is not None:
        batch.records["position"] = starts
    returns, solved, playing = np.zeros(episodes), np.zeros(episodes, bool), np.ones(episodes, bool)
    for _ in range(limit):
        batch.step(batch.heuristic())
        ended = playing & (batch.buffers.terminated | batch.buffers.truncated)
        returns[ended] = batch.buffers.episode_return[ended]
        solved[ended] = batch.buffers.episode_success[ended]
        playing &= ~ended
        if not playing.any():
            return returns, solved
    raise AssertionError("the time limit did not end an episode")


def test_heuristic_has_the_stated_score():
    returns, solved = play_heuristic(1000)
    assert solved.all()
    assert returns.min() >= -104
    # Standard error 7.7 / sqrt(1000) = 0.24; the seeds are fixed: -97.54.
    assert abs(returns.mean() - KernelBatch(MODULE, 1).simulation.scores["heuristic"]) < 0.1


def test_heuristic_needs_no_more_steps_than_the_best_of_all_plans():
    """Value iteration on a grid of 800 x 800 finds nothing better either: -97.67 on average over 2,001 starts."""
    starts = np.linspace(-0.6, -0.4, 21)
    returns, _ = play_heuristic(21, starts=starts)
    best = np.array([-best_plan(start) for start in starts])
    assert (returns <= best).all()
    assert (returns >= best - 1).all()
    assert returns.mean() > best.mean() - 0.2


def test_random_policy_scores_what_the_declaration_says():
    batch = KernelBatch(MODULE, 1000, max_episode_steps=LIMIT)
    batch.seed_from(0)
    rng = np.random.default_rng(3)
    for _ in range(LIMIT):
        batch.step(rng.integers(0, 3, 1000))
    assert batch.buffers.truncated.all()
    assert batch.buffers.episode_return.mean() == batch.simulation.scores["random"] == -200.0


@pytest.mark.parametrize(
    "constants",
    [
        {"force": -0.001}, {"force": 0.0005}, {"gravity": 0.0035}, {"force": 0.004}, {"goal_velocity": 0.03},
        {"frequency": 4.0},
    ],
    ids=lambda constants: "-".join(constants),
)  # fmt: skip
def test_heuristic_solves_other_valleys(constants):
    returns, solved = play_heuristic(32, limit=500, **constants)
    assert solved.all()
    if constants == {"force": -0.001}:  # the two actions are swapped, and nothing else
        np.testing.assert_array_equal(returns, play_heuristic(32)[0])
    if constants == {"force": 0.004}:  # strong enough to drive straight up
        assert returns.min() > -35
