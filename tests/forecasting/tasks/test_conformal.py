"""Conformal intervals: ranks by hand, their promise where it must hold, a fit around a forecaster, and refusals."""

import numpy as np
import pytest
import torch

from forecasting_toy import day_ahead_csv, layout
from ludus.components.component import Component
from ludus.data.series_load import load_series
from ludus.forecasting.models.conformal import Conformal, conformal_offsets
from ludus.forecasting.models.forecaster import spaces_of
from ludus.forecasting.models.linear import Linear
from ludus.forecasting.tasks.conformal import ConformalFit, ConformalRecipe
from ludus.forecasting.tasks.ensemble import EnsembleFit, EnsembleRecipe
from ludus.forecasting.tasks.lear import LEARFit, LEARRecipe
from ludus.forecasting.windows import Windows

READING = {"targets": ["price"], "known": ["load"]}


def test_offsets_are_the_ranks_of_the_errors():
    """Of 19 errors, 20 x .9 is the 18th smallest, 20 x .1 the second; the half is the median."""
    errors = np.random.default_rng(0).permutation(np.arange(1.0, 20.0))[:, None] * np.array([[1.0, -1.0]])
    offsets = conformal_offsets(errors, [0.1, 0.5, 0.9])
    assert offsets.tolist() == [[2.0, 10.0, 18.0], [-18.0, -10.0, -2.0]]


def test_promise_holds_where_errors_are_exchangeable():
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(300):
        errors = rng.exponential(size=(60, 4))
        low, high = conformal_offsets(errors, [0.1, 0.9]).T
        fresh = rng.exponential(size=(50, 4))
        covered.append(((fresh >= low) & (fresh <= high)).mean())
    assert 0.80 <= np.mean(covered) <= 0.84  # at least the promise, at most 2 / 61 more


def test_too_few_errors_are_refused():
    with pytest.raises(ValueError, match=r"the level 0.01 needs 99 held-out windows or more, got 98"):
        conformal_offsets(np.zeros((98, 2)), [0.01, 0.99])
    assert conformal_offsets(np.zeros((99, 2)), [0.01, 0.99]).shape == (2, 2)


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    """A LEAR, and intervals around it."""
    folder = tmp_path_factory.mktemp("models")
    path = day_ahead_csv(folder / "prices.csv", days=150)
    series = load_series(str(path), **READING, split="0.5,0.25")
    reading = {**READING, "split": "0.5,0.25"}
    small = {"windows": [40], "strengths": [0.03], "recalibrate_train": 0}
    LEARFit.start(folder / "lear", LEARRecipe.compose(series, None, 168, small, str(path), reading)).train()
    settings = {"model": str(folder / "lear"), "quantiles": [0.1, 0.5, 0.9]}
    recipe = ConformalRecipe.compose(series, None, 168, settings, str(path), reading)
    return folder, recipe, series, *ConformalFit.start(folder / "range", recipe).train()


def test_fit_covers_what_it_promises(around):
    folder, _, series, net, summary = around
    assert 0.7 <= net.metrics["coverage"] <= 0.9
    assert "80 % promised" in str(summary)
    x = torch.from_numpy(Windows.of(series, "test", 24, 168).inputs(slice(None)))
    point, y = Component.load(folder / "lear")(x), net(x)
    assert y.shape == (len(x), 24, 3)
    torch.testing.assert_close(y, point[:, :, None] + net.offsets)
    assert (y.diff(dim=2) > 0.0).all()
    assert torch.equal(Component.load(folder / "range")(x), y)


def test_offsets_see_the_validation_part_alone(around):
    folder, recipe, series, net, _ = around
    windows = Windows.of(series, "validation", 24, 168)
    with torch.no_grad():
        point = Component.load(folder / "lear")(torch.from_numpy(windows.inputs(slice(None)))).numpy()
    errors = windows.truths(slice(None)).astype(np.float64) - point
    np.testing.assert_allclose(net.offsets.numpy(), conformal_offsets(errors, recipe.quantiles), rtol=1e-5)


def test_quantiles_are_weighed_equally_alone(around):
    folder, recipe, series, *_ = around
    settings = {"parts": [str(folder / "range")] * 2, "weights": "validation"}
    asked = EnsembleRecipe.compose(series, None, 168, settings, recipe.data, recipe.reading)
    with pytest.raises(ValueError, match="weights=validation is for forecasts of one number per row; weigh quantiles"):
        EnsembleFit.start(folder / "weighed", asked)
    assert not (folder / "weighed.training").exists()


def test_sizes_are_those_of_the_forecaster(around):
    folder, recipe, series, _, summary = around
    own = ConformalRecipe.compose(series, None, None, {"model": recipe.model}, recipe.data, recipe.reading)
    assert (own.horizon, own.lookback) == (24, 168)
    assert "24 rows from 168; " in str(summary)
    asked = ConformalRecipe.compose(series, None, 336, {"model": recipe.model}, recipe.data, recipe.reading)
    with pytest.raises(ValueError, match="the LEAR does not fit prices.csv: its past has 168 rows, expected 336"):
        ConformalFit.start(folder / "longer", asked)
    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        ConformalRecipe.compose(series, None, None, {"model": "nowhere"}, recipe.data, recipe.reading)


def test_what_cannot_be_wrapped_is_refused(around):
    folder, _, series, net, _ = around
    with pytest.raises(ValueError, match="around which forecaster"):
        ConformalRecipe.compose(series, None, 168)
    with pytest.raises(ValueError, match="quantiles are levels between 0 and 1"):
        ConformalRecipe.compose(series, None, 168, {"model": "x", "quantiles": [1.0]})
    shape = layout(5, 3, 2)
    inner = Linear(*spaces_of(shape, (3, 2)), layout=shape.to_json())
    with pytest.raises(ValueError, match="around a forecaster of one number per row, got a Linear"):
        Conformal(*spaces_of(shape, (3, 1)), layout=shape.to_json(), part=inner, quantiles=[0.5])
    with pytest.raises(ValueError, match="around a forecaster of one number per row, got a Conformal"):
        Conformal(net.input_space, net.output_space, layout=net.layout.to_json(), part=net, quantiles=[0.1, 0.5, 0.9])
    settings = {"model": str(folder / "lear"), "quantiles": [0.001, 0.999]}
    recipe = ConformalRecipe.compose(series, None, 168, settings, str(folder / "prices.csv"), around[1].reading)
    with pytest.raises(ValueError, match=r"the level 0.001 needs 999 held-out windows"):
        ConformalFit.start(folder / "wide", recipe)
