"""The market of Battery and its slot: what a forecast sees, what fills it, and which series are refused."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch

import ludus  # noqa: F401
from ludus.components.layout import Layout
from ludus.data.datasets import is_at_hand
from ludus.data.series_sets import find_set, load_set
from ludus.envs.automation.battery import estimate, layout
from ludus.envs.automation.battery.rules_market import _clock, check_prices, load_prices, make_market
from ludus.forecasting.models.forecaster import Forecaster, spaces_of

SIZES = {"data": "generated", "split": "test", "lookback": 672}
needs_epf = pytest.mark.skipif(
    not is_at_hand(find_set("epf-de")),
    reason="Germany's prices are not here; set LUDUS_DATA to a folder with them",
)
BASELINES = {"naive": 1, "weekly": 7}


def open_batch(**keywords):
    return gymnasium.make_vec("ludus/BatteryDiscrete-v0", **{"num_envs": 5, **keywords}).unwrapped.batch


class LastDay(Forecaster):
    """What the past's last day was, or five times that as quantiles; counts how many rows it was asked for."""

    rows = 0

    def predict(self, past, known, calendar):
        LastDay.rows += len(past)
        day = past[:, -24:, 0]
        spread = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
        return day[..., None] + spread if self.quantiles else day


def last_day(quantiles=(), lookback=672, **changed):
    described = layout(**{**SIZES, "lookback": lookback}).to_json()
    for part in described:
        part.update(changed)
    given = spaces_of(Layout.from_json(described), (24, len(quantiles)) if quantiles else (24,))
    return LastDay(*given, {"layout": described, "quantiles": list(quantiles)})


def test_the_splits_are_apart_and_the_weeks_of_the_test_are_104():
    train, test = (make_market("generated", split, 672) for split in ("train", "test"))
    assert train.calendar[-1, 3] + 1 == test.calendar[0, 3]
    assert len(test.prices) == 104 * 7
    assert len(train.prices) == 208 * 7 - 28  # the look-back of the first day
    assert (np.diff(test.calendar[:, 3]) == 1).all()
    assert (test.rows[:672, 0] == train.rows[-672:, 0]).all(), "the look-back reaches into the time before"


def test_the_raw_signal_ends_at_midnight_and_names_its_parts():
    series = load_prices("generated")
    begin = series.splits["test"][0]
    batch = open_batch(split="test", forecast="raw")
    batch.reset(starts=np.arange(5), seeds=[0] * 5)
    raw, parts = batch.shown("forecast"), layout(**SIZES)
    columns = [series.columns.index(name) for name in ("price", "load_forecast", "wind_solar_forecast")]
    for i in range(5):
        row = begin + 24 * 7 * i
        assert (parts.take(raw[i], "past") == series.values[row - 672 : row][:, columns].astype("f4")).all()
        assert (parts.take(raw[i], "known") == series.values[row : row + 24][:, columns[1:]].astype("f4")).all()
        hour, weekday, _, day = parts.take(raw[i], "calendar")
        assert (hour, weekday, day) == (0, 0, (series.times[row].astype("datetime64[D]")).astype(int))
    batch.close()


@pytest.mark.parametrize("name", [*BASELINES, "seasonal-naive", "climatology", "truth"])
def test_simple_forecasts_are_what_they_say(name):
    market = make_market("generated", "test", 672)
    batch = open_batch(split="test", forecast=name, num_envs=7)
    batch.seed_from(0)
    for offset in range(7):  # all weekdays
        day = 30 + offset + np.zeros(7, int)
        batch.store["day"] = day
        batch.refresh()
        d = int(day[0])
        before = {"naive": 1, "weekly": 7, "truth": 0}.get(name, 7 if d % 7 in (0, 5, 6) else 1)
        expected = market.prices[d - before] if name != "climatology" else mean_of_training(market, d)
        assert batch.shown("forecast")[0] == pytest.approx(expected, abs=1e-3)
    batch.close()


def mean_of_training(market, day):
    series = load_prices("generated")
    stop = series.splits["test"][0]
    days = series.values[:stop, 0].reshape(-1, 24)
    dates = series.times[:stop:24].astype("datetime64[D]")
    today = np.datetime64(int(market.calendar[day, 3]), "D")
    months, month = (d.astype("datetime64[M]").astype(int) % 12 for d in (dates, today))
    weekdays, weekday = ((d.astype(int) + 3) % 7 for d in (dates, today))
    return days[(months == month) & (weekdays == weekday)].mean(axis=0)


