"""Acrobot against Gymnasium's own ``Acrobot-v1``, every step from the same state.

Ours solves the same equations by Cramer's rule and takes its sines from another polynomial, so that last bits differ,
and the swing multiplies a difference from step to step. Hence Gymnasium's ``.state`` is set from our record before each
step, and after it both states must agree within ``TOLERANCE``: 1e-12 of about 1, where 1e-15 is usual. Episodes are our
own, from a reset to their end. What Gymnasium cannot be given by keyword is set as its attribute; what it cannot be
given at all (gravity, two moments of inertia) is a case that is the same motion with other numbers.
"""

import math

import gymnasium as gym
import numpy as np
import pytest

from ludus.envs.engine import kernels
from ludus.envs.engine.kernel_batch import KernelBatch

MODULE = "ludus.envs.robotics.acrobot"
LIMIT = 500  # steps
CLOCKWISE, NONE, COUNTER_CLOCKWISE = range(3)
FIELDS = ("angle_1", "angle_2", "velocity_1", "velocity_2")
TOLERANCE = 1e-12

# Our names -> Gymnasium's attributes.
CHANGED = [
    ({"link_length_1": 0.7}, {"LINK_LENGTH_1": 0.7}),
    ({"link_length_2": 1.6}, {"LINK_LENGTH_2": 1.6}),
    ({"link_mass_1": 0.6}, {"LINK_MASS_1": 0.6}),
    ({"link_mass_2": 1.4}, {"LINK_MASS_2": 1.4}),
    ({"centre_1": 0.8}, {"LINK_COM_POS_1": 0.8}),
    ({"centre_2": 0.3}, {"LINK_COM_POS_2": 0.3}),
    ({"moment_1": 0.5, "moment_2": 0.5}, {"LINK_MOI": 0.5}),
    # The first link counts by mass · centre (here 4) and by mass · centre² + moment (here 5, as 16/3 · 0.75² + 2).
    (
        {"link_mass_1": 4.0, "centre_1": 1.0, "moment_1": 1.0, "moment_2": 2.0},
        {"LINK_MASS_1": 16 / 3, "LINK_COM_POS_1": 0.75, "LINK_MOI": 2.0},
    ),
    ({"max_velocity_1": 1.0}, {"MAX_VEL_1": 1.0}),
    ({"max_velocity_2": 2.0}, {"MAX_VEL_2": 2.0}),
    ({"torque": 2.5}, {"AVAIL_TORQUE": [-2.5, 0.0, 2.5]}),
    ({"torque": -1.5}, {"AVAIL_TORQUE": [1.5, 0.0, -1.5]}),
    ({"time_step": 0.05}, {"dt": 0.05}),
    ({"nips": 1.0}, {"book_or_nips": "nips"}),
    (
        {
            "link_length_1": 1.2, "link_length_2": 0.8, "link_mass_1": 0.9, "link_mass_2": 1.3, "centre_1": 0.55,
            "centre_2": 0.45, "moment_1": 0.8, "moment_2": 0.8, "max_velocity_1": 5.0, "max_velocity_2": 9.0,
            "torque": 3.0, "time_step": 0.15, "nips": 1.0,
        },
        {
            "LINK_LENGTH_1": 1.2, "LINK_LENGTH_2": 0.8, "LINK_MASS_1": 0.9, "LINK_MASS_2": 1.3, "LINK_COM_POS_1": 0.55,
            "LINK_COM_POS_2": 0.45, "LINK_MOI": 0.8, "MAX_VEL_1": 5.0, "MAX_VEL_2": 9.0,
            "AVAIL_TORQUE": [-3.0, 0.0, 3.0], "dt": 0.15, "book_or_nips": "nips",
        },
    ),
]  # fmt: skip


def make_theirs(attributes):
    theirs = gym.make("Acrobot-v1", disable_env_checker=True).unwrapped
    theirs.reset(seed=0)
    for name, value in attributes.items():
        assert hasattr(theirs, name)
        setattr(theirs, name, value)
    return theirs


def states_of(batch):
    return np.stack([batch.records[name] for name in FIELDS], axis=1)


def tip(state, lengths):
    """Height of the free end above the hinge, m."""
    return -lengths[0] * np.cos(state[..., 0]) - lengths[1] * np.cos(state[..., 0] + state[..., 1])


def observation_of(states):
    """float32, from the card."""
    angle_1, angle_2 = states[..., 0], states[..., 1]
    columns = [np.cos(angle_1), np.sin(angle_1), np.cos(angle_2), np.sin(angle_2), states[..., 2], states[..., 3]]
    return np.stack(columns, axis=-1).astype(np.float32)


