"""Actions and observations of several parts: equal to a Python twin, alone as in a batch, saved, refused."""

import copy
import os
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from ludus.envs.engine.env import Env
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.engine.space_layout import (
    action_bounds,
    any_in_each,
    flags_in,
    highest_of_each,
    values_of,
)
from ludus.envs.engine.vector import VectorEnv
from painter_twin import PainterTwin

PAINTER, LAMPS = "painter", "lamps"
ACTIONS = spaces.MultiDiscrete([3, 5])


def actions_of(rng, count, num_envs):
    return rng.integers(0, [3, 5], (count, num_envs, 2))


def assert_same(shown, expected):
    assert set(shown) == set(expected)
    for key, part in expected.items():
        np.testing.assert_array_equal(shown[key], part, err_msg=key)


@pytest.mark.parametrize("cells", [5, 2, 9])
def test_every_step_equals_the_python_twin(cells):
    batch = open_batch(PAINTER, 20, cells=cells, autoreset_mode="Disabled", cost=0.25)
    batch.seed_from(3)
    twins = [PainterTwin(cells, int(at), 0.25) for at in batch.records["at"]]
    b, ends = batch.buffers, 0
    for actions in actions_of(np.random.default_rng(0), 60, 20):
        for i, twin in enumerate(twins):
            for key, part in twin.observation.items():
                np.testing.assert_array_equal(b.observation[key][i], np.asarray(part, b.observation[key].dtype))
            assert b.mask[i].astype(bool).tolist() == twin.mask
        batch.step(actions)
        told = [twin.step(*action) for twin, action in zip(twins, actions.tolist(), strict=True)]
        assert b.reward.tolist() == [reward for reward, _ in told]
        assert b.terminated.tolist() == [ended for _, ended in told]
        ended = b.terminated.copy()
        if ended.any():
            ends += int(ended.sum())
            batch.reset(ended)
            for i in np.flatnonzero(ended):
                twins[i] = PainterTwin(cells, int(batch.records["at"][i]), 0.25)
    assert ends > 5


@pytest.mark.parametrize("sheen", [None, "truth"])
def test_an_environment_alone_plays_what_it_plays_in_a_batch(sheen):
    many = VectorEnv(PAINTER, 4, sheen=sheen, max_episode_steps=9)
    alone = [Env(PAINTER, sheen=sheen, max_episode_steps=9) for _ in range(4)]
    seen, _ = many.reset(seed=7)
    each = [env.reset(seed=7 + i)[0] for i, env in enumerate(alone)]
    ended = np.zeros(4, bool)
    for actions in actions_of(np.random.default_rng(1), 40, 4):
        for i in range(4):
            assert each[i] in alone[i].observation_space
            assert_same({key: part[i] for key, part in seen.items()}, each[i])
        seen, reward, terminated, truncated, info = many.step(actions)
        assert seen in many.observation_space
        for i, env in enumerate(alone):
            if ended[i]:
                each[i], told = env.reset()
                continue
            each[i], *flags, told = env.step(actions[i])
            assert flags == [reward[i], terminated[i], truncated[i]]
            np.testing.assert_array_equal(told["action_mask"], info["action_mask"][i])
        ended = terminated | truncated
    assert many.batch.records["age"].min() > 30


def test_the_last_observation_of_an_episode_is_kept_under_same_step():
    ahead = VectorEnv(PAINTER, 3, autoreset_mode=AutoresetMode.SAME_STEP, max_episode_steps=4)
    behind = VectorEnv(PAINTER, 3, autoreset_mode=AutoresetMode.DISABLED, max_episode_steps=4)
    for env in (ahead, behind):
        env.reset(seed=0)
    for actions in actions_of(np.random.default_rng(2), 4, 3):
        now, _, _, truncated, info = ahead.step(actions)
        last, *_ = behind.step(actions)
    assert truncated.all()
    for i in range(3):
        assert_same(info["final_obs"][i], {key: part[i] for key, part in last.items()})
    assert (now["time"] == 0.0).all()
    assert (last["time"] == 4 / 14).all()


def test_what_is_handed_out_stays_as_it_is_and_views_are_of_the_batch():
    env = VectorEnv(PAINTER, 2)
    first, _ = env.reset(seed=0)
    kept = copy.deepcopy(first)
    env.step(np.array([[1, 1], [1, 2]]))
    assert_same(first, kept)
    views = VectorEnv(PAINTER, 2, copy=False)
    first, _ = views.reset(seed=0)
    second = views.step(np.array([[1, 1], [1, 2]]))[0]
    assert first["cells"] is second["cells"]
    assert first["cells"].any()


def test_a_snapshot_and_a_copy_go_on_bit_by_bit():
    env = VectorEnv(PAINTER, 3, sheen="truth", max_episode_steps=7)
    env.reset(seed=0)
    moves = actions_of(np.random.default_rng(3), 20, 3)
    for actions in moves[:5]:
        before = env.step(actions)[0]
    data, twin = env.batch.snapshot(), copy.deepcopy(env)
    ahead = [env.step(actions) for actions in moves[5:]]
    env.batch.restore(data)
    assert_same({key: np.asarray(part) for key, part in env.batch.buffers.observation.items()}, before)
    for actions, expected in zip(moves[5:], ahead, strict=True):
        for other in (env, twin):
            seen, reward, *_ = other.step(actions)
            assert_same(seen, expected[0])
            np.testing.assert_array_equal(reward, expected[1])


def test_slots_join_the_keys_of_the_observation():
    env = Env(PAINTER, sheen="truth")
    assert list(env.observation_space) == ["brush", "cells", "sheen", "time"]
    env.reset(seed=0)
    seen = env.step(np.array([1, 3]))[0]
    assert seen["sheen"] == np.float32(0.75)
    assert seen["cells"].sum() == 3


