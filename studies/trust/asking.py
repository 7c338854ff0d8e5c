"""The asking study: what it is worth to ask where a component is not sure, by how sure it has to be.

In Sorter an item that is not known can be sorted by hand, at a price, or be sent round again for another look, which
costs a passage. A component's confidence decides; the study plays all thresholds in the same episodes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from ...agents.evaluation import EVALUATION_SEED, evaluate_pairwise
from ...envs.automation.sorter.constants import ROUNDS_SEEN
from ...envs.automation.sorter.policies import price_of_trust, route_by_confidence
from ...envs.engine.policy_view import PolicyView
from ...envs.make import make_batch
from ...explain.calibration import fit_temperature, tempered
from ...utils.command_line import key_values, output_folder
from ...utils.intervals import bootstrap_interval
from ...utils.tables import results_table
from ..command import StudyArguments, tell_files
from ..plotting import BLUE, RED, import_pyplot, save_figure
from ..rows import digest, read_rows, write_rows
from .answers import answers, load_classifier

ENV, SLOT = "ludus/Sorter-v0", "perception"
THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
HAND, AGAIN = "by hand", "round again"  # what is done with what it is not sure of
FITTED_ON = 2_000  # steps from which the temperature is fitted
DESCRIPTION = """What is it worth to ask? What a component is not sure of is sorted by hand, or looked at again.

  ludus study asking models/garments
  ludus study asking models/garments --set rotation=0.6 --set lighting=0.5    # another look is another pose

Asking by hand pays below the confidence (wrong_cost - reject_cost) / (1 + wrong_cost), if the component is calibrated;
the study plays thresholds beside it, with the component as it is and with its temperature scaled."""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    component: Annotated[Path, tyro.conf.Positional]
    """Folder of a component that tells Sorter's kinds."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter or a choice of Sorter."""
    episodes: int = 32
    """Deliveries, the same for each threshold."""
    rounds: int = 2
    """How often an item is sent round before a hand takes it, 1 … 3."""


@dataclass(frozen=True)
class AskingRow:
    """A line of the CSV: a threshold, played. Intervals are 95 %, bootstrapped over episodes."""

    setting: str  # hash of all that decides it
    scaled: str  # "as it is" or "scaled"
    temperature: float
    unsure: str  # what is done with what it is not sure of
    threshold: float
    episodes: int
    mean: float
    low: float
    high: float
    gain: float  # more than by never asking, in the same episodes
    gain_low: float
    gain_high: float
    asked: float  # share of passages that did not end in a chute

    @property
    def key(self) -> tuple[str, str, float]:
        return self.scaled, self.unsure, self.threshold


def asking_study(
    component: Path,
    world: dict[str, Any],
    episodes: int,
    rounds: int,
    path: Path,
    progress: Callable[[str], Any] = lambda what: None,
) -> list[AskingRow]:
    """All thresholds, but for those in ``path``, which is rewritten after each.

    Raises:
        ValueError: a number of rounds that is not seen, or a component that does not tell Sorter's kinds.
    """
    if not 1 <= rounds <= ROUNDS_SEEN:
        raise ValueError(f"--rounds must be 1 … {ROUNDS_SEEN}, as an item is seen to have been round, got {rounds}")
    if episodes < 2:
        raise ValueError(f"--episodes must be 2 or more for an interval, got {episodes}")
    loaded = load_classifier(component, ENV)
    fitted, _ = answers(loaded, ENV, SLOT, world, FITTED_ON)
    temperature = fit_temperature(fitted.p, fitted.labels)
    setting = digest([loaded.fingerprint, sorted(world.items()), episodes, rounds, FITTED_ON])
    rows = [row for row in read_rows(path, AskingRow) if row.setting == setting]
    done = {row.key for row in rows}
    filled: dict[str, Any] = {**world, SLOT: str(component)}
    make = partial(make_batch, ENV, **filled)
    never: np.ndarray | None = None
    for name, t in (("as it is", 1.0), ("scaled", temperature)):
        for unsure, again in ((HAND, 0), (AGAIN, rounds)):
            for threshold in THRESHOLDS:
                if (name, unsure, threshold) in done:
                    continue
                progress(f"{name}, {unsure} below {threshold:g}")
                if never is None:
                    never = _play(make, 0.0, 0, 1.0, episodes)[0]
                if threshold == 0.0:  # nothing is asked, whatever would be done
                    returns, asked = never, 0.0
                else:
                    returns, asked = _play(make, threshold, again, t, episodes)
                gain = returns - never
                figures = (
                    float(returns.mean()), *bootstrap_interval(returns),
                    float(gain.mean()), *bootstrap_interval(gain), asked,
                )  # fmt: skip
                told = [round(figure, 5) for figure in figures]
                rows.append(AskingRow(setting, name, round(t, 4), unsure, threshold, episodes, *told))
                write_rows(path, AskingRow, rows)
    return rows


