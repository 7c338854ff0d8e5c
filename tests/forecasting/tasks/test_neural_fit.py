"""Trainings of forecasters: easy series are learned, a killed one ends with the same bits, faults are one line."""

import dataclasses

import numpy as np
import pytest
import torch

from forecasting_toy import day_ahead_csv, waves_csv
from ludus.components.component import Component
from ludus.data.series_load import load_series
from ludus.forecasting import losses
from ludus.forecasting.backtest import backtest
from ludus.forecasting.tasks.neural import FITS, NeuralLearner
from ludus.forecasting.tasks.neural_recipe import LEVELS, MODELS, compose
from ludus.forecasting.windows import Windows
from ludus.training import progress
from ludus.training.fit import folder_of
from ludus.training.recipe import read_recipe
from ludus.utils.interrupts import Interrupted
from stopping import stop_at

WAVES = {"time": ["time"]}
PRICES = {"targets": ["price"], "known": ["load"]}
QUICK = {"threads": 1, "checkpoint_seconds": 0.0, "batch_size": 32}
NETS = {
    "nlinear": {},
    "dlinear": {"kernel": 5},
    "mlp": {"hidden": [16]},
    "gru": {"hidden": 16, "piece": 6},
    "patchtst": {"patch": 6, "stride": 6, "width": 8, "heads": 2, "layers": 1, "hidden": 16, "dropout": 0.1},
}


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """Each step is reported; the number of threads is that of before afterwards."""
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    return waves_csv(tmp_path_factory.mktemp("series") / "waves.csv")


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    return day_ahead_csv(tmp_path_factory.mktemp("series") / "prices.csv", days=200)


def recipe_of(model, path, reading, horizon, lookback, seed=0, **settings):
    series = load_series(path, **reading, horizon=horizon)
    return compose(series, model, horizon, lookback, seed, {**QUICK, **settings}, str(path), reading)


def train(out, model, path, reading, horizon=6, lookback=24, show=None, **settings):
    return FITS[model].start(out, recipe_of(model, path, reading, horizon, lookback, **settings)).train(show)


def assert_same(one, other):
    for key, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key
    assert {**one.metrics, "seconds": 0} == {**other.metrics, "seconds": 0}


@pytest.mark.parametrize("model", MODELS)
def test_waves_are_learned(model, waves, tmp_path):
    net, summary = train(tmp_path / "m", model, waves, WAVES, epochs=8, lr=0.01, **NETS[model])
    assert net.metrics["MSE"] < 0.15  # in standard deviations; the last value again and again has more than 1
    assert net.metrics["windows"] == 600 * 0.2 - 6 + 1  # the test is never cut
    text = str(summary)
    assert "repeat the last value" in text
    assert "the season before" in text
    assert "Errors on the test part, in standard deviations of each column." in text
    again = Component.load(tmp_path / "m")
    assert_same(net, again)
    assert again.config["data"] == str(waves)


@pytest.mark.parametrize("model", ["mlp", "gru"])
def test_what_is_known_of_the_coming_day_is_used(model, prices, tmp_path):
    net, summary = train(
        tmp_path / "m",
        model,
        prices,
        PRICES,
        24,
        168,
        epochs=40,
        batch_size=8,
        lr=0.002,
        instance="none",
        dropout=0.2,
    )
    naive = summary.rows["a week or a day ago"]["MAE"]
    assert net.metrics["MAE"] < 1.5  # without the load, whose hourly noise moves prices by 2, it could not be below 1.6
    assert summary.rows[model]["rMAE"] == pytest.approx(net.metrics["MAE"] / naive)


@pytest.mark.parametrize(("step", "more"), [(1, {}), (7, {"ema": 0.9}), (13, {}), (17, {"dropout": 0.3})])
def test_a_training_that_was_stopped_ends_with_the_same_bits(step, more, waves, tmp_path):
    settings = {"epochs": 3, "hidden": [8], "lr": 0.01, **more}
    whole, _ = train(tmp_path / "whole", "mlp", waves, WAVES, **settings)
    with pytest.raises(Interrupted):
        train(tmp_path / "part", "mlp", waves, WAVES, show=stop_at(step), **settings)
    rest, _ = FITS["mlp"].open(tmp_path / "part").train()
    assert_same(whole, rest)


def learner_of(path, **settings):
    fit = FITS["nlinear"](path.with_name("unused"), recipe_of("nlinear", path, WAVES, 6, 24, **settings))
    data = fit.load()
    return fit.prepare(data), data


def test_the_best_epoch_is_kept_and_part_of_the_state(waves):
    learner, _ = learner_of(waves)
    learner.batches.step = 5
    learner.consider(2.0)
    kept = {key: value.clone() for key, value in learner.net.state_dict().items()}
    with torch.no_grad():
        learner.net.map.bias.add_(1.0)
    learner.batches.step = 10
    learner.consider(3.0)
    assert (learner.best_error, learner.best_step) == (2.0, 5)
    packed = {name: tensor.clone() for name, tensor in learner.pack().items()}
    other, _ = learner_of(waves)
    other.unpack(packed, 10)
    assert (other.best_error, other.best_step, other.step) == (2.0, 5, 10)
    other.consider(2.5)
    for net in (learner.trained(), other.trained()):
        for key, value in kept.items():
            assert torch.equal(net.state_dict()[key], value), key


