"""The site behind Battery's meter: what it takes and what its sun gives, by hour and day of the year, known to all."""

import numpy as np

from .constants import HOURS, YEARDAYS

# Share of the mean load in each hour: a household's or a small firm's day, with its evening. Their mean is 1.
LOAD = np.array([65, 60, 58, 57, 59, 68, 88, 108, 114, 112, 110, 112, 116, 112, 106, 104, 110, 126, 142, 144, 134, 116,
                 96, 83]) / 100.0  # fmt: skip
WINTER = 0.12  # by what share the load is higher in the middle of January, and lower in the middle of July
MIDWINTER = 15  # day of the year


def site_shapes() -> tuple[np.ndarray, np.ndarray]:
    """What the site takes in shares of ``load_mean``, and its sun gives in shares of ``pv_peak``: (366, 24) each.

    The sun rises 6 - 2 cos hours before noon and its noon reaches 0.6 - 0.4 cos, where cos is that of the days since
    the middle of January as an angle.
    """
    cos = np.cos(2.0 * np.pi * (np.arange(YEARDAYS) - MIDWINTER) / YEARDAYS)[:, None]
    load = LOAD / LOAD.mean() * (1.0 + WINTER * cos)
    from_noon = (np.arange(HOURS) + 0.5 - 12.0) / (6.0 - 2.0 * cos)
    sun = (0.6 - 0.4 * cos) * np.cos(0.5 * np.pi * np.clip(from_noon, -1.0, 1.0))
    return np.round(load, 6), np.round(np.maximum(sun, 0.0), 6)  # so that they are the same on every machine
