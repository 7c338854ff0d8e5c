"""The loop that shows a policy to a person, in a window (under SDL's dummy driver) or in a video."""

import io
import itertools
import os
import re
import subprocess
import sys

import gymnasium
import imageio_ffmpeg
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from PIL import Image
from rich.console import Console

from ludus.envs.engine.gymnasium_batch import GymnasiumBatch
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.human.tile_tags import MOST
from ludus.envs.human.watch import Rollout, watch
from ludus.envs.make import make_batch
from ludus.envs.rendering import window as window_module
from ludus.envs.rendering.window import Window
from ludus.envs.rendering.window_commands import Command

CARTPOLE = "ludus.envs.robotics.cartpole"


def left(batch):
    """Always to the left: an episode lasts about ten steps."""
    return np.zeros(batch.num_envs, np.int64)


def quiet():
    return Console(file=io.StringIO(), width=100)


@pytest.fixture
def type_keys(pygame, monkeypatch):
    """Give the person's commands look by look: ``type_keys([], ["pause"], …)``; then nothing more, or quit."""

    def set_script(*looks):
        script = iter(looks)
        monkeypatch.setattr(Window, "poll", lambda self: [Command(name) for name in next(script, ["quit"])])
        monkeypatch.setattr(Window, "show", lambda self, frames, **rest: shown.append((frames.copy(), rest)))

    shown = []
    set_script.shown = shown
    return set_script


def badges(shown):
    return [rest["badge"] for _, rest in shown]


def test_a_pause_holds_the_world_and_a_single_step_moves_it_by_one(type_keys):
    type_keys([], ["pause"], [], [], ["step"], [], ["step"], ["pause"], [])
    seen = watch(KernelBatch(CARTPOLE, 1), left, seed=0, console=quiet())
    assert seen.steps == 1 + 2 + 2
    assert badges(type_keys.shown) == ["", *["PAUSED"] * 6, "", ""]
    frames = [frame for frame, _ in type_keys.shown]
    same = [np.array_equal(a, b) for a, b in itertools.pairwise(frames)]
    assert same == [True, True, True, False, True, False, False, False]


def test_a_single_step_pauses_a_running_world(type_keys):
    type_keys([], ["step"], [], [])
    assert watch(KernelBatch(CARTPOLE, 1), left, seed=0, console=quiet()).steps == 2
    assert badges(type_keys.shown) == ["", "PAUSED", "PAUSED", "PAUSED"]


def figures(shown, label):
    return [dict(rest["figures"])[label] for _, rest in shown]


def test_restart_repeats_the_seed_and_next_seed_takes_new_ones(type_keys):
    starts = []

    def policy(batch):
        starts.append(batch.buffers.observation.copy())
        return left(batch)

    type_keys([], [], ["restart"], ["next seed"], [])
    watch(KernelBatch(CARTPOLE, 2), policy, seed=5, console=quiet())
    assert figures(type_keys.shown, "seed") == ["5", "5", "5", "7", "7"]
    assert np.array_equal(starts[0], starts[2])
    fresh = KernelBatch(CARTPOLE, 2)
    fresh.seed_from(7)
    assert np.array_equal(starts[3], fresh.buffers.observation)


def test_speed_doubles_and_halves_and_the_pace_follows(type_keys):
    type_keys([], ["faster"], ["slower", "slower"], ["slower"] * 20, ["faster"] * 40)
    seen = watch(KernelBatch(CARTPOLE, 1), left, seed=0, fps=8, console=quiet())
    assert figures(type_keys.shown, "speed")[:3] == ["1×", "2×", "0.5×"]
    assert [rest["seconds"] for _, rest in type_keys.shown][:3] == [1 / 8, 1 / 16, 1 / 4]
    assert "0.0625×" in figures(type_keys.shown, "speed")  # the slowest, after twenty halvings
    assert figures(type_keys.shown, "speed")[-1] == "256×"
    assert seen.steps > 4 + 5  # at 2,048 steps per second several steps make one picture


def test_help_is_shown_and_hidden(type_keys, monkeypatch):
    helped = []
    type_keys([], ["help"], [], ["help"])
    monkeypatch.setattr(Window, "show", lambda self, frames, **rest: helped.append(self.help))
    watch(KernelBatch(CARTPOLE, 1), left, seed=0, console=quiet())
    assert helped == [False, True, True, False]


