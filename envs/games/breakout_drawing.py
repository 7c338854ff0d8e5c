"""The picture of Breakout."""

from ..engine.kernels import fill, kernel


@kernel
def draw(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (40, 44, 80))
