"""The games that a person plays, under SDL's dummy driver: a sitting, the panel, the window, the command."""

import io
import os
import shlex
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from ludus.envs.human import cockpit as cockpit_module
from ludus.envs.human.captions import Panel, Row, format_number, format_signed, join_rows
from ludus.envs.human.cockpit import PLAY_KEYS, Cockpit, Key
from ludus.envs.human.play import Session, play
from ludus.envs.human.recording import load_recording
from ludus.envs.make import make_game
from ludus.envs.rendering import window as window_module
from ludus.envs.rendering.display import NoDisplayError
from ludus.envs.rendering.window_commands import Command
from ludus.scripts.main import main

SNAKE, CARTPOLE = "ludus/Snake-v1", "ludus/CartPole-v1"


def tap(session, *keys):
    for key in keys:
        session.take(Key(key, True))
        session.take(Key(key, False))


def place(session, row, column, fruit):
    """Put Snake's only cell, away from the walls, and the fruit."""
    s = session.game.batch.records[0]
    size = s["occupied"].shape[0]
    s["occupied"] = 0
    s["occupied"][row, column] = 1
    s["body"][s["tail"]] = row * size + column
    s["fruit"] = fruit[0] * size + fruit[1]
    session.game.mask[:] = True


def head(session):
    s = session.game.batch.records[0]
    return divmod(int(s["body"][(s["tail"] + s["length"] - 1) % len(s["body"])]), s["occupied"].shape[0])


# --- The games of a sitting


def test_in_real_time_a_game_begins_with_the_first_key_and_then_runs_by_itself():
    session = Session(make_game(SNAKE), 0)
    place(session, 5, 5, fruit=(0, 0))
    assert [session.advance() for _ in range(3)] == [0, 0, 0]
    assert session.panel().badge == "PRESS A KEY TO BEGIN"
    tap(session, "x")  # stands for nothing
    assert session.advance() == 0
    tap(session, "right")
    assert [session.advance() for _ in range(3)] == [1, 1, 1]
    assert head(session) == (5, 8)
    tap(session, "up", "left")  # two quick turns in one step are two steps
    assert [session.advance() for _ in range(2)] == [1, 1]
    assert head(session) == (4, 7)
    assert (session.panel().badge, session.panel().mode) == ("", "real time")


def test_turn_by_turn_every_step_waits_for_a_key():
    session = Session(make_game(SNAKE), 0, turn_based=True)
    place(session, 5, 5, fruit=(0, 0))
    assert session.panel().badge == ""
    steps = []
    for keys in ([], ["right"], [], ["down", "down"], []):
        tap(session, *keys)
        steps.append(session.advance())
    assert steps == [0, 1, 0, 2, 0]
    assert head(session) == (7, 6)
    panel = session.panel()
    assert (panel.mode, panel.badge) == ("turn by turn", "")
    assert "speed" not in dict(panel.figures)


def test_an_illegal_turn_is_asked_for_twice_and_then_made():
    session = Session(make_game(SNAKE), 0, turn_based=True)
    place(session, 0, 5, fruit=(11, 11))
    session.game.mask[0] = False  # it was put at the upper wall
    assert [row.legal for row in session.panel().rows] == [False, True, True, True]
    tap(session, "up")
    assert session.advance() == 0
    assert session.message == session.panel().message == "up is illegal here; once more does it all the same"
    tap(session, "right")
    assert (session.advance(), session.message) == (1, "")
    assert [row.legal for row in session.panel().rows] == [False, True, True, True]
    tap(session, "up")
    assert session.advance() == 0  # it counts anew
    tap(session, "up")
    assert session.advance() == 1
    assert session.game.terminated
    assert session.panel().badge == "GAME OVER"


def test_in_real_time_an_illegal_action_is_made_at_once():
    session = Session(make_game(SNAKE), 0)
    place(session, 5, 10, fruit=(0, 0))
    tap(session, "right")
    assert session.advance() == 1
    assert not session.game.is_legal(1)
    assert session.advance() == 1
    assert session.game.terminated


