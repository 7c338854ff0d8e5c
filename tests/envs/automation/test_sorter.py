"""Sorter: its rules against a twin in plain Python, its camera by hand, its optimum in closed form, its images."""

import math

import numpy as np
import pytest
from PIL import Image

from ludus.agents.evaluation import evaluate, heuristic_policy, named_policy
from ludus.data.images import LabelledImages, is_at_hand, load_images
from ludus.envs.automation.sorter import KEYS, PARAMETERS, rules_items
from ludus.envs.automation.sorter.observation import COVER, photograph
from ludus.envs.automation.sorter.rules_items import make_items
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.items import sets
from ludus.envs.make import make_batch
from sorter_twin import Twin
from tabletop import Stream

MODULE = "ludus.envs.automation.sorter"
PARCELS = {"images": "parcels"}
needs_fashion = pytest.mark.skipif(
    not is_at_hand("fashion-mnist"), reason="Fashion-MNIST is not here; set LUDUS_DATA to a folder with it"
)


def twins_of(batch, parameters, streams):
    """A twin for each environment, with the random numbers that it will draw."""
    world = batch.world
    members = [world.order[a:b].tolist() for a, b in zip(world.first, world.first[1:], strict=False)]
    values = {**{name: p.default for name, p in PARAMETERS.items()}, **parameters}
    return [Twin(values, stream, members) for stream in streams]


@pytest.mark.parametrize(
    ("episodes", "parameters"),
    [
        (600, {"items": 12.0}),
        (200, {"items": 30.0, "jam_chance": 0.7, "rotation": 1.0, "lighting": 0.5}),
        (200, {"items": 25.0, "speed_slow": 3.0, "speed_normal": 0.2, "wrong_cost": 7.0, "energy": 1.0, "wage": 2.0}),
    ],
)
def test_1000_random_episodes_equal_the_twins(episodes, parameters):
    batch = KernelBatch(MODULE, episodes, autoreset_mode="Disabled", **PARCELS, **parameters)
    batch.reset(seeds=range(episodes))
    twins = twins_of(batch, parameters, [Stream.seeded(seed) for seed in range(episodes)])
    generator = np.random.default_rng(0)
    running = np.ones(episodes, bool)
    b, records = batch.buffers, batch.records
    for shown, twin in zip(b.observation.tolist(), twins, strict=True):
        assert shown == pytest.approx(twin.observation(), abs=1e-6)
    while running.any():
        # Often round again, so that the loop fills up; rarely the right chute, so that all kinds of ends are met.
        actions = generator.integers(0, 36, episodes)
        again = generator.random(episodes) < 0.4
        actions[again] = actions[again] // 12 * 12 + 11
        batch.step(actions)
        for i in np.flatnonzero(running):
            terms, done = twins[i].step(int(actions[i]))
            assert b.terms[i].tolist() == pytest.approx(terms, abs=1e-12)
            assert bool(b.terminated[i]) == done
            assert b.observation[i].tolist() == pytest.approx(twins[i].observation(), abs=1e-6)
            if not done:
                item = twins[i].item
                assert (records["image"][i], records["label"][i]) == (item.image, item.label)
                assert (records["angle"][i], records["light"][i]) == (twins[i].angle, twins[i].light)
                assert (records["cover_x"][i], records["cover_y"][i]) == twins[i].cover
        for i in np.flatnonzero(running & b.terminated):
            right = [sum(item.label == k for item in chute) for k, chute in enumerate(twins[i].chutes)]
            assert records["right"][i].tolist() == right
            assert records["astray"][i].sum() == sum(map(len, twins[i].chutes)) - sum(right)
            assert (records["rejects"][i], records["jams"][i]) == (twins[i].by_hand, twins[i].jams)
            assert records["seconds"][i] == pytest.approx(twins[i].seconds)
        running &= ~b.terminated
        if b.terminated.any():
            batch.reset(b.terminated.copy())


def test_keys_of_a_person_reach_every_way_and_speed():
    assert sorted(KEYS.values()) == list(range(36))
    assert [KEYS[key] for key in ("[3]", "3", "f4")] == [3, 12 + 3, 24 + 3]
    assert [KEYS[key] for key in ("[-]", "x", "f11", "[+]", "c", "f12")] == [10, 22, 34, 11, 23, 35]


# --- The optimum


def cost_of(speed, p):
    jam = p["jam_chance"] * (speed / p["speed_fast"]) ** 2 * (p["jam_cost"] + p["wage"] * p["jam_time"])
    return p["wage"] / speed + p["energy"] * speed**2 + jam