def test_the_end_of_an_episode_stays_for_a_moment_with_its_figures(type_keys):
    type_keys(*[[]] * 50)
    seen = watch(KernelBatch(CARTPOLE, 1), left, seed=0, episodes=2, console=quiet())
    assert seen.episodes == 2
    assert sum(seen.lengths) == seen.steps
    assert seen.returns == [float(length) for length in seen.lengths]
    ends = [i for i, badge in enumerate(badges(type_keys.shown)) if badge == "EPISODE OVER"]
    assert len(ends) == 2
    at = ends[0]
    shown = type_keys.shown
    assert np.array_equal(shown[at][0], shown[at - 1][0])
    assert figures(shown, "step")[at - 1 : at + 2] == [str(seen.lengths[0] - 1), str(seen.lengths[0]), "0"]
    assert figures(shown, "last return")[at - 1 : at + 1] == ["–", str(seen.lengths[0])]
    assert figures(shown, "episodes")[at] == "1"


def test_figures_of_many_environments_are_means(pygame):
    rollout = Rollout(KernelBatch(CARTPOLE, 3), left, seed=0)
    while not rollout.seen.episodes:
        rollout.advance()
    shown = dict(rollout.figures(1.0))
    clocks = rollout.batch.records["clock"]
    assert (clocks == 0).any()
    assert shown["mean return"] == f"{clocks.mean():.4g}"  # CartPole: +1 per step
    assert shown["last mean"] == f"{np.mean(rollout.seen.returns):.4g}"


def test_steps_are_counted_exactly_at_any_speed(pygame):
    seen = watch(KernelBatch(CARTPOLE, 4), left, seed=0, steps=101, speed=64, console=quiet())
    assert seen.steps == 101


def test_the_keys_are_printed_once(type_keys):
    console = quiet()
    type_keys([], [], [])
    watch(KernelBatch(CARTPOLE, 1), left, seed=0, title="[odd] title", console=console)
    text = console.file.getvalue()
    assert text.startswith("[odd] title")
    for _, _, sentence in window_module.KEYS:
        assert text.count(sentence) == 1


def test_the_close_button_ends_it_at_any_moment(pygame):
    rollout = Rollout(KernelBatch(CARTPOLE, 1), left, seed=0)
    while not rollout.advance():
        pass
    for close_at in (3, rollout.seen.steps):  # in the middle; while the end of the episode stands

        def policy(batch, calls=[], close_at=close_at):  # noqa: B006
            calls.append(1)
            if len(calls) == close_at:
                (window,) = window_module._windows.values()
                pygame.event.post(pygame.event.Event(pygame.WINDOWCLOSE, window=window._window))
            return left(batch)

        assert watch(KernelBatch(CARTPOLE, 1), policy, seed=0, console=quiet()).steps == close_at


@pytest.mark.parametrize("problem", [ZeroDivisionError, KeyboardInterrupt])
def test_the_window_is_closed_whatever_happens(pygame, problem):
    def policy(batch):
        raise problem

    if problem is KeyboardInterrupt:
        assert watch(KernelBatch(CARTPOLE, 1), policy, seed=0, console=quiet()).steps == 0
    else:
        with pytest.raises(problem):
            watch(KernelBatch(CARTPOLE, 1), policy, seed=0, console=quiet())
    assert not window_module._windows


def frames_in(path):
    return imageio_ffmpeg.count_frames_and_secs(str(path))


def test_a_video_of_one_environment_holds_each_step_and_each_end(tmp_path):
    path = tmp_path / "a.mp4"
    seen = watch(KernelBatch(CARTPOLE, 1), left, seed=0, record=path, episodes=2, console=quiet())
    assert seen.video == path
    assert seen.episodes == 2
    first = seen.lengths[0]
    # One picture per state before the end, twice; both ends stay for 0.6 s at 50 steps per second.
    assert frames_in(path)[0] == first + seen.lengths[1] + 2 * 30


def test_a_fast_video_leaves_out_pictures_and_keeps_its_length(tmp_path):
    batch = KernelBatch(CARTPOLE, 4)
    seen = watch(batch, left, seed=0, record=tmp_path / "a.mp4", steps=400, speed=8, console=quiet())
    count, seconds = frames_in(tmp_path / "a.mp4")
    assert seen.steps == 400
    assert seconds == pytest.approx(1.0, abs=0.2)
    assert 50 <= count <= 62


def test_a_video_without_limits_ends_after_an_episode_per_environment(tmp_path):
    seen = watch(KernelBatch(CARTPOLE, 3), left, seed=0, record=tmp_path / "a.mp4", console=quiet())
    assert 3 <= seen.episodes <= 5
    assert seen.episodes == len(seen.returns)
    assert seen.lengths == seen.returns  # CartPole: +1 per step


