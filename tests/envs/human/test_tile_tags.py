"""What stands on each of many tiles: the return so far, and for a moment how an episode has ended."""

import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.human import tile_tags
from ludus.envs.human.tile_tags import OVER, RUNNING, SOLVED, STAND, TIME_UP
from ludus.envs.human.watch import Rollout

CARTPOLE = "ludus.envs.robotics.cartpole"


@pytest.fixture
def written(monkeypatch):
    """The (text, colour) of every tag, in the order in which they were painted."""
    tags, plain = [], tile_tags.make_tag
    monkeypatch.setattr(tile_tags, "make_tag", lambda *how: tags.append(how[:2]) or plain(*how))
    return tags


def tags_of(rollout, written, size=(60, 90)):
    written.clear()
    rollout.render(size)
    return list(written)


def test_tiles_show_the_return_so_far_and_then_how_the_episode_ended(written):
    batch = KernelBatch(CARTPOLE, 3, max_episode_steps=30)

    def policy(batch):
        return np.where(np.arange(3) == 0, 0, batch.heuristic())  # the first one falls, the others stand

    rollout = Rollout(batch, policy, 0)
    length = 0
    while not rollout.seen.episodes:
        assert tags_of(rollout, written) == [(f"return {length}", RUNNING)] * 3
        rollout.advance()
        length += 1
    assert 5 < length < 30
    for step in range(length, 30):
        first, *others = tags_of(rollout, written)
        assert first[1] in (OVER, RUNNING)
        assert first == (f"GAME OVER  {rollout.seen.returns[-1]:.0f}", OVER) or step > length
        assert others == [(f"return {step}", RUNNING)] * 2
        rollout.advance()
    assert tags_of(rollout, written)[1:] == [("TIME IS UP  30", TIME_UP)] * 2
    stand = round(STAND * batch.fps)
    for _ in range(stand):
        rollout.advance()
    assert tags_of(rollout, written)[1] == ("TIME IS UP  30", TIME_UP)  # of the episode that ended last
    rollout.restart(3)
    assert tags_of(rollout, written) == [("return 0", RUNNING)] * 3


def test_an_end_is_forgotten_after_its_time_and_a_success_is_one():
    batch = KernelBatch("ludus.envs.games.frozen_lake", 2)
    batch.seed_from(0)
    tags, b = tile_tags.TileTags(1), batch.buffers
    b.terminated[:], b.episode_success[:], b.episode_return[:] = True, True, 1.0
    tags.note_ends(batch, 10)  # the second one is not shown
    last = 10 + round(STAND * batch.fps)
    for step, color in ((10, SOLVED), (last, SOLVED), (last + 1, RUNNING)):
        frames = np.zeros((1, 200, 300, 3), np.uint8)
        tags.paint(frames, batch, step)
        assert (frames[0, -1, 0] == color).all()
        assert (frames[0, : 200 - 15] == 0).all()


def test_one_environment_has_no_tag_and_no_tag_leaves_its_tile(written):
    rollout = Rollout(KernelBatch(CARTPOLE, 1), lambda batch: batch.heuristic(), 0)
    assert tags_of(rollout, written) == []
    assert tile_tags.make_tag("GAME OVER  −1234567.8", OVER, 12).shape[1] > 40
    rollout = Rollout(KernelBatch(CARTPOLE, 2), lambda batch: batch.heuristic(), 0)
    assert rollout.render((8, 8)).shape == (2, 8, 8, 3)
