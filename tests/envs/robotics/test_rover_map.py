"""The rover's maps: how they are made, that each can be solved, and that the ways on them are the shortest.

The searches here are independent of the kernels': plain Dijkstra on the same grid, and a flood on a finer one.
"""

import heapq
import math

import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch
from rover_twin import FULL, distances

MODULE = "ludus.envs.robotics.rover"
BLOCKED, UNREACHED = 65535, 65534


def maps(count, seed=0, **keywords):
    batch = KernelBatch(MODULE, count, **keywords)
    batch.seed_from(seed)
    return batch.records


def boxes_of(record):
    """(K, 4) x0, x1, y0, y1."""
    return np.stack([record[f"box_{side}"][: record["boxes"]] for side in ("x0", "x1", "y0", "y1")], axis=-1)


def pillars_of(record):
    """(K, 3) x, y, radius."""
    return np.stack([record[f"disc_{part}"][: record["pillars"]] for part in "xyr"], axis=-1)


def room(record, x, y):
    """Distance from points to what stands still."""
    return distances(x, y, boxes_of(record), pillars_of(record))


# --- The search for a way --------------------------------------------------------------------------------------------


def can_be_driven(record, pitch=0.1):
    """Whether a flood from the start reaches the goal, over points ``pitch`` m apart.

    A point counts if the rover has room there and half a pitch more, so that it has room all along between neighbours.
    """
    ticks = np.arange(pitch / 2, 10.0, pitch)
    x, y = np.meshgrid(ticks, ticks)
    free = room(record, x, y) >= record["radius"] + pitch / 2
    reached = np.zeros_like(free)
    # The start and the goal lie in the middle of coarser cells, on a corner of four of these points.
    for place in (record["x"], record["y"]), (record["goal_x"], record["goal_y"]):
        assert room(record, *(np.array([c]) for c in place))[0] >= record["radius"]
    reached[np.hypot(x - record["x"], y - record["y"]) < pitch] = True
    reached &= free
    frontier = reached
    while frontier.any():
        spread = np.zeros_like(free)
        spread[1:] |= frontier[:-1]
        spread[:-1] |= frontier[1:]
        spread[:, 1:] |= frontier[:, :-1]
        spread[:, :-1] |= frontier[:, 1:]
        frontier = spread & free & ~reached
        reached |= frontier
    return bool(reached[np.hypot(x - record["goal_x"], y - record["goal_y"]) < pitch].any())


@pytest.mark.parametrize(
    "keywords",
    [{}, {"radius": 0.3}, {"radius": 0.1}, FULL, {**FULL, "radius": 0.3}],
    ids=["default", "wide", "slim", "full", "full and wide"],
)
def test_500_maps_can_be_driven(keywords):
    assert all(can_be_driven(record) for record in maps(500 if not keywords else 60, seed=100_000, **keywords))


@pytest.mark.slow
def test_10000_maps_can_be_driven():
    for part in range(10):
        assert all(can_be_driven(record) for record in maps(1000, seed=1000 * part))


def test_a_closed_door_is_noticed():
    """The flood is no test if it cannot fail: a wall across the floor with a gap at its end."""
    record = maps(1)[0].copy()
    record["boxes"], record["pillars"] = 1, 0
    record["box_x0"][0], record["box_y0"][0], record["box_y1"][0] = 0.0, 7.0, 7.2
    record["x"] = record["y"] = 5.125
    record["goal_x"] = record["goal_y"] = 9.125
    for end, passes in ((10.0, False), (9.65, False), (9.3, True)):
        record["box_x1"][0] = end
        assert can_be_driven(record) == passes


# --- The grid --------------------------------------------------------------------------------------------------------


