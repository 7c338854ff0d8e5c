"""Average precision: cases by hand, and random sets beside COCO's own evaluation."""

import contextlib
import io

import numpy as np
import pytest

from ludus.components.average_precision import (
    COCO_THRESHOLDS,
    average_precision,
    average_precisions,
    overlaps,
)
from ludus.components.detections import CLASS, VALID, corners_of


def rows_of(*things, classes=2, rows=None):
    """Rows (R, 8 + K) of things (valid, x, y, width, height, class) in shares of a picture."""
    out = np.zeros((rows or len(things), CLASS + classes), np.float32)
    for row, (valid, x, y, width, height, kind) in zip(out, things, strict=False):
        row[:5] = valid, x, y, width, height
        row[CLASS + kind] = 1.0
    return out


HERE, THERE = (0.25, 0.25, 0.25, 0.25), (0.75, 0.75, 0.25, 0.25)


# --- By hand ---------------------------------------------------------------------------------------------------------


def test_whoever_says_the_truth_is_perfect():
    truth = rows_of((1, *HERE, 0), (1, *THERE, 1), rows=4)[None]
    assert average_precision(truth, truth, COCO_THRESHOLDS) == 1.0


def test_of_two_detections_of_one_thing_the_second_is_wrong_and_half_of_the_things_are_found():
    """Precision 1 up to a recall of a half, nothing beyond: 51 of the 101 points."""
    truth = rows_of((1, *HERE, 0), (1, *THERE, 0))[None]
    shown = rows_of((0.9, *HERE, 0), (0.8, *HERE, 0))[None]
    assert average_precision(truth, shown) == pytest.approx(51 / 101)


def test_a_surer_mistake_halves_the_precision():
    truth = rows_of((1, *HERE, 0))[None]
    shown = rows_of((0.9, *THERE, 0), (0.8, *HERE, 0))[None]
    assert average_precision(truth, shown) == pytest.approx(0.5)
    assert average_precision(truth, shown[:, ::-1]) == pytest.approx(0.5)  # the order of rows says nothing
    shown[0, 0, VALID] = 0.7
    assert average_precision(truth, shown) == 1.0


def test_how_sure_a_detection_is_is_its_confidence_times_the_share_of_its_class():
    truth = rows_of((1, *HERE, 0))[None]
    shown = rows_of((0.9, *THERE, 0), (0.8, *HERE, 0))[None]
    shown[0, 0, CLASS:] = 0.55, 0.45
    assert average_precision(truth, shown) == 1.0


def test_the_mean_is_over_the_classes_that_occur():
    truth = rows_of((1, *HERE, 0), (1, *THERE, 1), classes=4)[None]
    shown = rows_of((0.9, *HERE, 0), (0.9, *THERE, 2), classes=4)[None]
    np.testing.assert_array_equal(average_precisions(truth, shown), [1.0, 0.0, np.nan, np.nan])
    assert average_precision(truth, shown) == 0.5
    assert np.isnan(average_precision(np.zeros_like(truth), shown))
    assert np.isnan(average_precision(truth[:0], shown[:0]))
    assert average_precision(truth, np.zeros_like(shown)) == 0.0
    assert average_precision(truth, shown[:, :0]) == 0.0


def test_an_overlap_counts_from_the_threshold_on():
    """A box of which the true one is four fifths: right at .5 to .8, wrong at .85 to .95."""
    truth, shown = rows_of((1, 0.5, 0.5, 0.5, 0.5, 0))[None], rows_of((1, 0.5, 0.5, 0.5, 0.625, 0))[None]
    np.testing.assert_allclose(overlaps(corners_of(truth), corners_of(shown)), 0.8)
    assert average_precision(truth, shown, (0.75,)) == 1.0
    assert average_precision(truth, shown, (0.85,)) == 0.0
    assert average_precision(truth, shown, (0.5, 0.95)) == 0.5


def test_boxes_without_area_overlap_nothing():
    flat = corners_of(rows_of((1, 0.5, 0.5, 0.0, 0.0, 0)))
    assert overlaps(flat, flat) == 0.0


@pytest.mark.parametrize(
    ("truth", "shown", "thresholds", "message"),
    [
        ((3, 2, 10), (2, 2, 10), (0.5,), "expected truths"),
        ((3, 2, 10), (3, 2, 11), (0.5,), "expected truths"),
        ((2, 10), (2, 10), (0.5,), "expected truths"),
        ((3, 2, 8), (3, 2, 8), (0.5,), "a class and a threshold"),
        ((3, 2, 10), (3, 2, 10), (), "a class and a threshold"),
    ],
)
def test_other_shapes_are_refused(truth, shown, thresholds, message):
    with pytest.raises(ValueError, match=message):
        average_precision(np.zeros(truth), np.zeros(shown), thresholds)


