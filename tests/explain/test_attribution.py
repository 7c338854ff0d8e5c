"""Explanations: heat where the answer comes from, and other heat when the network is another."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ludus.components.component import Component
from ludus.components.composition import adapt
from ludus.explain.attribution import METHODS, explain, explain_module, similarity_when_randomised
from ludus.explain.heat_maps import overlay
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.convnet import ConvNet
from ludus.vision.models.resnet import ResNet
from vision_toy import CLASSES, picture


class Corners(nn.Module):
    """Class 0 is as likely as the upper left quarter is bright, class 1 as the lower right quarter is."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, x):
        maps = F.relu(self.conv(x.permute(0, 3, 1, 2)))
        return torch.stack([maps[..., :4, :4].mean(dim=(1, 2, 3)), maps[..., 4:, 4:].mean(dim=(1, 2, 3))], dim=1)


@pytest.fixture(scope="module")
def corners():
    return adapt(Corners(), *spaces_of(np.empty((1, 8, 8, 1)), 2))


@pytest.fixture(scope="module")
def trained():
    """A network that tells lying bars from standing ones, and pictures of both."""
    random = np.random.default_rng(0)
    labels = torch.arange(90) % 3
    x = torch.from_numpy(np.stack([picture(CLASSES[k], random) for k in labels]))
    torch.manual_seed(0)
    net = ResNet(*spaces_of(x, 3), widths=[16, 32])
    net.look_at(x)
    rule = torch.optim.AdamW(net.parameters(), 0.01)
    for _ in range(15):
        rule.zero_grad()
        F.cross_entropy(net.logits(x), labels).backward()
        rule.step()
    net.eval()
    with torch.no_grad():
        assert (net(x).argmax(dim=1) == labels).float().mean() > 0.9
    return net, x


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [0, 1])
def test_heat_is_where_the_class_is_decided(corners, method, target):
    heat = explain(corners, np.full((1, 8, 8, 1), 255, np.uint8), method, target)[0]
    inside = heat[:4, :4] if target == 0 else heat[4:, 4:]
    if method == "integrated-gradients":
        assert inside.min() == pytest.approx(1.0)
        assert heat.sum() == pytest.approx(16.0)
    else:  # one map for all: Grad-CAM shows all of what is bright there
        assert inside.min() == pytest.approx(1.0)


@pytest.mark.parametrize("method", METHODS)
def test_heat_is_a_map_between_0_and_1_for_each_picture(trained, method):
    net, x = trained
    heat = explain(net, x[:5], method)
    assert heat.shape == (5, 32, 32)
    assert heat.dtype == np.float32
    assert heat.min() >= 0.0
    assert np.allclose(heat.max(axis=(1, 2)), 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_heat_of_one_picture_does_not_depend_on_the_others(trained, method):
    net, x = trained
    assert np.allclose(explain(net, x[:4], method)[2], explain(net, x[2:3], method)[0], atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_explanation_changes_with_random_weights(trained, method):
    net, x = trained
    before = {key: value.clone() for key, value in net.state_dict().items()}
    assert similarity_when_randomised(net, x[:12], method) < 0.6
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_explaining_leaves_mode_and_gradients_as_they_were(trained):
    net, x = trained
    net.zero_grad(set_to_none=True)
    net.train()
    with torch.inference_mode(False):
        explain(net, x[:2], "integrated-gradients")
    assert net.training
    net.eval()
    assert all(p.grad is None for p in net.parameters())


def test_network_of_a_policy_is_explained_by_module_and_layer():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 64, 3))
    x = torch.randint(0, 256, (2, 2, 8, 8))
    for method in METHODS:
        heat = explain_module(net, net, x, method, layer=net[0], channels_first=True)
        assert heat.shape == (2, 8, 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "grad-cm"}, "unknown method 'grad-cm'; did you mean 'grad-cam'"),
        ({"target": 2}, "target 2 is out of range; there are 2 answers, 0 to 1"),
        ({"images": np.zeros((1, 8, 9, 1), np.uint8)}, r"pictures of shape \(1, 8, 9, 1\), expected"),
    ],
)
def test_question_that_makes_no_sense_is_refused(corners, arguments, message):
    with pytest.raises(ValueError, match=message):
        explain(corners, **{"images": np.zeros((1, 8, 8, 1), np.uint8), **arguments})


def test_gradcam_of_a_network_without_convolution_is_refused():
    component = adapt(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), *spaces_of(np.empty((1, 8, 8, 1)), 2))
    with pytest.raises(ValueError, match="no convolution for Grad-CAM"):
        explain(component, np.zeros((1, 8, 8, 1), np.uint8))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_overlay_leaves_what_is_cold_and_colours_what_is_hot(channels):
    image = np.full((6, 5, channels), 80, np.uint8)
    heat = np.zeros((6, 5), np.float32)
    heat[2, 3] = 1.0
    shown = overlay(image, heat)
    assert shown.shape == (6, 5, 3)
    assert shown.dtype == np.uint8
    assert (shown[heat == 0.0] == 80).all()
    assert tuple(shown[2, 3]) == (185, 176, 104)  # 0.6 of (255, 240, 120) and 0.4 of 80


def test_overlay_of_another_size_is_refused():
    with pytest.raises(ValueError, match="a heat map of"):
        overlay(np.zeros((4, 4, 1), np.uint8), np.zeros((4, 5)))


class Sure(Component):
    """Two classes of an 8 x 8 picture; its softmax is so sure that nothing but its logits has a slope."""

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space)
        self.inner = Corners()

    def logits(self, x):
        return 1e4 * self.inner(x)

    def forward(self, x):
        return self.logits(x).softmax(dim=1)


class Head(Component):
    """Its ``logits`` is a layer, which takes no picture."""

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space)
        self.logits = nn.Linear(64, 2)

    def forward(self, x):
        return self.logits(x.flatten(1)).softmax(dim=1)


def test_component_that_offers_logits_is_asked_for_these(corners):
    x = np.full((1, 8, 8, 1), 255, np.uint8)
    x[:, :4, :4] = 40
    heat = explain(Sure(*spaces_of(x, 2)), x, "integrated-gradients", 0)
    assert np.allclose(heat, explain(corners, x, "integrated-gradients", 0), atol=1e-5)
    assert heat.max() == 1.0


def test_layer_called_logits_is_not_asked():
    x = np.full((1, 8, 8, 1), 255, np.uint8)
    assert explain(Head(*spaces_of(x, 2)), x, "integrated-gradients").shape == (1, 8, 8)


def test_convnet_is_explained_too():
    net = ConvNet(*spaces_of(np.empty((1, 16, 16, 1)), 4), widths=[8], dense=8)
    assert explain(net, np.zeros((2, 16, 16, 1), np.uint8)).shape == (2, 16, 16)
