"""Checks of the arrays that a third party's kernels have written, after each call of a loop that is checked."""

from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ..compile.driver import RESET, SAME_STEP
from ..mistakes import Mistake, mistake, place_of
from ..roles import Kernel
from ..simulation import Simulation
from ..space_layout import bounds_of, each_part


class Writes:
    """Observations within their space, masks of 0 and 1, finite rewards: a ``Mistake`` where one is not.

    Called with the arguments of ``drive`` and what it returned.
    """

    def __init__(self, simulation: Simulation, space: Space) -> None:
        self._simulation, self._space = simulation, space

    def __call__(self, arguments: tuple[Any, ...], result: int) -> None:
        setup, command, start, stop = arguments
        if result < 0:  # refused
            return
        records, rows, part = setup.records, setup.rows, slice(start, stop)
        self._demand_shown(records, rows, part)
        if command != RESET:
            self._demand_finite(rows.terms[part], start)
        if setup.mode == SAME_STEP and result:
            ended = rows.terminated[part] | rows.truncated[part]
            self._demand_inside(rows.final_observation[part], ended, start, "of the last step ")

    def restarted(self, arguments: tuple[Any, ...], result: Any) -> None:
        """The same after ``restart``, of its arguments: it writes what the next episodes begin with."""
        (setup,) = arguments
        self._demand_shown(setup.records, setup.rows, slice(0, len(setup.records)))

    def _demand_shown(self, records: np.ndarray, rows: Any, part: slice) -> None:
        ready = records["ready"][part]
        self._demand_inside(rows.observation[part], ready, part.start)
        if self._simulation.mask is not None:
            self._demand_flags(rows.mask[part], ready, part.start)

    def _demand_inside(self, observation: np.ndarray, selected: np.ndarray, start: int, when: str = "") -> None:
        for key, part, rows in each_part(self._space, observation):
            self._demand_part_inside(key, part, rows, selected, start, when)

    def _demand_part_inside(
        self, key: str, part: Space, observation: np.ndarray, selected: np.ndarray, start: int, when: str
    ) -> None:
        low, high = (np.broadcast_to(bound, observation.shape[1:]) for bound in bounds_of(part))
        inside = (observation >= low) & (observation <= high)  # false for NaN
        if inside.all():
            return
        wrong = ~inside & selected.reshape(-1, *(1,) * (observation.ndim - 1))
        if wrong.any():
            i, *where = (int(index) for index in np.argwhere(wrong)[0])
            place = tuple(where)
            out = (f"out.{key}" if key else "out") + (f"[{', '.join(map(str, place))}]" if place else "")
            raise self._wrong(
                self._simulation.observe,
                f"observe leaves {observation[(i, *place)]:g} in {out} "
                f"{when}of environment {start + i}; its space has {low[place]:g} … {high[place]:g} there",
            )

    def _demand_flags(self, mask: np.ndarray, selected: np.ndarray, start: int) -> None:
        wrong = ((mask < 0) | (mask > 1)) & selected[:, None]
        if wrong.any():
            i, action = (int(index) for index in np.argwhere(wrong)[0])
            message = f"mask leaves {mask[i, action]} in out[{action}] of environment {start + i}; expected 0 or 1"
            raise self._wrong(self._simulation.mask, message)

    def _demand_finite(self, terms: np.ndarray, start: int) -> None:
        if not np.isfinite(terms).all():
            i, k = (int(index) for index in np.argwhere(~np.isfinite(terms))[0])
            message = (
                f"step sets terms[{k}], {self._simulation.terms[k]!r}, to {terms[i, k]} in environment {start + i}"
            )
            raise self._wrong(self._simulation.step, f"{message}; expected a finite number")

    def _wrong(self, kernel: Any, message: str) -> Mistake:
        return mistake(*place_of(kernel), message)


class Fills:
    """What a slot's kernel writes lies within ``space``, a Box: a ``Mistake`` where it does not.

    Called with the arguments of a loop over such a kernel, of which the last is what it has written (M, *space), and
    what the loop returned. `sense` and `tell` come with records, of which those count that were reset.

    Args:
        kernel: The slot's.
        is_rule: It is a baseline, which is given no records.
    """

    def __init__(self, kernel: Kernel, is_rule: bool, space: spaces.Box) -> None:
        self._kernel, self._is_rule, self._space = kernel, is_rule, space

    def __call__(self, arguments: tuple[Any, ...], result: Any) -> None:
        out = arguments[-1]
        wrong = ~((out >= self._space.low) & (out <= self._space.high))  # true for NaN
        if not wrong.any():
            return
        where = "row"
        indices = np.arange(len(out))
        if not self._is_rule:
            where, indices = "environment", arguments[1]
            wrong &= arguments[0]["ready"][indices].reshape(-1, *(1,) * (out.ndim - 1))
        if wrong.any():
            i, *place = (int(index) for index in np.argwhere(wrong)[0])
            low, high = self._space.low[tuple(place)], self._space.high[tuple(place)]
            message = (
                f"{self._kernel.__name__} leaves {out[(i, *place)]:g} in out[{', '.join(map(str, place))}] "
                f"of {where} {indices[i]}; its space has {low:g} … {high:g} there"
            )
            raise mistake(*place_of(self._kernel), message)
