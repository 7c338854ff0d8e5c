"""Detections: a set of things in a picture as rows of one array, for truths, detectors and the policies that read them.

A row has 8 + K numbers, K the number of classes: whether there is a thing at all, where its box lies and how large that
is, how the thing is turned, how much of it can be seen, and what it is. Rows that stand for nothing are all zeros. In a
truth the numbers are 0 or 1 where they can be; a detector writes its confidence into ``VALID`` and a distribution over
the classes into ``CLASS`` and behind.
"""

import numpy as np
from gymnasium import spaces

VALID = 0  # 1: a thing; a detector's confidence that it is one
CENTRE_X, CENTRE_Y = 1, 2  # of its box, as shares of the picture's width and height, from its left upper corner
WIDTH, HEIGHT = 3, 4  # of its box, as shares of the picture's width and height
# cos 2θ and sin 2θ of the angle θ from the picture's x axis (to the right) to its long axis, towards the y axis (down):
# twice the angle, because half a turn leaves an axis as it is. Both 0 where nobody knows.
AXIS_COS, AXIS_SIN = 5, 6
VISIBLE = 7  # share of it that nothing hides, 0 … 1
CLASS = 8  # the first of the K classes


def detections_space(rows: int, classes: int) -> spaces.Box:
    """Up to ``rows`` things of so many ``classes``: (rows, 8 + classes) float32."""
    low = np.zeros((rows, CLASS + classes), np.float32)
    low[:, [AXIS_COS, AXIS_SIN]] = -1.0
    return spaces.Box(low, np.ones_like(low))


def names_of_columns(classes: tuple[str, ...]) -> dict[str, str]:
    """{name: unit} of the numbers of a row."""
    size = {"centre x": "width", "centre y": "height", "width": "width", "height": "height"}
    known = {"valid": "", **{name: f"the picture's {unit}" for name, unit in size.items()}}
    return {**known, "cos 2θ": "", "sin 2θ": "", "visible": "", **{f"is {name}": "" for name in classes}}


def corners_of(rows: np.ndarray) -> np.ndarray:
    """(…, 4) left, upper, right and lower edge of the boxes of rows (…, 8 + K), as shares of the picture."""
    centre, size = rows[..., [CENTRE_X, CENTRE_Y]], rows[..., [WIDTH, HEIGHT]]
    return np.concatenate([centre - size / 2, centre + size / 2], axis=-1)
