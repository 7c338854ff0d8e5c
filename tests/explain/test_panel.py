"""Panels: everything within the margins at any size, pictures in their shape, the true class always in sight."""

import numpy as np
import pytest

from explain_stage import PANEL, pictures_of
from ludus.explain import panel
from ludus.explain.panel import Answer, View, render_panel


def view(count=10, name="a class with a name that is far too long for its row, and goes on", shape=(28, 28, 1)):
    answers = [Answer(f"{name} {k}", 1.0 / (k + 1), "100 %", k == 0, k == count - 1) for k in range(count)]
    return View(name, np.full(shape, 200, np.uint8), np.ones(shape[:2]), "Grad-CAM", answers)


@pytest.mark.parametrize("size", [(480, 360), (177, 133), (96, 72), (40, 30), (8, 6), (1, 1)])
@pytest.mark.parametrize("views", [1, 3])
def test_panel_of_any_size_is_drawn_within_its_margins(size, views):
    drawn = render_panel([view()] * views, size)
    assert drawn.shape == (*size, 3)
    if min(size[0] // views, size[1]) >= panel.BARE:
        for edge in (drawn[:, :3], drawn[:, -3:], drawn[:2], drawn[-1:]):
            assert (edge == panel.GROUND).all()


@pytest.mark.parametrize("shape", [(28, 28, 1), (20, 40, 3), (50, 30, 4)])
def test_picture_keeps_its_shape(shape):
    seen, _ = pictures_of(render_panel([view(shape=shape)], PANEL))
    bright = (seen == 200).all(axis=2)
    high, wide = bright.any(axis=1).sum(), bright.any(axis=0).sum()
    assert high / wide == pytest.approx(shape[0] / shape[1], rel=0.02)
    assert max(high, wide) == len(seen)


def test_true_class_is_shown_where_there_is_room_for_few():
    answers = view(10).answers
    assert panel.chosen_rows(answers, 3) == [answers[0], answers[1], answers[9]]
    assert panel.chosen_rows(answers, 2) == [answers[0], answers[9]]
    assert panel.chosen_rows(answers, 0) == []
