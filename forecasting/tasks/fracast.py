"""`ludus fit forecasting/fracast`: a pretrained forecaster as a component, with the report of others."""

from ...data.series import Series
from ..models.forecaster import Forecaster, spaces_of
from ..models.fracast import CONTEXT, Fracast
from ..windows import Windows, is_day_ahead, usual_sizes
from .solve import Solve


class FracastFit(Solve):
    """The pretrained forecaster for a series."""

    MODEL, SETTINGS = "fracast", ("quantiles",)

    @classmethod
    def usual_sizes(cls, series: Series) -> tuple[int, int]:
        horizon, lookback = usual_sizes(series)
        return horizon, lookback if is_day_ahead(series) else min(CONTEXT, series.splits["test"][0])

    def solve(self, series: Series) -> Forecaster:
        r = self.recipe
        return make_fracast(Windows.of(series, "test", r.horizon, r.lookback), r.settings.get("quantiles", []), r.data)


def make_fracast(windows: Windows, quantiles: list[float], data: str = "") -> Fracast:
    """The pretrained forecaster for such windows.

    Raises:
        ValueError: the package is not installed as it is expected; levels that it does not give, or several targets.
    """
    if not isinstance(quantiles, list) or not all(isinstance(level, float) for level in quantiles):
        raise ValueError(f"quantiles is a list of levels such as [0.1, 0.5, 0.9], got {quantiles!r}"[:200])
    if quantiles and len(windows.output) > 1:
        raise ValueError(
            f"quantiles are forecast of one target, {windows.series.name} has {windows.output[1]}; name one: --target"
        )
    output = (windows.horizon, len(quantiles)) if quantiles else windows.output
    layout = windows.layout
    return Fracast(
        *spaces_of(layout, output), layout=layout.to_json(), quantiles=quantiles, data=data or windows.series.name
    )
