"""BatteryDiscrete: the battery on a day-ahead market, with twenty actions.

All is as the card of ``ludus/Battery-v0`` says (``envs/automation/battery``), but for the actions: 0 … 19, where 10
does nothing, 9 … 0 discharge at 1 … 10 tenths of the rated power and 11 … 19 charge at 1 … 9 ninths of it. With the
default parameters these are changes of the charge by -1.0 … +0.9 MWh in steps of 0.1, among which the optimum is.
"""

from dataclasses import replace
from functools import wraps

from gymnasium import spaces

from . import battery
from .battery.constants import ACTIONS, IN, OUT, REST
from .battery.policies import cheap_hours_discrete, heuristic_discrete
from .battery.rules import step_discrete


@wraps(battery.make_spaces)  # so that it is asked for the same keywords
def make_spaces(*sizes, **known):
    return battery.make_spaces(*sizes, **known)[0], spaces.Discrete(ACTIONS)


SIMULATION = replace(
    battery.SIMULATION,
    name="ludus/BatteryDiscrete-v0",
    spaces=make_spaces,
    step=step_discrete,
    heuristic=heuristic_discrete,
    heuristics={"cheap-hours": cheap_hours_discrete},
    action_names=(
        *(f"discharge {OUT - k}/{OUT}" for k in range(OUT)),
        "rest",
        *(f"charge {k + 1}/{IN}" for k in range(IN)),
    ),
    scores={"random": -224.0, "cheap-hours": 147.0, "optimum": 246.9},
    keys={"up": ACTIONS - 1, "down": 0, "right": REST},
)
