"""Maintenance: a machine wears out unseen; run it, look at it, or repair it before it breaks.

World         A machine in a plant, one in each environment. Each hour that it runs it earns, and a part of it wears by
              a stationary gamma process: what an hour adds has the mean `rate` and the variance rate · spread². Where
              the wear reaches 1 in an hour, the part fails: the hour earns nothing, the machine stands for `downtime`
              and then has a new part. A repair in time costs less and takes `repair_time`. An inspection takes an hour,
              in which the machine stands, and shows how worn the part is; a part that was changed is known to be new
Actions       Discrete(3): 0 run for an hour, 1 inspect, 2 repair. While the machine stands, all three wait an hour
Observation   `state`: float32 (7,)
              | # | what                                          | low  | high | unit                    |
              |---|-----------------------------------------------|------|------|-------------------------|
              | 0 | hours that the part has run                   | 0    | inf  | 100 h                   |
              | 1 | wear when it was last known                   | 0    | 1    |                         |
              | 2 | hours that the part has run since then        | 0    | inf  | 100 h                   |
              | 3 | load in the last hour                         | 0    | 1.5  | share of the rated load |
              | 4 | load in the coming hour                       | 0    | 1.5  | share of the rated load |
              | 5 | temperature of the air in the last hour       | -0.6 | 0.8  | 100 °C                  |
              | 6 | hours that the machine still stands           | 0    | inf  | 24 h                    |
Slots         `monitor`: raw is float32 (samples, 2), what sensors felt in the last hour: vibration (mm/s, root mean
              square) and temperature (°C). The truth is the wear, float32 (1,), 0 … 1, and the default. Baseline
              `vibration`: the wear that the median vibration has at half the load. Detectors of anomalies fit in, and
              what maps their scores to wear (docs/maintenance.md). Vibration is 1.2 mm/s · (1 + load_vibration · load)
              · (1 + 1.5 wear²) · e^(noise · z), and twice that in the share `shocks` of the samples; temperature is
              that of the air + 30 °C · load + 15 °C · wear⁴ + 1 °C · z. Of an hour in which the machine stands it is a
              test run without load: of the part that was looked at, or of the new one
Reward        `income`: for an hour that ran whole · `inspection`: -inspection for one · `repairs`: -repair for one, in
              its first hour · `failures`: -failure for one. In €
Start         a new part, at any hour of the split that a week follows. Start i of the numbered ones is week i of the
              split, so that an evaluation plays each week once
End           never terminated; truncated after 168 steps, a week. The machine would run on: what is best does not
              depend on how much of the week is left, which nothing shows. After the split's last hour its first one
              comes again
Parameters    see PARAMETERS below. Durations count in whole hours, a repair at least one
Choices       `data`: generated (the default: a made-up plant, see data/plant/generated.py), etth1 (a transformer's load
              and oil temperature, Zhou et al. 2021), or a CSV or Parquet file of hourly rows with a time and columns
              `load`, share of the rated load, and `ambient`, °C · `split`: train, or test: the last 104 weeks, of etth1
              the last 120 days, of a file its last fifth
Optimum       `heuristic` sees the wear and repairs from a limit on, which is best in the long run where load_wear is 0,
              as it is by default; docs/maintenance.md says how exact its limit is, and what else there is to compare
              with
Source        own rules; the gamma process and the rules of repair of van Noortwijk 2009, *A survey of the application
              of gamma processes in maintenance*; levels of vibration as in ISO 20816-3
"""

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Choice, Parameter, Simulation, Size, Slot
from .constants import (
    AMBIENT,
    CHANNELS,
    COLDEST,
    HOTTEST,
    HUNDRED,
    INSPECT,
    KNOWN,
    LOAD,
    MOST_LOAD,
    MOST_SAMPLES,
    NEXT_LOAD,
    NUMBERS,
    REPAIR,
    RUN,
    WEEK,
)
from .invariants import INVARIANTS, invariant
from .observation import observe, sense, tell, vibration_rule
from .policies import age_rule, confirm, heuristic, limit, run_to_failure
from .rendering import render
from .rules import reset, step
from .rules_plant import SPLITS, count_weeks, make_plant, pin

