"""The two wrappers for Gymnasium: Gymnasium's own checker, its vector environments and wrappers as the reference."""

import copy
import json
import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

import ludus
from acting import assert_same_observation, random_actions
from ludus.envs.engine.env import Env
from ludus.envs.engine.vector import VectorEnv

ENVIRONMENTS = list(ludus.ENVIRONMENTS)
SNAKE, CARTPOLE = "ludus/Snake-v1", "ludus/CartPole-v1"
N, LIMIT = 6, 25


def module_of(id):
    return ludus.ENVIRONMENTS[id][0]


# Velocities have no bound, in Gymnasium's own CartPole as well; its Pendulum's torque is in N·m, not -1 … 1.
@pytest.mark.filterwarnings("ignore:.*A Box observation space m..imum value is -?infinity:UserWarning")
@pytest.mark.filterwarnings("ignore:.*we recommend using a symmetric and normalized space:UserWarning")
@pytest.mark.parametrize("id", ENVIRONMENTS)
@pytest.mark.filterwarnings("ignore:.*is rendered, but nobody sees it:UserWarning")
def test_gymnasiums_checker_passes_without_a_display(id, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    check_env(gym.make(id).unwrapped)
    check_env(gym.make(id, render_mode="rgb_array").unwrapped)


def render_three_times(env):
    env.reset(seed=0)
    for _ in range(3):
        env.unwrapped.render()


def test_a_window_without_a_display_is_a_warning(monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    for env in (gym.make(SNAKE, render_mode="human"), gym.make_vec(SNAKE, num_envs=2, render_mode="human")):
        with pytest.warns(UserWarning, match="snake is rendered, but nobody sees it: no display found") as warned:
            render_three_times(env)
        assert len([w for w in warned if "nobody sees it" in str(w.message)]) == 1
        env.close()


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_spec_goes_through_json(id):
    spec = gym.make(id).spec
    again = gym.envs.registration.EnvSpec.from_json(spec.to_json())
    assert again == spec
    assert json.loads(spec.to_json())["kwargs"] == {"module": module_of(id)}
    env = gym.make(again)
    env.reset(seed=0)
    env.action_space.seed(0)
    assert env.observation_space.contains(env.step(env.action_space.sample())[0])


def test_spec_with_parameters_goes_through_json():
    env = gym.make(CARTPOLE, gravity=3.7, randomize={"force": (5.0, 6.0)}, drift={"cart_mass": {"to": 2.0, "at": 3}})
    again = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    for one in (env, again):
        one.reset(seed=4)
        for _ in range(4):
            one.step(0)
    assert env.unwrapped.batch.parameters(0) == again.unwrapped.batch.parameters(0)
    assert again.unwrapped.batch.parameters(0)["gravity"] == 3.7
    assert again.unwrapped.batch.parameters(0)["cart_mass"] == 2.0


def assert_same(ours, theirs, where):
    """``theirs`` (Gymnasium's) is contained in ``ours``, key by key, where the ``_key`` masks say that it counts."""
    for key, value in theirs.items():
        if key in ("totals", "_totals"):  # ours say which episodes ended, Gymnasium's who has sums: everybody
            continue
        if key.startswith("_"):
            np.testing.assert_array_equal(ours[key], value, err_msg=f"{where} {key}")
            continue
        valid = theirs[f"_{key}"]
        if isinstance(value, dict):
            assert_same(ours[key], value, f"{where} {key}")
            continue
        for i in np.flatnonzero(valid):
            assert_same_observation(ours[key][i], value[i], f"{where} {key}[{i}]")


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_vector_wrapper_equals_gymnasiums_vector_of_single_wrappers(id, mode):
    ours = VectorEnv(module_of(id), N, autoreset_mode=mode, max_episode_steps=LIMIT)
    singles = [lambda: Env(module_of(id), max_episode_steps=LIMIT)] * N
    theirs = SyncVectorEnv(singles, autoreset_mode=mode)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"] == mode
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    seeds = [3, 1, 4, 1, 5, 9]
    a, b = ours.reset(seed=seeds), theirs.reset(seed=seeds)
    rng, ends = np.random.default_rng(0), 0
    for t in range(150):
        assert_same_observation(a[0], b[0], f"observation {t}")
        assert_same(a[-1], b[-1], f"info {t}")
        if mode != AutoresetMode.SAME_STEP:  # there Gymnasium's are of the next episode already
            for key in ("return", "length", *ours.batch.terms):
                shown = b[-1]["_totals"]  # a reset of a part says nothing of the others
                ours_now, theirs_now = (info["totals"][key][shown] for info in (a[-1], b[-1]))
                np.testing.assert_array_equal(ours_now, theirs_now, err_msg=f"{key} {t}")
        if len(a) == 5:
            for k, name in enumerate(["reward", "terminated", "truncated"], start=1):
                np.testing.assert_array_equal(a[k], b[k], err_msg=f"{name} {t}")
                assert a[k].dtype == b[k].dtype
            done = a[2] | a[3]
            ends += done.sum()
            assert ("final_obs" in a[4]) == (mode == AutoresetMode.SAME_STEP and done.any())
            if mode == AutoresetMode.DISABLED and done.any():
                if t % 3 == 0:  # more than needed: a reset in mid-episode
                    done[t % N] = True
                a, b = (env.reset(options={"reset_mask": done.copy()}) for env in (ours, theirs))
                continue
        actions = random_actions(ours.single_action_space, N, rng)
        a, b = ours.step(actions), theirs.step(actions)
    assert ends > N
    ours.close()
    theirs.close()


@pytest.mark.parametrize("id", ENVIRONMENTS)
@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_info_has_the_running_totals_and_says_which_episodes_ended(id, mode):
    env = VectorEnv(module_of(id), N, autoreset_mode=mode, max_episode_steps=LIMIT)
    info = env.reset(seed=0)[1]
    env.action_space.seed(0)
    always, was_done = set(info), np.zeros(N, bool)
    sums, lengths, ends = np.zeros(N), np.zeros(N, int), 0
    for _ in range(100):
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        sums, lengths, done = sums + reward, lengths + 1, terminated | truncated
        if mode == AutoresetMode.NEXT_STEP:
            lengths[was_done] = 0  # this step was the reset
        keys = {key for key in info if not key.startswith("_")}
        assert {f"_{key}" for key in keys} == set(info) - keys
        assert keys - {"final_obs", "final_info"} == always & keys
        assert ("final_obs" in info) == ("final_info" in info) == (done.any() and mode == AutoresetMode.SAME_STEP)
        assert ("is_success" in info) == env.batch.succeeds
        totals = info["totals"]
        np.testing.assert_array_equal(info["_totals"], done)
        assert set(totals) == {f"{u}{k}" for k in ("return", "length", *env.batch.terms) for u in ("", "_")}
        # The sums of the terms, added up: of fractions, the rewards' sum rounds elsewhere.
        np.testing.assert_allclose(totals["return"], sums, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(totals["length"], lengths)
        np.testing.assert_array_equal(totals["_length"], done)
        if "final_info" in info:
            np.testing.assert_array_equal(info["final_info"]["totals"]["return"], totals["return"])
        sums[done], lengths[done], ends, was_done = 0.0, 0, ends + done.sum(), done
    assert ends > N


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_info_of_one_environment_has_the_same_keys_always(id):
    env = Env(module_of(id), max_episode_steps=LIMIT)
    rng, keys, sums, steps, ends = np.random.default_rng(0), set(), 0.0, 0, 0
    _, info = env.reset(seed=0)
    for _ in range(80):
        keys.add(json.dumps({key: [*value] if key == "totals" else None for key, value in info.items()}))
        assert (info["totals"]["length"], type(info["totals"]["length"])) == (steps, int)
        np.testing.assert_allclose(info["totals"]["return"], sums, rtol=1e-12)
        _, reward, terminated, truncated, info = env.step(random_actions(env.action_space, 1, rng)[0])
        sums, steps = sums + reward, steps + 1
        if terminated or truncated:
            np.testing.assert_allclose(info["totals"]["return"], sums, rtol=1e-12)
            _, info = env.reset()
            sums, steps, ends = 0.0, 0, ends + 1
    assert ends
    assert len(keys) == 1


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_every_array_that_was_handed_out_becomes_a_tensor_and_stays_as_it_was(id, mode):
    torch = pytest.importorskip("torch")
    env = VectorEnv(module_of(id), N, autoreset_mode=mode, max_episode_steps=LIMIT)
    rng, kept = np.random.default_rng(0), []

    def keep(value):
        if isinstance(value, dict):
            for part in value.values():
                keep(part)
        elif isinstance(value, np.ndarray) and value.dtype == object:
            for part in value:
                keep(part)
        elif isinstance(value, np.ndarray):
            torch.from_numpy(value)
            kept.append((value, value.copy()))

    keep(dict(enumerate(env.reset(seed=0))))
    for _ in range(2 * LIMIT):
        shown = env.step(random_actions(env.single_action_space, N, rng))
        keep(dict(enumerate(shown)))
        done = shown[2] | shown[3]
        if mode == AutoresetMode.DISABLED and done.any():
            keep(dict(enumerate(env.reset(options={"reset_mask": done}))))
    env.reset(seed=1)
    assert len(kept) > 100
    for now, then in kept:
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("vector", [SyncVectorEnv, AsyncVectorEnv])
def test_gymnasiums_vector_environments_import_by_the_name(vector):
    envs = vector([lambda: gym.make("ludus:ludus/Snake-v1", size=4)] * 2)
    observation, info = envs.reset(seed=0)
    assert observation.shape == (2, 4, 4, 5)
    assert info["action_mask"].shape == (2, 4)
    expected = VectorEnv(module_of(SNAKE), 2, size=4)
    np.testing.assert_array_equal(expected.reset(seed=0)[0], observation)
    np.testing.assert_array_equal(expected.step(np.array([0, 1]))[0], envs.step(np.array([0, 1]))[0])
    envs.close()


def test_make_vec_builds_the_native_vector_environment():
    envs = gym.make_vec("ludus:ludus/CartPole-v1", num_envs=3)
    assert isinstance(envs.unwrapped, VectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert envs.autoreset_mode is AutoresetMode.NEXT_STEP
    assert envs.spec.id == CARTPOLE
    envs = gym.make_vec(CARTPOLE, num_envs=3, autoreset_mode=AutoresetMode.SAME_STEP)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    envs.close()


# --- The time limit --------------------------------------------------------------------------------------------------


def steps_until_truncated(env, steps):
    """Balance with the heuristic; the step in which the first environment is truncated, or None within ``steps``."""
    env.reset(seed=0)
    batch = env.unwrapped.batch
    is_vector = isinstance(env.unwrapped, VectorEnv)
    for t in range(1, steps + 1):
        actions = batch.heuristic()
        _, _, terminated, truncated, _ = env.step(actions if is_vector else int(actions[0]))
        assert not np.any(terminated)
        if np.any(truncated):
            return t
    return None


@pytest.mark.parametrize(("limit", "expected"), [(100, 100), (1000, 1000), (None, 500)])
def test_time_limit_is_given_to_make_and_to_make_vec(limit, expected):
    keywords = {} if limit is None else {"max_episode_steps": limit}
    assert steps_until_truncated(gym.make(CARTPOLE, **keywords), 1200) == expected
    assert steps_until_truncated(gym.make_vec(CARTPOLE, num_envs=2, **keywords), 1200) == expected


def test_no_time_limit():
    assert steps_until_truncated(gym.make(CARTPOLE, max_episode_steps=-1), 1200) is None
    assert steps_until_truncated(gym.make_vec(CARTPOLE, num_envs=2, max_episode_steps=None), 1200) is None


def test_termination_and_time_limit_in_the_same_step_set_both_flags():
    free = Env(module_of(CARTPOLE))
    free.reset(seed=0)
    falls = next(t for t in range(1, 200) if free.step(1)[2])
    for limit, expected in ((falls - 1, (False, True)), (falls, (True, True)), (falls + 1, (True, False))):
        single = gym.make(CARTPOLE, max_episode_steps=limit)
        vector = gym.make_vec(CARTPOLE, num_envs=1, max_episode_steps=limit)
        for env in (single, vector):
            env.reset(seed=0)
        while True:
            one, many = single.step(1), vector.step(np.array([1]))
            assert (many[2][0], many[3][0]) == one[2:4]
            if one[2] or one[3]:
                break
        assert one[2:4] == expected


# --- Wrappers, masks, memory, closing --------------------------------------------------------------------------------


def test_episode_statistics_of_gymnasiums_wrappers_are_our_totals():
    single = gym.wrappers.RecordEpisodeStatistics(gym.make(SNAKE, size=4))
    single.reset(seed=2)
    while True:
        _, _, terminated, truncated, info = single.step(single.action_space.sample(mask=mask_of(single)))
        if terminated or truncated:
            break
    assert info["episode"]["r"] == info["totals"]["return"] == info["totals"]["fruit"]
    assert info["episode"]["l"] == info["totals"]["length"]
    assert info["is_success"] is (info["totals"]["fruit"] == 15)

    vector = gym.wrappers.vector.RecordEpisodeStatistics(gym.make_vec(SNAKE, num_envs=4, size=4))
    vector.reset(seed=2)
    vector.action_space.seed(2)
    ends = 0
    while ends < 8:
        _, _, terminated, truncated, info = vector.step(vector.action_space.sample())
        done = terminated | truncated
        if done.any():
            np.testing.assert_array_equal(info["_episode"], done)
            np.testing.assert_array_equal(info["episode"]["r"][done], info["totals"]["return"][done])
            np.testing.assert_array_equal(info["episode"]["l"][done], info["totals"]["length"][done])
            ends += done.sum()


def mask_of(env):
    return env.unwrapped.action_masks().astype(np.int8)


def test_action_mask_of_info_is_what_gymnasium_samples_with():
    env = gym.make(SNAKE, size=4)
    for seed in range(5):
        _, info = env.reset(seed=seed)
        env.action_space.seed(seed)
        terminated = False
        for _ in range(60):
            np.testing.assert_array_equal(info["action_mask"], env.unwrapped.action_masks())
            if not info["action_mask"].any():
                break
            action = env.action_space.sample(mask=info["action_mask"])
            assert info["action_mask"][action] == 1
            _, _, terminated, _, info = env.step(action)
            assert not terminated or info["is_success"]
            if terminated:
                break


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_returned_arrays_are_nobody_elses(id):
    single, vector = gym.make(id).unwrapped, VectorEnv(module_of(id), 3, autoreset_mode="SameStep", max_episode_steps=2)
    for env in (single, vector):
        observations, others = [env.reset(seed=0)[0]], []
        for _ in range(2):
            result = env.step(0 * env.action_space.sample())  # 0 of whatever kind: legal with this seed
            observations.append(result[0])
            arrays = [value for value in (*result[1:4], *result[4].values()) if isinstance(value, np.ndarray)]
            others += [value for value in arrays if value.dtype != object]
            observations += [value for array in arrays if array.dtype == object for value in array]
        buffers = list(env.batch.buffers)
        for array in (*observations, *others):
            assert not any(np.shares_memory(array, buffer) for buffer in buffers)
        for i, array in enumerate(observations):
            assert not any(np.shares_memory(array, other) for other in observations[:i])


def test_without_copies_the_arrays_are_views_with_the_same_values():
    fresh, views = (VectorEnv(module_of(SNAKE), 3, size=4, copy=copy) for copy in (True, False))
    first = views.reset(seed=0)[0]
    fresh.reset(seed=0)
    fresh.action_space.seed(0)
    for _ in range(20):
        actions = fresh.action_space.sample()
        a, b = fresh.step(actions), views.step(actions)
        assert all(np.array_equal(x, y) for x, y in zip(a[:4], b[:4], strict=True))
        np.testing.assert_array_equal(a[4]["action_mask"], b[4]["action_mask"])
        assert np.shares_memory(b[0], first)


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_frames_of_both_wrappers(id):
    single, vector = (make(id, render_mode="rgb_array") for make in (gym.make, gym.make_vec))
    single.reset(seed=0)
    vector.reset(seed=0)
    frame, frames = single.render(), vector.render()
    assert isinstance(frames, tuple)
    assert frame.dtype == np.uint8
    assert frame.shape == (*single.unwrapped.batch.simulation.frame, 3)
    np.testing.assert_array_equal(frames[0], frame)
    assert single.metadata["render_fps"] == single.unwrapped.batch.simulation.fps
    with pytest.warns(UserWarning, match="render_mode"):
        assert gym.make(id).unwrapped.render() is None


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_closing_twice_is_allowed(id):
    for env in (gym.make(id), gym.make_vec(id, num_envs=2, threads=2)):
        env.reset(seed=0)
        env.close()
        env.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_closed_vector_environment_has_no_threads_and_goes_on(threads):
    env = gym.make_vec(CARTPOLE, num_envs=4, threads=threads)
    env.reset(seed=0)
    env.close()
    assert env.step(np.ones(4, int))[1].tolist() == [1.0] * 4


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_a_copy_has_the_same_future_and_leaves_the_original_where_it_is(id, again):
    single, vector = gym.make(id), gym.make_vec(id, num_envs=3, autoreset_mode=AutoresetMode.SAME_STEP)
    for env, space in ((single, single.action_space), (vector, vector.action_space)):
        space.seed(1)
        for seed in range(9):  # to the middle of an episode
            env.reset(seed=seed)
            if not np.any(env.step(space.sample())[2:4]):
                break
        before = env.unwrapped.batch.snapshot()
        other, actions, seen = again(env), [], []
        assert other.unwrapped.batch is not env.unwrapped.batch
        for _ in range(5):
            actions.append(space.sample())
            seen.append(other.step(actions[-1]))
            if np.any(seen[-1][2:4]):
                break
        assert env.unwrapped.batch.snapshot() == before
        for action, (observation, reward, *_) in zip(actions, seen, strict=True):
            ours = env.step(action)
            assert_same_observation(ours[0], observation)
            np.testing.assert_array_equal(ours[1], reward)
        assert other.unwrapped.batch.snapshot() == env.unwrapped.batch.snapshot()


@pytest.mark.parametrize(
    ("id", "action", "message"),
    [
        (CARTPOLE, np.array([1]), r"an action of cartpole must have shape \(\), got \(1,\)"),
        ("ludus/Pendulum-v1", 0.5, r"an action of pendulum must have shape \(1,\), got \(\)"),
    ],
)
def test_an_action_of_another_shape_is_refused_in_the_shapes_of_one_environment(id, action, message):
    env = Env(module_of(id))
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.step(action)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"reset_mask": [True, False]}, TypeError, r"must be a bool array \(2,\), got \[True, False\]"),
        ({"reset_mask": np.array([1, 0])}, TypeError, r"must be a bool array \(2,\), got int64 \(2,\)"),
        ({"reset_mask": np.array([True])}, TypeError, r"must be a bool array \(2,\), got bool \(1,\)"),
        ({"reset_mask": np.array([False, False])}, ValueError, "must select at least one environment"),
        ({"seed": 3}, ValueError, "unknown reset option 'seed'; reset takes only 'reset_mask'"),
    ],
)
def test_wrong_reset_options_are_refused(options, kind, message):
    with pytest.raises(kind, match=message):
        VectorEnv(module_of(CARTPOLE), 2).reset(options=options)


