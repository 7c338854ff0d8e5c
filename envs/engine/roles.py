"""The roles in which an environment's kernels are declared: where each is given, and the arguments that it takes."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

# A function with @kernel of `kernels.py` above it. Under NUMBA_DISABLE_JIT=1 that is a plain function.
Kernel: TypeAlias = Callable[..., Any]

# Fields of Simulation and of Slot, and the arguments of the kernels that they hold.
SIMULATION = {
    "reset": ("s", "world"),
    "step": ("s", "action", "world", "terms"),
    "observe": ("s", "world", "out"),
    "mask": ("s", "world", "out"),
    "render": ("s", "world", "frame"),
    "heuristic": ("s", "world", "out"),
    "invariant": ("s", "world", "shown", "legal"),
}
SLOT = {"sense": ("s", "world", "out"), "tell": ("s", "world", "out")}
HEURISTIC = SIMULATION["heuristic"]
BASELINE = ("world", "raw", "out")
OPTIONAL = ("mask", "render", "heuristic", "invariant")


def undeclared(*arguments: Any) -> Any:
    """What stands in the place of a required kernel that was not given; loading the file says so, with its line."""
    raise NotImplementedError("a required kernel was not declared")


class Role(NamedTuple):
    """A kernel, and as what it is declared."""

    path: tuple[str, ...]  # fields and keys that lead to it: ("step",), ("slots", "eye", "baselines", "nearest")
    kernel: Kernel
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        if self.path[0] != "slots":
            return ".".join(self.path)
        return f"{'.'.join(self.path[2:])} of slot {self.path[1]!r}"

    @property
    def function(self) -> str:
        """The name of its function; of what has none, that of the field."""
        return getattr(self.kernel, "__name__", self.path[-1])


def kernel_of(slot: Any, field: str, rule: str = "") -> Kernel:
    """A kernel of a ``Slot``: its ``sense`` or its ``tell``, or of its ``baselines`` the one called ``rule``."""
    kernel: Kernel = slot.baselines[rule] if field == "baselines" else getattr(slot, field)
    return kernel


def roles_of(simulation: Any) -> list[Role]:
    """The kernels of a ``Simulation``, required and given ones."""
    roles = [Role((name,), getattr(simulation, name), taken) for name, taken in SIMULATION.items()]
    roles += [Role(("heuristics", name), kernel, HEURISTIC) for name, kernel in simulation.heuristics.items()]
    for name, slot in simulation.slots.items():
        roles += [Role(("slots", name, field), getattr(slot, field), taken) for field, taken in SLOT.items()]
        rules = slot.baselines.items()
        roles += [Role(("slots", name, "baselines", rule), kernel, BASELINE) for rule, kernel in rules]
    return [role for role in roles if role.kernel is not None or role.path[-1] not in OPTIONAL]
