"""An environment file for tests, with one of several faults: the value of the parameter ``fault`` says which.

A walk on 0 … 9, right and left; it ends at 9. Fault 0 is none.
"""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Parameter, Simulation

END = 9
NONE, NAN_REWARD, INFINITE, ASTRAY, CHANCE, UNWRITTEN, MEMORY, BAD_MASK, UNWRITTEN_MASK = range(9)
SOLVED, PARAMETER, CLOCK, TOTALS, MEDDLING, BAD_ADVICE, NAN_AT_END, FAR, SHUT = range(9, 18)


def state():
    return {"place": "i8", "asked": "i8"}


def make_spaces():
    return spaces.Box(0.0, 10.0, (2,), np.float32), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.place = below(s, END)


@kernel
def step(s, action, world, terms):
    s.place = min(max(s.place + (1 if below(s, 3) > 0 else -1), 0), END)
    terms[0] = 0.25
    terms[1] = 1.0 if s.place == END else 0.0
    if s.fault == NAN_REWARD and s.clock == 3:
        terms[1] = np.nan
    if s.fault == ASTRAY and s.clock == 5:
        s.place = -1
    if s.fault == CHANCE:
        terms[0] = np.random.random()  # noqa: NPY002, not of the record's stream
    if s.fault == SOLVED:
        s.success = s.place == END
    if s.fault == PARAMETER:
        s.fault = -1.0
    if s.fault == CLOCK:
        s.clock += 1
    if s.fault == TOTALS:
        s.totals[0] += 0.5
    return s.place == END


@kernel
def observe(s, world, out):
    out[0] = out[0] + 1.0 if s.fault == MEMORY else s.place
    if s.fault == INFINITE and s.place > 7:
        out[1] = np.inf
    elif s.fault == NAN_AT_END and s.place == END:
        out[1] = np.nan
    elif s.fault == FAR and s.place == END:
        out[1] = 10.5
    elif not (s.fault == UNWRITTEN and s.clock > 2):
        out[1] = s.clock > 0


@kernel
def mask(s, world, out):
    for action in range(out.shape[0]):
        if not (s.fault == UNWRITTEN_MASK and s.clock > 1):
            out[action] = 2 if s.fault == BAD_MASK else 0 if s.fault == SHUT and s.clock == 4 else 1


@kernel
def heuristic(s, world, out):
    out[0] = 2 if s.fault == BAD_ADVICE else 1
    if s.fault == MEDDLING:
        s.asked += 1


@kernel
def invariant(s, world, shown, legal):
    return 0 if 0 <= s.place <= END else 2


SIMULATION = Simulation(
    name="test/Faulty-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    heuristic=heuristic,
    invariant=invariant,
    terms=("step", "arrival"),
    action_names=("left", "right"),
    invariants=("the sky is up", "the place is 0 … 9"),
    parameters={"fault": Parameter(float(NONE), float(NONE), float(NONE), "", "which")},
)
