"""The report on a search: the best trials, how it went, which settings mattered, and the file of the winner."""

import operator
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...utils.plotting import import_pyplot, pixels_of, save_figure
from ...utils.tables import results_table
from ...utils.untrusted import is_number
from ...utils.wording import counted, in_line
from ..plotting import BLUE, RED
from .search import Search
from .space import text_of
from .storage import import_optuna
from .trials import COMPLETE, PRUNED, REFUSED, WHO, WHY, Trials

DRAW_SECONDS = 30.0  # between two drawings
LEAST_FOR_IMPORTANCE = 5  # complete trials


@dataclass(frozen=True)
class Outcome:
    """What a search came to so far."""

    best: Any  # Optuna's trial, or None
    values: dict[str, Any]  # of the best
    running: int  # trials that other processes train now
    ended: int
    pruned: int
    refused: int


def best_of(trials: Trials) -> Any:
    """The best complete trial, the earliest of several; ``None`` without any."""
    complete = [trial for trial in trials.all() if trial.state.name == COMPLETE and is_number(trial.value)]
    sign = -1.0 if trials.rises else 1.0
    return min(complete, key=lambda trial: (sign * trial.value, trial.number), default=None)


def outcome_of(search: Search, trials: Trials) -> Outcome:
    """What the trials came to so far."""
    states = [trial.state.name for trial in trials.all()]
    best = best_of(trials)
    return Outcome(
        best,
        {} if best is None else trials.values_of(best),
        states.count("RUNNING"),
        len(states) - states.count("RUNNING"),
        states.count(PRUNED),
        states.count(REFUSED),
    )


class Reporter:
    """Curves and pictures of a search, in its folder and in TensorBoard's files there."""

    def __init__(self, search: Search, trials: Trials) -> None:
        self.search, self.trials = search, trials
        self.figure = search.subject.aim.figure
        self._writer: Any = None
        self._drawn_at, self._undrawn = time.monotonic(), False

    @property
    def writer(self) -> Any:
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self.search.folder))
        return self._writer

    def tell(self, number: int) -> None:
        """A trial has ended."""
        trial = self.trials.study.get_trials(deepcopy=False)[number]
        value = last_of(trial)
        if value is not None:
            self.writer.add_scalar(f"trials/{self.figure}", value, number)
        best = best_of(self.trials)
        if best is not None:
            self.writer.add_scalar(f"best/{self.figure}", best.value, number)
        self._undrawn = True
        if time.monotonic() - self._drawn_at >= DRAW_SECONDS:
            self.draw()

    def draw(self) -> None:
        """The pictures, as files and in TensorBoard."""
        self._drawn_at, self._undrawn = time.monotonic(), False
        ended = len(self.trials.all())
        for name, figure in (
            ("history", history(self.search, self.trials)),
            ("importance", importance(self.search, self.trials)),
        ):
            if figure is not None:
                self.writer.add_image(name, pixels_of(figure), ended, dataformats="HWC")
                save_figure(figure, self.search.folder / f"{name}.png")
        self.writer.flush()

    def close(self) -> None:
        if self._undrawn:
            self.draw()
        if self._writer is not None:
            self._writer.close()


def last_of(trial: Any) -> float | None:
    """The figure of a trial, of a pruned one the last."""
    if trial.value is not None:
        return float(trial.value)
    judged = trial.intermediate_values
    return float(judged[max(judged)]) if judged else None


def history(search: Search, trials: Trials) -> Any:
    """A figure of Matplotlib's: each trial's figure, and the best so far; ``None`` without any."""
    ended = [trial for trial in trials.all() if trial.state.is_finished() and last_of(trial) is not None]
    complete = [trial for trial in ended if trial.state.name == COMPLETE]
    if not complete:
        return None
    pyplot = import_pyplot()
    figure, axes = pyplot.subplots(figsize=(7.0, 4.0), layout="constrained")
    pruned = [trial for trial in ended if trial.state.name == PRUNED]
    lasts = [last_of(trial) for trial in pruned]
    numbers, values = [trial.number for trial in complete], [trial.value for trial in complete]
    best = list((np.maximum if trials.rises else np.minimum).accumulate(values))
    edge = worst_shown(values, trials.rises)
    axes.plot([trial.number for trial in pruned], lasts, "x", color="#999999", label="pruned, where it ended")
    axes.plot(numbers, values, "o", color=BLUE, label="trained to its end")
    beyond = operator.lt if trials.rises else operator.gt
    far = [trial.number for trial in ended if (last := last_of(trial)) is not None and beyond(last, edge)]
    if far:  # else a single bad trial would press all others into a line
        sign = "v" if trials.rises else "^"
        axes.plot(far, [edge] * len(far), sign, color="#999999", label="further away", clip_on=False)
        axes.set_ylim(*sorted((edge, best[-1] + 0.1 * (best[-1] - edge))))
    end = max(trial.number for trial in ended)
    axes.step([*numbers, end], [*best, best[-1]], where="post", color=RED, label="best so far")
    for trial in complete:
        if WHO in trial.user_attrs:
            who = f"the {in_line(trial.user_attrs[WHO], 20)}"
            axes.axhline(trial.value, color="#555555", linewidth=0.8, linestyle=":", label=who)
    axes.set_xlabel("trial")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel(f"{search.subject.aim.figure}, {search.subject.judged_by}")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=5, columnspacing=1.2, frameon=False, fontsize="small")
    axes.set_title(f"ludus {search.subject.command}", fontsize="medium")
    return figure


