"""Fits without epochs: what was stopped ends with the same bits, nothing of the day to come is seen, and refusals."""

import os

import numpy as np
import pytest
import torch

from forecasting_toy import day_ahead_csv, waves_csv
from ludus.components.component import Component
from ludus.data import series_sets
from ludus.data.series_load import load_series
from ludus.forecasting.backtest import backtest
from ludus.forecasting.tasks.ensemble import EnsembleFit, EnsembleRecipe, best_weights
from ludus.forecasting.tasks.lear import LEARFit, LEARRecipe
from ludus.forecasting.tasks.linear import LinearFit, LinearRecipe, PeriodicFit
from ludus.forecasting.tasks.neural_recipe import compose as compose_neural
from ludus.forecasting.tasks.solve import Data
from ludus.forecasting.windows import Windows
from ludus.scripts import fit as fit_command
from ludus.training import progress
from ludus.training.fit import folder_of
from ludus.utils.interrupts import Interrupted
from stopping import stop_at

DAYS = {"targets": ["price"], "known": ["load"]}
SMALL = {"windows": [28, 40], "strengths": [0.05, 0.03], "checkpoint_seconds": 0.0}
WEEK = 168


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    return day_ahead_csv(tmp_path_factory.mktemp("prices") / "prices.csv", days=100)


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    return waves_csv(tmp_path_factory.mktemp("waves") / "waves.csv", rows=900)


def compose(kind, path, horizon=None, lookback=None, reading=None, **settings):
    series = load_series(str(path), **(reading or {}))
    return kind.RECIPE.compose(series, horizon, lookback, settings, str(path), reading)


@pytest.fixture(scope="module")
def fitted(prices, tmp_path_factory):
    """A LEAR that is calibrated each day; its folder, the component and the summary."""
    out = tmp_path_factory.mktemp("models") / "lear"
    return out, *LEARFit.start(out, compose(LEARFit, prices, None, WEEK, DAYS, **SMALL)).train()


def test_lear_learns_what_the_load_says_and_is_saved(fitted):
    out, net, summary = fitted
    naive = min(row["MAE"] for who, row in summary.rows.items() if who != "lear")
    assert net.metrics["MAE"] < 0.5 * naive
    again = Component.load(out)
    assert again.metrics == net.metrics
    assert all(torch.equal(tensor, again.state_dict()[key]) for key, tensor in net.state_dict().items())


def test_one_calibration_is_the_last_before_the_test(prices, tmp_path, fitted):
    recipe = compose(LEARFit, prices, None, WEEK, DAYS, **SMALL, recalibrate=0)
    net, _ = LEARFit.start(tmp_path / "once", recipe).train()
    series = load_series(str(prices), **DAYS)
    first = np.datetime64(series.times[Windows.of(series, "test", 24, WEEK).origins[0]], "D").astype(int)
    assert net.until.tolist() == [first - 1]
    daily = fitted[1]
    at = daily.until.tolist().index(first - 1)
    # Started elsewhere, the LASSO ends where it did, to its tolerance.
    torch.testing.assert_close(net.coefficients[0], daily.coefficients[at], atol=5e-3, rtol=0.0)


@pytest.mark.parametrize("kind", ["lear", "ensemble"])
def test_fit_that_was_stopped_ends_with_the_same_bits(kind, prices, waves, tmp_path):
    if kind == "lear":
        fit, recipe = LEARFit, compose(LEARFit, prices, None, WEEK, DAYS, **SMALL, recalibrate=4)
    else:
        parts = ["linear", {"periodic": {"level": "mean", "period": 12}}]
        fit, recipe = EnsembleFit, compose(EnsembleFit, waves, 12, 48, parts=parts, weights="validation")
    whole, _ = fit.start(tmp_path / "whole", recipe).train()
    with pytest.raises(Interrupted):
        fit.start(tmp_path / "stopped", recipe).train(stop_at(7))
    assert not (tmp_path / "stopped" / "config.json").exists()
    resumed = fit.open(tmp_path / "stopped")
    assert resumed.recipe == recipe
    seen = []
    net, _ = resumed.train(lambda progress: seen.append(progress.done))
    assert seen[0] >= 7  # what was done is not done again
    assert all(torch.equal(tensor, net.state_dict()[key]) for key, tensor in whole.state_dict().items())
    assert {**net.metrics, "seconds": 0} == {**whole.metrics, "seconds": 0}


def test_checkpoint_of_other_data_is_refused(prices, tmp_path):
    path = tmp_path / "prices.csv"
    path.write_bytes(prices.read_bytes())
    out = tmp_path / "lear"
    with pytest.raises(Interrupted):
        LEARFit.start(out, compose(LEARFit, path, None, WEEK, DAYS, **SMALL)).train(stop_at(3))
    day_ahead_csv(path, days=100, seed=1)
    with pytest.raises(ValueError, match="the data are not those that the checkpoint"):
        LEARFit.open(out).train()


