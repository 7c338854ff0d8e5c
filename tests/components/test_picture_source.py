"""A generator as a source of labelled images: drawn once, kept, the same for all who ask; what is refused."""

import json

import numpy as np
import pytest

from generator_toy import CLASSES, SHAPE, make_generator
from ludus.components import picture_source
from ludus.components.component import Component
from ludus.components.names import is_component
from ludus.components.picture_source import balanced, drawn_images
from ludus.vision.images import load_tensors
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.resnet import ResNet
from ludus.vision.tasks.classify import Classify
from ludus.vision.tasks.classify_recipe import compose


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A generator's folder, a cache of ours, few pictures, and nothing drawn before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(picture_source, "COUNTS", {"train": 12, "test": 6})
    picture_source._drawn.cache_clear()
    make_generator().save(tmp_path / "gen")
    yield tmp_path / "gen"
    picture_source._drawn.cache_clear()


def drawn(folder, split):
    return drawn_images(folder, split, folder.parent / "cache" / "ludus")


def test_splits_are_drawn_from_seeds_of_their_own_with_the_classes_in_turn(folder):
    with pytest.warns(UserWarning, match="drawing 12 pictures, the split 'train' of .*/gen, once; they are kept in"):
        train, labels, classes = drawn(folder, "train")
    with pytest.warns(UserWarning, match="drawing 6 pictures, the split 'test'"):
        test, _, _ = drawn(folder, "test")
    assert train.shape == (12, *SHAPE)
    assert classes == CLASSES
    assert labels.tolist() == [0, 1, 2] * 4
    assert not train.flags.writeable
    assert not (train[:6] == test).all(axis=(1, 2, 3)).any()
    net = Component.load(folder)
    np.testing.assert_array_equal(train, net.draw(labels, picture_source.SEEDS["train"]))


def test_pictures_are_drawn_once_and_anew_where_the_file_is_damaged(folder):
    with pytest.warns(UserWarning, match="drawing"):
        first, _, _ = drawn(folder, "test")
    first = first.copy()
    picture_source._drawn.cache_clear()
    np.testing.assert_array_equal(drawn(folder, "test")[0], first)  # from the file: a warning would be an error
    (kept,) = (folder.parent / "cache" / "ludus" / "drawn").iterdir()
    for damage in (kept.read_bytes()[:-1], b"", np.lib.format.magic(1, 0)):
        kept.write_bytes(damage)
        picture_source._drawn.cache_clear()
        with pytest.warns(UserWarning, match="drawing"):
            np.testing.assert_array_equal(drawn(folder, "test")[0], first)


def test_another_generator_at_the_same_place_draws_other_pictures(folder):
    with pytest.warns(UserWarning, match="drawing"):
        first, _, _ = drawn(folder, "test")
    make_generator(seed=1).save(folder)
    with pytest.warns(UserWarning, match="drawing"):
        assert (drawn(folder, "test")[0] != first).any()


def test_cache_that_cannot_be_written_costs_time_only(folder):
    (folder.parent / "cache").write_text("in the way", "utf-8")
    with pytest.warns(UserWarning, match="drawing"):
        assert drawn(folder, "test")[0].shape == (6, *SHAPE)


def test_classifier_is_trained_on_what_a_generator_draws(folder, tmp_path):
    with pytest.warns(UserWarning, match="drawing"):
        images = load_tensors(str(folder), "train")
    assert len(images) == 12
    assert images.classes == CLASSES
    recipe = compose(str(folder), settings={"widths": [8], "epochs": 1, "threads": 1, "crop": 0, "batch_size": 6})
    with pytest.warns(UserWarning, match="drawing"):
        net, _ = Classify.start(tmp_path / "net", recipe).train()
    assert net.classes == CLASSES


def test_component_that_draws_nothing_is_refused(folder, tmp_path):
    ResNet(*spaces_of(np.empty((1, *SHAPE)), 3), widths=[8]).save(tmp_path / "classifier")
    with pytest.raises(ValueError, match="classifier is a ResNet, which draws no pictures; expected what `ludus fit"):
        drawn(tmp_path / "classifier", "train")


def test_damaged_folder_is_refused(folder):
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["config"]["classes"] = ["a", 3, "c"]
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ValueError, match=r"names of the classes, got \['a', 3, 'c'\]"):
        drawn(folder, "train")
    (folder / "weights.safetensors").write_bytes(b"short")
    with pytest.raises(ValueError, match="weights.safetensors is damaged"):
        drawn(folder, "train")


def test_component_is_told_from_a_folder_of_pictures(folder, tmp_path):
    assert is_component(folder)
    assert not is_component(tmp_path)
    assert not is_component(tmp_path / "nowhere")


def test_balanced_labels_take_the_classes_in_turn():
    assert balanced(7, 3).tolist() == [0, 1, 2, 0, 1, 2, 0]
