"""`ludus fit forecasting/fracast`: a pretrained forecaster as a component, with the report of others."""

from dataclasses import dataclass, field
from typing import Any

from ...data.series import Series
from ...utils.untrusted import is_number
from ...utils.wording import in_line
from ..models.forecaster import spaces_of
from ..models.fracast import CONTEXT, VERSION, Fracast
from ..windows import Windows, is_day_ahead, usual_sizes
from .naive import OneStep
from .solve import Data, Solve, SolveRecipe


@dataclass(frozen=True, kw_only=True)
class FracastRecipe(SolveRecipe):
    """What decides the component of a pretrained forecaster."""

    quantiles: list[Any] = field(default_factory=list)  # some of 0.1, 0.2 … 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.quantiles, list) or not all(is_number(level) for level in self.quantiles):
            raise ValueError(
                f"quantiles is a list of levels such as [0.1, 0.5, 0.9], got {in_line(repr(self.quantiles), 60)}"
            )

    @classmethod
    def sizes(cls, series: Series) -> tuple[int, int]:
        horizon, lookback = usual_sizes(series)
        return horizon, lookback if is_day_ahead(series) else min(CONTEXT, series.splits["validation"][0])


class FracastFit(Solve):
    """The pretrained forecaster for a series."""

    TASK, RECIPE = "forecasting/fracast", FracastRecipe  # type: ignore[assignment]

    def prepare(self, data: Data) -> OneStep:
        r: Any = self.recipe
        return OneStep(
            data.series,
            lambda: make_fracast(data.test, r.quantiles, r.data),
            lambda net: f"fracast {VERSION} as it is, nothing learned",
        )


def make_fracast(windows: Windows, quantiles: list[float], data: str = "") -> Fracast:
    """The pretrained forecaster for such windows.

    Raises:
        ValueError: the package is not installed as it is expected; levels that it does not give, or several targets.
    """
    if quantiles and len(windows.output) > 1:
        raise ValueError(
            f"quantiles are forecast of one target, {windows.series.name} has {windows.output[1]}; name one: --target"
        )
    output = (windows.horizon, len(quantiles)) if quantiles else windows.output
    layout = windows.layout
    return Fracast(
        *spaces_of(layout, output), layout=layout.to_json(), quantiles=quantiles, data=data or windows.series.name
    )
