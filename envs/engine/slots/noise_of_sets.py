"""Noise on a set of things: some are lost, moved, turned, mistaken, or invented, and their order is mixed up."""

import math

import numpy as np

from ....components.detections import AXIS_COS, AXIS_SIN, CENTRE_X, CENTRE_Y, CLASS, HEIGHT, VALID, VISIBLE, WIDTH
from .fillings import Host, Told
from .noise import hash_of, normal_of, salt_of, uniform

MOVED = 0.1  # shares of the picture, standard deviation of a middle at level 1; of a side, as a share of it
TURNED = 0.5 * math.pi  # rad, of an axis at level 1
DRAWS = 16  # random numbers of a row


class NoisySet(Told):
    """The truth, a set of rows, with errors like a detector's.

    With the chance ``level`` each: a thing is lost; a row that is empty shows a thing that is not there; a thing is
    taken for one of another class, each as likely; it changes places with the next row, so that the order, from the top
    downwards, is another. Middles, sizes and axes have Gaussian errors of the standard deviations above times
    ``level``, what is to be seen one of ``level``; all are clipped to their bounds. What is lost leaves no gap.

    The noise is a hash of the environment's random state, its age and the slot, as that of ``fillings.Noisy``.
    """

    def __init__(self, batch: Host, name: str, level: float) -> None:
        super().__init__(batch, name, "tell")
        self.level, self._salt = level, salt_of(name)
        assert self.space.shape is not None
        self._rows, width = self.space.shape
        self._classes = width - CLASS

    def fill(self, rows: np.ndarray, out: np.ndarray, last: bool = False) -> None:
        super().fill(rows, out)
        store = self._batch.store
        key = hash_of(store["rng"][rows] ^ hash_of(store["age"][rows].astype(np.uint64) + self._salt))
        numbers = np.arange(self._rows * DRAWS, dtype=np.uint64)
        samples = np.moveaxis(uniform(key[:, None], numbers).reshape(len(rows), self._rows, DRAWS), 2, 0)
        there = out[..., VALID] > 0.5
        lost = there & (samples[0] < self.level)
        invented = ~there & (samples[0] < self.level)
        self._disturb(out, samples)
        self._mistake(out, samples, invented)
        out[lost | ~(there | invented)] = 0.0
        self._mix_up(out, samples)

    def _disturb(self, out: np.ndarray, samples: np.ndarray) -> None:
        """Errors of the numbers of each row."""
        normal = normal_of(samples[1:13].reshape(2, 6, *samples.shape[1:])) * self.level  # (6, M, R)
        for k, column in enumerate((CENTRE_X, CENTRE_Y)):
            out[..., column] = (out[..., column] + MOVED * normal[k]).clip(0.0, 1.0)
        for k, column in enumerate((WIDTH, HEIGHT)):
            out[..., column] = (out[..., column] * (1.0 + MOVED * normal[2 + k])).clip(0.0, 1.0)
        cos, sin = (function(2.0 * TURNED * normal[4]) for function in (np.cos, np.sin))
        across, down = out[..., AXIS_COS].copy(), out[..., AXIS_SIN].copy()
        out[..., AXIS_COS] = (cos * across - sin * down).clip(-1.0, 1.0)
        out[..., AXIS_SIN] = (sin * across + cos * down).clip(-1.0, 1.0)
        out[..., VISIBLE] = (out[..., VISIBLE] + normal[5]).clip(0.0, 1.0)

    def _mistake(self, out: np.ndarray, samples: np.ndarray, invented: np.ndarray) -> None:
        """Other classes, and things that are not there: anywhere, of a fifth to a half of the picture's sides."""
        was = out[..., CLASS:].argmax(axis=-1)
        other = (was + 1 + (samples[14] * (self._classes - 1)).astype(np.int64)) % self._classes
        swapped = np.where(samples[13] < self.level, other, was)
        any_class = (samples[14] * self._classes).astype(np.int64)
        out[..., CLASS:] = np.where(invented, any_class, swapped)[..., None] == np.arange(self._classes)
        angle = 2.0 * math.pi * samples[5]
        made = {VALID: 1.0, CENTRE_X: samples[1], CENTRE_Y: samples[2], WIDTH: 0.2 + 0.3 * samples[3],
                HEIGHT: 0.2 + 0.3 * samples[4], AXIS_COS: np.cos(angle), AXIS_SIN: np.sin(angle),
                VISIBLE: samples[6]}  # fmt: skip
        for column, values in made.items():
            out[..., column] = np.where(invented, values, out[..., column])

    def _mix_up(self, out: np.ndarray, samples: np.ndarray) -> None:
        """What is there comes first, and neighbours change places."""
        order = np.argsort(out[..., VALID] < 0.5, axis=1, kind="stable")
        out[...] = np.take_along_axis(out, order[..., None], axis=1)
        for row in range(self._rows - 1):
            swap = (samples[15, :, row] < self.level) & (out[:, row + 1, VALID] > 0.5)
            out[swap, row : row + 2] = out[swap, row : row + 2][:, ::-1]