@pytest.mark.parametrize(
    "changed",
    [{}, {"wage": 1.0, "jam_chance": 0.01}, {"energy": 0.2, "jam_time": 0.0}, {"wage": 0.01, "jam_cost": 9.0}],
)
def test_reference_earns_what_the_proof_says_is_the_most(changed):
    p = {**{name: parameter.default for name, parameter in PARAMETERS.items()}, **changed}
    best = p["items"] * (1.0 - min(cost_of(p[name], p) for name in ("speed_slow", "speed_normal", "speed_fast")))
    result = evaluate(make_batch("ludus/Sorter-v0", 256, **PARCELS, **changed), heuristic_policy, 2048, 0)
    error = result.returns.std() / math.sqrt(len(result.returns))
    assert abs(result.mean - best) < 4.0 * error + 1e-9
    if not changed:
        assert best == pytest.approx(86.5)


def test_no_other_way_of_a_hundred_earns_more():
    """Stationary policies that send a share of the items round, to other chutes or by hand, at any speed."""
    batch = make_batch("ludus/Sorter-v0", 64, **PARCELS, items=40.0)
    best = evaluate(batch, heuristic_policy, 256, 1).mean
    generator = np.random.default_rng(0)
    for _ in range(100):
        shares = generator.dirichlet([2.0, 0.3, 0.3, 0.3])
        speeds = generator.dirichlet([0.5] * 3)

        def act(batch, shares=shares, speeds=speeds):
            label = batch.records["label"]
            ways = np.stack([label, (label + 1) % 10, np.full(64, 10), np.full(64, 11)])
            way = generator.choice(4, 64, p=shares)
            return ways[way, np.arange(64)] + 12 * generator.choice(3, 64, p=speeds)

        assert evaluate(batch, act, 64, 1).mean < best + 1.0


# --- The camera


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).integers(0, 256, (28, 28, 1)).astype(np.uint8)


def seen(image, angle=0.0, light=1.0, smear=0.0, cover=0.0, cover_x=0.0, cover_y=0.0, shape=None):
    out = np.zeros(shape or image.shape, np.uint8)
    photograph(image, angle, light, smear, cover, cover_x, cover_y, out)
    return out


def test_camera_shows_an_item_as_it_is(picture):
    np.testing.assert_array_equal(seen(picture), picture)
    np.testing.assert_array_equal(seen(picture, shape=(56, 56, 3)), picture.repeat(2, 0).repeat(2, 1).repeat(3, 2))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_camera_turns_by_right_angles(picture, turns):
    np.testing.assert_array_equal(seen(picture, angle=turns * math.pi / 2), np.rot90(picture, -turns))


def test_camera_dims_and_brightens(picture):
    for light in (0.5, 1.7):
        expected = np.minimum(np.floor(light * picture + 0.5), 255)
        np.testing.assert_array_equal(seen(picture, light=light), expected.astype(np.uint8))


def test_camera_smears_along_the_belt():
    image = np.zeros((9, 9, 1), np.uint8)
    image[4, 4] = 240
    row = seen(image, smear=2.0)[4, :, 0]  # four taps, 2/3 of a pixel apart
    assert row.tolist() == [0, 0, 0, 80, 80, 80, 0, 0, 0]
    assert seen(image, smear=2.0)[[3, 5]].max() == 0


def test_camera_cannot_see_what_is_covered(picture):
    out = seen(picture, cover=0.5, cover_x=1.0, cover_y=0.0)
    assert (out[:14, 14:] == COVER).all()
    np.testing.assert_array_equal(out[14:], picture[14:])
    np.testing.assert_array_equal(out[:14, :14], picture[:14, :14])


def test_belt_speed_decides_how_much_is_smeared():
    batch = open_batch(MODULE, 3, perception="raw", blur=3.0, **PARCELS)
    batch.reset(seeds=[5, 5, 5])
    batch.step(np.array([0, 12, 24]))  # the same item goes to chute 0 at each speed
    sharpness = [
        np.abs(np.diff(image.astype(float), axis=1)).mean() for image in batch.buffers.observation["perception"]
    ]
    assert sharpness[0] > sharpness[1] > sharpness[2]


# --- Images


def test_truth_is_the_kind_of_what_the_camera_shows():
    batch = open_batch(MODULE, 32, perception="raw", **PARCELS)
    batch.reset(seeds=range(32))
    parcels = load_images("parcels", "test")
    truth = batch.slot_loop("perception", "tell")
    for _ in range(5):
        shown, told = batch.buffers.observation["perception"], np.zeros((32, 10), np.float32)
        truth(batch.records, np.arange(32), batch.world, told)
        for image, one_hot, index in zip(shown, told, batch.records["image"], strict=True):
            np.testing.assert_array_equal(image, parcels.images[index])
            assert one_hot.tolist() == [float(k == parcels.labels[index]) for k in range(10)]
        batch.step(np.random.default_rng(0).integers(0, 36, 32))