PARAMETERS = {
    "rate": Parameter(0.02, 0.001, 0.5, "1/h", "mean wear of an hour that runs"),
    "spread": Parameter(0.3, 0.05, 1.0, "", "standard deviation of the wear when its mean is 1"),
    "load_wear": Parameter(0.0, 0.0, 1.0, "", "share of the wear that is proportional to the load"),
    "income": Parameter(20.0, 0.0, 100_000.0, "€/h", "what an hour of running earns"),
    "inspection": Parameter(5.0, 0.0, 100_000.0, "€", "what looking costs"),
    "repair": Parameter(120.0, 0.0, 1_000_000.0, "€", "what a repair costs"),
    "failure": Parameter(600.0, 0.0, 1_000_000.0, "€", "what a failure costs"),
    "repair_time": Parameter(4.0, 1.0, 168.0, "h", "how long a repair takes"),
    "downtime": Parameter(24.0, 0.0, 1000.0, "h", "how long the machine stands after a failure"),
    "noise": Parameter(0.2, 0.0, 1.0, "", "standard deviation of the vibration's logarithm"),
    "load_vibration": Parameter(1.5, 0.0, 5.0, "", "by how many times of itself vibration rises up to full load"),
    "shocks": Parameter(0.01, 0.0, 1.0, "", "chance that something else shakes a sample"),
}


def state(data, split, samples):
    return {
        "hour": "i8",  # row of the plant: the coming hour
        "wear": "f8",  # 0 … 1
        "used": "i8",  # h that the part has run
        "known": "f8",  # wear when it was last known
        "since": "i8",  # h that the part has run since
        "standing": "i8",  # h that the machine still stands
        "stop": "i8",  # why it stands, or stood last: REPAIRED or FAILED; RAN: it never did
        "salt": "u8",  # of the sensors' noise in this episode
        "wears": ("f8", WEEK),  # of the last hours, the one that ended at the clock t at (t - 1) modulo a week
        "hours": ("u1", WEEK),  # what they were
    }


def make_spaces(data, split, samples):
    low, high = np.zeros(NUMBERS, np.float32), np.full(NUMBERS, np.inf, np.float32)
    high[KNOWN] = 1.0
    high[LOAD] = high[NEXT_LOAD] = MOST_LOAD
    low[AMBIENT], high[AMBIENT] = COLDEST / HUNDRED, HOTTEST / HUNDRED
    return spaces.Box(low, high, dtype=np.float32), spaces.Discrete(3)


def names(data, split, samples):
    return {
        "hours that the part has run": "100 h",
        "wear when it was last known": "",
        "hours that the part has run since then": "100 h",
        "load in the last hour": "share of the rated load",
        "load in the coming hour": "share of the rated load",
        "temperature of the air in the last hour": "100 °C",
        "hours that the machine still stands": "24 h",
    }


def raw_space(data, split, samples):
    return spaces.Box(-np.inf, np.inf, (samples, CHANNELS), np.float32)


def truth_space(data, split, samples):
    return spaces.Box(0.0, 1.0, (1,), np.float32)


def truth_names(data, split, samples):
    return {"wear": ""}


SIZES = {"samples": Size(4, 1, MOST_SAMPLES, "of the sensors in an hour")}
CHOICES = {
    "data": Choice("generated", "generated, etth1, or a CSV file with a time, load and ambient", pin=pin),
    "split": Choice("train", "which part of its time", SPLITS),
}
SLOTS = {
    "monitor": Slot(
        raw=raw_space,
        truth=truth_space,
        names=truth_names,
        meaning="how worn the part is, by vibration and temperature",
        default="truth",
        sense=sense,
        tell=tell,
        baselines={"vibration": vibration_rule},
        measures=("RMSE", "MAE"),
    )
}

SIMULATION = Simulation(
    name="ludus/Maintenance-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    heuristics={"age": age_rule, "run-to-failure": run_to_failure},
    policies={"limit": limit, "confirm": confirm},
    starts=count_weeks,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    sizes=SIZES,
    choices=CHOICES,
    slots=SLOTS,
    world=make_plant,
    terms=("income", "inspection", "repairs", "failures"),
    scores={"random": -2968.7, "run-to-failure": 1184.1, "age": 2207.4, "optimum": 2624.3},
    action_names=("run", "inspect", "repair"),
    frame=(480, 720),
    fps=8,
    keys={"right": RUN, "up": INSPECT, "down": REPAIR},
    turn_based=True,
)
