"""Recordings: they replay exactly, and are refused where they are damaged, changed or a third party's."""

import io
import json
import os
import subprocess
import sys
import zipfile

import gymnasium
import imageio_ffmpeg
import numpy as np
import pytest
from rich.console import Console

from ludus.envs.human.cockpit import Cockpit, Key
from ludus.envs.human.play import Session
from ludus.envs.human.recording import Recorder, load_recording
from ludus.envs.human.replay import Replay, check_replay, replay
from ludus.envs.make import make_game, make_recorded
from ludus.envs.rendering import window as window_module
from ludus.envs.rendering.window_commands import Command
from ludus.scripts.main import main

SNAKE, CARTPOLE, SLIDER, PAINTER = "ludus/Snake-v1", "ludus/CartPole-v1", "test/Slider-v0", "test/Painter-v0"


def sit(path, id, script, seed=0, **keywords):
    """Play turn by turn: a string is a key, a command a command. Returns the session."""
    game = make_game(id, **keywords)
    session = Session(game, seed, turn_based=True, recorder=Recorder(path, game))
    for item in script:
        if isinstance(item, Command):
            session.take(item)
        else:
            session.take(Key(item, True))
            session.advance()
            session.take(Key(item, False))
    session.save()
    return session


FALL = ["left"] * 12  # CartPole falls within these


@pytest.fixture
def cartpole(tmp_path):
    """Three episodes: one to its end, one that was started again, one that was left."""
    path = tmp_path / "mine.npz"
    script = [*FALL, Command.RESTART, "right", "left", Command.NEXT, Command.NEXT, "right", "right", "left"]
    sit(path, CARTPOLE, script, seed=5, gravity=9.0)
    return path


def rewrite(path, **changes):
    """Write the file again with other arrays; ``None`` leaves one out."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays |= changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def change_header(path, **changes):
    with np.load(path) as stored:
        header = json.loads(str(stored["header"]))
    rewrite(path, header=np.array(json.dumps({**header, **changes})))


def arrays(path):
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


# --- What is kept


def test_a_recording_holds_every_observation_action_and_reward_with_its_seeds(cartpole):
    kept = arrays(cartpole)
    steps = int(kept["length"][0])
    assert kept["seed"].tolist() == [5, 5, 7]  # of seed 6 no step was made
    assert kept["length"].tolist() == [steps, 2, 3]
    assert kept["action"].tolist() == [0] * steps + [1, 0, 1, 1, 0]
    assert kept["reward"].tolist() == [1.0] * (steps + 5)
    assert np.flatnonzero(kept["terminated"]).tolist() == [steps - 1]
    assert not kept["truncated"].any()
    game = make_game(CARTPOLE, gravity=9.0)
    expected = []
    for seed, actions in ((5, [0] * steps), (5, [1, 0]), (7, [1, 1, 0])):
        expected.append(game.env.reset(seed=seed)[0])
        expected += [game.env.step(action)[0] for action in actions]
    assert np.array_equal(kept["observation"], np.array(expected))
    assert kept["observation"].dtype == np.float32
    header = json.loads(str(kept["header"]))
    assert header["id"] == CARTPOLE
    assert header["keywords"] == {"gravity": 9.0, "max_episode_steps": 500}
    assert set(header["versions"]) == {"ludus", "gymnasium", "numba", "numpy", "python"}


def test_a_recording_is_up_to_date_after_every_game_and_needs_a_step(tmp_path):
    path = tmp_path / "a.npz"
    game = make_game(CARTPOLE)
    session = Session(game, 0, turn_based=True, recorder=Recorder(path, game))
    session.save()
    assert not path.exists()
    while not game.ended:
        assert not path.exists()
        session.take(Key("left", True))
        session.advance()
    assert load_recording(path).steps == game.steps == session.played.recorded
    session.take(Command.NEXT)
    session.take(Key("left", True))
    session.advance()
    assert len(load_recording(path).episodes) == 1
    session.save()
    assert len(load_recording(path).episodes) == 2
    assert os.listdir(tmp_path) == ["a.npz"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.mp4", "a recording must be an .npz file, got .*a.mp4; name it .*a.npz"),
        ("there.npz", "it exists already; give a new file"),
        ("nowhere/a.npz", "No such file or directory; give a new file in a folder that exists"),
    ],
)
def test_a_place_that_cannot_be_recorded_to_is_refused_before_the_game(tmp_path, name, words):
    (tmp_path / "there.npz").write_text("precious")
    with pytest.raises((ValueError, OSError), match=words):
        Recorder(tmp_path / name, make_game(CARTPOLE))
    assert (tmp_path / "there.npz").read_text() == "precious"
    assert os.listdir(tmp_path) == ["there.npz"]


def test_what_cannot_be_kept_is_refused_before_the_game(tmp_path):
    game = make_game("Blackjack-v1")
    with pytest.raises(ValueError, match=r"Blackjack-v1 observes Tuple.*; only Box, Discrete and a Dict of"):
        Recorder(tmp_path / "a.npz", game)
    game = make_game(CARTPOLE)
    game.keywords["gravity"] = {1, 2}
    with pytest.raises(ValueError, match="the settings of ludus/CartPole-v1 cannot be recorded"):
        Recorder(tmp_path / "a.npz", game)


# --- Replays


class OtherDtype(gymnasium.Env):
    """A third party's: observations of another dtype than its space declares, as many have them."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 1}
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, whole, render_mode=None):
        self.whole, self.render_mode = whole, render_mode
        box, discrete = gymnasium.spaces.Box(0, 1, (2,), np.float32), gymnasium.spaces.Discrete(9, dtype=np.int32)
        self.observation_space = discrete if whole else box

    def look(self):
        return int(self.np_random.integers(9)) if self.whole else self.np_random.random(2)  # float64

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.look(), {}

    def step(self, action):
        return self.look(), 0.1, False, False, {}

    def render(self):
        return np.zeros((40, 40, 3), np.uint8)


