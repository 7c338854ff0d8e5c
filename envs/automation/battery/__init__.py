"""Battery: buy and sell on a day-ahead market whose prices are not known, but forecast.

World         A battery at a meter, behind which there may be a load and solar panels. Each hour it charges or
              discharges at a share of its power for the hour. Of what is bought for it the share `efficiency` arrives
              in it; what it gives is sold whole. It has to be empty at midnight. The market is a sealed auction for all
              24 hours of a day, held before the day begins, so nobody sees a price of the running day before the day is
              over: each hour is paid at its price, and the prices of the day are shown by nothing but the slot, as a
              forecast
Actions       Battery: float32 (1,), -1 … 1: share of the rated power, + charges. BatteryDiscrete: 0 … 19, where 10 does
              nothing, 9 … 0 discharge at 1 … 10 tenths of the rated power and 11 … 19 charge at 1 … 9 ninths of it:
              with the default parameters -1.0 … +0.9 MWh in steps of 0.1. What is not possible is moved to the nearest
              that is: the charge stays between empty and full, and is never more than can be discharged by midnight
Observation   `state`: float32 (36,)
              | #       | what                                                        | low      | high | unit     |
              |---------|-------------------------------------------------------------|----------|------|----------|
              | 0       | charge                                                      | 0        | 1    | capacity |
              | 1 … 24  | hour: 1 where it is 0 … 23; all 0 when the week is over     | 0        | 1    |          |
              | 25 … 31 | weekday: 1 where it is Monday … Sunday                      | 0        | 1    |          |
              | 32, 33  | sine and cosine of the day of the year, a turn of 366 days  | -1       | 1    |          |
              | 34      | load less sun in the coming hour; 0 when the week is over   | -sun     | *    | MW       |
              | 35      | days left of the week, the running one included             | 0        | 1    | 7 days   |
              sun: the larger of pv_peak and 1 MW · *: 1.7 times the larger of load_mean and 1 MW
Slots         `forecast`, once a day: raw is flat float32, what is known before the day: `past` (lookback, columns), the
              rows before midnight, the price first · `known` (24, K), what is known of the day's rows in advance, such
              as a load forecast · `calendar` (4,). The truth is the day's prices, float32 (24,), €/MWh, and the
              default. Baselines: `naive` (yesterday), `weekly` (a week ago), `seasonal-naive` (a week ago for Monday,
              Saturday and Sunday, else yesterday), `climatology` (mean of the training split by month, weekday, hour).
              Tables: `published-dnn`, `published-lear` (Lago et al. 2021, test splits of the public markets), or a CSV
              with a time and a column `forecast`. Open: a component may give quantiles (24, Q), whose median counts
Reward        `market`: € paid for what the site gives to the grid, less what it takes, at the hour's price · `wear`:
              -wear per MWh discharged · `fee`: -import_fee per MWh taken from the grid
Start         midnight, the battery empty; any day of the split that six more follow. Start i of the numbered ones is
              week i of the split, so that an evaluation plays each week once
End           terminated after 7 days. Seven days are this world's task, not a limit of patience: at its end the battery
              is empty whatever was done, so that nothing is left to be earned that the last days have not paid
Parameters    see PARAMETERS below. A capacity or power that shrinks during an episode loses what no longer fits
Choices       `data`: generated (the default: a made-up market, see data/generated_prices.py), a public market (epf-de,
              epf-np, epf-pjm, epf-be, epf-fr), or a CSV or Parquet file of hourly rows with a time and a column
              `price`, whose other columns are known before the day · `split`: train, or test: the last 728 days, of a
              file its last fifth
Optimum       `heuristic` plans with the prices that will come. With the default parameters it is exact: 0.9 MWh is what
              an hour's charging adds, 1 MWh what an hour's discharging takes, so that the best charges are multiples of
              0.1 MWh, and the plan tries them all (docs/battery.md says how far it is from exact with others)
Source        own rules; markets and protocol of Lago, Marcjasz, De Schutter & Weron 2021, *Forecasting day-ahead
              electricity prices*
"""

from functools import partial

import numpy as np
from gymnasium import spaces

from ....components.layout import Layout, Part
from ....components.quantiles import point_of
from ....data.series import CALENDAR
from ...engine.simulation import Choice, Parameter, Simulation, Size, Slot
from .constants import HOURS, NET_LOAD, NUMBERS, SEASON_COS, SEASON_SIN
from .invariants import INVARIANTS, invariant
from .observation import observe, sense, tell
from .policies import cheap_hours, climatology, heuristic, naive, plan, seasonal_naive, weekly
from .rendering import render
from .rules import reset, step
from .rules_market import PUBLISHED, SPLITS, columns_of, count_weeks, make_market, pin, published, read_table

