"""Fits without epochs: a model in closed form, or of many small ones, solved step by step and resumed where it stopped.

`Solve` is a `training.fit.Fit` whose steps are those of a `Solver`: moments that are summed up, a calibration of a day.
Nothing in it is random.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from ...data.series import Series
from ...data.series_load import load_series
from ...training import checkpoint, event_log
from ...training.fit import Fit, Goal
from ...training.progress import Progress, Stopwatch
from ...training.settings import check_range, check_types
from ...utils.interrupts import Interrupted
from ...utils.processors import usable_processors
from ...utils.wording import counted, did_you_mean
from ..backtest import backtest
from ..models.forecaster import Forecaster
from ..report import Summary, measure, scale_of, summarise
from ..report_plots import save_plots
from ..windows import Windows, usual_sizes

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class SolveRecipe:
    """What every recipe of a model without epochs decides. A model's own adds fields, each of which ``--set`` takes."""

    device: ClassVar[str] = "cpu"
    GIVEN: ClassVar[frozenset[str]] = frozenset({"data", "reading", "horizon", "lookback"})
    SEARCH: ClassVar[Mapping[str, str]] = {}  # see ``Recipe``

    data: str  # name of a series, or the path of a file
    reading: dict[str, Any] = field(default_factory=dict)  # how that is read; see ``data.series_load.load_series``
    horizon: int  # rows that are forecast
    lookback: int  # rows that are seen
    checkpoint_seconds: float = 30.0  # between two checkpoints

    def __post_init__(self) -> None:
        check_types(self)
        check_range(self, 1, 1_000_000, "horizon", "lookback")
        check_range(self, 0, 10**9, "checkpoint_seconds")

    @property
    def threads(self) -> int:
        """Of torch, for what is measured at the end."""
        return usable_processors()

    @classmethod
    def compose(
        cls,
        series: Series,
        horizon: int | None = None,
        lookback: int | None = None,
        settings: Mapping[str, Any] | None = None,
        data: str = "",
        reading: dict[str, Any] | None = None,
    ) -> Self:
        """A recipe: the defaults, what the series deserves, then ``settings``.

        Raises:
            ValueError: a setting that does not exist, or a value out of range.
        """
        known = {entry.name: entry.type for entry in fields(cls) if entry.name not in cls.GIVEN}
        values: dict[str, Any] = {}
        for name, value in (settings or {}).items():
            if name not in known:
                raise ValueError(f"no setting {name!r}{did_you_mean(name, [*known, 'lookback'])}")
            values[name] = float(value) if known[name] is float and type(value) is int else value
        usual = cls.sizes(series)
        place: dict[str, Any] = {"data": data or series.name, "reading": reading or {}}
        horizon = usual[0] if horizon is None else horizon
        return cls(**place, horizon=horizon, lookback=usual[1] if lookback is None else lookback, **values)

    @classmethod
    def sizes(cls, series: Series) -> tuple[int, int]:
        """Horizon and look-back where nobody says otherwise."""
        return usual_sizes(series)


class Data:
    """A series and its windows: ``train``, ``validation`` and ``test``."""

    def __init__(self, series: Series, horizon: int, lookback: int) -> None:
        self.series = series
        self.train, self.validation, self.test = (Windows.of(series, split, horizon, lookback) for split in PARTS)


