"""Tables of evaluations, as a terminal of 80 columns shows them: no name and no number is cut."""

import io

import numpy as np
from rich.console import Console

from ludus.agents.evaluation import Evaluation
from ludus.agents.evaluation_tables import regret_table
from ludus.agents.regret import Regret

NAN = float("nan")


def shown(rows, width=80):
    stream = io.StringIO()
    Console(file=stream, width=width).print(regret_table(rows, "ludus/Battery-v0 · plan, 104 episodes"))
    return stream.getvalue()


def row(filling, mean, regret, pinball=NAN):
    returns = mean + np.linspace(-120.0, 120.0, 104)
    evaluation = Evaluation(returns, np.full(104, 168), np.zeros(104, bool), {})
    measures = {"MAE": 32.269, "shape-MAE": 6.762, "pinball": pinball, "coverage": NAN if pinball != pinball else 0.926}
    return Regret(filling, measures, evaluation, regret, (regret - 12.77, regret + 12.77), 1.0 - regret / 283.59)


def test_names_and_figures_of_a_battery_fit_a_terminal():
    text = shown([row("truth", 283.59, 0.0), row("seasonal-naive", 192.64, 90.95), row("blind", 0.0, 283.59)])
    for part in ("seasonal-naive", "32.269", "6.762", "192.6 ± 1", "90.95 ± 12.77", "283.6 ± 12.8", "of the", "0.68"):
        assert part in text, part
    assert "…" not in text
    assert "pinball" not in text


def test_measures_of_quantiles_are_told_below():
    text = shown([row("truth", 283.59, 0.0), row("models/range", 251.65, 31.94, pinball=3.335)])
    lines = text.splitlines()
    assert "pinball" not in lines[1]
    assert [line.strip() for line in lines if "pinball" in line] == ["models/range: pinball 3.335, coverage 0.926"]
    assert all(name in text for name in ("truth", "models/range", "shape-MAE"))
    assert "…" not in text
