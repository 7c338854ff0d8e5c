"""The one compiled loop over a batch: reset, step, time limit, autoreset, drift, reward terms, episode totals.

`loops.py` binds it to the kernels of one environment.
"""

from typing import NamedTuple

import numpy as np

from ..buffers import Rows
from ..kernels import borrow, kernel, seed_stream, uniform_in
from ..parameters import NEVER, Ranges

RESET, STEP = 0, 1  # commands
NEXT_STEP, SAME_STEP, DISABLED = 0, 1, 2  # what happens at the end of an episode (Gymnasium's AutoresetMode)


class Setup(NamedTuple):
    """A batch as the driver sees it. N environments, P parameters, A action components, D drifts."""

    records: np.ndarray  # (N,) the environments' states
    actions: np.ndarray  # (N, *action) int64 or float64, where a step reads them
    action_rows: np.ndarray  # (N, A) the same memory
    rows: Rows  # what is shown
    world: tuple  # the environment's NamedTuple of arrays that the batch shares
    spans: np.ndarray  # (2, P) lowest and highest value of each parameter
    bounds: np.ndarray  # (2, A) lowest and highest action, of the actions' own dtype
    drifts: np.ndarray | None  # (D,) records: parameter, at, over, to; None leaves the code for drifts out
    mode: int  # NEXT_STEP, SAME_STEP or DISABLED
    limit: int  # the time limit in steps, 0 for none


def lay_out(ranges: Ranges) -> tuple[np.ndarray, np.ndarray | None]:
    """The ``spans`` and the ``drifts`` of a ``Setup`` whose parameters stay in ``ranges``."""
    drifts = np.zeros(len(ranges.drift_at), [("parameter", "i8"), ("at", "i8"), ("over", "i8"), ("to", "f8")])
    for name in drifts.dtype.names or ():
        drifts[name] = getattr(ranges, f"drift_{name}")
    return np.stack([ranges.low, ranges.high]), drifts if len(drifts) else None


def reset(s, world):
    """Placeholder: re-bound to the environment's kernel."""


def step(s, action, world, terms):
    """Placeholder: re-bound to the environment's kernel."""


def observe(s, world, out):
    """Placeholder: re-bound to the environment's kernel."""


@kernel
def mask(s, world, out):
    """All actions are legal: the rows keep the ones they were made with."""


@kernel
def succeeded_at(drifts, d):
    """The age at which a later drift of the same parameter takes over (the rows are in order of their start)."""
    for later in range(d + 1, drifts.shape[0]):
        if drifts[later].parameter == drifts[d].parameter:
            return drifts[later].at
    return NEVER


@kernel
def drift_parameters(s, drifts):
    """Set the parameters that drift to their value at the environment's age."""
    if drifts is None:
        return
    for d in range(drifts.shape[0]):
        since = s.age - drifts[d].at
        p = drifts[d].parameter
        if since < 0 or s.age >= succeeded_at(drifts, d):
            continue
        # Between its start and its end a drift takes an equal share of the way that is left at each step, which is
        # a straight line and needs no memory of where it began.
        left = drifts[d].over - since
        if left > 0:
            s.parameters[p] += (drifts[d].to - s.parameters[p]) / (left + 1)
        else:
            s.parameters[p] = drifts[d].to


@kernel
def resume_drifts(s, drifts):
    """Bring the parameters of a new episode to where their drifts stand."""
    if drifts is None:
        return
    for d in range(drifts.shape[0]):
        since = min(s.age, succeeded_at(drifts, d)) - drifts[d].at
        if since >= 0:
            p = drifts[d].parameter
            share = min(since / (drifts[d].over + 1), 1.0)
            s.parameters[p] += (drifts[d].to - s.parameters[p]) * share


@kernel
def begin(s, spans, drifts):
    """A new episode: everything but the environment's own fields. `drive` has the same lines, see there."""
    s.clock = 0
    for k in range(s.totals.shape[0]):
        s.totals[k] = 0.0
    s.success = False
    s.pending = False
    s.ready = True
    for p in range(spans.shape[1]):
        low, high = spans[0, p], spans[1, p]
        s.parameters[p] = low if low == high else uniform_in(s, low, high)
    resume_drifts(s, drifts)


