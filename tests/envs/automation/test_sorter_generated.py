"""Sorter with pictures that a generator draws: they are its items, and the classes are their kinds."""

import numpy as np
import pytest
from PIL import Image

from generator_toy import CLASSES, SHAPE, make_generator
from ludus.agents.evaluation import evaluate, heuristic_policy
from ludus.components import picture_source
from ludus.components.component import Component, pin
from ludus.envs.automation.sorter import rules_items
from ludus.envs.make import make_batch, pin_components
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.resnet import ResNet

ID = "ludus/Sorter-v0"


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """A generator's folder; few pictures, in a cache of ours."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(picture_source, "COUNTS", {"train": 12, "test": 9})
    make_generator().save(tmp_path / "gen")
    for split in picture_source.COUNTS:
        with pytest.warns(UserWarning, match="drawing"):
            picture_source.drawn_images(tmp_path / "gen", split, tmp_path / "cache" / "ludus")
    return str(tmp_path / "gen")


def test_items_are_what_the_generator_draws_by_its_classes(generated):
    batch = make_batch(ID, 4, images=generated, perception="raw")
    batch.seed_from(0)
    batch.reset()
    net = Component.load(generated)
    drawn = net.draw(np.arange(9) % 3, picture_source.SEEDS["test"])
    world = batch.world
    np.testing.assert_array_equal(world.images, drawn)
    assert np.diff(world.first).tolist() == [3, 3, 3]
    assert batch.buffers.observation["perception"].shape == (4, *SHAPE)
    for shown, record in zip(batch.buffers.observation["perception"], batch.records, strict=True):
        np.testing.assert_array_equal(shown, drawn[record["image"]])  # no pose, no light: as it was drawn
        assert record["label"] == record["image"] % 3
    batch.close()
    learned_on = make_batch(ID, 1, images=generated, split="train")
    assert len(learned_on.world.images) == 12
    learned_on.close()


def test_reference_policy_earns_the_optimum_whoever_drew_the_pictures(generated):
    batch = make_batch(ID, 30, images=generated)
    found = evaluate(batch, heuristic_policy, 30, seed=1)
    batch.close()
    assert found.mean == pytest.approx(86.5, abs=3.0)


def test_classifier_of_the_generator_s_pictures_fills_the_slot_of_real_ones(generated, tmp_path):
    net = ResNet(*spaces_of(np.empty((1, 32, 32, 3)), 3), widths=[8], classes=CLASSES)
    net.save(tmp_path / "classifier")
    real = tmp_path / "real"
    for k, name in enumerate(CLASSES):
        for split in ("train", "test"):
            (real / split / name).mkdir(parents=True)
            Image.fromarray(np.full((32, 32, 3), 80 * k, np.uint8)).save(real / split / name / "one.png")
    batch = make_batch(ID, 3, images=str(real), perception=str(tmp_path / "classifier"))
    batch.seed_from(0)
    batch.reset()
    np.testing.assert_allclose(batch.buffers.observation["perception"].sum(axis=1), 1.0, atol=1e-5)
    batch.close()


def test_run_names_the_very_generator_and_refuses_another_one(generated):
    pinned = pin_components(ID, {"images": generated, "items": 5.0})
    assert pinned == {"images": pin(generated), "items": 5.0}
    assert pin_components(ID, pinned) == pinned
    assert pin_components(ID, {"images": "parcels"}) == {"images": "parcels"}
    batch = make_batch(ID, 2, **pinned)
    assert len(batch.world.images) == 9
    batch.close()
    make_generator(seed=1).save(generated)
    rules_items._items_of.cache_clear()  # as in another process
    picture_source._drawn.cache_clear()
    with pytest.raises(ValueError, match="gen has changed: its fingerprint is .*restore the component that was used"):
        make_batch(ID, 2, **pinned)


def test_another_generator_in_the_folder_brings_other_items(generated):
    before = make_batch(ID, 1, images=generated)
    make_generator(seed=1).save(generated)
    with pytest.warns(UserWarning, match="drawing"):
        after = make_batch(ID, 1, images=generated)
    assert (before.world.images != after.world.images).any()
    before.close()
    after.close()


def test_component_that_draws_nothing_is_no_source_of_items(tmp_path):
    ResNet(*spaces_of(np.empty((1, *SHAPE)), 3), widths=[8]).save(tmp_path / "classifier")
    with pytest.raises(ValueError, match="classifier is a ResNet, which draws no pictures"):
        make_batch(ID, 1, images=str(tmp_path / "classifier"))