def test_nearest_mean_is_the_nearest_mean():
    batch = open_batch(MODULE, 64, perception="nearest-mean", rotation=0.3, **PARCELS)
    raw = open_batch(MODULE, 64, perception="raw", rotation=0.3, **PARCELS)
    for each in (batch, raw):
        each.reset(seeds=range(64))
    images = load_images("parcels", "train")
    means = np.stack([images.images[images.labels == k].mean(axis=0) for k in range(10)])
    pictures = raw.buffers.observation["perception"].astype(float)
    nearest = ((pictures[:, None] - means) ** 2).sum(axis=(2, 3, 4)).argmin(axis=1)
    np.testing.assert_array_equal(batch.buffers.observation["perception"].argmax(axis=1), nearest)


def test_parcels_of_both_splits_are_others():
    train, test = load_images("parcels", "train"), load_images("parcels", "test")
    assert train.images.shape == (4000, 32, 32, 3)
    known = {image.tobytes() for image in train.images}
    assert not any(image.tobytes() in known for image in test.images)
    assert np.bincount(test.labels).tolist() == [100] * 10


@needs_fashion
def test_fashion_mnist_is_the_default_where_it_is_at_hand():
    batch = make_batch("ludus/Sorter-v0", 4, perception="raw")
    assert batch.observation_space["perception"].shape == (28, 28, 1)
    assert len(batch.world.images) == 10_000
    assert make_items("fashion-mnist", "train").images.shape == (60_000, 28, 28, 1)
    one, other = (make_batch("ludus/Sorter-v0", 2).world for _ in "ab")
    assert one.images is other.images  # held once


def test_the_default_set_that_is_fetched_meanwhile_is_in_the_world_as_in_the_space(monkeypatch):
    """The camera copies as many bytes as the space has: from images of another size it would read beyond them."""
    monkeypatch.setattr(sets, "_say_that_there_are_parcels", lambda: None)
    monkeypatch.setattr(sets, "is_at_hand", lambda name: False)
    assert make_items("auto", "test").images.shape[1:] == sets.describe("auto")[0] == (32, 32, 3)
    fetched = LabelledImages(np.zeros((10, 28, 28, 1), np.uint8), np.arange(10), ("",) * 10)
    monkeypatch.setattr(sets, "is_at_hand", lambda name: True)
    monkeypatch.setattr(sets, "load_images", lambda name, split: fetched)
    monkeypatch.setattr(rules_items, "_items_of", rules_items._items_of.__wrapped__)  # leave nothing in the cache
    assert make_items("auto", "test").images.shape[1:] == sets.describe("auto")[0] == (28, 28, 1)


def test_without_data_it_shows_parcels_and_says_so(monkeypatch):
    monkeypatch.setattr(sets, "is_at_hand", lambda name: False)
    sets._say_that_there_are_parcels.cache_clear()
    with pytest.warns(UserWarning, match="the items are parcels that are made here, because fashion-mnist is not here"):
        assert sets.resolve("auto") == "parcels"
    assert sets.resolve("auto") == "parcels"  # said once
    sets._say_that_there_are_parcels.cache_clear()


def test_kinds_are_the_same_whatever_the_images():
    """Of two sets with as many kinds, one seed has the same delivery: only the pictures differ."""
    if not is_at_hand("fashion-mnist"):
        pytest.skip("Fashion-MNIST is not here")
    batches = [make_batch("ludus/Sorter-v0", 8, images=name) for name in ("parcels", "fashion-mnist")]
    for batch in batches:
        batch.seed_from(3)
    for _ in range(60):
        actions = batches[0].heuristic()
        for batch in batches:
            batch.step(actions)
        labels = [batch.records["label"] for batch in batches]
        np.testing.assert_array_equal(*labels)


def test_a_folder_of_images_can_lie_on_the_belt(tmp_path):
    generator = np.random.default_rng(0)
    for kind in ("nuts", "bolts", "screws"):
        (tmp_path / kind).mkdir()
        for k in range(30):
            Image.fromarray(generator.integers(0, 256, (20, 24, 3)).astype(np.uint8)).save(tmp_path / kind / f"{k}.png")
    batch = make_batch("ludus/Sorter-v0", 2, images=str(tmp_path), perception="raw")
    assert batch.action_space.n == 15
    batch.seed_from(0)
    assert evaluate(batch, named_policy("heuristic", 0), 2, 0).mean > 80.0


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"images": "nowhere"}, "unknown image set 'nowhere'"),
        ({"images": 3}, "images of sorter must be a text, got 3"),
        ({"split": "valid"}, "unknown split 'valid' of sorter"),
        ({"randomize": {"split": (0, 1)}}, "split of sorter is a choice for the whole batch"),
    ],
)
def test_wrong_choices_are_refused(keywords, words):
    with pytest.raises(ValueError, match=words):
        make_batch("ludus/Sorter-v0", 2, **keywords)