def drive(setup, command, start, stop):
    """Run ``command`` on environments start … stop-1 of the batch ``setup``.

    Returns the number of episodes that ended, or, with nothing changed, -1-i if the action of environment i is
    outside the space and -1-N-i if it has ended under DISABLED and must be reset first. That every record was reset
    once is the caller's business.
    """
    records, rows, world, spans, bounds, drifts = (
        setup.records, setup.rows, setup.world, setup.spans, setup.bounds, setup.drifts
    )  # fmt: skip
    if command == STEP:
        outside = False
        for i in range(start, stop):  # without an early return, so that it becomes vector code
            for j in range(bounds.shape[1]):
                outside |= not (bounds[0, j] <= setup.action_rows[i, j] <= bounds[1, j])  # true for NaN
        if outside:
            for i in range(start, stop):
                for j in range(bounds.shape[1]):
                    if not (bounds[0, j] <= setup.action_rows[i, j] <= bounds[1, j]):
                        return -1 - i
        if setup.mode == DISABLED:
            for i in range(start, stop):
                if records[i].pending:
                    return -1 - records.shape[0] - i

    observations, masks = borrow(rows.observation), borrow(rows.mask)
    finals, final_masks = borrow(rows.final_observation), borrow(rows.final_mask)
    all_terms, all_actions, episodes = borrow(rows.terms), borrow(setup.actions), borrow(rows.episodes)
    ended = 0
    for index in range(start, stop):
        i = np.uintp(index)  # unsigned, so that no access asks whether it counts from the end: a tenth of the time
        if command == RESET and not rows.orders[i].selected:
            continue
        s = records[i]
        terms = all_terms[i]
        restarts, keeps_final = command == RESET, False
        terminated, truncated, reward = False, False, 0.0
        for k in range(s.totals.shape[0]):
            terms[k] = 0.0
        if command == RESET:
            if rows.orders[i].seeded:
                seed_stream(s, rows.orders[i].seed)
                s.age = 0
        else:
            if s.pending:  # only under NEXT_STEP: this step is the reset and ignores the action
                restarts = True
            else:
                s.clock += 1
                drift_parameters(s, drifts)
                s.age += 1
                terminated = step(s, all_actions[i], world, terms)
                truncated = setup.limit > 0 and s.clock >= setup.limit
                for k in range(s.totals.shape[0]):
                    reward += terms[k]
                    s.totals[k] += terms[k]
                if terminated or truncated:
                    ended += 1
                    s.pending = True
                    keeps_final = setup.mode == SAME_STEP
        rows.reward[i] = reward
        rows.terminated[i] = terminated
        rows.truncated[i] = truncated
        episode, total = episodes[i], 0.0  # the sums so far; of an episode that has ended they stay for this step
        for k in range(s.totals.shape[0]):
            episode.terms[k] = 0.0 if restarts else s.totals[k]
            total += episode.terms[k]
        episode.total = total
        episode.length = 0 if restarts else s.clock
        episode.success = s.success and not restarts
        # Each kernel is called at one place only, because LLVM compiles a copy of it for every place.
        while True:
            if restarts:
                # What `begin` does; as a call it would cost a tenth of a CartPole step, inlined a twentieth.
                s.clock = 0
                for k in range(s.totals.shape[0]):
                    s.totals[k] = 0.0
                s.success = False
                s.pending = False
                s.ready = True
                for p in range(spans.shape[1]):
                    low, high = spans[0, p], spans[1, p]
                    s.parameters[p] = low if low == high else uniform_in(s, low, high)
                resume_drifts(s, drifts)
                reset(s, world)
            observe(s, world, finals[i] if keeps_final else observations[i])
            mask(s, world, final_masks[i] if keeps_final else masks[i])
            if not keeps_final:
                break
            restarts, keeps_final = True, False
    return ended
