"""Attribution of forecasts: a linear model's is known, sums are whole, and who looks at nothing has none."""

import numpy as np
import pytest
import torch

from ludus.components.component import Component
from ludus.explain.series import attribute, attribute_all, flat_window
from ludus.forecasting.baselines import make_climatology, make_naive
from ludus.forecasting.models.forecaster import Forecaster, spaces_of
from ludus.forecasting.windows import Windows
from series_texts import hourly, read

SERIES = read(hourly(24 * 40), targets=("price",), known=("load",))
WINDOWS = Windows.of(SERIES, "test", 24, 48)


class Weighted(Forecaster):
    """Twice the last price, and a tenth of the load of the coming hour; its quantiles lie one apart."""

    def predict(self, past, known, calendar):
        y = 2.0 * past[:, -1:, 0] + 0.1 * known[:, :, 0] + 0.0 * calendar[:, :1]
        return y if not self.quantiles else torch.stack([y + i for i in range(len(self.quantiles))], dim=-1)


def weighted(quantiles=()):
    output = (24, len(quantiles)) if quantiles else (24,)
    layout = WINDOWS.layout
    return Weighted(*spaces_of(layout, output), {"layout": layout.to_json(), "quantiles": list(quantiles)})


@pytest.mark.parametrize("quantiles", [(), (0.1, 0.5, 0.9)])
def test_a_linear_model_is_explained_by_its_weights(quantiles):
    x = WINDOWS.inputs(slice(3, 4))[0]
    found = attribute(weighted(quantiles), x)
    past, known = WINDOWS.layout.take(x, "past"), WINDOWS.layout.take(x, "known")[:, 0]
    expected = np.zeros_like(past)
    expected[-1, 0] = 2.0 * (past[-1, 0] - past[:, 0].mean())
    np.testing.assert_allclose(found.past, expected, atol=1e-3)
    np.testing.assert_allclose(found.known[:, 0], 0.1 * (known - past[:, 1].mean()) / 24.0, atol=1e-3)
    assert found.past.sum() + found.known.sum() == pytest.approx(found.said - found.flat, abs=1e-2)
    by_column = found.by_column()
    assert set(by_column) == {"price", "load"}
    assert by_column["load"] == pytest.approx(found.known.sum(), abs=1e-3)
    assert f"{by_column['price']:+.3g}" in found.told()


def test_of_quantiles_without_a_half_the_median_lies_between():
    """Those of 0.4 and 0.7 are 1 and 2 more than the forecast; the median is a third of the way."""
    x = WINDOWS.inputs(slice(3, 4))[0]
    assert attribute(weighted((0.1, 0.4, 0.7)), x).said == pytest.approx(
        attribute(weighted(), x).said + 4.0 / 3.0, abs=1e-4
    )


def test_windows_are_explained_one_by_one():
    x = WINDOWS.inputs(slice(0, 5))
    together = attribute_all(weighted(), x)
    assert len(together) == 5
    np.testing.assert_allclose(together[4].past, attribute(weighted(), x[4]).past, atol=1e-5)


def test_the_target_in_question_is_explained():
    both = read(hourly(24 * 40))
    windows = Windows.of(both, "test", 6, 24)
    found = [attribute(make_naive(both, 6, 24), windows.inputs(slice(0, 1))[0], target) for target in (0, 1)]
    for target, one in enumerate(found):
        assert np.flatnonzero(np.abs(one.past).sum(axis=0)).tolist() == [target]
        assert np.flatnonzero(np.abs(one.past).sum(axis=1)).tolist() == [23]


def test_a_mean_of_training_looks_at_nothing():
    found = attribute(make_climatology(SERIES, 24, 48), WINDOWS.inputs(slice(0, 1))[0])
    assert not found.past.any()
    assert not found.known.any()
    assert found.told() == "Nothing that it saw moved the forecast: it says the same of a flat window."


def test_a_flat_window_rests_at_the_means_of_its_past():
    x = torch.from_numpy(WINDOWS.inputs(slice(0, 2)))
    flat, layout = flat_window(WINDOWS.layout, x), WINDOWS.layout
    past = layout.take(x, "past")
    torch.testing.assert_close(layout.take(flat, "past"), past.mean(dim=1, keepdim=True).expand_as(past))
    torch.testing.assert_close(
        layout.take(flat, "known")[..., 0], past[..., 1].mean(dim=1, keepdim=True).expand(-1, 24)
    )
    torch.testing.assert_close(layout.take(flat, "calendar"), layout.take(x, "calendar"))


def test_what_cannot_be_weighed_is_refused():
    plain = Component(*spaces_of(WINDOWS.layout, (24,)))
    with pytest.raises(ValueError, match="Component takes no window of a series, so its columns cannot be weighed"):
        attribute(plain, WINDOWS.inputs(slice(0, 1))[0])
    with pytest.raises(ValueError, match=r"windows of shape \(2, 5\), expected \(N, 124\)"):
        attribute_all(weighted(), np.zeros((2, 5), np.float32))