def test_a_component_runs_once_per_day_of_the_market():
    LastDay.rows = 0
    batch, naive = open_batch(forecast=last_day()), open_batch(forecast="naive")
    for each in (batch, naive):
        each.seed_from(3)
    for _ in range(200):
        assert (batch.shown("forecast") == naive.shown("forecast")).all()
        for each in (batch, naive):
            each.step(np.full(5, 12))
    days = len(batch.world.prices)
    assert LastDay.rows <= -(-days // 256) * 256
    batch.close()
    naive.close()


def test_of_quantiles_the_median_counts():
    batch = open_batch(forecast=last_day((0.1, 0.3, 0.5, 0.7, 0.9)))
    batch.seed_from(0)
    assert batch.observation_space["forecast"].shape == (24, 5)
    assert (batch.estimate("forecast") == batch.shown("forecast")[..., 2]).all()
    levels, six = (0.05, 0.1, 0.2, 0.45, 0.6, 0.9), np.arange(6.0).reshape(1, 1, 6)
    assert estimate(six, levels)[0, 0] == pytest.approx(3.0 + 1.0 / 3.0)  # a third of the way from 0.45 to 0.6
    flat = np.ones((2, 24))
    assert estimate(flat, ()) is flat
    batch.close()


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (lambda: last_day(lookback=336), "past has 336 rows, expected 672"),
        (lambda: last_day(step="15min"), "past is in steps of 15min, expected 1h"),
    ],
)
def test_a_component_for_another_layout_is_refused(component, message):
    with pytest.raises(ValueError, match=message):
        open_batch(forecast=component())


def test_a_table_that_does_not_cover_the_split_is_refused(tmp_path):
    market = make_market("generated", "test", 672)
    path = tmp_path / "forecasts.csv"
    write_table(path, market, 727)
    with pytest.raises(ValueError, match="covers 727 of 728 values of day, the first that it lacks is 727"):
        open_batch(split="test", forecast=str(path))
    write_table(path, market, 728)
    batch = open_batch(split="test", forecast=str(path))
    batch.seed_from(0)
    assert batch.shown("forecast") == pytest.approx(market.prices[batch.store["day"]] + 1.0, abs=1e-3)
    batch.close()


def write_table(path, market, days):
    start = np.datetime64(int(market.calendar[0, 3]), "D").astype("datetime64[h]")
    rows = enumerate(market.prices[:days].ravel())
    path.write_text("time,forecast\n" + "".join(f"{start + k},{price + 1.0:.3f}\n" for k, price in rows))


def prices_file(
    path, hours=24 * 120, start="2020-01-01T00", step=1, change=lambda lines: None, header="time,price,load"
):
    generator = np.random.default_rng(0)
    times = np.datetime64(start, "h") + step * np.arange(hours)
    load = generator.normal(50.0, 10.0, hours)
    price = 0.5 * load + generator.normal(0.0, 5.0, hours)
    lines = [f"{str(t).replace('T', ' ')}:00,{p:.2f},{q:.1f}" for t, p, q in zip(times, price, load, strict=True)]
    change(lines)
    path.write_text("\n".join([header, *lines]) + "\n")
    return str(path)


def test_a_file_of_prices_is_a_market(tmp_path):
    path = prices_file(tmp_path / "prices.csv", start="2020-01-01T05")
    batch = open_batch(data=path, lookback=168, split="train")
    world = batch.world
    assert (world.calendar[:, 0] == 0.0).all()
    assert world.known.shape[1:] == (24, 1)
    assert len(world.prices) == 88  # 96 of 120 days, less 7 of look-back, less what is left of the first day
    batch.seed_from(0)
    batch.step(np.full(5, 10))
    batch.close()
    prices_file(tmp_path / "prices.csv", hours=24 * 200)
    assert len(make_market(path, "train", 168).prices) > 88, "the file has changed"


def _lose(lines):
    del lines[500]


def _empty(lines):
    lines[500] = lines[500].split(",")[0] + ",,50.0"