# --- COCO ------------------------------------------------------------------------------------------------------------


def random_sets(seed):
    """Truths and detections near them, on a grid of 1/64 so that all sums are exact and many scores are equal."""
    random = np.random.default_rng(seed)
    n, r, q, k = random.integers(1, 30), random.integers(1, 9), random.integers(1, 14), random.integers(1, 5)
    truth, shown = np.zeros((n, r, CLASS + k), np.float32), np.zeros((n, q, CLASS + k), np.float32)
    truth[..., VALID] = random.random((n, r)) < 0.8
    truth[..., 1:5] = random.integers(8, 33, (n, r, 4)) / 64
    truth[np.arange(n)[:, None], np.arange(r), CLASS + random.integers(0, k, (n, r))] = 1.0
    shown[..., VALID] = random.integers(0, 6, (n, q)) / 8
    near = np.take_along_axis(truth, random.integers(0, r, (n, q))[..., None], axis=1)
    shown[..., 1:5] = near[..., 1:5] + random.integers(-3, 4, (n, q, 4)) / 64
    shown[..., CLASS:] = near[..., CLASS:] * 0.5
    other = CLASS + random.integers(0, k, (n, q))
    shown[np.arange(n)[:, None], np.arange(q), other] += random.choice([0.25, 0.375, 0.75], (n, q))
    return truth, shown


def annotations(rows, scored):
    """What COCO's evaluation reads: boxes in pixels of a picture of 64 x 64."""
    boxes = 64.0 * corners_of(rows).astype(np.float64)
    for i, row in np.argwhere(rows[..., VALID] > 0.0).tolist():
        left, top, right, bottom = boxes[i, row].tolist()
        kinds = rows[i, row, CLASS:]
        found = {
            **{"image_id": i, "category_id": int(kinds.argmax()), "bbox": [left, top, right - left, bottom - top]},
            **{"area": (right - left) * (bottom - top), "iscrowd": 0},
        }
        yield found | ({"score": float(rows[i, row, VALID]) * float(kinds.max())} if scored else {})


@pytest.mark.parametrize("seed", range(12))
def test_random_sets_come_out_as_in_cocos_evaluation(seed):
    """faster-coco-eval is what torchmetrics' MeanAveragePrecision asks; that itself needs torchvision, too."""
    coco = pytest.importorskip("faster_coco_eval", reason="needs faster-coco-eval: pip install faster-coco-eval")
    truth, shown = random_sets(seed)
    said = list(annotations(truth, False))
    content = {
        "images": [{"id": i, "width": 64, "height": 64} for i in range(len(truth))],
        "categories": [{"id": k, "name": str(k)} for k in range(truth.shape[2] - CLASS)],
        "annotations": [{"id": number + 1, **entry} for number, entry in enumerate(said)],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        known = coco.COCO(content)
        judged = coco.COCOeval_faster(known, known.loadRes(list(annotations(shown, True))), "bbox")
        judged.run()
    expected = judged.stats[:2]  # mAP50–95 and mAP50
    found = [average_precision(truth, shown, COCO_THRESHOLDS), average_precision(truth, shown, (0.5,))]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert 0.02 < found[1] < 0.98


def test_torchmetrics_agrees_where_it_can_be_asked():
    pytest.importorskip("faster_coco_eval", reason="needs faster-coco-eval: pip install faster-coco-eval")
    pytest.importorskip("torchvision", reason="torchmetrics' MeanAveragePrecision needs torchvision")
    import torch
    from torchmetrics.detection import MeanAveragePrecision

    truth, shown = random_sets(3)
    measure = MeanAveragePrecision(backend="faster_coco_eval")
    for true, said in zip(truth, shown, strict=True):
        parts = []
        for rows in (said, true):
            rows = rows[rows[:, VALID] > 0.0]
            boxes, kinds = torch.from_numpy(64.0 * corners_of(rows)), torch.from_numpy(rows[:, CLASS:])
            scores = torch.from_numpy(rows[:, VALID]) * kinds.amax(dim=1)
            parts.append({"boxes": boxes, "labels": kinds.argmax(dim=1), "scores": scores})
        measure.update([parts[0]], [parts[1]])
    expected = measure.compute()
    assert average_precision(truth, shown) == pytest.approx(float(expected["map_50"]), abs=1e-6)
    assert average_precision(truth, shown, COCO_THRESHOLDS) == pytest.approx(float(expected["map"]), abs=1e-6)
