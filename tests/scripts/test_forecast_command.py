"""`ludus fit forecasting/...` and `ludus forecast` on a file: tables, CSV, pictures, and refusals in one line."""

import csv

import numpy as np
import pytest
from PIL import Image

from ludus.data import datasets
from ludus.data.series_sets import SERIES_SETS
from ludus.forecasting.baselines import make_naive, make_seasonal
from ludus.scripts.main import main
from series_texts import hourly, read

HERE = all(datasets.is_at_hand(SERIES_SETS[name]) for name in ("weather", "seattle"))


@pytest.fixture
def prices(tmp_path):
    """A file of 60 days whose last one has no prices yet."""
    lines = hourly(24 * 60)
    for i in range(len(lines) - 24, len(lines)):
        time, _, load = lines[i].split(",")
        lines[i] = f"{time},,{load}"
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def model(tmp_path):
    net = make_seasonal(read(hourly(24 * 59), targets=("price",), known=("load",)), 24, 168)
    net.save(tmp_path / "model")
    return str(tmp_path / "model")


def test_a_file_is_fitted_and_its_coming_day_forecast(prices, tmp_path, capsys):
    out = tmp_path / "models" / "seasonal"
    series = ["--file", str(prices), "--target", "price", "--known", "load"]
    assert main(["fit", "forecasting/seasonal", *series, "--set", "lookback=168", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "the last 24 rows have no target: not used" in " ".join(said.split())
    assert "by the rule of days" in said
    pictures = sorted(path.name for path in out.with_name("seasonal.training").glob("*.png"))
    assert pictures == ["error-by-horizon.png", "error-by-hour.png", "fan.png"]

    table, plot = tmp_path / "out.csv", tmp_path / "fan.png"
    given = ["--file", str(prices), "--out", str(table), "--plot", str(plot), "--explain"]
    assert main(["forecast", str(out), *given]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "prices.csv, 24 rows of 1h from 2024-02-29 00:00 on" in said
    assert "of a flat window" in said
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 24
    assert list(rows[0]) == ["time", "target", "forecast", "persistence", "seasonal naive", "climatology", "truth"]
    before = read(hourly(24 * 60)).values[-48:-24, 0]  # the 29th was a Thursday
    np.testing.assert_allclose([float(row["forecast"]) for row in rows], before, rtol=1e-4)
    assert {row["truth"] for row in rows} == {""}
    with Image.open(plot) as picture:
        assert picture.size[0] == 1170


def test_from_an_origin_in_the_past_what_came_stands_beside(prices, model, capsys, tmp_path):
    table = tmp_path / "out.csv"
    assert main(["forecast", model, "--file", str(prices), "--origin", "2024-02-20", "--out", str(table)]) == 0
    assert "mean absolute error of price: forecast" in " ".join(capsys.readouterr().out.split())
    rows = list(csv.DictReader(table.read_text().splitlines()))
    whole = read(hourly(24 * 60))
    at = int(np.searchsorted(whole.times, np.datetime64("2024-02-20")))
    np.testing.assert_allclose([float(row["truth"]) for row in rows], whole.values[at : at + 24, 0], rtol=1e-4)


def test_a_file_of_another_order_of_columns_and_more_of_them_is_taken(prices, model, tmp_path, capsys):
    lines = prices.read_text().splitlines()
    cells = [line.split(",") for line in lines]
    other = tmp_path / "other.csv"
    other.write_text(
        "\n".join(f"{load},{'kind' if i == 0 else 'dry'},{price},{time}" for i, (time, price, load) in enumerate(cells))
    )
    assert main(["forecast", model, "--file", str(other)]) == 0
    assert "24 rows of 1h from 2024-02-29 00:00 on" in capsys.readouterr().out


REFUSED = {
    "no series": (
        [],
        "the model learned from prices.csv, which is no public series; name the file with the rows: --file",
    ),
    "another origin": (["--file", "PRICES", "--origin", "2023-01-01"], "--origin 2023-01-01 is no row of prices.csv"),
    "no midnight": (
        ["--file", "PRICES", "--origin", "2024-02-20T05:00"],
        "is not in reach; prices.csv has origins from 2024-01-08 00:00 to 2024-02-29 00:00, midnights only",
    ),
    "no time": (["--file", "PRICES", "--origin", "Tuesday"], "--origin Tuesday is no time; write it as 2017-06-30"),
    "target": (["--file", "PRICES", "--target", "load"], "--target does not go with a model, which says its columns"),
    "known": (
        ["--file", "PRICES", "--known", "load"],
        "--known does not go with a model, which says its columns itself",
    ),
    "no column": (["--file", "OTHER"], "other.csv has no column 'load'"),
    "quarters": (["--file", "QUARTERS"], "its past is in steps of 1h, expected 15min; fit one to this series"),
    "too short": (["--file", "SHORT"], "short.csv has 100 rows with targets and 100 in all; a forecast needs 168 rows"),
    "a folder": (["--file", "PRICES", "--plot", "nowhere/fan.png"], "--plot is a .png file in a folder that exists"),
    "an ending": (
        ["--file", "PRICES", "--out", "fan.txt"],
        "--out is a .csv file in a folder that exists, got fan.txt",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(case, prices, model, tmp_path, capsys):
    (tmp_path / "other.csv").write_text("\n".join(line.replace("load", "wind") for line in hourly(400)))
    (tmp_path / "short.csv").write_text("\n".join(hourly(100)))
    start = np.datetime64("2024-01-01T00:00")
    quarters = [f"{start + i * np.timedelta64(15, 'm')},{i % 9},{i % 7}" for i in range(2000)]
    (tmp_path / "quarters.csv").write_text("\n".join(["time,price,load", *quarters]))
    arguments, expected = REFUSED[case]
    files = {name.upper(): str(tmp_path / f"{name}.csv") for name in ("prices", "other", "short", "quarters")}
    assert main(["forecast", model, *(files.get(argument, argument) for argument in arguments)]) == 1
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


def test_a_component_of_another_kind_forecasts_nothing(tmp_path, capsys):
    from ludus.vision.models.classifier import spaces_of
    from ludus.vision.models.convnet import ConvNet

    net = ConvNet(*spaces_of(np.empty((1, 16, 16, 3)), 3), widths=[4], dense=4, classes=["a", "b", "c"])
    net.save(tmp_path / "model")
    assert main(["forecast", str(tmp_path / "model")]) == 1
    assert (
        "is a ConvNet, which forecasts nothing; expected what `ludus fit forecasting/...` made"
        in capsys.readouterr().err
    )


PRICES = ["--file", "PRICES", "--target", "price", "--known", "load"]
BAD_FITS = {
    "no series": ([], "which series? Either --data NAME, such as --data epf-de, or --file FILE.csv --target COLUMN"),
    "two series": (["--data", "epf-de", "--file", "PRICES"], "which series? Either --data NAME"),
    "an unknown column": (["--file", "PRICES", "--target", "prise"], "prices.csv has no column 'prise'; did you mean"),
    "an unknown setting": ([*PRICES, "--set", "perod=7"], "no setting 'perod'; did you mean 'period'?"),
    "no look-back": ([*PRICES, "--set", "lookback=many"], "--set lookback is a whole number of rows, 1 or"),
    "too long": ([*PRICES, "--horizon", "900"], "is too short"),
    "too short for a season": (
        [*PRICES, "--set", "lookback=9"],
        "a season of 168 rows needs a look-back of as many, got 9",
    ),
}


@pytest.mark.parametrize("case", BAD_FITS)
def test_fits_that_cannot_be_are_refused_and_leave_nothing(case, prices, tmp_path, capsys):
    arguments, expected = BAD_FITS[case]
    given = [str(prices) if argument == "PRICES" else argument for argument in arguments]
    assert main(["fit", "forecasting/seasonal", *given, "--out", str(tmp_path / "m")]) == 1
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1
    assert not (tmp_path / "m").exists()
    assert not (tmp_path / "m.training").exists()


@pytest.mark.skipif(not HERE, reason="LUDUS_DATA names no folder with mts and series")
@pytest.mark.parametrize("arguments", [["weather", "--target", "T (degC)"], ["seattle"]])
def test_weather_works_like_prices(arguments, tmp_path, capsys):
    out = str(tmp_path / "weather")
    assert main(["fit", "forecasting/mean", "--data", *arguments, "--out", out]) == 0
    assert "chosen on the validation part" in " ".join(capsys.readouterr().out.split())
    assert (
        main(
            [
                "forecast",
                out,
                "--plot",
                str(tmp_path / "fan.png"),
                "--origin",
                "2015-11-01" if len(arguments) == 1 else "",
            ]
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "forecast" in said or "temp_max" in said
    assert (tmp_path / "fan.png").stat().st_size > 10_000


def test_a_series_without_dates_is_asked_by_its_rows(tmp_path, capsys, monkeypatch):
    if not datasets.is_at_hand(SERIES_SETS["exchange"]):
        pytest.skip("LUDUS_DATA names no folder with mts")
    from ludus.data.series_sets import load_set

    make_naive(load_set("exchange"), 7, 20).save(tmp_path / "model")
    assert main(["forecast", str(tmp_path / "model"), "--origin", "7000"]) == 0
    assert "exchange, 7 rows of 1d from 7000 on" in " ".join(capsys.readouterr().out.split())
    assert main(["forecast", str(tmp_path / "model"), "--origin", "2010-01-01"]) == 1
    assert "exchange has no dates; give the number of a row, from 1 on" in capsys.readouterr().err