def test_a_game_that_is_over_stays_until_the_next_is_asked_for():
    session = Session(make_game(SNAKE), 4)
    place(session, 5, 10, fruit=(0, 0))
    tap(session, "right")
    session.advance()
    session.advance()
    tap(session, "left", "up")  # mashed in the heat of the moment
    assert session.advance() == 0
    panel = session.panel()
    assert (panel.badge, panel.hint) == ("GAME OVER", "n or Enter: the next seed     r: the same again")
    assert all(row.legal for row in panel.rows)
    tap(session, "return")
    assert session.advance() == 0
    assert (session.game.seed, session.games, session.panel().badge) == (5, 2, "PRESS A KEY TO BEGIN")
    assert (session.played.returns, session.played.steps) == ([0.0], 2)


def test_a_gamepads_button_begins_the_next_game_only_after_the_end():
    session = Session(make_game(CARTPOLE), 0)
    tap(session, "left", "button 0")
    assert session.game.seed == 0
    while session.advance():
        tap(session, "left")
    tap(session, "button 0")
    assert session.game.seed == 1


def test_restart_repeats_the_seed_and_next_takes_a_new_one():
    session = Session(make_game(CARTPOLE), 7)
    first = session.game.observation.copy()
    tap(session, "left")
    session.advance()
    session.take(Command.RESTART)
    assert np.array_equal(session.game.observation, first)
    assert dict(session.panel().figures)["game"] == "2"
    assert (session.advance(), session.game.steps) == (0, 0)
    session.take(Command.NEXT)
    assert session.game.seed == 8
    assert not np.array_equal(session.game.observation, first)


def test_a_pause_holds_the_world():
    session = Session(make_game(CARTPOLE), 0)
    tap(session, "left")
    assert session.advance() == 1
    session.take(Command.PAUSE)
    assert session.advance() == 0
    assert (session.panel().badge, session.panel().hint) == ("PAUSED", "space: go on")
    session.take(Command.PAUSE)
    assert session.advance() == 1


def test_speed_doubles_and_halves_within_its_ends_and_makes_several_steps_a_picture():
    session = Session(make_game(CARTPOLE), 0)
    session.take(Command.FASTER)
    session.take(Command.FASTER)
    assert dict(session.panel().figures)["speed"] == "4×"
    tap(session, "left")
    assert session.advance() == 4  # 200 steps per second are 4 per picture at most 60 times a second
    for _ in range(20):
        session.take(Command.SLOWER)
    assert session.speed == 1 / 16
    with pytest.raises(ValueError, match="speed must be above 0, got 0"):
        Session(make_game(CARTPOLE), 0, speed=0)


def test_without_a_key_the_pushes_on_cartpole_cancel_each_other():
    session = Session(make_game(CARTPOLE), 0)
    tap(session, "right")
    taken = []
    for _ in range(5):
        session.advance()
        taken.append(session.action)
    assert taken == [1, 0, 1, 0, 1]


def test_what_has_drifted_stays_drifted_in_the_next_game():
    game = make_game(CARTPOLE, drift={"gravity": {"to": 3.0, "at": 4}})
    session = Session(game, 0)
    tap(session, "left")
    for _ in range(5):
        session.advance()
    session.take(Command.NEXT)
    assert (game.age, game.batch.parameters(0)["gravity"]) == (5, 3.0)
    tap(session, "left")
    session.advance()
    session.take(Command.RESTART)
    assert (game.age, game.steps) == (5, 0)
    assert Session(make_game(CARTPOLE), 1).game.next_age == 0


# --- The panel


def test_the_panel_holds_score_terms_and_figures():
    game = make_game("test/Slider-v0")
    session = Session(game, 3, turn_based=True)
    before = session.panel()
    assert before.score == "0"
    assert before.terms == (("way", "0", ""), ("braking", "0", ""))
    for keys in (["right"], ["right", "b"]):
        for key in keys:
            session.take(Key(key, True))
        session.advance()
        for key in keys:
            session.take(Key(key, False))
    x = float(game.observation[0])
    panel = session.panel()
    assert panel.terms == (("way", format_number(2 * x), f"+{format_number(x)}"), ("braking", "−1", "−1"))
    assert panel.score == format_number(2 * x - 1)
    assert dict(panel.figures) == {"step": "2 / 6", "seed": "3", "game": "1", "best score": "–"}
    assert panel.rows == (
        Row("thrust", ("←", "→"), True, share=1.0, rest=1 / 3, value="4.00"),
        Row("brake", ("b",), True, share=1.0, rest=0.0, value="1.00"),
    )
    while not game.ended:
        tap(session, "left")
        session.advance()
    assert session.panel().badge == "TIME IS UP"
    best = format_number(game.score)
    session.take(Command.NEXT)
    assert dict(session.panel().figures)["best score"] == best
    assert session.panel().terms == before.terms


