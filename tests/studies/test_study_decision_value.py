"""The decision-value study: its constructed forecasts, its table, and a small market from beginning to end."""

import os
from dataclasses import replace

import numpy as np
import pytest

from ludus.scripts.main import main
from ludus.studies import decision_value as decision_value_package
from ludus.studies.decision_value import losses
from ludus.studies.decision_value.cases.battery import CASE, DAILY_MEAN, INDEPENDENT, SHIFTED, constructed
from ludus.studies.decision_value.plot import plot
from ludus.studies.decision_value.study import Row, decision_value
from ludus.studies.decision_value.table import cells, correlations, markdown, spearman
from ludus.utils.interrupts import Interrupted

needs_prices = pytest.mark.skipif("LUDUS_DATA" not in os.environ, reason="needs LUDUS_DATA with the sets of prices")


def row(filling, mae, shape, earned, kind="rule", market="epf-de"):
    measures = f"MAE={mae}; shape-MAE={shape}"
    return Row(market, filling, kind, measures, earned, earned - 1, earned + 1, 40 - earned, 0, 0, 0.5, 104, "x")


ROWS = [
    row("truth", 0.0, 0.0, 40.0, "truth"),
    row("dnn", 3.0, 2.5, 36.0, "published"),
    row("climatology", 9.8, 4.5, 31.0),
    row("naive", 8.2, 5.5, 24.0),
    row("true daily mean", 6.8, 6.8, 0.0, "constructed"),
    row("blind", 32.0, 6.8, 0.0),
]


def test_rank_correlations_by_hand():
    # Of dnn, climatology, naive and blind MAE ranks 1, 3, 2, 4 where profit ranks 1, 2, 3, 4.
    found = correlations(CASE, ROWS)
    assert found["MAE"][0] == pytest.approx(1.0 - 6.0 * 2.0 / (4 * 15))
    assert found["shape-MAE"][0] == pytest.approx(1.0)


def test_equal_numbers_share_a_rank():
    assert spearman([1, 1, 2], [1, 2, 3]) == pytest.approx(np.corrcoef([0.5, 0.5, 2], [0, 1, 2])[0, 1])


def test_the_table_says_what_the_rows_hold():
    text = markdown(CASE, ROWS)
    assert "| climatology | 9.80 | 4.50 | 31.00 ± 1.00 | 9.00 ± 0.00 | 50.0% |" in text
    assert "| MAE | 0.80 |" in text


def test_the_picture_is_made(tmp_path):
    plot(CASE, [*ROWS, row("dnn", 2.0, 1.0, 9.0, "published", "epf-np")], tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 10_000


def test_differences_of_losses_are_paired_by_seed():
    rows = [
        losses.LossRow("epf-de", "mlp", loss, seed, 3.5, 2.6, earned, 60.0, "x")
        for loss, values in {"mae": (35.0, 36.0, 34.0), "shape": (35.5, 36.5, 34.5)}.items()
        for seed, earned in enumerate(values)
    ]
    assert losses.differences(rows)["shape"] == pytest.approx((0.5, 0.5, 0.5))


def test_one_seed_has_no_interval(tmp_path):
    with pytest.raises(ValueError, match="over --loss-seeds >= 2, got 1"):
        losses.compare_losses(CASE, "epf-de", "mlp", 1, tmp_path / "l.csv", tmp_path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--env", "ludus/Batery-v0"], "of 'ludus/Batery-v0'; did you mean 'ludus/Battery-v0'?"),
        (["--data", "epf-dee"], "unknown data 'epf-dee' of ludus/Battery-v0; did you mean 'epf-de'?"),
        (["--data", "etth1"], "unknown data 'etth1'"),
        (["--models", "lera"], "unknown model 'lera' of ludus/Battery-v0; did you mean 'lear'?"),
        (["--losses", "lear"], "'lear' is no model that learns by a loss"),
        (["--loss-seeds", "1"], "over --loss-seeds >= 2, got 1"),
        (["--markdown"], "decision-value-battery.csv holds nothing yet; fill it: ludus study decision-value"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_fitted(tmp_path, monkeypatch, capsys, asked, said):
    monkeypatch.chdir(tmp_path)
    assert main(["study", "decision-value", *asked, "--out", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_signal_within_a_fit_is_told_in_a_line(tmp_path, monkeypatch, capsys):
    def stopped(*arguments):
        raise Interrupted("SIGTERM")

    monkeypatch.setattr(decision_value_package, "decision_value", stopped)
    assert main(["study", "decision-value", "--out", str(tmp_path)]) == 128 + 15
    assert "Stopped by SIGTERM; everything is saved, and the same command goes on." in capsys.readouterr().out


def test_what_is_spent_is_shown_without_its_sign():
    shown = cells(replace(CASE, costs=True), row("naive", 8.2, 5.5, -9.0))
    assert shown == ("naive", "8.20", "5.50", "9.00 ± 1.00", "49.00 ± 0.00", "50.0%")


@needs_prices
def test_constructed_forecasts_are_what_they_are_called():
    made = constructed("epf-de")
    mean = made[DAILY_MEAN]
    assert mean.shape == (728, 24)
    assert (mean == mean[:, :1]).all()
    assert np.abs(made[INDEPENDENT] - mean).mean() > 0.0
    assert made[SHIFTED].mean() - mean.mean() == pytest.approx(10.0, abs=0.5)


@needs_prices
def test_de_has_the_figures_of_an_independent_computation(tmp_path):
    """Perfect 40.5 €/day, DNN 35.9, LEAR 35.3, naive 27.5, yesterday 24.6; the true daily mean is worth nothing."""
    rows = {
        row.filling: row for row in decision_value(CASE, ["epf-de"], ["seasonal"], tmp_path / "d.csv", tmp_path / "m")
    }
    expected = {"truth": 40.5, "published-dnn": 35.9, "published-lear": 35.3, "seasonal-naive": 27.5, "naive": 24.6}
    for name, earned in expected.items():
        assert rows[name].earned == pytest.approx(earned, abs=0.06), name
    assert rows[DAILY_MEAN].earned == pytest.approx(0.0, abs=0.1)
    assert rows[SHIFTED].earned == pytest.approx(rows["published-dnn"].earned, abs=0.2)
    assert rows[INDEPENDENT].regret > 2.5 * rows["published-dnn"].regret
    assert rows["seasonal"].earned == pytest.approx(
        rows["seasonal-naive"].earned, abs=1e-4
    )  # a component, the same rule
    again = decision_value(CASE, ["epf-de"], ["seasonal"], tmp_path / "d.csv", tmp_path / "m")
    assert [row.earned for row in again] == [row.earned for row in rows.values()]
