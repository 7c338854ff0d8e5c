"""The options and the start of `ludus fit forecasting/detect`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from ...envs.command_line import check_slots, environment
from ...training.command import FitArguments
from ...utils.command_line import key_values
from ..series_options import Names, several

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Fit a detector of anomalies: what does not belong there? Scores from 0 to 1, and a threshold.

  ludus fit forecasting/detect --data nab --out models/nab
  ludus fit forecasting/detect --data nab --set kind=autoencoder --out models/drawn
  ludus fit forecasting/detect --data pump.csv --column vibration --out models/pump --set false_alarms=0.0005
  ludus fit forecasting/detect --data ludus/Maintenance-v0 --set mapped=true --out models/wear
  ludus fit forecasting/detect --data pump.csv --set kind=residual --set model=models/forecast --out models/pump

Kinds: nearest (past value), gaussian (window), polynomial, residual (of a forecaster, or of an autoregression),
autoencoder. Where anomalies are labelled (nab, --label) the threshold is the best for --set profile=standard, low-FP
or low-FN; else --set false_alarms of the rows are alarms. `ludus detect` then asks it.

An environment's slot is a stream, too: its own policies play --set streams=6 of --set steps=2016 steps, and a step
counts as anomalous from --set level=0.6 of the truth on. With --set mapped=true the scores are mapped to the truth by
isotonic regression, and the component fills the slot with what it says of that (docs/maintenance.md)."""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: str | None = None
    """nab, the Numenta Anomaly Benchmark; the path of a CSV or Parquet file of your own; or an environment such as
    ludus/Maintenance-v0 (of another package MODULE:ID)."""
    slot: str = "monitor"
    """The environment's slot."""
    env_set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter, size or choice of the environment."""
    column: Names = ()
    """Column that is watched; several with commas between (default: all columns of numbers)."""
    time: str = ""
    """Column of times (default: found by its name)."""
    leave_out: Names = ()
    """Column that is not used; several with commas between."""
    label: str = ""
    """Column that is 1 in anomalous rows and 0 in the others."""

    @property
    def reading(self) -> dict[str, Any]:
        """What ``load_streams`` is to be told, as plain values that a recipe can keep."""
        said = {
            "columns": several(self.column),
            "time": self.time,
            "left_out": several(self.leave_out),
            "label": self.label,
        }
        return {name: value for name, value in said.items() if value}


def is_environment(data: str) -> bool:
    """Whether what was typed is the id of an environment: with a version at its end, and no file of that name."""
    return re.search(r"-v\d+$", data) is not None and not Path(data).exists()


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new fit; ``ValueError`` for what cannot be fitted."""
    if arguments.data is None:
        raise ValueError(
            "which streams? --data nab, or --data FILE.csv, or an environment: --data ludus/Maintenance-v0"
        )
    from ...data.streams.load import fetch_streams
    from .detect import DetectFit
    from .detect_recipe import compose

    keywords = key_values(arguments.env_set, "--env-set")
    if is_environment(arguments.data):
        if arguments.reading:
            raise ValueError(
                f"--{next(iter(arguments.reading))} is for files, and --data is an environment; leave it out"
            )
        id = environment(arguments.data)
        check_slots(id, [arguments.slot])
        recipe = compose(id, arguments.seed, arguments.settings, slot=arguments.slot, environment=keywords)
        return DetectFit.start(out, recipe)
    if keywords:
        raise ValueError("--env-set is for environments, and --data is none; leave it out")
    recipe = compose(
        arguments.data, arguments.seed, arguments.settings, arguments.reading
    )  # refused before anything is fetched
    fetch_streams(arguments.data)
    return DetectFit.start(out, recipe)


def fit_class() -> "type[Fit]":
    """The fit itself."""
    from .detect import DetectFit

    return DetectFit
