"""A trajectory depends on its seed and its actions, and on nothing else.

Environment i is played alone, in batches, through both wrappers, on threads, in every autoreset mode, in another
process and with interpreted kernels; each time the observations, rewards and flags must be the same.
"""

import os
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import ludus
from acting import flat, row_of
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.slots.slotted_batch import open_batch

LIMIT, STEPS, SEED = 40, 250, 77  # a low time limit, so that all kinds of ends occur
ENVIRONMENTS = list(ludus.ENVIRONMENTS)


def actions_for(space, steps, seed):
    """(steps, *action shape), from a stream of their own."""
    rng = np.random.default_rng(seed)
    if isinstance(space, gym.spaces.Discrete):
        return rng.integers(0, space.n, steps)
    return rng.uniform(space.low, space.high, (steps, *space.shape))


def row(observation, reward=0.0, terminated=False, truncated=False):
    return np.concatenate([flat(observation), [reward, terminated, truncated]])


def batch_trajectory(id, num_envs=1, index=0, seed=SEED, mode=AutoresetMode.SAME_STEP, threads=1):
    """Rows of environment ``index``: first observations, and then each step's observation, reward and flags."""
    batch = open_batch(
        ludus.ENVIRONMENTS[id][0], num_envs, autoreset_mode=mode, max_episode_steps=LIMIT, threads=threads
    )
    seeds = list(range(1000, 1000 + num_envs))
    seeds[index] = seed
    batch.reset(seeds=seeds)
    batch.action_space.seed(seed)
    b = batch.buffers
    rows = [row(row_of(b.observation, index))]
    own_actions = iter(actions_for(batch.action_space, STEPS, SEED))
    ended = False
    while True:
        actions = np.array([batch.action_space.sample() for _ in range(num_envs)])
        if ended and mode == AutoresetMode.NEXT_STEP:
            batch.step(actions)  # the reset, which ignores the action
            rows.append(row(row_of(b.observation, index)))
            ended = False
            continue
        if mode == AutoresetMode.DISABLED and (b.terminated | b.truncated).any():
            batch.reset(b.terminated | b.truncated)
            if ended:
                rows.append(row(row_of(b.observation, index)))
        action = next(own_actions, None)
        if action is None:
            batch.close()
            return np.array(rows)
        actions[index] = action
        batch.step(actions)
        ended = bool(b.terminated[index] or b.truncated[index])
        same = ended and mode == AutoresetMode.SAME_STEP
        seen = row_of(b.final_observation if same else b.observation, index)
        rows.append(row(seen, b.reward[index], b.terminated[index], b.truncated[index]))
        if same:
            rows.append(row(row_of(b.observation, index)))


def starts(batch):
    """(N, …) what tells states apart: the observation or, where it is always the same (a bandit's), the own fields."""
    if batch.observation_space != gym.spaces.Discrete(1):
        return np.array([flat(row_of(batch.buffers.observation, i)) for i in range(batch.num_envs)])
    names = batch.simulation.state(**batch.sizes)
    rows = [b"".join(record[name].tobytes() for name in names) for record in batch.records]
    return np.array([list(row) for row in rows])


def chance(id):
    """Whether the reset and whether steps sample random numbers; some worlds begin always alike, or hold no chance."""
    batch = KernelBatch(ludus.ENVIRONMENTS[id][0], 1)
    batch.reset(seeds=[SEED])
    places = [batch.records["rng"][0]]
    batch.reset()
    places.append(batch.records["rng"][0])
    for action in actions_for(batch.action_space, LIMIT, SEED):
        batch.step(np.array([action]))
    places.append(batch.records["rng"][0])
    return places[0] != places[1], places[1] != places[2]


def single_trajectory(id):
    env = gym.make(id, max_episode_steps=LIMIT)
    observation, _ = env.reset(seed=SEED)
    rows, ended = [row(observation)], False
    for action in actions_for(env.action_space, STEPS, SEED):
        if ended:
            rows.append(row(env.reset()[0]))
        observation, reward, terminated, truncated, _ = env.step(action)
        rows.append(row(observation, reward, terminated, truncated))
        ended = terminated or truncated
    if ended:
        rows.append(row(env.reset()[0]))
    env.close()
    return np.array(rows)


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def alone(request):
    """The id and the trajectory of a batch of one."""
    rows = batch_trajectory(request.param)
    assert rows[:, -2].sum() + rows[:, -1].sum() >= 3, "too few episodes ended to compare anything"
    return request.param, rows


