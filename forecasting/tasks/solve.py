"""Fits in closed form: forecasters that are solved at once, without steps, in the folders and words of other fits.

As `training/fit.py` has it: OUT becomes the component, OUT.training holds fit.yaml, TensorBoard's events and plots.
What was stopped begins again: the same recipe gives the same component.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from torch import set_num_threads
from torch.utils.tensorboard import SummaryWriter

from ...data.series import Series
from ...data.series_load import load_series
from ...training import event_log, folders
from ...training.fit import folder_of
from ...training.recipe import of_this_machine, read_recipe, write_recipe
from ...training.settings import check_range, check_types
from ...utils.files import quote
from ...utils.wording import counted, did_you_mean
from ..models.forecaster import Forecaster
from ..report import Summary, measure, summarise
from ..report_plots import save_plots
from ..windows import Windows, usual_sizes


@dataclass(frozen=True, kw_only=True)
class SolveRecipe:
    """All that decides a fit in closed form."""

    model: str
    data: str  # name of a series, or the path of a file
    reading: dict[str, Any] = field(default_factory=dict)  # how it is read; see ``load_series``
    horizon: int  # rows that are forecast
    lookback: int  # rows that are seen
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)  # the model's own
    threads: int = 0  # of torch; 0: one per core

    def __post_init__(self) -> None:
        check_types(self)
        check_range(self, 1, 1_000_000, "horizon", "lookback")
        check_range(self, 0, 2**63 - 1, "seed")
        check_range(self, 0, 4096, "threads")


class Solve:
    """One fit. ``start`` makes a new one, ``open`` finds one that was stopped; then ``train``.

    A model is a subclass that gives ``MODEL`` and ``solve``; ``SETTINGS`` names what --set takes.
    """

    MODEL: ClassVar[str]
    SETTINGS: ClassVar[tuple[str, ...]] = ()

    def solve(self, series: Series) -> Forecaster:
        """The fitted forecaster; ``ValueError`` if the settings or the series do not fit it."""
        raise NotImplementedError

    @classmethod
    def usual_sizes(cls, series: Series) -> tuple[int, int]:
        """Horizon and look-back, where nobody says otherwise."""
        return usual_sizes(series)

    def __init__(self, out: Path, recipe: SolveRecipe) -> None:
        self.out, self.recipe = out, recipe
        self.folder = folder_of(out)
        self.notes: list[str] = []  # what a person should know, one line each
        self.progress: Callable[[Any], None] = lambda progress: None

    @property
    def TASK(self) -> str:
        return f"forecasting/{self.MODEL}"

    @property
    def again(self) -> str:
        """The command that does this fit again."""
        return f"ludus fit {self.TASK} --out {quote(self.out)} --resume"

    @classmethod
    def start(
        cls,
        out: Path,
        series: Series,
        horizon: int | None,
        lookback: int | None,
        seed: int,
        settings: dict[str, Any],
        data: str,
        reading: dict[str, Any],
    ) -> "Solve":
        """A new fit; ``ValueError`` if there is something at its place, or a setting does not exist."""
        for name in settings:
            known = (*cls.SETTINGS, "lookback", "threads")
            if name not in known:
                raise ValueError(f"no setting {name!r}{did_you_mean(name, known)}")
        usual = cls.usual_sizes(series)
        own = dict(settings)
        threads = of_this_machine({"precision": "fp32", "threads": own.pop("threads", 0)})["threads"]
        recipe = SolveRecipe(
            model=cls.MODEL,
            data=data,
            reading=reading,
            horizon=horizon or usual[0],
            lookback=lookback or usual[1],
            seed=seed,
            settings=own,
            threads=threads,
        )
        fit = cls(out, recipe)
        if (fit.folder / "fit.yaml").exists():
            raise ValueError(f"{fit.folder} already holds a fit; do it again: {fit.again}, or choose another --out")
        for path in (out, fit.folder):
            folders.check_free(path, "--out")
        Windows.of(series, "test", recipe.horizon, recipe.lookback)  # refused before anything is written
        write: Any = write_recipe
        folders.begin(fit.folder, "--out", lambda: write(recipe, fit.TASK, fit.folder / "fit.yaml"))
        return fit

    @classmethod
    def open(cls, out: Path) -> "Solve":
        read: Any = read_recipe
        return cls(out, read(folder_of(out) / "fit.yaml", f"forecasting/{cls.MODEL}", SolveRecipe))

    def tell(self, note: str) -> None:
        """Keep a note for the person, once."""
        if note not in self.notes:
            self.notes.append(note)

    def train(self, progress: Callable[[Any], None] | None = None) -> tuple[Forecaster, Summary]:
        """Solve, measure on the test part, and save the component.

        Returns:
            The component, and a summary of what it came to.

        Raises:
            ValueError: the series or the settings do not fit the model; another process fits this.
            OSError: the folder cannot be written.
        """
        self.progress = progress or self.progress
        r = self.recipe
        with folders.held(self.folder / "fit.yaml", "--out"):
            set_num_threads(r.threads)
            event_log.cut_back(self.folder, {})
            series = load_series(r.data, **r.reading, horizon=r.horizon, note=self.tell)
            test = Windows.of(series, "test", r.horizon, r.lookback)
            began = time.monotonic()
            net = self.solve(series).eval()
            seconds = time.monotonic() - began
            net.metrics = measure(net, test, seconds)
            with event_log.writing(self.folder, self.again):
                writer = SummaryWriter(str(self.folder))
                try:
                    for name in ("MSE", "MAE"):
                        writer.add_scalar(f"test/{name}", net.metrics[name], 0)
                    save_plots(net, test, self.folder, writer, 0, self.tell)
                    net.save(self.out)
                    writer.flush()
                finally:
                    event_log.close(writer)
            return net, self.summary(net, test, seconds)

    def summary(self, net: Forecaster, test: Windows, seconds: float) -> Summary:
        """What is printed: the figures, beside naive and published ones."""
        r = self.recipe
        said = ", ".join(f"{key} {value}" for key, value in self.chosen(net).items())
        return summarise(
            r.model,
            net.metrics,
            test,
            f"{r.horizon:,} rows from {r.lookback:,}; {counted(len(test), 'window')}" + (f"; {said}" if said else ""),
            f"solved on {r.data} in {seconds:,.1f} s ({counted(r.threads, 'thread')}, seed {r.seed})",
        )

    def chosen(self, net: Forecaster) -> dict[str, Any]:
        """What was chosen on the validation part, or given, for the summary."""
        return {key: value for key, value in asdict(self.recipe)["settings"].items() if key in self.SETTINGS}
