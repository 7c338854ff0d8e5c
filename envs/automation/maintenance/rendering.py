"""The picture of Maintenance."""

from ...engine.drawing import fill
from ...engine.kernels import kernel


@kernel
def render(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (240, 243, 249))
