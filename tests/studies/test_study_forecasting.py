"""The forecasting study: rows that are not repeated, tables beside what was published, a picture."""

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from forecasting_toy import day_ahead_csv, waves_csv
from ludus.data.series_load import load_series
from ludus.forecasting.published import published
from ludus.studies import forecasting, forecasting_table
from ludus.studies.forecasting import Arguments, plan, run
from ludus.studies.forecasting_row import Trained
from ludus.studies.rows import read_rows


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """ETTh1 and the German prices are generated series here, of a few weeks."""
    waves = load_series(waves_csv(tmp_path / "waves.csv"), time=["time"])
    prices = load_series(
        day_ahead_csv(tmp_path / "prices.csv", days=250), targets=["price"], known=["load"], horizon=24
    )
    series = {
        "etth1": dataclasses.replace(waves, name="etth1"),
        "epf-de": dataclasses.replace(prices, name="epf-de", published={"dnn": prices.column("price") + 1.0}),
    }

    def load(name, **reading):
        return series[name]

    monkeypatch.setattr(forecasting, "load_series", load)
    monkeypatch.setattr(forecasting, "fetch_series", lambda name: None)
    for module in ("solve", "neural"):
        monkeypatch.setattr(f"ludus.forecasting.tasks.{module}.load_series", load)
    return series


def said(arguments):
    console = Console(file=io.StringIO(), width=120)
    assert run(arguments, console) == 0
    return console.file.getvalue()


def test_a_row_per_training_that_is_not_repeated(generated, tmp_path, monkeypatch):
    out = tmp_path / "results"
    asked = Arguments(data="etth1", models="naive,nlinear", horizons="12,24", out=out)
    text = said(asked)
    rows = read_rows(out / "forecasting.csv", Trained)
    assert [(row.horizon, row.model) for row in rows] == [
        (12, "naive"),
        (12, "nlinear"),
        (24, "naive"),
        (24, "nlinear"),
    ]
    by = {(row.horizon, row.model): row for row in rows}
    assert by[12, "nlinear"].mse < 0.2 < by[12, "naive"].mse
    assert np.isnan(by[12, "naive"].smape)
    assert "etth1: MSE/MAE of all columns in standard deviations" in text
    assert (out / "forecasting.png").stat().st_size > 10_000
    assert not (out / "forecasting.models").exists()
    monkeypatch.setattr(forecasting, "judge", None)  # nothing is trained again
    again = said(dataclasses.replace(asked, markdown=True))
    assert "| model | look-back | 12 | 24 | seconds |" in again
    assert said(Arguments(out=out, markdown=True)) == again


def test_a_training_that_changes_takes_the_place_of_its_row(generated, tmp_path, monkeypatch):
    out = tmp_path / "results"
    asked = Arguments(data="etth1", models="nlinear", horizons="12", out=out)
    said(asked)
    (old,) = read_rows(out / "forecasting.csv", Trained)
    monkeypatch.setattr(forecasting, "SETTINGS", {"threads": 1, "epochs": 1})
    said(asked)
    (new,) = read_rows(out / "forecasting.csv", Trained)
    assert new.recipe != old.recipe
    assert new.mse > old.mse


def test_prices_are_told_in_their_own_units_beside_published_forecasts(generated, tmp_path):
    text = said(Arguments(data="epf-de", models="naive,seasonal", out=tmp_path / "results"))
    rows = {row.model: row for row in read_rows(tmp_path / "results" / "forecasting.csv", Trained)}
    assert rows["seasonal"].rmae == 1.0
    assert (rows["naive"].best, rows["naive"].best_mae) == ("DNN ensemble", 1.0)
    assert "epf-de: errors of the test years in their own units" in text
    assert "DNN ensemble †" in text


def test_the_published_stand_below_ours_at_their_horizons():
    row = Trained("etth1", 96, "naive", 336, 0, 1.294, 0.713, *[float("nan")] * 2, 0.5, 0.1, 0.2, "x", 0.361, 0.39, "a")
    headings, lines = forecasting_table.lines([row])
    assert headings == ["model", "look-back", "96", "seconds"]
    assert lines[0] == ["naive", "336", "1.294/0.713", "0.1"]
    assert ["TimeMixer †", "", "0.361/0.390", ""] in lines
    assert ["last value †", "", "1.295/0.713", ""] in lines
    assert published("etth1", 100) == {}
    assert published("seattle", 96) == {}


def test_what_is_asked_for_is_planned():
    asked = plan(["etth1", "epf-de"], ["mlp", "naive"], [], 2)
    assert asked[:3] == [("etth1", 96, "mlp", 0), ("etth1", 96, "mlp", 1), ("etth1", 96, "naive", 0)]
    assert [one for one in asked if one[0] == "epf-de"] == [
        ("epf-de", 24, m, s) for m, s in (("mlp", 0), ("mlp", 1), ("naive", 0))
    ]
    models = {name: {model for series, _, model, _ in plan([name], [], [], 1)} for name in ("etth1", "epf-de")}
    assert "lear" in models["epf-de"]
    assert "lear" not in models["etth1"]
    assert "patchtst" in models["etth1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": "etth1", "models": "nlinaer"}, "unknown model 'nlinaer'; did you mean 'nlinear'"),
        ({"data": "eth1"}, "unknown series 'eth1'"),
        ({"data": "etth1", "horizons": "far"}, "--horizons takes whole numbers"),
        ({"data": "etth1", "seeds": 0}, "are 1 or more, got 0"),
        ({}, "holds nothing yet; say which series"),
    ],
)
def test_what_does_not_fit_is_one_line(arguments, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        run(Arguments(out=tmp_path, **arguments), Console(file=io.StringIO()))
