"""The controls of a player: keys, sticks and buttons become actions; no window is needed for it."""

import numpy as np
import pytest
from gymnasium import spaces

from ludus.envs import ENVIRONMENTS
from ludus.envs.engine.simulation import load
from ludus.envs.human.controls import ORDER, PAIRS, RESERVED, Gamepad, cap_of, make_controls

ARROWS = {"up": 0, "right": 1, "down": 2, "left": 3}


def actions(controls, count):
    return [controls.next() for _ in range(count)]


# --- Numbers


def test_each_key_is_its_action_and_the_last_one_goes_on():
    controls = make_controls(spaces.Discrete(4), (), ARROWS)
    taken = []
    for key in ("left", "up", "right", "down"):
        controls.press(key)
        controls.release(key)
        taken.append(actions(controls, 3))
    assert taken == [[3, 3, 3], [0, 0, 0], [1, 1, 1], [2, 2, 2]]


def test_quick_presses_wait_for_their_steps_but_not_more_than_three():
    controls = make_controls(spaces.Discrete(4), (), ARROWS)
    for key in ("up", "left", "down", "right", "up"):
        controls.press(key)
        controls.release(key)
    assert actions(controls, 5) == [0, 3, 2, 2, 2]


def test_without_a_key_the_idle_actions_alternate_and_a_held_key_holds():
    controls = make_controls(spaces.Discrete(2), (), {"left": 0, "right": 1}, idle=(0, 1))
    assert actions(controls, 4) == [0, 1, 0, 1]
    controls.press("right")
    assert actions(controls, 3) == [1, 1, 1]
    controls.press("left")  # the later one wins, and gives way to the one that is still down
    assert actions(controls, 2) == [0, 0]
    controls.release("left")
    assert actions(controls, 2) == [1, 1]
    controls.release("right")
    assert sorted(actions(controls, 2)) == [0, 1]


def test_a_tap_between_two_steps_is_not_lost():
    controls = make_controls(spaces.Discrete(2), (), {"left": 0, "right": 1}, idle=(0,))
    controls.press("right")
    controls.release("right")
    assert actions(controls, 2) == [1, 0]


def test_a_turn_needs_a_press_and_holding_makes_one_turn():
    controls = make_controls(spaces.Discrete(4), (), ARROWS)
    assert controls.turn() is None
    controls.press("left")
    assert [controls.turn() for _ in range(2)] == [3, None]
    controls.press("x")
    assert controls.turn() is None
    assert controls.touched
    controls.press("up")
    controls.clear()
    assert (controls.turn(), controls.touched) == (None, False)


def test_where_no_key_is_declared_numbers_and_buttons_count_the_actions():
    controls = make_controls(spaces.Discrete(12))
    for key, action in (("1", 0), ("9", 8), ("0", 9), ("a", 10), ("s", 11), ("button 4", 4)):
        controls.press(key)
        assert controls.next() == action
    assert [binding.name for binding in controls.bindings][:2] == ["action 0", "action 1"]
    assert (controls.bindings[4].caps, controls.bindings[4].pad) == (("5",), ("button 4",))


def test_actions_beyond_the_keys_are_named_without_one():
    controls = make_controls(spaces.Discrete(len(ORDER) + 1))
    assert [binding.caps for binding in controls.bindings if not binding.caps] == [()]
    assert controls.bindings[-1].pad


# --- Vectors


def box(low, high, dtype=np.float32):
    return spaces.Box(np.array(low, dtype), np.array(high, dtype), dtype=dtype)


def test_keys_push_a_component_from_its_rest_to_its_ends():
    controls = make_controls(box([-2, 0], [4, 1]))
    assert controls.next().tolist() == [0, 0]
    controls.press("left")
    controls.press("up")
    assert controls.next().tolist() == [-2, 1]
    controls.press("right")  # both at once cancel each other
    controls.release("up")
    controls.press("down")  # below rest there is nothing
    assert controls.next().tolist() == [0, 0]
    controls.release("left")
    action = controls.next()
    assert (action.tolist(), action.dtype, action.shape) == ([4, 0], np.float32, (2,))


def test_rest_is_the_bound_nearest_to_zero_and_no_bound_is_one():
    controls = make_controls(box([1, -np.inf, -np.inf], [3, np.inf, -2]))
    assert controls.next().tolist() == [1, 0, -2]
    for key in ("right", "up", "a"):
        controls.press(key)
    assert controls.next().tolist() == [3, 1, -2]


