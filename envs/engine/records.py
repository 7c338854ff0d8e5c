"""The layout of an environment's record: the engine's fields, the parameters, and the fields of its own state."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .simulation import Simulation


def record_dtype(simulation: Simulation, sizes: Mapping[str, int]) -> np.dtype:
    """The structured dtype of one environment: the engine's fields, the parameters, the environment's own state.

    Each parameter has a field of its own for the kernels; ``parameters`` lies over all of them for the driver.
    """
    parameters = list(simulation.parameters)
    count = max(len(parameters), 1)
    layout: list[tuple[str, Any]] = [
        ("rng", "u8"),  # counter of the environment's random stream
        ("age", "i8"),  # steps since the batch was made or seeded; a reset does not clear it
        ("clock", "i8"),  # steps of this episode
        ("totals", ("f8", (len(simulation.terms),))),  # sum of each reward term over this episode
        ("parameters", ("f8", (count,))),
        *([("start", "i8")] if simulation.starts else []),  # the start that was asked for; -1: sample one
        *simulation.state(**sizes).items(),
        ("success", "?"),  # the task was solved in this episode
        ("pending", "?"),  # the episode has ended and its reset has not happened yet
        ("ready", "?"),  # it was reset at least once
    ]
    names = [name for name, _ in layout]
    taken = set(names) & set(parameters) or {name for name in names if names.count(name) > 1}
    if taken:
        raise ValueError(f"the record has two fields of the name {sorted(taken)[0]!r}; rename the environment's own")
    hidden = sorted(name for name in {*names, *parameters} if hasattr(np.ndarray, name))
    if hidden:  # `s.size` of an interpreted record would be NumPy's
        raise ValueError(f"the record has a field {hidden[0]!r}, which NumPy's arrays have too; rename it")
    packed = np.dtype(layout, align=True)
    offsets = [packed.fields[name][1] for name in names]  # type: ignore[index]
    base = offsets[names.index("parameters")]
    return np.dtype(
        {  # type: ignore[call-overload]
            "names": names + parameters,
            "formats": [packed.fields[name][0] for name in names] + ["f8"] * len(parameters),  # type: ignore[index]
            "offsets": offsets + [base + 8 * i for i in range(len(parameters))],
            "itemsize": packed.itemsize,
        },
        align=True,  # else Numba takes each field for unaligned, although the offsets are those of aligned ones
    )
