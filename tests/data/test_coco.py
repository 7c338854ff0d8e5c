"""Folders in COCO's format, which may be anybody's."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coco_folder import CLASSES, one_picture, write_folder
from ludus.data import coco
from ludus.data.coco import read_coco, splits_of


def thing(**changes):
    return {"id": 1, "image_id": 1, "category_id": 2, "bbox": [10, 5, 20, 10], **changes}


# --- What is read ----------------------------------------------------------------------------------------------------


def test_boxes_are_shares_of_pictures_that_become_squares(tmp_path):
    found = read_coco(one_picture(tmp_path / "set"), "train", side=32, most=3)
    assert found.images.shape == (1, 32, 32, 3)
    assert found.classes == ("cat", "dog")
    np.testing.assert_array_equal(found.kinds, [[1, -1, -1]])
    np.testing.assert_allclose(found.boxes[0, 0], [0.25, 0.25, 0.75, 0.75])
    np.testing.assert_array_equal(found.visible, [[1.0, 0.0, 0.0]])
    assert np.isnan(found.angles).all()
    assert found.notes == ()


def test_an_axis_turns_with_the_picture_that_is_scaled(tmp_path):
    """A picture twice as wide as high: along its diagonal, down to the right, is 45° in the square."""
    turns = [0.0, np.pi / 2, np.arctan2(1.0, 2.0), -np.arctan2(1.0, 2.0)]
    things = [thing(rotation=turn, visible=0.25) for turn in turns]
    found = read_coco(one_picture(tmp_path / "set", annotations=things), "train", side=32, most=4)
    np.testing.assert_allclose(found.angles[0], [0.0, np.pi / 2, np.pi / 4, -np.pi / 4], atol=1e-12)
    np.testing.assert_array_equal(found.visible[0], 0.25)


def test_what_is_left_out_and_cut_off_is_told(tmp_path):
    things = [
        *(thing(iscrowd=1), thing(bbox=[50, 5, 5, 5]), thing(bbox=[3, 3, 0, 4]), thing(bbox=[3, 3, -4, 4])),
        *(thing(bbox=[-10, 0, 20, 20]), thing(bbox=[20, 10, 2, 2]), thing(bbox=[0, 0, 40.5, 20], category_id=1)),
    ]
    found = read_coco(one_picture(tmp_path / "set", annotations=things), "train", side=8, most=2)
    np.testing.assert_array_equal(found.kinds, [[1, 0]])  # in the order of the file, without the smallest
    np.testing.assert_allclose(found.boxes[0], [[0.0, 0.0, 0.25, 1.0], [0.0, 0.0, 1.0, 1.0]])
    assert [note.partition(": ")[2] for note in found.notes] == [
        "1 annotation left out, of crowds",
        "3 annotations left out, whose box has no area in its picture",
        "1 annotation cut off at the edge of its picture",
        "1 annotation left out, of things smaller than the others in their picture (--set most)",
    ]


def test_a_folder_that_is_split_and_one_that_is_not(tmp_path):
    split = write_folder(tmp_path / "split", {"train": 3, "val": 2})
    whole = write_folder(tmp_path / "whole", {None: 60})
    assert list(splits_of(split)) == ["train", "val"]
    assert len(read_coco(split, "val", 16, 4).images) == 2
    parts = [read_coco(whole, part, 16, 4) for part in splits_of(whole)]
    assert [part.classes for part in parts] == [tuple(reversed(CLASSES))] * 2  # by their ids
    assert sum(len(part.images) for part in parts) == 60
    assert 4 <= len(parts[1].images) <= 22
    (split / "annotations").mkdir()
    (split / "instances_train.json").rename(split / "annotations" / "instances_train2017.json")
    (split / "train").rename(split / "train2017")
    assert len(read_coco(split, "train", 16, 4).images) == 3


def test_the_box_lies_where_the_bar_is(tmp_path):
    found = read_coco(write_folder(tmp_path / "set", {"train": 5, "test": 1}, size=(64, 48)), "train", 96, 4)
    for image, kinds, boxes in zip(found.images, found.kinds, found.boxes, strict=True):
        for left, top, right, bottom in 96.0 * boxes[kinds >= 0]:
            inside = image[int(top) + 2 : int(bottom) - 2, int(left) + 2 : int(right) - 2]
            assert (inside[..., 0] > 150).all()


# --- What is refused -------------------------------------------------------------------------------------------------

IMAGE = {"id": 1, "file_name": "a.png", "width": 40, "height": 20}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": 3}, "no list of maps under 'images'"),
        ({"annotations": [3]}, "no list of maps under 'annotations'"),
        ({"categories": []}, "names 0 categories"),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}, "category 1 has the id 1, expected a whole"),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]}, "category 2 has the name 'a', expected one"),
        ({"categories": [{"id": 1, "name": "a\x1b[2J"}]}, "has the name"),
        ({"images": [{**IMAGE, "id": True}]}, "image 0 has the id True"),
        ({"images": []}, "image 1, which is none of the file's"),
        ({"images": [{**IMAGE, "file_name": "../a.png"}]}, "outside of the folder"),
        ({"images": [{**IMAGE, "file_name": "/etc/passwd"}]}, "outside of the folder"),
        ({"images": [{**IMAGE, "file_name": "a" * 300}]}, "has the file_name 'aaa"),
        ({"images": [{**IMAGE, "file_name": "\ud800"}]}, "which lies neither in"),
        ({"images": [{**IMAGE, "file_name": "b.png"}]}, "names b.png, which lies neither in"),
        ({"images": [{**IMAGE, "width": 1e9}]}, "pixels large"),
        ({"images": [{**IMAGE, "width": 41}]}, "has 40 x 20 pixels, .* says 41 x 20"),
        ({"annotations": [thing(image_id=2)]}, "annotation 0 is of image 2, which is none"),
        ({"annotations": [thing(category_id=[1])]}, r"annotation 0 is of category \[1\], which is none"),
        ({"annotations": [thing(bbox=[1, 2, 3])]}, r"has the bbox \[1, 2, 3\], expected \[left, top"),
        ({"annotations": [thing(bbox=[1, 2, 3, float("nan")])]}, "has the bbox"),
        ({"annotations": [thing(visible=1.5)]}, "has visible 1.5, expected a number"),
        ({"annotations": [thing(rotation="up")]}, "has rotation 'up', expected a number"),
        ({"annotations": [thing(iscrowd=2)]}, "has iscrowd 2, expected 0 or 1"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused_in_one_line(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_coco(one_picture(tmp_path / "set", **changes), "train", 32, 3)
    assert "\n" not in str(caught.value)


def test_files_that_are_none_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="has no annotations; expected annotations.json"):
        splits_of(tmp_path)
    folder = one_picture(tmp_path / "set")
    (folder / "a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"a\.png is no image that can be read"):
        read_coco(folder, "train", 32, 3)
    (folder / "instances_train.json").write_bytes(b"{")
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        read_coco(folder, "train", 32, 3)
    (folder / "instances_train.json").write_bytes(b"[" * 100_000)
    with pytest.raises(ValueError, match="cannot be read as JSON"):
        read_coco(folder, "train", 32, 3)
    (folder / "instances_train2017.json").write_text("{}")
    with pytest.raises(ValueError, match="several files of annotations for train"):
        splits_of(folder)
    for name in ("instances_train.json", "instances_train2017.json"):
        (folder / name).unlink()
    with pytest.raises(ValueError, match="annotations for test only"):
        splits_of(folder)
    monkeypatch.setattr(coco, "MOST_PICTURES", 1000)
    with pytest.raises(ValueError, match="choose a smaller side"):
        read_coco(one_picture(tmp_path / "large"), "train", 32, 3)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "bbox": st.lists(st.floats() | PLAIN, min_size=3, max_size=5) | PLAIN,
        **dict.fromkeys(("image_id", "category_id"), PLAIN),
        "iscrowd": st.integers(0, 1) | PLAIN,
        "rotation": st.floats(-7, 7) | PLAIN,
        "visible": st.floats(0, 1) | PLAIN,
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(CHANGES, max_size=4), st.fixed_dictionaries({}, optional={"images": PLAIN, "categories": PLAIN}))
def test_whatever_a_file_says_it_is_read_or_refused_in_one_line(tmp_path_factory, changes, others):
    folder = tmp_path_factory.getbasetemp() / "anything"
    one_picture(folder, annotations=[thing(**change) for change in changes], **others)
    found, said = None, ""
    try:
        found = read_coco(folder, "train", 8, 2)
    except ValueError as fault:
        said = str(fault)
    if found is None:
        assert "\n" not in said
        assert str(folder) in said
        return
    there = found.kinds >= 0
    assert ((found.boxes >= 0.0) & (found.boxes <= 1.0)).all()
    assert (found.boxes[there][:, 2:] > found.boxes[there][:, :2]).all()
    assert ((found.visible >= 0.0) & (found.visible <= 1.0)).all()
    assert (np.abs(found.angles[~np.isnan(found.angles)]) <= np.pi).all()
    assert (found.kinds < len(found.classes)).all()
    assert json.dumps(found.notes)
