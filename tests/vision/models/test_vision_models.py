"""The classifiers: shapes, features and head, save and load, what they refuse."""

import json

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import nn

from ludus.components.component import Component
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.convnet import ConvNet
from ludus.vision.models.layers import Conv3x3, Whitening
from ludus.vision.models.mlp import MLP
from ludus.vision.models.resnet import ResNet

KINDS = {
    "resnet": (ResNet, {"widths": [16, 24, 32]}),
    "resnet-plain": (ResNet, {"widths": [16, 24], "convolutions": 1, "dropout": 0.1}),
    "convnet": (ConvNet, {"widths": [8, 16], "dense": 24}),
    "convnet-strides": (ConvNet, {"widths": [8, 16, 24], "dense": 0, "strides": True}),
    "convnet-global": (ConvNet, {"widths": [8, 16], "dense": 0, "global_pool": True}),
    "mlp": (MLP, {"widths": [24, 16], "dropout": 0.1}),
    "mlp-plain": (MLP, {"widths": [24], "norm": False}),
    "convnet-deep": (ConvNet, {"widths": [8, 16], "dense": 24, "convolutions": 2, "norm": False, "mirror": True}),
}


def pictures(count=3, shape=(32, 32, 3), seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, *shape)).astype(np.uint8))


def make(kind, shape=(32, 32, 3), count=5, **config):
    torch.manual_seed(0)
    model, defaults = KINDS[kind]
    return model(*spaces_of(np.empty((1, *shape)), count), **{**defaults, **config}).eval()


@pytest.mark.parametrize("shape", [(32, 32, 3), (28, 28, 1), (21, 33, 4)])
@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_classifier_gives_probabilities_for_pictures_of_any_size(kind, shape):
    net, x = make(kind, shape), pictures(3, shape)
    p = net(x)
    assert p.shape == (3, 5)
    assert p.dtype == torch.float32
    assert torch.allclose(p.sum(dim=1), torch.ones(3), atol=1e-6)
    assert net.features(x).shape == (3, net.num_features)


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_logits_are_the_head_of_the_features_and_probabilities_their_softmax(kind):
    net, x = make(kind), pictures()
    assert torch.equal(net.head(net.features(x)), net.logits(x))
    assert torch.equal(net.probabilities(x, mirror=False), net.logits(x).softmax(dim=1))


@torch.inference_mode()
def test_mirror_judges_the_picture_and_its_mirror_image_alike():
    net, x = make("resnet", mirror=True), pictures()
    assert torch.allclose(net(x), net(x.flip(2)), atol=1e-6)
    plain = make("resnet")
    assert not torch.allclose(plain(x), plain(x.flip(2)), atol=1e-5)


def test_pictures_become_channels_last_tensors_without_being_moved():
    net = make("resnet", mean=[0.5, 0.25, 0.0], std=[0.5, 1.0, 2.0])
    x = pictures()
    y = net.prepare(x)
    assert y.is_contiguous(memory_format=torch.channels_last)
    expected = (x.permute(0, 3, 1, 2).double() / 255 - torch.tensor([0.5, 0.25, 0.0]).view(1, 3, 1, 1)) / torch.tensor(
        [0.5, 1.0, 2.0]
    ).view(1, 3, 1, 1)
    assert torch.allclose(y.double(), expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_all_learned_parameters(kind):
    net = make(kind).train()
    net.logits(pictures()).square().sum().backward()
    for name, p in net.named_parameters():
        assert not p.requires_grad or (p.grad is not None and p.grad.abs().sum() > 0), name


@pytest.mark.parametrize("kind", KINDS)
def test_saved_classifier_comes_back_with_the_same_bits(kind, tmp_path):
    net = make(kind, count=3, mean=[0.1, 0.2, 0.3], std=[0.3, 0.2, 0.1])
    net.metrics = {"accuracy": 0.5}
    fingerprint = net.save(tmp_path / "net")
    again = Component.load(tmp_path / "net", fingerprint=fingerprint)
    assert type(again) is type(net)
    assert again.config == net.config
    assert again.metrics == {"accuracy": 0.5}
    with torch.inference_mode():
        assert torch.equal(again(pictures()), net(pictures()))


def test_folder_with_a_pickle_is_refused(tmp_path):
    make("convnet").save(tmp_path / "net")
    (tmp_path / "net" / "weights.pt").write_bytes(b"\x80\x04N.")
    with pytest.raises(ValueError, match="weights.pt, which may be a pickle"):
        Component.load(tmp_path / "net")


def test_weights_of_another_width_are_refused(tmp_path):
    make("resnet").save(tmp_path / "net")
    path = tmp_path / "net" / "config.json"
    content = json.loads(path.read_text())
    content["config"]["widths"] = [16, 24, 48]
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="of another architecture"):
        Component.load(tmp_path / "net")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"widths": []}, "widths are \\[\\]"),
        ({"widths": [8] * 6}, "6 blocks halve 32 pixels to nothing"),
        ({"dropout": 1.0}, "dropout in \\[0, 1\\)"),
        ({"classes": ["a", "b"]}, "2 names of classes for 5"),
        ({"mean": [0.5]}, "mean is \\[0.5\\], expected 3 numbers"),
        ({"std": [0.5, 0.0, 0.5]}, "expected 3 numbers > 0"),
    ],
)
@pytest.mark.parametrize("kind", ["resnet", "convnet"])
def test_config_that_makes_no_network_is_refused(kind, config, message):
    with pytest.raises(ValueError, match=message):
        make(kind, **config)


