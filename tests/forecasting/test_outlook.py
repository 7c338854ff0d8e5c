"""Outlooks and plots: origins in reach, what stands beside a forecast, and figures that hold what they should."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from ludus.explain.series import attribute
from ludus.forecasting.baselines import CLIMATOLOGY, PERSISTENCE, SEASONAL, make_climatology, make_naive, make_seasonal
from ludus.forecasting.models.forecaster import Forecaster, spaces_of
from ludus.forecasting.outlook import find_origin, look_ahead, to_csv
from ludus.forecasting.plots import render_by_horizon, render_by_hour, render_fan
from ludus.forecasting.report_plots import save_plots
from ludus.forecasting.windows import Windows, layout_of
from ludus.utils.extras import install
from ludus.utils.plotting import pixels_of
from series_texts import hourly, read

PRICES = read(hourly(24 * 40), targets=("price",), known=("load",))
BOTH = read(hourly(24 * 40))
BARE = replace(BOTH, times=None)
SPREAD = (-2.0, -1.0, 0.0, 1.0, 2.0)


class Fan(Forecaster):
    """Quantiles around the last price."""

    def predict(self, past, known, calendar):
        return (past[:, -1:, 0, None] + past.new_tensor(SPREAD)).expand(-1, 24, -1)


def fan_model():
    layout = layout_of(PRICES, 24, 48)
    return Fan(*spaces_of(layout, (24, 5)), {"layout": layout.to_json(), "quantiles": [0.1, 0.3, 0.5, 0.7, 0.9]})


def test_the_last_origin_is_where_all_is_known_that_must_be():
    assert find_origin(BOTH, 12, 48) == len(BOTH)  # what comes after the last row
    assert find_origin(PRICES, 24, 48) == len(PRICES) - 24
    waiting = PRICES.values.copy()
    waiting[-30:, 0] = np.nan  # the last day and a quarter has loads alone
    assert find_origin(replace(PRICES, values=waiting), 24, 48) == len(PRICES) - 48  # the midnight before


def test_origins_are_found_by_time_or_by_row():
    assert find_origin(BOTH, 12, 48, "2024-01-05T07:00") == 4 * 24 + 7
    assert find_origin(PRICES, 24, 48, "2024-01-05") == 4 * 24
    assert find_origin(BARE, 12, 48, "100") == 99
    for series, asked, expected in (
        (BOTH, "2024-01-02", "is not in reach; prices.csv has origins from 2024-01-03 00:00 to 2024-02-10 00:00"),
        (BOTH, "2024-01-05T07:30", "is no row of prices.csv; the nearest after it is 2024-01-05 08:00"),
        (PRICES, "2024-01-05T07:00", "2024-02-09 00:00, midnights only"),
        (BARE, "2024-01-05", "prices.csv has no dates; give the number of a row, from 1 on"),
        (BARE, "40", "is not in reach; prices.csv has origins from 49 to 961"),
    ):
        with pytest.raises(ValueError, match=".") as said:
            find_origin(series, 24, 48, asked)
        assert expected in str(said.value)
    with pytest.raises(
        ValueError, match="has 960 rows with targets and 960 in all; a forecast needs 1000 rows to look"
    ):
        find_origin(BOTH, 12, 1000)


def test_naive_forecasts_and_what_came_stand_beside():
    origin = 24 * 30
    found = look_ahead(make_seasonal(PRICES, 24, 168), PRICES, origin)
    assert list(found.beside) == [PERSISTENCE, SEASONAL, CLIMATOLOGY]
    np.testing.assert_array_equal(found.truth[:, 0], PRICES.values[origin : origin + 24, 0])
    np.testing.assert_array_equal(found.values, found.beside[SEASONAL])
    off = found.errors()
    assert off["forecast"] == off[SEASONAL]
    assert off[PERSISTENCE] == pytest.approx(np.abs(PRICES.values[origin - 1, 0] - found.truth).mean(), rel=1e-5)
    assert found.labels[0] == "2024-01-31 00:00"


def test_climatology_beside_a_forecast_knows_the_rows_before_it_alone():
    origin = 24 * 20
    changed = PRICES.values.copy()
    changed[origin:, 0] += 500.0
    nets = make_seasonal(PRICES, 24, 168)
    one, other = (look_ahead(nets, series, origin) for series in (PRICES, replace(PRICES, values=changed)))
    for name in one.beside:
        np.testing.assert_array_equal(one.beside[name], other.beside[name])
    assert (one.truth != other.truth).all()


def test_nothing_has_come_after_the_end():
    found = look_ahead(make_naive(BOTH, 12, 48), BOTH, len(BOTH))
    assert np.isnan(found.truth).all()
    assert found.errors() == {}
    assert found.labels[:2] == ["2024-02-10 00:00", "2024-02-10 01:00"]
    assert look_ahead(make_naive(BARE, 12, 48), BARE, 100).labels[0] == "101"


def test_the_csv_has_every_target_and_quantile():
    found = look_ahead(fan_model(), PRICES, 24 * 30)
    rows = list(csv.DictReader(io.StringIO(to_csv(found).decode())))
    assert list(rows[0])[2:8] == ["forecast", "q0.1", "q0.3", "q0.5", "q0.7", "q0.9"]
    last = PRICES.values[24 * 30 - 1, 0]
    for name, off in zip(list(rows[0])[3:8], SPREAD, strict=True):
        assert float(rows[5][name]) == pytest.approx(last + off, rel=1e-4)
    assert float(rows[5]["forecast"]) == pytest.approx(last, rel=1e-4)
    both = list(csv.DictReader(io.StringIO(to_csv(look_ahead(make_naive(BOTH, 6, 48), BOTH, 200)).decode())))
    assert [row["target"] for row in both] == ["price"] * 6 + ["load"] * 6


def test_the_fan_holds_what_stands_beside_the_forecast():
    found = look_ahead(fan_model(), PRICES, 24 * 30)
    figure = render_fan(found, attribute(fan_model(), found.x))
    above, below = figure.axes
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in above.get_lines()}
    np.testing.assert_array_equal(lines["forecast"], found.values[:, 0])
    np.testing.assert_array_equal(lines["what came"], found.truth[:, 0])
    assert {PERSISTENCE, CLIMATOLOGY} <= set(lines)
    assert len(above.collections) == 2  # bands
    heights = np.array([bar.get_height() for bar in below.patches])
    moved = found.x[47 * 2] - found.x[: 48 * 2 : 2].mean()  # the last price, from the mean of the past
    assert heights.sum() == pytest.approx(moved, abs=1e-3)
    wide, high = (figure.get_size_inches() * 130).astype(int)
    assert pixels_of(figure).shape == (high, wide, 3)
    many = look_ahead(make_naive(BOTH, 6, 48), BOTH, 200)
    assert len(render_fan(many).axes) == 2


def test_bars_that_are_none_are_said_to_be_none():
    """A week before lies outside of the two days that are shown; a climatology looks at nothing."""
    for model, said in (
        (make_seasonal(BOTH, 24, 168, 168), "rows before these moved it"),
        (make_climatology(BOTH, 24, 168), "nothing that it saw moved it"),
    ):
        found = look_ahead(model, BOTH, 24 * 30)
        below = render_fan(found, attribute(model, found.x)).axes[-1]
        assert [text.get_text() for text in below.texts] == [said]
        assert below.get_legend() is None
    found = look_ahead(fan_model(), PRICES, 24 * 30)
    below = render_fan(found, attribute(fan_model(), found.x)).axes[-1]
    assert [text.get_text() for text in below.get_legend().get_texts()] == ["price"]  # of two columns


def test_errors_are_plotted_by_row_and_by_hour():
    errors = {"this model": np.arange(24.0), PERSISTENCE: np.ones(24)}
    for figure in (render_by_horizon(errors, "1h", "€"), render_by_hour(errors, "€")):
        (axis,) = figure.axes
        np.testing.assert_array_equal(axis.get_lines()[0].get_ydata(), np.arange(24.0))
        assert axis.get_ylabel() == "mean absolute error (€)"


class Writer:
    """What TensorBoard's writer is given."""

    def __init__(self):
        self.images = {}

    def add_image(self, tag, image, step, dataformats):
        self.images[tag] = image


@pytest.mark.parametrize(("series", "pictures"), [(PRICES, 3), (BARE, 2)])
def test_a_fit_leaves_its_plots_in_the_folder_and_in_tensorboard(series, pictures, tmp_path):
    windows, writer = Windows.of(series, "test", 24, 48), Writer()
    save_plots(make_climatology(series, 24, 48, ()), windows, tmp_path, writer, 0)
    assert len(list(tmp_path.glob("*.png"))) == len(writer.images) == pictures
    for image in writer.images.values():
        assert image.dtype == np.uint8
        assert image.std() > 5.0


def test_without_matplotlib_a_note_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    notes = []
    save_plots(make_naive(PRICES, 24, 48), Windows.of(PRICES, "test", 24, 48), tmp_path, Writer(), 0, notes.append)
    assert notes == [f"the picture needs matplotlib: {install('plots')}"]
    assert not list(tmp_path.iterdir())
