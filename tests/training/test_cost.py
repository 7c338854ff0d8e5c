"""The cost of a network, counted by hand."""

import torch
from torch import nn

from ludus.training.cost import multiply_adds, parameter_count


def test_multiplications_and_parameters_are_counted_by_hand_alike():
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Flatten(), nn.Linear(8 * 4 * 4, 10))
    assert multiply_adds(net, torch.zeros(1, 3, 4, 4)) == 16 * 8 * 27 + 128 * 10
    assert parameter_count(net) == 8 * 27 + 8 + 128 * 10 + 10


def test_what_is_not_learned_is_no_parameter():
    net = nn.Linear(4, 2)
    net.bias.requires_grad = False
    assert parameter_count(net) == 8
