"""Heat maps of boxes: where they lie. That they show what was learned is tested with the fit of a detector."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from ludus.components.detections import VALID, detections_space
from ludus.explain.boxes import explain_boxes
from ludus.vision.models.detector import Detector


def detector(**config):
    torch.manual_seed(0)
    small = {"widths": [8, 8, 8], "hidden": 8, "crop": 16, "crop_widths": [8, 8, 8], **config}
    return Detector(spaces.Box(0, 255, (32, 48, 1), np.uint8), detections_space(4, 3), **small).eval()


@pytest.mark.parametrize("crop", [0, 16])
def test_each_box_has_a_map_of_its_own(crop):
    net = detector(crop=crop)
    pictures = torch.randint(0, 256, (3, 32, 48, 1), dtype=torch.uint8)
    rows, heats = explain_boxes(net, pictures)
    assert heats.shape == (3, 4, 32, 48)
    there = rows[..., VALID] > 0.0
    np.testing.assert_allclose(heats.max(axis=(2, 3))[there], 1.0, rtol=1e-5)
    assert (heats[~there] == 0.0).all()
    assert (heats[:, 0] != heats[:, 1]).any(axis=(1, 2)).all()
    alone = explain_boxes(net, pictures[1:2])[1]
    np.testing.assert_allclose(alone[0], heats[1], atol=1e-4)  # other pictures say nothing about this one


def test_what_the_second_network_saw_is_turned_back_to_its_place():
    """The first network is silent about classes and has no slope; a bright spot far from the middle stays there."""
    net = detector()
    with torch.no_grad():
        for layer in (net.kind, net.place):
            layer.weight.zero_()
        net.place.bias[VALID] = 0.0
        net.place.bias[1:5] = torch.tensor([0.0, 0.0, 1.8, 1.8])  # each cell a box of 24 x 24 pixels
        net.place.bias[5:7] = torch.tensor([0.0, 1.0])  # turned by 45°
    picture = torch.zeros(1, 32, 48, 1, dtype=torch.uint8)
    picture[0, 4:9, 30:35] = 255
    rows, heats = explain_boxes(net, picture)
    centre = rows[0, 0, 1:3] * (48, 32)
    y, x = np.mgrid[:32, :48] + 0.5
    far = np.maximum(np.abs(x - centre[0] + (y - centre[1])), np.abs(x - centre[0] - (y - centre[1]))) / np.sqrt(2.0)
    outside = far > 1.1 * 24.2 / 2 + 4.0  # half a place of the map more, where it fades
    assert (heats[0, 0][outside] == 0.0).all()
    assert (heats[0, 0][~outside] > 0.0).any()


def test_other_pictures_are_refused():
    with pytest.raises(ValueError, match=r"pictures of shape \(1, 8, 8, 1\), expected"):
        explain_boxes(detector(), np.zeros((1, 8, 8, 1), np.uint8))
