"""Linear and period maps, LEAR and ensembles as components: by hand, from their folders, and what is refused."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from forecasting_toy import layout
from ludus.components.component import Component
from ludus.components.names import register
from ludus.forecasting.models.ensemble import Ensemble, within
from ludus.forecasting.models.forecaster import spaces_of
from ludus.forecasting.models.lear import LEAR, taken
from ludus.forecasting.models.linear import Linear, Periodic


def make(kind, shape, output, **arguments):
    return kind(*spaces_of(shape, output), layout=shape.to_json(), **arguments).eval()


def lear(calibrations=2, windows=(28, 56), **more):
    return make(LEAR, layout(168, 24, 1, 1, True), (24,), calibrations=calibrations, windows=windows, **more)


def filled(net, seed=0):
    """``net`` with numbers in its weights; those of LEAR are small, and its days rise."""
    torch.manual_seed(seed)
    for name, tensor in net.state_dict().items():
        if name.endswith("until"):
            tensor.copy_(torch.arange(len(tensor)) * 10 + 18_000)
        elif name.endswith("spread"):
            tensor.copy_(torch.rand(tensor.shape) + 5.0)
        elif not name.endswith("shares"):
            tensor.copy_(torch.randn(tensor.shape) * 0.02)
    return net


def inputs(net, days=(18_005,), seed=1):
    x = torch.randn(len(days), net.layout.size, generator=torch.Generator().manual_seed(seed)) * 10.0
    if "calendar" in net.layout.names:
        x[:, net.layout.slice("calendar")] = torch.tensor([[0.0, (day + 3) % 7, 0.0, day] for day in days])
    return x


@pytest.mark.parametrize("level", ["last", "mean"])
def test_linear_map_by_hand(level):
    net = filled(make(Linear, layout(5, 3, 2), (3, 2), level=level))
    x = inputs(net)
    past = x[0].reshape(5, 2).double().numpy()
    from_here = past[-1] if level == "last" else past.mean(axis=0)
    expected = from_here + net.weights.double().numpy().T @ (past - from_here)
    np.testing.assert_allclose(net(x)[0].numpy(), expected, rtol=1e-5)


def test_period_map_by_hand():
    """Seven rows, periods of three, a horizon of four: the first row is not used, the last period is cut."""
    net = filled(make(Periodic, layout(7, 4, 1), (4,), period=3))
    x = inputs(net)
    past, w = x[0, 1:7].double().numpy(), net.weights.double().numpy()
    assert w.shape == (2, 2)
    d = past - past[-1]
    expected = [past[-1] + d[i % 3] * w[0, i // 3] + d[3 + i % 3] * w[1, i // 3] for i in range(4)]
    np.testing.assert_allclose(net(x)[0].numpy(), expected, rtol=1e-5)


def test_regressors_of_lear_are_lagged_days_and_what_is_known():
    shape = layout(168, 24, 1, 1, True)
    index, column = taken(shape, [1, 7], [0, 1])
    numbers = np.arange(shape.size)
    past, known = shape.take(numbers, "past"), shape.take(numbers, "known")
    expected = [past[-24:, 0], past[:24, 0], known[:, 0], past[-24:, 1]]
    assert index.tolist() == np.concatenate(expected).tolist()
    assert column.tolist() == [0] * 48 + [1] * 48


def test_lear_by_hand():
    net = filled(lear(lags=[1], known_lags=[0]))
    x = inputs(net, days=(18_005,))
    z = x[0].double().numpy()
    raw = np.concatenate([net.layout.take(z, "past")[-24:, 0], net.layout.take(z, "known")[:, 0]])
    outcomes = []
    for window in (0, 1):
        middle, spread = net.middle[0, window].double().numpy(), net.spread[0, window].double().numpy()
        c = np.repeat([0, 1], 24)
        row = np.concatenate([np.arcsinh((raw - middle[c]) / spread[c]), np.eye(7)[(18_005 + 3) % 7], [1.0]])
        outcomes.append(np.sinh(row @ net.coefficients[0, window].double().numpy()) * spread[0] + middle[0])
    np.testing.assert_allclose(net(x)[0].numpy(), np.mean(outcomes, axis=0), rtol=1e-4)


def test_lear_takes_the_newest_calibration_that_ended_before_the_day():
    net = filled(lear(calibrations=3))  # until days 18000, 18010, 18020
    calendar = torch.tensor([[0.0, 0.0, 0.0, day] for day in (17_000, 18_000, 18_001, 18_010, 18_011, 18_021, 30_000)])
    assert net.chosen(calendar).tolist() == [0, 0, 0, 0, 1, 2, 2]


def test_ensemble_weighs_parts_that_see_their_own_slices():
    short, long = filled(make(Linear, layout(4, 3, 2), (3, 2)), 1), filled(make(Linear, layout(9, 3, 2), (3, 2)), 2)
    net = make(Ensemble, layout(9, 3, 2), (3, 2), parts=[short, long])
    net.shares.copy_(torch.tensor([0.25, 0.75]))
    x = inputs(net, days=(0, 0, 0))
    torch.testing.assert_close(net(x), 0.25 * short(x[:, 5 * 2 :]) + 0.75 * long(x))


@pytest.mark.parametrize(
    "net",
    [
        make(Linear, layout(5, 3, 2), (3, 2), level="mean"),
        make(Periodic, layout(7, 4, 1), (4,), period=3),
        lear(),
        make(Ensemble, layout(168, 24, 1, 1, True), (24,), parts=[lear(), make(Linear, layout(30, 24), (24,))]),
    ],
    ids=["linear", "periodic", "lear", "ensemble"],
)
def test_folder_gives_the_same_forecaster(net, tmp_path):
    filled(net).save(tmp_path / "net")
    again = Component.load(tmp_path / "net")
    x = inputs(net, days=(17_000, 18_005, 18_015))
    assert torch.equal(net(x), again(x))
    assert net(x).std() > 0.0
    assert again.layout == net.layout


def test_layout_that_does_not_hold_another_is_refused_by_name():
    with pytest.raises(ValueError, match="sees calendar, which is not there"):
        within(layout(9, 3, 2), layout(4, 3, 2, calendar=True))
    with pytest.raises(ValueError, match="sees 4 of past .* with a0, a1, k0; there are 9 .* with a0, a1$"):
        within(layout(9, 3, 2), layout(4, 3, 2, 1))
    with pytest.raises(ValueError, match="sees 9 of past.* there are 4"):
        within(layout(4, 3, 2), layout(9, 3, 2))
    with pytest.raises(ValueError, match=r"part 1 of the ensemble, a Linear, forecasts a0, a1 as \(3, 2\)"):
        make(Ensemble, layout(9, 3, 1), (3,), parts=[make(Linear, layout(4, 3, 2), (3, 2))])


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: make(LEAR, layout(168, 24, 1, 1), (24,)), "LEAR forecasts the 24 hours of a day"),
        (lambda: lear(lags=[8]), "lags are days back from 1 to 7"),
        (lambda: lear(known_lags=[-1]), "known_lags are days back from 0 to 7"),
        (lambda: lear(windows=[]), "windows are 1 to 32 numbers of days"),
        (lambda: lear(calibrations=0), "calibrations is a number from 1"),
        (lambda: make(Linear, layout(5, 3), (3,), level="middle"), "level is one of last, mean"),
        (lambda: make(Periodic, layout(5, 3), (3,), period=6), "period is 1 to 5 rows"),
        (lambda: make(Ensemble, layout(5, 3), (3,), parts=[]), "one part or more"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(build, said):
    with pytest.raises(ValueError, match=said):
        build()


@register("test/bare")
class Bare(Component):
    """A component that forecasts nothing."""


def test_part_that_is_no_forecaster_is_refused():
    box = spaces.Box(0.0, 1.0, (3,), "float32")
    with pytest.raises(ValueError, match="part 1 of the ensemble, a Bare, forecasts nothing"):
        make(Ensemble, layout(5, 3), (3,), parts=[Bare(box, box)])