def dijkstra(blocked, goal):
    """(42, 42) length of the shortest way from each cell, in fifths of a cell; steps 5 straight and 7 diagonal."""
    length = np.full(blocked.shape, UNREACHED)
    length[blocked] = BLOCKED
    length[goal] = 0
    queue = [(0, goal)]
    while queue:
        here, (row, column) = heapq.heappop(queue)
        if here > length[row, column]:
            continue
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                there = (row + down, column + right)
                # A diagonal step needs both cells that it passes between.
                if blocked[there] or blocked[row, there[1]] or blocked[there[0], column] or (down, right) == (0, 0):
                    continue
                long = here + (7 if down and right else 5)
                if long < length[there]:
                    length[there] = long
                    heapq.heappush(queue, (long, there))
    return length


@pytest.mark.parametrize("keywords", [{}, {"radius": 0.3}, {**FULL, "radius": 0.13}], ids=str)
def test_ways_are_those_of_dijkstra_over_the_cells_with_room(keywords):
    middles = (np.arange(42) - 0.5) * 0.25
    x, y = np.meshgrid(middles, middles)
    for record in maps(40, seed=7, **keywords):
        blocked = room(record, x, y) < record["radius"] + 0.05
        goal = int(record["goal_y"] / 0.25) + 1, int(record["goal_x"] / 0.25) + 1
        assert (middles[goal[1]], middles[goal[0]]) == (record["goal_x"], record["goal_y"])
        assert not blocked[goal]
        np.testing.assert_array_equal(record["way"].reshape(42, 42), dijkstra(blocked, goal))


@pytest.mark.parametrize("keywords", [{}, {**FULL, "radius": 0.3}, {"radius": 0.1}], ids=str)
def test_every_free_cell_has_a_way(keywords):
    assert (maps(2000, seed=50_000, **keywords)["way"] != UNREACHED).all()


@pytest.mark.parametrize(("radius", "rim"), [(0.1, 1), (0.3249 - 0.05, 1), (0.3251 - 0.05, 1), (0.3, 1)])
def test_cells_at_the_outer_wall(radius, rim):
    """Middles lie 0.125 m, 0.375 m … from the wall; a free one lies at the radius and 0.05 m more."""
    way = maps(1, radius=radius)["way"][0].reshape(42, 42)
    for side in (way, way.T, way[::-1], way.T[::-1]):
        assert (side[: rim + 1] == BLOCKED).all()
        assert (side[rim + 1] != BLOCKED).any()


# --- How a map is made -----------------------------------------------------------------------------------------------


def test_start_and_goal_are_cells_with_room_four_metres_apart_or_more():
    records = maps(4000)
    start_row, start_column = (np.floor(records[c] / 0.25).astype(int) + 1 for c in "yx")
    way = records["way"].reshape(-1, 42, 42)[np.arange(4000), start_row, start_column]
    for name in ("x", "y", "goal_x", "goal_y"):
        np.testing.assert_array_equal((records[name] / 0.125) % 2, 1)
    assert way.min() == 80  # fifths of 0.25 m
    assert way.max() < BLOCKED - 1
    assert (records["left"] == 0).all()
    assert (records["right"] == 0).all()
    counts = np.histogram(records["heading"], 20, (-math.pi, math.pi))[0]  # 200 expected in each
    assert ((counts - 200) ** 2 / 200).sum() < 53.0  # 19 degrees of freedom, once in 20,000


def test_start_and_goal_are_uniform_over_their_cells():
    """Over many maps each start's rank among the cells that it could have been is uniform, and so the goal's."""
    records = maps(4000, seed=20_000)
    way = records["way"]
    cells = np.arange(42 * 42)
    for name, low in (("", 80), ("goal_", 0)):
        row, column = (np.floor(records[name + c] / 0.25).astype(int) + 1 for c in "yx")
        chosen = (row * 42 + column)[:, None]
        may = (way >= low) & (way < UNREACHED)
        rank = (may & (cells < chosen)).sum(axis=1) / may.sum(axis=1)
        counts = np.histogram(rank, 20, (0, 1))[0]
        assert ((counts - 200) ** 2 / 200).sum() < 53.0


