"""Snake against a plain-Python twin, and against hand-set positions with written-out answers.

The twin knows the card in ``envs/games/snake`` only: a list of cells and a fruit. It has no randomness of its own,
so the place of a new fruit (and of the head at the start) is read from the record.
"""

import itertools

import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch

MODULE = "ludus.envs.games.snake"
UP, RIGHT, DOWN, LEFT = range(4)
MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]


class Twin:
    """One game. ``cells`` is a list of (row, column), the tail first and the head last; ``fruit`` a cell or None."""

    def __init__(self, size, cells, fruit):
        self.size, self.cells, self.fruit, self.score = size, list(cells), fruit, 0

    def target(self, action):
        row, column = self.cells[-1]
        return row + MOVES[action][0], column + MOVES[action][1]

    def is_legal(self, action):
        row, column = cell = self.target(action)
        on_board = 0 <= row < self.size and 0 <= column < self.size
        return on_board and cell not in set(self.cells[1:])  # the tail moves away

    def mask(self):
        return [int(self.is_legal(action)) for action in range(4)]

    def step(self, action):
        """Returns (reward, terminated). After a fruit, the caller puts the next one."""
        if not self.is_legal(action):
            return 0.0, True
        self.cells.append(self.target(action))
        if self.cells[-1] != self.fruit:
            self.cells.pop(0)
            return 0.0, False
        self.score += 1
        self.fruit = None
        return 1.0, len(self.cells) == self.size**2

    def planes(self):
        out = np.zeros((self.size, self.size, 5), np.uint8)
        for age, (row, column) in enumerate(self.cells, start=1):
            out[row, column, 0] = 1
            out[row, column, 4] = min(age, 255)
        out[(*self.cells[-1], 1)] = 1
        out[(*self.cells[0], 2)] = 1
        if self.fruit is not None:
            out[(*self.fruit, 3)] = 1
        return out


def cell_of(number, size):
    return None if number < 0 else divmod(int(number), size)


def twin_of_start(batch, i):
    size, record = batch.sizes["size"], batch.records[i]
    assert record["length"] == 1
    return Twin(size, [cell_of(record["body"][record["tail"]], size)], cell_of(record["fruit"], size))


def set_position(batch, i, cells, fruit, ring_start=0):
    """Put environment ``i`` into a position; ``ring_start`` is where the body's ring begins."""
    size, record = batch.sizes["size"], batch.records[i]
    record["occupied"][:] = 0
    record["body"][:] = 0
    for k, (row, column) in enumerate(cells):
        record["occupied"][row, column] = 1
        record["body"][(ring_start + k) % size**2] = row * size + column
    record["tail"], record["length"] = ring_start, len(cells)
    record["fruit"] = -1 if fruit is None else fruit[0] * size + fruit[1]


def position(size, cells, fruit, copies=1, ring_start=0, **keywords):
    batch = KernelBatch(MODULE, copies, size=size, **keywords)
    batch.reset(seeds=range(copies))
    for i in range(copies):
        set_position(batch, i, cells, fruit, ring_start)
    batch.refresh()  # observes the new position
    return batch


def play_beside_twin(batch, games, choose, rng):
    """Play at least ``games`` games step by step on both sides; returns their scores and how they ended."""
    size, b = batch.sizes["size"], batch.buffers
    batch.reset(seeds=range(batch.num_envs))
    twins = [twin_of_start(batch, i) for i in range(batch.num_envs)]
    clocks = np.zeros(batch.num_envs, int)
    scores, ends = [], []
    while len(scores) < games:
        masks = [twin.mask() for twin in twins]
        np.testing.assert_array_equal(b.mask, masks)
        np.testing.assert_array_equal(b.observation, np.stack([twin.planes() for twin in twins]))
        actions = choose(np.array(masks), rng)
        batch.step(actions)
        clocks += 1
        for i, twin in enumerate(twins):
            reward, terminated = twin.step(actions[i])
            truncated = clocks[i] == batch.max_episode_steps
            flags = (bool(b.terminated[i]), bool(b.truncated[i]))
            assert (b.reward[i], *flags) == (reward, terminated, truncated)
            if not (terminated or truncated):
                if twin.fruit is None:
                    twin.fruit = cell_of(batch.records["fruit"][i], size)
                    assert twin.fruit not in twin.cells
                continue
            full = len(twin.cells) == size**2
            if twin.fruit is None and not full:  # eaten in the very step that ran out of time: seen only in the picture
                twin.fruit = tuple(int(k) for k in np.argwhere(b.final_observation[i, :, :, 3])[0])
                assert twin.fruit not in twin.cells
            np.testing.assert_array_equal(b.final_observation[i], twin.planes())
            np.testing.assert_array_equal(b.final_mask[i], twin.mask())
            assert (b.episode_return[i], b.episode_length[i], b.episode_success[i]) == (twin.score, clocks[i], full)
            scores.append(twin.score)
            ends.append(flags)
            twins[i], clocks[i] = twin_of_start(batch, i), 0
    return scores, ends


