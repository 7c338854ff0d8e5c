"""`ludus study`: small experiments over several seeds, each a table and a picture."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from ludus.agents import studies
from ludus.scripts.options import parse

DESCRIPTION = """Small experiments over several seeds; each prints a table and leaves a picture and a CSV.

  ludus study drift --seeds 5 --out results     # the force of CartPole reverses: does epsilon's rise help?"""

LEVELS = (195.0, 475.0)  # mean returns at which CartPole counts as solved again (v0's threshold, v1's)


@dataclass
class Arguments:
    name: Annotated[Literal["drift"], tyro.conf.Positional]
    """Which study."""
    seeds: int = 5
    """How many seeds of each arm."""
    steps: int = 200_000
    """Environment steps of each training; the world changes half-way."""
    out: Path = Path("results")
    """Folder of the picture and the CSV."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "study", DESCRIPTION, arguments)
    if options.seeds < 1 or options.steps < 20 * studies.EVERY:
        raise ValueError(f"a study needs --seeds >= 1 and --steps >= {20 * studies.EVERY}")
    console = Console(highlight=False)
    options.out.mkdir(parents=True, exist_ok=True)
    curves = studies.drift_study(options.seeds, options.steps, console.print)
    studies.save_curves(curves, options.out / "drift.csv")
    studies.plot_curves(curves, options.steps, options.out / "drift.png")
    shown = Table(caption=f"{options.seeds} seeds, {options.steps:,} steps, change half-way", caption_justify="left")
    shown.add_column("epsilon")
    for level in LEVELS:
        shown.add_column(f"steps to {level:.0f} after the change: median (all)", justify="right")
    shown.add_column("return of the last tenth", justify="right")
    for reheats, label in ((False, "falls for good"), (True, "rises again")):
        arm = [curve for curve in curves if curve.reheats == reheats]
        cells = []
        for level in LEVELS:
            times = sorted(curve.recovery(options.steps // 2, level) for curve in arm)
            cells.append(f"{np.median(times):,.0f} ({' '.join(f'{t:,.0f}' for t in times)})")
        last = np.nanmean([curve.returns[-len(curve.returns) // 10 :] for curve in arm])
        shown.add_row(label, *cells, f"{last:.0f}")
    console.print(shown)
    console.print(f"{options.out / 'drift.png'}, {options.out / 'drift.csv'}")
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
