"""A board seen from one of its cells, against a board drawn by hand."""

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from ludus.agents.views import EgocentricView

OWN, OTHER, OUTSIDE = 0, 1, 2


def board(size, own, *others):
    planes = np.zeros((1, size, size, 2), np.uint8)
    planes[0, *own, OWN] = 1
    for row, column, value in others:
        planes[0, row, column, OTHER] = value
    return planes


def test_what_is_near_stands_where_it_is_and_what_is_far_on_the_edge():
    space = spaces.Box(0, 9, (6, 6, 2), np.uint8)
    view = EgocentricView(space, OWN, 1)
    seen = view(board(6, (0, 2), (1, 3, 5), (5, 2, 7), (4, 2, 3), (0, 0, 4)))[0]
    assert seen[..., OWN].tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    # Above is the wall. To the left, two columns away: 4. Below, four and five rows away: the larger of 3 and 7.
    assert seen[..., OTHER].tolist() == [[0, 0, 0], [4, 0, 0], [0, 7, 5]]
    assert seen[..., OUTSIDE].tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 0]]


@given(st.integers(0, 7), st.integers(0, 7), st.integers(0, 7), st.integers(0, 7))
def test_a_view_as_wide_as_the_board_moves_with_the_own_cell(row, column, other_row, other_column):
    view = EgocentricView(spaces.Box(0, 9, (8, 8, 2), np.uint8), OWN, 7)
    seen = view(board(8, (row, column), (other_row, other_column, 6)))[0]
    assert seen[7, 7, OWN] == 1
    assert seen[7 + other_row - row, 7 + other_column - column, OTHER] == 6
    assert seen[..., OTHER].sum() == 6
    assert seen[..., OUTSIDE].sum() == 15 * 15 - 64


@pytest.mark.parametrize(
    ("space", "center", "radius", "message"),
    [
        (spaces.Box(0, 1, (4,), np.float32), 0, 1, "needs boards"),
        (spaces.Box(0, 255, (4, 4, 2), np.uint8), 2, 1, "center must be a plane 0 . 1"),
        (spaces.Box(0, 255, (4, 4, 2), np.uint8), 0, 0, "view_radius must be >= 1 and <= 128, got 0"),
        (spaces.Box(0, 255, (4, 4, 2), np.uint8), 0, 2_000, "view_radius must be >= 1 and <= 128, got 2000"),
    ],
)
def test_what_cannot_be_seen_is_refused(space, center, radius, message):
    with pytest.raises(ValueError, match=message):
        EgocentricView(space, center, radius)
