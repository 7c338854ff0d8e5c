"""The forecasting study: every model on public series at every horizon, beside what was published.

A row per training, in OUT/forecasting.csv. The parts of time, the look-backs and the settings are those of `ludus fit`;
the test part is judged once, when a training has ended, and nothing is chosen by it.
"""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from ..data.series import Series
from ..data.series_load import fetch_series, load_series
from ..utils.command_line import output_folder
from ..utils.interrupts import Interrupted
from ..utils.wording import did_you_mean
from .command import StudyArguments, tell_files, tell_stopped
from .forecasting_row import Trained
from .rows import digest, read_rows, write_rows

DESCRIPTION = """How far forecasts are from what came: every model at every horizon, beside the published table.

  ludus study forecasting --data etth1,ettm1,exchange
  ludus study forecasting --data epf-np,epf-pjm,epf-be,epf-fr,epf-de --seeds 3
  ludus study forecasting --data etth1 --horizons 96 --models linear,patchtst
  ludus study forecasting --markdown                 # the table of docs/forecasting-results.md

Without --data its tables show what OUT/forecasting.csv holds. A training that was stopped goes on; one whose row is
there is not repeated. Models that learn by gradients have --seeds trainings, the others one."""
FILE = "forecasting.csv"
HORIZONS = (96, 192, 336, 720)  # rows, of the benchmarks of long horizons
DAY = (24,)  # of day-ahead prices
SETTINGS = {"threads": 1}  # these models are too small for more
# Only where they are asked for: of day-ahead prices what sees nothing that is known of the coming day, of others what
# needs that, and the pretrained model, which takes 0.06 s for a column of a window.
LEFT_OUT = {True: ("linear", "periodic", "ensemble", "dlinear", "nlinear", "patchtst"), False: ("lear", "fracast")}


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    data: str = ""
    """Public series, with commas between."""
    models: str = ""
    """Models as in `ludus fit forecasting/MODEL`, with commas between (default: all)."""
    horizons: str = ""
    """Rows ahead, with commas between (default: 96,192,336,720; of day-ahead prices 24)."""
    seeds: int = 1
    """Trainings of each model that learns by gradients."""
    markdown: bool = False
    """Print the tables as Markdown."""


NAN = float("nan")


def plan(
    data: Sequence[str], models: Sequence[str], horizons: Sequence[int], seeds: int
) -> list[tuple[str, int, str, int]]:
    """(series, horizon, model, seed) of all trainings, in the order in which they are done.

    Raises:
        ValueError: an unknown series or model, or no positive numbers.
    """
    from ..data.series_sets import find_set
    from ..forecasting.tasks.fits import FITS, LEARNED

    for name in models:
        if name not in FITS:
            raise ValueError(f"unknown model {name!r}{did_you_mean(name, FITS)}")
    if seeds < 1 or any(horizon < 1 for horizon in horizons):
        raise ValueError(f"--seeds and --horizons are 1 or more, got {seeds} and {list(horizons)}")
    found = []
    for name in data:
        day_ahead = bool(find_set(name).market)
        chosen = models or [model for model in FITS if model not in LEFT_OUT[day_ahead]]
        for horizon in horizons or (DAY if day_ahead else HORIZONS):
            for model in chosen:
                found += [(name, horizon, model, seed) for seed in range(seeds if model in LEARNED else 1)]
    return found


def judge(series: Series, model: str, seed: int, recipe: Any, key: str, folder: Path) -> Trained:
    """Train, or go on with a training that was stopped, and measure; what it left in ``folder`` is removed."""
    from ..forecasting.report import PUBLISHED_ENSEMBLES
    from ..forecasting.tasks.fits import FITS, open_fit

    out = folder / f"{series.name}-{recipe.horizon}-{model}-{seed}-{key}"
    began = time.process_time()
    fit: Any = open_fit(model, out) or FITS[model].start(out, recipe)
    net, summary = fit.train()
    m, alone = net.metrics, len(series.targets) == 1
    theirs = {name: row for name, row in summary.rows.items() if name.startswith("published ")}
    by = "MAE" if set(theirs) & set(PUBLISHED_ENSEMBLES.values()) else "MSE"
    best = min(theirs, key=lambda name: theirs[name][by], default="")
    row = Trained(
        data=series.name,
        horizon=recipe.horizon,
        model=model,
        lookback=net.lookback,
        seed=seed,
        mse=round(m["MSE"], 5),
        mae=round(m["MAE"], 5),
        smape=round(m["sMAPE"], 5) if alone else NAN,
        rmae=round(summary.rows[model].get("rMAE", NAN), 5),
        shape_mae=round(m["shape-MAE"], 5),
        seconds=round(m["seconds"], 1),
        cpu_seconds=round(time.process_time() - began, 1),
        best=best.removeprefix("published "),
        best_mse=round(theirs[best]["MSE"], 5) if best else NAN,
        best_mae=round(theirs[best]["MAE"], 5) if best else NAN,
        recipe=key,
    )
    for path in (out, fit.folder):
        shutil.rmtree(path)
    return row


def study(
    todo: Sequence[tuple[str, int, str, int]], path: Path, folder: Path, progress: Callable[[str], None]
) -> list[Trained]:
    """Do what is missing in the CSV ``path``, which is written after each training; returns all of its rows."""
    from ..forecasting.tasks.fits import LEARNED, recipe_for

    rows = read_rows(path, Trained)
    for name, horizon, model, seed in todo:
        series = load_series(name)
        settings = SETTINGS if model in LEARNED else {}
        recipe = recipe_for(model, series, horizon, seed=seed, settings=settings)
        key = digest(asdict(recipe))
        place = (name, horizon, model, seed)
        if any((row.data, row.horizon, row.model, row.seed, row.recipe) == (*place, key) for row in rows):
            continue
        row = judge(series, model, seed, recipe, key, folder)
        rows = [other for other in rows if (other.data, other.horizon, other.model, other.seed) != place]
        rows.append(row)
        write_rows(path, Trained, rows)
        progress(f"{name} {horizon} {model}, seed {seed}: MSE {row.mse:.3f}, MAE {row.mae:.3f}, {row.seconds:.0f} s")
    return rows


def split_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def numbers_of(text: str) -> list[int]:
    """Horizons as they are typed; ``ValueError`` for what is no number."""
    parts = split_list(text)
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"--horizons takes whole numbers with commas between, such as 96,192; got {text!r}")
    return [int(part) for part in parts]


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study forecasting`."""
    from . import forecasting_table as tables

    data, models = split_list(arguments.data), split_list(arguments.models)
    todo = plan(data, models, numbers_of(arguments.horizons), arguments.seeds)
    out = output_folder(arguments.out)
    for name in data:
        fetch_series(name)
    rows = read_rows(out / FILE, Trained)
    if todo:
        folder = out / "forecasting.models"  # of trainings that are not done
        try:
            rows = study(todo, out / FILE, folder, console.print)
        except Interrupted as signal:
            return tell_stopped(console, signal)
        if folder.exists() and not os.listdir(folder):
            folder.rmdir()
    if not rows:
        raise ValueError(f"{out / FILE} holds nothing yet; say which series: --data etth1,ettm1,exchange")
    shown = [row for row in rows if not data or row.data in data]
    if arguments.markdown:
        console.print(tables.markdown(shown), soft_wrap=True, highlight=False, markup=False)
    else:
        for name in dict.fromkeys(row.data for row in shown):
            console.print(tables.table([row for row in shown if row.data == name]))
    tables.plot(shown, out / "forecasting.png")
    tell_files(console, out / "forecasting.png", out / FILE)
    return 0
