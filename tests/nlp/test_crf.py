"""The conditional random field, beside all ways to tag a row, counted one by one."""

from itertools import product

import pytest
import torch

from ludus.nlp.crf import CRF, FORBIDDEN, may_follow

TAGS = ("O", "B-a", "I-a", "B-b", "I-b")


def a_field(seed=0):
    field = CRF(TAGS)
    torch.manual_seed(seed)
    with torch.no_grad():
        field.pairs.normal_()
    return field


def score_of(field, scores, tags):
    """Of one way to tag one row, by the definition."""
    moves = field.transitions()
    total = scores[0, tags[0]] + (0.0 if may_follow("O", TAGS[tags[0]]) else FORBIDDEN)
    for t in range(1, len(tags)):
        total = total + moves[tags[t - 1], tags[t]] + scores[t, tags[t]]
    return total


def test_the_loss_is_that_of_all_ways_to_tag_a_row():
    field, lengths = a_field(), torch.tensor([4, 2, 1])
    scores, tags = torch.randn(3, 4, len(TAGS)), torch.tensor([[1, 2, 0, 3], [0, 1, 0, 0], [3, 0, 0, 0]])
    expected = 0.0
    for row, length in enumerate(lengths.tolist()):
        ways = torch.stack([score_of(field, scores[row], way) for way in product(range(len(TAGS)), repeat=length)])
        expected += ways.logsumexp(dim=0) - score_of(field, scores[row], tags[row, :length].tolist())
    assert float(field.loss(scores, tags, lengths).detach()) == pytest.approx(float(expected.detach()) / 3, rel=1e-5)


def test_tags_that_iob_forbids_cost_what_is_said_at_the_start_and_later():
    field, lengths = a_field(), torch.tensor([2])
    with torch.no_grad():
        for tags in ([2, 2], [0, 2], [3, 2]):
            assert float(field.loss(torch.zeros(1, 2, len(TAGS)), torch.tensor([tags]), lengths)) > -0.9 * FORBIDDEN


def test_the_best_tags_are_the_best_of_all_ways():
    field, lengths = a_field(1), torch.tensor([4, 3, 1])
    scores = 2.0 * torch.randn(3, 4, len(TAGS))
    for row, (found, length) in enumerate(zip(field.best(scores, lengths), lengths.tolist(), strict=True)):
        ways = [*product(range(len(TAGS)), repeat=length)]
        assert tuple(found) == max(ways, key=lambda way, row=row: float(score_of(field, scores[row], way).detach()))


def test_what_fills_up_a_row_changes_nothing():
    field, lengths, tags = a_field(), torch.tensor([2]), torch.tensor([[1, 2, 4, 4]])
    scores = torch.randn(1, 4, len(TAGS))
    short = field.loss(scores[:, :2], tags[:, :2], lengths)
    torch.testing.assert_close(field.loss(scores, tags, lengths), short)
    assert field.best(scores, lengths) == field.best(scores[:, :2], lengths)


def test_no_tag_follows_that_iob_forbids():
    assert may_follow("B-a", "I-a")
    assert may_follow("I-a", "I-a")
    assert not may_follow("O", "I-a")
    assert not may_follow("B-b", "I-a")
    field = a_field()
    scores = torch.zeros(1, 3, len(TAGS))
    scores[:, :, TAGS.index("I-a")] = 50.0
    (found,) = field.best(scores, torch.tensor([3]))
    assert [TAGS[tag] for tag in found] == ["B-a", "I-a", "I-a"]


def test_a_stranger_s_forbidden_tags_cost_much_and_no_nan():
    field = a_field()
    loss = field.loss(torch.randn(1, 2, len(TAGS)), torch.tensor([[2, 4]]), torch.tensor([2]))
    loss.backward()
    assert 1e3 < float(loss.detach()) < float("inf")
    assert torch.isfinite(field.pairs.grad).all()


def test_it_learns_what_follows_what():
    field = CRF(TAGS)
    tags, lengths = torch.tensor([[0, 1, 2, 0]] * 2), torch.tensor([4, 4])
    optimizer = torch.optim.SGD(field.parameters(), 1.0)
    for _ in range(200):
        optimizer.zero_grad()
        field.loss(torch.zeros(2, 4, len(TAGS)), tags, lengths).backward()
        optimizer.step()
    scores = torch.zeros(1, 4, len(TAGS))
    scores[0, 0, 0] = 9.0  # only the first word is clear
    assert [TAGS[tag] for tag in field.best(scores, torch.tensor([4]))[0]] == ["O", "B-a", "I-a", "O"]