def _play(
    make: Callable[..., Any], threshold: float, rounds: int, temperature: float, episodes: int
) -> tuple[np.ndarray, float]:
    """Returns (episodes,), and the share of passages in which it was not sure enough."""
    unsure, passages = 0, 0

    def read(p: np.ndarray) -> np.ndarray:
        nonlocal unsure, passages
        q = p if temperature == 1.0 else tempered(p, temperature)
        unsure, passages = unsure + int((q.max(axis=1) < threshold).sum()), passages + len(q)
        return q

    def act(batch: Any) -> np.ndarray:
        return route_by_confidence(PolicyView(batch), threshold, rounds, read)

    played = evaluate_pairwise(make, act, episodes, EVALUATION_SEED)
    return played.returns, unsure / max(passages, 1)


def threshold_of_the_prices(world: dict[str, Any]) -> float:
    """The confidence from which a chute is worth more than a hand, in this world."""
    batch: Any = make_batch(ENV, 1, **world)
    batch.seed_from(EVALUATION_SEED)
    named = dict(zip(batch.simulation.parameters, batch.values_of_parameters[0], strict=True))
    batch.close()
    return float(price_of_trust(named))


def table(rows: Sequence[AskingRow], price: float) -> Table:
    """A line for each threshold: returns with the component as it is."""
    caption = (
        f"{rows[0].episodes:,} deliveries, the same for all; ± is half of a 95 % interval. By the prices a hand is "
        f"worth it below a confidence of {price:.2f}."
    )
    shown = results_table(("answers", "not sure"), ("below", "return", "more than\nnever asking", "asked"), caption)
    for row in rows:
        shown.add_row(
            row.scaled, row.unsure, f"{row.threshold:.2f}", f"{row.mean:.2f} ± {(row.high - row.low) / 2:.2f}",
            f"{row.gain:+.2f} ± {(row.gain_high - row.gain_low) / 2:.2f}", f"{row.asked:.1%}",
        )  # fmt: skip
    return shown


def plot(rows: Sequence[AskingRow], price: float, title: str, path: Path) -> None:
    """What asking earns by the confidence below which is asked, for each thing that can be done."""
    figure, panels = import_pyplot().subplots(1, 2, figsize=(9.4, 4.0), sharey=True, layout="constrained")
    for panel, name in zip(panels, dict.fromkeys(row.scaled for row in rows), strict=False):
        for unsure, colour in ((HAND, RED), (AGAIN, BLUE)):
            own = [row for row in rows if (row.scaled, row.unsure) == (name, unsure)]
            x, gain = [row.threshold for row in own], [row.gain for row in own]
            panel.plot(x, gain, color=colour, marker="o", markersize=4, label=unsure)
            low, high = [row.gain_low for row in own], [row.gain_high for row in own]
            panel.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        panel.axvline(price, color="#555555", linestyle=":", linewidth=1.2, label=f"by the prices: {price:.2f}")
        panel.axhline(0.0, color="#888888", linewidth=0.8)
        t = next(row.temperature for row in rows if row.scaled == name)
        panel.set_title(f"{name}, temperature {t:.2f}" if name != "as it is" else name, fontsize=10)
        panel.set_xlabel("asked below this confidence")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("return, more than never asking")
    panels[0].legend(frameon=False, fontsize=9, loc="lower left")
    figure.suptitle(title, fontsize=11, parse_math=False)
    save_figure(figure, path)


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study asking`."""
    world: dict[str, Any] = key_values(arguments.set, "--set")
    name = arguments.component.resolve().name
    out = output_folder(arguments.out)
    png, csv = (out / f"asking-{name}{ending}" for ending in (".png", ".csv"))
    with console.status("") as status:
        rows = asking_study(arguments.component, world, arguments.episodes, arguments.rounds, csv, status.update)
    price = threshold_of_the_prices(world)
    where = ", ".join(f"{key}={value}" for key, value in world.items())
    console.print(table(rows, price))
    plot(rows, price, f"{name} in {SLOT} of {ENV}{f', {where}' if where else ''}", png)
    best = max(rows, key=lambda row: row.gain)
    console.print(
        f"Most was earned with {best.unsure} below {best.threshold:g}, {best.scaled}: {best.gain:+.2f} a delivery."
    )
    tell_files(console, png, csv)
    return 0