def test_a_stick_plays_a_continuous_world():
    session = Session(make_game("test/Slider-v0"), 0)
    assert session.advance() == 0
    session.controls.lean(0, -1.0)
    assert session.advance() == 1
    assert session.action.tolist() == [-2, 0]


def test_the_last_action_is_lit():
    session = Session(make_game(SNAKE), 0, turn_based=True)
    place(session, 5, 5, fruit=(0, 0))
    assert not any(row.active for row in session.panel().rows)
    tap(session, "a")
    session.advance()
    assert [(row.name, row.caps) for row in session.panel().rows if row.active] == [("left", ("←", "a"))]


def test_buttons_are_named_when_there_is_a_gamepad():
    session = Session(make_game("CartPole-v1"), 0)
    assert session.panel().rows[0] == Row("action 0", ("1",))
    assert session.panel(has_gamepad=True).rows[0] == Row("action 0", ("1", "pad 0"))


def test_figures_are_short_and_rewards_carry_their_sign():
    assert [format_number(value) for value in (12.0, 0.5, -1234.567, 3.14159, 1e12, -0.0001)] == [
        "12", "0.5", "−1234.6", "3.14", "1e+12", "0",
    ]  # fmt: skip
    assert [format_signed(value) for value in (0.0, 1.0, -0.25, 0.001, -0.0031)] == [
        "",
        "+1",
        "−0.25",
        "+0.001",
        "−0.003",
    ]


# --- Third parties


def test_a_third_partys_environment_is_played_too(pygame):
    session = Session(make_game("CartPole-v1"), 0)
    tap(session, "2")
    assert session.advance() == 1
    assert session.panel().terms == (("reward", "1", "+1"),)
    assert session.game.frame((1, 1)).shape == (400, 600, 3)
    table = make_game("FrozenLake-v1")
    assert table.turn_based  # nothing moves in a world of a few numbers
    assert not session.game.turn_based
    session.game.close()


@pytest.mark.parametrize(
    ("id", "keywords", "words"),
    [
        ("ludus/Snak-v1", {}, "unknown environment 'ludus/Snak-v1'; did you mean 'ludus/Snake-v1'"),
        (SNAKE, {"size": 3}, "size of snake must be 4"),
        (SNAKE, {"module": "os"}, "module is not a parameter of the environment"),
        ("CartPole-v1", {"render_mode": "human"}, "render_mode is not a parameter of the environment"),
    ],
)
def test_what_cannot_be_played_is_refused_in_a_line(id, keywords, words):
    with pytest.raises(ValueError, match=words):
        make_game(id, **keywords)


# --- The window


def post(pygame, window, kind, key, unicode=""):
    code = pygame.key.key_code(key) if key else 0
    pygame.event.post(pygame.event.Event(kind, key=code, unicode=unicode, window=window._window))


def test_the_window_reports_keys_and_commands_in_order(pygame):
    window = Cockpit("test", (100, 150), 1000, Panel("", "", ""))
    post(pygame, window, pygame.KEYDOWN, "left")
    post(pygame, window, pygame.KEYDOWN, "space", " ")
    post(pygame, window, pygame.KEYUP, "left")
    post(pygame, window, pygame.KEYDOWN, "right")
    post(pygame, window, pygame.KEYDOWN, "d", "d")
    post(pygame, window, pygame.WINDOWFOCUSLOST, "")
    post(pygame, window, pygame.KEYDOWN, "escape", "\x1b")
    assert window.inputs() == [
        Key("left", True), Command.PAUSE, Key("left", False), Key("right", True), Key("d", True), Key("d", False),
        Key("right", False), Command.QUIT,
    ]  # fmt: skip
    assert window.inputs() == []
    pygame.event.post(pygame.event.Event(pygame.WINDOWCLOSE, window=window._window))
    assert window.inputs() == [Command.QUIT]
    assert window.inputs(make_game(CARTPOLE).make_controls()) == [Command.QUIT]