def worst_shown(values: Sequence[float], rises: bool) -> float:
    """The end of the picture's axis on the side of what is bad: four times as far from the median as the best is."""
    best, middle = max(values) if rises else min(values), float(np.median(values))
    return middle - 4.0 * ((best - middle) or (1.0 if rises else -1.0) * max(abs(middle), 1.0))


def importances(trials: Trials) -> dict[str, float]:
    """The share of each setting in what made good trials good, the largest first (PED-ANOVA: Watanabe et al. 2023).

    Empty with too few complete trials, or where all came to the same.
    """
    complete = [trial for trial in trials.all() if trial.state.name == COMPLETE]
    if len(complete) < LEAST_FOR_IMPORTANCE or len({trial.value for trial in complete}) < 2:
        return {}
    return dict(import_optuna().importance.get_param_importances(trials.study))


def importance(search: Search, trials: Trials) -> Any:
    """A figure of Matplotlib's: which settings mattered; ``None`` where that cannot be said."""
    found = importances(trials)
    if not found:
        return None
    pyplot = import_pyplot()
    figure, axes = pyplot.subplots(figsize=(7.0, 1.2 + 0.34 * len(found)), layout="constrained")
    names = list(found)[::-1]
    bars = axes.barh(names, [found[name] for name in names], color=BLUE)
    axes.bar_label(bars, [f"{found[name]:.0%}" for name in names], padding=3, fontsize="small")
    axes.set_xlabel("share in what made good trials good (PED-ANOVA)")
    axes.set_xlim(0, max(found.values()) * 1.15)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"ludus {search.subject.command}", fontsize="medium")
    return figure


def ranked(trials: Trials) -> list[Any]:
    """Trials that have ended, the best first, then those that were pruned and refused."""
    sign = -1.0 if trials.rises else 1.0
    order = {COMPLETE: 0, PRUNED: 1, REFUSED: 2}

    def key(trial: Any) -> tuple[int, float, int]:
        value = last_of(trial)
        return order[trial.state.name], float("inf") if value is None else sign * value, trial.number

    return sorted((trial for trial in trials.all() if trial.state.is_finished()), key=key)


def rows(search: Search, trials: Trials, top: int) -> list[list[str]]:
    """The best ``top`` trials for a table: number, figure, settings, and how it ended."""
    found = []
    for trial in ranked(trials)[:top]:
        value, values = last_of(trial), trials.values_of(trial)
        how = {COMPLETE: in_line(trial.user_attrs.get(WHO, ""), 20), PRUNED: "pruned", REFUSED: "refused"}[
            trial.state.name
        ]
        said = "–" if value is None else short(value)
        found.append([str(trial.number), said, *(short(values[name]) for name in search.space), how])
    return found


def headings(search: Search) -> list[str]:
    return ["trial", search.subject.aim.figure, *search.space, ""]


def table(search: Search, trials: Trials, top: int) -> Any:
    """The best trials for a terminal."""
    shown = results_table((), headings(search))
    for row in rows(search, trials, top):
        shown.add_row(*row)
    return shown


def markdown(search: Search, trials: Trials, top: int) -> str:
    """The best trials as a table of Markdown."""
    names = headings(search)
    lines = ["| " + " | ".join(names) + " |", "|" + "---:|" * len(names)]
    lines += ["| " + " | ".join(row) + " |" for row in rows(search, trials, top)]
    return "\n".join(lines)


def in_words(search: Search, trials: Trials) -> list[str]:
    """How many trials there are, and what mattered, or why nothing came of it."""
    out, found, ended = outcome_of(search, trials), importances(trials), ranked(trials)
    lines = [f"{counted(out.ended, 'trial')}, {out.pruned} of them pruned and {out.refused} refused; {search.folder}"]
    if out.best is None and ended:
        why = in_line(ended[-1].user_attrs.get(WHY, ""))
        lines.append(f"None was trained to its end; of trial {ended[-1].number}: {why}")
    return lines + [f"What mattered: {', '.join(f'{name} {share:.0%}' for name, share in found.items())}"] * bool(found)


def write_winner(search: Search, trials: Trials) -> str | None:
    """Keep the best trial's values in a file; returns the command that takes it, or ``None`` without a trial."""
    best = best_of(trials)
    if best is None:
        return None
    out = outcome_of(search, trials)
    said = (
        f"`ludus tune {search.subject.command}`: trial {best.number}, the best of {out.ended}, with "
        f"{search.subject.aim.figure} {best.value:.6g} ({search.subject.judged_by})."
    )
    return search.subject.write_winner(search.folder, trials.values_of(best), said)[1]


def short(value: Any) -> str:
    """A figure or the value of a setting, for a line."""
    return f"{value:.4g}" if isinstance(value, float) else text_of(value)
