"""Tables of action values: the state that an observation belongs to, and the updates of a whole batch, compiled.

A table is an array (M, L, S, A) float64: M tables that judge each other (2 for double Q-learning, else 1), L learners
(1, or one per environment), S states, A actions. ``learners`` (N,) says whose table each environment reads and writes.
"""

import math
from collections.abc import Sequence

import numpy as np
from gymnasium import Space, spaces

from ..envs.engine.compile.binding import loop
from ..envs.engine.kernels import uniform

Q_LEARNING, SARSA, EXPECTED_SARSA, DOUBLE_Q = range(4)
METHODS = {"q-learning": Q_LEARNING, "sarsa": SARSA, "expected-sarsa": EXPECTED_SARSA, "double-q": DOUBLE_Q}
EVERYBODY = -1  # as a learner: the mean over all of them


@loop
def locate(observation, low, scale, bins, strict, states):
    """The cell of a grid that each row of ``observation`` (N, D) lies in, numbered as in C order, in place.

    Cell k of component j begins at low[j] + k / scale[j]. What lies outside the grid belongs to its border, or, if
    ``strict``, ends the search. Returns the first row that has no cell (NaN has none, either), -1 if all have one.
    """
    for i in range(observation.shape[0]):
        state = 0
        for j in range(bins.shape[0]):
            x = (observation[i, j] - low[j]) * scale[j]
            if math.isnan(x) or (strict and not 0.0 <= x < bins[j]):
                return i
            cell = 0
            if x >= bins[j]:  # asked first: infinity and large numbers are no integers
                cell = bins[j] - 1
            elif x > 0.0:
                cell = int(x)
            state = state * bins[j] + cell
        states[i] = state
    return -1


@loop
def gather(tables, learners, states, q):
    """Action values q (N, A) float64 in place: the mean over the M tables of each environment's learner."""
    for i in range(q.shape[0]):
        first, stop = learners[i], learners[i] + 1
        if first == EVERYBODY:
            first, stop = 0, tables.shape[1]
        share = 1.0 / (tables.shape[0] * (stop - first))
        for a in range(q.shape[1]):
            total = 0.0
            for m in range(tables.shape[0]):
                for learner in range(first, stop):
                    total += tables[m, learner, states[i], a]
            q[i, a] = total * share


@loop
def update(
    method, tables, counts, learners, states, actions, rewards, terminated,
    next_states, next_mask, next_actions, epsilon, gamma, step_size, averages, coins,
):  # fmt: skip
    """One step of each environment into the tables, in order of the environments: later ones see what earlier ones
    wrote, so the result is that of N single updates.

    states, actions, next_states, next_actions (N,) int64, actions counted from 0; rewards (N,) float64; terminated
    (N,) bool; next_mask (N, A) int8, 1 = legal (where nothing is, everything is); counts like ``tables``, int64:
    how often each entry was updated; coins (N,) for double Q. ``averages``: the step size is 1 / count.
    Returns the mean absolute error of the values before the update.
    """
    errors = 0.0
    for i in range(rewards.shape[0]):
        m, learner = 0, learners[i]
        if method == DOUBLE_Q and uniform(coins[i]) < 0.5:
            m = 1
        target = rewards[i]
        if not terminated[i]:
            after = tables[m, learner, next_states[i]]
            legal, best, total = 0, -1, 0.0
            for a in range(next_mask.shape[1]):
                legal += next_mask[i, a]
            for a in range(next_mask.shape[1]):
                if legal == 0 or next_mask[i, a] != 0:
                    total += after[a]
                    if best < 0 or after[a] > after[best]:
                        best = a
            if method == SARSA:
                target += gamma * after[next_actions[i]]
            elif method == EXPECTED_SARSA:
                choices = legal if legal > 0 else next_mask.shape[1]
                target += gamma * ((1.0 - epsilon) * after[best] + epsilon * total / choices)
            elif method == DOUBLE_Q:  # one table chooses, the other one judges
                target += gamma * tables[1 - m, learner, next_states[i], best]
            else:
                target += gamma * after[best]
        entry = (m, learner, states[i], actions[i])
        counts[entry] += 1
        error = target - tables[entry]
        tables[entry] += error / counts[entry] if averages else step_size * error
        errors += abs(error)
    return errors / rewards.shape[0]