def test_day_that_is_forecast_is_not_seen(prices, tmp_path):
    """Prices from a day of the test on are changed, and the load after it: what was forecast till then stays."""
    lines = prices.read_text().splitlines()
    day = 90 * 24  # the row at which the future begins
    changed = tmp_path / "prices.csv"
    rest = [line.split(",") for line in lines[1 + day :]]
    future = [f"{t},{float(p) * 3.0 + 7.0},{x if i < 24 else float(x) * 2.0 + 5.0}" for i, (t, p, x) in enumerate(rest)]
    changed.write_text("\n".join([*lines[: 1 + day], *future]) + "\n")
    found = []
    for path in (prices, changed):
        series = load_series(str(path), **DAYS)
        recipe = LEARRecipe.compose(series, None, WEEK, SMALL, str(path), DAYS)
        fit = LEARFit(tmp_path / "none", recipe)
        solver = fit.prepare(Data(series, 24, WEEK))
        while solver.step < solver.steps:
            solver.take()
            solver.step += 1
        windows = Windows.of(series, "test", 24, WEEK)
        kept = backtest(solver.trained(), windows, keep=True).forecasts
        found.append((windows.origins, kept))
    (origins, before), (_, after) = found
    known = origins <= day
    assert known.sum() >= 5
    assert (~known).sum() >= 5
    assert np.array_equal(before[known], after[known])
    assert not np.array_equal(before[~known][1:], after[~known][1:])


@pytest.mark.parametrize("kind", [LinearFit, PeriodicFit])
@pytest.mark.parametrize("level", ["last", "mean"])
def test_fit_is_least_squares_of_windows_written_out(kind, level, waves, tmp_path):
    """A period that divides neither look-back nor horizon; checked against ``numpy.linalg.lstsq``."""
    horizon, lookback = 5, 26
    period = {"period": 12} if kind is PeriodicFit else {}
    recipe = compose(kind, waves, horizon, lookback, level=level, strengths=[0.0], **period)
    net, _ = kind.start(tmp_path / "net", recipe).train()
    series = load_series(str(waves))
    windows = Windows.of(series, "train", horizon, lookback)
    scale = series.values[: series.splits["train"][1]].std(axis=0)
    past = windows.layout.take(windows.inputs(slice(None)), "past").astype(np.float64) / scale
    x = past.transpose(0, 2, 1).reshape(-1, lookback)
    y = (windows.truths(slice(None)).astype(np.float64) / scale).transpose(0, 2, 1).reshape(-1, horizon)
    if kind is PeriodicFit:
        x = x[:, 2:]
    from_here = x[:, -1:] if level == "last" else x.mean(axis=1, keepdims=True)
    x, y = x - from_here, y - from_here
    if kind is PeriodicFit:  # phases 0 … 4 of the coming period, each from the two before
        x, y = x.reshape(-1, 2, 12)[:, :, :horizon].transpose(0, 2, 1).reshape(-1, 2), y.reshape(-1, 1)
    expected = np.linalg.lstsq(x, y, rcond=None)[0]
    error, least = ((y - x @ net.weights.double().numpy()) ** 2).mean(), ((y - x @ expected) ** 2).mean()
    assert error == pytest.approx(least, rel=1e-4)
    if kind is PeriodicFit:
        np.testing.assert_allclose(net.weights.numpy(), expected, atol=1e-4)


def test_strength_is_the_best_of_the_validation_part(waves, tmp_path):
    recipe = compose(LinearFit, waves, 12, 48, strengths=[1e-4, 0.1, 100.0])
    fit = LinearFit.start(tmp_path / "net", recipe)
    _, summary = fit.train()
    assert fit.solver.errors.argmin() < 2  # 100 gives next to nothing
    chosen = recipe.strengths[int(fit.solver.errors.argmin())]
    net, _ = LinearFit.start(tmp_path / "one", compose(LinearFit, waves, 12, 48, strengths=[chosen])).train()
    assert torch.equal(net.weights, Component.load(tmp_path / "net").weights)
    measured = backtest(net, Windows.of(load_series(str(waves)), "validation", 12, 48), scale=fit.solver.scaler.std)
    assert measured.errors.figures()["MSE"] == pytest.approx(float(fit.solver.errors.min()), rel=1e-4)
    assert f"strength {chosen:g}" in str(summary)


def test_best_weights_by_hand():
    """Errors without correlation weigh by their variances; one that another contains has no weight."""
    one, other = np.array([2.0, 0.0, -2.0, 0.0]), np.array([0.0, 1.0, 0.0, -1.0])
    np.testing.assert_allclose(best_weights(np.stack([one, other])), [0.2, 0.8])
    np.testing.assert_allclose(best_weights(np.stack([one, 3.0 * one])), [1.0, 0.0])


