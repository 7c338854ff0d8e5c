"""What is seen before an environment is compiled: kernels in Python draw, and play, what the compiled ones do."""

import warnings

import gymnasium
import numpy as np
import pytest

import ludus  # noqa: F401
from ludus.envs import ENVIRONMENTS
from ludus.envs.engine import env as env_module
from ludus.envs.engine.compile.first_frame import first_frame
from ludus.envs.make import first_picture, make_batch, watched_with
from ludus.envs.rendering.window import Window

STEPS = 12
SIZE = (80, 112)  # height and width in pixels: small, because Python draws


def picture(batch):
    frames = np.zeros((batch.num_envs, *SIZE, 3), np.uint8)
    batch.render_many(np.arange(batch.num_envs), frames)
    return frames


@pytest.mark.filterwarnings("ignore:guests speak by a grammar")
@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_python_plays_and_draws_the_bits_of_machine_code(id):
    keywords = watched_with(id)[0]
    compiled, in_python = (make_batch(id, 2, in_python=way, **keywords) for way in (False, True))
    for batch in (compiled, in_python):
        batch.seed_from(5)
    np.testing.assert_array_equal(picture(compiled), picture(in_python))
    for _ in range(STEPS):
        actions = compiled.heuristic()
        compiled.step(actions)
        in_python.step(actions)
    assert compiled.snapshot() == in_python.snapshot()
    assert picture(compiled).any()
    np.testing.assert_array_equal(picture(compiled), picture(in_python))


def test_the_first_picture_is_the_frame_of_the_start_whatever_fills_slots():
    batch = make_batch("ludus/Sorter-v0", 1, images="parcels")
    batch.seed_from(9)
    frame = np.empty((*batch.frame_size, 3), np.uint8)
    batch.render(0, frame)
    keywords = {"images": "parcels", "perception": "noisy:0.3"}
    np.testing.assert_array_equal(first_picture("ludus/Sorter-v0", keywords, 9), frame)


def test_a_numbered_start_is_drawn():
    env = gymnasium.make("ludus/Battery-v0", render_mode="rgb_array", split="test")
    env.reset(seed=1, options={"start": 3})
    keywords = {"split": "test"}
    drawn = first_frame("ludus.envs.automation.battery", keywords, 1, start=3)
    np.testing.assert_array_equal(drawn, env.render())
    assert (drawn != first_frame("ludus.envs.automation.battery", keywords, 1, start=4)).any()


@pytest.fixture
def shown(pygame, monkeypatch):
    """What windows have shown: (frames, badge)."""
    pictures = []

    def show(window, frames, **how):
        pictures.append((frames.copy(), how.get("badge", "")))
        return plain(window, frames, **{**how, "seconds": 0.0})

    plain = Window.show
    monkeypatch.setattr(Window, "show", show)
    return pictures


@pytest.mark.parametrize(("seed", "size"), [(3, 13), (None, 14)])  # what one has compiled is ready for the other
def test_the_window_of_a_cold_environment_shows_its_start_while_it_compiles(shown, monkeypatch, tmp_path, seed, size):
    """A size of its own has machine code of its own, which is compiled here: nothing lies in the cache."""
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path))
    env = gymnasium.make("ludus/Snake-v1", size=size, render_mode="human")
    assert not shown
    env.reset(seed=seed)
    first, badge = shown[0]
    assert badge.startswith("compiling · ")
    last, badge = shown[-1]
    assert badge == ""
    np.testing.assert_array_equal(first, last)
    env.close()


def test_whoever_closes_that_window_still_gets_the_environment(shown, monkeypatch, tmp_path):
    def closing(window, frames, **how):
        window.close()
        return False

    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(Window, "show", closing)
    env = gymnasium.make("ludus/Snake-v1", size=5, render_mode="human")
    assert env.reset(seed=3)[0].shape == env.observation_space.shape
    env.step(0)
    env.close()


def test_a_stream_that_came_from_elsewhere_goes_on(shown, monkeypatch):
    """A copy is in the middle of its random numbers: its first reset draws the next ones, and no seed of its own."""
    from copy import deepcopy

    env = gymnasium.make("ludus/Snake-v1", render_mode="human").unwrapped
    env.reset(seed=3)
    copy = deepcopy(env)
    assert not copy.batch.is_compiled
    np.testing.assert_array_equal(copy.reset()[0], env.reset()[0])
    for one in (env, copy):
        one.close()


def test_without_a_screen_it_compiles_all_the_same(monkeypatch):
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    env = env_module.Env("ludus.envs.games.snake", render_mode="human")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env.reset(seed=0)
    assert env.batch.is_compiled
    env.close()