def test_a_state_whose_best_epoch_is_another_networks_is_refused(waves):
    learner, _ = learner_of(waves)
    learner.consider(1.0)
    packed = learner.pack()
    del packed["best/net/map.bias"]
    with pytest.raises(ValueError, match="the best epoch are those of another network"):
        learner_of(waves)[0].unpack(packed, 3)


def test_the_kept_epoch_is_the_best_of_all(waves, tmp_path):
    """Judged again, the component has the smallest error that was seen on the validation part."""
    seen = []

    class Watched(FITS["mlp"]):
        def judge(self, learner, data):
            found = super().judge(learner, data)
            seen.append(found[0]["MAE"])
            return found

    recipe = recipe_of("mlp", waves, WAVES, 6, 24, epochs=6, hidden=[16], lr=0.3)  # so high that it goes up and down
    fit = Watched.start(tmp_path / "m", recipe)
    net, _ = fit.train()
    data = fit.load()
    again = backtest(net, data.watched, scale=data.scaler.std[:2]).errors.figures()["MAE"]
    assert again == pytest.approx(min(seen), rel=1e-6)
    assert min(seen) < seen[-1] or len(set(seen)) > 1


def test_without_holdout_the_validation_part_is_learned_too(waves, tmp_path):
    fit = FITS["nlinear"](tmp_path / "m", recipe_of("nlinear", waves, WAVES, 6, 24, holdout=False, epochs=1))
    data = fit.load()
    assert data.watched is None
    start, stop = data.train.series.splits["validation"]
    assert data.train.origins.max() == stop - 6
    assert (data.train.origins >= start).any()
    assert data.train.origins.max() + 6 <= data.test.origins.min()  # nothing of the test is learned
    _, summary = FITS["nlinear"].start(tmp_path / "m", fit.recipe).train()
    assert "kept: the last epoch" in str(summary)


def test_nothing_of_the_test_is_seen_before_it_is_measured(waves, tmp_path):
    """With other rows in the test part, the same weights."""
    lines = waves.read_text().splitlines()
    changed = [line if n <= 480 else ",".join([line.split(",")[0], "9.0", "-9.0"]) for n, line in enumerate(lines)]
    other = tmp_path / "other.csv"
    other.write_text("\n".join(changed) + "\n")
    one, _ = train(tmp_path / "one", "mlp", waves, WAVES, epochs=1, hidden=[8])
    two, _ = train(tmp_path / "two", "mlp", other, WAVES, epochs=1, hidden=[8])
    for key, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[key]), key
    assert one.metrics["MSE"] != two.metrics["MSE"]


def test_a_loss_that_is_no_number_stops_with_step_and_rate(waves, tmp_path):
    with pytest.raises(ValueError, match=r"the loss is (nan|inf) in step \d+ of \d+ at learning rate") as fault:
        train(tmp_path / "m", "nlinear", waves, WAVES, epochs=5, lr=1e6, optimizer="sgd", loss="mse")
    assert "--set lr=" in str(fault.value)


