"""The declaration of a file for one choice of sizes, as it came out, and the fingerprint that names a verdict."""

import hashlib
import types
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from gymnasium import Space, spaces

from .. import kernels
from ..compile import driver, loops
from ..compile.binding import as_text, hash_sources, layout_of
from ..mistakes import files_of
from ..roles import roles_of
from ..simulation import Simulation
from ..space_layout import shown_dtype


class Declared(NamedTuple):
    """What a file declares, for one choice of sizes and of the parameters' ranges."""

    sizes: dict[str, Any]  # and choices
    observation_space: Space
    action_space: Space
    world: tuple
    dtype: np.dtype  # of a record

    @property
    def layout(self) -> str:
        """What tells the records apart that kernels take: those of states, and of what is shown where it is a Dict."""
        shown = self.observation_space
        return layout_of(self.dtype) + (layout_of(shown_dtype(shown)) if isinstance(shown, spaces.Dict) else "")


def fingerprint(module: types.ModuleType, simulation: Simulation, made: Declared) -> str:
    """A hash of all that a trial of the file depends on: sources, what they declare for these sizes, and the engine.

    What is declared counts as it came out, wherever it came from: a dict of another module, a file of data. Spaces are
    those for the default parameters, so that the same verdict holds for others.
    """
    digest = hashlib.sha256(str(_source_hash(module, simulation)).encode())
    for text in _texts(simulation, made.sizes):
        digest.update(f"\n{text}".encode())
    digest.update(f"\n{made.dtype!r}".encode())
    for name, array in zip(made.world._fields, made.world, strict=True):  # type: ignore[attr-defined]
        digest.update(f"\n{name} {array.dtype} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()[:16]


_hashes: dict[str, tuple[Simulation, int]] = {}


def _source_hash(module: types.ModuleType, simulation: Simulation) -> int:
    known, number = _hashes.get(module.__name__, (None, 0))
    if known is not simulation:
        functions: dict[str, Any] = {"state": simulation.state, "spaces": simulation.spaces, "world": simulation.world}
        functions |= {f"policy {name}": policy for name, policy in simulation.policies.items()}
        functions |= {"starts": simulation.starts} if simulation.starts else {}
        for name, slot in simulation.slots.items():
            functions |= {f"{name}.raw": slot.raw, f"{name}.truth": slot.truth}
        number = hash_sources(
            {**{str(role): role.kernel for role in roles_of(simulation)}, **functions},
            *files_of(module),
            *(str(part.__file__) for part in (driver, kernels, loops)),
        )
        _hashes[module.__name__] = simulation, number
    return number


def _texts(simulation: Simulation, sizes: dict[str, Any]) -> Iterator[str]:
    for name in ("parameters", "sizes", "choices", "terms", "action_names", "ordered", "invariants"):
        yield f"{name}={getattr(simulation, name)!r}"
    yield f"heuristics={[*simulation.heuristics]}, policies={[*simulation.policies]}"
    yield f"frame={simulation.frame!r}, succeeds={simulation.succeeds!r}, values={sizes!r}"
    spans = {name: parameter.span for name, parameter in simulation.parameters.items()}
    yield from map(_space_text, simulation.spaces_for(sizes, spans))
    for name, slot in simulation.slots.items():
        rules, classes = [*slot.baselines], slot.classes(**sizes)
        yield f"{name}: {slot.default!r} {slot.refresh} {slot.now} {slot.replaces_state} {rules} {classes}"
        yield as_text(None if slot.width is None else np.asarray(slot.width))
        yield from map(_space_text, (slot.raw(**sizes), simulation.truth_for(name, sizes, spans)))


def _space_text(space: Space) -> str:
    """All of a space; its own ``repr`` leaves out the middle of long bounds."""
    if isinstance(space, spaces.Dict):
        return f"Dict({', '.join(f'{key}={_space_text(part)}' for key, part in space.items())})"
    parts = (f"{name}={as_text(value)}" for name, value in sorted(vars(space).items()) if name != "_np_random")
    return f"{type(space).__name__}({', '.join(parts)})"
