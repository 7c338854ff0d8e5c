"""The report at the end of a fit: naive rivals of their own reach, no division by a faultless rule, a table."""

import numpy as np
import pytest

from ludus.forecasting.report import Summary, naive_figures, summarise
from ludus.forecasting.windows import Windows
from series_texts import hourly, read

SHORT = read(hourly(300))
PRICES = read(hourly(24 * 60), targets=("price",), known=("load",))


def test_short_series_are_judged_beside_naive_forecasts_of_their_own_reach():
    """A look-back of 24 rows, where the usual one of 336 is longer than the series."""
    windows = Windows.of(SHORT, "test", 12, 24)
    found = naive_figures(windows)
    assert list(found) == ["repeat the last value", "the season before"]
    rows = windows.origins[:, None] + np.arange(12)
    scale = SHORT.values[slice(*SHORT.splits["train"])].std(axis=0)
    error = np.abs(SHORT.values[rows] - SHORT.values[rows - 24]) / scale
    assert found["the season before"]["MAE"] == pytest.approx(error.mean(), rel=1e-5)
    assert list(naive_figures(Windows(SHORT, np.array([20, 21]), 12, 5))) == ["repeat the last value"]


def test_a_rule_that_is_never_wrong_divides_nothing():
    lines = hourly(24 * 60)
    same = [lines[0], *(f"{line.split(',')[0]},{i % 24},{line.split(',')[2]}" for i, line in enumerate(lines[1:]))]
    windows = Windows.of(read(same, targets=("price",), known=("load",)), "test", 24, 168)
    found = summarise("ours", {"MSE": 4.0, "MAE": 2.0}, windows)
    assert found.rows["a week or a day ago"]["MAE"] == 0.0
    assert "rMAE" not in found.rows["ours"]
    windows = Windows.of(PRICES, "test", 24, 168)
    found = summarise("ours", {"MSE": 4.0, "MAE": 2.0}, windows)
    assert found.rows["ours"]["rMAE"] == pytest.approx(2.0 / found.rows["a week or a day ago"]["MAE"])


def test_the_table_has_columns_as_wide_as_they_need():
    rows = {
        "published LEAR ensemble": {"MSE": 42.36, "MAE": 3.609},
        "ours": {"MSE": 1.0, "MAE": 2.0, "sMAPE": 0.2958, "coverage": 0.9},
    }
    assert str(Summary(rows, "ours", False, ("One line.",))).splitlines() == [
        "                           MSE    MAE    sMAPE  coverage",
        "published LEAR ensemble  42.36  3.609        –         –",
        "ours                         1      2  29.58 %   90.00 %",
        "Errors on the test part, in the series' own units.",
        "One line.",
    ]