def test_same_seed_gives_the_same_trajectory_and_another_seed_another(alone):
    id, rows = alone
    np.testing.assert_array_equal(batch_trajectory(id), rows)
    other = batch_trajectory(id, seed=SEED + 1)
    in_reset, in_steps = chance(id)
    assert (other.shape != rows.shape or (other != rows).any()) == (in_reset or in_steps)
    batch = open_batch(ludus.ENVIRONMENTS[id][0], 2)
    batch.reset(seeds=[SEED, SEED + 1])
    first, second = starts(batch)
    assert (first != second).any() == in_reset


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize(("num_envs", "index"), [(3, 1), (64, 37)])
def test_trajectory_is_the_same_in_a_batch(alone, num_envs, index, mode):
    id, rows = alone
    np.testing.assert_array_equal(batch_trajectory(id, num_envs, index, mode=mode), rows)


def test_trajectory_is_the_same_on_threads(alone):
    id, rows = alone
    np.testing.assert_array_equal(batch_trajectory(id, 5, 4, threads=2), rows)
    np.testing.assert_array_equal(batch_trajectory(id, 1, 0, threads=2), rows)  # more threads than environments


def test_trajectory_is_the_same_on_the_single_wrapper(alone):
    id, rows = alone
    np.testing.assert_array_equal(single_trajectory(id), rows)


def trajectory_of_a_process(id, path, **variables):
    script = f"import sys; sys.path[:] = {sys.path!r}; import test_trajectories as t; "
    script += f"t.np.save({str(path)!r}, t.batch_trajectory({id!r}))"
    environment = {**os.environ, **variables}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return np.load(path)


def test_trajectory_is_the_same_in_another_process(alone, tmp_path):
    id, rows = alone
    np.testing.assert_array_equal(trajectory_of_a_process(id, tmp_path / "rows.npy", PYTHONHASHSEED="1"), rows)


def test_interpreted_kernels_agree_with_compiled_ones(alone, tmp_path):
    """Sine and cosine come from other libraries there, so the last bits may differ."""
    id, rows = alone
    interpreted = trajectory_of_a_process(id, tmp_path / "rows.npy", NUMBA_DISABLE_JIT="1")
    np.testing.assert_allclose(interpreted, rows, rtol=0, atol=1e-12)


def test_seed_from_is_reset_with_consecutive_seeds():
    for module, _ in ludus.ENVIRONMENTS.values():
        one, two = open_batch(module, 7), open_batch(module, 7)
        one.seed_from(2**63 - 8)
        two.reset(seeds=[2**63 - 8 + i for i in range(7)])
        assert one.snapshot() == two.snapshot()


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_unseeded_batches_differ_and_so_do_their_environments(id):
    batches = [KernelBatch(ludus.ENVIRONMENTS[id][0], 8) for _ in range(2)]
    for batch in batches:
        batch.reset()
    streams = np.concatenate([batch.records["rng"] for batch in batches])
    assert len(np.unique(streams)) == 16


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_reset_without_a_seed_goes_on_with_the_stream(id):
    batch = open_batch(ludus.ENVIRONMENTS[id][0], 4)
    batch.reset(seeds=[5] * 4)
    batch.action_space.seed(5)
    first = starts(batch)
    only_first = np.array([True, False, False, False])
    if not chance(id)[0]:  # what can be seen is that the reset does not go back to the stream's beginning
        batch.step(np.array([batch.action_space.sample()] * 4))
        before = batch.records["rng"].copy()
        batch.reset(only_first)
        np.testing.assert_array_equal(batch.records["rng"], before)
        return
    batch.reset(only_first)
    assert (starts(batch)[0] != first[0]).any()
    np.testing.assert_array_equal(starts(batch)[1:], first[1:])
    batch.reset(seeds=[5, None, None, None], selected=np.array([True, False, False, False]))
    np.testing.assert_array_equal(starts(batch), first)


def test_actions_of_another_precision_are_those_of_the_space():
    """What is given as doubles moves the world as single precision does, which the space declares."""
    first, second = (KernelBatch("slider", 1) for _ in "ab")
    actions = np.array([[0.1, 0.3]])
    for batch, given in ((first, actions), (second, actions.astype(np.float32))):
        batch.seed_from(0)
        batch.step(given)
    assert first.snapshot() == second.snapshot()
