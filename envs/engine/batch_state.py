"""The state of a batch of Ludus' own environments: a structured NumPy record for each, and what can be asked of them.

`kernel_batch.py` adds the commands that change it.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from . import snapshot, vetting
from .buffers import Rows, allocate
from .compile.driver import DISABLED, NEXT_STEP, SAME_STEP, Setup, lay_out
from .parameters import UnknownSetting, parameter_ranges, spans
from .policy_view import PolicyView
from .simulation import Simulation, load
from .space_layout import action_bounds, action_dtype, shown_parts
from .third_party import admission

MODES = {AutoresetMode.NEXT_STEP: NEXT_STEP, AutoresetMode.SAME_STEP: SAME_STEP, AutoresetMode.DISABLED: DISABLED}


class BatchState:
    """``num_envs`` environments of ``module`` as they stand: rendered, advised, audited, saved and restored.

    Args:
        mode: What happens when an episode ends.
        limit: Time limit in steps; None for none.
        parameters: Fixed values of parameters, and sizes.
        module, num_envs, randomize, drift, in_python: As ``KernelBatch`` takes them.

    Raises:
        TypeError, ValueError: an unknown parameter, a value out of range.
    """

    can_move = True  # whether ``show_in`` works

    def __init__(
        self,
        module: str,
        num_envs: int,
        mode: AutoresetMode,
        limit: int | None,
        randomize: Mapping[str, tuple[float, float]],
        drift: Mapping[str, Any],
        parameters: Mapping[str, Any],
        in_python: bool = False,
    ) -> None:
        self.num_envs = num_envs
        environment, simulation = load(module)
        self.module = module
        self.name = module.rpartition(".")[2]
        self.simulation: Simulation = simulation
        self.autoreset_mode, self.max_episode_steps = mode, limit
        self.terms, self.succeeds = simulation.terms, simulation.succeeds
        self.has_mask = simulation.mask is not None
        self.has_heuristic = simulation.heuristic is not None

        self.is_default = not (parameters or randomize or drift)  # the world that the reference scores belong to
        self.sizes = simulation.resolve_sizes(parameters, self.name)
        fixed = {key: value for key, value in parameters.items() if key not in self.sizes}
        for key in fixed:
            if key not in simulation.parameters:
                slots = list(simulation.slots)
                named = [name for name in simulation.keywords if name not in slots]
                raise UnknownSetting.of(self.name, key, named, slots)
        ranges = parameter_ranges(simulation, fixed, randomize, drift, self.name)
        self.spans = spans(simulation, ranges)  # the lowest and the highest value of each parameter
        made = admission.declared(environment, simulation, self.sizes, self.spans)
        self.observation_space, self.action_space, self.world = made.observation_space, made.action_space, made.world
        self.action_bounds = action_bounds(self.action_space, self.name)

        self._store = np.zeros(self.num_envs, made.dtype)
        self._driver = admission.admit(environment, simulation, made, in_python)
        self._interpreted = not hasattr(self._driver.drive, "compile")
        # Records of an interpreted kernel need attribute access; recarrays cost the compiled driver 2 µs a call.
        self.records: np.ndarray = self._as_records(self._store)
        finals = self.num_envs if mode == AutoresetMode.SAME_STEP else 0
        self.buffers, rows = allocate(  # what is shown; the same for the driver
            self.num_envs, self.observation_space, self.action_space, len(self.terms), finals
        )
        if isinstance(self.observation_space, spaces.Dict):
            self.can_move = False
            shown = ("observation", "final_observation")
            rows = rows._replace(**{name: self._as_records(getattr(rows, name)) for name in shown})
        rows = rows._replace(episodes=self._as_records(rows.episodes), orders=self._as_records(rows.orders))
        action_shape = self.action_space.shape or ()
        self._actions: np.ndarray = np.zeros((self.num_envs, *action_shape), self._action_dtype)
        self._action_kinds = "iu" if self._actions.dtype.kind == "i" else "iuf"
        if isinstance(self.action_space, spaces.MultiBinary):
            self._action_kinds += "b"
        spans_of_parameters, drifts = lay_out(ranges)
        self._setup = Setup(
            records=self.records,
            actions=self._actions,
            action_rows=self._actions.reshape(self.num_envs, -1),
            rows=rows,
            world=self.world,
            spans=spans_of_parameters,
            bounds=np.stack(self.action_bounds).astype(self._action_dtype),
            drifts=None if drifts is None else self._as_records(drifts),
            mode=MODES[mode],
            limit=limit or 0,
        )
        self._ranges = ranges
        self._made = made  # what the file has declared

    @property
    def _action_dtype(self) -> type:
        return action_dtype(self.action_space)

    def _as_records(self, array: np.ndarray) -> np.ndarray:
        return array.view(np.recarray) if self._interpreted else array

    @property
    def rows(self) -> Rows:
        """What is shown, as the driver sees it."""
        return self._setup.rows

    def show_in(self, observation: np.ndarray) -> np.ndarray:
        """Write observations into another array from now on; returns the one so far, which then stays as it is.

        So a large observation is handed out without a copy. One that is a single number has the shape (N, 1) here.
        """
        before = self.rows.observation
        self._setup = self._setup._replace(rows=self.rows._replace(observation=observation))
        self.buffers = self.buffers._replace(observation=shown_parts(self.observation_space, observation))
        return before

    def snapshot(self) -> bytes:
        """The whole state as bytes; a batch made with the same arguments continues from it bit by bit."""
        return snapshot.pack(self._header, self._store)

    def restore(self, data: bytes) -> None:
        """Go back to a ``snapshot``; rewards and flags of the last step are not part of it and read 0.

        Raises:
            ValueError: not a snapshot, a damaged one, or one of another environment, number, size or parameters; one
                with a state that the rules do not lead to. Nothing has changed.
        """
        self._take_over(*vetting.check(self, snapshot.unpack(data, self._header, self._store.nbytes)))

    def refresh(self) -> None:
        """Show what stands in ``records`` now, after somebody has set it by hand; rewards and flags read 0.

        Raises:
            IndexError: a kernel would leave an array with what stands there.
        """
        records = self._store.copy()
        self._take_over(records, vetting.look(self, records, judged_first=False))

    def _take_over(self, records: np.ndarray, seen: vetting.Seen) -> None:
        self._store[...] = records
        ready = records["ready"]
        for array in (self.buffers.reward, self.buffers.terms, self.buffers.terminated, self.buffers.truncated):
            array[...] = 0
        self.rows.observation[ready], self.rows.mask[ready] = seen.observation[ready], seen.mask[ready]
        episodes = self.rows.episodes
        episodes["terms"], episodes["length"] = records["totals"], records["clock"]
        episodes["success"] = records["success"]
        episodes["total"] = 0.0
        for k in range(len(self.terms)):  # in the driver's order, for the same bits
            episodes["total"] += records["totals"][:, k]

    @property
    def dtype(self) -> np.dtype:
        """Of a record."""
        return self._store.dtype

    @property
    def vet(self) -> Callable:
        """The loop ``vet`` of the environment; see ``loops.Driver``."""
        return self._driver.vet

    @cached_property
    def _header(self) -> bytes:
        return snapshot.header_of(self._identity())

    def _identity(self) -> dict[str, Any]:
        """What tells the snapshots of this batch from those of others."""
        return snapshot.identity(
            self.simulation, self.num_envs, self.max_episode_steps, self.sizes, self._ranges, self.dtype
        )

    def parameters(self, i: int) -> dict[str, float]:
        """The values of environment ``i``'s parameters at this moment."""
        return dict(zip(self.simulation.parameters, self._store["parameters"][i].tolist(), strict=False))

    def heuristic(self, out: np.ndarray | None = None, name: str = "") -> np.ndarray:
        """The actions of the reference policy, or of the one called ``name``, in the shape that ``step`` takes."""
        if name in self.simulation.policies:
            return self._ask(name, out)
        advise = self._driver.advise.get("" if name == "heuristic" else name)
        if advise is None:
            known = ", ".join(self.policies) or "none"
            raise ValueError(f"{self.name} has no {name or 'heuristic'} policy; it has: {known}")
        actions = np.zeros(self._actions.shape, self._action_dtype) if out is None else out
        advise(self.records, self.world, actions.reshape(self.num_envs, -1))
        return actions

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the reference policies that ``heuristic`` knows."""
        return (*(name or "heuristic" for name in self._driver.advise), *self.simulation.policies)

    def _ask(self, name: str, out: np.ndarray | None) -> np.ndarray:
        """The actions of a policy that sees what is shown; ``ValueError`` where they do not fit."""
        answer = np.asarray(self.simulation.policies[name](PolicyView(self)))
        if answer.dtype.kind not in self._action_kinds or answer.shape != self._actions.shape:
            raise ValueError(
                f"the policy {name} of {self.name} gave {answer.dtype} {answer.shape}, expected "
                f"{self._action_dtype.__name__} {self._actions.shape}"
            )
        actions = np.empty(self._actions.shape, self._action_dtype) if out is None else out
        actions[...] = answer
        return actions

    @property
    def values_of_parameters(self) -> np.ndarray:
        """(N, P) float64: the values of all parameters at this moment, in the order of their declaration."""
        return self._store["parameters"]

    @cached_property
    def starts(self) -> int:
        """How many starts can be asked for by number; 0 where the environment has none."""
        return int(self.simulation.starts(self.world)) if self.simulation.starts else 0

    def broken_invariants(self) -> np.ndarray:
        """(N,) int64: the number of the first invariant that each environment breaks, from 1 on; 0 where all hold."""
        broken = np.zeros(self.num_envs, np.int64)
        if self._driver.audit is not None:
            self._driver.audit(self.records, self.world, self.rows.observation, self.rows.mask, broken)
        return broken

    def render(self, i: int, frame: np.ndarray) -> None:
        """Render environment ``i`` into ``frame`` (height, width, 3) uint8, at whatever size it has."""
        self.render_many(np.array([i]), frame[None])

    def render_many(self, indices: np.ndarray, frames: np.ndarray) -> None:
        """Render the environments ``indices`` (M,) into ``frames`` (M, height, width, 3) uint8, C-contiguous."""
        if self._driver.render is None:
            raise ValueError(f"{self.name} has no render kernel")
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not frames.flags.c_contiguous:
            raise ValueError(
                f"frames must be C-contiguous uint8 (M, height, width, 3), got {frames.dtype} {frames.shape}"
            )
        rows = np.asarray(indices, np.int64)
        if rows.shape != frames.shape[:1]:
            raise ValueError(f"indices must have shape ({len(frames)},), one per frame, got {rows.shape}")
        if len(rows) and (rows.min() < 0 or rows.max() >= self.num_envs):  # compiled code does not check
            raise IndexError(f"indices must be 0 … {self.num_envs - 1}, got {rows.tolist()}")
        self._driver.render(self.records, rows, self.world, frames)

    @property
    def frame_size(self) -> tuple[int, int] | None:
        return self.simulation.frame if self._driver.render is not None else None

    @property
    def fps(self) -> float:
        return self.simulation.fps

    def running(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (N,) and length in steps (N,) of the running episodes."""
        return self._store["totals"].sum(axis=1), self._store["clock"]
