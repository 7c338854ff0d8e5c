"""The detector: what its cells should say, what is read from them, and what suppresses what."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from ludus.components.component import Component
from ludus.components.detections import AXIS_SIN, CLASS, VALID, VISIBLE, detections_space
from ludus.vision.detection_loss import loss_of, targets_of
from ludus.vision.models.detector import AXIS, CENTRE, SEEN, SHIFT, SIZE, Detector
from ludus.vision.scenes import mirrored

NAMES = ("cup", "spoon", "plate")


def detector(shape=(32, 48, 1), rows=4, **config):
    torch.manual_seed(0)
    small = {"widths": [8, 8, 8], "hidden": 8, "classes": NAMES, **config}
    return Detector(spaces.Box(0, 255, shape, np.uint8), detections_space(rows, len(NAMES)), **small).eval()


def thing(x, y, width, height, angle=0.3, visible=0.75, kind=0, sure=1.0):
    turn = [np.cos(2 * angle), np.sin(2 * angle)]
    kinds = [float(kind == k) for k in range(len(NAMES))]
    return torch.tensor([sure, x, y, width, height, *turn, visible, *kinds], dtype=torch.float32)


def scene(*things, rows=4):
    out = torch.zeros(1, rows, CLASS + len(NAMES))
    for row, one in enumerate(things):
        out[0, row] = one
    return out


def said(net, rows, least_visible=0.0):
    """Maps (1, 8 + K, h, w) of a detector that says exactly what it should."""
    h, w = net.cells
    t = targets_of(rows, (h, w), (net.height, net.width), least_visible)
    flat = torch.zeros(1, h * w, CLASS + len(NAMES))
    flat[..., CENTRE] = torch.where(t.centres, 9.0, torch.where(t.heat > 0.1, -2.0, -9.0))
    flat[..., SHIFT], flat[..., SIZE] = t.shift, t.size.clamp(min=1e-3).log()
    flat[..., AXIS] = t.rows[..., 5:7]
    flat[..., SEEN] = torch.logit(t.rows[..., VISIBLE].clamp(1e-4, 1 - 1e-4))
    flat[..., CLASS:] = 20.0 * t.rows[..., CLASS:]
    return flat.transpose(1, 2).view(1, -1, h, w), t


# --- What cells should say, and what is read from them ----------------------------------------------------------------


def test_what_cells_should_say_is_read_as_what_is_true():
    net = detector()
    true = scene(thing(0.2, 0.3, 0.2, 0.4, 1.0, 0.9, 1), thing(0.7, 0.6, 0.35, 0.5, -0.4, 0.5, 2))
    maps, targets = said(net, true)
    rows, cells = net.peaks(maps)
    assert int(targets.centres.sum()) == 2
    order = rows[0, :2, 1].argsort()  # both are as sure
    torch.testing.assert_close(rows[:, order], true[:, :2], atol=2e-3, rtol=0.0)
    assert (rows[:, 2:] == 0.0).all()
    assert cells[0, :2].tolist() == targets.centres[0].nonzero()[:, 0].tolist()
    assert (cells[0, 2:] == -1).all()


def test_the_loss_of_the_truth_is_small_and_every_part_of_a_mistake_costs():
    net = detector()
    true = scene(thing(0.2, 0.3, 0.2, 0.4, 1.0, 0.9, 1), thing(0.7, 0.6, 0.35, 0.5, -0.4, 0.5, 2))
    maps, targets = said(net, true)
    right = loss_of(maps, targets, 0.0)
    assert float(right["boxes"]) + float(right["axes"]) + float(right["classes"]) < 1e-3
    for part, wrong in (("centres", CENTRE), ("boxes", SHIFT), ("boxes", SIZE), ("axes", AXIS), ("classes", 9)):
        other = maps.clone()
        other[:, wrong] = -other[:, wrong] + 0.3
        assert float(loss_of(other, targets, 0.0)[part]) > float(right[part]) + 0.05, part
    unseen = maps.clone()
    unseen[:, SEEN] += 2.0
    assert float(loss_of(unseen, targets, 0.0)["visible"]) > float(right["visible"])


def test_of_two_things_in_one_cell_the_topmost_is_learned():
    net = detector()
    top, below = thing(0.51, 0.5, 0.2, 0.3, kind=2), thing(0.53, 0.51, 0.5, 0.6, kind=0)
    for one, other in ((top, below), (below, top)):
        _, targets = said(net, scene(one, other))
        cell = targets.centres[0].nonzero()[:, 0]
        assert len(cell) == 1
        torch.testing.assert_close(targets.rows[0, cell[0]], one)


def test_what_is_hidden_is_neither_learned_nor_wrong_to_find():
    net = detector()
    hidden = scene(thing(0.5, 0.5, 0.3, 0.3, visible=0.05))
    _, shown = said(net, hidden, least_visible=0.0)
    maps, targets = said(net, hidden, least_visible=0.1)
    assert shown.centres.any()
    assert not targets.centres.any()
    assert float(targets.weight.sum()) == 0.0
    maps[:, CENTRE].view(1, -1)[shown.centres] = 5.0
    assert float(loss_of(maps, targets, 0.0)["centres"]) < 0.01


def test_round_things_have_no_axis_to_be_learned():
    net = detector()
    plate = scene(thing(0.5, 0.5, 0.3, 0.3))
    plate[..., 5:7] = 0.0
    maps, targets = said(net, plate)
    maps[:, AXIS] = 7.0
    assert float(loss_of(maps, targets, 0.0)["axes"]) == 0.0


def test_a_box_is_found_once_whatever_its_class():
    """Two cells apart both are sure of nearly the same box, one as a cup, one as a spoon."""
    net = detector()
    maps, _ = said(net, scene(thing(0.3, 0.5, 0.4, 0.6, kind=0)))
    other, _ = said(net, scene(thing(0.3 + 8 / 48, 0.5, 0.4, 0.6, kind=1)))
    both = torch.where(other[:, CENTRE : CENTRE + 1] > maps[:, CENTRE : CENTRE + 1], other, maps)
    both[:, SHIFT.start] = both[:, SHIFT.start] + torch.where(both[:, CLASS + 1] > 0, -2.0, 0.0)
    for overlap, found in ((0.5, 1), (1.0, 2)):
        net.overlap = overlap
        rows, _ = net.peaks(both)
        assert int((rows[..., VALID] > 0.9).sum()) == found, overlap


# --- The component ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(32, 48, 1), (50, 34, 3), (8, 8, 1)])
def test_rows_are_in_their_space_the_surest_first(shape):
    net = detector(shape)
    pictures = torch.randint(0, 256, (5, *shape), dtype=torch.uint8)
    with torch.no_grad():
        rows = net(pictures).numpy()
    assert all(row in net.output_space for row in rows)
    assert (np.diff(rows[..., VALID], axis=1) <= 0.0).all()
    there = rows[..., VALID] > 0.0
    np.testing.assert_allclose(rows[there][:, CLASS:].sum(axis=1), 1.0, rtol=1e-5)
    assert (rows[~there] == 0.0).all()
    assert there[:, 0].all()


def test_an_answer_depends_on_no_other_picture():
    """But for the last bit or two: how torch rounds depends on how many pictures there are."""
    net, pictures = detector((40, 40, 1)), torch.randint(0, 256, (20, 40, 40, 1), dtype=torch.uint8)
    with torch.inference_mode():
        whole = net(pictures)
        for count in (1, 3, 7):
            parts = torch.cat([net(part) for part in pictures.split(count)])
            torch.testing.assert_close(parts, whole, atol=1e-5, rtol=1e-5)


def test_where_nobody_knows_axes_nothing_is_said_about_them():
    with torch.no_grad():
        rows = detector(axes=False)(torch.randint(0, 256, (3, 32, 48, 1), dtype=torch.uint8))
    assert (rows[..., [5, 6]] == 0.0).all()


def test_it_comes_back_from_its_folder(tmp_path):
    net, pictures = detector(mean=(0.3,), std=(0.2,)), torch.randint(0, 256, (3, 32, 48, 1), dtype=torch.uint8)
    net.save(tmp_path / "net")
    with torch.no_grad():
        assert torch.equal(Component.load(tmp_path / "net")(pictures), net(pictures))


def test_the_default_has_at_most_half_a_million_parameters():
    net = Detector(spaces.Box(0, 255, (96, 96, 1), np.uint8), detections_space(8, 10))
    assert sum(p.numel() for p in net.parameters()) <= 500_000


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Detector(spaces.Box(0, 1, (8, 8, 1), np.float32), detections_space(4, 3)), "takes uint8 pictures"),
        (lambda: Detector(spaces.Box(0, 255, (8, 8, 1), np.uint8), spaces.Box(0, 1, (5,), np.float32)), "float32 rows"),
        (lambda: detector(classes=("a", "b")), "2 names of classes for 3 classes"),
        (lambda: detector(widths=[8, 8]), "expected three widths"),
        (lambda: detector(blocks=[1, -1]), "expected three widths"),
        (lambda: detector(overlap=0.0), "overlap must be above 0"),
        (lambda: detector(std=(0.0,)), "std is"),
    ],
)
def test_a_detector_that_makes_no_sense_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


# --- Mirrored --------------------------------------------------------------------------------------------------------


def test_what_is_mirrored_lies_on_the_other_side_and_turns_the_other_way():
    picture = torch.zeros(2, 8, 8, 1, dtype=torch.uint8)
    picture[:, :4, :2] = 200
    rows = scene(thing(0.125, 0.25, 0.25, 0.5, 0.4)).repeat(2, 1, 1)
    images, turned = mirrored(picture, rows, torch.tensor([True, False]))
    assert torch.equal(images[0], picture[0].flip(1))
    assert torch.equal(images[1], picture[1])
    torch.testing.assert_close(turned[0, 0], thing(0.875, 0.25, 0.25, 0.5, -0.4))
    assert float(turned[0, 0, AXIS_SIN]) == -float(rows[0, 0, AXIS_SIN])
    assert torch.equal(turned[1], rows[1])
    assert (turned[0, 1:] == 0.0).all()
