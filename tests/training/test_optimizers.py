"""Optimisers: what a step of Muon is, what decays, and the learning rate over time."""

import torch

from ludus.training.optimizers import Muon, make, orthogonalised, schedule


def test_orthogonalised_matrix_keeps_its_singular_vectors_and_loses_its_values():
    random = torch.Generator().manual_seed(0)
    for shape in ((6, 20), (20, 6)):
        matrix = torch.randn(shape, generator=random)
        u, _, v = torch.linalg.svd(matrix, full_matrices=False)
        values = u.T @ orthogonalised(matrix) @ v.T
        assert torch.allclose(values - values.diag().diag(), torch.zeros(6, 6), atol=1e-3)
        assert (values.diag() > 0.5).all()
        assert (values.diag() < 1.3).all()


def test_decay_is_for_matrices_and_not_for_norms_and_biases():
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Linear(8, 2))
    for kind in ("muon", "sgd", "adamw"):
        for rule in make(net, kind, 0.1, 0.05, 0.9):
            for group in rule.param_groups:
                decays = not isinstance(rule, Muon) and group["weight_decay"] > 0.0
                assert all((p.ndim >= 2) == decays or isinstance(rule, Muon) for p in group["params"])
        assert sum(len(g["params"]) for rule in make(net, kind, 0.1, 0.05, 0.9) for g in rule.param_groups) == 6


def test_muon_turns_the_square_parts_of_a_tall_matrix_one_by_one_and_lets_it_decay():
    random = torch.Generator().manual_seed(0)
    tall = torch.nn.Parameter(torch.randn(12, 4, generator=random))
    before, tall.grad = tall.detach().clone(), torch.randn(12, 4, generator=random)
    Muon([tall], lr=0.5, momentum=0.0, weight_decay=0.2).step()
    step = torch.cat([orthogonalised(part) for part in tall.grad.split(4)])
    assert torch.allclose(tall.detach(), 0.9 * before - 0.5 * step)


def test_matrices_are_turned_by_muon_alone():
    net = torch.nn.Sequential(torch.nn.Embedding(9, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 9))
    muon, adamw = make(net, "muon", 0.1, 0.05, 0.9, [net[1].weight])
    assert [p is net[1].weight for group in muon.param_groups for p in group["params"]] == [True]
    assert all(p is not net[1].weight for group in adamw.param_groups for p in group["params"])
    assert len(make(net, "adamw", 0.1, 0.05, 0.9, [net[1].weight])) == 1


def test_learning_rate_rises_and_falls_in_lines():
    assert [round(schedule(at, 0.25), 3) for at in (0.0, 0.125, 0.25, 0.625, 1.0)] == [0.0, 0.5, 1.0, 0.5, 0.0]
