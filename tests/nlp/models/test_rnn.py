"""Recurrent networks: the textbook's equations step by step in NumPy, states that are carried on, and both ways."""

import numpy as np
import pytest
import torch

from ludus.nlp.models.language_model import RecurrentLM, spaces_of
from ludus.nlp.models.rnn import CELLS, BothWays, Recurrent
from ludus.nlp.models.text_model import TextModel

IDS = torch.tensor([[3, 7, 7, 1, 5, 2], [0, 4, 8, 8, 6, 1]])


def numbers(parameter):
    return parameter.detach().double().numpy()


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def language_model(cell, **config):
    torch.manual_seed(1)
    return RecurrentLM(*spaces_of(6, 9), cell=cell, width=8, **config).eval()


@pytest.mark.parametrize(("squash", "σ"), [("tanh", np.tanh), ("sigmoid", sigmoid)])
def test_the_textbook_network_is_its_equations(squash, σ):
    """e(t) = E x(t); h(t) = σ(W_h h(t-1) + W_e e(t) + b1); ŷ(t) = softmax(U h(t) + b2), with x(t) a single 1."""
    net = language_model("rnn", squash=squash)
    cell = net.stack.layers[0]
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.normal_(0.0, 0.5)
    E, U, b2 = numbers(net.stack.embedding.weight).T, numbers(net.head.weight), numbers(net.head.bias)
    W_h, W_e, b1 = numbers(cell.W_h.weight), numbers(cell.W_e.weight), numbers(cell.W_e.bias)
    with torch.no_grad():
        given = net.read(IDS)[0].softmax(dim=-1)
    for row, words in enumerate(IDS.tolist()):
        h = np.zeros(8)  # h(0)
        for t, word in enumerate(words):
            x = np.eye(9)[word]
            h = σ(W_h @ h + W_e @ (E @ x) + b1)
            scores = np.exp(U @ h + b2)
            np.testing.assert_allclose(given[row, t], scores / scores.sum(), atol=1e-5)


def test_an_lstm_is_its_equations():
    """Gates i, f, o = σ(W e + V h + b), c = f c + i tanh(…), h = o tanh(c) (Hochreiter & Schmidhuber 1997)."""
    net = Recurrent("lstm", 8, vocabulary=9).eval()
    layer = net.layers[0]
    W, V = numbers(layer.weight_ih_l0), numbers(layer.weight_hh_l0)
    b = numbers(layer.bias_ih_l0) + numbers(layer.bias_hh_l0)
    with torch.no_grad():
        states, (last_h, last_c) = net(IDS)
    h = c = np.zeros((2, 8))
    for t in range(IDS.shape[1]):
        e = numbers(net.embedding.weight)[IDS[:, t]]
        i, f, g, o = np.split(e @ W.T + h @ V.T + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(states[:, t], h, atol=1e-5)
    np.testing.assert_allclose(last_h, h, atol=1e-5)
    np.testing.assert_allclose(last_c, c, atol=1e-5)


def test_a_gru_is_its_equations():
    """Gates r, z = σ(W e + V h + b), n = tanh(W e + b + r (V h + b')), h = (1 - z) n + z h (Cho et al. 2014)."""
    net = Recurrent("gru", 8, layers=2, vocabulary=9).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        states, last = net(IDS)
    e = numbers(net.embedding.weight)[IDS]
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    for layer, handed_on in zip(net.layers, last, strict=True):
        W, V, b, c = (numbers(getattr(layer, name)) for name in names)
        h, rows = np.zeros((2, 8)), []
        for t in range(IDS.shape[1]):
            (r, z, n), (s, u, m) = (np.split(part, 3, axis=1) for part in (e[:, t] @ W.T + b, h @ V.T + c))
            r, z = sigmoid(r + s), sigmoid(z + u)
            h = (1.0 - z) * np.tanh(n + r * m) + z * h
            rows.append(h)
        e = np.stack(rows, axis=1)  # the layer above reads these states
        np.testing.assert_allclose(handed_on, h, atol=1e-5)
    np.testing.assert_allclose(states, e, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_that_is_carried_on_is_as_if_nothing_was_cut(cell):
    torch.manual_seed(0)
    net = Recurrent(cell, 8, layers=2, vocabulary=9).eval()
    whole, last = net(IDS)
    state, parts = (), []
    for piece in IDS.split([1, 3, 2], dim=1):
        states, state = net(piece, state)
        parts.append(states)
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-6)
    assert all(torch.allclose(one, other, atol=1e-6) for one, other in zip(state, last, strict=True))
    assert all(part.shape == (2, 8) for part in state)


@pytest.mark.parametrize("cell", CELLS)
def test_no_state_depends_on_words_to_come(cell):
    net, other = Recurrent(cell, 8, vocabulary=9).eval(), IDS.clone()
    other[:, 4:] = 0
    assert torch.equal(net(IDS)[0][:, :4], net(other)[0][:, :4])
    assert not torch.allclose(net(IDS)[0][:, 4:], net(other)[0][:, 4:])


@pytest.mark.parametrize("cell", CELLS)
def test_both_ways_see_the_end_and_no_filling(cell):
    torch.manual_seed(0)
    net = BothWays(cell, 8, vocabulary=9).eval()
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    states = net(IDS, mask)
    assert states.shape == (2, 6, 8)
    assert torch.allclose(states[1, :4], net(IDS[1:, :4])[0], atol=1e-6)
    ahead = IDS.clone()
    ahead[0, 5] = 0
    assert not torch.allclose(net(ahead, mask)[0, 0], states[0, 0])


def test_gradients_fade_in_the_textbook_network_and_not_in_an_lstm():
    """How much the last state depends on a word 60 before it, by the gradient: what gates were made for."""

    def reach(cell):
        torch.manual_seed(0)
        net = Recurrent(cell, 32).eval()
        with torch.no_grad():
            if cell == "rnn":
                net.layers[0].W_h.weight.mul_(0.8)
            else:
                net.layers[0].bias_ih_l0[32:64] = 6.0  # the forget gate is open
        x = torch.randn(4, 60, 32, requires_grad=True)
        net(x)[0][:, -1].sum().backward()
        return float(x.grad[:, 0].norm() / x.grad[:, -1].norm())

    assert reach("rnn") < 1e-6
    assert reach("lstm") > 1e-2


def test_what_cannot_be_built_is_said():
    with pytest.raises(ValueError, match="did you mean 'lstm'"):
        Recurrent("lstn", 8)
    with pytest.raises(ValueError, match="1 … 256 layers, got 0"):
        Recurrent("gru", 8, layers=0)
    with pytest.raises(ValueError, match="its width is even; got 7"):
        BothWays("gru", 7)


def test_muon_turns_the_weights_between_states_and_nothing_else():
    net = language_model("lstm", layers=2)
    assert isinstance(net, TextModel)
    turned = {id(p) for p in net.matrices()}
    names = {name for name, p in net.named_parameters() if id(p) in turned}
    assert names == {f"stack.layers.{k}.weight_{kind}_l0" for k in (0, 1) for kind in ("ih", "hh")}
