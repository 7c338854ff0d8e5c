"""Shapes that the pictures of FrozenLake, Taxi and CliffWalking share: triangle, ellipse, ring, arrow; and noise.

Coordinates are pixels, x to the right, y down; edges are anti-aliased and shapes are cut at the frame's border.
"""

from ..engine.drawing import blend, hypotenuse, line
from ..engine.kernels import kernel


@kernel
def triangle(frame, ax, ay, bx, by, cx, cy, color):
    """A filled triangle with its corners in any order."""
    if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) < 0.0:
        bx, by, cx, cy = cx, cy, bx, by
    left, right = min(ax, bx, cx), max(ax, bx, cx)
    top, bottom = min(ay, by, cy), max(ay, by, cy)
    ab = max(hypotenuse(bx - ax, by - ay), 1e-9)
    bc = max(hypotenuse(cx - bx, cy - by), 1e-9)
    ca = max(hypotenuse(ax - cx, ay - cy), 1e-9)
    for y in range(max(int(top) - 1, 0), min(int(bottom) + 2, frame.shape[0])):
        for x in range(max(int(left) - 1, 0), min(int(right) + 2, frame.shape[1])):
            px, py = x + 0.5, y + 0.5
            inside = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / ab  # pixels from each edge, positive inside
            inside = min(inside, ((cx - bx) * (py - by) - (cy - by) * (px - bx)) / bc)
            inside = min(inside, ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) / ca)
            coverage = min(max(0.5 + inside, 0.0), 1.0)
            if coverage > 0.0:
                blend(frame, x, y, color, coverage)


@kernel
def ellipse(frame, cx, cy, radius_x, radius_y, color, opacity):
    """A filled ellipse; ``opacity`` 0 … 1 makes shadows and glass of it."""
    radius_x, radius_y = max(radius_x, 0.5), max(radius_y, 0.5)
    for y in range(max(int(cy - radius_y) - 1, 0), min(int(cy + radius_y) + 2, frame.shape[0])):
        for x in range(max(int(cx - radius_x) - 1, 0), min(int(cx + radius_x) + 2, frame.shape[1])):
            dx, dy = (x + 0.5 - cx) / radius_x, (y + 0.5 - cy) / radius_y
            far = hypotenuse(dx, dy)
            # The distance to the edge, to first order: how far beyond it over how fast that grows.
            slope = hypotenuse(dx / radius_x, dy / radius_y) / max(far, 1e-9)
            coverage = opacity * min(max(0.5 - (far - 1.0) / max(slope, 1e-9), 0.0), 1.0)
            if coverage > 0.0:
                blend(frame, x, y, color, coverage)


@kernel
def ring(frame, cx, cy, radius_x, radius_y, width, color, opacity):
    """The outline of an ellipse, ``width`` pixels thick."""
    reach_x, reach_y = radius_x + width, radius_y + width
    for y in range(max(int(cy - reach_y) - 1, 0), min(int(cy + reach_y) + 2, frame.shape[0])):
        for x in range(max(int(cx - reach_x) - 1, 0), min(int(cx + reach_x) + 2, frame.shape[1])):
            dx, dy = (x + 0.5 - cx) / radius_x, (y + 0.5 - cy) / radius_y
            far = hypotenuse(dx, dy)
            slope = hypotenuse(dx / radius_x, dy / radius_y) / max(far, 1e-9)
            distance = abs(far - 1.0) / max(slope, 1e-9) - 0.5 * width
            coverage = opacity * min(max(0.5 - distance, 0.0), 1.0)
            if coverage > 0.0:
                blend(frame, x, y, color, coverage)


@kernel
def arrow(frame, x, y, dx, dy, length, width, color):
    """An arrow from (x, y) in the direction (dx, dy), a unit vector."""
    tip_x, tip_y = x + length * dx, y + length * dy
    line(frame, x, y, tip_x - 0.4 * length * dx, tip_y - 0.4 * length * dy, width, color)
    base_x, base_y, half = tip_x - 0.5 * length * dx, tip_y - 0.5 * length * dy, 0.42 * length
    triangle(frame, tip_x, tip_y, base_x - half * dy, base_y + half * dx, base_x + half * dy, base_y - half * dx, color)


@kernel
def tile_noise(row, column, salt):
    """Noise in [0, 1) that belongs to a tile, always the same: where its scratches and flowers are."""
    z = (row * 73856093 ^ column * 19349663 ^ salt * 83492791) & 0xFFFFFF
    z = (z * 1103515 + 12345) & 0xFFFFFF
    z = ((z ^ (z >> 11)) * 69069 + 1) & 0xFFFFFF
    return ((z >> 8) & 0xFFFF) / 65536.0
