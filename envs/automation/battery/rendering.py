"""The picture of Battery."""

from ...engine.drawing import fill
from ...engine.kernels import kernel


@kernel
def render(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (250, 250, 252))
