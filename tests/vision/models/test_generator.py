"""The generator and its U-Net: what a picture depends on, save and load, what they refuse."""

import json

import numpy as np
import pytest
import torch
from gymnasium import spaces

from generator_toy import CLASSES, SHAPE, labels, make_generator
from ludus.components.component import Component
from ludus.training.batches import generator
from ludus.vision.models.generator import AT_ONCE, Generator, spaces_of
from ludus.vision.models.unet import UNet


def test_same_seed_draws_the_same_pictures_whatever_the_count():
    net = make_generator()
    many = net.draw(labels(AT_ONCE + 7), seed=5)
    assert many.shape == (AT_ONCE + 7, *SHAPE)
    assert many.dtype == np.uint8
    np.testing.assert_array_equal(net.draw(labels(AT_ONCE + 7), seed=5), many)
    np.testing.assert_array_equal(net.draw(labels(4), seed=5), many[:4])
    assert (net.draw(labels(4), seed=6) != many[:4]).any(axis=(1, 2, 3)).all()


def test_picture_depends_on_its_class_its_number_and_the_way_it_is_drawn():
    net = make_generator()
    one = net.draw(np.zeros(2, np.int64), 0)
    assert (one[0] != one[1]).any()
    assert (one != net.draw(np.ones(2, np.int64), 0)).any(axis=(1, 2, 3)).all()
    ways = {way: net.draw(np.zeros(1, np.int64), 0, *way).tobytes() for way in ((3, "heun"), (3, "euler"), (4, "heun"))}
    assert len(set(ways.values())) == 3
    assert ways[3, "heun"] == one[:1].tobytes()  # its own


def test_path_begins_with_the_noise_and_ends_with_the_pictures_of_draw():
    net = make_generator()
    path = net.draw_path(labels(5), 3, 4, "euler")
    assert path.shape == (5, 5, *SHAPE)
    np.testing.assert_array_equal(path[-1], net.draw(labels(5), 3, 4, "euler"))
    noise = torch.stack([torch.randn(1, 8, 8, generator=generator(3, "picture", k)) for k in range(5)])
    np.testing.assert_array_equal(path[0], net.picture(noise).numpy())


def test_progress_ends_with_all_pictures():
    shares = []
    make_generator(steps=1).draw(labels(AT_ONCE + 1), 0, progress=shares.append)
    assert shares == [pytest.approx(AT_ONCE / (AT_ONCE + 1)), 1.0]


@torch.inference_mode()
def test_as_a_component_it_is_a_function_of_class_and_noise():
    net = make_generator()
    noise = torch.randn(3, *SHAPE, generator=generator(0, "test"))
    wanted = torch.eye(3)
    x = torch.cat([wanted, noise.flatten(1)], dim=1)
    assert x.shape[1:] == net.input_space.shape
    *_, end = net.flow(noise.permute(0, 3, 1, 2), torch.arange(3), net.steps, net.solver)
    y = net(x)
    assert torch.equal(y, net.picture(end))
    assert y.shape == (3, *SHAPE)
    assert y.dtype == torch.uint8


def test_component_that_was_saved_draws_the_same_bits(tmp_path):
    net = make_generator((8, 12, 3), solver="euler")
    net.metrics = {"loss": 0.5}
    net.save(tmp_path / "net")
    again = Component.load(tmp_path / "net")
    assert isinstance(again, Generator)
    assert again.classes == CLASSES
    assert (again.steps, again.solver) == (3, "euler")
    np.testing.assert_array_equal(again.draw(labels(6), 1), net.draw(labels(6), 1))


def test_pictures_are_the_training_images_where_the_flow_ends_there():
    net = make_generator(mean=[0.3], std=[0.2])
    images = torch.arange(256, dtype=torch.uint8).view(4, 8, 8, 1)
    assert torch.equal(net.picture(net.normalised(images)), images)


@torch.inference_mode()
def test_error_is_that_of_the_velocity_on_the_straight_line():
    net = make_generator()
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, *SHAPE)).astype(np.uint8))
    noise, t = torch.randn(2, 1, 8, 8, generator=generator(0, "test")), torch.tensor([0.25, 0.5])
    end = net.normalised(images)
    for k in range(2):
        x = (1 - t[k]) * noise[k] + t[k] * end[k]
        v = net.velocity(x[None], t[k : k + 1], torch.tensor([k]))[0]
        found = net.error(images, torch.arange(2), t, noise)[k]
        assert float(found) == pytest.approx(float(((v - (end[k] - noise[k])) ** 2).mean()), rel=1e-4)


@torch.inference_mode()
def test_untrained_network_answers_zero_and_every_part_of_a_trained_one_counts():
    torch.manual_seed(0)
    net = UNet(1, 3, (8, 16), (1, 2), 16)
    x, t, k = torch.randn(2, 1, 8, 8), torch.tensor([0.1, 0.9]), torch.tensor([0, 2])
    assert not net(x, t, k).any()
    for parameter in net.parameters():
        parameter.normal_(0.0, 0.5)
    y = net(x, t, k)
    assert y.shape == x.shape
    for name, parameter in net.named_parameters():
        before = parameter.clone()
        parameter.normal_(0.0, 0.5)
        assert (net(x, t, k) - y).abs().max() > 1e-5, name
        parameter.copy_(before)
    assert torch.equal(net(x, t, k), y)


@pytest.mark.parametrize("width", [1, 7, 67, 100])
def test_network_takes_any_widths(width):
    net = make_generator(widths=(width, width), blocks=(1, 2))
    assert net.draw(labels(2), 0, 1).shape == (2, *SHAPE)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"classes": ()}, "names of the classes, got"),
        ({"widths": (8, 16, 16, 16, 16)}, "as many blocks as widths"),
        ({"widths": (8, 8, 8, 8, 8), "blocks": (1,) * 5}, "halve a picture 4 times, which 8 x 8 pixels cannot be"),
        ({"widths": (0, 8)}, "all >= 1"),
        ({"told": 0}, "told 0"),
        ({"steps": 0}, "steps must be a whole number 1 … 1,000, got 0"),
        ({"steps": 2.5}, "got 2.5"),
        ({"solver": "rk4"}, "unknown solver 'rk4'; expected euler or heun"),
        ({"std": [0.0]}, "std is .0.0., expected 1 numbers > 0"),
        ({"mean": [0.1, 0.2]}, "mean is .0.1, 0.2., expected 1 numbers"),
    ],
)
def test_config_that_makes_no_sense_is_refused(config, message):
    with pytest.raises(ValueError, match=message):
        make_generator(**config)


@pytest.mark.parametrize("which", [0, 1])
def test_other_spaces_are_refused(which):
    ends = list(spaces_of(SHAPE, 3))
    ends[which] = spaces.Box(0.0, 1.0, (5,), np.float32)
    with pytest.raises(ValueError, match=("takes 67 float32 numbers", "pictures are uint8")[which]):
        Generator(*ends, widths=(8, 16), blocks=(1, 1), classes=CLASSES)


def test_folder_whose_config_was_changed_is_refused_in_one_line(tmp_path):
    make_generator().save(tmp_path / "net")
    path = tmp_path / "net" / "config.json"
    content = json.loads(path.read_text("utf-8"))
    for key, value in (("blocks", [10**9, 1]), ("classes", 3), ("steps", "many"), ("mean", "x")):
        path.write_text(json.dumps({**content, "config": {**content["config"], key: value}}), "utf-8")
        with pytest.raises(ValueError, match="does not describe a vision/generator") as fault:
            Component.load(tmp_path / "net")
        assert "\n" not in str(fault.value)