def test_a_key_ends_the_wait_only_where_the_world_waits(pygame):
    window = Cockpit("test", (100, 150), 1000, Panel("", "", ""))
    frame = np.zeros((100, 150, 3), np.uint8)
    for key, wakes, expected in (("left", True, True), ("left", False, False), ("space", False, True)):
        window.inputs()
        post(pygame, window, pygame.KEYDOWN, key, " " if key == "space" else "")
        window.show_panel(frame, Panel("", "", ""), seconds=0, wakes=wakes)
        assert window._is_wanted() == expected


def test_gamepads_are_found_when_they_are_plugged_in_and_forgotten_when_pulled_out(pygame, monkeypatch):
    class Joystick:
        def __init__(self, i):
            self.get_numaxes, self.get_numhats, self.get_axis = lambda: 1, lambda: 0, lambda i: 1.0
            self.get_numbuttons, self.get_button, self.get_instance_id = lambda: 1, lambda i: True, lambda: 7

    window = Cockpit("test", (100, 150), 1000, Panel("", "", ""))
    controls = make_game("test/Slider-v0").make_controls()
    assert (window.inputs(controls), window.has_gamepad) == ([], False)
    plugged = [1, 1, 0]
    monkeypatch.setattr(pygame.joystick, "get_count", lambda: plugged.pop(0))
    monkeypatch.setattr(pygame.joystick, "Joystick", Joystick)
    assert (window.inputs(controls), window.has_gamepad) == ([Key("button 0", True)], True)
    assert window.inputs(controls) == []  # it is down still
    assert controls.next().tolist() == [4, 0]
    # What was held would act for ever: nobody is left who could let it go.
    assert (window.inputs(controls), window.has_gamepad) == ([Key("button 0", False)], False)
    assert controls.next().tolist() == [0, 0]


def pixels(pygame, window):
    return pygame.surfarray.array3d(window._surface).swapaxes(0, 1)


def test_the_panel_stands_beside_the_picture_and_shows_what_it_is_given(pygame):
    def shown(**changes):
        base = {"name": "Snake", "mode": "real time", "score": "1", "rows": (Row("up", ("↑",)), Row("down", ("↓",)))}
        window.show_panel(frame, Panel(**{**base, **changes}), seconds=0, wakes=False)
        return pixels(pygame, window)

    window = Cockpit("test", (400, 500), 1000, Panel("", "", ""))
    frame = np.full((*window.tile_size, 3), 200, np.uint8)
    plain = shown()
    edge = plain.shape[1] - window.side_width
    assert (plain[: frame.shape[0], : edge - 16] == 200).all(axis=2).mean() > 0.9
    for change in (
        {"name": "Other"}, {"mode": "replay"}, {"score": "2"}, {"terms": (("fruit", "1", "+1"),)},
        {"figures": (("seed", "3"),)}, {"message": "up is illegal here"}, {"rows": (Row("up", ("↑",), True),)},
        {"rows": (Row("up", ("↑",), legal=False), Row("down", ("↓",)))},
        {"rows": (Row("thrust", ("←",), share=0.2, value="0"),)},
    ):  # fmt: skip
        changed = (shown(**change) != plain).any(axis=2)
        assert changed[:, edge:].sum() > 10, change
        assert not changed[:, :edge].any(), change
    many = tuple(Row(f"action {i}", (str(i),)) for i in range(18))
    fewer = shown(rows=many[:17])
    assert (shown(rows=many) != fewer).any()  # in two columns there is room for the last one too
    hinted = (shown(badge="PAUSED", hint="space: go on") != plain).any(axis=2)
    assert hinted[:, :edge].sum() > 1000
    assert (shown(badge="PAUSED", hint="") != shown(badge="PAUSED", hint="space: go on")).any()


