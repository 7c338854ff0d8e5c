"""Leaks: a known column that holds the target is refused, whatever its unit; one that only forecasts well is not."""

import numpy as np
import pytest

from ludus.data.leaks import find_leak
from ludus.data.series_load import load_series

ROWS, HORIZON = 3000, 24
random = np.random.default_rng(0)
NOISE = random.normal(size=ROWS)
TARGET = 40.0 + 10.0 * np.sin(np.arange(ROWS) * 2.0 * np.pi / 24.0) + NOISE.cumsum() * 0.3 + NOISE
RAIN = np.where(random.random(ROWS) < 0.15, random.exponential(5.0, ROWS), 0.0)


def shifted(values, by):
    """known[t] = values[t + by]; noise where there is none."""
    moved = np.roll(values, -by)
    if by > 0:
        moved[-by:] = 0.5
    elif by < 0:
        moved[:-by] = 0.5
    return moved


LEAKS = {
    "the same": (TARGET, TARGET, 0),
    "in cents": (100.0 * TARGET, TARGET, 0),
    "with the other sign": (7.0 - TARGET, TARGET, 0),
    "rounded": (np.round(TARGET, 2), TARGET, 0),
    "but for a few rows": (np.where(np.arange(ROWS) % 50 == 0, 0.0, TARGET), TARGET, 0),
    "an hour ahead": (shifted(TARGET, 1), TARGET, 1),
    "a day ahead": (shifted(TARGET, 24), TARGET, 24),
    "an hour behind": (shifted(TARGET, -1), TARGET, -1),
    "just within the horizon": (shifted(TARGET, 1 - HORIZON), TARGET, 1 - HORIZON),
    "rain": (0.1 * RAIN, RAIN, 0),
}


@pytest.mark.parametrize("case", LEAKS)
def test_leaks_are_found(case):
    known, target, shift = LEAKS[case]
    assert find_leak(known, target, HORIZON) == shift


HONEST = {
    "a day behind": shifted(TARGET, -HORIZON),  # which is known at every origin
    "a good forecast": TARGET + random.normal(0.0, 0.02 * TARGET.std(), ROWS),
    "smooth, as the target": 40.0 + 10.0 * np.sin(np.arange(ROWS) * 2.0 * np.pi / 24.0),
    "something else": random.normal(size=ROWS),
    "weekends": (np.arange(ROWS) // 24 % 7 >= 5).astype(float),
}


@pytest.mark.parametrize("case", HONEST)
def test_forecasts_are_not_accused(case):
    assert find_leak(HONEST[case], TARGET, HORIZON) is None


def test_zeros_in_common_prove_nothing():
    rare, other = (np.where(random.random(ROWS) < share, random.exponential(5.0, ROWS), 0.0) for share in (0.02, 0.005))
    assert ((rare == 0.0) & (other == 0.0)).mean() > 0.97
    assert find_leak(other, rare, HORIZON) is None
    assert find_leak(2.0 * rare, rare, HORIZON) == 0


def test_a_short_series_is_not_judged():
    assert find_leak(TARGET[:40], TARGET[:40], 4) is None


def test_the_file_is_refused_with_both_names(tmp_path):
    times = np.datetime64("2024-01-01T00:00") + np.arange(200) * np.timedelta64(1, "h")
    path = tmp_path / "prices.csv"
    lines = [f"{time},{y},{y / 2}" for time, y in zip(times, TARGET, strict=False)]
    path.write_text("\n".join(["time,price,half", *lines]))
    with pytest.raises(ValueError, match=".") as said:
        load_series(path, targets=("price",), known=("half",), horizon=24)
    assert str(said.value) == (
        "prices.csv: the column half, said to be known in advance, holds the target price (in the same row); nobody "
        "knows that at the origin: take it out of --known"
    )
    assert load_series(path, targets=("price",)).columns == ("price", "half")  # of the past it may be seen
    with pytest.raises(ValueError, match="the column price is forecast and known in advance; name it once"):
        load_series(path, targets=("price",), known=("price",))
