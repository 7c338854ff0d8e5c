"""Batches by step: a function of the seed and the step, whatever is learned."""

import pytest
import torch

from ludus.training.batches import Epoch, Shuffled, digest_tensors, generator, hold_out


def test_epoch_has_each_row_once_in_an_order_of_its_own():
    batches = Shuffled(20, 5, seed=0)
    epochs = [torch.cat(list(batches)) for _ in range(2)]
    assert batches.step == 8
    assert all(torch.equal(epoch.sort().values, torch.arange(20)) for epoch in epochs)
    assert not torch.equal(*epochs)


def test_batches_after_a_resume_are_those_that_would_have_come():
    whole, again = Shuffled(23, 5, seed=3), Shuffled(23, 5, seed=3, step=3)
    expected = [batch for _ in range(2) for batch in whole]
    assert len(Epoch(again)) == 1
    found = [batch for _ in range(2) for batch in Epoch(again)]
    assert len(found) == 5  # the last of the first epoch, and the second
    assert all(torch.equal(one, other) for one, other in zip(expected[3:], found, strict=True))


def test_other_seed_gives_other_batches():
    one, other = (Shuffled(20, 5, seed).batch(0) for seed in (0, 1))
    assert not torch.equal(one, other)


@pytest.mark.parametrize(("count", "size"), [(0, 4), (4, 0)])
def test_batches_of_nothing_are_refused(count, size):
    with pytest.raises(ValueError, match=f"at least one example and a batch size >= 1, got {count} and {size}"):
        Shuffled(count, size, seed=0)


def test_random_numbers_follow_from_seed_and_place_alone():
    draws = [
        torch.rand(3, generator=generator(*place)) for place in ((0, "a", 1), (0, "a", 1), (0, "a", 2), (1, "a", 1))
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert not torch.equal(draws[0], draws[3])


def test_digest_changes_with_each_value_and_with_nothing_else():
    x = torch.arange(6.0).view(2, 3)
    assert digest_tensors(x) == digest_tensors(x.clone())
    other = x.clone()
    other[1, 2] += 1e-6
    assert digest_tensors(x) != digest_tensors(other)
    assert len(digest_tensors(x, x)) == 8


def test_share_of_each_class_is_held_out():
    labels = torch.arange(40) % 4
    mask = hold_out(labels, 4, 0.3, seed=5)
    assert torch.equal(labels[mask].bincount(), torch.full((4,), 3))
    assert torch.equal(mask, hold_out(labels, 4, 0.3, seed=5))
    assert not torch.equal(mask, hold_out(labels, 4, 0.3, seed=6))
    for share in (0.0, 1.0, 0.001):
        with pytest.raises(ValueError, match="holdout"):
            hold_out(labels, 4, share, seed=5)