def test_ensemble_takes_saved_forecasters(prices, tmp_path, fitted):
    out = fitted[0]
    parts = [str(out), {"linear": {"lookback": 48}}]
    recipe = compose(EnsembleFit, prices, None, WEEK, DAYS, parts=parts, weights=[0.9, 0.1])
    net, summary = EnsembleFit.start(tmp_path / "both", recipe).train()
    np.testing.assert_allclose(net.shares.numpy(), [0.9, 0.1])
    assert net.lookback == WEEK
    assert "weights given (0.90, 0.10)" in str(summary)
    recipe = compose(EnsembleFit, prices, None, WEEK, DAYS, parts=parts, weights="validation")
    best, _ = EnsembleFit.start(tmp_path / "best", recipe).train()
    assert best.metrics["MSE"] <= 1.05 * fitted[1].metrics["MSE"]


@pytest.mark.parametrize(
    ("recipe", "settings", "said"),
    [
        (LEARRecipe, {"windows": [56]}, "1 window and 4 strengths"),
        (LEARRecipe, {"windows": [3], "strengths": [0.1]}, "windows are numbers of days, 28 or more"),
        (LEARRecipe, {"strengths": [0, 1, 2, 3]}, "strengths are numbers between 0 and 1"),
        (LEARRecipe, {"recalibrat": 1}, "no setting 'recalibrat'.*recalibrate"),
        (LinearRecipe, {"strengths": []}, "strengths are numbers >= 0"),
        (LinearRecipe, {"level": "lst"}, "unknown level 'lst'.*last"),
        (EnsembleRecipe, {"parts": [{"linear": 3}]}, "a part of an ensemble is a folder, or one of"),
        (EnsembleRecipe, {"weights": [1.0]}, "weights are 4 numbers"),
        (EnsembleRecipe, {"weights": [0.5, 0.5, 0.5, 0.5]}, "weights add up to 1, got 2"),
        (EnsembleRecipe, {"weights": "best"}, "weights is equal, validation or a list"),
    ],
)
def test_settings_that_do_not_fit_are_refused(recipe, settings, said, prices):
    with pytest.raises(ValueError, match=said):
        recipe.compose(load_series(str(prices), **DAYS), 24, WEEK, settings)


def test_no_rows_are_not_the_usual_ones(prices):
    series = load_series(str(prices), **DAYS)
    for recipe in (LinearRecipe.compose, lambda *sizes: compose_neural(sizes[0], "nlinear", *sizes[1:])):
        with pytest.raises(ValueError, match="horizon must be 1 … 1,000,000, got 0"):
            recipe(series, 0, WEEK)
        with pytest.raises(ValueError, match="lookback must be 1 … 1,000,000, got 0"):
            recipe(series, 24, 0)


def test_series_without_a_day_ahead_is_refused(waves, tmp_path):
    with pytest.raises(ValueError, match=r"LEAR forecasts the 24 hours of a day.*waves.* known nothing"):
        LEARFit.start(tmp_path / "lear", compose(LEARFit, waves, 24, 48))
    assert not (tmp_path / "lear.training").exists()


def test_command_fits_and_refuses_epochs(prices, tmp_path, capsys):
    words = ["--file", str(prices), "--target", "price", "--known", "load", "--out", str(tmp_path / "net")]
    with pytest.raises(ValueError, match="lear has no epochs"):
        fit_command.main(["forecasting/lear", *words, "--epochs", "3"])
    small = ["--set", "lookback=168", "--set", "windows=[28]", "--set", "strengths=[0.05]", "--set", "recalibrate=0"]
    assert fit_command.main(["forecasting/lear", *words, *small]) == 0
    assert "calibrated once" in " ".join(capsys.readouterr().out.split())
    assert isinstance(Component.load(tmp_path / "net"), Component)
    assert (folder_of(tmp_path / "net") / "fit.yaml").exists()


def at_hand(name):
    try:
        series_sets.load_set(name)
    except FileNotFoundError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.skipif("LUDUS_DATA" not in os.environ, reason="LUDUS_DATA names no folder with ett and energy")
def test_figures_of_public_series(tmp_path):
    """ETTh1 at 96 by the ensemble of closed forms, and the German market by LEAR."""
    assert at_hand("etth1")
    net, _ = EnsembleFit.start(tmp_path / "h", EnsembleRecipe.compose(load_series("etth1"), 96)).train()
    assert net.metrics["MSE"] <= 0.361
    fit = LEARFit.start(tmp_path / "de", LEARRecipe.compose(load_series("epf-de"), settings={"recalibrate_train": 0}))
    assert fit.train()[0].metrics["MAE"] <= 3.53