PARAMETERS = {
    "power": Parameter(1.0, 0.01, 1000.0, "MW", "rated power, of charging and of discharging"),
    "capacity": Parameter(2.0, 0.01, 10_000.0, "MWh", "what the battery holds"),
    "efficiency": Parameter(0.9, 0.1, 1.0, "", "share of what is bought that arrives in the battery"),
    "wear": Parameter(4.0, 0.0, 1000.0, "€/MWh", "what discharging costs"),
    "import_fee": Parameter(0.0, 0.0, 1000.0, "€/MWh", "on top of the price for what is taken from the grid"),
    "load_mean": Parameter(0.0, 0.0, 1000.0, "MW", "mean load of the site; its shape is in rules_site.py"),
    "pv_peak": Parameter(0.0, 0.0, 1000.0, "MW", "rated power of its solar panels; their shape is there, too"),
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WAVES = ("sine", "cosine")
MOST_LOAD = 1.7  # of `load_mean`, in any hour
WIDTH = 10.0  # €/MWh: `noisy:0.34` has a mean absolute error of 3.4 €/MWh
NOISE_CORRELATION = 0.85  # of neighbouring hours' errors of the DNN that Lago et al. published for DE: 0.849


def state(data, split, lookback):
    return {
        "day": "i8",  # of the split
        "hour": "i8",  # 0 … 23; 24 when the week is over
        "days_left": "i8",  # of the week, the running one included
        "charge": "f8",  # MWh
        "exchange": "f8",  # MW of the last hour, + charged
        "today": "f8",  # €, what the running day has earned
        "charges": ("f8", HOURS),  # MWh at the end of each hour of the day; of hours to come those of the day before
    }


def make_observation_space(load_mean, pv_peak):
    low, high = np.zeros(NUMBERS, np.float32), np.ones(NUMBERS, np.float32)
    low[SEASON_SIN] = low[SEASON_COS] = -1.0
    # Never both 0: a number that cannot change is taken for a mistake by Gymnasium's checker.
    low[NET_LOAD], high[NET_LOAD] = -max(pv_peak[1], 1.0), MOST_LOAD * max(load_mean[1], 1.0)
    return spaces.Box(low, high, dtype=np.float32)


def make_spaces(data, split, lookback, *, load_mean=PARAMETERS["load_mean"].span, pv_peak=PARAMETERS["pv_peak"].span):
    return make_observation_space(load_mean, pv_peak), spaces.Box(-1.0, 1.0, (1,), np.float32)


def names(data, split, lookback):
    clock = {"charge": "capacity", **{f"hour: {hour}": "" for hour in range(HOURS)}}
    days = {f"weekday: {day}": "" for day in WEEKDAYS} | {f"{wave} of the day of the year": "" for wave in WAVES}
    return {**clock, **days, "load less sun in the coming hour": "MW", "days left of the week": "7 days"}


def raw_space(data, split, lookback):
    return spaces.Box(-np.inf, np.inf, (layout(data, split, lookback).size,), np.float32)


def truth_space(data, split, lookback):
    return spaces.Box(-np.inf, np.inf, (HOURS,), np.float32)


def truth_names(data, split, lookback):
    return {f"price: hour {hour}": "€/MWh" for hour in range(HOURS)}


def layout(data, split, lookback):
    columns, known = columns_of(data)
    parts = [Part("past", (lookback, len(columns)), columns, "1h")]
    parts += [Part("known", (HOURS, len(known)), known, "1h")] if known else []
    return Layout((*parts, Part("calendar", (len(CALENDAR),), CALENDAR)))


def estimate(shown, quantiles):
    """(N, 24) the forecast itself, or the median of its quantiles."""
    return point_of(shown, quantiles) if quantiles else shown


SIZES = {"lookback": Size(672, 168, 8760, "hours before midnight that a forecast sees")}
CHOICES = {
    "data": Choice(
        "generated", "generated, epf-de, -np, -pjm, -be, -fr, or a CSV file with a time and a price", pin=pin
    ),
    "split": Choice("train", "which part of its time", SPLITS),
}
SLOTS = {
    "forecast": Slot(
        raw=raw_space,
        truth=truth_space,
        names=truth_names,
        meaning="the prices of the day",
        default="truth",
        sense=sense,
        tell=tell,
        baselines={"naive": naive, "seasonal-naive": seasonal_naive, "weekly": weekly, "climatology": climatology},
        refresh="day",
        now="hour",
        key="day",
        keys=lambda world: len(world.prices),
        layout=layout,
        estimate=estimate,
        tables={f"published-{name}": partial(published, name=name) for name in PUBLISHED},
        read_table=read_table,
        width=WIDTH,
        noise_correlation=NOISE_CORRELATION,
        measures=("MAE", "shape-MAE", "pinball", "coverage"),
    )
}

SIMULATION = Simulation(
    name="ludus/Battery-v0",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    heuristics={"cheap-hours": cheap_hours},
    policies={"plan": plan},
    starts=count_weeks,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    sizes=SIZES,
    choices=CHOICES,
    slots=SLOTS,
    world=make_market,
    terms=("market", "wear", "fee"),
    scores={"random": -219.8, "cheap-hours": 147.0, "optimum": 246.9},
    action_names=("share of the power, + charges",),
    frame=(480, 720),
    fps=8,
    keys={"up": (0, 1.0), "down": (0, -1.0)},
    turn_based=True,
)
