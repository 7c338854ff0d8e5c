"""Models that learn by gradients: shapes, what they see and what they cannot, scales, and their folders."""

import numpy as np
import pytest
import torch

from forecasting_toy import day_ahead_csv, make
from ludus.components.component import Component
from ludus.forecasting.backtest import check_fits
from ludus.forecasting.models.gru import GRU
from ludus.forecasting.models.ltsf_linear import DLinear, NLinear
from ludus.forecasting.models.mlp import MLP
from ludus.forecasting.models.neural import time_features
from ludus.forecasting.models.patchtst import PatchTST
from ludus.forecasting.windows import Windows

SMALL = {
    NLinear: {},
    DLinear: {"kernel": 3},
    MLP: {"hidden": [8]},
    GRU: {"hidden": 8, "piece": 4},
    PatchTST: {"patch": 4, "stride": 2, "width": 8, "heads": 2, "layers": 1, "hidden": 8},
}
KINDS = list(SMALL)
SEEING = (MLP, GRU)  # what is known in advance
SCALED = (NLinear, MLP, GRU, PatchTST)  # DLinear takes a window as it is


def built(kind, seed=0, **arguments):
    torch.manual_seed(seed)
    return make(kind, **{**SMALL[kind], **arguments})


def some(net, count=3, seed=1):
    x = torch.randn(count, net.layout.size, generator=torch.Generator().manual_seed(seed))
    if "calendar" in net.layout.names:
        x[:, net.layout.slice("calendar")] = torch.tensor([[5.0, 2.0, 100.0, 18000.0]])
    return x


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "case",
    [{}, {"targets": 3}, {"known": 2, "calendar": True}, {"quantiles": (0.1, 0.5, 0.9), "known": 1}],
    ids=["one", "several", "known", "quantiles"],
)
def test_shapes(kind, case):
    net = built(kind, **case)
    x = some(net)
    y = net(x)
    assert y.shape == (3, *net.output_space.shape)
    assert y.dtype == torch.float32
    assert torch.equal(y, net(x))  # deterministic
    torch.testing.assert_close(net(x[1:2]), y[1:2], rtol=1e-4, atol=1e-5)  # one window's has nothing of the others


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_rise_whatever_the_weights(kind):
    net = built(kind, quantiles=(0.05, 0.5, 0.95), seed=3)
    y = net(some(net, 50))
    assert (y.diff(dim=2) >= 0.0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_gives_the_same_forecasts(kind, tmp_path):
    net = built(kind, known=1, calendar=True, quantiles=(0.2, 0.8))
    net.set_scale(np.array([3.0, 100.0]), np.array([2.0, 10.0]))
    net.save(tmp_path / "net")
    again = Component.load(tmp_path / "net")
    x = some(net)
    assert torch.equal(net(x), again(x))
    assert again.layout == net.layout
    assert again.quantiles == (0.2, 0.8)


@pytest.mark.parametrize("kind", KINDS)
def test_scales_are_the_series_own(kind):
    """Other units of the training part, the same numbers in these units: the forecast is the same in these, too."""
    net = built(kind, targets=2, known=1)
    x = some(net)
    y = net(x)
    mean, std = np.array([50.0, -3.0, 1000.0]), np.array([4.0, 0.5, 200.0])
    net.set_scale(mean, std)
    moved = x.clone()
    for part, columns in (("past", slice(0, 3)), ("known", slice(2, 3))):
        at = net.layout.slice(part)
        values = net.layout.take(x, part) * torch.tensor(std[columns]) + torch.tensor(mean[columns])
        moved[:, at] = values.float().reshape(len(x), -1)
    expected = y * torch.tensor(std[:2]).float() + torch.tensor(mean[:2]).float()
    torch.testing.assert_close(net(moved), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", SCALED)
def test_a_window_that_is_moved_moves_its_forecast(kind):
    """Instance normalisation: 7 more in all of the past, 7 more in the forecast."""
    net = built(kind)
    x = some(net)
    torch.testing.assert_close(net(x + 7.0), net(x) + 7.0, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", [MLP, PatchTST])
def test_a_window_that_is_stretched_stretches_its_forecast(kind):
    net = built(kind, instance="standard")
    x = some(net)
    torch.testing.assert_close(net(3.0 * x), 3.0 * net(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_window_has_a_finite_forecast(kind):
    net = built(kind, targets=2)
    assert torch.isfinite(net(torch.full((1, net.layout.size), 5.0))).all()


def test_targets_are_forecast_one_by_one():
    for kind in KINDS:
        net = built(kind, targets=2)
        x = some(net)
        other = x.clone()
        net.layout.take(other, "past")[:, :, 1] += 5.0  # a view
        assert torch.equal(net(other)[:, :, 0], net(x)[:, :, 0]), kind
        assert not torch.equal(net(other)[:, :, 1], net(x)[:, :, 1]), kind


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_moves_the_forecast_where_a_model_sees_it(kind):
    net = built(kind, known=1, calendar=True)
    x = some(net)
    for part, by in (("known", 1.0), ("calendar", 1.0)):
        other = x.clone()
        other[:, net.layout.slice(part)] += by
        assert torch.equal(net(other), net(x)) == (kind not in SEEING), part


def test_what_is_unknown_cannot_move_it(tmp_path):
    """Other prices from the origin on: the same input. Another load that is known: another one."""
    from ludus.data.series_load import load_series

    def seen(column):
        lines = day_ahead_csv(tmp_path / "prices.csv", days=12).read_text().splitlines()
        for row in range(1 + 10 * 24, len(lines)):
            cells = lines[row].split(",")
            if column is not None:
                cells[column] = str(float(cells[column]) + 100.0 + row)
            lines[row] = ",".join(cells)
        (tmp_path / "other.csv").write_text("\n".join(lines) + "\n")
        series = load_series(tmp_path / "other.csv", targets=["price"], known=["load"], horizon=24)
        return Windows(series, np.array([10 * 24]), 24, 48).inputs(slice(0, 1))

    as_it_is, prices, loads = seen(None), seen(1), seen(2)
    np.testing.assert_array_equal(prices, as_it_is)
    torch.manual_seed(0)
    net = make(MLP, horizon=24, lookback=48, known=1, calendar=True, hidden=[8])
    assert not torch.equal(net(torch.from_numpy(loads)), net(torch.from_numpy(as_it_is)))


def test_asinh_takes_spikes_and_gives_them_back():
    net = built(NLinear)
    spiked = built(MLP, asinh=True, instance="none", skip=False)
    with torch.no_grad():
        for p in spiked.parameters():
            p.zero_()
        spiked.layers[-1].bias.fill_(2.0)
    torch.testing.assert_close(spiked(some(spiked)), torch.full((3, 4), float(np.sinh(2.0))))
    assert torch.isfinite(spiked(1e6 * some(net))).all()


def test_time_features():
    found = time_features(torch.tensor([[6.0, 0.0, 0.0, 4.0], [0.0, 6.0, 182.625, 10.0]]), True)
    assert found.shape == (2, 11)
    np.testing.assert_allclose(found[0], [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(found[1], [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, -1], atol=1e-6)


@pytest.mark.parametrize("kind", SEEING)
def test_the_day_of_the_year_is_seen_where_a_year_was_learned(kind):
    for yearly in (False, True):
        net = built(kind, calendar=True, yearly=yearly)
        x = some(net)
        other = x.clone()
        other[:, net.layout.slice("calendar")] += torch.tensor([0.0, 0.0, 60.0, 60.0])
        assert torch.equal(net(other), net(x)) != yearly


def test_lags_see_their_days_alone():
    net = built(MLP, lags=[1, 3], lookback=12, horizon=4, instance="none")
    x = some(net)
    for row, counts in ((0, True), (5, False), (9, True)):
        other = x.clone()
        other[:, row] += 1.0
        assert torch.equal(net(other), net(x)) != counts, row


def test_pieces_and_patches_see_the_newest_rows():
    for net in (built(GRU, piece=5, instance="none"), built(PatchTST, patch=5, stride=3, instance="none")):
        x = some(net)
        other = x.clone()
        other[:, -1] += 1.0
        assert not torch.equal(net(other), net(x))


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (MLP, {"lags": [4]}, r"lags\[0\] is a whole number 1 … 3, got 4"),
        (MLP, {"hidden": "wide"}, "hidden is a list of at most 64 whole numbers"),
        (MLP, {"hidden": [0]}, r"hidden\[0\] is a whole number"),
        (MLP, {"dropout": 1.0}, r"dropout is a number in \[0, 1\), got 1.0"),
        (MLP, {"skip": 1}, "skip is a truth"),
        (MLP, {"instance": "median"}, "instance is one of none, last, mean, standard"),
        (GRU, {"piece": 13}, "piece is a whole number 1 … 12, got 13"),
        (GRU, {"layers": 10**9}, "layers is a whole number"),
        (PatchTST, {"heads": 3}, "width 8 is not divided by heads 3"),
        (PatchTST, {"stride": 0}, "stride is a whole number"),
        (DLinear, {"kernel": 4}, "kernel is an odd number of rows, got 4"),
    ],
)
def test_arguments_that_do_not_fit_are_one_line(kind, arguments, message):
    with pytest.raises(ValueError, match=message) as fault:
        built(kind, **arguments)
    assert "\n" not in str(fault.value)


def test_another_layout_is_refused_by_name(tmp_path):
    from ludus.data.series_load import load_series

    series = load_series(day_ahead_csv(tmp_path / "p.csv", days=30), targets=["price"], known=["load"], horizon=24)
    net = make(MLP, horizon=24, lookback=48, known=1, calendar=True, hidden=[8])
    with pytest.raises(ValueError, match="its past has the columns a0, k0, expected price, load"):
        check_fits(net, Windows.of(series, "test", 24, 48))
