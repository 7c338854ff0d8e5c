"""The row of the forecasting study's CSV."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trained:
    """One training, and its errors on all windows of the test part."""

    data: str
    horizon: int
    model: str
    lookback: int
    seed: int
    mse: float  # of several targets in standard deviations of the training part, of one in its own units
    mae: float
    smape: float  # NaN of several targets
    rmae: float  # MAE as a share of the rule of days'; NaN where there are no days
    shape_mae: float
    seconds: float  # wall clock of the fit, without the test
    cpu_seconds: float  # of the process, with the test
    best: str  # who published the smallest error: MSE, of day-ahead prices MAE
    best_mse: float
    best_mae: float
    recipe: str  # hash of what decided the training
