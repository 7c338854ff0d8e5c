"""The frame at the start of an episode by interpreted kernels, at once, while the same kernels are being compiled."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..simulation import load
from ..slots.slotted_batch import open_batch


def first_frame(
    module: str, keywords: Mapping[str, Any], seed: int, age: int = 0, start: int | None = None
) -> np.ndarray | None:
    """The frame (height, width, 3) uint8 with which an episode begins, of the bits that compiled kernels give.

    Args:
        module: Dotted path of the environment file.
        keywords: Of ``open_batch``. Slots are left empty, which no frame shows.
        age: In steps, where parameters drift.
        start: A numbered start, where the environment has such.

    Returns:
        None where there are no frames.
    """
    empty = dict.fromkeys(load(module)[1].slots)
    batch = open_batch(num_envs=1, in_python=True, **{**keywords, **empty, "module": module})
    if batch.frame_size is None:
        return None
    if start is None:
        batch.seed_from(seed, age)
    else:
        batch.reset(seeds=[seed], starts=start)
    frame = np.empty((*batch.frame_size, 3), np.uint8)
    batch.render(0, frame)
    return frame