def test_an_interrupted_video_holds_what_was_played(tmp_path):
    calls = []

    def policy(batch):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return left(batch)

    seen = watch(KernelBatch(CARTPOLE, 1), policy, seed=0, record=tmp_path / "a.mp4", console=quiet())
    assert seen.steps == 5
    assert frames_in(tmp_path / "a.mp4")[0] == 6


def test_the_progress_of_a_recording_fits_a_terminal_of_80_columns(tmp_path):
    console = Console(file=io.StringIO(), width=80)
    title = f"ludus/MountainCarContinuous-v0 · {'ppo of the zoo (100,000 steps; return 93.2) ' * 2}".strip()
    watch(KernelBatch(CARTPOLE, 1), left, seed=0, record=tmp_path / "a.mp4", steps=7, title=title, console=console)
    printed = console.file.getvalue()
    assert all(len(line) <= 80 for line in printed.splitlines())
    assert "…" not in printed
    assert " ".join(printed.split()).startswith(title)
    assert re.search(r"recording ━+ 7/7 steps \d", printed)


def test_a_failing_policy_leaves_no_file(tmp_path):
    with pytest.raises(ZeroDivisionError):
        watch(KernelBatch(CARTPOLE, 1), lambda batch: 1 / 0, seed=0, record=tmp_path / "a.mp4", console=quiet())
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"episodes": -1}, "episodes must be at least 1"),
        ({"speed": 0}, "speed must be above 0"),
        ({"fps": float("nan")}, "fps must be above 0"),
        ({"seed": -1}, "a seed must be 0"),
        ({"record": "a.avi"}, r"must be an \.mp4, \.gif or \.webp file"),
    ],
)
def test_wrong_arguments_are_named(wrong, words):
    with pytest.raises(ValueError, match=words):
        watch(KernelBatch(CARTPOLE, 1), left, **{"seed": 0, "record": "a.mp4", **wrong}, console=quiet())


def test_a_batch_of_another_autoreset_mode_is_refused():
    with pytest.raises(ValueError, match="SAME_STEP, got DISABLED"):
        watch(KernelBatch(CARTPOLE, 1, autoreset_mode="Disabled"), left, seed=0, record="a.mp4")


def test_a_third_partys_environment_without_frames_is_refused():
    batch = GymnasiumBatch("CartPole-v1", 1)
    with pytest.raises(ValueError, match="CartPole-v1 was made without frames"):
        watch(batch, left, seed=0, record="a.mp4")
    batch.close()


def test_a_third_partys_environment_shows_its_own_pictures(type_keys):
    batch = make_batch("CartPole-v1", 2, rendered=True)
    type_keys([], [])
    seen = watch(batch, left, seed=3, console=quiet())
    twin = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    twin.reset(seed=4)  # the second environment's
    pictures = [twin.render()]
    for _ in range(seen.steps):
        twin.step(0)
        pictures.append(twin.render())
    frames, rest = type_keys.shown[-1]
    assert dict(rest["figures"])["mean return"] == f"{seen.steps}"
    size = (frames.shape[2], frames.shape[1])
    expected = np.asarray(Image.fromarray(pictures[-1]).resize(size, Image.Resampling.BILINEAR))
    assert np.array_equal(frames[1, :-MOST], expected[:-MOST])  # below stands the tag
    batch.close()
    twin.close()


def test_what_cannot_be_shown_is_refused(monkeypatch):
    class Blind(gymnasium.Env):
        observation_space, action_space = gymnasium.spaces.Discrete(2), gymnasium.spaces.Discrete(2)

    monkeypatch.setitem(gymnasium.registry, "Blind-v0", EnvSpec("Blind-v0", entry_point=Blind))
    with pytest.raises(ValueError, match="Blind-v0 cannot be shown: it renders nothing"):
        make_batch("Blind-v0", 1, rendered=True)


def test_recording_needs_neither_display_nor_pygame(tmp_path):
    program = f"""
import sys
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.human.watch import watch
batch = KernelBatch({CARTPOLE!r}, 1)
watch(batch, lambda batch: batch.heuristic(), seed=0, record="a.mp4", steps=9)
assert "pygame" not in sys.modules and "torch" not in sys.modules
"""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    bare = {key: value for key, value in os.environ.items() if key not in names}
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=tmp_path, env=bare, check=True)
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))[0] == 10