def masked_random(masks, rng):
    """A legal action of each row, or any where there is none."""
    return np.argmax(rng.random(masks.shape) * (masks + 1e-9), axis=1)


def any_random(masks, rng):
    return rng.integers(0, 4, len(masks))


DIED, OUT_OF_TIME = (True, False), (False, True)  # (terminated, truncated)


@pytest.mark.parametrize(
    ("size", "games", "limit", "choose", "ends"),
    [
        (4, 400, 4000, masked_random, {DIED}),
        (4, 150, 12, any_random, {DIED, OUT_OF_TIME}),
        (5, 250, 100, masked_random, {DIED, OUT_OF_TIME}),
        (12, 50, 4000, masked_random, {DIED}),
        (12, 100, 15, any_random, {DIED, OUT_OF_TIME}),
        (20, 50, 60, masked_random, {OUT_OF_TIME}),
    ],
)
def test_1000_random_games_equal_the_twins(size, games, limit, choose, ends):
    batch = KernelBatch(MODULE, min(games, 50), size=size, max_episode_steps=limit)
    scores, seen = play_beside_twin(batch, games, choose, np.random.default_rng(size))
    assert len(scores) >= games
    assert max(scores) >= 1
    assert set(seen) >= ends


def test_games_of_the_heuristic_equal_the_twins_up_to_full_boards():
    batch = KernelBatch(MODULE, 12, size=4, max_episode_steps=4000)
    scores, _ = play_beside_twin(batch, 24, lambda masks, rng: batch.heuristic().copy(), None)
    assert max(scores) == 15


def snaking_path(size, length):
    """The first ``length`` cells row by row, every second row backwards."""
    path = [(row, column if row % 2 == 0 else size - 1 - column) for row in range(size) for column in range(size)]
    return path[:length]


def test_age_saturates_at_255_and_a_long_ring_wraps():
    cells = snaking_path(20, 300)  # 15 full rows; the head stands at the right end of row 14
    fruit = (19, 0)
    batch = position(20, cells, fruit, ring_start=250)
    twin = Twin(20, cells, fruit)
    np.testing.assert_array_equal(batch.buffers.observation[0], twin.planes())
    ages = batch.buffers.observation[0, :, :, 4]
    assert (ages == 255).sum() == 300 - 254
    assert ages[0, 0] == 1
    assert ages[14, 19] == 255
    # Down to row 15, left along it, and so on: 100 moves, in which the 299 cells behind follow.
    rest = snaking_path(20, 400)[299:]
    for here, there in itertools.pairwise(rest):
        action = MOVES.index((there[0] - here[0], there[1] - here[1]))
        batch.step([action])
        reward, terminated = twin.step(action)
        assert (batch.buffers.reward[0], bool(batch.buffers.terminated[0])) == (reward, terminated)
        if reward:
            twin.fruit = cell_of(batch.records["fruit"][0], 20)
        np.testing.assert_array_equal(batch.buffers.observation[0], twin.planes())
        np.testing.assert_array_equal(batch.buffers.mask[0], twin.mask())
    assert batch.records["length"][0] == 301  # (19, 0) was the last cell of the path


# --- Hand-set positions ----------------------------------------------------------------------------------------------


