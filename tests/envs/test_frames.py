"""Frames of every environment: never black, every pixel painted, and drawing changes nothing."""

import numpy as np
import pytest

import ludus
from acting import random_actions
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import load

ENVIRONMENTS = list(ludus.ENVIRONMENTS)
SIZES = [(16, 16), (84, 84), (400, 600), (37, 100)]  # height, width


def played(id, **keywords):
    """Eight environments, in different places: all but the first begin anew on the way, for worlds without chance."""
    batch = KernelBatch(ludus.ENVIRONMENTS[id][0], 8, max_episode_steps=500, **keywords)
    batch.reset(seeds=range(8))
    for t in range(60):
        batch.step(batch.heuristic())
        batch.reset(4 * np.arange(8) == t + 1)
    return batch


def variants():
    """Every environment as it is and as small as it can be; each combination of sizes is compiled by itself."""
    for id in ENVIRONMENTS:
        yield id, {}
        if sizes := load(ludus.ENVIRONMENTS[id][0])[1].sizes:
            yield id, {name: size.low for name, size in sizes.items()}


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize(("id", "keywords"), list(variants()), ids=str)
def test_every_pixel_is_painted_and_none_of_the_frame_is_black(id, keywords, shape):
    batch = played(id, **keywords)
    on_black, on_white = np.zeros((8, *shape, 3), np.uint8), np.full((8, *shape, 3), 255, np.uint8)
    batch.render_many(np.arange(8), on_black)
    batch.render_many(np.arange(8), on_white)
    np.testing.assert_array_equal(on_black, on_white)
    assert (on_black.reshape(8, -1).mean(axis=1) > 40).all()
    some = on_black[:, :: max(shape[0] // 64, 1), :: max(shape[1] // 64, 1)].reshape(8, -1, 3)
    assert all(len(np.unique(pixels, axis=0)) > 2 for pixels in some)
    assert any((frame != on_black[0]).any() for frame in on_black[1:])


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_rendering_changes_no_state_and_is_the_same_twice(id):
    batch = played(id)
    before = batch.snapshot()
    shown = [buffer.copy() for buffer in batch.buffers]
    first, second = np.zeros((84, 84, 3), np.uint8), np.zeros((84, 84, 3), np.uint8)
    batch.render(3, first)
    batch.render(3, second)
    np.testing.assert_array_equal(first, second)
    assert batch.snapshot() == before
    assert all(np.array_equal(old, new) for old, new in zip(shown, batch.buffers, strict=True))


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_frame_shows_the_state(id):
    """Another step, another picture."""
    batch = played(id)
    frames = np.zeros((2, 8, 200, 200, 3), np.uint8)
    batch.render_many(np.arange(8), frames[0])
    batch.step(batch.heuristic())
    batch.render_many(np.arange(8), frames[1])
    assert all((frames[0, i] != frames[1, i]).any() for i in range(8))


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_many_frames_are_the_single_ones_in_order(id):
    batch = played(id)
    frames, single = np.zeros((3, 50, 60, 3), np.uint8), np.zeros((50, 60, 3), np.uint8)
    batch.render_many(np.array([5, 0, 5]), frames)
    for frame, i in zip(frames, [5, 0, 5], strict=True):
        batch.render(i, single)
        np.testing.assert_array_equal(frame, single)


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((1, 8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((1, 8, 8, 4), np.uint8),
        np.zeros((1, 8, 16, 3), np.uint8)[:, :, ::2],
    ],
    ids=["dtype", "dimensions", "channels", "strides"],
)
def test_frames_of_another_kind_are_refused(frames):
    batch = played("ludus/CartPole-v1")
    with pytest.raises(ValueError, match=r"frames must be C-contiguous uint8 \(M, height, width, 3\), got"):
        batch.render_many(np.array([0]), frames)


def test_environment_outside_the_batch_is_not_rendered():
    batch = played("ludus/CartPole-v1")
    for indices in ([8], [0, 8]):
        with pytest.raises((IndexError, ValueError)):
            batch.render_many(np.array(indices), np.zeros((len(indices), 16, 16, 3), np.uint8))
    with pytest.raises((IndexError, ValueError)):  # fewer frames than environments to render
        batch.render_many(np.array([0, 1]), np.zeros((1, 16, 16, 3), np.uint8))


@pytest.mark.parametrize("id", ENVIRONMENTS)
@pytest.mark.parametrize("guided", [False, True], ids=["random", "heuristic"])
def test_pictures_of_an_episode_show_nothing_of_those_before_it(id, guided):
    """What a batch has played must not be seen after a seed: pictures can be an agent's observation."""
    used, fresh = (KernelBatch(ludus.ENVIRONMENTS[id][0], 3, max_episode_steps=400) for _ in range(2))
    used.seed_from(1)
    rng = np.random.default_rng(0)
    for _ in range(130):
        used.step(used.heuristic() if guided else random_actions(used.action_space, 3, rng))
    used.seed_from(50)
    fresh.seed_from(50)
    for t in range(12):
        for shape in ((84, 84), (250, 300)):
            one, other = np.zeros((2, 3, *shape, 3), np.uint8)
            used.render_many(np.arange(3), one)
            fresh.render_many(np.arange(3), other)
            np.testing.assert_array_equal(one, other, err_msg=f"step {t}, {shape}")
        actions = random_actions(used.action_space, 3, rng)
        used.step(actions)
        fresh.step(actions)
