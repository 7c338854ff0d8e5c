"""The small compiled loops over a batch, and all loops of an environment bound to its kernels (``compile_driver``).

Each has placeholders for the kernels that it calls; `binding.py` says how they are replaced.
"""

import types
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .. import kernels, roles
from ..kernels import borrow, kernel
from ..mistakes import files_of, is_ours
from ..roles import kernel_of, roles_of
from ..simulation import Simulation
from . import driver
from .binding import bind, hash_sources, interpreted
from .driver import begin, drive, mask


def reset(s, world):
    """Placeholder: re-bound to the environment's kernel."""


def observe(s, world, out):
    """Placeholder: re-bound to the environment's kernel."""


def write(s, world, out):
    """Placeholder: re-bound to a kernel that writes something of a record: `render`, or a slot's."""


def heuristic(s, world, out):
    """Placeholder: re-bound to the environment's kernel."""


def invariant(s, world, shown, legal):
    """Placeholder: re-bound to the environment's kernel."""


def estimate(world, raw, out):
    """Placeholder: re-bound to a slot's baseline."""


def restart(setup):
    """Begin a new episode wherever one has ended; rewards, flags and totals stay as the step has left them."""
    observations, masks = borrow(setup.rows.observation), borrow(setup.rows.mask)
    for index in range(setup.records.shape[0]):
        i = np.uintp(index)
        s = setup.records[i]
        if s.pending:
            begin(s, setup.spans, setup.drifts)
            reset(s, setup.world)
            observe(s, setup.world, observations[i])
            mask(s, setup.world, masks[i])


def show(records, indices, world, out):
    """Write what is to be shown of environment ``indices[j]`` into ``out[j]``."""
    borrowed = borrow(out)
    for j in range(indices.shape[0]):
        write(records[indices[j]], world, borrowed[j])


def advise(records, world, out):
    """Write the heuristic's action of every environment into ``out`` (N, A)."""
    for i in range(records.shape[0]):
        heuristic(records[i], world, out[i])


def audit(records, world, observations, masks, out):
    """Write the number of the first broken invariant of every environment into ``out`` (N,); 0 where all hold."""
    for i in range(records.shape[0]):
        out[i] = invariant(records[i], world, observations[i], masks[i])


@kernel
def nothing_broken(s, world, shown, legal):
    """For an environment that declares no invariants."""
    return 0


def vet(records, world, observations, masks, is_shown, out):
    """As ``audit``, of records that may hold anything: those that were reset are observed, too.

    ``is_shown[k]`` says whether invariant k is about what is observed, and cannot be judged before.
    """
    for i in range(records.shape[0]):
        s = records[i]
        if not s.ready:
            continue
        out[i] = invariant(s, world, observations[i], masks[i])
        if out[i] == 0 or is_shown[out[i]]:
            observe(s, world, observations[i])
            mask(s, world, masks[i])
            out[i] = invariant(s, world, observations[i], masks[i])


def guess(world, raw, out):
    """Write what a baseline makes of the raw signals (M, …) into ``out`` (M, …)."""
    signals, estimates = borrow(raw), borrow(out)
    for j in range(raw.shape[0]):
        estimate(world, signals[j], estimates[j])


class Checks(NamedTuple):
    """What `third_party/` does for loops. Handed in, so that this package need not know it."""

    compiler: Callable[[], type]  # see ``bind``
    # (compiled, module, loop, names, checked) -> the loop so that it says in one line what goes wrong in a third
    # party's file; ``checked``: with checks, so that a call that fails changes nothing.
    guard: Callable[[Callable, types.ModuleType, Callable, dict[str, Any], bool], Callable]


class Driver:
    """The loops of one environment, for records of one ``layout``. Each is compiled at its first call and cached.

    Args:
        in_python: Interpret them instead, which is a hundred times slower and begins at once.
    """

    def __init__(
        self,
        module: types.ModuleType,
        simulation: Simulation,
        layout: str,
        checks: Checks,
        checked: bool,
        in_python: bool = False,
    ) -> None:
        given = {name: getattr(simulation, name) for name in roles.SIMULATION}
        names = {name: kernel for name, kernel in given.items() if kernel is not None}
        advisers = {"": names["heuristic"]} if "heuristic" in names else {}
        advisers |= simulation.heuristics
        self._module, self._slots, self._layout, self.checked = module, simulation.slots, layout, checked
        self._checks, self._in_python = checks, in_python
        self._files = files_of(module)
        self._hash = hash_sources(
            {**names, **advisers}, *self._files, __file__, str(driver.__file__), str(kernels.__file__)
        )
        self._names = names
        self.drive = self._bind(drive, names)
        self.restart = self._bind(restart, names)
        self.render = self._bind(show, {"write": names["render"]}) if "render" in names else None
        self.advise = {
            name: self._bind(advise, {"heuristic": adviser}, name) for name, adviser in advisers.items()
        }  # by the policy's name, "" for the kernel `heuristic` itself
        self.audit = self._bind(audit, names) if "invariant" in names else None
        self._slot_loops: dict[tuple[str, str, str], Callable] = {}

    def _bind(self, loop: Callable, names: dict[str, Any], name: str = "", source_hash: int | None = None) -> Callable:
        if self._in_python:
            return interpreted(loop, names)
        # The name is part of the layout's: else the cache would take one policy's machine code for another's.
        layout = f"{self._layout}_{name}" if name else self._layout
        source_hash = self._hash if source_hash is None else source_hash
        compiler = self._checks.compiler if self.checked else None
        bound = bind(loop, self._module, names, source_hash, layout, compiler)
        if not self.checked and is_ours(self._module.__file__):
            return bound
        return self._checks.guard(bound, self._module, loop, names, self.checked)

    @cached_property
    def vet(self) -> Callable:
        """The loop ``vet``, compiled with bounds on: an index outside an array is an IndexError."""
        names = {"invariant": nothing_broken, **self._names}
        return bind(vet, self._module, names, self._hash, f"{self._layout}_vet", self._checks.compiler)

    def slot(self, slot: str, field: str, rule: str = "") -> Callable:
        """The loop over a kernel of a slot: of its ``sense`` or ``tell`` (as `show`), or of a baseline (as `guess`).

        Args:
            rule: The name of the baseline, where ``field`` is ``baselines``.
        """
        key = (slot, field, rule)
        if key not in self._slot_loops:
            kernel = kernel_of(self._slots[slot], field, rule)
            source_hash = hash_sources({field: kernel}, *self._files, __file__, str(kernels.__file__))
            loop, names = (guess, {"estimate": kernel}) if rule else (show, {"write": kernel})
            self._slot_loops[key] = self._bind(loop, names, "_".join(filter(None, key)), source_hash)
        return self._slot_loops[key]


_drivers: dict[Any, Driver] = {}


def compile_driver(
    module: types.ModuleType,
    simulation: Simulation,
    layout: str,
    checks: Checks,
    checked: bool,
    in_python: bool = False,
) -> Driver:
    """The driver of ``module`` for records of ``layout``; one per process, and others if ``checked`` or interpreted."""
    declared = tuple((role.path, role.kernel) for role in roles_of(simulation))
    key = (module.__name__, layout, checked, in_python, declared)
    if key not in _drivers:
        _drivers[key] = Driver(module, simulation, layout, checks, checked, in_python)
    return _drivers[key]
