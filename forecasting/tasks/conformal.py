"""`ludus fit forecasting/conformal`: intervals around a saved forecaster, from its errors on the validation part."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from ...data.series import Series
from ...data.series_load import load_series
from ...utils.untrusted import is_number
from ..backtest import backtest, check_fits
from ..models.conformal import Conformal, conformal_offsets
from ..models.forecaster import Forecaster, spaces_of
from ..open_forecaster import open_forecaster
from .solve import Data, Solve, Solver, SolveRecipe, digest_of


@dataclass(frozen=True, kw_only=True)
class ConformalRecipe(SolveRecipe):
    """All that decides conformal intervals."""

    model: str = ""  # folder of the forecaster they go around
    quantiles: list[float] = field(default_factory=lambda: [0.05, 0.25, 0.5, 0.75, 0.95])

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model:
            raise ValueError("around which forecaster? --set model=FOLDER, such as --set model=models/prices")
        levels = self.quantiles
        if not levels or not all(is_number(level) and 0.0 < level < 1.0 for level in levels):
            raise ValueError(f"quantiles are levels between 0 and 1, such as [0.1, 0.5, 0.9]; got {levels!r}"[:200])

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
        """See ``SolveRecipe``; horizon and look-back are those of the forecaster where nobody says otherwise.

        Raises:
            FileNotFoundError: there is no forecaster in its folder.
        """
        recipe = super().compose(series, horizon, lookback, settings, data, reading)
        model = open_forecaster(Path(recipe.model))
        own: dict[str, Any] = {"horizon": model.horizon} if horizon is None else {}
        own |= {"lookback": model.lookback} if lookback is None else {}
        return replace(recipe, **own)


class Offsets(Solver):
    """One step: the forecaster is asked at every origin of the validation part."""

    steps = 1

    def __init__(self, recipe: ConformalRecipe, data: Data, model: Forecaster) -> None:
        self.recipe, self.data, self.model = recipe, data, model
        check_fits(model, data.validation)
        self.digest = f"{digest_of(data.series)} {model.fingerprint}"
        self.net = self.build()
        # Before anything is written: as many errors as there will be have to be enough.
        conformal_offsets(np.zeros((len(data.validation), 1)), self.net.quantiles)

    def build(self) -> Conformal:
        r, layout = self.recipe, self.data.test.layout
        ends = spaces_of(layout, (r.horizon, len(r.quantiles)))
        return Conformal(
            *ends, layout=layout.to_json(), part=self.model, quantiles=sorted(r.quantiles), data=r.data
        ).eval()

    def take(self) -> None:
        windows = self.data.validation
        kept = backtest(self.model, windows, keep=True).forecasts
        assert kept is not None
        errors = windows.truths(slice(None)).astype(np.float64) - kept
        self.net.offsets.copy_(torch.from_numpy(conformal_offsets(errors, self.net.quantiles)))

    def pack(self) -> dict[str, torch.Tensor]:
        return {"offsets": self.net.offsets.clone()}

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        found = tensors.get("offsets")
        if step != self.steps or found is None or found.shape != self.net.offsets.shape:
            raise ValueError("its offsets are of other levels")
        self.net.offsets.copy_(found)
        self.step = step

    def trained(self) -> Conformal:
        return self.net

    def note(self) -> str:
        levels = self.net.quantiles
        return f"levels {', '.join(f'{x:g}' for x in levels)}; {100 * (levels[-1] - levels[0]):.0f} % promised"


class ConformalFit(Solve):
    """The fit of conformal intervals; it sees what its forecaster sees, and forecasts as far."""

    TASK, RECIPE = "forecasting/conformal", ConformalRecipe  # type: ignore[assignment]

    def load(self) -> Data:
        r = self.recipe
        self.model = open_forecaster(Path(r.model))
        series = load_series(r.data, **r.reading, horizon=r.horizon, note=self.tell)
        return Data(series, r.horizon, r.lookback)

    def prepare(self, data: Data) -> Offsets:
        return Offsets(self.recipe, data, self.model)