def test_shift_pushes_gently_and_a_tap_lasts_one_step():
    controls = make_controls(box([-1], [1]))
    controls.press("left shift")
    controls.press("right")
    assert controls.next() == pytest.approx([0.3])
    controls.release("left shift")
    assert controls.next().tolist() == [1]
    controls.release("right")
    controls.press("left")
    controls.release("left")
    assert [controls.next().tolist() for _ in range(2)] == [[-1], [0]]


def test_a_stick_moves_its_component_beyond_the_dead_zone():
    controls = make_controls(box([-2, -1], [4, 1]))
    controls.lean(0, 0.1)
    assert not controls.touched
    assert controls.next().tolist() == [0, 0]
    controls.lean(0, 1.0)
    controls.lean(1, 1.0)  # downwards is less
    assert controls.touched
    assert controls.next().tolist() == [4, -1]
    controls.lean(0, -0.575)  # half of the way from the edge of the dead zone
    assert controls.next()[0] == pytest.approx(-1.0)
    controls.press("right")  # a key is stronger
    assert controls.next()[0] == 4


def test_declared_keys_of_a_box_keep_the_sticks_unless_they_name_axes():
    keys = {"right": (0, 1.0)}
    controls = make_controls(box([-1], [1]), ("push",), keys)
    controls.lean(0, 1.0)
    assert controls.next().tolist() == [1]
    controls = make_controls(box([-1], [1]), ("push",), {**keys, "axis 2": (0, -1.0)})
    controls.lean(0, 1.0)
    assert controls.next().tolist() == [0]
    controls.lean(2, 1.0)
    assert controls.next().tolist() == [-1]
    assert controls.bindings[0].caps == ("→",)
    assert controls.bindings[0].pad == ("axis 2",)


def test_every_action_lies_in_its_space_whatever_is_pressed():
    space = box([[-0.1, 0.3]], [[0.7, 1 / 3]])
    controls = make_controls(space)
    for key in ("left", "right", "up", "down"):
        controls.press(key)
        assert space.contains(controls.next())
        controls.release(key)
    whole = box([0, -3], [5, 3], np.int64)
    controls = make_controls(whole)
    controls.press("up")
    controls.lean(0, 0.5)
    assert whole.contains(controls.next())


def test_a_turn_of_a_box_is_made_by_a_key_by_enter_or_by_a_button():
    controls = make_controls(box([-1], [1]))
    assert controls.turn() is None
    controls.press("right")
    assert controls.turn().tolist() == [1]
    assert controls.turn() is None
    controls.release("right")
    controls.lean(0, -1.0)
    assert controls.turn() is None
    for name in ("return", "button 0"):
        controls.press(name)
        assert controls.turn().tolist() == [-1]


# --- Gamepads


class Pad:
    """What `Gamepad` reads of a pygame joystick."""

    def __init__(self):
        self.axes, self.buttons, self.hats = [0.0, 0.0], [False, False], [(0, 0)]

    def __getattr__(self, name):
        what = {"axes": self.axes, "buttons": self.buttons, "hats": self.hats, "hat": self.hats}
        if name.startswith("get_num"):
            return lambda: len(what[name.removeprefix("get_num")])
        return lambda i: {"get_axis": self.axes, "get_button": self.buttons, "get_hat": self.hats}[name][i]


def test_cross_stick_and_buttons_press_keys_and_release_them():
    pad, controls = Pad(), make_controls(spaces.Discrete(4), (), ARROWS)
    gamepad = Gamepad(pad)
    assert gamepad.read(controls) == []
    pad.hats[0] = (-1, 0)
    assert gamepad.read(controls) == [("left", True)]
    pad.hats[0], pad.axes[1] = (0, 0), -0.9
    assert gamepad.read(controls) == [("left", False), ("up", True)]
    pad.axes[1] = -0.5  # between the two edges it stays what it was
    assert gamepad.read(controls) == []
    pad.axes[1] = -0.3
    assert gamepad.read(controls) == [("up", False)]
    pad.axes[1] = -0.5
    pad.buttons[1] = True
    assert gamepad.read(controls) == [("button 1", True)]
    pad.axes[0], pad.axes[1] = 1.0, 1.0
    assert gamepad.read(controls) == [("down", True), ("right", True)]


