"""What a classifier is trained with: a part of the pictures, an early end, dense layers alone."""

import pytest
import torch

from ludus.components.component import Component
from ludus.utils.interrupts import Interrupted
from ludus.vision.tasks import classify_report
from ludus.vision.tasks.classify import Classify
from ludus.vision.tasks.classify_recipe import compose
from stopping import stop_at
from vision_toy import TINY, as_it_was, curve, fit_classifier, make_folder  # noqa: F401


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(make_folder(tmp_path_factory.mktemp("data") / "bars"))


def test_part_of_the_pictures_is_the_same_for_all_seeds_and_fair_to_the_classes(data, tmp_path):
    parts = []
    for seed in (0, 1):
        fit = Classify.start(tmp_path / str(seed), compose(data, seed=seed, settings={**TINY, "share": 0.5}))
        parts.append(fit.load().train)
    assert torch.equal(parts[0].images, parts[1].images)
    assert torch.bincount(parts[0].labels).tolist() == [20, 20, 20]
    with pytest.raises(ValueError, match=r"share 0.001 of 120 images leaves too few"):
        Classify.start(tmp_path / "none", compose(data, settings={**TINY, "share": 0.001}))


EARLY = {"holdout": 0.25, "patience": 2, "epochs": 20, "widths": [16, 32]}


def test_training_ends_early_and_keeps_the_best_weights(data, tmp_path):
    net, summary = fit_classifier(data, tmp_path / "net", **EARLY)
    accuracies, losses = (dict(curve(tmp_path / "net", f"validation/{name}")) for name in ("accuracy", "loss"))
    best = max(accuracies, key=lambda step: (accuracies[step], -step))  # the first of equals; an epoch has 2 steps
    assert max(accuracies) == best + 2 * 2 < 2 * 20
    assert f"{best // 2 + 2} epochs of at most 20, the best on held-out pictures kept, of {data} in" in str(summary)
    held = Classify.open(tmp_path / "net").load().watched
    kept = classify_report.figures(classify_report.judge(net, held, mirror=False), held.labels)
    assert kept["loss"] == pytest.approx(losses[best], rel=1e-5)
    assert kept["loss"] != pytest.approx(losses[max(losses)], rel=1e-2)


@pytest.mark.parametrize("step", [3, 4])
def test_early_end_is_the_same_for_a_training_that_was_stopped(data, tmp_path, step):
    whole, _ = fit_classifier(data, tmp_path / "whole", **EARLY)
    with pytest.raises(Interrupted):
        fit_classifier(data, tmp_path / "stopped", stop_at(step), **EARLY)
    again, _ = Classify.open(tmp_path / "stopped").train()
    for key, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key
    assert curve(tmp_path / "whole") == curve(tmp_path / "stopped")
    assert Classify.open(tmp_path / "stopped").train()[0].metrics["accuracy"] == whole.metrics["accuracy"]  # has ended


def test_dense_layers_alone_are_trained_and_explained_too(data, tmp_path):
    net, summary = fit_classifier(data, tmp_path / "net", model="mlp", widths=[24], epochs=6)
    assert net.metrics["accuracy"] > max(summary.baselines.values())
    assert Component.load(tmp_path / "net").config["widths"] == [24]