@pytest.mark.parametrize(("kind", "sees_places"), [("convnet-global", False), ("convnet-strides", True), ("mlp", True)])
@torch.inference_mode()
def test_global_pooling_alone_does_not_see_where_something_is(kind, sees_places):
    x = torch.zeros((2, 32, 32, 3), dtype=torch.uint8)
    x[0, 8:12, 8:12] = x[1, 16:20, 16:20] = 255  # moved by a multiple of what all strides come to, far from the edges
    net = make(kind)
    there, elsewhere = net.features(x)
    assert torch.allclose(there, elsewhere, atol=1e-5) != sees_places


def test_strides_halve_what_pooling_halves():
    pooled, strided = make("convnet", shape=(21, 33, 3)), make("convnet", shape=(21, 33, 3), strides=True)
    x = pooled.prepare(pictures(2, (21, 33, 3)))
    assert pooled.blocks(x).shape == strided.blocks(x).shape == (2, 16, 6, 9)
    assert not any(isinstance(part, nn.MaxPool2d) for part in strided.modules())
    assert make("convnet", dense=0).num_features == 16 * 8 * 8
    assert make("convnet", dense=0, global_pool=True).num_features == 16


def test_spaces_that_are_no_picture_and_no_classes_are_refused():
    good = spaces_of(np.empty((1, 8, 8, 1)), 2)
    with pytest.raises(ValueError, match="takes uint8 pictures"):
        ConvNet(spaces.Box(0, 1, (8, 8), np.float32), good[1])
    with pytest.raises(ValueError, match="gives float32 probabilities"):
        ConvNet(good[0], spaces.Box(0, 1, (1,), np.float32))


def test_whitened_patches_are_uncorrelated_and_of_one_spread():
    random = np.random.default_rng(0)
    noise = torch.from_numpy(random.normal(size=(64, 3, 12, 12)))
    x = (noise + noise.roll(1, dims=2) + 2 * noise.mean(dim=1, keepdim=True)).float()  # correlated in all directions
    layer = Whitening(3, 3, 6)
    layer.fit(x, floor=0.0)
    y = layer.conv(x)[:, :6, 1:-1, 1:-1].permute(1, 0, 2, 3).flatten(1)  # the edges see zeros
    assert torch.allclose(torch.cov(y), torch.eye(6), atol=1e-2)
    assert torch.equal(layer.conv.weight[6:], -layer.conv.weight[:6])


@pytest.mark.parametrize("side", [1, 4, 5])
def test_gradients_by_products_are_those_of_torch(side):
    torch.manual_seed(0)
    layer = Conv3x3(128, 160, bias=False)
    x = torch.randn(3, 128, side, side).to(memory_format=torch.channels_last).requires_grad_()
    results = []
    for plain in (True, False):
        with torch.autocast("cpu", torch.bfloat16):
            y = nn.functional.conv2d(x, layer.weight, padding=1) if plain else layer(x)
        assert y.dtype == torch.bfloat16
        weights = torch.linspace(-1, 1, y.numel()).view(y.shape)
        results.append((y.float(), *torch.autograd.grad((y.float() * weights).sum(), (x, layer.weight))))
    assert "SmallMap" in y.grad_fn.name()
    for ours, theirs in zip(results[1], results[0], strict=True):
        difference = (ours - theirs).norm() / theirs.norm()
        assert float(difference.detach()) < 0.01  # bf16 has 8 bits
