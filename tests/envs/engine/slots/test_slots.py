"""Filled slots: every filling, all wrappers and autoreset modes, ends, snapshots; the toy by hand."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import ludus
from acting import assert_same_observation, row_of
from ludus.agents.vecenv import make_vec_env
from ludus.components.component import Component
from ludus.components.composition import adapt
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.slots.slotted_batch import SlottedBatch, open_batch

MODULE, ID = "slots_toy", "test/Slots-v0"
ludus.register(ID, MODULE, max_episode_steps=6)
RAW, TRUTH = spaces.Box(0, 255, (4, 4, 1), np.uint8), spaces.Box(0, 1, (2,), np.float32)


class Remembering(Component):
    """Gives the brightness of this picture and of the one before in the episode; 0 in the first."""

    def __init__(self, input_space=RAW, output_space=TRUTH):
        super().__init__(input_space, output_space, memory=((1,),))
        self.rows = []  # of how many environments each call was

    def forward(self, x, memory):
        self.rows.append(len(x))
        now = x[:, 0, 0].float() / 100.0
        return torch.cat([now, memory[0]], dim=1), (now,)


class Warm(Remembering):
    """The same, but an episode begins with a memory of 0.5, and the memory is written where it stands."""

    in_place = True

    def first_memory(self, count):
        return (torch.full((count, 1), 0.5),)

    def forward(self, x, memory):
        y, (now,) = super().forward(x, memory)
        memory[0][:] = now
        return y, memory


def seeing():
    """A module that knows nothing of Ludus: the mean brightness, twice."""
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2, bias=False))
    torch.nn.init.constant_(module[1].weight, 1 / 16)
    return adapt(module, RAW, TRUTH, after=lambda y: y / 100.0)


def opened(num_envs=3, **keywords):
    batch = open_batch(MODULE, num_envs, **{"max_episode_steps": 6, **keywords})
    batch.reset(seeds=range(num_envs))
    return batch


# --- What each filling shows


def test_without_fillings_it_is_the_plain_batch():
    batch = open_batch(MODULE, 3, order=None)
    assert type(batch) is KernelBatch
    assert batch.observation_space == spaces.Box(0, 1000, (1,), np.float32)
    default = open_batch(MODULE, 3)
    assert list(default.observation_space) == ["order", "state"]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_fillings_show_what_they_say(mode):
    fillings = {"truth": "truth", "raw": "raw", "blind": "blind", "rule": "brightness", "component": seeing()}
    batches = {name: opened(5, camera=given, autoreset_mode=mode) for name, given in fillings.items()}
    plain = KernelBatch(MODULE, 5, autoreset_mode=mode, max_episode_steps=6)
    plain.reset(seeds=range(5))
    generator = np.random.default_rng(0)
    for _ in range(40):
        value, clock = plain.records["value"], plain.records["clock"]
        shown = {name: batch.buffers.observation["camera"] for name, batch in batches.items()}
        np.testing.assert_allclose(shown["truth"], np.stack([value / 10, clock / 10], axis=1), rtol=1e-6)
        assert shown["raw"].dtype == np.uint8
        np.testing.assert_array_equal(shown["raw"][:, :, 2, 0], value[:, None] * 10 + np.arange(4))
        assert (shown["blind"] == 0).all()
        np.testing.assert_allclose(shown["rule"], np.stack([value / 10, np.full(5, 0.5)], axis=1), rtol=1e-6)
        np.testing.assert_allclose(shown["component"], np.stack([value * 0.1 + 0.015] * 2, axis=1), rtol=1e-5)
        for batch in batches.values():
            np.testing.assert_array_equal(batch.buffers.observation["state"], plain.buffers.observation)
            np.testing.assert_array_equal(batch.buffers.observation["order"].argmax(axis=1), plain.records["order"])
        if mode == AutoresetMode.DISABLED and plain.records["pending"].any():
            selected = plain.records["pending"].copy()
            for batch in (plain, *batches.values()):
                batch.reset(selected)
            continue
        actions = generator.integers(0, 2, 5)
        ended = plain.step(actions)
        for batch in batches.values():
            assert batch.step(actions) == ended
            for name in ("reward", "terminated", "truncated", "episode_return", "episode_length"):
                np.testing.assert_array_equal(getattr(batch.buffers, name), getattr(plain.buffers, name))


def test_last_observations_are_encoded_before_the_reset():
    batch, plain = opened(4, camera=seeing()), KernelBatch(MODULE, 4, max_episode_steps=6)
    plain.reset(seeds=range(4))
    ends = 0
    for t in range(30):
        value = plain.records["value"].copy()
        actions = np.array([t % 2, 1, 0, 1])
        plain.step(actions)
        batch.step(actions)
        for i in np.flatnonzero(plain.buffers.terminated | plain.buffers.truncated):
            ends += 1
            last = value[i] + 1 + actions[i]
            final = row_of(batch.buffers.final_observation, i)
            np.testing.assert_allclose(final["camera"], [last * 0.1 + 0.015] * 2, rtol=1e-5)
            np.testing.assert_array_equal(final["state"], plain.buffers.final_observation[i])
            assert batch.buffers.observation["camera"][i, 0] == pytest.approx(plain.records["value"][i] * 0.1 + 0.015)
    assert ends > 10


@pytest.mark.parametrize("filling", ["truth", "blind"])
def test_bounds_of_a_sight_follow_the_parameters_as_those_of_the_observation_do(filling):
    changed = {"position_limit": 7.0, "randomize": {"angle_limit": (0.1, 1.5)}}
    plain = KernelBatch("ludus.envs.robotics.cartpole", 1, **changed)
    assert plain.observation_space.high[[0, 2]].tolist() == [14.0, 3.0]
    batch = open_batch("ludus.envs.robotics.cartpole", 1, vision=filling, **changed)
    assert batch.observation_space == plain.observation_space


def test_noise_of_a_level_is_the_same_whatever_the_parameters():
    """It is measured against the default world's bounds, here those of the ball's velocity."""

    def error(speed_max):
        batch = open_batch("ludus.envs.games.breakout", 2, vision="noisy:0.1", speed_max=speed_max)
        batch.seed_from(0)
        return batch.buffers.observation - batch.rows.observation

    np.testing.assert_array_equal(error(4.0), error(100.0))


@pytest.mark.parametrize("level", [0.0, 0.1, 0.5])
def test_noise_is_calibrated(level):
    batch = open_batch(MODULE, 20_000, order=f"noisy:{level}", camera=f"noisy:{level}")
    batch.seed_from(7)
    shown = batch.buffers.observation
    right = shown["order"].argmax(axis=1) == batch.records["order"]
    assert (shown["order"].sum(axis=1) == 1).all()
    assert abs((~right).mean() - level) <= 4 * np.sqrt(level * (1 - level) / 20_000)
    wrong = (shown["order"].argmax(axis=1) - batch.records["order"])[~right] % 3
    assert level == 0.0 or abs((wrong == 1).mean() - 0.5) < 4 * np.sqrt(0.25 / len(wrong))
    truth = np.stack([batch.records["value"] / 10, batch.records["clock"] / 10], axis=1)
    error = shown["camera"] - truth  # both numbers lie in 0 … 1, so the width of the bounds is 1
    assert abs(error.mean()) < 4 * level / np.sqrt(40_000) + 1e-6
    assert error.std() == pytest.approx(level, rel=0.03, abs=1e-6)
    assert abs(np.corrcoef(error.T)[0, 1]) < 0.03 if level else True


def test_noise_is_the_same_alone_in_a_batch_and_after_a_restore():
    alone, batch = opened(1, camera="noisy:0.3"), opened(9, camera="noisy:0.3")
    alone.reset(seeds=[4])
    batch.reset(seeds=[0, 1, 2, 3, 4, 5, 6, 7, 8])
    for _ in range(20):
        np.testing.assert_array_equal(alone.buffers.observation["camera"][0], batch.buffers.observation["camera"][4])
        kept, shown = batch.snapshot(), batch.buffers.observation["camera"].copy()
        batch.step(np.zeros(9, int))
        batch.restore(kept)
        np.testing.assert_array_equal(batch.buffers.observation["camera"], shown)
        for each in (alone, batch):
            each.step(np.zeros(each.num_envs, int))


# --- Memory, and slots that are filled once


@pytest.mark.parametrize(("component", "first"), [(Remembering, 0.0), (Warm, 0.5)])
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_memory_begins_anew_with_its_environment(mode, component, first):
    batch = opened(4, camera=component(), autoreset_mode=mode)
    before = [first] * 4
    generator = np.random.default_rng(1)
    for _ in range(40):
        shown = batch.buffers.observation["camera"]
        now = np.float32(batch.records["value"] / 10)
        np.testing.assert_allclose(shown, np.stack([now, before], axis=1), rtol=1e-6)
        if mode == AutoresetMode.DISABLED and batch.records["pending"].any():
            selected = batch.records["pending"].copy()
            kept = batch.buffers.observation["camera"][~selected].copy()
            batch.reset(selected)
            np.testing.assert_array_equal(batch.buffers.observation["camera"][~selected], kept)
            before = [first if gone else old for gone, old in zip(selected, before, strict=True)]
            continue
        batch.step(generator.integers(0, 2, 4))
        fresh = batch.records["clock"] == 0
        before = [first if new else old for new, old in zip(fresh, now, strict=True)]


def test_a_memory_that_is_written_in_place_is_not_copied_while_all_environments_step():
    batch, given = opened(3, camera=(warm := Warm())), []
    inner, warm.forward = warm.forward, lambda x, memory: given.append(memory[0]) or inner(x, memory)
    kept = batch.fillings["camera"].memory[0]
    batch.step(np.zeros(3, int))
    assert given[0].data_ptr() == kept.ctypes.data
    before = kept.copy()
    batch.fillings["camera"].fill(np.arange(3), np.empty((3, 2), np.float32), last=True)
    np.testing.assert_array_equal(kept, before)  # at the end of episodes nothing is remembered
    batch.reset(np.array([True, False, True]))
    assert given[-1].shape == (2, 1)
    assert given[-1].data_ptr() != kept.ctypes.data
    np.testing.assert_array_equal(kept[:, 0], np.float32(batch.records["value"] / 10))


@pytest.mark.parametrize(("component", "first"), [(Remembering, 0.0), (Warm, 0.5)])
def test_final_observation_has_the_memory_of_its_episode(component, first):
    batch = opened(1, camera=component())
    for _ in range(6):
        last = batch.buffers.observation["camera"][0, 0]
        if batch.step(np.array([0])):
            assert batch.buffers.final_observation["camera"][0, 1] == last
            assert batch.buffers.observation["camera"][0, 1] == first
            return
    raise AssertionError("no episode ended")


class Counting(Component):
    """One-hot of the order, and how often it was asked, and for how many."""

    def __init__(self):
        super().__init__(spaces.Box(0, 3, (1,), np.uint8), spaces.Box(0, 1, (3,), np.float32))
        self.asked = []

    def forward(self, x):
        self.asked.append(len(x))
        return torch.nn.functional.one_hot(x[:, 0].long() - 1, 3).float()


def test_a_reset_slot_is_encoded_once_and_only_where_there_was_a_reset():
    component = Counting()
    batch = opened(6, order=component)
    assert component.asked == [6]
    for t in range(20):
        before = len(component.asked)
        ended = batch.step(np.array([0, 1] * 3))
        assert component.asked[before:] == ([ended] if ended else []), t
        np.testing.assert_array_equal(batch.buffers.observation["order"].argmax(axis=1), batch.records["order"])
    assert 2 <= len(component.asked) < 20


# --- Snapshots


def test_snapshot_holds_memory_and_what_is_shown():
    fillings = {"camera": Remembering(), "order": Counting()}
    batch = opened(3, **fillings)
    for t in range(7):
        batch.step(np.array([0, 1, t % 2]))
    kept = batch.snapshot()

    def play(batch):
        seen = []
        for t in range(15):
            batch.step(np.array([t % 2, 0, 1]))
            seen.append({key: part.copy() for key, part in batch.buffers.observation.items()})
        return seen

    first = play(batch)
    asked = len(fillings["order"].asked)
    other = opened(3, camera=Remembering(), order=fillings["order"])
    assert len(fillings["order"].asked) == asked + 1
    other.restore(kept)
    assert len(fillings["order"].asked) == asked + 1  # what an episode's instruction said is kept, not asked again
    for one, two in zip(first, play(other), strict=True):
        assert_same_observation(one, two)
    with pytest.raises(ValueError, match="snapshot is of another batch: its slot camera is"):
        opened(3, camera="raw").restore(kept)


# --- Wrappers


@pytest.mark.parametrize("given", ["truth", "raw", "noisy:0.2", "component"])
def test_wrappers_show_the_same(given):
    fill = (lambda: Remembering()) if given == "component" else (lambda: given)
    single = gym.make(ID, camera=fill())
    vector = gym.make_vec(ID, 3, camera=fill(), autoreset_mode="SameStep")
    sb3 = make_vec_env(ID, 3, camera=fill())
    seeds = [11, 12, 13]
    observation, _ = single.reset(seed=12)
    many, _ = vector.reset(seed=seeds)
    sb3.seed(11)
    rows = sb3.reset()
    ends = 0
    for t in range(25):
        assert_same_observation(row_of(many, 1), observation)
        assert_same_observation(row_of(rows, 1), observation)
        assert single.observation_space.contains(observation)
        actions = np.array([0, t % 2, 1])
        observation, reward, terminated, truncated, _ = single.step(t % 2)
        many, rewards, _, _, info = vector.step(actions)
        rows, _, done, infos = sb3.step(actions)
        assert rewards[1] == reward
        assert done[1] == (terminated or truncated)
        if terminated or truncated:
            ends += 1
            assert_same_observation(info["final_obs"][1], observation)
            assert_same_observation(infos[1]["terminal_observation"], observation)
            observation, _ = single.reset()
    assert ends > 3


# Noise has no bounds.
@pytest.mark.filterwarnings("ignore:.*A Box observation space m..imum value is -?infinity:UserWarning")
@pytest.mark.parametrize("given", ["truth", "raw", "blind", "noisy:0.1", "brightness"])
def test_checkers_pass_with_a_filled_slot(given):
    check_env(gym.make(ID, camera=given).unwrapped, skip_render_check=True)
    report = ludus.check_vector_env(ID, profile="ludus", camera=given)
    assert not report.problems
    assert len(report.held) > 45


def test_fillings_by_name_survive_the_specs_json():
    env = gym.make(ID, camera="noisy:0.25")
    again = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert_same_observation(env.reset(seed=3)[0], again.reset(seed=3)[0])


# --- What cannot be


def gives(answer):
    class Odd(torch.nn.Module):
        def forward(self, x):
            return answer(x)

    return adapt(Odd(), RAW, TRUTH)


def test_a_misspelt_slot_is_a_type_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'camra'; did you mean 'camera'"):
        open_batch("slots_toy", 3, camra="truth")


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"camera": "trueth"}, "slot camera of slots_toy cannot be filled with 'trueth'.*did you mean 'truth'"),
        ({"camera": "noisy:2"}, "expected noisy:LEVEL with LEVEL 0 … 1"),
        ({"camera": "noisy:much"}, "expected noisy:LEVEL with LEVEL 0 … 1"),
        (
            {"camera": "xyz"},
            "'xyz': it is neither a folder nor one of truth, raw, blind, noisy:LEVEL, brightness$",  # named once
        ),
        ({"camera": 3}, "cannot be filled with 3; expected truth, raw, blind, noisy:LEVEL, brightness, the folder"),
        ({"camera": {"folder": "x"}}, "unknown entry 'folder' in slot camera"),
        ({"camera": {"device": "cpu"}}, "slot camera was given .*expected {'component': FOLDER}"),
        (
            {"camera": adapt(torch.nn.Identity(), spaces.Box(0, 255, (8, 8, 1), np.uint8), TRUTH)},
            r"takes Box\(0, 255, \(8, 8, 1\), uint8\), the slot's raw signal is Box\(0, 255, \(4, 4, 1\), uint8\)",
        ),
        (
            {"camera": adapt(torch.nn.Identity(), RAW, spaces.Box(0, 1, (3,), np.float32))},
            r"gives Box\(0.0, 1.0, \(3,\), float32\), the slot's truth is Box\(0.0, 1.0, \(2,\), float32\)",
        ),
        (
            {"camera": gives(lambda x: torch.full((len(x), 2), torch.nan))},
            "gave NaN or infinity for environment 0 of 3",
        ),
        (
            {"camera": gives(lambda x: torch.zeros(len(x), 3))},
            r"gave torch.float32 \(3, 3\), expected float32 \(3, 2\)",
        ),
        ({"camera": gives(lambda x: torch.zeros((len(x), 2), dtype=torch.int64))}, "gave torch.int64"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(keywords, words):
    with pytest.raises(ValueError, match=words) as refusal:
        opened(3, **keywords)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (torch.tensor([0.5, 0.25], dtype=torch.bfloat16), [0.5, 0.25]),
        (torch.tensor([0.5, 0.25], dtype=torch.float16), [0.5, 0.25]),
        (torch.tensor([0.5, 0.25], dtype=torch.float64), [0.5, 0.25]),
        (torch.tensor([3e38, -3e38]), [3e38, -3e38]),  # finite, though their squares are not
    ],
    ids=str,
)
def test_what_a_component_gives_is_shown_whatever_its_precision(given, shown):
    batch = opened(3, camera=gives(lambda x: given.expand(len(x), 2)))
    batch.seed_from(0)
    assert batch.shown("camera").tolist() == np.full((3, 2), shown, np.float32).tolist()


def test_a_component_may_give_a_parameter_as_it_is():
    weight = torch.nn.Parameter(torch.full((3, 2), 0.5))
    batch = opened(3, camera=gives(lambda x: weight))
    batch.seed_from(0)
    assert (batch.shown("camera") == 0.5).all()


def test_environment_whose_component_gives_infinity_is_named():
    odd = torch.zeros(3, 2)
    odd[1, 0], odd[2, 1] = -torch.inf, torch.inf
    with pytest.raises(ValueError, match="gave NaN or infinity for environment 1 of 3"):
        opened(3, camera=gives(lambda x: odd)).seed_from(0)


def test_a_component_that_gives_no_tensor_is_refused():
    with pytest.raises(TypeError, match="gave a list, expected a tensor of shape"):
        opened(3, camera=gives(lambda x: [0.0]))


def test_a_slotted_batch_cannot_move_its_observation():
    batch = opened(2)
    assert isinstance(batch, SlottedBatch)
    with pytest.raises(TypeError, match="belongs to its fillings and cannot be moved"):
        batch.show_in(np.zeros((2, 1), np.float32))