def test_a_file_that_has_changed_is_refused_when_a_training_goes_on(waves, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text(waves.read_text())
    with pytest.raises(Interrupted):
        train(tmp_path / "m", "nlinear", mine, WAVES, show=stop_at(3), epochs=2)
    mine.write_text(waves_csv(tmp_path / "new.csv", seed=5).read_text())
    with pytest.raises(ValueError, match="the data are not those that the checkpoint"):
        FITS["nlinear"].open(tmp_path / "m").train()


def normal_csv(path, rows=4000):
    """Noise that nothing tells of in advance: the best quantiles are those of its distribution, N(10, 2)."""
    values = 10.0 + 2.0 * np.random.default_rng(0).normal(size=rows)
    start = np.datetime64("2020-01-06T00:00", "s")
    lines = [f"{start + np.timedelta64(i, 'h')},{values[i]:.4f}" for i in range(rows)]
    path.write_text("time,a\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("model", ["mlp", "gru", "patchtst"])
def test_pinball_gives_the_quantiles_of_a_known_distribution(model, tmp_path):
    path = normal_csv(tmp_path / "n.csv")
    net, _ = train(
        tmp_path / "m",
        model,
        path,
        WAVES,
        horizon=2,
        lookback=6,
        epochs=6,
        lr=0.02,
        batch_size=128,
        quantiles=[0.1, 0.5, 0.9],
        instance="none",
        dropout=0.0,
        **{key: value for key, value in NETS[model].items() if key not in ("dropout", "hidden")},
        hidden=[4] if model == "mlp" else 4,
    )
    expected = 10.0 + 2.0 * np.array([-1.2816, 0.0, 1.2816])
    windows = Windows.of(load_series(path, **WAVES), "test", 2, 12)
    found = net(torch.from_numpy(windows.inputs(slice(None)))).mean(dim=(0, 1)).detach().numpy()
    np.testing.assert_allclose(found, expected, atol=0.35)
    assert net.metrics["coverage"] == pytest.approx(0.8, abs=0.06)
    assert net.quantiles == (0.1, 0.5, 0.9)


def test_a_loss_of_ones_own_is_learned(waves, tmp_path):
    """One that wants every forecast 10 too high."""
    own = {"targets": ["a"], **WAVES}

    def too_high(forecast, truth):
        assert forecast.shape == truth.shape
        return (forecast - truth - 10.0).abs().mean()

    losses.register("test/too-high", too_high)
    net, _ = train(tmp_path / "m", "dlinear", waves, own, epochs=5, lr=0.3, loss="test/too-high")
    assert net.metrics["MAE"] == pytest.approx(10.0, rel=0.1)
    assert (
        read_recipe(
            folder_of(tmp_path / "m") / "fit.yaml", "forecasting/dlinear", type(recipe_of("dlinear", waves, own, 6, 24))
        ).loss
        == "test/too-high"
    )


def test_losses_of_this_process_are_asked_for_by_name_alone(waves, tmp_path):
    with pytest.raises(ValueError, match="the loss 'test/none' is none of Ludus' own, and this process has not"):
        train(tmp_path / "m", "nlinear", waves, WAVES, loss="test/none")
    assert not folder_of(tmp_path / "m").exists()
    with pytest.raises(ValueError, match="unknown loss 'msee'; did you mean 'mse'"):
        recipe_of("nlinear", waves, WAVES, 6, 24, loss="msee")
    with pytest.raises(ValueError, match="named OWNER/NAME"):
        losses.register("mae", losses.mse)


def test_levels_go_with_pinball(waves):
    own = {"targets": ["a"], **WAVES}
    assert recipe_of("mlp", waves, own, 6, 24, quantiles=[0.5]).loss == "pinball"
    assert recipe_of("mlp", waves, own, 6, 24, loss="pinball").quantiles == LEVELS
    with pytest.raises(ValueError, match="quantiles go with loss=pinball alone"):
        recipe_of("mlp", waves, own, 6, 24, loss="mae", quantiles=[0.5])
    with pytest.raises(ValueError, match="quantiles is a list of levels"):
        recipe_of("mlp", waves, own, 6, 24, quantiles=["low"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"quantiles": [0.1, 0.9]}, "quantiles are forecast of one target, waves.csv has 2"),
        ({"hidden": [8], "lags": [9]}, r"lags\[0\] is a whole number 1 … 4, got 9"),
        ({"widths": [8]}, "no setting 'widths'"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(settings, message, waves, tmp_path):
    with pytest.raises(ValueError, match=message):
        train(tmp_path / "m", "mlp", waves, WAVES, **settings)
    assert not folder_of(tmp_path / "m").exists()


def test_a_series_that_is_too_short_is_refused(tmp_path):
    path = waves_csv(tmp_path / "short.csv", rows=60)
    with pytest.raises(ValueError, match="the train part of short.csv is too short: 42 rows, a look-back of 40"):
        train(tmp_path / "m", "nlinear", path, WAVES, 6, 40)


def test_losses():
    y = torch.tensor([[0.0, 1.0, 2.0]])
    f = y + torch.tensor([[10.0, 11.0, 12.0]])
    assert losses.mae(f, y) == 11.0
    assert losses.mse(f, y) == pytest.approx((100.0 + 121.0 + 144.0) / 3.0)
    assert losses.shape(f, y) == pytest.approx(2.0 / 3.0)  # what a decision that compares hours can go wrong by
    assert losses.shape(y + 10.0, y) == 0.0
    levels = torch.tensor([0.1, 0.9])
    low = losses.pinball((y + 1.0)[..., None].expand(1, 3, 2), y, levels)
    assert low == pytest.approx((0.9 + 0.1) / 2.0)
    assert losses.pinball((y - 1.0)[..., None].expand(1, 3, 2), y, levels) == pytest.approx((0.1 + 0.9) / 2.0)
    assert losses.pinball((y - 1.0)[..., None], y, levels[1:]) == pytest.approx(0.9)


def test_recipes_of_public_series_follow_their_kind(prices, waves):
    """Day-ahead series have a horizon of a day, and the lags of the literature."""
    series = load_series(prices, **PRICES, horizon=24)
    day_ahead = compose(series, "mlp")
    assert (day_ahead.horizon, day_ahead.lookback, day_ahead.net["lags"]) == (24, 672, [1, 2, 3, 7])
    other = compose(load_series(waves, **WAVES), "patchtst", 96)
    assert (other.horizon, other.lookback, other.loss) == (96, 512, "mae")
    assert dataclasses.replace(other, seed=1).seed == 1
    assert issubclass(FITS["patchtst"], object)
    assert NeuralLearner.__mro__[1].__name__ == "Learner"