def _tell(lines):
    lines[:] = [",".join((*line.split(",")[:2], line.split(",")[1])) for line in lines]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hours": 24 * 20}, "has 0 whole days after a look-back of 672 h, expected 7 or more"),
        ({"step": 2}, "is in steps of 2h, expected 1h: Battery needs 24 prices a day"),
        ({"change": _lose}, "row 502, column time: .*: 1 row of 1h is missing; correct the file, Battery takes it"),
        (
            {"change": _empty},
            "row 502, column price: no number there; correct the file, Battery takes it as it s",
        ),
        ({"change": _tell}, r"load, said to be known .* price \(in the same row\); correct the file, Battery takes"),
        ({"header": "time,cost,load"}, "price"),
    ],
)
def test_a_file_that_is_no_market_is_refused_in_one_line(tmp_path, arguments, message):
    path = prices_file(tmp_path / "prices.csv", **arguments)
    with pytest.raises(ValueError, match=message) as caught:
        open_batch(data=path)
    assert "\n" not in str(caught.value)


def test_names_that_mean_nothing_get_a_hint():
    with pytest.raises(ValueError, match="did you mean 'epf-de'"):
        open_batch(data="epf-d")
    with pytest.raises(FileNotFoundError, match=r"nothing.csv does not exist"):
        open_batch(data="nothing.csv")


def test_a_market_that_is_not_here_says_where_it_comes_from(monkeypatch, tmp_path):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_set.cache_clear()
    with pytest.raises(FileNotFoundError, match=r"prices, NP .*is not here;\nget it from .*LUDUS_DATA"):
        open_batch(data="epf-np")


def test_a_series_of_other_things_is_no_market():
    others = replace(load_prices("generated"), columns=("cost", "load", "wind"))
    with pytest.raises(
        ValueError, match="generated is no market: it has the columns cost, load, wind, and none is called"
    ):
        check_prices(others)
    with pytest.raises(ValueError, match="generated has no times"):
        check_prices(replace(others, times=None))


@needs_epf
@pytest.mark.parametrize(
    ("forecast", "euros", "error"),
    [
        ("truth", 40.51, 0.0),
        ("published-dnn", 35.95, 3.413),
        ("published-lear", 35.34, 3.609),
        ("seasonal-naive", 27.52, 8.040),
        ("naive", 24.63, None),
        ("weekly", 27.45, None),
        ("climatology", 31.22, None),
    ],
)
def test_the_test_weeks_of_germany_earn_what_an_independent_computation_found(forecast, euros, error):
    """€ per day; 40.5, 35.9, 35.3, 27.5 and 24.6 are that computation's, the errors those of the published files."""
    batch = open_batch(num_envs=104, data="epf-de", split="test", forecast=forecast, autoreset_mode="Disabled")
    assert batch.starts == 104
    batch.reset(starts=np.arange(104), seeds=[0] * 104)
    earned, errors = np.zeros(104), []
    for hour in range(168):
        if hour % 24 == 0:
            errors.append(np.abs(batch.estimate("forecast") - batch.world.prices[batch.store["day"]]).mean())
        batch.step(batch.heuristic(name="plan"))
        earned += batch.buffers.reward
    assert batch.buffers.terminated.all()
    assert earned.mean() / 7.0 == pytest.approx(euros, abs=0.006)
    assert error is None or np.mean(errors) == pytest.approx(error, abs=6e-4)
    batch.close()


def test_the_clock_buys_before_it_sells():
    day = np.zeros(24)
    day[2:5], day[18:21], day[0] = -5.0, 5.0, 9.0
    clock = _clock(day)
    assert np.flatnonzero(clock == 1.0).tolist() == [2, 3, 4]
    assert np.flatnonzero(clock == -1.0).tolist() == [18, 19, 20]


def test_noise_has_the_error_that_its_level_says():
    batch = open_batch(split="test", forecast="noisy:0.341", num_envs=728 - 6)
    batch.seed_from(0)
    batch.store["day"] = np.arange(722)
    batch.refresh()
    errors = batch.shown("forecast") - batch.world.prices[:722]
    assert np.abs(errors).mean() == pytest.approx(3.41, rel=0.05)
    assert np.corrcoef(errors[:, 3], errors[:, 4])[0, 1] == pytest.approx(0.85, abs=0.05)
    batch.close()
