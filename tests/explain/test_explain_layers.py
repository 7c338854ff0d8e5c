"""Layers from within: filters as they are in the weights, maps, patches where the pattern is, a picture of all."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import nn

from ludus.components.component import Component
from ludus.explain.layers import as_pictures, feature_maps, first_filters, layers_of, strongest_patches
from ludus.explain.layers_picture import TILE, heat_of, layers_picture, sheet
from ludus.scripts.main import main
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.convnet import ConvNet
from ludus.vision.models.mlp import MLP
from ludus.vision.models.resnet import ResNet
from vision_toy import as_it_was, fit_classifier, images, make_folder  # noqa: F401


def make(kind, shape=(16, 16, 3), **config):
    torch.manual_seed(0)
    return kind(*spaces_of(np.empty((1, *shape)), 4), **config).eval()


NETS = {
    "convnet": (
        lambda: make(ConvNet, widths=[4, 6], dense=8),
        ["4 channels of 8 x 8", "6 channels of 4 x 4", "8 units"],
    ),
    "strided": (
        lambda: make(ConvNet, widths=[4, 6], dense=0, strides=True),
        ["4 channels of 8 x 8", "6 channels of 4 x 4"],
    ),
    "mlp": (lambda: make(MLP, widths=[7, 5]), ["7 units", "5 units"]),
    "resnet": (
        lambda: make(ResNet, widths=[8, 8], convolutions=2),
        ["32 channels of 16 x 16", *2 * ["8 channels of 8 x 8"], *2 * ["8 channels of 4 x 4"]],
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_layers_come_in_the_order_of_the_way_through(name):
    build, expected = NETS[name]
    net = build()
    assert [str(layer) for layer in layers_of(net)] == expected
    assert not any(module._forward_hooks for module in net.modules())
    maps = feature_maps(net, images(3, (16, 16, 3)).images, layers_of(net)[0])
    assert maps.shape == (3, *layers_of(net)[0].shape, 1, 1)[:4]  # a unit is a map of one pixel


def test_filters_are_those_of_the_weights_in_the_order_of_pixels():
    net = make(ConvNet, widths=[5], dense=0, mean=[0.2, 0.4, 0.6], std=[0.5, 0.25, 0.125])
    found = first_filters(net)
    weight = net.blocks[0][0].weight.detach() / net._std  # (O, C, 3, 3), by pixels as they come
    weight = weight.permute(0, 2, 3, 1)  # (O, 3, 3, C)
    order = weight.flatten(1).norm(dim=1).argsort(descending=True)
    expected = (weight / weight.abs().amax(dim=(1, 2, 3), keepdim=True))[order]
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)
    assert len(first_filters(net, most=2)) == 2


def test_filter_of_a_dense_layer_is_a_whole_picture_the_right_way_round():
    net = make(MLP, shape=(6, 9, 1), widths=[2], norm=False)
    with torch.no_grad():
        net.hidden[1].weight.zero_()
        net.hidden[1].weight[0, 9 * 1 + 4] = -2.0  # row 1, column 4
        net.hidden[1].weight[1, 9 * 5 + 8] = 1.0
    found = first_filters(net)
    assert found.shape == (2, 5, 5, 1)  # rows 1 … 5 and columns 4 … 8: beyond them nothing is seen
    assert found[0, 0, 0, 0] == -1.0
    assert found[1, 4, 4, 0] == 1.0
    assert np.abs(found).sum() == 2.0


def planted():
    """Noise in which every third picture has a bright cross of 3 x 3 somewhere; where that is."""
    random = np.random.default_rng(0)
    x = random.integers(0, 60, (30, 16, 16, 3)).astype(np.uint8)
    places = {}
    for i in range(0, 30, 3):
        top, left = random.integers(2, 11, 2)
        x[i, top : top + 3, left + 1] = x[i, top + 1, left : left + 3] = 250
        places[i] = (top, left)
    return torch.from_numpy(x), places


def test_patches_that_excite_a_channel_show_what_it_looks_for():
    net = make(ConvNet, widths=[2, 3], dense=0, norm=False)
    cross = torch.tensor([[-1.0, 1.0, -1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]])
    with torch.no_grad():
        net.blocks[0][0].weight[:] = 0.001 * net.blocks[0][0].weight
        net.blocks[0][0].weight[1] = cross
    x, places = planted()
    found = strongest_patches(net, x, layers_of(net)[0], channels=1, count=6)
    assert found.channels.tolist() == [1]  # the one that answers unlike from picture to picture
    assert set(found.rows[0].tolist()) <= places.keys()
    assert len(set(found.rows[0].tolist())) == 6
    assert (np.diff(found.answers[0]) <= 0).all()
    assert found.patches.shape == (1, 6, 3, 3, 3)  # a convolution of 3 x 3 sees so much
    for patch, row in zip(found.patches[0], found.rows[0].tolist(), strict=True):
        top, left = places[row]
        assert np.array_equal(patch, x[row, top : top + 3, left : left + 3].numpy())
    deeper = strongest_patches(net, x, layers_of(net)[1], channels=2, count=4)
    assert 3 < deeper.patches.shape[2] <= 16


def test_unit_of_a_dense_layer_sees_the_whole_picture():
    net = make(MLP, widths=[4])
    x, _ = planted()
    found = strongest_patches(net, x, layers_of(net)[0], channels=3, count=5)
    assert found.patches.shape == (3, 5, 16, 16, 3)
    for k, channel in enumerate(found.channels):
        answers = feature_maps(net, x, layers_of(net)[0])[:, channel, 0, 0]
        assert found.rows[k].tolist() == np.argsort(-answers, kind="stable")[:5].tolist()
        assert np.array_equal(found.patches[k, 0], x[found.rows[k, 0]].numpy())


class Plain(Component):
    """A component of a stranger's: no logits, no module for its activation."""

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space)
        self.net = nn.Conv2d(3, 4, 5, stride=2)

    def forward(self, x):
        return self.net(x.permute(0, 3, 1, 2).float()).relu().mean(dim=(2, 3))


