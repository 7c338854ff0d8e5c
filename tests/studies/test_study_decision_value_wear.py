"""The decision-value study of Maintenance: a limit fitted to each filling, references and a bound beside them."""

from dataclasses import replace

import numpy as np
import pytest

from ludus.envs.engine.policy_view import PolicyView
from ludus.envs.make import make_batch
from ludus.studies.decision_value.case import BOUND, NOISE, REFERENCE, RULE, TRUTHFUL
from ludus.studies.decision_value.cases import maintenance
from ludus.studies.decision_value.study import decision_value
from ludus.utils.interrupts import Interrupted

FILLINGS = {"truth": (TRUTHFUL, "truth"), "vibration": (RULE, "vibration"), "noisy:0.5": (NOISE, "noisy:0.5"),
            "blind": (RULE, "blind")}  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """A row per filling and reference, of two limits that are tried and a bound of 7,000 € a week."""
    case = replace(
        maintenance.CASE,
        fillings=lambda data, models: FILLINGS,
        references={"age": "age", "run to failure": "run-to-failure"},
        bound=lambda batch: np.full(batch.num_envs, 7000.0),
    )
    folder = tmp_path_factory.mktemp("wear")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maintenance, "LIMITS", np.array([0.3, 0.75]))
        found = decision_value(case, ["generated"], [], folder / "rows.csv", folder)
        again = decision_value(replace(case, policy_for=None), ["generated"], [], folder / "rows.csv", folder)
    assert again == found, "what stands in the CSV is not played again"
    return {row.filling: row for row in found}


def test_a_better_sense_earns_more_and_every_row_has_the_same_weeks(rows):
    assert rows["truth"].earned > rows["vibration"].earned > rows["blind"].earned
    assert rows["noisy:0.5"].earned < rows["vibration"].earned
    assert {row.episodes for row in rows.values()} == {104}
    assert (rows["truth"].share, rows["blind"].share) == (1.0, 0.0)


def test_references_and_the_bound_stand_beside_the_truth(rows):
    assert {row.filling for row in rows.values() if row.kind == REFERENCE} == {"age", "run to failure", BOUND}
    assert rows["run to failure"].earned == rows["blind"].earned, "who sees nothing never repairs"
    assert rows["blind"].earned < rows["age"].earned < rows["truth"].earned
    assert rows[BOUND].earned == 1000.0
    assert rows[BOUND].regret == pytest.approx(rows["truth"].earned - 1000.0, abs=1e-3)
    assert rows["age"].measures == ""


def test_the_limit_is_the_better_one_of_the_training_weeks(monkeypatch):
    monkeypatch.setattr(maintenance, "LIMITS", np.array([0.05, 0.7]))
    policy = maintenance.policy_for({"data": "generated"}, "truth", lambda text: None)
    batch = make_batch(maintenance.ENV, 2, monitor="truth")
    batch.seed_from(0)
    batch.records["wear"], batch.records["since"] = [0.5, 0.71], 20
    batch.refresh()
    assert PolicyView(batch).estimate("monitor")[:, 0].tolist() == pytest.approx([0.5, 0.71])
    assert policy(batch).tolist() == [0, 2]


def test_a_detector_is_measured_by_streams_of_the_test(tmp_path, monkeypatch):
    monkeypatch.setattr(maintenance, "STEPS", 400)
    maintenance.test_streams.cache_clear()
    out = tmp_path / "model"
    maintenance.fit("generated", "polynomial", out, lambda text: None)
    found = maintenance.measure({"data": "generated"}, out)
    maintenance.test_streams.cache_clear()
    assert set(found) == {"NAB", "VUS-PR"}
    assert 0.0 < found["VUS-PR"] < 1.0
    assert maintenance.measure({"data": "generated"}, "vibration") == {}
    maintenance.fit("generated", "polynomial", out, _never)  # it is there, and nothing is fitted again


def _never(text):
    raise Interrupted(text)
