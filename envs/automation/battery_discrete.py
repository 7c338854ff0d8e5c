"""BatteryDiscrete: the battery on a day-ahead market, with twenty actions.

World         Battery's (``envs/automation/battery``): a battery at a meter trades at the prices of a day-ahead market,
              which nobody sees before the day is over, and has to be empty at midnight
Actions       0 … 19: 10 does nothing, 9 … 0 discharge at 1 … 10 tenths of the rated power, 11 … 19 charge at 1 … 9
              ninths of it. With the default parameters these are changes of the charge by -1.0 … +0.9 MWh in steps of
              0.1, among which the optimum is. What is not possible is moved to the nearest that is
Observation   `state`: float32 (36,): charge, hour, weekday, season, net load, days left; see Battery's card
Slots         `forecast`: the prices of the day, from the present hour on; see Battery's card
Reward        `market` · `wear` · `fee`, in €; see Battery's card
Start         midnight, the battery empty; week i of the split where it is asked for by number
End           terminated after 7 days
Parameters    Battery's, and its choices `data` and `split`
Source        own rules; see Battery's card
"""

from dataclasses import replace
from functools import wraps

from gymnasium import spaces

from . import battery
from .battery.constants import ACTIONS, IN, OUT, REST
from .battery.policies import cheap_hours_discrete, heuristic_discrete
from .battery.rules import step_discrete

# For a person who plays: digits discharge by tenths (0: at full power), function keys charge by ninths.
KEYS = {str((k + 1) % OUT): REST - 1 - k for k in range(OUT)} | {"x": REST}
KEYS |= {f"f{k + 1}": REST + 1 + k for k in range(IN)}


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
    keys=KEYS,
)
