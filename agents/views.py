"""Views of an observation that an agent's network is given instead: a board as it is seen from one of its cells.

Views run on the CPU over a whole batch, once per step, so the rollout holds what the network takes.
"""

import numpy as np
from gymnasium import Space, spaces

from ..envs.engine.compile.binding import loop

MOST_RADIUS = 128  # cells; a view of more is larger than any board, and its space takes memory


@loop
def look(boards, center, radius, out):
    """boards (N, H, W, C) uint8 -> out (N, 2r+1, 2r+1, C+1) uint8; see ``EgocentricView``."""
    height, width, planes = boards.shape[1], boards.shape[2], boards.shape[3]
    side = 2 * radius + 1
    for i in range(boards.shape[0]):
        board, view = boards[i], out[i]
        own_row, own_column = 0, 0
        for row in range(height):
            for column in range(width):
                if board[row, column, center] != 0:
                    own_row, own_column = row, column
        for y in range(side):
            outside_row = not 0 <= own_row + y - radius < height
            for x in range(side):
                outside = outside_row or not 0 <= own_column + x - radius < width
                for plane in range(planes):
                    view[y, x, plane] = 0
                view[y, x, planes] = outside
        for row in range(height):
            y = min(max(row - own_row + radius, 0), side - 1)
            for column in range(width):
                x = min(max(column - own_column + radius, 0), side - 1)
                for plane in range(planes):
                    if board[row, column, plane] > view[y, x, plane]:
                        view[y, x, plane] = board[row, column, plane]


class EgocentricView:
    """A board (H, W, C) as seen from one of its cells: the view (2r+1, 2r+1, C+1) around it.

    The cell is the one that is marked in plane ``center``. What lies further away than ``radius`` rows or columns
    stands on the view's edge, in its direction (the largest value, where several fall together); the last plane is 1
    outside of the board. The same surroundings look the same everywhere: nothing is learned anew for each cell.
    """

    def __init__(self, space: Space, center: int, radius: int) -> None:
        if not isinstance(space, spaces.Box) or len(space.shape) != 3 or space.dtype != np.uint8:
            raise ValueError(f"an egocentric view needs boards (height, width, planes) of uint8, got {space}")
        planes = space.shape[2]
        if not 0 <= center < planes:
            raise ValueError(f"center must be a plane 0 … {planes - 1} of the observation {space.shape}, got {center}")
        if not 1 <= radius <= MOST_RADIUS:
            raise ValueError(f"view_radius must be >= 1 and <= {MOST_RADIUS}, got {radius}")
        self.center, self.radius = center, radius
        high = max(int(space.high.max()), 1)
        self.space = spaces.Box(0, high, (2 * radius + 1, 2 * radius + 1, planes + 1), np.uint8)

    def __call__(self, boards: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """(N, H, W, C) -> (N, 2r+1, 2r+1, C+1), into ``out`` where it is given."""
        if out is None:
            out = np.empty((len(boards), *self.space.shape), np.uint8)
        look(np.ascontiguousarray(boards), self.center, self.radius, out)
        return out
