"""Keys that compose an action before it is made, and what a person sees of it."""

import numpy as np
import pytest
from gymnasium import spaces

from ludus.envs.human.controls import GENTLE
from ludus.envs.human.cursor_controls import HELD_FROM, CursorControls
from ludus.envs.human.play import AIMING, Session
from ludus.envs.make import make_game
from ludus.envs.robotics.picker import KEYS, STEP, TURN
from ludus.envs.robotics.picker.rendering import AIMED


def tap(target, *keys):
    for key in keys:
        target.press(key)
        target.release(key)


@pytest.fixture
def controls():
    return CursorControls(spaces.Box(-1.0, 1.0, (3,), np.float32), KEYS, ["across", "down", "angle"])


@pytest.fixture
def session():
    session = Session(make_game("ludus/Picker-v0", images="parcels"), 3, turn_based=True)
    yield session
    session.game.close()


def test_keys_move_the_cursor_and_only_enter_makes_the_step(controls):
    tap(controls, "right", "right", "up", "d")
    assert controls.turn() is None
    tap(controls, "return")
    np.testing.assert_allclose(controls.turn(), [2 * STEP, -STEP, TURN], rtol=1e-6)
    assert controls.turn() is None
    tap(controls, "left", "button 0")  # from where it stood
    np.testing.assert_allclose(controls.turn(), [STEP, -STEP, TURN], rtol=1e-6)


def test_the_cursor_stays_in_the_space(controls):
    tap(controls, *["left"] * 40, *["d"] * 40)
    assert controls.composed.tolist() == [-1.0, 0.0, 1.0]
    assert controls.space.contains(controls.composed)


def test_shift_moves_finely(controls):
    controls.press("left shift")
    tap(controls, "down")
    assert controls.composed[1] == pytest.approx(GENTLE * STEP)


def test_a_key_that_is_held_goes_on_after_a_moment(controls):
    controls.press("right")
    for _ in range(HELD_FROM - 1):
        controls.turn()
    assert controls.composed[0] == pytest.approx(STEP)
    for _ in range(3):
        controls.turn()
    assert controls.composed[0] == pytest.approx(4 * STEP)
    controls.release("right")
    controls.turn()
    assert controls.composed[0] == pytest.approx(4 * STEP)


def test_a_new_game_begins_at_rest(controls):
    tap(controls, "right", "return")
    controls.clear()
    assert controls.composed.tolist() == [0.0, 0.0, 0.0]
    assert controls.turn() is None


def test_a_grasp_of_picker_is_made_where_it_is_aimed(session):
    assert session.panel().message == AIMING
    tap(session.controls, "right", "down", "a")
    assert session.advance() == 0
    assert [row.value for row in session.panel().rows] == ["0.07", "0.07", "−0.06"]
    tap(session.controls, "return")
    assert session.advance() == 1
    np.testing.assert_allclose(session.action, [STEP, STEP, -TURN], rtol=1e-6)


def test_a_person_can_fill_the_order_of_picker(session):
    """With keys alone: to each place that the exact plan names, and Enter."""
    game = session.game
    for _ in range(8):
        wanted = game.batch.heuristic()[0]
        session.controls.clear()
        for i, (less, more, width) in enumerate((("left", "right", STEP), ("up", "down", STEP), ("a", "d", TURN))):
            count = round(float(wanted[i]) / width)
            tap(session.controls, *[more if count > 0 else less] * abs(count))
        tap(session.controls, "return")
        session.advance()
        if game.ended:
            break
    assert game.solved


def test_the_frame_shows_where_it_is_aimed(session):
    size = session.game.frame_size
    plain, aimed = session.game.frame(size), session.game.frame(size, session.aimed)
    rows, columns = np.nonzero((aimed == AIMED).all(axis=2))
    assert not (plain == AIMED).all(axis=2).any()
    assert abs(rows.mean() - 240.0) < 2.0
    assert abs(columns.mean() - 240.0) < 2.0
    tap(session.controls, *["right"] * 5)
    moved = np.nonzero((session.game.frame(size, session.aimed) == AIMED).all(axis=2))[1]
    assert moved.mean() - columns.mean() == pytest.approx(5 * STEP * 216, abs=2.0)
