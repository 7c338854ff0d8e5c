"""What the kernels of somebody else's environment have written, looked at after every call while it is checked."""

import types
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ..driver import RESET, SAME_STEP
from .mistakes import Mistake, mistake, place_of


class Writes:
    """Observations within their space, masks of 0 and 1, finite rewards: a ``Mistake`` where one is not.

    Called with the arguments of ``drive`` and what it returned.
    """

    def __init__(self, module: types.ModuleType, space: Space, terms: tuple[str, ...]) -> None:
        self._module, self._space, self._terms = module, space, terms
        whole = isinstance(space, spaces.Discrete)
        self._low = np.zeros(1) if whole else space.low  # type: ignore[attr-defined]
        self._high = np.full(1, space.n - 1) if whole else space.high  # type: ignore[attr-defined]
        if not whole and not space.shape:
            self._low, self._high = self._low.reshape(1), self._high.reshape(1)
        self._masked = "mask" in vars(module)

    def __call__(self, arguments: tuple[Any, ...], result: int) -> None:
        command, records, rows, mode, start, stop = (arguments[i] for i in (0, 1, 4, 9, 11, 12))
        if result < 0:  # refused
            return
        part = slice(start, stop)
        ready = records["ready"][part]
        self._demand_inside(rows.observation[part], ready, start)
        if self._masked:
            self._demand_flags(rows.mask[part], ready, start)
        if command != RESET:
            self._demand_finite(rows.terms[part], start)
        if mode == SAME_STEP and result:
            ended = rows.terminated[part] | rows.truncated[part]
            self._demand_inside(rows.final_observation[part], ended, start, "of the last step ")

    def _demand_inside(self, observation: np.ndarray, selected: np.ndarray, start: int, when: str = "") -> None:
        inside = (observation >= self._low) & (observation <= self._high)  # false for NaN
        if inside.all():
            return
        wrong = ~inside & selected.reshape(-1, *(1,) * (observation.ndim - 1))
        if wrong.any():
            i, *where = (int(index) for index in np.argwhere(wrong)[0])
            place = tuple(where)
            low, high = self._low[place], self._high[place]
            raise self._wrong(
                "observe",
                f"observe leaves {observation[(i, *place)]:g} in out[{', '.join(map(str, place))}] "
                f"{when}of environment {start + i}; its space has {low:g} … {high:g} there",
            )

    def _demand_flags(self, mask: np.ndarray, selected: np.ndarray, start: int) -> None:
        wrong = ((mask < 0) | (mask > 1)) & selected[:, None]
        if wrong.any():
            i, action = (int(index) for index in np.argwhere(wrong)[0])
            message = f"mask leaves {mask[i, action]} in out[{action}] of environment {start + i}; expected 0 or 1"
            raise self._wrong("mask", message)

    def _demand_finite(self, terms: np.ndarray, start: int) -> None:
        if not np.isfinite(terms).all():
            i, k = (int(index) for index in np.argwhere(~np.isfinite(terms))[0])
            message = f"step sets terms[{k}], {self._terms[k]!r}, to {terms[i, k]} in environment {start + i}"
            raise self._wrong("step", f"{message}; expected a finite number")

    def _wrong(self, kernel: str, message: str) -> Mistake:
        return mistake(*place_of(vars(self._module)[kernel]), message)
