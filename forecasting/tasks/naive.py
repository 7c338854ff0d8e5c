"""`ludus fit forecasting/naive`, `seasonal` and `mean`: naive forecasters as components, with a report as others."""

from typing import Any

from ...data.series import Series
from ..baselines import make_climatology, make_naive, make_seasonal, usual_period
from ..models.forecaster import Forecaster
from ..models.naive import Climatology, SeasonalNaive
from ..windows import is_day_ahead, usual_sizes
from .solve import Solve


class NaiveFit(Solve):
    """The last row again and again."""

    MODEL = "naive"

    def solve(self, series: Series) -> Forecaster:
        return make_naive(series, self.recipe.horizon, self.recipe.lookback, self.recipe.data)


class SeasonalFit(Solve):
    """The season before."""

    MODEL, SETTINGS = "seasonal", ("period", "days")

    @classmethod
    def usual_sizes(cls, series: Series) -> tuple[int, int]:
        horizon, lookback = usual_sizes(series)
        return horizon, max(lookback, usual_period(series) * (7 if is_day_ahead(series) else 1))

    def solve(self, series: Series) -> Forecaster:
        r = self.recipe
        return make_seasonal(series, r.horizon, r.lookback, **r.settings, data=r.data)

    def chosen(self, net: Any) -> dict[str, Any]:
        assert isinstance(net, SeasonalNaive)
        return {"period": net.period, "days": net.days}


class MeanFit(Solve):
    """Means of the training part, by what the validation part says should be told apart."""

    MODEL, SETTINGS = "mean", ("by",)

    def solve(self, series: Series) -> Forecaster:
        r = self.recipe
        by = r.settings.get("by")
        if by is not None and not (isinstance(by, list) and all(isinstance(name, str) for name in by)):
            raise ValueError(f"by is a list such as [hour, month], got {by!r}")
        return make_climatology(series, r.horizon, r.lookback, by, data=r.data)

    def chosen(self, net: Any) -> dict[str, Any]:
        assert isinstance(net, Climatology)
        return {"by": list(net.by) or "nothing: one mean of all"}


FITS: dict[str, type[Solve]] = {fit.MODEL: fit for fit in (NaiveFit, SeasonalFit, MeanFit)}