gymnasium.register("test/OtherDtype-v0", OtherDtype)


SITTINGS = {
    "restarts and seeds": (CARTPOLE, [*FALL, Command.RESTART, "right", Command.NEXT, "left"], {}),
    "sizes": (SNAKE, ["up", "left", "down", "right"] * 3, {"size": 12}),
    "randomised": (CARTPOLE, [*FALL, Command.NEXT, "right", "left"], {"randomize": {"gravity": [5.0, 15.0]}}),
    "drifting": (CARTPOLE, [*FALL, Command.NEXT, *FALL], {"drift": {"force": {"to": -5.0, "at": 4, "over": 14}}}),
    "a limit": (CARTPOLE, ["left", "right", "left", Command.NEXT, "left"], {"max_episode_steps": 3}),
    "no limit": (CARTPOLE, ["left", "right"], {"max_episode_steps": -1}),
    "continuous": (SLIDER, ["right", "b", "left", Command.NEXT, "right"], {"gain": 0.1}),
    "several actions and observations": (PAINTER, ["2", "3", "2", "5", Command.NEXT, "4"], {"cost": 0.5}),
    "and a slot beside them": (PAINTER, ["2", "3", "2", "5", Command.NEXT, "4"], {"sheen": "truth"}),
    "a third party": ("CartPole-v1", ["1", "2", "1", Command.NEXT, "2"], {"sutton_barto_reward": True}),
    "a third party's vectors": ("Pendulum-v1", ["left", "right", Command.NEXT, "right"], {"g": 9.81}),
    "a third party's float64": ("test/OtherDtype-v0", ["1", "2", Command.NEXT, "1"], {"whole": False}),
    "a third party's int": ("test/OtherDtype-v0", ["1", "2", Command.NEXT, "1"], {"whole": True}),
    "a third party's table": ("FrozenLake-v1", ["1", "3", "3", Command.NEXT, "2"], {}),
}


