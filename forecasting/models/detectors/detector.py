"""Detectors, as far as all are alike: a memory of the stream, a score in [0, 1] for each step."""

from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces

from ....components.component import Component
from .loops import rank

MOST_CHANNELS, MOST_SAMPLES, MOST_ROWS = 64, 4096, 1_000_000
RANKED = 4096  # samples among which ranks are taken where nobody says otherwise


class Detector(Component):
    """A component that says of each step of a stream how strange it is to what it remembers of it.

    A step brings a block of ``samples`` rows of ``channels`` numbers, and the score is that of its strangest row. A
    subclass finds, for each row and each of its *tracks*, a number that is larger the stranger it is (``find``); ranks
    among the past make scores of these (see ``loops.rank``), so that 0.99 is stranger than 99 of 100 samples before.

    Its memory are two tensors of float64, written in place: what the subclass remembers, and what the ranks need.
    Each stream is worked on by itself, so that the bits of its scores do not depend on the others.

    Args:
        input_space: Box of samples x channels numbers, of any shape; a sample's channels lie side by side.
        output_space: Box of one number.
        config: The subclass's arguments, and these:

            channels, samples  of a step
            rank_window        rows among which ranks are taken; 0 for tails of the normal distribution
            first              rows that are remembered before anything is told; of no account where rank_window is 0
            wait               rows in which nothing but a higher score is told after a score
            data               what it was fitted on, for the person who finds it later

        own: Numbers that the subclass remembers of a stream.
        tracks: Numbers of ``find`` for each row.

    Raises:
        ValueError: spaces and numbers do not belong together, or are out of range.
    """

    in_place = True
    threshold: torch.Tensor  # () float64: scores from here on are alarms

    def __init__(self, input_space: Space, output_space: Space, config: dict[str, Any], own: int, tracks: int) -> None:
        self.channels, self.samples = config["channels"], config["samples"]
        self.ranked, self.first, self.wait = config["rank_window"], config["first"], config["wait"]
        check_whole("channels", self.channels, 1, MOST_CHANNELS)
        check_whole("samples", self.samples, 1, MOST_SAMPLES)
        check_whole("rank_window", self.ranked, 0, MOST_ROWS)
        check_whole("first", self.first, 1, MOST_ROWS)
        check_whole("wait", self.wait, 0, MOST_ROWS)
        if 0 < self.ranked < self.first:
            raise ValueError(
                f"rank_window={self.ranked} rows are remembered, and first={self.first} of them are needed before "
                "anything is told, which would be never; take a smaller first or a larger rank_window"
            )
        taken, given = int(np.prod(input_space.shape or ())), int(np.prod(output_space.shape or ()))
        if taken != self.channels * self.samples or not isinstance(input_space, spaces.Box):
            raise ValueError(
                f"a step of {self.samples} samples of {self.channels} channels is a Box of "
                f"{self.samples * self.channels} numbers, got {input_space}"
            )
        if given != 1 or output_space.dtype != np.float32:
            raise ValueError(f"a score is one number, a float32 Box of shape (1,) or (), got {output_space}")
        ranks = 1 + tracks * self.ranked + self.wait
        super().__init__(input_space, output_space, config, ((own,), (ranks,)))
        self.tracks = tracks
        # A memory to begin with: that of a stream of which nothing came yet, or what `warm_up` saw.
        self.register_buffer("own_start", torch.zeros(own, dtype=torch.float64))
        self.register_buffer("ranks_start", torch.zeros(ranks, dtype=torch.float64))
        self.register_buffer("threshold", torch.ones((), dtype=torch.float64))

    def find(self, memory: np.ndarray, values: np.ndarray, strange: np.ndarray) -> None:
        """Write how strange ``values`` (N, S, C) are into ``strange`` (N, S, tracks), and remember them, in place.

        -1 where there is no telling yet. All are float64; ``memory`` (N, own).
        """
        raise NotImplementedError

    def first_memory(self, count: int) -> tuple[torch.Tensor, ...]:
        starts: tuple[Any, ...] = (self.own_start, self.ranks_start)
        return tuple(start.repeat(count, 1) for start in starts)

    def forward(
        self, x: torch.Tensor, memory: tuple[torch.Tensor, ...]
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        own, ranks = (kept.detach().cpu().numpy() for kept in memory)
        values = x.detach().cpu().to(torch.float64).reshape(len(x), self.samples, self.channels).numpy()
        highest = self._score(own, ranks, values, self.wait).max(axis=1)
        y = torch.from_numpy(highest).float().reshape(len(x), *(self.output_space.shape or ())).to(x.device)
        if all(kept.device.type == "cpu" for kept in memory):
            return y, memory
        return y, tuple(torch.from_numpy(kept).to(x.device) for kept in (own, ranks))

    def _score(self, own: np.ndarray, ranks: np.ndarray, values: np.ndarray, wait: int) -> np.ndarray:
        strange = np.empty((*values.shape[:2], self.tracks))
        self.find(own, np.ascontiguousarray(values), strange)
        scores = np.empty(values.shape[:2])
        rank(ranks, strange, scores, self.ranked, self.first, wait)
        return scores

    def score_rows(self, values: np.ndarray, waiting: bool = True) -> np.ndarray:
        """(T,) float64 scores of the rows of a stream (T, channels), from the first memory on; as `forward` gives them.

        Args:
            waiting: Whether rows after a score tell nothing but a higher one; ``False``: each has its own score.

        Raises:
            ValueError: another number of channels, or a number that is not finite.
        """
        return self._run(values, self.wait if waiting else 0)[2]

    def warm_up(self, values: np.ndarray) -> None:
        """Begin every stream with the memory of this one (T, channels); raises as ``score_rows``."""
        own, ranks, _ = self._run(values, self.wait)
        for start, found in ((self.own_start, own), (self.ranks_start, ranks)):
            assert isinstance(start, torch.Tensor)
            start.copy_(torch.from_numpy(found[0]))

    def _run(self, values: np.ndarray, wait: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        values = np.asarray(values, np.float64)
        if values.ndim != 2 or values.shape[1] != self.channels:
            raise ValueError(
                f"the detector takes rows of {self.channels} numbers, got an array of the shape {values.shape}"
            )
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise ValueError(f"row {row}, channel {column} of the stream is {values[row, column]}, expected a number")
        own, ranks = (kept.cpu().numpy() for kept in self.first_memory(1))
        return own, ranks, self._score(own, ranks, values[None], wait)[0]


def check_whole(name: str, value: Any, low: int, high: int) -> None:
    """``ValueError`` unless a detector's argument is a whole number from ``low`` to ``high``."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is a whole number from {low:,} to {high:,}, got {value!r}"[:200])


def spaces_for(channels: int = 1, samples: int = 1) -> tuple[spaces.Box, spaces.Box]:
    """The input and the output space of a detector of rows as they stand in a file."""
    return spaces.Box(-np.inf, np.inf, (samples, channels), np.float32), spaces.Box(0.0, 1.0, (1,), np.float32)
