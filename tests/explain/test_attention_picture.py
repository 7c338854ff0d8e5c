"""Pictures of attention: a panel for each head, names on both axes, darker where more is looked at, and refusals."""

import numpy as np
import pytest

from ludus.explain.attention import MOST_TOKENS, attention_figure
from ludus.utils.plotting import import_pyplot, pixels_of, save_figure

ROWS, COLUMNS = ["A", "dog", "$x_1$"], ["Ein", "Hund", "läuft", "中"]
WEIGHTS = np.array([np.eye(3, 4), np.full((3, 4), 0.25)])


@pytest.fixture(autouse=True)
def closed():
    yield
    import_pyplot().close("all")


def panels(figure):
    return [axis for axis in figure.axes if axis.images and axis.get_title()]


def test_each_head_has_a_panel_with_all_names():
    figure = attention_figure(WEIGHTS, ROWS, COLUMNS, ["head 1", "head 2"], "a → b", "translation", "sentence")
    shown = panels(figure)
    assert [axis.get_title() for axis in shown] == ["head 1", "head 2"]
    for axis, weights in zip(shown, WEIGHTS, strict=True):
        assert [label.get_text() for label in axis.get_yticklabels()] == ROWS
        assert [label.get_text() for label in axis.get_xticklabels()] == COLUMNS
        np.testing.assert_array_equal(axis.images[0].get_array(), weights)
        assert axis.images[0].get_clim() == (0.0, 1.0)  # one scale for all
    assert shown[0].get_ylabel() == "translation"
    assert shown[0].get_xlabel() == "sentence"
    assert figure.get_suptitle() == "a → b"


def test_picture_is_darker_where_more_is_looked_at():
    figure = attention_figure(WEIGHTS[:1], ROWS, COLUMNS, ["one"])
    pixels = pixels_of(figure)
    (axis,) = panels(figure)
    places = [axis.transData.transform((column, row)) for row, column in ((1, 1), (1, 2))]
    dark, light = (pixels[int(len(pixels) - y), int(x)].astype(int).sum() for x, y in places)
    assert dark < light - 200


def test_letters_that_the_font_lacks_are_boxes_and_no_warning(tmp_path):
    save_figure(attention_figure(WEIGHTS, ROWS, COLUMNS, ["1", "2"]), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_dollars_are_no_mathematics(tmp_path):
    names = ["$5_x$", "$\\frac{$", "c"]
    figure = attention_figure(WEIGHTS[:1], names, COLUMNS, ["a $\\frac{$ b"], "costs $\\frac{$ → b")
    save_figure(figure, tmp_path / "a.png")  # mathematics could not be parsed
    assert figure.get_suptitle() == "costs $\\frac{$ → b"


def test_long_heading_is_broken_into_lines_within_the_picture():
    heading = "Ein alter Mann spielt im Schnee vor dem Haus. → An old man plays in the snow in front of the house."
    figure = attention_figure(WEIGHTS[:1], ROWS, ["a", "b", "c", "d"], ["one"], heading)
    figure.canvas.draw()
    assert " ".join(figure.get_suptitle().split("\n")) == heading
    box, width = figure._suptitle.get_window_extent(), figure.bbox.width
    assert box.x0 >= 0
    assert box.x1 <= width


def test_every_token_is_within_the_picture():
    names = ["unusuallylongtoken", *(f"token {i}" for i in range(14))]
    weights = np.full((1, 15, 15), 1 / 15)
    figure = attention_figure(weights, names, names, ["mean"], "a", "rows", "columns")
    figure.canvas.draw()
    (axis,) = panels(figure)
    for label in (*axis.get_yticklabels(), *axis.get_xticklabels()):
        box = label.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width
        assert 0 <= box.y0 < box.y1 <= figure.bbox.height


def test_what_a_terminal_would_obey_is_written_out():
    (axis,) = panels(attention_figure(WEIGHTS[:1], ["\x1b[31m", "", "a\nb"], COLUMNS, ["one"]))
    assert [label.get_text() for label in axis.get_yticklabels()] == ["\\x1b[31m", " ", "a b"]


@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 4, 3), (1, 3), (0, 3, 4)])
def test_weights_of_other_tokens_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected weights for heads and tokens \(1, 3, 4\)"):
        attention_figure(np.zeros(shape), ROWS, COLUMNS, ["one"])
    with pytest.raises(ValueError, match="all of them one or more"):
        attention_figure(np.zeros((0, 3, 4)), ROWS, COLUMNS, [])


def test_more_tokens_than_anybody_can_read_are_refused():
    names = ["x"] * (MOST_TOKENS + 1)
    with pytest.raises(ValueError, match="attention of 81 tokens at 4 is no picture that can be read; take a text"):
        attention_figure(np.zeros((1, 81, 4)), names, COLUMNS, ["one"])