@pytest.mark.parametrize("case", SITTINGS)
def test_a_recording_replays_exactly(case, tmp_path):
    id, script, keywords = SITTINGS[case]
    path = tmp_path / "a.npz"
    session = sit(path, id, script, seed=2, **keywords)
    recording = load_recording(path)
    assert (recording.id, recording.steps) == (id, session.played.steps)
    game = make_recorded(recording)
    check_replay(game, recording)
    assert game.keywords == {**keywords, "max_episode_steps": session.game.limit or -1}
    assert game.limit == session.game.limit
    last = Replay(game, recording)
    while not last.is_over:
        last.step()
    assert np.array_equal(game.observation, session.game.observation)
    assert game.score == session.game.score


def tampered(name, index, value):
    def change(path):
        array = arrays(path)[name]
        array[index] = value
        rewrite(path, **{name: array})

    return change


TAMPERED = {
    "observation": (tampered("observation", (3, 1), 7.0), "at step 3 of episode 1 (seed 5) the observation is another"),
    "start": (tampered("observation", (0, 0), 7.0), "at the start of episode 1 (seed 5) the observation is another"),
    "action": (tampered("action", 4, 1), "at step 5 of episode 1 (seed 5) the observation is another"),
    "no action": (tampered("action", 4, 2), "at step 5 of episode 1 (seed 5) the action 2 came, expected a member"),
    "reward": (tampered("reward", 6, 2.0), "at step 7 of episode 1 (seed 5) the reward is another one: 2.0 was recor"),
    "seed": (tampered("seed", 1, 6), "at the start of episode 2 (seed 6) the observation is another"),
    "end": (tampered("terminated", 1, True), "the terminated is another one: True was recorded, False came"),
    "cut": (tampered("truncated", -1, True), "the truncated is another one"),
    "rules": (lambda path: change_header(path, keywords={"gravity": 9.01}), "the observation is another one"),
    "longer": (lambda path: change_header(path, keywords={"gravity": 9.0, "max_episode_steps": 5}), "the truncated is"),
    "other world": (
        lambda path: change_header(path, id=SNAKE, keywords={}),
        "it holds observations float32 (4,), and ludus/Snake-v1 has uint8 (12, 12, 5)",
    ),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_changed_is_refused_in_one_line(case, cartpole, capsys):
    change, words = TAMPERED[case]
    change(cartpole)
    assert main(["watch", str(cartpole), "--record", str(cartpole.with_suffix(".mp4"))]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"ludus: {cartpole} does not replay: ")
    assert words in error
    assert "the file or the rules were changed" in error
    assert not cartpole.with_suffix(".mp4").exists()


def test_steps_after_the_end_of_an_episode_are_refused(cartpole):
    kept = arrays(cartpole)
    steps = kept["length"][0]
    # The first two episodes as one, without the observation between them.
    rows = np.delete(kept["observation"], steps + 1, axis=0)
    rewrite(cartpole, length=np.array([steps + 2, 3]), seed=kept["seed"][1:], age=kept["age"][1:], observation=rows)
    recording = load_recording(cartpole)
    with pytest.raises(
        ValueError, match=f"does not replay: the episode has ended before step {steps + 1} of episode 1"
    ):
        check_replay(make_recorded(recording), recording)


def test_another_version_is_named_where_a_recording_does_not_replay(cartpole):
    header = json.loads(str(arrays(cartpole)["header"]))
    change_header(cartpole, versions={**header["versions"], "ludus": "0.0.7"}, keywords={"gravity": 1.0})
    recording = load_recording(cartpole)
    with pytest.raises(ValueError, match=r"it was recorded with ludus 0\.0\.7 \(now .*\), so watch it with what"):
        check_replay(make_recorded(recording), recording)


# --- What is no recording


class Bomb:
    def __reduce__(self):
        return print, ("a pickle was loaded",)


def pickled(path):
    rewrite(path, action=np.array([Bomb()], dtype=object))


def bare_pickle(path):
    path.write_bytes(b"\x80\x04\x8c\x08builtins\x8c\x05print\x93.")


def bare_array(path):
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))