def test_the_help_names_the_keys_of_the_game_and_of_every_game(pygame):
    session = Session(make_game(SNAKE), 0)
    window = Cockpit("test", (600, 600), 1000, session.panel())
    window.show_panel(session.game.frame((600, 600)), session.panel(), seconds=0, wakes=False)
    before = pixels(pygame, window)
    window.help = True
    window.show_panel(session.game.frame((600, 600)), session.panel(), seconds=0, wakes=False)
    assert (pixels(pygame, window) != before).any(axis=2).sum() > 20_000
    assert [line[0] for line in window._help_lines()] == ["↑ w", "→ d", "↓ s", "← a", *(key for key, _, _ in PLAY_KEYS)]


def test_a_tiny_picture_is_enlarged(pygame):
    window = Cockpit("test", (210, 160), 1000, Panel("", "", ""))
    assert window.tile_size[0] >= 420


# --- All together


@pytest.fixture
def at_the_keyboard(pygame, monkeypatch):
    """Give the person's inputs look by look; then they leave. The pictures are not waited for."""

    def set_script(*looks):
        script = iter(looks)
        monkeypatch.setattr(Cockpit, "inputs", lambda self, controls=None: next(script, [Command.QUIT]))

        def show(self, frame, panel, *, seconds, wakes):
            shown.append((frame.copy(), panel, seconds, wakes, self.help))
            return True

        monkeypatch.setattr(Cockpit, "show_panel", show)

    shown = []
    set_script.shown = shown
    return set_script


def test_play_shows_each_step_prints_the_keys_and_leaves(at_the_keyboard):
    console = Console(file=io.StringIO(), width=100)
    at_the_keyboard([], [Key("left", True)], [], [Command.HELP], [Command.PAUSE], [])
    played = play(make_game(CARTPOLE), seed=2, console=console)
    shown = at_the_keyboard.shown
    assert played.steps == 3
    assert [dict(panel.figures)["step"] for _, panel, *_ in shown] == [f"{n} / 500" for n in (0, 1, 2, 3, 3, 3)]
    assert [seconds for _, _, seconds, _, _ in shown[1:4]] == [1 / 50] * 3
    assert [wakes for *_, wakes, _ in shown] == [True, False, False, False, True, True]
    assert [helping for *_, helping in shown] == [False, False, False, True, True, True]
    assert not np.array_equal(shown[1][0], shown[2][0])
    assert np.array_equal(shown[4][0], shown[5][0])
    text = console.file.getvalue()
    assert "← a       push left" in text
    assert text.count("start again with the same seed") == 1
    assert not window_module._windows


def test_events_of_the_window_play_the_game(pygame, monkeypatch):
    shots = []
    real = cockpit_module.Cockpit.show_panel

    def show(self, frame, panel, *, seconds, wakes):
        shots.append(panel)
        keys = {1: "right", 3: "down"}
        if len(shots) in keys:
            post(pygame, self, pygame.KEYDOWN, keys[len(shots)])
            post(pygame, self, pygame.KEYUP, keys[len(shots)])
        if len(shots) == 6:
            post(pygame, self, pygame.KEYDOWN, "q", "q")
        return real(self, frame, panel, seconds=0, wakes=wakes)

    monkeypatch.setattr(cockpit_module.Cockpit, "show_panel", show)
    played = play(make_game(SNAKE), seed=1, turn_based=True, console=Console(file=io.StringIO()))
    assert played.steps == 2
    lit = [[row.name for row in panel.rows if row.active] for panel in shots]
    assert lit == [[], ["right"], ["right"], ["down"], ["down"], ["down"]]


def test_ctrl_c_ends_it_and_the_window_is_closed(at_the_keyboard, monkeypatch):
    at_the_keyboard([Key("left", True)], [])
    monkeypatch.setattr(Cockpit, "show_panel", lambda *_, **__: press_ctrl_c())

    def press_ctrl_c():
        assert window_module._windows
        raise KeyboardInterrupt

    assert play(make_game(CARTPOLE), console=Console(file=io.StringIO())).steps == 1
    assert not window_module._windows


def test_a_window_that_cannot_be_closed_costs_no_recording(at_the_keyboard, monkeypatch, tmp_path):
    at_the_keyboard([], [Key("left", True)])
    close = Cockpit.close

    def fail(self):
        close(self)
        raise RuntimeError("the display is gone")

    monkeypatch.setattr(Cockpit, "close", fail)
    with pytest.raises(RuntimeError, match="the display is gone"):
        play(make_game(CARTPOLE), record=tmp_path / "a.npz", console=Console(file=io.StringIO()))
    assert load_recording(tmp_path / "a.npz").steps == 1
    monkeypatch.setattr(Cockpit, "close", close)