def test_four_rooms_in_a_ring():
    """Seven pieces of wall, 0.2 m thick: one from side to side with two doors, one on each side of it with one."""
    records = maps(1000)
    turned = 0
    for record in records:
        long, short = boxes_of(record)[:3], boxes_of(record)[3:7]
        is_turned = np.ptp(long[0, :2]) > np.ptp(long[0, 2:]) and (long[:, 2] == long[0, 2]).all()
        turned += is_turned
        if is_turned:  # x and y swapped back
            long, short = long[:, [2, 3, 0, 1]], short[:, [2, 3, 0, 1]]
        middle = (long[0, 0] + long[0, 1]) / 2
        assert 4.0 <= middle <= 6.0
        np.testing.assert_allclose(long[:, :2], np.tile([middle - 0.1, middle + 0.1], (3, 1)))
        assert long[0, 2] == 0.0
        assert long[2, 3] == 10.0
        np.testing.assert_allclose([long[1, 2] - long[0, 3], long[2, 2] - long[1, 3]], 1.3)
        left, right = short[:2], short[2:]
        for pair, start, end in ((left, 0.0, middle - 0.1), (right, middle + 0.1, 10.0)):
            height = pair[0, 2:].mean()
            assert 3.5 <= height <= 6.5
            np.testing.assert_allclose(pair[:, 2:], np.tile([height - 0.1, height + 0.1], (2, 1)))
            np.testing.assert_allclose([pair[0, 0], pair[1, 1]], [start, end])
            assert pair[1, 0] - pair[0, 1] == pytest.approx(1.3)
            assert pair[0, 1] - start >= 0.5 - 1e-9
            assert end - pair[1, 0] >= 0.5 - 1e-9
        # The doors of the long wall lie below both short ones, and above them.
        low, high = min(left[0, 2], right[0, 2]), max(left[0, 3], right[0, 3])
        assert long[0, 3] >= 0.5 - 1e-9
        assert long[1, 2] <= low - 0.5 + 1e-9
        assert long[1, 3] >= high + 0.5 - 1e-9
        assert long[2, 2] <= 9.5 + 1e-9
    assert 430 < turned < 570  # 4.4 standard errors
    # The dice reach both ends: each place of a wall is uniform over its range.
    places = records["box_x0"][:, 0][records["box_x1"][:, 0] - records["box_x0"][:, 0] < 0.21] + 0.1
    assert places.min() < 4.05
    assert places.max() > 5.95


def gap(one, other):
    """Between two boxes."""
    x = max(one[0] - other[1], other[0] - one[1], 0.0)
    y = max(one[2] - other[3], other[2] - one[3], 0.0)
    return math.hypot(x, y)


@pytest.mark.parametrize("radius", [0.1, 0.2, 0.3])
def test_there_is_a_passage_round_each_piece_of_furniture(radius):
    """As wide as the rover, 0.05 m on each side, and the diagonal of a cell."""
    passage = 2 * (radius + 0.05) + 0.25 * math.sqrt(2)
    narrowest = 9.0
    for record in maps(200, **FULL, radius=radius):
        boxes, pillars = boxes_of(record), pillars_of(record)
        for k in range(7, len(boxes)):
            x0, x1, y0, y1 = boxes[k]
            gaps = [x0, 10 - x1, y0, 10 - y1, *(gap(boxes[k], boxes[j]) for j in range(len(boxes)) if j != k)]
            narrowest = min(narrowest, *gaps)
            assert min(gaps) >= passage - 1e-9
            assert 0.3 <= x1 - x0 <= 0.8
            assert 0.3 <= y1 - y0 <= 0.8
        for k, (x, y, r) in enumerate(pillars):
            others = np.delete(pillars, k, axis=0)
            away = distances(np.array([x]), np.array([y]), boxes, others)[0] - r
            narrowest = min(narrowest, away)
            assert away >= passage - 1e-9
            assert 0.1 <= r <= 0.3
    assert narrowest < passage + 0.01


