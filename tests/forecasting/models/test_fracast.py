"""The pretrained forecaster: what its own package says, and a folder that names what it needs."""

import json

import numpy as np
import pytest
import torch

from forecasting_toy import day_ahead_csv, make, waves_csv
from ludus.components.component import Component
from ludus.data.series_load import load_series
from ludus.forecasting.models import fracast
from ludus.forecasting.models.fracast import LEVELS, Fracast
from ludus.forecasting.tasks.fracast import FracastFit, FracastRecipe, make_fracast
from ludus.forecasting.windows import Windows

package = pytest.importorskip("fracast", reason="fracast is not installed: pip install '.[pretrained]'")


@pytest.fixture(autouse=True)
def fresh():
    """What is found installed is looked at anew."""
    fracast.check_installed.cache_clear()
    yield
    fracast.check_installed.cache_clear()


def windows(lookback, targets, count=3, seed=0):
    x = torch.randn(count, lookback, targets, generator=torch.Generator().manual_seed(seed)).cumsum(dim=1)
    return 20.0 + x + 5.0 * torch.sin(torch.arange(lookback) * 2.0 * torch.pi / 24.0)[:, None]


def test_forecasts_are_those_of_its_package():
    """Of one window and of several, and further than the 48 rows that it gives at once."""
    model = package.FracastModel.from_pretrained(weights="fp32")
    for horizon, targets in ((24, 1), (100, 2)):
        net = make(Fracast, lookback=300, horizon=horizon, targets=targets)
        past = windows(300, targets)
        y = net(past.flatten(1)).reshape(3, horizon, targets)
        for k in range(targets):
            expected = model.forecast(past[:, :, k].numpy(), horizon=horizon)[:, :, LEVELS.index(0.5)]
            np.testing.assert_allclose(y[:, :, k], expected, rtol=1e-4, atol=1e-3)


def test_quantiles_are_its_own_and_rise():
    model = package.FracastModel.from_pretrained(weights="fp32")
    net = make(Fracast, lookback=200, horizon=24, quantiles=(0.1, 0.5, 0.9))
    past = windows(200, 1)
    y = net(past.flatten(1))
    assert (y.diff(dim=2) >= 0.0).all()
    expected = np.sort(model.forecast(past[:, :, 0].numpy(), horizon=24)[:, :, [0, 4, 8]], axis=2)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-3)


def test_a_constant_window_is_repeated():
    net = make(Fracast, lookback=100, horizon=8)
    np.testing.assert_allclose(net(torch.full((1, 100), 7.0)), 7.0, atol=1e-3)


def test_a_folder_names_package_version_and_hash_and_holds_no_weights(tmp_path):
    net = make(Fracast, lookback=100, horizon=8)
    net.save(tmp_path / "net")
    config = json.loads((tmp_path / "net" / "config.json").read_text())
    assert {key: config["config"][key] for key in ("package", "version", "sha256")} == {
        "package": "fracast",
        "version": "0.1.0",
        "sha256": fracast.SHA256,
    }
    assert (tmp_path / "net" / "weights.safetensors").stat().st_size < 100
    x = windows(100, 1).flatten(1)
    assert torch.equal(Component.load(tmp_path / "net")(x), net(x))


@pytest.mark.parametrize(("key", "value"), [("version", "0.2.0"), ("sha256", "0" * 64), ("package", "requests")])
def test_a_folder_of_another_model_is_refused(key, value, tmp_path):
    make(Fracast, lookback=100, horizon=8).save(tmp_path / "net")
    path = tmp_path / "net" / "config.json"
    config = json.loads(path.read_text())
    config["config"][key] = value
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match="this version of Ludus adapts fracast 0.1.0") as fault:
        Component.load(tmp_path / "net")
    assert "\n" not in str(fault.value)


def test_another_installed_version_is_refused(monkeypatch):
    monkeypatch.setattr(fracast.metadata, "version", lambda name: "0.3.0")
    with pytest.raises(ValueError, match="fracast 0.3.0 with weights .* is installed, expected 0.1.0 with"):
        make(Fracast)


def test_other_weights_in_the_package_are_refused(monkeypatch):
    monkeypatch.setattr(fracast, "read_regular", lambda path, most: b"others")
    with pytest.raises(ValueError, match="is installed, expected 0.1.0"):
        make(Fracast)


def test_a_package_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr(fracast.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="it needs the package fracast 0.1.0: pip install 'fracast==0.1.0'"):
        make(Fracast)


def test_it_becomes_a_component_with_a_report(tmp_path):
    path = day_ahead_csv(tmp_path / "p.csv", days=150)
    reading = {"targets": ["price"], "known": ["load"]}
    series = load_series(path, **reading, horizon=24)
    recipe = FracastRecipe.compose(series, None, 200, {}, str(path), reading)
    net, summary = FracastFit.start(tmp_path / "m", recipe).train()
    assert "fracast" in str(summary)
    assert net.metrics["windows"] == 30
    assert Component.load(tmp_path / "m").metrics == net.metrics


def test_levels_that_it_does_not_give_are_refused(tmp_path):
    series = load_series(waves_csv(tmp_path / "w.csv"), time=["time"])
    with pytest.raises(ValueError, match=r"quantiles are forecast of one target, w.csv has 2"):
        make_fracast(Windows.of(series, "test", 8, 100), [0.5])
    with pytest.raises(ValueError, match="quantiles is a list of levels"):
        FracastRecipe.compose(series, 8, 100, {"quantiles": "all"})
    with pytest.raises(ValueError, match=r"Fracast gives the levels 0.1, .* not 0.05"):
        make(Fracast, quantiles=(0.05, 0.5))
