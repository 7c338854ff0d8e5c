"""The cross-entropy against torch's: value and gradient, with and without smoothing, in bf16, at extremes."""

import pytest
import torch
from torch.nn import functional as F

from ludus.nlp.cross_entropy import ROWS, cross_entropy


def both(scores, truth, smoothing):
    """Loss and gradient by us and by torch."""
    found = []
    for function in (cross_entropy, lambda z, y, s: F.cross_entropy(z.float(), y, label_smoothing=s)):
        z = scores.clone().requires_grad_()
        loss = function(z, truth, smoothing)
        (3.0 * loss).backward()
        found.append((loss.detach(), z.grad))
    return found


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("rows", [1, ROWS, 2 * ROWS + 3])
def test_value_and_gradient_are_torchs(smoothing, rows):
    source = torch.Generator().manual_seed(rows)
    scores, truth = 3.0 * torch.randn(rows, 37, generator=source), torch.randint(0, 37, (rows,), generator=source)
    (loss, slope), (expected, wanted) = both(scores, truth, smoothing)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(slope, wanted)


def test_in_bf16_it_is_torchs_but_for_the_rounding():
    source = torch.Generator().manual_seed(0)
    scores, truth = torch.randn(100, 50, generator=source), torch.randint(0, 50, (100,), generator=source)
    (loss, slope), (expected, wanted) = both(scores.bfloat16(), truth, 0.1)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(slope, wanted, rtol=0.02, atol=1e-4)


def test_truth_that_is_as_good_as_impossible_costs_what_it_should():
    scores = torch.tensor([[500.0, 0.0, -500.0]])
    (loss, slope), (expected, wanted) = both(scores, torch.tensor([2]), 0.0)
    assert float(loss) == float(expected) == 1000.0
    torch.testing.assert_close(slope, wanted)


def test_nothing_is_kept_where_no_gradient_is_asked_for():
    with torch.no_grad():
        loss = cross_entropy(torch.zeros(4, 8), torch.zeros(4, dtype=torch.int64))
    assert float(loss) == pytest.approx(2.0794415)