@pytest.mark.parametrize("wrapper", [Env, VectorEnv])
def test_wrong_render_mode_is_refused(wrapper):
    with pytest.raises(ValueError, match="render_mode must be None, 'rgb_array' or 'human', got 'ansi'"):
        wrapper(module_of(CARTPOLE), render_mode="ansi")


def test_a_refused_reset_leaves_the_seed_alone():
    env = Env(module_of(CARTPOLE))
    env.reset(seed=1)
    with pytest.raises(ValueError, match="reset takes no options here"):
        env.reset(seed=5, options={"x": 1})
    assert env.np_random_seed == 1


def test_masks_that_are_handed_out_without_a_copy_cannot_be_written_into():
    env = VectorEnv(module_of(SNAKE), 3, copy=False)
    env.reset(seed=0)
    info = env.step(np.zeros(3, int))[4]
    with pytest.raises(ValueError, match="read-only"):
        info["_action_mask"][0] = False


def test_what_is_final_can_be_changed_without_changing_the_rest():
    env = VectorEnv(module_of(CARTPOLE), 3, autoreset_mode="SameStep", max_episode_steps=2)
    env.reset(seed=0)
    env.step(np.zeros(3, int))
    info = env.step(np.zeros(3, int))[4]
    del info["final_info"]["totals"]["return"]
    assert info["totals"]["return"].tolist() == [2.0, 2.0, 2.0]
