"""Detectors that learn nothing beforehand: windowed Gaussian, nearest past value, polynomial."""

from typing import Any

import numpy as np
from gymnasium import Space

from .detector import MOST_ROWS, RANKED, Detector, check_whole
from .loops import find_extrapolated, find_gaussian, find_nearest

MOST_SCALES, MOST_SCALE = 16, 4096


class Gaussian(Detector):
    """Distance from the mean of a window, in its standard deviations, and the normal distribution's tail as the score.

    With the defaults it is NAB's Windowed Gaussian (Ahmad et al. 2017): the window grows to ``window`` rows, then moves
    on by ``step`` rows at once.

    Args:
        window, step: Rows.
        channels, samples, rank_window, first, wait, data: See ``Detector``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        window: int = 6400,
        step: int = 100,
        channels: int = 1,
        samples: int = 1,
        rank_window: int = 0,
        first: int = 50,
        wait: int = 0,
        data: str = "",
    ) -> None:
        check_whole("window", window, 2, MOST_ROWS)
        check_whole("step", step, 1, window)
        config = {"window": window, "step": step, **common(channels, samples, rank_window, first, wait, data)}
        super().__init__(input_space, output_space, config, 1 + channels * (window + 2), channels)
        self.window, self.step = window, step

    def find(self, memory: np.ndarray, values: np.ndarray, strange: np.ndarray) -> None:
        find_gaussian(memory, values, strange, self.window, self.step)


class Nearest(Detector):
    """Distance to the nearest past value, of the samples and of their moving means; a conformal rank as the score.

    Args:
        window: Past rows.
        scales: Rows of the means, rising; 1 is the sample itself.
        channels, samples, rank_window, first, wait, data: See ``Detector``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        window: int = RANKED,
        scales: Any = (1, 24),
        channels: int = 1,
        samples: int = 1,
        rank_window: int = RANKED,
        first: int = 50,
        wait: int = 100,
        data: str = "",
    ) -> None:
        check_whole("window", window, 2, MOST_ROWS)
        if not isinstance(scales, list | tuple) or not 1 <= len(scales) <= MOST_SCALES:
            raise ValueError(f"scales is a list of 1 to {MOST_SCALES} numbers of rows, got {scales!r}"[:200])
        for before, scale in zip((0, *scales), scales, strict=False):
            check_whole("each of scales", scale, 1, MOST_SCALE)
            if scale <= before:
                raise ValueError(f"scales must rise, got {list(scales)}")
        config = {
            "window": window,
            "scales": list(scales),
            **common(channels, samples, rank_window, first, wait, data),
        }
        tracks = channels * len(scales)
        super().__init__(input_space, output_space, config, 1 + channels * max(scales) + tracks * window, tracks)
        self.window, self.scales = window, np.array(scales, np.int64)

    def find(self, memory: np.ndarray, values: np.ndarray, strange: np.ndarray) -> None:
        find_nearest(memory, values, strange, self.window, self.scales)


class Polynomial(Detector):
    """Distance to where a polynomial through the last rows leads, by least squares; a conformal rank as the score.

    Args:
        window: Rows that the polynomial is fitted to.
        degree: Of it.
        channels, samples, rank_window, first, wait, data: See ``Detector``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        window: int = 8,
        degree: int = 1,
        channels: int = 1,
        samples: int = 1,
        rank_window: int = RANKED,
        first: int = 50,
        wait: int = 100,
        data: str = "",
    ) -> None:
        check_whole("window", window, 1, 4096)
        check_whole("degree", degree, 0, min(window - 1, 8))
        config = {"window": window, "degree": degree, **common(channels, samples, rank_window, first, wait, data)}
        super().__init__(input_space, output_space, config, 1 + channels * window, channels)
        self.weights = extrapolation(window, degree)

    def find(self, memory: np.ndarray, values: np.ndarray, strange: np.ndarray) -> None:
        find_extrapolated(memory, values, strange, self.weights)


def extrapolation(window: int, degree: int) -> np.ndarray:
    """(window,) weights, the newest row first: a fitted polynomial's next value is that sum of past ones."""
    back = np.arange(1, window + 1) / window  # of a row, how far it lies before the next one
    powers = back[:, None] ** np.arange(degree + 1)
    return np.linalg.pinv(powers)[0]  # the constant term is the value at 0, which is the next row


def common(channels: int, samples: int, rank_window: int, first: int, wait: int, data: str) -> dict[str, Any]:
    """What all detectors keep in their config; see ``Detector``."""
    return {
        "channels": channels,
        "samples": samples,
        "rank_window": rank_window,
        "first": first,
        "wait": wait,
        "data": data,
    }
