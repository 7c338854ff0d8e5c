"""No ball of Breakout flies through anything, however fast it is: its flight against the one in exact fractions.

The twin of ``breakout_twin.py`` flies with fractions, so its path has no rounding at all. Speeds go up to 1,000 u a
step, which is ten fields, with dozens of contacts in one step.
"""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from breakout_twin import Stream, Twin
from ludus.envs.engine.kernel_batch import KernelBatch

MODULE = "ludus.envs.games.breakout"
ROWS, COLUMNS = 6, 10
VALUES = {"speed_max": 100.0, "speed_gain": 1.0, "paddle_width": 60.0}
HALF, LINE = 1.5, 90.5  # u: half the ball; y of its centre on the paddle


PLACES = [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
FEW = st.sets(st.sampled_from(PLACES), max_size=8)
HALF_OF_THEM = st.integers(0, 2**60 - 1).map(lambda bits: {place for k, place in enumerate(PLACES) if bits >> k & 1})
WALLS = FEW | HALF_OF_THEM | st.just(set(PLACES))


def is_inside(x, y, place):
    row, column = place
    left, top = 10 * column - HALF, 14 + 4 * row - HALF
    return left < x < left + 13 and top < y < top + 7


def set_flight(batch, flight):
    """Put the one environment of ``batch`` into a flight; returns its exact twin in the same position."""
    batch.reset(seeds=[flight["seed"]])
    x, y, vx, vy = flight["x"], flight["y"], flight["vx"], flight["vy"]
    bricks = {place for place in flight["bricks"] if not is_inside(x, y, place)}
    record = batch.records[0]
    record["bricks"] = [[(row, column) in bricks for column in range(COLUMNS)] for row in range(ROWS)]
    record["standing"], record["wait"], record["falling"] = len(bricks), 0, y > LINE
    record["x"], record["y"], record["vx"], record["vy"], record["speed"] = x, y, vx, vy, math.hypot(vx, vy)
    record["paddle"], record["walls"] = flight["paddle"], flight["walls"]
    batch.refresh()
    twin = Twin(ROWS, COLUMNS, batch.parameters(0), Stream(record["rng"]), Fraction)
    twin.bricks, twin.walls = set(bricks), flight["walls"]
    twin.x, twin.y, twin.vx, twin.vy = map(Fraction, (x, y, vx, vy))
    twin.wait, twin.speed, twin.paddle = 0, math.hypot(vx, vy), Fraction(flight["paddle"])
    twin.past_paddle = y > LINE
    return twin


def make_flight(draw, place_x, place_y, velocity):
    vx, vy = draw(velocity)
    y = draw(place_y)
    return {
        "x": draw(place_x),
        "y": y,
        "vx": vx,
        "vy": abs(vy) if y > LINE else vy,
        "bricks": draw(WALLS),
        "paddle": draw(st.sampled_from([30.0, 50.0, 62.5, 70.0])),
        "walls": draw(st.integers(0, 1)),
        "seed": draw(st.integers(0, 1000)),
        "action": draw(st.integers(0, 2)),
    }


@st.composite
def any_flights(draw):
    """Anywhere, at an angle of up to 80 degrees, and from slow to a thousand u a step."""
    angle = draw(st.floats(-1.4, 1.4)) + draw(st.sampled_from([0.0, math.pi]))
    speed = 10.0 ** draw(st.floats(0.0, 3.0))
    velocity = st.just((speed * math.sin(angle), speed * math.cos(angle)))
    return make_flight(draw, st.floats(HALF, 100 - HALF), st.floats(HALF, 100 - HALF), velocity)


@st.composite
def even_flights(draw):
    """On multiples of half a u with powers of two as velocities, where doubles are exact: corners, seams, ties."""
    x, y = (st.integers(3, 197).map(lambda k: k / 2) for _ in "xy")
    powers = [sign * 2.0**k for sign in (-1, 1) for k in range(-1, 10)]
    velocity = st.tuples(st.sampled_from([0.0, *powers]), st.sampled_from(powers))
    diagonal = st.sampled_from(powers).flatmap(lambda v: st.sampled_from([(v, v), (v, -v)]))
    return make_flight(draw, x, y, diagonal | velocity)


def assert_nothing_crossed(path, bricks):
    """No piece of the path leads through a brick that still stands: all of it is exact."""
    for (x0, y0), (x1, y1) in pairwise(path):
        for row, column in bricks:
            left, top = Fraction(10 * column) - Fraction(3, 2), 14 + 4 * row - Fraction(3, 2)
            enter, leave = Fraction(0), Fraction(1)
            for start, end, low, high in ((x0, x1, left, left + 13), (y0, y1, top, top + 7)):
                if start == end:
                    enter = enter if low < start < high else Fraction(2)
                    continue
                first, second = sorted([(low - start) / (end - start), (high - start) / (end - start)])
                enter, leave = max(enter, first), min(leave, second)
            assert not enter < leave, f"({row}, {column}) lies between {x0}, {y0} and {x1}, {y1}"


@pytest.fixture(scope="module")
def batch():
    return KernelBatch(MODULE, 1, autoreset_mode="Disabled", **VALUES)


def compare(batch, twin, flight, tolerance):
    before = len(twin.bricks)
    points, over = twin.step(flight["action"])
    batch.step([flight["action"]])
    record = batch.records[0]
    contacts = len(twin.path) - 2
    event(f"{[k for k in (0, 1, 2, 5, 10, 20, 50) if k <= contacts][-1]} contacts or more")
    assume(twin.narrow > 1e-6 or tolerance == 0.0)
    assert batch.buffers.reward[0] == points
    assert batch.buffers.terminated[0] == over
    assert {tuple(map(int, place)) for place in np.argwhere(record["bricks"])} == twin.bricks
    assert record["standing"] == len(twin.bricks)
    for name, exact in (("x", twin.x), ("y", twin.y), ("vx", twin.vx), ("vy", twin.vy)):
        assert abs(Fraction(float(record[name])) - exact) <= tolerance
    assert bool(record["falling"]) == twin.past_paddle
    # Of the exact path, and so of the other:
    assert all(HALF <= x <= 100 - HALF and HALF <= y <= 100 - HALF for x, y in twin.path)
    if len(twin.bricks) <= before:  # no new wall
        assert_nothing_crossed(twin.path, twin.bricks)


@settings(max_examples=300, deadline=None)
@given(flight=any_flights())
def test_flight_is_the_exact_one_at_any_speed(batch, flight):
    twin = set_flight(batch, flight)
    # Each contact with the paddle multiplies an error by some ten: its place there decides the angle.
    compare(batch, twin, flight, 1e-6)


@settings(max_examples=300, deadline=None)
@given(flight=even_flights())
def test_flight_through_corners_and_ties_is_exact(batch, flight):
    twin = set_flight(batch, flight)
    twin.meet_paddle = lambda: assume(False)  # an angle is no even number
    compare(batch, twin, flight, 0.0)


@settings(max_examples=60, deadline=None)
@given(flight=any_flights(), parts=st.integers(7, 400))
def test_a_fast_step_is_many_slow_ones(batch, flight, parts):
    """A step at a speed, and as many steps at a fraction of it, in which nothing could be flown over."""
    flight = {**flight, "action": 0}
    twin = set_flight(batch, flight)
    twin.meet_paddle = twin.lay_ball = lambda: assume(False)  # from there on speed and chance are others
    twin.step(0)
    assume(twin.narrow > 1e-6)
    batch.step([0])
    fast, total = batch.records[0].copy(), batch.buffers.reward[0]
    set_flight(batch, {**flight, "vx": flight["vx"] / parts, "vy": flight["vy"] / parts})
    points = 0.0
    for _ in range(parts):
        if batch.buffers.terminated[0]:
            break
        batch.step([0])
        points += batch.buffers.reward[0]
        slow = batch.records[0]
        for row, column in np.argwhere(slow["bricks"]):
            depth = min(
                slow["x"] - 10 * column + HALF,
                10 * column + 10 + HALF - slow["x"],
                slow["y"] - 14 - 4 * row + HALF,
                18 + 4 * row + HALF - slow["y"],
            )
            assert depth < 1e-9
    assert points == total
    np.testing.assert_array_equal(slow["bricks"], fast["bricks"])
    np.testing.assert_allclose([slow["x"], slow["y"]], [fast["x"], fast["y"]], atol=1e-6)
