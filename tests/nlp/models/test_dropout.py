"""Dropout: how many numbers it sets to 0, that the mean stays, that each is drawn by itself, and by which stream."""

import pytest
import torch

from ludus.nlp.models.dropout import Dropout, drop


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_share_is_set_to_zero_and_the_mean_stays(share, dtype):
    torch.manual_seed(0)
    y = drop(torch.ones(500, 401, dtype=dtype), share).float()
    assert float((y == 0).float().mean()) == pytest.approx(share, abs=0.005)
    assert float(y.mean()) == pytest.approx(1.0, abs=0.03)
    assert len(y.unique()) == 2


def test_numbers_of_one_word_are_drawn_independently():
    torch.manual_seed(1)
    kept = (drop(torch.ones(100_000), 0.5) > 0).view(-1, 4).float()
    assert kept.mean(dim=0).tolist() == pytest.approx([0.5] * 4, abs=0.01)
    together = torch.corrcoef(kept.T) - torch.eye(4)
    assert float(together.abs().max()) < 0.02


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(ValueError, match=f"dropout is a share 0 … 1, got {share}"):
        Dropout(share)


def test_gradient_passes_where_the_number_stayed():
    torch.manual_seed(2)
    x = torch.randn(7, 5).requires_grad_()
    y = drop(x, 0.4)
    y.sum().backward()
    scale = 1.0 / (1.0 - round(0.4 * 65536) / 65536)
    torch.testing.assert_close(x.grad, torch.where(y.detach() == 0, 0.0, scale))


def test_it_is_a_function_of_the_global_stream_and_does_nothing_when_not_training():
    layer, x = Dropout(0.3), torch.randn(40, 3)
    torch.manual_seed(3)
    first = layer(x)
    second = layer(x)
    torch.manual_seed(3)
    assert torch.equal(layer(x), first)
    assert not torch.equal(first, second)
    assert layer.eval()(x) is x
    assert drop(x, 0.0) is x
    assert not drop(x, 1.0).any()
