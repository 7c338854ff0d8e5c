"""Forecasters in slots, explained beside the frame: what was seen, said and came, and what the bars add up to."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explain_stage import has
from forecast_toy import COMING, PAST, price
from ludus.agents.explanations import BatchSeriesSlot, make_explanations
from ludus.components.layout import Layout, Part
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.explain import panel, series_panel
from ludus.explain.series_panel import SeriesView
from ludus.explain.series_slots import SeriesOnlooker
from ludus.forecasting.models.forecaster import Forecaster, spaces_of

LAYOUT = Layout((Part("past", (PAST, 2), ("price", "row"), "1h"), Part("known", (COMING, 1), ("row",), "1h")))


class LastAndRow(Forecaster):
    """Three times the last price, half the first one, and a tenth of the number of the coming row."""

    def predict(self, past, known, calendar):
        return 3.0 * past[:, -1:, 0] + 0.5 * past[:, :1, 0] + 0.1 * known[:, :, 0]


@pytest.fixture
def batch():
    net = LastAndRow(*spaces_of(LAYOUT, (COMING,)), {"layout": LAYOUT.to_json()})
    batch = open_batch("forecast_toy", 2, forecast=net)
    batch.seed_from(0)
    return batch


def test_the_view_shows_what_was_seen_said_and_came_and_what_moved_it(batch):
    onlooker = SeriesOnlooker(BatchSeriesSlot(batch, "forecast"))
    looks = onlooker.looks(np.array([0, 1]))
    heats = onlooker.heat(looks)
    for i, (look, heat) in enumerate(zip(looks, heats, strict=True)):
        view, row = onlooker.view(look, heat), int(batch.store["row"][i])
        np.testing.assert_array_equal(view.truth, [price(row + ahead) for ahead in range(COMING)])
        np.testing.assert_array_equal(view.past, [price(row - 8 + ahead) for ahead in range(8)])
        prices = [price(row - PAST + j) for j in range(PAST)]
        said = [3.0 * prices[-1] + 0.5 * prices[0] + 0.1 * (row + ahead) for ahead in range(COMING)]
        np.testing.assert_allclose(view.forecast, said, rtol=1e-6)
        last, first = 3.0 * (prices[-1] - np.mean(prices)), 0.5 * (prices[0] - np.mean(prices))
        rows = 0.1 * (1.5 + (PAST + 1) / 2)  # from the mean of the past to that of the coming rows
        assert view.moved[7, 0] == pytest.approx(last, abs=1e-3)
        assert view.moved[8:, 1].sum() == pytest.approx(rows, abs=1e-3)
        assert view.earlier[0] == pytest.approx(first, abs=1e-3)  # of a row before those that are shown
        totals = {shown.name: shown.total for shown in view.shown_columns()}
        assert totals == pytest.approx({"price": last + first, "row": rows}, abs=1e-2)


def test_the_panel_is_rendered_beside_the_frame(batch):
    explanations = make_explanations(batch, None, "grad-cam")
    drawn = explanations.render(np.array([0, 1]), (480, 360))
    assert drawn.shape == (2, 480, 360, 3)
    for colour in (panel.INK, panel.GOOD_INK, panel.CHOSEN_INK, *series_panel.COLOURS[:2]):
        assert has(drawn[0], colour)
    assert explanations.explained == 2
    explanations.render(np.array([0, 1]), (480, 360))
    assert explanations.explained == 2  # nothing has changed
    batch.step(np.zeros(2, np.int64))
    explanations.render(np.array([0, 1]), (480, 360))
    assert explanations.explained == 4


class Spread(LastAndRow):
    """The same and two numbers above it, which are said to be quantiles."""

    def predict(self, past, known, calendar):
        return super().predict(past, known, calendar)[..., None] + torch.tensor([0.0, 1.0, 3.0])


class OneWindow:
    """A slot that shows what its component says of one window, see ``explain.series_slots.SeriesSlot``."""

    name = "forecast"

    def __init__(self, component):
        self.component = component

    def read(self, rows):
        windows = np.tile(np.arange(LAYOUT.size, dtype=np.float32), (len(rows), 1))
        return windows, self.component(torch.from_numpy(windows)).numpy(), np.zeros((len(rows), COMING), np.float32)


def test_of_quantiles_the_median_is_shown():
    config = {"layout": LAYOUT.to_json(), "quantiles": [0.1, 0.4, 0.6]}
    onlooker = SeriesOnlooker(OneWindow(Spread(*spaces_of(LAYOUT, (COMING, 3)), config)))
    (look,) = onlooker.looks(np.array([0]))
    view = onlooker.view(look, onlooker.heat([look])[0])
    np.testing.assert_allclose(view.forecast, view.low + 2.0, rtol=1e-6)


def test_the_panel_names_its_lines_and_what_moved_nothing_that_is_shown():
    one = np.linspace(0.0, 1.0, 24)
    view = SeriesView("forecast", np.r_[one, one], one, None, None, one[::-1], np.zeros((72, 1)), np.ones(1), ["price"])
    drawn = panel.render_panel([view], (480, 360))
    chart = 16 + 24 + 8 + int(series_panel.CHART * 480)  # where it ends
    legend, bars = drawn[chart + 1 : chart + 32], drawn[chart + 40 : chart + 120]
    for _, colour in series_panel.LINES:
        assert has(legend, colour)
    assert has(bars, panel.SOFT)
    moved = replace(view, moved=np.ones((72, 1)))
    middle = panel.render_panel([moved], (480, 360))[chart + 80 : chart + 110]
    assert not has(middle, panel.SOFT)


def test_a_slot_without_a_model_is_named_with_the_remedy():
    batch = open_batch("forecast_toy", 1, forecast="truth")
    with pytest.raises(ValueError, match=".") as said:
        make_explanations(batch, None, "grad-cam")
    assert "slot forecast is filled with 'truth'; " in str(said.value)
    assert str(said.value).endswith("fill the slot with a model: --slot forecast=models/prices")


@pytest.mark.parametrize("size", [(480, 360), (177, 133), (96, 72), (40, 30), (8, 6), (1, 1)])
@pytest.mark.parametrize("columns", [0, 1, 9])
def test_views_of_any_size_stay_within_their_margins(size, columns):
    random = np.random.default_rng(0)
    view = SeriesView(
        title="a slot with a name that is far too long for the panel, and goes on",
        past=random.normal(size=48),
        forecast=random.normal(size=24),
        low=random.normal(size=24) - 3.0,
        high=random.normal(size=24) + 3.0,
        truth=random.normal(size=24),
        moved=random.normal(size=(72, columns)),
        earlier=np.ones(columns),
        columns=[f"a column with a long name {k}" for k in range(columns)],
    )
    drawn = panel.render_panel([view], size)
    assert drawn.shape == (*size, 3)
    if min(size) >= panel.BARE:
        for edge in (drawn[:, :3], drawn[:, -3:], drawn[:2], drawn[-1:]):
            assert (edge == panel.GROUND).all()
    assert len(view.shown_columns()) == min(columns, len(series_panel.COLOURS) + 1)