def test_planes_of_a_small_position_written_out():
    batch = position(4, [(0, 0), (0, 1), (1, 1)], fruit=(3, 2))
    planes = np.moveaxis(batch.buffers.observation[0], 2, 0)
    body = [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    head = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    tail = [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    fruit = [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    age = [[1, 2, 0, 0], [0, 3, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(planes, [body, head, tail, fruit, age])
    assert batch.buffers.mask[0].tolist() == [0, 1, 1, 1]  # up is the neck


def test_snake_of_one_cell_is_its_own_head_and_tail():
    batch = position(4, [(2, 2)], fruit=(0, 0))
    assert batch.buffers.observation[0, 2, 2].tolist() == [1, 1, 1, 0, 1]
    assert batch.buffers.mask[0].tolist() == [1, 1, 1, 1]


def test_head_moves_into_the_cell_that_the_tail_leaves():
    # A ring of four: the head at (1, 0), the tail above it at (0, 0).
    batch = position(4, [(0, 0), (0, 1), (1, 1), (1, 0)], fruit=(3, 3))
    assert batch.buffers.mask[0].tolist() == [1, 0, 1, 0]
    batch.step([UP])
    assert not batch.buffers.terminated[0]
    assert batch.buffers.reward[0] == 0.0
    np.testing.assert_array_equal(
        batch.buffers.observation[0, :, :, 4], [[4, 1, 0, 0], [3, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    )
    assert batch.buffers.observation[0, 0, 0].tolist() == [1, 1, 0, 0, 4]


@pytest.mark.parametrize(
    ("cells", "legal"),
    [
        ([(1, 1)], [1, 1, 1, 1]),  # one cell: there is no backwards
        ([(1, 1), (1, 2)], [1, 1, 1, 1]),  # two: the cell behind is the tail, which moves away
        ([(1, 1), (1, 2), (1, 3)], [1, 0, 1, 0]),  # three: the neck stays; right is the wall
    ],
)
def test_reversing_is_legal_for_one_and_two_cells_only(cells, legal):
    batch = position(4, cells, fruit=(3, 0))
    assert batch.buffers.mask[0].tolist() == legal
    batch.step([LEFT])
    assert bool(batch.buffers.terminated[0]) is (len(cells) == 3)
    assert batch.buffers.reward[0] == 0.0


def test_reversed_snake_of_two_cells_has_swapped_head_and_tail():
    batch = position(4, [(1, 1), (1, 2)], fruit=(3, 0))
    batch.step([LEFT])
    assert batch.buffers.observation[0, 1, 1].tolist() == [1, 1, 0, 0, 2]
    assert batch.buffers.observation[0, 1, 2].tolist() == [1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("head", "action"),
    [((0, 2), UP), ((2, 3), RIGHT), ((3, 1), DOWN), ((1, 0), LEFT)],
    ids=["up", "right", "down", "left"],
)
def test_wall_ends_the_game_and_leaves_the_board(head, action):
    batch = position(4, [head], fruit=(1, 1))
    before = batch.buffers.observation[0].copy()
    assert batch.buffers.mask[0, action] == 0
    assert batch.buffers.mask[0].sum() == 3
    assert batch.step([action]) == 1
    assert (batch.buffers.reward[0], batch.buffers.terminated[0], batch.buffers.truncated[0]) == (0.0, True, False)
    assert not batch.buffers.episode_success[0]
    np.testing.assert_array_equal(batch.buffers.final_observation[0], before)


def test_body_ends_the_game_and_leaves_the_board():
    # A ring of six cells, the head at (1, 1) under the third oldest cell (0, 1).
    cells = [(1, 2), (0, 2), (0, 1), (0, 0), (1, 0), (1, 1)]
    batch = position(4, cells, fruit=(3, 3), copies=4)
    before = batch.buffers.observation[0].copy()
    assert batch.buffers.mask[0].tolist() == [0, 1, 1, 0]
    batch.step([UP, RIGHT, DOWN, LEFT])
    assert batch.buffers.terminated.tolist() == [True, False, False, True]
    np.testing.assert_array_equal(batch.buffers.final_observation[0], before)
    np.testing.assert_array_equal(batch.buffers.final_observation[3], before)


def test_heading_is_the_last_legal_move_and_none_at_the_start():
    batch = position(4, [(0, 0)], fruit=(3, 3), copies=4, autoreset_mode="Disabled")
    assert batch.records["heading"].tolist() == [-1] * 4
    batch.step([UP, RIGHT, DOWN, LEFT])
    assert batch.records["heading"].tolist() == [-1, RIGHT, DOWN, -1]
    batch.reset()
    assert batch.records["heading"].tolist() == [-1] * 4


def test_eating_grows_by_one_cell_and_the_tail_stays():
    batch = position(4, [(0, 0), (0, 1)], fruit=(0, 2))
    batch.step([RIGHT])
    assert batch.buffers.reward[0] == batch.buffers.terms[0, 0] == 1.0
    assert not batch.buffers.terminated[0]
    np.testing.assert_array_equal(batch.buffers.observation[0, 0, :, 4], [1, 2, 3, 0])
    assert batch.buffers.observation[0, :, :, 3].sum() == 1
    assert batch.buffers.observation[0, 0, :3, 3].sum() == 0


def test_fruit_goes_to_the_last_free_cell():
    # 14 of 16 cells; eating the fruit at (3, 1) leaves (3, 0) alone.
    cells = snaking_path(4, 14)
    assert cells[-1] == (3, 2)
    batch = position(4, cells, fruit=(3, 1), copies=20)
    batch.step([LEFT] * 20)
    assert not batch.buffers.terminated.any()
    for i in range(20):
        assert np.argwhere(batch.buffers.observation[i, :, :, 3]).tolist() == [[3, 0]]


def test_full_board_is_success():
    batch = position(4, snaking_path(4, 15), fruit=(3, 0))
    assert batch.step([LEFT]) == 1
    assert (batch.buffers.reward[0], batch.buffers.terminated[0], batch.buffers.truncated[0]) == (1.0, True, False)
    assert batch.buffers.episode_success[0]
    final = batch.buffers.final_observation[0]
    assert final[:, :, 0].all()
    assert not final[:, :, 3].any()
    np.testing.assert_array_equal(final[:, :, 4], [[1, 2, 3, 4], [8, 7, 6, 5], [9, 10, 11, 12], [16, 15, 14, 13]])
    assert batch.buffers.final_mask[0].tolist() == [0, 0, 0, 0]
    assert not batch.records["success"][0]  # the next game has begun


def test_no_fruit_is_minus_one_in_the_record():
    """Snapshots hold it, so it is not to change."""
    batch = position(4, snaking_path(4, 15), fruit=(3, 0), autoreset_mode="Disabled")
    batch.step([LEFT])
    assert batch.records["fruit"].tolist() == [-1]


def test_success_and_time_limit_in_the_same_step_set_both_flags():
    batch = position(4, snaking_path(4, 15), fruit=(3, 0), max_episode_steps=1)
    batch.step([LEFT])
    assert batch.buffers.terminated[0]
    assert batch.buffers.truncated[0]
    assert batch.buffers.episode_success[0]


# --- Chance ----------------------------------------------------------------------------------------------------------


def chi_square(counts, expected):
    return float(((np.asarray(counts) - expected) ** 2 / expected).sum())


@pytest.mark.parametrize("length", [8, 13])  # sparse enough for throwing, crowded enough for counting
def test_fruit_is_uniform_over_the_free_cells(length):
    path = snaking_path(4, 16)
    free = path[length + 1 :]
    copies = 2000 * len(free)
    batch = position(4, path[:length], fruit=path[length], copies=copies)
    here, there = path[length - 1], path[length]
    batch.step(np.full(copies, MOVES.index((there[0] - here[0], there[1] - here[1]))))
    assert (batch.buffers.reward == 1.0).all()
    counts = batch.buffers.observation[:, :, :, 3].sum(axis=0, dtype=int)
    assert counts.sum() == copies
    # Exceeded once in 10,000 tries (7 free cells: 6 degrees of freedom, 2 cells: 1); the seeds are fixed.
    assert chi_square([counts[cell] for cell in free], 2000) < {6: 27.9, 1: 15.2}[len(free) - 1]
    assert sum(counts[cell] for cell in free) == copies


def test_fruit_takes_eight_throws_and_then_a_count_at_most():
    """Three cells are free of sixteen, so of 1,000 fruit some 190 are missed eight times and placed by counting."""
    path = snaking_path(4, 16)
    batch = position(4, path[:12], fruit=path[12], copies=1000)
    before = batch.records["rng"].copy()
    here, there = path[11], path[12]
    batch.step(np.full(1000, MOVES.index((there[0] - here[0], there[1] - here[1]))))
    assert (batch.buffers.reward == 1.0).all()
    step_of_stream = 0x9E3779B97F4A7C15  # SplitMix64's counter; its inverse turns a difference into a number of samples
    sampled = (batch.records["rng"] - before) * np.uint64(pow(step_of_stream, -1, 2**64))
    assert set(sampled.tolist()) == set(range(1, 10))
    assert 150 < (sampled == 9).sum() < 240


def test_head_and_fruit_are_uniform_at_the_start_and_apart():
    copies = 24_000
    batch = KernelBatch(MODULE, copies, size=4)
    batch.reset(seeds=range(copies))
    heads = batch.buffers.observation[:, :, :, 1].reshape(copies, 16).argmax(axis=1)
    fruits = batch.buffers.observation[:, :, :, 3].reshape(copies, 16).argmax(axis=1)
    pairs = np.zeros((16, 16), int)
    np.add.at(pairs, (heads, fruits), 1)
    assert np.trace(pairs) == 0
    off_diagonal = pairs[~np.eye(16, dtype=bool)]  # 240 pairs, 100 of each expected
    assert chi_square(off_diagonal, 100) < 326.0  # 239 degrees of freedom, once in 10,000


def test_masked_random_play_scores_as_in_jumanji():
    """Jumanji's Snake-v1 gives 6.27 fruit under a uniformly random legal policy; here 4,000 games, 6.2 ± 0.25.

    The standard error of 4,000 games is 0.05, Jumanji's figure has one of its own: 0.25 is four of both together.
    """
    games = 4000
    batch = KernelBatch(MODULE, games, max_episode_steps=4000)
    batch.reset(seeds=range(games))
    rng, waiting, scores = np.random.default_rng(0), np.ones(games, bool), np.zeros(games)
    b = batch.buffers
    while waiting.any():  # the first game of each environment: no bias to short ones
        batch.step(masked_random(b.mask, rng))
        ended = waiting & (b.terminated | b.truncated)
        scores[ended] = b.episode_return[ended]
        waiting &= ~ended
    assert abs(scores.mean() - 6.2) < 0.25, scores.mean()
    assert scores.std() / games**0.5 < 0.06
