"""`ludus study calibration` and `ludus study asking`: confidence beside accuracy, and what asking earns by it."""

import numpy as np
import pytest
import torch

from explain_stage import SIDE, make_items
from ludus.envs.automation.sorter.policies import cheapest_speeds, price_of_trust, route_by_confidence
from ludus.envs.engine.policy_view import PolicyView
from ludus.envs.engine.slots.measures import MEASURES, Look
from ludus.envs.make import make_batch
from ludus.explain.calibration import tempered
from ludus.scripts.main import main
from ludus.studies.trust.answers import Answers, answers, load_classifier, slot_with_classes
from ludus.studies.trust.asking import AGAIN, HAND, THRESHOLDS, asking_study, threshold_of_the_prices
from ludus.studies.trust.calibration import calibrate
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.convnet import ConvNet

ENV = "ludus/Sorter-v0"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return {"images": make_items(tmp_path_factory.mktemp("items")), "items": 10}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    net = ConvNet(*spaces_of(np.empty((1, SIDE, SIDE, 3)), 3), widths=[4, 8], dense=8)
    path = tmp_path_factory.mktemp("net") / "doubting"
    net.save(path)
    return path


# --- How sure a filling is -------------------------------------------------------------------------------------------


def test_confidence_and_entropy_stand_beside_the_accuracy():
    estimate = np.array([[0.5, 0.5], [1.0, 0.0], [0.9, 0.1]])
    truth = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])  # the last: nothing is there
    look = Look(estimate, truth, estimate, np.ones(1), np.array([]))
    assert MEASURES["confidence"].values(look).tolist() == [0.5, 1.0]
    assert MEASURES["entropy"].values(look) == pytest.approx([np.log(2.0), 0.0])


def test_the_table_of_fillings_has_them(world, folder, capsys):
    slots = f"perception=truth,{folder}"
    given = ["--policy", "heuristic", "--episodes", "2", "--slot", slots]
    assert main(["evaluate", ENV, *given, "--set", f"images={world['images']}", "--set", "items=10"]) == 0
    said = capsys.readouterr().out
    assert "confidence" in said
    assert "entropy" in said
    assert "truth: entropy 0.000" in said


# --- Calibration -----------------------------------------------------------------------------------------------------


def test_halves_have_no_picture_in_common_and_are_what_the_component_says(world, folder):
    component = load_classifier(folder, ENV)
    fitted, judged = answers(component, ENV, "perception", world, 200)
    assert len(fitted.p) + len(judged.p) <= 208
    assert not {row.tobytes() for row in fitted.p} & {row.tobytes() for row in judged.p}
    assert np.allclose(judged.p.sum(axis=1), 1.0, atol=1e-5)


def test_scaling_changes_how_sure_it_is_and_nothing_else():
    random = np.random.default_rng(0)
    p = random.dirichlet((1.0, 1.0, 1.0), 4000)
    labels = (p.cumsum(axis=1) < random.random((4000, 1))).sum(axis=1)
    sure = tempered(p, 0.3)
    plain, scaled = calibrate(Answers(sure[:2000], labels[:2000]), Answers(sure[2000:], labels[2000:]))
    assert (plain.temperature, plain.accuracy) == (1.0, scaled.accuracy)
    assert scaled.temperature == pytest.approx(1 / 0.3, rel=0.1)
    assert scaled.error < 0.05 < plain.error
    assert scaled.loss < plain.loss


def test_calibration_of_a_component_on_the_command_line(world, folder, tmp_path, capsys):
    given = ["--set", f"images={world['images']}", "--steps", "200", "--out", str(tmp_path)]
    assert main(["study", "calibration", str(folder), *given]) == 0
    assert "scaled" in capsys.readouterr().out
    assert (tmp_path / "calibration-doubting.png").read_bytes()[:4] == b"\x89PNG"
    lines = (tmp_path / "calibration-doubting.csv").read_text().splitlines()
    assert lines[0] == "answers,temperature,low,high,count,confidence,accuracy"
    assert len(lines) == 1 + 2 * 15


def test_what_has_no_classes_or_another_shape_is_refused(world, folder):
    component = load_classifier(folder, ENV)
    with pytest.raises(ValueError, match="has no classes, so no confidence can be compared"):
        answers(component, "ludus/Snake-v1", slot_with_classes("ludus/Snake-v1", None), {}, 20)
    with pytest.raises(ValueError, match="take one that was fitted for it"):
        answers(component, ENV, "perception", {"images": "parcels"}, 20)
    with pytest.raises(ValueError, match="has 0 slots; name one with --slot: none"):
        slot_with_classes("ludus/Elevator-v0", None)


# --- Asking ----------------------------------------------------------------------------------------------------------


def test_routes_follow_the_confidence(world):
    batch = make_batch(ENV, 3, **world)
    batch.seed_from(0)
    shown = batch.buffers.observation["perception"]
    shown[:] = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.3, 0.6]]
    view, kinds = PolicyView(batch), 3
    speed = int(cheapest_speeds(view.parameters)[0])
    routes = route_by_confidence(view, 0.6) - (kinds + 2) * speed
    assert routes.tolist() == [0, kinds, 2]
    again = route_by_confidence(view, 0.6, rounds=1) - (kinds + 2) * speed
    assert again.tolist() == [0, kinds + 1, 2]
    batch.buffers.observation["state"][:, 5] = 1 / 3  # it has been round once
    assert (route_by_confidence(view, 0.6, rounds=1) - (kinds + 2) * speed).tolist() == [0, kinds, 2]
    with pytest.raises(ValueError, match="up to 3 times, got rounds=4"):
        route_by_confidence(view, 0.6, rounds=4)
    batch.close()


@pytest.mark.parametrize("world_of", [{}, {"wage": 1.0}, {"jam_chance": 0.5, "energy": 0.3}])
def test_speeds_are_those_of_the_reference(world_of):
    batch = make_batch(ENV, 1, images="parcels", **world_of)
    batch.seed_from(0)
    assert batch.heuristic()[0] // 12 == cheapest_speeds(PolicyView(batch).parameters)[0]
    batch.close()


def test_price_of_trust_by_hand():
    assert price_of_trust({"wrong_cost": 2.0, "reject_cost": 0.2}) == pytest.approx(0.6)
    assert threshold_of_the_prices({"images": "parcels", "wrong_cost": 1.0, "reject_cost": 0.0}) == pytest.approx(0.5)


def test_asking_by_hand_in_doubt_pays_for_one_that_knows_nothing(world, folder, tmp_path):
    path = tmp_path / "asking.csv"
    rows = asking_study(folder, world, 4, 1, path)
    assert len(rows) == 4 * len(THRESHOLDS)
    by_key = {row.key: row for row in rows}
    never, always = by_key["as it is", HAND, 0.0], by_key["as it is", HAND, 0.99]
    assert (never.gain, never.asked) == (0.0, 0.0)
    assert always.asked == 1.0  # an untrained net is never so sure
    assert always.gain_low > 0.0  # it is wrong in two of three cases, and a hand costs a tenth of that
    looked = by_key["as it is", AGAIN, 0.99]
    assert looked.mean < always.mean  # the same picture comes back, at the price of a passage
    before = path.read_bytes()
    assert asking_study(folder, world, 4, 1, path) == rows  # all is done already
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="--rounds must be 1 … 3"):
        asking_study(folder, world, 4, 0, path)
    with pytest.raises(ValueError, match="--episodes must be 2 or more"):
        asking_study(folder, world, 1, 1, path)