def assert_same_states(ours, theirs, where, tolerance=TOLERANCE):
    """Angles may differ by a whole turn, where one lies on either side of pi."""
    difference = ours - theirs
    turns = np.round(difference[..., :2] / (2 * math.pi))
    assert (np.abs(turns) <= 1).all(), where
    assert (np.abs(ours[..., :2])[turns != 0] > math.pi - tolerance).all(), where
    difference[..., :2] -= 2 * math.pi * turns
    assert np.abs(difference).max() <= tolerance, (where, np.abs(difference).max())


def assert_same_episodes(episodes, constants, attributes, seed, most=LIMIT):
    """Play one episode of ours per environment, each step beside Gymnasium's; returns lengths and which were solved."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=most, autoreset_mode="Disabled", **constants)
    theirs = make_theirs(attributes)
    lengths = constants.get("link_length_1", 1.0), constants.get("link_length_2", 1.0)
    batch.reset(seeds=range(seed, seed + episodes))
    np.testing.assert_allclose(batch.buffers.observation, observation_of(states_of(batch)), rtol=0, atol=1e-7)
    rng = np.random.default_rng(seed)
    # How often an episode's actions follow its waist, which soon swings it up; the rest are chance.
    following = np.array([1.0, 0.95, 0.9, 0.8, 0.6, 0.3, 0.0])[np.arange(episodes) % 7]
    steps, solved, alive = np.zeros(episodes, int), np.zeros(episodes, bool), np.arange(episodes)
    for t in range(most):
        before = states_of(batch)
        actions = rng.integers(0, 3, episodes)
        along = np.where(before[:, 3] > 0.0, COUNTER_CLOCKWISE, CLOCKWISE)
        actions = np.where(rng.random(episodes) < following, along, actions)
        expected, rewards, ends = np.zeros((len(alive), 4)), np.zeros(len(alive)), np.zeros(len(alive), bool)
        for k, i in enumerate(alive):
            theirs.state = before[i]
            _, rewards[k], ends[k], _, _ = theirs.step(actions[i])
            expected[k] = theirs.state
        if lengths != (1.0, 1.0):  # Gymnasium takes them for 1 there
            ends = tip(expected, lengths) > 1.0
            rewards = np.where(ends, 0.0, -1.0)
        # Under this mode what has ended must not be stepped: it starts anew, and is no longer looked at.
        ended = batch.buffers.terminated | batch.buffers.truncated
        if ended.any():
            batch.reset(ended)
        batch.step(actions)
        b, ours = batch.buffers, states_of(batch)[alive]
        assert_same_states(ours, expected, f"step {t}")
        np.testing.assert_allclose(b.observation[alive], observation_of(expected), rtol=2e-7, atol=2e-7)
        np.testing.assert_array_equal(b.reward[alive], rewards, err_msg=f"step {t}")
        np.testing.assert_array_equal(b.terminated[alive], ends, err_msg=f"step {t}")
        assert (b.truncated[alive] == (t + 1 == most)).all()
        np.testing.assert_array_equal(b.episode_success[alive], ends)
        over = ends | (t + 1 == most)
        np.testing.assert_array_equal(b.episode_length[alive][over], t + 1)
        np.testing.assert_array_equal(b.episode_return[alive][over], ends[over] - (t + 1.0))
        steps[alive[over]], solved[alive[over]] = t + 1, ends[over]
        alive = alive[~over]
        if not len(alive):
            break
    assert not len(alive)
    return steps, solved


@pytest.mark.parametrize(
    ("constants", "attributes"), CHANGED, ids=lambda value: "-".join(value) if len(value) < 5 else ""
)
def test_episodes_with_changed_constants_equal_gymnasiums(constants, attributes):
    lengths, _ = assert_same_episodes(14, constants, attributes, seed=100, most=150)
    assert lengths.sum() > 500


def test_1000_episodes_equal_gymnasiums():
    lengths, solved = assert_same_episodes(1000, {}, {}, seed=0)
    # The comparison is worth something only if it has seen episodes of both ends.
    assert solved.sum() > 600
    assert (~solved).sum() > 100
    assert lengths.sum() > 150_000


def test_gravity_is_a_change_of_pace():
    """Under four times the gravity and torque the same motion runs at twice the pace."""
    fast = {"gravity": 4 * 9.8, "torque": 4.0, "time_step": 0.1, "max_velocity_1": 8 * math.pi}
    batch = KernelBatch(MODULE, 50, max_episode_steps=LIMIT, max_velocity_2=18 * math.pi, **fast)
    theirs = make_theirs({})
    batch.reset(seeds=range(50))
    rng = np.random.default_rng(4)
    for t in range(40):
        before, actions = states_of(batch) * [1.0, 1.0, 0.5, 0.5], rng.integers(0, 3, 50)
        batch.step(actions)
        expected = np.zeros((50, 4))
        for i in range(50):
            theirs.state = before[i]
            theirs.step(actions[i])
            expected[i] = theirs.state
        assert_same_states(states_of(batch) * [1.0, 1.0, 0.5, 0.5], expected, f"step {t}")


def test_fast_joints_that_turn_more_than_once_in_a_step_equal_gymnasiums():
    """Where angles on the way are large ours takes the library's sines; how far both go is then a large number, too."""
    wild = {"max_velocity_1": 100.0, "max_velocity_2": 100.0}
    batch = KernelBatch(MODULE, 300, autoreset_mode="Disabled", **wild)
    theirs = make_theirs({"MAX_VEL_1": 100.0, "MAX_VEL_2": 100.0})
    batch.reset(seeds=range(300))
    rng = np.random.default_rng(5)
    states = np.concatenate([rng.uniform(-3.0, 3.0, (300, 2)), rng.uniform(-60.0, 60.0, (300, 2))], axis=1)
    set_states(batch, states)
    batch.step(np.ones(300, int))
    ours, moves = states_of(batch), []
    for i in range(300):
        theirs.state = states[i]
        with np.errstate(all="raise"):
            theirs.step(NONE)
        moves.append(np.abs(states[i, 2:] * 0.2).max())
        # What differs in the last place of a stage's angle of 1e5 rad differs in the tenth of its sine.
        assert_same_states(ours[i], np.asarray(theirs.state), i, tolerance=1e-6)
    assert (np.array(moves) > 2 * math.pi).sum() > 50