def test_furniture_stands_everywhere_and_little_is_left_out():
    records = maps(2000)
    assert records["boxes"].max() == 13
    assert records["pillars"].max() == 7
    assert 12.9 < records["boxes"].mean() <= 13.0
    assert 6.5 < records["pillars"].mean() <= 7.0  # 20 obstacles, or nearly
    sides = np.concatenate([(records[f"box_{c}1"] - records[f"box_{c}0"])[:, 7:13].ravel() for c in "xy"])
    assert sides[sides > 0].min() < 0.31
    assert sides.max() > 0.79
    radii = records["disc_r"][records["disc_r"] > 0]
    assert radii.min() < 0.11
    assert radii.max() > 0.29
    x, y = records["disc_x"][:, 0], records["disc_y"][:, 0]
    quarters = np.histogram2d(x, y, 2, ((0, 10), (0, 10)))[0].ravel()
    assert quarters.min() > 400
    reach = 0.854 + 0.31  # from the outer wall to the nearest middle
    assert x.min() < reach
    assert x.max() > 10 - reach
    middles = (records["box_x0"][:, 7] + records["box_x1"][:, 7]) / 2
    assert middles.min() < reach + 0.2
    assert middles.max() > 10 - reach - 0.2


def test_what_finds_no_place_after_40_throws_is_left_out():
    """How many throws there were shows in the random stream: a pillar takes three numbers."""
    records = maps(50, blocks=0, discs=16, radius=0.3)
    # 1 + 3 + 2 + 2 numbers for the walls, 1 for the goal, 1 for the start, 1 for the heading.
    thrown = np.array(taken_since_the_seed(records, 0)) - 11
    assert (thrown % 3 == 0).all()
    left_out = 16 - records["pillars"]
    assert (left_out > 0).all()
    assert (thrown // 3 >= 40 * left_out + records["pillars"]).all()
    assert (thrown // 3 < 40 * left_out + 40 * records["pillars"]).all()


def taken_since_the_seed(records, seed):
    """How many random numbers each environment has taken. Its counter grows by an odd constant: that has an inverse."""
    step, mask = 0x9E3779B97F4A7C15, 2**64 - 1

    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    counts = []
    for i, counter in enumerate(records["rng"].tolist()):
        first = mix(mix((seed + i + step) & mask))
        counts.append(((counter - first) * pow(step, -1, 2**64)) & mask)
    return counts


# --- The crowd at the start ------------------------------------------------------------------------------------------


def test_walkers_start_clear_of_everything_and_of_the_rover():
    records = maps(400, **FULL, crowd_radius=0.25)
    assert records["walkers"].mean() > 7.9
    nearest = 9.0
    for record in records:
        count = record["pillars"] + record["walkers"]
        discs = np.stack([record[f"disc_{part}"][:count] for part in "xyr"], axis=-1)
        assert (discs[record["pillars"] :, 2] == 0.25).all()
        for k in range(record["pillars"], count):
            x, y, r = discs[k]
            assert distances(np.array([x]), np.array([y]), boxes_of(record), np.delete(discs, k, axis=0))[0] >= r
            away = math.hypot(x - record["x"], y - record["y"])
            assert away >= 1.5
            nearest = min(nearest, away)
            assert math.hypot(record["walk_x"][k - record["pillars"]], record["walk_y"][k - record["pillars"]]) == (
                pytest.approx(1.0)
            )
    assert nearest < 1.55
    ahead = np.arctan2(records["walk_y"], records["walk_x"])[records["walkers"] == 8].ravel()
    counts = np.histogram(ahead, 16, (-math.pi, math.pi))[0]
    expected = len(ahead) / 16
    assert ((counts - expected) ** 2 / expected).sum() < 47.0  # 15 degrees of freedom, once in 25,000


def test_a_seed_keeps_its_map():
    """Numbers of this version, so that another way to throw the furniture does not go unnoticed."""
    record = maps(1, seed=3)[0]
    x = [2.555127, 2.409129, 8.797803, 3.956844, 7.518052, 2.776155, 4.727165]
    y = [6.854758, 1.459946, 4.471451, 3.542662, 1.64513, 3.484378, 6.416476]
    assert record["pillars"] == 7
    np.testing.assert_allclose(record["disc_x"][:7], x, atol=1e-6)
    np.testing.assert_allclose(record["disc_y"][:7], y, atol=1e-6)