class Grid:
    """The states of a table: the members of a ``Discrete`` space, or the cells of a grid over a ``Box``.

    Args:
        bins: Cells of each component of the Box, or one number for all of them.
        low, high: Where the grid of each component begins and ends; ``None``, and all where the tuple is empty, stand
            for the space's own bound. What lies outside belongs to the outermost cells.
    """

    def __init__(
        self,
        space: Space,
        bins: int | Sequence[int] = 10,
        low: Sequence[float | None] = (),
        high: Sequence[float | None] = (),
    ) -> None:
        self.space = space
        self.is_strict = isinstance(space, spaces.Discrete)
        if isinstance(space, spaces.Discrete):
            self.bins = np.array([space.n], np.int64)
            self.low, self.scale = np.array([float(space.start)]), np.ones(1)
        elif isinstance(space, spaces.Box):
            size = math.prod(space.shape)
            counts = [bins] * size if isinstance(bins, int) else list(bins)
            if len(counts) != size:
                raise ValueError(f"bins must be one number or {size}, one per component of {space}, got {len(counts)}")
            if min(counts) < 1:
                raise ValueError(f"bins must be >= 1, got {bins}")
            self.bins = np.array(counts, np.int64)
            self.low = _bounds("low", low, space.low.ravel())
            ends = _bounds("high", high, space.high.ravel())
            if not (self.low < ends).all():
                j = int(np.argmin(self.low < ends))
                raise ValueError(f"low must be below high, got {self.low[j]:g} and {ends[j]:g} for component {j}")
            self.scale = self.bins / (ends - self.low)
        else:
            raise ValueError(f"a table needs Discrete or Box observations, this environment has {space}")

    @property
    def magnitude(self) -> float:
        """log10 of the number of states, which may be too large for any number."""
        return float(np.log10(self.bins).sum())

    @property
    def states(self) -> int:
        return math.prod(self.bins.tolist())

    def __call__(self, observation: np.ndarray) -> np.ndarray:
        """The states (N,) int64 of observations (N, *space).

        Raises:
            ValueError: an observation is NaN, or outside a Discrete space.
        """
        rows = observation.reshape(len(observation), -1)
        states = np.empty(len(rows), np.int64)
        bad = locate(rows, self.low, self.scale, self.bins, self.is_strict, states)
        if bad >= 0:
            raise ValueError(f"observation {rows[bad].tolist()} of environment {bad} is not in {self.space}")
        return states


def _bounds(name: str, given: Sequence[float | None], own: np.ndarray) -> np.ndarray:
    """One finite bound per component, the space's ``own`` (D,) where none is given."""
    if len(given) not in (0, len(own)):
        raise ValueError(f"{name} must have {len(own)} entries, one per component of the observation, got {len(given)}")
    bounds = own.astype(np.float64)
    for j, value in enumerate(given):
        bounds[j] = bounds[j] if value is None else value
    if not _are_finite(bounds).all():
        j = int(np.argmin(_are_finite(bounds)))
        needed = ", ".join("null" if fine else "…" for fine in _are_finite(own))
        raise ValueError(
            f"component {j} of the observation has no finite bound ({name} is {bounds[j]:g}); give a list, such as "
            f"{name}=[{needed}], null for the space's own"
        )
    return bounds


def _are_finite(bounds: np.ndarray) -> np.ndarray:
    # Some spaces have bounds such as 3.4e38, finite in name only: all that is ever seen would lie in one cell.
    return np.abs(bounds) < 1e30