class Solver:
    """What is solved in ``steps`` steps, of which ``step`` are done. A model's own gives what raises here."""

    steps: int
    step: int = 0
    digest: str  # of all that decides: a checkpoint is of no use for another one

    @property
    def ended(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.steps

    def take(self) -> None:
        """The next step, all but the count."""
        raise NotImplementedError

    def pack(self) -> dict[str, torch.Tensor]:
        """All that the steps so far came to."""
        raise NotImplementedError

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        """What ``pack`` gave after ``step`` steps; ``ValueError`` for anything else."""
        raise NotImplementedError

    def curves(self) -> dict[str, float]:
        """What TensorBoard shows of the last step, by tag."""
        return {}

    def said(self) -> str:
        """The last step in a few words."""
        return ""

    def trained(self) -> Forecaster:
        """The component, once all steps are done."""
        raise NotImplementedError

    def note(self) -> str:
        """What was chosen on the validation part or declared, in a line of the summary."""
        raise NotImplementedError


@dataclass(frozen=True)
class SolveProgress(Progress):
    """How far a solution is; its speed is in steps per second."""

    said: str

    def __str__(self) -> str:
        parts = [f"{self.done:,}/{self.total:,}", f"{self.speed:,.1f}/s"]
        return " · ".join([*parts, self.said] if self.said else parts)


class Solving:
    """Takes the steps that are left; saves, reports, logs and stops between two of them."""

    def __init__(self, fit: Fit, solver: Solver, writer: SummaryWriter, seconds: float) -> None:
        self.fit, self.solver, self.writer = fit, solver, writer
        self.before = seconds  # that earlier processes spent
        self.watch = Stopwatch(solver.step)
        self.interrupted: str | None = None

    @property
    def seconds(self) -> float:
        """Spent on this, by this process and those before it."""
        return self.before + self.watch.seconds

    def run(self) -> None:
        """To the last step; ``Interrupted`` if a signal came before, once all is saved."""
        solver = self.solver
        while not solver.ended:
            if self.watch.must_report:
                self.report()
            solver.take()
            solver.step += 1
            for tag, value in solver.curves().items():
                self.writer.add_scalar(tag, value, solver.step)
            if self.interrupted or self.watch.must_save(self.fit.recipe.checkpoint_seconds):
                self.save()
            if self.interrupted:
                raise Interrupted(self.interrupted)
        self.report()

    def report(self) -> None:
        self.watch.reported()
        x = self.solver
        self.fit.progress(SolveProgress(x.step, x.steps, self.watch.measure(x.step), x.said()))  # type: ignore[arg-type]

    def save(self) -> None:
        self.writer.flush()
        state = {
            "seconds": self.seconds,
            "files": event_log.log_sizes(self.fit.folder),
            "recipe": asdict(self.fit.recipe),
            "data": self.solver.digest,
        }
        checkpoint.save(self.fit.folder / "checkpoints", self.solver.step, self.solver.pack(), state)
        self.watch.saved()


class Solve(Fit):
    """The fit of a model without epochs; a model's own gives ``TASK``, ``RECIPE`` and ``prepare``."""

    recipe: Any

    def load(self) -> Data:
        r = self.recipe
        series = load_series(r.data, **r.reading, horizon=r.horizon, note=self.tell)
        return Data(series, r.horizon, r.lookback)

    def tell(self, note: str) -> None:
        """Keep a note for the person, once: the series is read again when the fit begins."""
        if note not in self.notes:
            self.notes.append(note)

    def prepare(self, data: Data) -> Solver:
        raise NotImplementedError

    @property
    def goal(self) -> Goal:
        return Goal("MAE", False, {}, {})

    def held_out(self, net: Any, data: Data) -> dict[str, float]:
        return backtest(net.eval(), data.validation, scale=scale_of(data.validation)).errors.figures()

    def keeper(self, learner: Any, data: Any, writer: SummaryWriter, seconds: float) -> Solving:
        self.solver = learner
        return Solving(self, learner, writer, seconds)

    def finish(self, net: Any, data: Data, writer: SummaryWriter, step: int, seconds: float) -> Summary:
        r = self.recipe
        net.metrics = measure(net, data.test, seconds)
        for name in ("MSE", "MAE"):
            writer.add_scalar(f"test/{name}", net.metrics[name], step)
        save_plots(net, data.test, self.folder, writer, step, self.tell)
        return summarise(
            self.TASK.partition("/")[2],
            net.metrics,
            data.test,
            f"{net.horizon:,} rows from {net.lookback:,}; {counted(len(data.test), 'window')}; {self.solver.note()}",
            f"{counted(step, 'step')} of {r.data} in {seconds:,.1f} s (closed form: nothing in it is random)",
        )


def digest_of(series: Series, *more: np.ndarray) -> str:
    """The hash of all values of a series, and of more."""
    from ...training.batches import digest_tensors

    return digest_tensors(*(torch.from_numpy(np.ascontiguousarray(array).copy()) for array in (series.values, *more)))
