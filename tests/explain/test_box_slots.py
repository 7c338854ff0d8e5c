"""The panel of a detector in a slot: its boxes in their colours, a heat map for each, what was not found."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from PIL import Image

from ludus.components.detections import AXIS_COS, CENTRE_X, CLASS, HEIGHT, VALID, VISIBLE, detections_space
from ludus.explain.box_panel import NEARLY, BoxView
from ludus.explain.box_slots import BoxOnlooker
from ludus.explain.boxes import BoxNetwork, explain_boxes
from ludus.explain.panel import BAD, BAD_INK, GOOD, GOOD_INK, INK
from ludus.vision.models.detector import Detector

CLASSES = ("coat", "bag", "boot")
SIDE = 96


def thing(x, y, kind, sure=1.0):
    row = np.zeros(CLASS + len(CLASSES), np.float32)
    row[[VALID, VISIBLE, CLASS + kind]] = sure, 1.0, 1.0
    row[CENTRE_X : HEIGHT + 1] = x, y, 0.2, 0.2
    return row


TRUTH = np.stack([thing(0.2, 0.2, 0), thing(0.8, 0.2, 1), thing(0.2, 0.8, 2), np.zeros(CLASS + 3)])
RIGHT, MISTAKEN, INVENTED = thing(0.2, 0.2, 0, 0.9), thing(0.8, 0.2, 2, 0.8), thing(0.8, 0.8, 1, 0.5)


def rendered(rows, truth=TRUTH, size=(480, 360), heats=None):
    rows = np.stack(rows) if len(rows) else np.zeros((1, CLASS + 3), np.float32)
    heats = np.zeros((len(rows), SIDE, SIDE), np.float32) if heats is None else heats
    image = Image.new("RGB", size[::-1])
    view = BoxView("perception", np.zeros((SIDE, SIDE, 1), np.uint8), rows, heats, truth, CLASSES)
    view.render_into(image, 0, size[0])
    return np.asarray(image)


def count(image, colour):
    return int((image == colour).all(axis=2).sum())


@pytest.mark.parametrize(
    ("row", "colour", "others"),
    [
        (RIGHT, GOOD_INK, (NEARLY,)),
        (MISTAKEN, NEARLY, (GOOD_INK,)),
        (INVENTED, BAD_INK, (GOOD_INK, NEARLY)),
    ],
)
def test_a_box_has_the_colour_of_what_it_is(row, colour, others):
    image = rendered([row])
    assert count(image, colour) > 100
    assert all(count(image, other) == 0 for other in others)


def test_what_is_said_without_confidence_is_left_out():
    assert count(rendered([thing(0.2, 0.2, 0, 0.2)]), GOOD_INK) == 0


def test_what_was_not_found_has_a_white_frame():
    none, all_of_them = rendered([]), rendered(TRUTH[:3])
    assert count(none, INK) > count(all_of_them, INK) + 150


def test_the_hottest_pixel_is_where_the_heat_of_the_box_is():
    heats = np.zeros((1, SIDE, SIDE), np.float32)
    heats[0, 60:70, 20:30] = 1.0
    hot = rendered([RIGHT], heats=heats).astype(int)
    rows, columns = np.nonzero((hot - rendered([RIGHT])).sum(axis=2))
    tile = (360 - 2 * 16 - 3 * 8) // 4
    assert np.ptp(rows) + 1 == pytest.approx(10 / SIDE * tile, abs=1.1)
    assert columns.mean() == pytest.approx(16 + 25 / SIDE * tile, abs=1.5)


def test_small_panels_are_drawn_and_the_smallest_are_a_colour():
    for size in ((266, 200), (120, 90)):
        assert count(rendered([RIGHT], size=size), GOOD_INK) > 20
    assert count(rendered(TRUTH[:3], size=(40, 30)), GOOD) == 40 * 30
    assert count(rendered([RIGHT], size=(40, 30)), BAD) == 40 * 30


class Slot:
    name, classes, names = "perception", CLASSES, ()

    def __init__(self):
        torch.manual_seed(0)
        space = spaces.Box(0, 255, (32, 32, 1), np.uint8)
        small = {"widths": [8, 8, 8], "hidden": 8, "crop": 16, "crop_widths": [8, 8, 8]}
        self.component = Detector(space, detections_space(4, 3), **small).eval()
        self.pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 1), np.uint8)
        with torch.no_grad():
            self.beliefs = self.component(torch.as_tensor(self.pictures)).numpy()

    def read(self, rows):
        return self.pictures[rows], self.beliefs[rows], np.zeros_like(self.beliefs[rows])


def test_an_onlooker_gives_each_row_the_heat_of_the_detector():
    slot = Slot()
    onlooker = BoxOnlooker(slot)
    looks = onlooker.looks(np.array([2, 0]))
    assert len({look.key for look in looks}) == 2
    heats = onlooker.heat(looks)
    np.testing.assert_allclose(np.stack(heats), explain_boxes(slot.component, slot.pictures[[2, 0]])[1], atol=1e-5)
    view = onlooker.view(looks[0], heats[0])
    assert (view.rows == slot.beliefs[2]).all()
    assert view.heats.shape == (4, 32, 32)


def test_only_a_detector_has_maps_of_its_boxes():
    assert isinstance(Slot().component, BoxNetwork)
    assert not isinstance(torch.nn.Linear(2, 2), BoxNetwork)
    assert AXIS_COS == HEIGHT + 1  # the four numbers of a box stand together
