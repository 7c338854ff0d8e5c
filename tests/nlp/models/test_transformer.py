"""The transformer: attention by its definition, masks, the key/value cache, cross-attention, and maps of attention."""

import math

import numpy as np
import pytest
import torch

from ludus.nlp.models import transformer
from ludus.nlp.models.transformer import Attention, Decoder, Encoder, Maps, attend, causal, rotate

IDS = torch.tensor([[3, 7, 7, 1, 5, 2], [0, 4, 8, 8, 6, 1]])
MASK = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def moved(net):
    """A network whose weights are large enough to tell things apart."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return net.eval()


def test_attention_is_its_definition():
    """softmax(Q Kᵀ / sqrt(D)) V, over what is seen."""
    q, k, v = (torch.randn(2, 3, 5, 4) for _ in range(3))
    seen = causal(5, 0, q.device)
    maps = []
    found = attend(q, k, v, seen, maps=maps)
    for n in range(2):
        for h in range(3):
            fit = (q[n, h] @ k[n, h].T).numpy() / 2.0
            fit[~seen.numpy()] = -np.inf
            weights = np.exp(fit) / np.exp(fit).sum(axis=1, keepdims=True)
            np.testing.assert_allclose(maps[0][n, h], weights, atol=1e-6)
            np.testing.assert_allclose(found[n, h], weights @ v[n, h].numpy(), atol=1e-5)


def weights(layer, x):
    """A linear layer of ``x`` in NumPy."""
    y = x @ layer.weight.detach().double().numpy().T
    return y if layer.bias is None else y + layer.bias.detach().double().numpy()


def normed(x, norm=None):
    y = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return y if norm is None else y * norm.weight.detach().double().numpy() + norm.bias.detach().double().numpy()


def turned(x):
    """Numbers d and d + D / 2 of token t, as one complex number, times exp(i t 10,000^(-d / (D / 2))); ``x`` (L, D)."""
    half = x.shape[1] // 2
    angles = np.arange(len(x))[:, None] * 10_000.0 ** (-np.arange(half) / half)
    z = (x[:, :half] + 1j * x[:, half:]) * np.exp(1j * angles)
    return np.concatenate([z.real, z.imag], axis=1)


def looked(attention, x, other, barred):
    """Attention of the tokens ``x`` (L, W) at ``other`` (S, W), head by head, but not where ``barred`` (L, S)."""
    heads, turn = attention.heads, turned if attention.rotary else lambda x: x
    queries = np.split(weights(attention.queries, x), heads, axis=1)
    keys, values = (np.split(y, heads, axis=1) for y in np.split(weights(attention.keys_values, other), 2, axis=1))
    found = []
    for q, k, v in zip(queries, keys, values, strict=True):
        fit = turn(normed(q)) @ turn(normed(k)).T / np.sqrt(q.shape[1])
        share = np.exp(np.where(barred, -np.inf, fit))
        found.append(share / share.sum(axis=1, keepdims=True) @ v)
    return weights(attention.out, np.concatenate(found, axis=1))


def fed_forward(layer, x):
    y = weights(layer.enter, x)
    return weights(layer.leave, y * 0.5 * (1.0 + np.vectorize(math.erf)(y / np.sqrt(2.0))))


def test_an_encoder_and_a_decoder_are_their_equations():
    """x + attention(norm(x)), x + cross-attention(norm(x)), x + feed_forward(norm(x)), block by block, in NumPy."""
    encoder, decoder = moved(Encoder(16, 2, 2, vocabulary=9)), moved(Decoder(16, 2, 2, vocabulary=9, cross=True))
    with torch.no_grad():
        memory = encoder(IDS, MASK)
        states, _ = decoder(IDS, (), memory, MASK)
    for row, (ids, mask) in enumerate(zip(IDS, MASK, strict=True)):
        x = encoder.embedding.weight.detach().double().numpy()[ids]
        filling = np.broadcast_to(~mask.numpy(), (6, 6))
        for block in encoder.blocks:
            y = normed(x, block.norms[0])
            x = x + looked(block.attention, y, y, filling)
            x = x + fed_forward(block.feed_forward, normed(x, block.norms[1]))
        read = normed(x, encoder.norm)
        np.testing.assert_allclose(memory[row], read, atol=1e-4)
        x = decoder.embedding.weight.detach().double().numpy()[ids]
        for block in decoder.blocks:
            y = normed(x, block.norms[0])
            x = x + looked(block.attention, y, y, np.triu(np.ones((6, 6), bool), 1))
            x = x + looked(block.cross, normed(x, block.norms[1]), read, filling)
            x = x + fed_forward(block.feed_forward, normed(x, block.norms[2]))
        np.testing.assert_allclose(states[row], normed(x, decoder.norm), atol=1e-4)


def test_the_fused_kernel_gives_the_same(monkeypatch):
    q, k, v = (torch.randn(2, 3, 5, 4) for _ in range(3))
    plain = attend(q, k, v, causal(5, 0, q.device))
    monkeypatch.setattr(transformer, "FUSED_FROM", 1)
    monkeypatch.setattr(torch.Tensor, "softmax", None)  # the other way would fail
    assert torch.allclose(attend(q, k, v, causal(5, 0, q.device)), plain, atol=1e-6)


def test_a_query_that_sees_nothing_is_no_nan():
    net = moved(Encoder(16, 2, 2, vocabulary=9))
    states = net(IDS, torch.zeros(2, 6, dtype=torch.bool))
    assert states.isfinite().all()


def test_turned_products_depend_on_the_distance_alone():
    q, k = torch.randn(8), torch.randn(8)

    def product(at, other):
        one, two = (rotate(x.view(1, 1, 1, 8), place).flatten() for x, place in ((q, at), (k, other)))
        return float(one @ two)

    assert product(3, 1) == pytest.approx(product(103, 101), abs=1e-4)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-4)
    assert rotate(q.view(1, 1, 1, 8)).flatten().tolist() == q.tolist()  # the first position is not turned


def test_an_encoder_sees_all_but_filling():
    net = moved(Encoder(16, 2, 2, vocabulary=9))
    states = net(IDS, MASK)
    assert states.shape == (2, 6, 16)
    assert torch.allclose(states[1, :4], net(IDS[1:, :4])[0], atol=1e-5)
    ahead = IDS.clone()
    ahead[0, 5] = 0
    assert not torch.allclose(net(ahead, MASK)[0, 0], states[0, 0], atol=1e-3)


def test_a_decoder_sees_nothing_that_is_to_come():
    net, other = moved(Decoder(16, 2, 2, vocabulary=9)), IDS.clone()
    other[:, 4:] = 0
    one, two = net(IDS)[0], net(other)[0]
    assert torch.allclose(one[:, :4], two[:, :4], atol=1e-6)
    assert not torch.allclose(one[:, 4:], two[:, 4:], atol=1e-3)


def test_order_matters_by_the_rotations_alone():
    net = moved(Decoder(16, 1, 2, vocabulary=9))
    swapped = IDS[:, [1, 0, 2, 3, 4, 5]]
    assert not torch.allclose(net(IDS)[0][:, -1], net(swapped)[0][:, -1], atol=1e-4)
    net.blocks[0].attention.rotary = False
    assert torch.allclose(net(IDS)[0][:, -1], net(swapped)[0][:, -1], atol=1e-5)


@pytest.mark.parametrize("cross", [False, True])
def test_kept_keys_and_values_give_what_computing_all_again_gives(cross):
    memory, seen = (torch.randn(2, 6, 16), MASK) if cross else (None, None)
    net = moved(Decoder(16, 2, 2, vocabulary=9, cross=cross))
    whole, _ = net(IDS, (), memory, seen)
    for sizes in ([1] * 6, [3, 1, 2]):
        state, parts = (), []
        for piece in IDS.split(sizes, dim=1):
            states, state = net(piece, state, memory, seen)
            parts.append(states)
        assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-5)
    if cross:  # what was read is kept, too, and not asked for again
        goes_on, other = (net(IDS[:, :1], state, each, seen)[0] for each in (memory, 0.0 * memory))
        assert torch.equal(goes_on, other)
    rows = torch.tensor([1, 1, 0])  # as a beam search takes them
    again, _ = net(
        IDS[rows][:, :1], tuple(part[rows] for part in state), *(x if x is None else x[rows] for x in (memory, seen))
    )
    first, _ = net(IDS[:, :1], state, memory, seen)
    assert torch.allclose(again, first[rows], atol=1e-5)


def test_a_decoder_looks_at_what_an_encoder_read_and_not_at_filling():
    net, memory = moved(Decoder(16, 2, 2, vocabulary=9, cross=True)), torch.randn(2, 6, 16)
    states, _ = net(IDS, (), memory, MASK)
    other = memory.clone()
    other[1, 4:] = 9.0
    assert torch.allclose(net(IDS, (), other, MASK)[0], states, atol=1e-5)
    other[1, 3] = 9.0
    assert not torch.allclose(net(IDS, (), other, MASK)[0][1], states[1], atol=1e-3)


def test_maps_are_what_was_looked_at_and_change_nothing():
    net, memory, maps = moved(Decoder(16, 2, 2, vocabulary=9, cross=True)), torch.randn(2, 7, 16), Maps()
    mask = torch.tensor([[True] * 7, [True] * 5 + [False] * 2])
    states, _ = net(IDS, (), memory, mask, maps)
    assert torch.allclose(states, net(IDS, (), memory, mask)[0], atol=1e-6)
    assert [m.shape for m in maps.own] == [(2, 2, 6, 6)] * 2
    assert [m.shape for m in maps.memory] == [(2, 2, 6, 7)] * 2
    for weights in (*maps.own, *maps.memory):
        assert torch.allclose(weights.sum(dim=-1), torch.ones(2, 2, 6), atol=1e-5)
    assert all((m.triu(1) == 0).all() for m in maps.own)
    assert all((m[1, :, :, 5:] == 0).all() for m in maps.memory)


def test_vectors_may_come_in_the_place_of_tokens():
    net = moved(Encoder(16, 2, 2, vocabulary=9))
    assert torch.allclose(net(net.embedding(IDS), MASK), net(IDS, MASK))


def test_queries_and_keys_are_normed_where_that_is_asked_for():
    x = torch.randn(1, 4, 16)
    for normed in (True, False):
        attention = moved(Attention(16, 2, qk_norm=normed))
        with torch.no_grad():
            attention.keys_values.weight[:16] *= 5.0
        keys, _ = attention.remember(x)
        spread = keys.std(dim=-1, correction=0)
        assert bool(torch.allclose(spread, torch.ones_like(spread), atol=0.3)) == normed


def test_what_cannot_be_built_is_said():
    with pytest.raises(ValueError, match="multiple of twice the heads, got 10 and 4"):
        Attention(10, 4)
    with pytest.raises(ValueError, match="1 … 256 layers, got 1000000000"):
        Encoder(16, 10**9, 2)
    with pytest.raises(ValueError, match="cross=True is for a Decoder"):
        Encoder(16, 1, 2, cross=True)