def set_states(batch, states):
    """Set angles and velocities, and the sines and cosines that belong to the angles."""
    for k, name in enumerate(FIELDS):
        batch.records[name] = states[:, k]
    for k in (1, 2):
        batch.records[f"sin_{k}"], batch.records[f"cos_{k}"] = np.sin(states[:, k - 1]), np.cos(states[:, k - 1])


def after(states, action=NONE, **constants):
    """(N, 4) states after one step from ``states``, and the batch."""
    states = np.asarray(states, np.float64)
    batch = KernelBatch(MODULE, len(states), autoreset_mode="Disabled", **constants)
    batch.reset(seeds=range(len(states)))
    set_states(batch, states)
    batch.step(np.full(len(states), action))
    return states_of(batch), batch


def test_stretched_arm_turns_evenly_where_nothing_pulls():
    """No gravity, no torque: the links stay in line, and the first angle moves by velocity · time, wrapped."""
    pi = math.pi
    for velocity, time, start, end in [
        (1.0, 0.2, 0.5, 0.7),
        (5.0, 0.2, 3.0, 4.0 - 2 * pi),
        (-5.0, 0.2, -3.0, 2 * pi - 4.0),
        (7.0, 1.0, 0.5, 7.5 - 2 * pi),
        (100.0, 1.0, 1.0, 101.0 - 32 * pi),
        (-100.0, 1.0, 1.0, 32 * pi - 99.0),
    ]:
        found, _ = after([[start, 0.0, velocity, 0.0]], gravity=0.0, time_step=time, max_velocity_1=100.0)
        np.testing.assert_allclose(found, [[end, 0.0, velocity, 0.0]], rtol=0, atol=1e-13)


def test_half_a_turn_itself_is_not_wrapped():
    states = [[way * math.pi, 0.0, 0.0, 0.0] for way in (1, -1)] + [[0.0, way * math.pi, 0.0, 0.0] for way in (1, -1)]
    found, _ = after(states, gravity=0.0)
    np.testing.assert_array_equal(found, states)


def test_one_step_written_out():
    """Point masses at the links' ends, stretched out and level, released.

    In so short a time the accelerations are those of the start, which two equations give.
    """
    time = 1e-3
    points = {"centre_1": 1.0, "centre_2": 1.0, "moment_1": 0.001, "moment_2": 0.001}
    found, _ = after([[math.pi / 2, 0.0, 0.0, 0.0]], time_step=time, **points)
    # [[m(1 + 4) + 2I, 2m + I], [2m + I, m + I]] a = -g [1 + 2, 1], with m = 1 kg.
    inertia = np.array([[1 + 4 + 0.002, 2 + 0.001], [2 + 0.001, 1 + 0.001]])
    acceleration = np.linalg.solve(inertia, [-9.8 * 3, -9.8])
    np.testing.assert_allclose(found[0, 2:], acceleration * time, rtol=1e-5)
    np.testing.assert_allclose(found[0, :2], [math.pi / 2, 0.0] + acceleration * time**2 / 2, rtol=0, atol=1e-9)


