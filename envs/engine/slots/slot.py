"""The declaration of a slot: a sense that is filled with the truth, a rule, noise, a table or a learned component."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ....components.layout import Layout
from ..roles import Kernel, undeclared

STATE = "state"  # key of the ordinary observation, where it is no Dict: the keys of one stay


def by_key(state: Any) -> dict[str, Any]:
    """The ordinary observation, or its space, by the keys under which it stands beside slots."""
    return dict(state.items()) if isinstance(state, Mapping) else {STATE: state}


@dataclass(frozen=True)
class Slot:
    """A sense filled with the truth, the raw signal, nothing, or a learned model; see `slotted_batch.py`.

    A slot is *keyed* where an integer field of the record, with the world alone, decides its raw signal, as a day does
    on a series that all environments share. What a component or a rule answers is then kept for each key.

    A slot is *open* where it declares ``estimate``: a component may show something else than the truth's space, such as
    quantiles or features. Agents are made for what is shown; policies and measures see the estimate.
    """

    raw: Callable[..., Space]  # **sizes -> space of the raw signal, a Box
    # **sizes -> space of what the simulator knows, a Box of float32; or of whole numbers: a board of cells. Bounds that
    # depend on a parameter take it by keyword, as those of ``Simulation.spaces`` do.
    truth: Callable[..., Space]
    meaning: str
    sense: Kernel = undeclared  # (s, world, out) writes the raw signal; required
    tell: Kernel = undeclared  # (s, world, out) writes what the simulator knows of it, the truth; required
    # By name, simple rules from the raw signal to the truth: (world, raw, out).
    baselines: Mapping[str, Kernel] = field(default_factory=dict)
    default: str | None = None  # what fills it where nothing is given; None: the sense is off
    # When it is filled anew: "step", "reset" (once for an episode), or an integer field: whenever that changes.
    refresh: str = "step"
    # Filled, it stands in the place of the ordinary observation; alone, it is the observation, and no dict around it.
    replaces_state: bool = False
    # **sizes -> names of the classes, where the truth is one-hot; () where it is a vector of numbers
    classes: Callable[..., tuple[str, ...]] = lambda **sizes: ()
    names: Callable[..., Mapping[str, str]] | None = None  # **sizes -> {name: unit} of other numbers of the truth
    # What errors of the truth's numbers are measured against, (*truth) or one number; None: the width of its bounds.
    width: Any = None
    # The truth is a set of things, rows as in `components/detections.py`: its noise loses and invents some.
    detections: bool = False
    # What the raw signal consists of, where it is one flat Box: **sizes -> Layout. A component with another is refused.
    layout: Callable[..., Layout] | None = None
    truth_layout: Callable[..., Layout] | None = None  # and the truth: **sizes -> Layout, for measures of its parts
    # (shown (N, *space), quantiles) -> (N, *truth): what an open slot says of its truth; quantiles: the levels of a
    # component that gives such, else ().
    estimate: Callable[[np.ndarray, tuple[float, ...]], np.ndarray] | None = None
    key: str = ""  # the integer field of the record that, with the world, decides the raw signal; 0 … keys - 1
    keys: Callable[[Any], int] | None = None  # world -> how many keys there are
    # Of a keyed slot, by name: world -> (K, *truth), what somebody has said of each key; NaN where nothing.
    tables: Mapping[str, Callable[[Any], np.ndarray]] = field(default_factory=dict)
    # The same from a file: (path, world) -> (K, *truth). `--slot NAME=FILE.csv` is then a filling.
    read_table: Callable[[Any, Any], np.ndarray] | None = None
    # Of a keyed slot whose truth is a path through time: the correlation of neighbouring errors that noise has.
    noise_correlation: float | None = None
    # Of a slot whose truth is a path through time: the integer field that counts how many of its numbers are past. What
    # is observed then begins with the present, see `ahead.py`; estimates and measures keep the whole path.
    now: str = ""
    measures: tuple[str, ...] = ()  # how right a filling is, of `measures.py`; (): what its kind of truth calls for

    def truth_names(self, sizes: Mapping[str, Any]) -> dict[str, str]:
        """{name: unit} of the truth's numbers: ``names``, else the classes, else the columns of ``truth_layout``."""
        if self.names is not None:
            return dict(self.names(**sizes))
        if self.truth_layout is None:
            return dict.fromkeys(self.classes(**sizes), "")
        parts = self.truth_layout(**sizes).parts
        return {f"{part.name}: {column}": "" for part in parts for column in part.columns}


VISION_SIDE = 84  # pixels of a side of what an agent sees, after Mnih et al. 2015


def vision_slot(
    spaces_of: Callable[..., tuple[Space, Space]], *, render: Kernel, observe: Kernel, width: Any = None
) -> Slot:
    """A slot in which the environment's picture stands for its ordinary observation; off until it is filled.

    Args:
        spaces_of: The ``spaces`` of the environment's ``Simulation``.
        render: Its kernel of that name, whose picture is the raw signal.
        observe: Its kernel of that name: what it writes is the truth.
        width: See ``Slot``; needed where the observation has no bounds.
    """

    @wraps(spaces_of)  # so that it is asked for the same keywords
    def truth(**known: Any) -> Space:
        return spaces_of(**known)[0]

    return Slot(
        raw=lambda **sizes: spaces.Box(0, 255, (VISION_SIDE, VISION_SIDE, 3), np.uint8),
        truth=truth,
        meaning="the picture, in the place of the ordinary observation",
        sense=render,
        tell=observe,
        replaces_state=True,
        width=width,
    )
