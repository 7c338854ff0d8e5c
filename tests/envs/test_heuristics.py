"""The reference policies: their stated scores, and that Snake's never dies.

Games run in a batch, one per environment, seeds 0 … N-1; a game counts once, up to its end.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.games import snake
from ludus.envs.robotics import cartpole

SNAKE, CARTPOLE = "ludus.envs.games.snake", "ludus.envs.robotics.cartpole"
UP, RIGHT, DOWN, LEFT = range(4)


class Games(NamedTuple):
    score: np.ndarray  # (N,) return
    length: np.ndarray  # (N,) steps
    success: np.ndarray  # (N,) bool
    terminated: np.ndarray  # (N,) bool


def play(module: str, games: int, limit: int, policy: str, **keywords: float) -> Games:
    """Play one game per environment; "random" draws uniformly from the legal actions."""
    batch = KernelBatch(module, games, max_episode_steps=limit, **keywords)
    batch.seed_from(0)
    rng = np.random.default_rng(0)
    result = Games(np.zeros(games), np.zeros(games, int), np.zeros(games, bool), np.zeros(games, bool))
    playing = np.ones(games, bool)
    for _ in range(limit):
        mask = batch.buffers.mask
        batch.step(batch.heuristic() if policy == "heuristic" else (rng.random(mask.shape) * mask).argmax(axis=1))
        b = batch.buffers
        ended = playing & (b.terminated | b.truncated)
        columns = (b.episode_return, b.episode_length, b.episode_success, b.terminated)
        for target, column in zip(result, columns, strict=True):
            target[ended] = column[ended]
        playing &= ~ended
        if not playing.any():
            return result
    raise AssertionError("the time limit did not end a game")


def board(text: str, fruit: int) -> KernelBatch:
    """A snake set by hand: ``text`` names its cells from the tail (a) to the head, ``.`` is free."""
    rows = text.split()
    size = len(rows)
    batch = KernelBatch(SNAKE, 1, size=size)
    batch.seed_from(0)
    cells = "".join(rows)
    letters = sorted(set(cells) - {"."})
    record = batch.records[0]
    record["body"][: len(letters)] = [cells.index(letter) for letter in letters]
    record["occupied"][:] = np.array([[letter != "." for letter in row] for row in rows])
    record["tail"], record["length"], record["fruit"] = 0, len(letters), fruit
    return batch


def test_snake_fills_the_default_board_within_the_time_limit():
    games = play(SNAKE, 256, 4000, "heuristic")
    # 1,000 games: 143.0 fruit and success in all of them, after 2,530 steps (3,370 at most).
    assert games.success.mean() >= 0.98
    assert abs(games.score.mean() - snake.SIMULATION.scores["heuristic"]) <= 0.3
    assert games.length.mean() < 2800


@pytest.mark.parametrize("size", [4, 5, 6, 8, 11, 12, 16])
def test_snake_never_dies_and_fills_every_board(size):
    count = 64 if size > 8 else 512
    games = play(SNAKE, count, 60 * size * size, "heuristic", size=size)
    assert not (games.terminated & ~games.success).any()
    assert games.success.all()
    assert (games.score == size * size - 1).all()


def test_random_snake_has_the_stated_score():
    games = play(SNAKE, 512, 4000, "random")
    assert abs(games.score.mean() - snake.SIMULATION.scores["random"]) < 0.3  # standard error 1.78 / sqrt(512) = 0.08


def steps(targets: np.ndarray, size: int) -> list[str]:
    """For each row of the board the way from each cell: U, R, D, L, or - for none."""
    letters = {-size: "U", 1: "R", size: "D", -1: "L"}
    ways = [letters[int(to) - cell] if to >= 0 else "-" for cell, to in enumerate(targets)]
    return ["".join(ways[row * size : (row + 1) * size]) for row in range(size)]


def test_streets_of_a_board_of_four():
    world = snake.make_world(4)
    assert steps(world.around, 4) == ["RDRD", "ULUL", "RDRD", "ULUL"]
    assert steps(world.across, 4) == ["-R--", "-DLD", "URU-", "--L-"]
    assert world.distance[0, :4].tolist() == [0, 1, 2, 3]
    assert world.distance[1, 0] == 3  # once round the block
    assert world.distance[3, 0] == 5  # down, three to the left, up


def test_streets_of_an_odd_board_lead_into_each_pair_and_back():
    world = snake.make_world(5)
    assert steps(world.around, 5) == ["RDRDD", "ULULL", "RDRDD", "ULULL", "ULULL"]
    assert steps(world.across, 5) == ["-R-R-", "-DLD-", "URUR-", "-DLDD", "-----"]


def test_snake_takes_the_exit_only_if_the_fruit_is_nearer_that_way():
    assert board("ab.. .... .... ....", fruit=2).heuristic()[0] == RIGHT
    assert board("ab.. .... .... ....", fruit=4).heuristic()[0] == DOWN


def test_snake_does_not_enter_a_block_where_its_body_lies():
    # The fruit is at the right of the head (k), but a closed ring of blocks is no tree, and has no way out.
    assert board("jk.a i..b h..c gfed", fruit=2).heuristic()[0] == DOWN
    # The tail alone does not matter: it has left when the head arrives.
    assert board("ij.. h..a g..b fedc", fruit=6).heuristic()[0] == RIGHT


def test_snake_goes_back_the_way_it_came_where_its_body_closes_the_block():
    # Head f; the way round the block is closed by c, which came from the block on the left.
    assert board("abcd ..fe .... ....", fruit=15).heuristic()[0] == LEFT


def test_snake_enlarges_a_walk_that_its_body_fills():
    # Round the block the fruit is nearer, but the body would follow itself for ever.
    assert board(".... .... da.. cb..", fruit=11).heuristic()[0] == UP
    assert board(".... .... d... cba.", fruit=11).heuristic()[0] == RIGHT


def test_snake_uses_either_the_corner_of_an_odd_board_or_the_cell_beside_it():
    assert board("..... ..... ..bcd ..a.e .....", fruit=24).heuristic()[0] == DOWN
    # Eating in the corner now would leave the tail (a) where the way out should be: first make room.
    assert board("..... ..... ..cde ..baf .....", fruit=24).heuristic()[0] == LEFT


def test_snake_steered_by_others_still_gets_a_legal_action():
    batch = KernelBatch(SNAKE, 64, size=6, max_episode_steps=500)
    batch.seed_from(0)
    rng = np.random.default_rng(0)
    checked = 0
    for _ in range(500):
        mask = batch.buffers.mask.copy()
        action = batch.heuristic()
        alive = mask.any(axis=1)
        assert mask[np.arange(64), action][alive].all()
        checked += int(alive.sum())
        batch.step((rng.random(mask.shape) * mask).argmax(axis=1))
    assert checked > 20_000


def test_asking_snakes_heuristic_changes_nothing():
    batch = KernelBatch(SNAKE, 4)
    batch.seed_from(0)
    before = batch.snapshot()
    batch.heuristic()
    assert batch.snapshot() == before


@pytest.mark.parametrize("force", [10.0, -10.0])
def test_cartpole_stands_to_the_end(force):
    games = play(CARTPOLE, 200, 500, "heuristic", force=force)
    assert (games.score == cartpole.SIMULATION.scores["heuristic"]).all()
    assert not games.terminated.any()


def test_random_cartpole_has_the_stated_score():
    games = play(CARTPOLE, 2000, 500, "random")
    # Standard error 11.9 / sqrt(2000) = 0.27; 100,000 episodes gave 22.27.
    assert abs(games.score.mean() - cartpole.SIMULATION.scores["random"]) < 0.9


# --- Policies by name ------------------------------------------------------------------------------------------------


def test_further_policies_are_found_by_name():
    """Both are the same loop over another kernel: their machine code must not be taken for each other's."""
    batch = KernelBatch("slider", 3)
    batch.seed_from(0)
    assert batch.policies == ("push", "rest")
    assert batch.heuristic(name="push").tolist() == [[4.0, 0.0]] * 3
    assert batch.heuristic(name="rest").tolist() == [[0.0, 1.0]] * 3
    with pytest.raises(ValueError, match="slider has no heuristic policy; it has: push, rest"):
        batch.heuristic()
    with pytest.raises(ValueError, match="snake has no push policy; it has: heuristic"):
        KernelBatch(SNAKE, 1).heuristic(name="push")


def test_a_policy_without_its_kernel_is_refused(monkeypatch):
    import slider

    monkeypatch.setattr(slider, "SIMULATION", replace(slider.SIMULATION, heuristics=("push", "rst")))
    with pytest.raises(ValueError, match=r"slider.py:\d+: heuristics must be a dict .* got \('push', 'rst'\)"):
        KernelBatch("slider", 1)