def test_torque_turns_the_waist_and_pushes_the_first_link_back():
    still = [[0.0, 0.0, 0.0, 0.0]]
    left, right = after(still, CLOCKWISE)[0][0], after(still, COUNTER_CLOCKWISE)[0][0]
    np.testing.assert_array_equal(left, -right)
    assert right[3] > 0.0 > right[2]
    np.testing.assert_array_equal(after(still, NONE)[0][0], 0.0)
    np.testing.assert_array_equal(after(still, COUNTER_CLOCKWISE, torque=-1.0)[0][0], left)


def test_velocities_are_limited_both_ways_each_to_its_own():
    found, _ = after([[0.0, 0.0, 20.0, 0.0], [0.0, 0.0, -20.0, 0.0]], gravity=0.0, max_velocity_1=3.0)
    assert found[:, 2].tolist() == [3.0, -3.0]
    found, _ = after([[0.0, 0.0, 0.0, 20.0], [0.0, 0.0, 0.0, -20.0]], gravity=0.0, max_velocity_2=4.0)
    assert found[:, 3].tolist() == [4.0, -4.0]


@pytest.mark.parametrize("lengths", [(1.0, 1.0), (1.5, 0.5)])
def test_goal_must_be_passed_and_its_height_itself_does_not_count(lengths):
    """Upright and at rest without gravity: the free end is as high as both links are long, to the bit."""
    constants = {"link_length_1": lengths[0], "link_length_2": lengths[1], "gravity": 0.0}
    for goal, solved in ((2.0, False), (math.nextafter(2.0, 0.0), True)):
        _, batch = after([[math.pi, 0.0, 0.0, 0.0]], goal_height=goal, **constants)
        assert batch.buffers.terminated.tolist() == batch.records["success"].tolist() == [solved]
        assert batch.buffers.reward.tolist() == [0.0 if solved else -1.0]
    for pose, height in (([0.0, math.pi], lengths[1] - lengths[0]), ([math.pi, math.pi], lengths[0] - lengths[1])):
        for goal, solved in ((height + 1e-12, False), (height - 1e-12, True)):
            _, batch = after([[*pose, 0.0, 0.0]], goal_height=goal, **constants)
            assert batch.buffers.terminated.tolist() == [solved]


def test_noise_is_added_to_the_torque_and_uniform():
    """The same step with the torque that the stream of random numbers gives, as Gymnasium computes it."""
    batch = KernelBatch(MODULE, 200, autoreset_mode="Disabled", torque_noise=0.7)
    theirs = make_theirs({})
    batch.reset(seeds=range(200))
    streams, before = np.zeros(200, [("rng", "u8")]), states_of(batch)
    streams["rng"] = batch.records["rng"]
    noise = np.array([kernels.uniform_in(streams[i], -0.7, 0.7) for i in range(200)])
    batch.step(np.full(200, COUNTER_CLOCKWISE))
    ours = states_of(batch)
    for i in range(200):
        theirs.state, theirs.AVAIL_TORQUE = before[i], [None, None, 1.0 + noise[i]]
        theirs.step(COUNTER_CLOCKWISE)
        assert_same_states(ours[i], np.asarray(theirs.state), i)
    np.testing.assert_array_equal(batch.records["rng"], streams["rng"])
    assert noise.min() < -0.65
    assert noise.max() > 0.65
    quiet = KernelBatch(MODULE, 3, autoreset_mode="Disabled")
    quiet.reset(seeds=range(3))
    streams = quiet.records["rng"].copy()
    quiet.step([CLOCKWISE] * 3)
    np.testing.assert_array_equal(quiet.records["rng"], streams)  # no noise takes no number