def shorter(path):
    path.write_bytes(path.read_bytes()[:-40])


def other_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thesis.txt", "precious")


def named_pipe(path):
    path.unlink()
    os.mkfifo(path)


def endless(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def bomb(path):
    """The observation says in the table of contents that it unpacks to 3 GB."""
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("observation.npy").file_size.to_bytes(4, "little")
    data = path.read_bytes()
    assert data.count(size) == 1 or data.count(size) == 2
    path.write_bytes(data.replace(size, (3 * 10**9).to_bytes(4, "little")))


NONE_AT_ALL = {
    "pickled": (pickled, "something pickled is in it"),
    "a bare pickle": (bare_pickle, "it is no .npz archive"),
    "a bomb": (bomb, "it unpacks to 3,"),
    "half-written": (shorter, "is no recording, or a damaged one"),
    "empty": (lambda path: path.write_bytes(b""), "it is no .npz archive"),
    "text": (lambda path: path.write_text("seed: 3"), "it is no .npz archive"),
    "another archive": (other_archive, "it has no 'action'"),
    "another npz": (lambda path: np.savez(path, weights=np.zeros(3)), "it has no 'action'"),
    "an array": (bare_array, "it is no .npz archive"),
    "without rewards": (lambda path: rewrite(path, reward=None), "it has no 'reward'"),
    "no JSON": (lambda path: rewrite(path, header=np.array("{")), "is no recording, or a damaged one"),
    "another header": (lambda path: rewrite(path, header=np.array("[1]")), "its header is that of something else"),
    "another kind": (lambda path: change_header(path, kind="model"), "its header is that of something else"),
    "another format": (lambda path: change_header(path, format=2), "has format 2, this version of Ludus reads 1"),
    "no id": (lambda path: change_header(path, id=3), "id in its header is 3, expected a str"),
    "keywords": (lambda path: change_header(path, keywords=[]), "keywords in its header is [], expected a dict"),
    "unknown id": (
        lambda path: change_header(path, id="ludus/Snak-v1"),
        "is not registered here: unknown environment 'ludus/Snak-v1'; did you mean 'ludus/Snake-v1'?; or, where a",
    ),
    "an id that imports": (
        lambda path: change_header(path, id="antigravity:Fly-v0"),
        "'antigravity:Fly-v0' names a module before the id, which would be imported; expected an id alone",
    ),
    "a module that is no name": (
        lambda path: change_header(path, module="antigravity; rm -r x"),
        "module must be the name of a Python module, such as acme.hopper, got 'antigravity; rm -r x'",
    ),
    "a module": (
        lambda path: change_header(path, id="fly/Fly-v0", module="antigravity"),
        "played in 'fly/Fly-v0', which comes from the module antigravity; no file has a module imported by naming it: "
        "if you trust that one, add --import antigravity (in Python: import antigravity first)",
    ),
    "unknown keyword": (
        lambda path: change_header(path, keywords={"gravty": 1}),
        "cannot be replayed: cartpole got an unexpected keyword argument 'gravty'; did you mean 'gravity'",
    ),
    "another module": (lambda path: change_header(path, keywords={"module": "antigravity"}), "module is not a param"),
    "too few": (lambda path: rewrite(path, reward=np.zeros(3)), "its 3 steps are not those of 3 episodes"),
    "too few actions": (lambda path: rewrite(path, action=np.zeros(3, int)), "action has shape (3,), expected"),
    "no episode": (lambda path: rewrite(path, length=np.zeros(0, int)), "are not those of 0 episodes"),
    "negative": (lambda path: tampered("length", 0, -1)(path), "are not those of 3 episodes"),
    "a number": (lambda path: rewrite(path, seed=np.uint64(3)), "seed is uint64 ()"),
    "texts": (lambda path: rewrite(path, reward=np.array(["1"])), "reward is <U1 (1,)"),
    "too many dimensions": (lambda path: rewrite(path, seed=np.zeros((3, 2), np.uint64)), "seed has shape (3, 2)"),
}


@pytest.mark.parametrize(("change", "kind"), [(named_pipe, "named pipe"), (endless, "device")])
def test_what_is_no_file_is_refused_without_waiting(cartpole, change, kind):
    change(cartpole)
    with pytest.raises(ValueError, match=f"mine.npz is a {kind}, expected a regular file"):
        load_recording(cartpole)


@pytest.mark.parametrize("case", NONE_AT_ALL)
def test_what_is_no_recording_is_refused_in_one_line(case, cartpole, capsys):
    change, words = NONE_AT_ALL[case]
    change(cartpole)
    assert main(["watch", str(cartpole), "--record", "never.mp4"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"ludus: {cartpole} ")
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert "a pickle was loaded" not in captured.out
    assert "antigravity" not in sys.modules


def test_a_missing_file_is_named(capsys, tmp_path):
    assert main(["watch", str(tmp_path / "a.npz")]) == 1
    assert "a.npz is no file; expected a recording" in capsys.readouterr().err


def test_no_damage_to_a_single_byte_or_end_does_worse_than_a_refusal(cartpole):
    data = cartpole.read_bytes()
    whole = load_recording(cartpole)
    refused = 0
    for at in range(0, len(data), 7):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        for content in (bytes(broken), data[:at]):
            cartpole.write_bytes(content)
            try:
                again = load_recording(cartpole)
            except ValueError:
                refused += 1
            else:  # some bytes of a zip archive mean nothing, such as dates
                assert all(
                    np.array_equal(getattr(a, name), getattr(b, name))
                    for a, b in zip(whole.episodes, again.episodes, strict=True)
                    for name in ("observation", "action", "reward", "terminated", "truncated")
                )
    assert refused > 1.5 * len(range(0, len(data), 7))


# --- Watching it


@pytest.fixture
def screen(monkeypatch):
    """A person who only looks: gives the inputs look by look and keeps what was shown."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1")

    def set_script(*looks):
        script = iter(looks)
        monkeypatch.setattr(Cockpit, "inputs", lambda self, controls=None: next(script, [Command.QUIT]))

        def show(self, frame, panel, *, seconds, wakes):
            shown.append((panel, seconds, frame.copy()))

        monkeypatch.setattr(Cockpit, "show_panel", show)

    shown = []
    set_script.shown = shown
    yield set_script
    for window in list(window_module._windows.values()):
        window.close()


def quiet():
    return Console(file=io.StringIO(), width=200)


def test_a_replay_shows_each_step_with_the_keys_that_were_pressed(screen, cartpole):
    screen(*[[]] * 40)
    recording = load_recording(cartpole)
    console = quiet()
    seen = replay(make_recorded(recording), recording, console=console)
    steps = len(recording.episodes[0])
    panels = [panel for panel, *_ in screen.shown]
    place = [(dict(panel.figures)["game"], dict(panel.figures)["step"]) for panel in panels]
    expected = [("1 / 3", f"{n} / {steps}") for n in range(steps + 1)]
    expected += [("2 / 3", f"{n} / 2") for n in range(3)] + [("3 / 3", f"{n} / 3") for n in range(4)]
    assert place[: len(expected)] == expected
    assert set(place[len(expected) :]) == {("3 / 3", "3 / 3")}  # the last picture stays
    lit = [[row.name for row in panel.rows if row.active] for panel in panels[steps + 1 : steps + 4]]
    assert lit == [[], ["push right"], ["push left"]]
    assert [panels[i].badge for i in (0, steps, steps + 3, -1)] == ["", "GAME OVER", "STARTED AGAIN", "THE PLAYER LEFT"]
    assert [seconds for _, seconds, _ in screen.shown][:2] == [1 / 50] * 2
    assert screen.shown[steps][1] == 0.6
    assert panels[0].mode == "replay"
    assert (seen.steps, seen.episodes, seen.returns) == (recording.steps, 1, [float(steps)])
    text = console.file.getvalue()
    assert "mine.npz replays exactly: ludus/CartPole-v1, 3 episodes" in text
    assert not window_module._windows


def test_a_replay_pauses_steps_repeats_and_goes_on(screen, cartpole):
    right = [Key("right", True)]
    screen([], [Command.PAUSE], right, right, [Command.RESTART], [Command.NEXT], [Command.FASTER, Command.HELP], right)
    recording = load_recording(cartpole)
    replay(make_recorded(recording), recording, console=quiet())
    place = [(dict(panel.figures)["game"][0], dict(panel.figures)["step"].split()[0]) for panel, *_ in screen.shown]
    assert place == [("1", "0"), ("1", "1"), ("1", "2"), ("1", "3"), ("1", "0"), ("2", "0"), ("2", "0"), ("2", "1")]
    assert [panel.badge for panel, *_ in screen.shown] == ["", *["PAUSED"] * 7]
    assert dict(screen.shown[-1][0].figures)["speed"] == "2×"


def test_limits_end_a_replay(screen, cartpole):
    recording = load_recording(cartpole)
    screen(*[[]] * 40)
    assert replay(make_recorded(recording), recording, steps=4, console=quiet()).steps == 4
    assert replay(make_recorded(recording), recording, episodes=1, console=quiet()).episodes == 1
    with pytest.raises(ValueError, match="steps must be at least 1"):
        replay(make_recorded(recording), recording, steps=0)


def test_a_replay_becomes_a_video_without_a_display(cartpole, tmp_path):
    program = f"""
import sys
from ludus.scripts.main import main
assert main(["watch", {str(cartpole)!r}, "--record", "a.mp4"]) == 0
assert "pygame" not in sys.modules and "torch" not in sys.modules
"""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    bare = {key: value for key, value in os.environ.items() if key not in names}
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=tmp_path, env=bare, check=True)
    steps = load_recording(cartpole).steps
    # A picture per state; those that end an episode, a cut or the recording stay for 0.6 s at 50 a second.
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))[0] == steps + 3 - 3 + 3 * 30


def test_a_slow_replay_films_the_last_picture_of_each_episode_too(tmp_path):
    path = tmp_path / "a.npz"
    sit(path, "test/OtherDtype-v0", ["1", "2", Command.NEXT, "1"], whole=False)
    recording = load_recording(path)
    replay(make_recorded(recording), recording, speed=0.5, record=tmp_path / "a.mp4", console=quiet())
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))[0] == 3 + 2  # 0.6 s are less than a picture


@pytest.mark.parametrize("option", [["--policy", "random"], ["--envs", "4"], ["--seed", "3"], ["--set", "gravity=3"]])
def test_what_a_recording_brings_itself_cannot_be_given(option, cartpole, capsys):
    assert main(["watch", str(cartpole), *option]) == 1
    error = capsys.readouterr().err
    assert f"{option[0]} does not go with a recording" in error
    assert error.count("\n") == 1


def test_the_commands_record_and_replay(screen, tmp_path, capsys):
    path = tmp_path / "a.npz"
    keys = [Key("left", True)]
    screen([], keys, [Command.RESTART], keys, keys)
    assert main(["play", CARTPOLE, "--turn-based", "--record", str(path), "--set", "randomize={force: [8, 12]}"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "3 steps, 0 finished games.",
        f"3 steps recorded. Again: ludus watch {path}",
    ]
    assert dict(screen.shown[-1][0].figures)["recorded"] == "3 steps"
    screen(*[[]] * 9)
    assert main(["watch", str(path), "--steps", "3"]) == 0
    out = capsys.readouterr().out
    assert "a.npz replays exactly: ludus/CartPole-v1, 2 episodes, 3 steps" in out
    assert main(["play", CARTPOLE, "--record", str(path)]) == 1
    assert "it exists already" in capsys.readouterr().err
