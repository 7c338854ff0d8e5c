"""Windows: what stands in them, which origins there are, and that nothing of the future but the known is in them."""

from dataclasses import replace

import numpy as np
import pytest

from ludus.data.series import calendar_of
from ludus.forecasting.windows import Scaler, Windows, is_day_ahead, layout_of, origins_of, usual_sizes
from series_texts import hourly, read

PRICES = read(hourly(24 * 40), targets=("price",), known=("load",))
BOTH = read(hourly(24 * 40))
BARE = replace(BOTH, times=None, step="1d")


def test_a_window_holds_the_past_what_is_known_and_the_calendar():
    windows = Windows.of(PRICES, "test", 24, 48)
    x, y, origin = windows.inputs(slice(2, 3)), windows.truths(slice(2, 3)), int(windows.origins[2])
    take = windows.layout.take
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_array_equal(take(x, "past")[0], PRICES.values[origin - 48 : origin].astype(np.float32))
    np.testing.assert_array_equal(take(x, "known")[0, :, 0], PRICES.values[origin : origin + 24, 1].astype(np.float32))
    np.testing.assert_array_equal(take(x, "calendar")[0], calendar_of(PRICES.times[origin : origin + 1])[0])
    np.testing.assert_array_equal(y[0], PRICES.values[origin : origin + 24, 0].astype(np.float32))
    assert windows.layout == layout_of(PRICES, 24, 48)
    assert (windows.output, windows.layout.names) == ((24,), ("past", "known", "calendar"))


def test_targets_come_first_whatever_their_place_in_the_file():
    windows = Windows.of(read(hourly(400), targets=("load",)), "test", 6, 24)
    np.testing.assert_array_equal(
        windows.truths(slice(None))[:, 0], windows.series.column("load")[windows.origins].astype("f4")
    )
    assert windows.layout.part("past").columns == ("load", "price")


def test_series_without_dates_have_no_calendar():
    windows = Windows.of(BARE, "test", 6, 24)
    assert (windows.layout.names, windows.output) == (("past",), (6, 2))
    assert windows.inputs(slice(0, 3)).shape == (3, 48)


def test_day_ahead_series_have_their_origins_at_midnight_and_others_everywhere():
    assert is_day_ahead(PRICES)
    assert not is_day_ahead(BOTH)
    assert usual_sizes(PRICES) == (24, 672)
    origins = origins_of(PRICES, "test", 24, 48)
    start, stop = PRICES.splits["test"]
    assert set(np.diff(origins)) == {24}
    assert (PRICES.times[origins] == PRICES.times[origins].astype("datetime64[D]")).all()
    assert origins[0] - start < 24
    assert stop - origins[-1] < 48
    origins = origins_of(BOTH, "test", 24, 48)
    np.testing.assert_array_equal(origins, np.arange(start, stop - 23))


def test_windows_of_a_later_part_reach_back_and_those_of_training_stay_inside():
    for split in ("train", "validation", "test"):
        start, stop = BOTH.splits[split]
        origins = Windows.of(BOTH, split, 12, 100).origins
        assert origins[0] == max(start, 100)
        assert origins[-1] == stop - 12


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_batches_leave_no_window_out(size):
    windows = Windows.of(BOTH, "test", 12, 50)
    parts = list(windows.batches(size))
    assert sum(which.stop - which.start for which, _, _ in parts) == len(windows) == 181
    np.testing.assert_array_equal(np.concatenate([x for _, x, _ in parts]), windows.inputs(slice(None)))
    np.testing.assert_array_equal(np.concatenate([y for _, _, y in parts]), windows.truths(slice(None)))


def test_the_unknown_future_is_not_in_a_window():
    windows = Windows.of(PRICES, "test", 24, 48)
    changed = PRICES.values.copy()
    origin = int(windows.origins[1])
    changed[origin:, 0] += 100.0
    other = Windows(replace(PRICES, values=changed), windows.origins, 24, 48)
    np.testing.assert_array_equal(windows.inputs(slice(1, 2)), other.inputs(slice(1, 2)))
    assert (windows.truths(slice(1, 2)) != other.truths(slice(1, 2))).all()
    changed[origin:, 1] += 100.0  # what is known may move it
    assert (
        windows.inputs(slice(1, 2))
        != Windows(replace(PRICES, values=changed), windows.origins, 24, 48).inputs(slice(1, 2))
    ).sum() == 24


def test_an_origin_may_lie_behind_the_last_row():
    windows = Windows(BOTH, np.array([len(BOTH)]), 12, 50)
    x = windows.layout.take(windows.inputs(slice(None)), "calendar")[0]
    assert x.tolist() == calendar_of(np.array(["2024-02-10T00:00:00"], "datetime64[s]"))[0].tolist()
    with pytest.raises(
        ValueError, match=r"known in advance \(load\) ends at row 960 of prices.csv, row 984 is needed; add"
    ):
        Windows(PRICES, np.array([len(PRICES)]), 24, 48).inputs(slice(None))


def test_the_scaler_looks_at_the_training_part_alone():
    start, stop = BOTH.splits["train"]
    changed = BOTH.values.copy()
    changed[stop:] *= 9.0
    for series in (BOTH, replace(BOTH, values=changed)):
        scaler = Scaler.fit(series)
        np.testing.assert_allclose(scaler.mean, BOTH.values[start:stop].mean(axis=0))
        np.testing.assert_allclose(scaler.std, BOTH.values[start:stop].std(axis=0))
    flat = BOTH.values.copy()
    flat[:stop, 1] = 5.0
    assert Scaler.fit(replace(BOTH, values=flat)).std[1] == 1.0


def test_what_is_too_short_or_no_number_is_refused():
    with pytest.raises(
        ValueError, match=r"the test part of prices.csv is too short: 192 rows, .*horizon of 200 need 200 or"
    ):
        Windows.of(BOTH, "test", 200, 24)
    with pytest.raises(
        ValueError, match=r"the train part of prices.csv is too short: 672 rows, .* need 724 or more; take"
    ):
        Windows.of(BOTH, "train", 24, 700)
    with pytest.raises(ValueError, match="no part 'tests'; did you mean 'test'?"):
        Windows.of(BOTH, "tests", 24, 48)
    with pytest.raises(ValueError, match="the window at row 10 of prices.csv begins before it; a look-back of 48"):
        Windows(BOTH, np.array([10]), 24, 48)
    with pytest.raises(ValueError, match="horizon and look-back are 1 row or more, got 0 and 48"):
        Windows(BOTH, np.array([100]), 0, 48)
    holed = PRICES.values.copy()
    holed[800, 0], holed[806, 1] = np.nan, np.nan
    windows = Windows(replace(PRICES, values=holed), np.array([816]), 24, 48)
    with pytest.raises(ValueError, match="prices.csv, row 801, column price: no number in a window; fill it"):
        windows.inputs(slice(None))
    with pytest.raises(ValueError, match="prices.csv, row 807, column load: no number"):
        Windows(replace(PRICES, values=holed), np.array([792 + 12]), 24, 2).inputs(slice(None))
