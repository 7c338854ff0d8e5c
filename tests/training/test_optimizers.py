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


def test_learning_rate_rises_and_falls_in_lines():
    assert [round(schedule(at, 0.25), 3) for at in (0.0, 0.125, 0.25, 0.625, 1.0)] == [0.0, 0.5, 1.0, 0.5, 0.0]