def test_network_without_modules_for_its_activations_shows_its_convolutions():
    net = Plain(*spaces_of(np.empty((1, 16, 16, 3)), 4))
    assert [str(layer) for layer in layers_of(net)] == ["4 channels of 6 x 6"]
    assert first_filters(net).shape == (4, 5, 5, 3)
    net.train()
    assert layers_picture(net, images(10, (16, 16, 3)).images).ndim == 3
    assert net.training  # as it was


def test_component_of_anything_but_pictures_is_refused():
    net = Plain(spaces.Box(0, 1, (3,), np.float32), spaces.Box(0, 1, (4,), np.float32))
    with pytest.raises(ValueError, match="expected a component of pictures without memory, got Plain of Box"):
        layers_of(net)
    with pytest.raises(ValueError, match="no pictures to look for patches in"):
        layers_picture(make(MLP), torch.zeros((0, 16, 16, 3), dtype=torch.uint8))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", ["convnet", "mlp"])
def test_picture_of_all_layers_shows_the_example(name, channels):
    shape = (16, 16, channels)
    net = make(ConvNet, shape, widths=[4, 6], dense=8) if name == "convnet" else make(MLP, shape, widths=[7])
    x = images(20, shape).images
    shown = layers_picture(net, x, x[3])
    assert shown.dtype == np.uint8
    assert shown.shape[2] == 3
    assert not np.array_equal(shown, layers_picture(net, x))  # whose example is the first one
    assert shown.shape[0] > len(layers_of(net)) * 2 * TILE


def test_colours_say_how_strong():
    heat = heat_of(np.array([[-1.0, 0.0], [1.0, 2.0]]))
    assert heat[0, 0].tolist() == heat[0, 1].tolist() == [0, 0, 0]
    assert heat[1, 1].tolist() == [255, 240, 120]
    grey = as_pictures(np.array([[[[0.0], [1.0], [-1.0]]]]))[0, 0]
    assert grey.tolist() == [[245, 245, 245], [36, 92, 176], [192, 57, 43]]
    assert as_pictures(np.zeros((1, 1, 1, 3)))[0, 0, 0].tolist() == [128, 128, 128]
    four = sheet(np.arange(4, dtype=np.uint8)[:, None, None, None].repeat(40, 1).repeat(40, 2), line=2)
    assert four.shape == (82, 82, 3)
    assert four[[0, 0, 60, 60], [0, 60, 0, 60], 0].tolist() == [0, 1, 2, 3]
    assert (four[40] == 255).all()


def test_features_of_a_fitted_classifier(tmp_path, capsys):
    data = str(make_folder(tmp_path / "bars", 12))
    fit_classifier(data, tmp_path / "net", model="convnet", widths=[4, 4], dense=8, epochs=1)
    out = tmp_path / "pictures"
    assert main(["study", "features", str(tmp_path / "net"), "--out", str(out), "--picture", "3"]) == 0
    assert (out / "features-net.png").stat().st_size > 5_000
    assert "features-net.png" in capsys.readouterr().out
    make(MLP, (28, 28, 1), widths=[4]).save(tmp_path / "grey")
    for arguments, message in {
        ("--picture", "18"): "expected --picture 0 … 17 and --searched >= 1, got 18 and 2000",
        ("--data", str(tmp_path / "nowhere")): "is not here; give --data",
    }.items():
        assert main(["study", "features", str(tmp_path / "net"), "--out", str(out), *arguments]) == 1
        assert message in capsys.readouterr().err
    for arguments, message in {
        ("--data", data): f"{data} has pictures of (32, 32, 3), {tmp_path / 'grey'} takes (28, 28, 1)",
        (): f"{tmp_path / 'grey'} does not say from what it learned; give --data",
    }.items():
        assert main(["study", "features", str(tmp_path / "grey"), "--out", str(out), *arguments]) == 1
        assert message in capsys.readouterr().err
