"""The regret study with an open slot, with numbered starts, and with a policy of the environment's."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

import ludus
from ludus.components import Component, register
from ludus.studies.regret import study
from ludus.studies.regret.policy import judge_policy
from ludus.studies.regret.study import SWAPPED, TRAINED, Judged, compose, regret_study
from ludus.studies.regret.table import markdown, others_of, summarise
from series_toy import HOURS, LAYOUT

TOY = "test/SeriesOfStudy-v0"
DESK, DESK_WORLD = "ludus/Helpdesk-v0", {"data": "grammar", "noise": 0.2}
ludus.register(TOY, "series_toy")


@register("test/quantiles")
class Quantiles(Component):
    """Three quantiles around yesterday."""

    layout, quantiles = LAYOUT, (0.1, 0.5, 0.9)

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space)
        self.spread = torch.nn.Parameter(torch.tensor([-5.0, 0.0, 5.0]))

    def forward(self, x):
        return self.layout.take(x, "past") + self.spread


@pytest.fixture
def model(tmp_path):
    inf = np.inf
    ends = spaces.Box(-inf, inf, (LAYOUT.size,), np.float32), spaces.Box(-inf, inf, (HOURS, 3), np.float32)
    Quantiles(*ends).save(tmp_path / "quantiles")
    return str(tmp_path / "quantiles")


@pytest.fixture
def small(monkeypatch):
    configure = study.configure
    tiny = {"num_envs": 8, "rollout_steps": 4, "minibatches": 1, "epochs": 1, "hidden": [8]}
    monkeypatch.setattr(study, "configure", lambda env, agent, **given: configure(env, agent, tiny, **given))


def test_a_filling_of_another_space_is_played_by_its_own_policy_alone(model, small, tmp_path):
    setup = compose(TOY, "pqn", "forecast", ["truth", "yesterday", model], 64, {"days": 30}, {"days": 12})
    rows = regret_study(setup, 2, tmp_path / "r.csv")
    played = {(row.protocol, row.filling) for row in rows}
    assert (SWAPPED, "quantiles") not in played
    assert {(SWAPPED, "yesterday"), (TRAINED, "quantiles"), (TRAINED, "blind")} <= played
    lines = {line.filling: line for line in summarise(rows, TRAINED)}
    assert lines["quantiles"].others["coverage"] > 0.0
    assert np.isnan(lines["yesterday"].others["pinball"])
    assert lines["quantiles"].metric == pytest.approx(lines["yesterday"].metric)  # their medians are the same
    assert "shape-MAE | pinball | coverage" in markdown(rows)
    no_quantiles = markdown([row for row in rows if row.filling != "quantiles"])
    assert "shape-MAE | return" in no_quantiles  # columns that hold nothing take the room of the names


def test_only_the_fillings_that_are_named_are_trained_with(small, tmp_path):
    setup = compose(TOY, "pqn", "forecast", ["truth", "yesterday", "published"], 64, trained=["yesterday"])
    assert setup.taught == ["truth", "yesterday", "blind"]
    with pytest.raises(ValueError, match="to be trained with 'weekly', which is none of the fillings"):
        compose(TOY, "pqn", "forecast", ["truth", "yesterday"], 64, trained=["weekly"])


def test_an_open_filling_that_nobody_would_play_is_refused(model):
    with pytest.raises(ValueError, match="shows a space of its own, which the truth's policy cannot see"):
        compose(TOY, "pqn", "forecast", ["truth", "yesterday", model], 64, trained=["yesterday"])


def test_a_policy_plays_each_start_once(model):
    rows = judge_policy(TOY, "read", "forecast", ["truth", "published", model, "blind"], {"days": 12})
    by_name = {row.filling: row for row in rows}
    assert all(len(row.evaluation.returns) == 11 for row in rows)  # of 12 days, the last of which has no next one
    assert by_name["truth"].regret == 0.0
    assert by_name["published"].measures["MAE"] == pytest.approx(1.0, rel=1e-5)
    assert by_name["published"].measures["shape-MAE"] == pytest.approx(0.0, abs=1e-5)
    assert by_name["blind"].evaluation.mean == 0.0  # nothing is believed to be above 20
    assert by_name["truth"].evaluation.mean > by_name[model].evaluation.mean


def test_a_policy_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no policy 'raed'; did you mean 'read'"):
        judge_policy(TOY, "raed", "forecast", ["truth", "blind"], {})


def test_parts_that_are_mended_are_right_and_cost_nothing_more():
    parts = ["act", "food+area+pricerange", "wishes", "act+food+area+pricerange+wishes"]
    rows = judge_policy(DESK, "desk", "utterance", ["truth", "keywords"], DESK_WORLD, mended=parts)
    by_name = {row.filling: row for row in rows}
    assert list(by_name) == ["truth", "keywords", *(f"keywords, {part} right" for part in parts)]
    plain, act, values, wishes, everything = list(by_name.values())[1:]
    for row, measure in ((act, "act right"), (values, "values right"), (wishes, "wishes right")):
        assert plain.measures[measure] < row.measures[measure] == 1.0
    assert everything.measures["all right"] == 1.0
    assert (everything.evaluation.returns == by_name["truth"].evaluation.returns).all()
    assert values.regret < plain.regret


def test_measures_whose_names_have_blanks_are_read_from_the_csv():
    said = "act right={} MAE=nan values right=1e-05"
    rows = [
        Judged("pqn", TRAINED, "truth", seed, 1, "all right", 1.0, 0.5, 1.0, "", "", "", others=said.format(seed / 2))
        for seed in (0, 1)
    ]
    found = others_of(rows)
    assert list(found) == ["act right", "MAE", "values right"]
    assert (found["act right"], found["values right"]) == (0.25, 1e-05)
    assert np.isnan(found["MAE"])


def test_parts_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="has the parts act, food, area, pricerange, wishes; got 'acts'; did you mean"):
        judge_policy(DESK, "desk", "utterance", ["keywords"], DESK_WORLD, mended=["acts"])
    with pytest.raises(ValueError, match="slot utterance shows something else than its truth"):
        judge_policy(DESK, "random", "utterance", ["raw"], DESK_WORLD, mended=["act"])
    with pytest.raises(ValueError, match="slot forecast does not say what its truth consists of; got 'shape'"):
        judge_policy(TOY, "read", "forecast", ["yesterday"], {"days": 12}, mended=["shape"])
