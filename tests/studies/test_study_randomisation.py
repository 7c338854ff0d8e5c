"""The randomisation study: what its arms learn in, what its table says, how it goes on, and its command."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from ludus.envs.make import make_batch
from ludus.scripts.main import main
from ludus.studies import randomisation as study
from ludus.studies.randomisation import ARMS, Judged, environment_of, judge, randomisation_study, read, summarise

STEPS = 4096  # of a training: it learns next to nothing
VALUES = (0.4, 1.0, 2.5)


@pytest.fixture
def small(monkeypatch):
    """A study whose trainings and judgements are over in a moment."""
    monkeypatch.setattr(study, "VALUES", VALUES)
    monkeypatch.setattr(study, "EPISODES", 8)
    original = study.configure
    tiny = {"num_envs": 16, "n_steps": 32, "batch_size": 128, "n_epochs": 1}
    monkeypatch.setattr(study, "configure", lambda env, agent, **keywords: original(env, agent, tiny, **keywords))


def test_the_arms_learn_in_the_worlds_that_they_should():
    for arm, spread in (("fixed", False), ("randomised", True)):
        batch = make_batch(study.ENVIRONMENT, 500, **environment_of(arm))
        batch.seed_from(0)
        masses = batch.records["mass"]
        batch.close()
        if spread:
            assert masses.min() >= study.RANGE[0]
            assert masses.max() < study.RANGE[1]
            assert np.ptp(masses) > 0.95 * (study.RANGE[1] - study.RANGE[0])
        else:
            assert (masses == study.FIXED).all()
    outside = [value for value in study.VALUES if not study.RANGE[0] <= value <= study.RANGE[1]]
    assert min(outside) < study.RANGE[0] < study.FIXED < study.RANGE[1] < max(outside)


def test_a_judgement_meets_its_world_and_always_the_same_starts(monkeypatch):
    monkeypatch.setattr(study, "EPISODES", 32)
    seen = {}

    def watching(batch):
        seen.setdefault(float(batch.records["mass"][0]), batch.records["theta"].copy())
        return batch.heuristic()

    light, heavy = judge(watching, 0.4), judge(watching, 2.5)
    assert list(seen) == [0.4, 2.5]
    np.testing.assert_array_equal(seen[0.4], seen[2.5])
    assert len(light.returns) == len(heavy.returns) == 32
    assert light.mean > heavy.mean  # two newton metres lift a light rod sooner


def test_a_study_goes_on_with_what_is_missing_and_repeats_what_has_changed(small, tmp_path, monkeypatch):
    path, trained = tmp_path / "randomisation.csv", []
    first = randomisation_study(2, STEPS, path, lambda arm, seed: trained.append((arm, seed)))
    assert trained == [("fixed", 0), ("randomised", 0), ("fixed", 1), ("randomised", 1)]
    assert sorted(row.key for row in first) == sorted(
        (arm, seed, value) for arm in study.ARMS for seed in (0, 1) for value in VALUES
    )
    assert read(path) == first
    assert all(math.isfinite(row.mean) and row.mean < 0.0 and row.steps == STEPS for row in first)
    assert len({row.mean for row in first}) == len(first)  # no training was taken for another one

    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("randomised,1,")) + "\n")
    trained.clear()
    again = randomisation_study(2, STEPS, path, lambda arm, seed: trained.append((arm, seed)))
    assert trained == [("randomised", 1)]
    assert [(row.key, row.mean) for row in again] == [(row.key, row.mean) for row in first]

    trained.clear()
    monkeypatch.setattr(study, "RANGE", (0.9, 1.1))
    changed = randomisation_study(2, STEPS, path, lambda arm, seed: trained.append((arm, seed)))
    assert trained == [("randomised", 0), ("randomised", 1)]
    assert [row for row in changed if row.arm == "fixed"] == [row for row in again if row.arm == "fixed"]
    assert {row.setting for row in changed}.isdisjoint({row.setting for row in first if row.arm == "randomised"})


def test_the_table_by_hand(monkeypatch):
    monkeypatch.setattr(study, "VALUES", (1.0, 3.0))
    monkeypatch.setattr(study, "judge", lambda policy, value: type("E", (), {"mean": -100.0 * value}))
    earned = {("fixed", 1.0): (-100, -120, -110), ("randomised", 1.0): (-130, -140, -135)}
    earned |= {("fixed", 3.0): (-900, -700, -800), ("randomised", 3.0): (-500, -400, -450)}
    rows = [
        Judged(arm, seed, 1, value, float(earned[arm, value][seed]), 1.0, "x")
        for seed in (2, 1, 0)
        for arm, value in earned
    ]
    near, far = summarise(rows)
    half = 4.303 / math.sqrt(3)  # Student's t with two degrees of freedom; times the standard deviation
    assert near.fixed == pytest.approx((-110.0, -110 - half * 10, -110 + half * 10))
    assert near.gain == pytest.approx((-25.0, -25 - half * 5, -25 + half * 5), abs=1e-6)
    assert far.gain[0] == pytest.approx(350.0)
    assert (near.inside, far.inside) == (True, False)
    assert (near.reference, far.reference) == (-100.0, -300.0)


def test_the_command_leaves_a_table_a_picture_and_all_results(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    arguments = ["study", "randomisation", "--seeds", "2", "--steps", str(STEPS), "--out", str(tmp_path)]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines()[:-1])) <= 80  # the last line names the files
    for word in ("trained on 1", "on 0.5 … 2", "gain", "reference", "0.4 *", "2.5 *", "2 seeds"):
        assert word in shown
    with open(tmp_path / "randomisation.csv", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 2 * 2 * len(VALUES)
    assert (tmp_path / "randomisation.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("seeds", "steps"), [(1, 1000), (3, 0)])
def test_a_study_without_an_interval_or_steps_is_refused(seeds, steps, tmp_path):
    with pytest.raises(ValueError, match=f"--seeds >= 2 and --steps >= 1, got {seeds}, {steps}"):
        randomisation_study(seeds, steps, tmp_path / "randomisation.csv")


def test_another_csv_is_refused(tmp_path):
    path = tmp_path / "randomisation.csv"
    path.write_text("reheats,seed\n1,2\n")
    with pytest.raises(ValueError, match="is not a CSV of this study; choose another --out, or remove it"):
        randomisation_study(2, 10, path)


def test_the_results_in_the_repository_are_those_of_the_preset_as_it_is():
    rows = read(Path(__file__).resolve().parents[2] / "results" / "randomisation.csv")
    seeds = {row.seed for row in rows}
    assert len(seeds) >= 3
    assert {row.key for row in rows} == {(arm, seed, value) for arm in ARMS for seed in seeds for value in study.VALUES}
    for row in rows:
        assert row.setting == study.setting_of(row.arm, row.steps), "the preset has changed: run the study again"