def test_single_wrapper_gives_the_same_as_gymnasium():
    """Without setting the state on the way: what differs in a last bit is still less than 1e-9 after 40 steps."""
    theirs, ours = gym.make("Acrobot-v1"), gym.make("ludus/Acrobot-v1")
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.spec.max_episode_steps == theirs.spec.max_episode_steps == LIMIT
    rng = np.random.default_rng(1)
    for episode in range(6):
        observation, _ = ours.reset(seed=episode)
        theirs.reset(seed=episode)
        record = ours.unwrapped.batch.records
        theirs.unwrapped.state = np.array([record[name][0] for name in FIELDS], np.float32)  # as after its reset
        for _ in range(40):
            action = int(rng.integers(3))
            observation, *ours_rest = ours.step(action)
            expected, *theirs_rest = theirs.step(action)
            assert observation.dtype == expected.dtype == np.float32
            np.testing.assert_allclose(observation, expected, rtol=2e-7, atol=2e-7)
            state = np.array([record[name][0] for name in FIELDS])
            assert_same_states(state, np.array(theirs.unwrapped.state), episode, tolerance=1e-9)
            assert ours_rest[:3] == theirs_rest[:3]


def test_start_is_uniform_in_its_range_and_single_precision():
    batch = KernelBatch(MODULE, 4000, start_low=-0.2, start_high=0.1)
    batch.reset(seeds=range(4000))
    starts = states_of(batch)
    assert starts.min() >= np.float32(-0.2)
    assert starts.max() <= np.float32(0.1)
    np.testing.assert_array_equal(starts, starts.astype(np.float32))
    counts = np.stack([np.histogram(starts[:, k], 20, (-0.2, 0.1))[0] for k in range(4)])  # 200 expected in each
    chi_square = ((counts - 200) ** 2 / 200).sum(axis=1)
    assert chi_square.max() < 53.0  # 19 degrees of freedom: exceeded once in 20,000 tries; the seeds are fixed
    assert np.abs(np.corrcoef(starts.T) - np.eye(4)).max() < 0.08  # five standard errors


def test_last_torque_is_remembered_and_there_is_none_at_the_start():
    batch = KernelBatch(MODULE, 3, autoreset_mode="Disabled")
    batch.reset(seeds=[0, 1, 2])
    assert batch.records["turned"].tolist() == [NONE] * 3
    batch.step([CLOCKWISE, NONE, COUNTER_CLOCKWISE])
    assert batch.records["turned"].tolist() == [CLOCKWISE, NONE, COUNTER_CLOCKWISE]
    batch.reset()
    assert batch.records["turned"].tolist() == [NONE] * 3


def test_trail_holds_the_last_sixteen_states():
    batch = KernelBatch(MODULE, 2, autoreset_mode="Disabled")
    batch.reset(seeds=[0, 1])
    seen = [states_of(batch)]
    for t in range(40):
        batch.step([t % 3, 2])
        seen.append(states_of(batch))
    for step in range(25, 41):
        np.testing.assert_array_equal(batch.records["trail"][:, step % 16], seen[step].astype(np.float32))


def play(policy, episodes, limit=LIMIT, **constants):
    """(N,) returns of each environment's first episode, and whether it was solved."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=limit, **constants)
    batch.seed_from(0)
    rng = np.random.default_rng(0)
    returns, solved, playing = np.zeros(episodes), np.zeros(episodes, bool), np.ones(episodes, bool)
    for _ in range(limit):
        batch.step(batch.heuristic() if policy == "heuristic" else rng.integers(0, 3, episodes))
        b = batch.buffers
        ended = playing & (b.terminated | b.truncated)
        returns[ended], solved[ended] = b.episode_return[ended], b.episode_success[ended]
        playing &= ~ended
        if not playing.any():
            return returns, solved
    raise AssertionError("the time limit did not end an episode")


def test_heuristic_has_the_stated_score():
    returns, solved = play("heuristic", 1000)
    assert solved.all()
    assert returns.min() > -90.0
    # Standard error 1.6 / sqrt(1000) = 0.05.
    assert abs(returns.mean() - KernelBatch(MODULE, 1).simulation.scores["heuristic"]) < 0.2


def test_random_policy_has_the_stated_score():
    returns, _ = play("random", 2000)
    error = np.std(returns) / math.sqrt(2000)
    assert abs(returns.mean() - KernelBatch(MODULE, 1).simulation.scores["random"]) < 4 * error


@pytest.mark.parametrize(
    "constants",
    [
        {"torque": -1.0}, {"gravity": 5.0}, {"link_mass_2": 1.5}, {"torque_noise": 0.5}, {"goal_height": 1.8},
        {"nips": 1.0},
    ],
    ids=lambda constants: "-".join(constants),
)  # fmt: skip
def test_heuristic_swings_up_other_arms(constants):
    returns, solved = play("heuristic", 32, **constants)
    assert solved.all()
    if constants == {"torque": -1.0}:  # the two actions are swapped, and hardly anything else: of equals the first
        assert returns.mean() == pytest.approx(play("heuristic", 32)[0].mean(), abs=1.0)