def test_the_stick_is_an_axis_where_actions_are_continuous():
    pad, controls = Pad(), make_controls(box([-1, -1], [1, 1]))
    pad.axes[0], pad.axes[1] = 1.0, -1.0
    assert Gamepad(pad).read(controls) == []
    assert controls.next().tolist() == [1, 1]


def test_a_gamepad_that_is_pulled_out_lets_everything_go():
    pad, controls = Pad(), make_controls(box([-1], [1]))
    pad.axes[0], pad.buttons[1], pad.hats[0] = 1.0, True, (-1, 0)
    gamepad = Gamepad(pad)
    assert gamepad.let_go(controls) == []  # it was never read
    gamepad.read(controls)
    assert controls.next().tolist() == [1]
    pad.axes = pad.buttons = pad.hats = None  # nothing can be read any more
    assert gamepad.let_go(controls) == [("button 1", False), ("left", False)]
    assert controls.next().tolist() == [0]
    assert gamepad.let_go(controls) == []


# --- Declarations


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_every_environment_declares_keys_that_exist_for_every_action(id, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    import pygame

    _, simulation = load(ENVIRONMENTS[id][0])
    _, space = simulation.spaces(**simulation.resolve_sizes({}, ""))
    controls = make_controls(space, simulation.action_names, simulation.keys, simulation.idle)
    assert all(binding.caps for binding in controls.bindings)
    pygame.display.init()
    try:
        for key in {*simulation.keys, *RESERVED, *ORDER, *(key for pair in PAIRS for key in pair)}:
            if not key.startswith(("axis ", "button ")):
                assert pygame.key.name(pygame.key.key_code(key)) == key
    finally:
        pygame.display.quit()


def test_no_key_of_the_defaults_is_taken_already():
    assert not RESERVED.keys() & {*ORDER, *(key for pair in PAIRS for key in pair)}
    assert len(set(ORDER)) == len(ORDER)


def test_each_value_of_a_component_has_a_key_and_holds_while_it_is_held():
    controls = make_controls(spaces.MultiDiscrete([3, 2]), ("way", "light"))
    assert [binding.caps for binding in controls.bindings] == [("1", "2"), ("3",)]
    assert controls.next().tolist() == [0, 0]
    for held, action in (("1", [1, 0]), ("3", [1, 1])):
        controls.press(held)
        assert controls.next().tolist() == action
    controls.release("1")
    controls.press("2")
    assert controls.next().tolist() == [2, 1]
    assert controls.next().dtype == np.int64
    bits = make_controls(spaces.MultiBinary(3), (), {"left": (0, 1), "up": (2, 1)})
    bits.press("up")
    assert bits.next() in spaces.MultiBinary(3)
    assert bits.turn().tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("space", "keys", "words"),
    [
        (spaces.Text(3), {}, r"the actions are Text.*; a person can play Discrete, MultiDiscrete, MultiBinary and Box"),
        (
            spaces.MultiBinary(3),
            {"a": (0, 0)},
            r"the key 'a' stands for \(0, 0\), expected \(component, value > 0\)",
        ),
        (spaces.MultiBinary(3), {"r": (0, 1)}, "the key 'r' means 'restart' in every game"),
        (spaces.MultiDiscrete([2, 3]), {"a": (0, 2)}, r"the key 'a' stands for \(0, 2\)"),
        (spaces.Discrete(2), {"r": 0}, "the key 'r' means 'restart' in every game; declare another one"),
        (spaces.Discrete(2), {"a": 2}, r"the key 'a' stands for 2, but the actions are Discrete\(2\)"),
        (spaces.Discrete(2), {"a": (0, 1.0)}, "the key 'a' stands for"),
        (box([-1], [1]), {"a": 0}, "the key 'a' stands for 0"),
        (box([-1], [1]), {"a": (1, 1.0)}, "the key 'a' stands for"),
    ],
)
def test_keys_that_play_nothing_are_refused(space, keys, words):
    with pytest.raises(ValueError, match=words):
        make_controls(space, (), keys)


def test_keys_are_called_what_a_person_calls_them():
    names = {"left": "←", "f1": "F1", "f12": "F12", "f": "f", "[7]": "num 7", "[-]": "num -", "[": "[", "x": "x"}
    assert {key: cap_of(key) for key in names} == names