def test_the_command_plays_and_says_what_was_played(at_the_keyboard, capsys):
    at_the_keyboard([], [Key("up", True)], [Command.NEXT], [Key("up", True)])
    assert main(["play", SNAKE, "--turn-based", "--seed", "3", "--set", "max_episode_steps=50"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 steps, 0 finished games."
    assert [dict(panel.figures)["seed"] for _, panel, *_ in at_the_keyboard.shown] == ["3", "3", "4", "4"]
    panel = at_the_keyboard.shown[0][1]
    assert (panel.mode, dict(panel.figures)["step"]) == ("turn by turn", "0 / 50")


def test_a_recording_without_a_step_is_said_to_be_missing(at_the_keyboard, capsys, tmp_path):
    at_the_keyboard([], [])
    assert main(["play", SNAKE, "--record", str(tmp_path / "a.npz")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == ["0 steps, 0 finished games.", f"{tmp_path / 'a.npz'} was not written: no step was played."]
    assert list(tmp_path.iterdir()) == []


def test_the_command_that_shows_a_recording_can_be_pasted(at_the_keyboard, capsys, tmp_path):
    at_the_keyboard([], [Key("up", True)])
    path = tmp_path / "my game.npz"
    assert main(["play", SNAKE, "--turn-based", "--record", str(path)]) == 0
    again = capsys.readouterr().out.splitlines()[-1].partition("Again: ")[2]
    assert shlex.split(again) == ["ludus", "watch", str(path)]


TERMINATED = """
import os, signal, sys
import pygame
from ludus.envs.human.cockpit import Cockpit
from ludus.scripts.main import main

looks, real = [], Cockpit.show_panel

def show(self, frame, panel, **keywords):
    looks.append(panel)
    if len(looks) == 2:
        event = dict(key=pygame.K_UP, unicode="", window=self._window)
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, **event))
    if len(looks) == 4:
        os.kill(os.getpid(), signal.SIGTERM)
    return real(self, frame, panel, **keywords)

Cockpit.show_panel = show
sys.exit(main(["play", "ludus/Snake-v1", "--turn-based", "--record", sys.argv[1]]))
"""


def test_sigterm_ends_a_game_and_its_recording_is_kept(tmp_path):
    """SDL takes the signal away from Python and makes an event of it."""
    path = tmp_path / "a.npz"
    variables = {**os.environ, "SDL_VIDEODRIVER": "dummy"}
    command = [sys.executable, "-c", TERMINATED, str(path)]
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert load_recording(path).steps == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
@pytest.mark.parametrize("id", [SNAKE, "FrozenLake-v1"])
def test_without_a_display_there_is_one_clear_line_and_no_file(id, capsys, tmp_path, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    assert main(["play", id, "--record", str(tmp_path / "a.npz")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ludus: no display found: neither DISPLAY nor WAYLAND_DISPLAY is set")
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NoDisplayError):
        play(make_game(SNAKE))


def test_many_actions_of_a_few_kinds_share_rows():
    speeds = {" slow": "s", "": "", " fast": "f"}
    rows = tuple(
        Row(f"chute {k}{speed}", (f"{key}{k}",), (k, key) == (3, "f"), legal=(k, key) != (2, "s") and k != 5)
        for speed, key in speeds.items()
        for k in range(8)
    )
    head, *joined = join_rows(rows)
    assert head == Row("slow · usual · fast")
    assert [row.name for row in joined] == [f"chute {k}" for k in range(8)]
    assert joined[2] == Row("chute 2", ("s2", "2", "f2"), barred=("s2",))
    assert joined[3] == Row("chute 3", ("s3", "3", "f3"), active=True, lit=("f3",))
    assert joined[5] == Row("chute 5", ("s5", "5", "f5"), legal=False, barred=("s5", "5", "f5"))
    assert join_rows(rows[:20]) == rows[:20]
    odd = (*rows, Row("horn"))
    assert join_rows(odd) == odd
    alike = tuple(Row(f"arm {k}") for k in range(30))
    assert join_rows(alike) == alike
