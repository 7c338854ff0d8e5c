"""A stream of numbers with the windows in which something was out of order."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stream:
    """T rows of C channels in the order in which they came. Its arrays are read-only."""

    name: str
    times: np.ndarray | None  # (T,) datetime64[s], which may repeat or step back, as clocks do; None without
    values: np.ndarray  # (T, C) float64
    windows: np.ndarray  # (K, 2) int64: first and last row of each anomalous window, rising and apart
    rows: np.ndarray | None = None  # (T,) int64: where each stands in its file, whose first line is 1; None without

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or len(self.values) < 1:
            raise ValueError(f"{self.name}: values are rows and channels (T, C), got an array of {self.values.shape}")
        edges = self.windows
        if edges.shape != (len(edges), 2) or not np.array_equal(edges.ravel(), np.sort(edges.ravel())):
            raise ValueError(
                f"{self.name}: windows are pairs of a first and a last row that rise, got {edges.tolist()}"
            )
        if len(edges) and not (edges[0, 0] >= 0 and edges[-1, 1] < len(self.values)):
            raise ValueError(f"{self.name}: windows {edges.tolist()} are not all within its {len(self.values)} rows")
        if len(edges) > 1 and (edges[1:, 0] == edges[:-1, 1]).any():
            raise ValueError(f"{self.name}: windows {edges.tolist()} overlap")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def places(self) -> np.ndarray:
        """(T,) what a person calls each row: its line in the file, or its number from 1 on."""
        return np.arange(1, len(self) + 1) if self.rows is None else self.rows

    @property
    def labels(self) -> np.ndarray:
        """(T,) bool: whether a row lies in a window."""
        found = np.zeros(len(self), bool)
        for first, last in self.windows:
            found[first : last + 1] = True
        return found


def windows_of(labels: np.ndarray) -> np.ndarray:
    """(K, 2) first and last row of each run of true ``labels`` (T,)."""
    edges = np.diff(np.concatenate([[0], labels.astype(np.int8), [0]]))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1], axis=1)
