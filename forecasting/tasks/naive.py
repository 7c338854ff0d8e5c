"""`ludus fit forecasting/naive`, `seasonal` and `mean`: naive forecasters as components, with a report as others."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ...data.series import Series
from ...training.settings import check_range
from ..baselines import make_climatology, make_naive, make_seasonal, season_rows
from ..models.forecaster import Forecaster
from ..models.naive import Climatology, SeasonalNaive
from ..windows import usual_sizes
from .solve import Data, Solve, Solver, SolveRecipe, digest_of


class OneStep(Solver):
    """What is made at once: a step, and nothing to keep on the way."""

    steps = 1

    def __init__(self, series: Series, make: Callable[[], Forecaster], note: Callable[[Forecaster], str]) -> None:
        self.digest = digest_of(series)
        self.net, self._note = make(), note

    def take(self) -> None:
        pass  # it was made, and with that checked, before anything was written

    def pack(self) -> dict[str, torch.Tensor]:
        return {}

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        if tensors or step != self.steps:
            raise ValueError(f"it is of {step} steps, expected {self.steps}")
        self.step = step

    def trained(self) -> Forecaster:
        return self.net.eval()

    def note(self) -> str:
        return self._note(self.net)


class NaiveFit(Solve):
    """The last row again and again."""

    TASK, RECIPE = "forecasting/naive", SolveRecipe  # type: ignore[assignment]

    def prepare(self, data: Data) -> OneStep:
        r = self.recipe
        return OneStep(
            data.series,
            lambda: make_naive(data.series, r.horizon, r.lookback, r.data),
            lambda net: "the last row",
        )


@dataclass(frozen=True, kw_only=True)
class SeasonalRecipe(SolveRecipe):
    """What decides a seasonal naive forecaster."""

    period: int = 0  # rows of a season; 0: a day of hours, a week of days, a year of months
    days: bool | None = None  # the rule of days; None: where columns are known a day ahead

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(self, 0, 1_000_000, "period")
        if self.days not in (None, True, False):
            raise ValueError(f"days is true or false, got {self.days!r}")

    @classmethod
    def sizes(cls, series: Series) -> tuple[int, int]:
        horizon, lookback = usual_sizes(series)
        return horizon, max(lookback, season_rows(series, horizon))


class SeasonalFit(Solve):
    """The season before."""

    TASK, RECIPE = "forecasting/seasonal", SeasonalRecipe  # type: ignore[assignment]

    def prepare(self, data: Data) -> OneStep:
        r = self.recipe

        def note(net: Forecaster) -> str:
            assert isinstance(net, SeasonalNaive)
            return f"period {net.period} rows" + (", by the rule of days" if net.days else "")

        return OneStep(
            data.series,
            lambda: make_seasonal(data.series, r.horizon, r.lookback, r.period or None, r.days, r.data),
            note,
        )


@dataclass(frozen=True, kw_only=True)
class MeanRecipe(SolveRecipe):
    """What decides a climatology."""

    by: list[str] | None = None  # what is told apart, of hour, weekday, month; None: the validation part chooses

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by is not None and not (isinstance(self.by, list) and all(isinstance(name, str) for name in self.by)):
            raise ValueError(f"by is a list such as [hour, month], got {self.by!r}"[:200])


class MeanFit(Solve):
    """Means of the training part."""

    TASK, RECIPE = "forecasting/mean", MeanRecipe  # type: ignore[assignment]

    def prepare(self, data: Data) -> OneStep:
        r = self.recipe

        def note(net: Forecaster) -> str:
            assert isinstance(net, Climatology)
            chosen = ", chosen on the validation part" if r.by is None else ""
            return f"means by {', '.join(net.by) or 'nothing'}{chosen}"

        return OneStep(
            data.series,
            lambda: make_climatology(data.series, r.horizon, r.lookback, r.by, data=r.data),
            note,
        )