def test_bits_are_pressed_and_a_mask_has_two_flags_for_each():
    env = Env(LAMPS)
    seen, info = env.reset(seed=4)
    on, wanted = seen[:4].astype(int), seen[4:].astype(int)
    wrong = on != wanted
    first = int(np.argmax(wrong))
    expected = [flag for k in range(4) for flag in (k != first, bool(wrong[k]))]
    assert info["action_mask"].astype(bool).tolist() == expected == env.action_masks().tolist()
    seen, reward, terminated, _, info = env.step(wrong)  # bool: what NumPy's comparison gives
    assert seen[:4].tolist() == wanted.tolist()
    assert (reward, terminated, info["is_success"]) == (-wrong.sum(), True, True)
    batch = open_batch(LAMPS, 50)
    batch.seed_from(0)
    assert batch.step(batch.heuristic()) == 50


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([[0, 5], [0, 0]], r"action \[0, 5\] of environment 0 is outside .* member of MultiDiscrete\(\[3 5\]\)"),
        ([[0, 0], [-1, 0]], r"action \[-1, 0\] of environment 1 is outside"),
        ([[0.0, 1.0], [0.0, 0.0]], "must be whole numbers, got dtype float64"),
        ([[True, True], [True, True]], "must be whole numbers, got dtype bool"),
        ([0, 1], r"must have shape \(2, 2\), got \(2,\)"),
    ],
)
def test_actions_that_do_not_belong_to_the_space_are_refused_and_nothing_moves(actions, message):
    env = VectorEnv(PAINTER, 2)
    env.reset(seed=0)
    before = env.batch.snapshot()
    with pytest.raises((ValueError, TypeError), match=message):
        env.step(np.array(actions))
    assert env.batch.snapshot() == before


@pytest.mark.parametrize("actions", [[[0, 0, 0, 2]], [[0, -1, 0, 0]], [[0.0, 1.0, 0.0, 0.0]]])
def test_what_is_no_bit_is_refused(actions):
    env = VectorEnv(LAMPS, 1)
    env.reset(seed=0)
    with pytest.raises((ValueError, TypeError), match="outside the action space|whole numbers"):
        env.step(np.array(actions))


def test_interpreted_kernels_play_the_same():
    play = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import numpy as np\n"
        "from ludus.envs.engine.vector import VectorEnv\n"
        "env = VectorEnv('painter', 3, autoreset_mode='SameStep', max_episode_steps=6)\n"
        "env.reset(seed=1)\n"
        "for actions in np.random.default_rng(5).integers(0, [3, 5], (12, 3, 2)): seen = env.step(actions)\n"
        "env.batch.restore(env.batch.snapshot())\n"
        "print(sum(part.astype(float).sum() for part in seen[0].values()), env.batch.snapshot().hex()[-300:])\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", play], env={**os.environ, "NUMBA_DISABLE_JIT": off}, capture_output=True, text=True
        )
        for off in ("0", "1")
    ]
    assert said[0].stdout, said[0].stderr
    assert said[0].stdout == said[1].stdout, said[1].stderr


def test_checked_and_unchecked_code_play_the_same(monkeypatch):
    def play():
        env = VectorEnv(PAINTER, 3, sheen="truth", autoreset_mode=AutoresetMode.SAME_STEP, max_episode_steps=6)
        env.reset(seed=1)
        for actions in actions_of(np.random.default_rng(5), 12, 3):
            env.step(actions)
        return hasattr(env.batch._drive, "demand"), env.batch.snapshot()

    unchecked = play()
    monkeypatch.setenv("LUDUS_UNCHECKED", "0")
    checked = play()
    assert (unchecked[0], checked[0]) == (False, True)
    assert unchecked[1] == checked[1]


def test_the_layout_of_masks_is_that_of_sb3_contrib():
    for space, values in (
        (spaces.Discrete(4), (4,)),
        (spaces.MultiDiscrete([2, 3]), (2, 3)),
        (spaces.MultiBinary(3), (2, 2, 2)),
        (spaces.Box(-1, 1, (2,)), ()),
    ):
        assert values_of(space) == values
        assert flags_in(space) == (sum(values) or 1)
    low, high = action_bounds(spaces.MultiDiscrete([2, 3]), "x")
    assert (low.tolist(), high.tolist()) == ([0, 0], [1, 2])
    with pytest.raises(ValueError, match=r"count them from 0; declare MultiDiscrete\(\[2, 3\]\)"):
        action_bounds(spaces.MultiDiscrete([2, 3], start=[0, 1]), "x")


def test_values_are_chosen_within_each_component():
    weights = np.array([[0.1, 0.9, 0.3, 0.2, 0.1], [0.5, 0.4, 0.0, 0.1, 0.2]])
    assert highest_of_each(weights, spaces.MultiDiscrete([2, 3])).tolist() == [[1, 0], [0, 2]]
    assert highest_of_each(weights, spaces.Discrete(5)).tolist() == [1, 0]
    mask = np.array([[1, 0, 0, 0, 1], [1, 1, 0, 0, 0], [0, 0, 1, 1, 1]], np.int8)
    assert any_in_each(mask, spaces.MultiDiscrete([2, 3])).tolist() == [True, False, False]
    assert any_in_each(mask, spaces.Discrete(5)).tolist() == [True, True, True]


def test_gymnasium_makes_both_faces_and_its_own_checker_passes():
    from gymnasium.utils.env_checker import check_env

    gymnasium.register("test/PainterAlone-v0", "ludus.envs.engine.env:Env", kwargs={"module": PAINTER})
    try:
        check_env(gymnasium.make("test/PainterAlone-v0").unwrapped, skip_render_check=True)
    finally:
        del gymnasium.registry["test/PainterAlone-v0"]
