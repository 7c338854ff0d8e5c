"""Components on disk and in chains: the same after a round trip, and refused in one line where something is wrong."""

import hashlib
import json
import os

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import nn

from ludus.components import Component, fingerprint_of, register
from ludus.components import names as component_names
from ludus.components.composition import adapt, chain
from ludus.components.spaces import space_from_json, space_to_json

PICTURE, PAIR = spaces.Box(0, 255, (4, 4, 1), np.uint8), spaces.Box(0.0, 1.0, (2,), np.float32)


@register("test/linear")
class Linear(Component):
    """Two numbers of a picture, through ``hidden`` units."""

    def __init__(self, input_space, output_space, hidden=3):
        super().__init__(input_space, output_space, {"hidden": hidden})
        size, out = int(np.prod(input_space.shape)), int(np.prod(output_space.shape))
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(size, hidden), nn.Linear(hidden, out))

    def forward(self, x):
        return self.layers(x.float())


@register("test/trace")
class Trace(Component):
    """What came, plus half of what was before."""

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space, memory=((2,),))

    def forward(self, x, memory):
        y = x + 0.5 * memory[0]
        return y, (y,)


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    component = Linear(PICTURE, PAIR, hidden=5)
    component.metrics = {"accuracy": 0.5}
    component.save(tmp_path / "model")
    return tmp_path / "model", component


def pictures(n=6):
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (n, 4, 4, 1)).astype(np.uint8))


def test_a_component_is_the_same_after_saving_and_loading(saved):
    folder, component = saved
    again = Component.load(folder)
    assert isinstance(again, Linear)
    assert (again.input_space, again.output_space) == (PICTURE, PAIR)
    assert (again.config, again.metrics) == ({"hidden": 5}, {"accuracy": 0.5})
    assert torch.equal(again(pictures()), component(pictures()))
    assert not again.training
    assert again.fingerprint == component.fingerprint == fingerprint_of(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "weights.safetensors"]


def test_saving_again_takes_the_place_of_the_one_before(saved):
    folder, component = saved
    before = component.fingerprint
    with torch.no_grad():
        component.layers[1].bias += 1.0
    assert component.save(folder) != before
    assert torch.equal(Component.load(folder)(pictures()), component(pictures()))
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    with pytest.raises(ValueError, match=r"has changed: its fingerprint is .*, expected .*; restore the component"):
        Component.load(folder, fingerprint=before)


def damage(name, change):
    def apply(folder):
        path = folder / name
        path.write_bytes(change(path.read_bytes()))

    return apply


def edit(**entries):
    return damage("config.json", lambda data: json.dumps({**json.loads(data), **entries}).encode())


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (
            damage("weights.safetensors", lambda data: data[:-1]),
            r"weights.safetensors is damaged: its SHA-256 is .* \(",
        ),
        (damage("config.json", lambda data: b"{"), "config.json is damaged: it is not the description"),
        (edit(format=9), "has format 9, this version of Ludus reads 2"),
        (
            edit(format=1),
            "has format 1, which named a module to import; rewrite its config.json: ludus upgrade",
        ),
        (edit(config={"hidden": 4}), "are of another architecture than its config.json: size mismatch"),
        (edit(config={"depth": 4}), "does not describe a test/linear: .*depth"),
        (edit(config=3), "its entry 'config' is missing or of the wrong kind"),
        (edit(**{"class": "os:system"}), "is a 'os:system', a class that this program does not know"),
        (
            edit(**{"class": "ludus.utils.files:quote"}),
            "is a 'ludus.utils.files:quote', a class that this program does not know",
        ),
        (lambda folder: (folder / "extra.pt").write_bytes(b"x"), "holds extra.pt, which may be a pickle"),
        (lambda folder: (folder / "old.PKL").write_bytes(b"x"), "holds old.PKL, which may be a pickle"),
        (lambda folder: (folder / "weights.safetensors").unlink(), "holds no weights.safetensors"),
        (lambda folder: (folder / "config.json").unlink(), "holds no config.json"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_in_one_line(saved, harm, words):
    folder, _ = saved
    harm(folder)
    with pytest.raises((ValueError, FileNotFoundError), match=words) as refusal:
        Component.load(folder)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_is_none_of_a_component_is_not_searched(saved, monkeypatch):
    """Such as / in somebody else's config.yaml: only what lies in a component's own folder is looked at."""
    folder, _ = saved
    (folder / "below").mkdir()
    looked = []
    for name in ("scandir", "listdir"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda place=".", real=real: looked.append(str(place)) or real(place))
    fingerprint_of(folder)
    assert set(looked) <= {str(folder)}
    looked.clear()
    with pytest.raises(FileNotFoundError, match="holds no config.json"):
        fingerprint_of(folder.parent)
    assert looked == []


def test_weights_that_are_a_pickle_are_never_unpickled(saved):
    folder, _ = saved
    path = folder / "weights.safetensors"
    torch.save({"x": torch.zeros(1)}, path)
    config = json.loads((folder / "config.json").read_bytes())
    config["weights"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="holds no safetensors"):
        Component.load(folder)


def test_a_class_that_is_not_registered_can_be_given(saved, monkeypatch):
    folder, component = saved
    monkeypatch.setattr(component_names, "_registered", {})
    with pytest.raises(ValueError, match="import the module that makes it known with ludus.components.register"):
        Component.load(folder)
    assert torch.equal(Component.load(folder, kind=Linear)(pictures()), component(pictures()))


def test_no_component_where_there_is_nothing(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist; expected the folder of a component"):
        Component.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    "space",
    [
        PICTURE,
        spaces.Box(-np.inf, np.inf, (3,), np.float32),
        spaces.Box(np.array([0.0, -1.5], np.float32), np.array([1.0, np.inf], np.float32)),
        spaces.Box(0.25, 0.5, (), np.float64),
    ],
)
def test_spaces_survive_json(space):
    assert space_from_json(json.loads(json.dumps(space_to_json(space)))) == space


def test_other_spaces_are_refused():
    with pytest.raises(TypeError, match="a component's spaces are Boxes, got Discrete"):
        space_to_json(spaces.Discrete(3))


# --- Made of others


def test_adapt_makes_a_component_of_a_module_that_knows_nothing_of_ludus(tmp_path):
    module = nn.Linear(16, 2)
    component = adapt(module, PICTURE, PAIR, before=lambda x: x.flatten(1).float() / 255.0, after=torch.sigmoid)
    expected = torch.sigmoid(module(pictures().flatten(1).float() / 255.0))
    assert torch.equal(component(pictures()), expected)
    with pytest.raises(TypeError, match="Linear is not a Component, so its class cannot be written"):
        component.save(tmp_path / "x")
    with pytest.raises(TypeError, match="is a component already"):
        adapt(component, PICTURE, PAIR)


def test_a_chain_is_its_parts_one_after_the_other_and_can_be_saved(tmp_path):
    torch.manual_seed(1)
    first, second = Linear(PICTURE, PAIR), Trace(PAIR, PAIR)
    whole = chain(first, second)
    assert (whole.input_space, whole.output_space) == (PICTURE, PAIR)
    assert whole.memory_shapes == ((2,),)
    memory = whole.first_memory(6)
    y, memory = whole(pictures(), memory)
    torch.testing.assert_close(y, first(pictures()))
    y, _ = whole(pictures(), memory)
    torch.testing.assert_close(y, 1.5 * first(pictures()))
    whole.save(tmp_path / "chain")
    again = Component.load(tmp_path / "chain")
    torch.testing.assert_close(again(pictures(), memory)[0], y)


def test_chains_whose_ends_do_not_meet_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Linear gives Box\(0.0, 1.0, \(2,\), float32\), Linear takes"):
        chain(Linear(PICTURE, PAIR), Linear(PICTURE, PAIR))
    with pytest.raises(ValueError, match="two components or more, got 1"):
        chain(Linear(PICTURE, PAIR))
    strange = chain(adapt(nn.Flatten(), PICTURE, PAIR), Trace(PAIR, PAIR))
    with pytest.raises(TypeError, match="Flatten is not a Component"):
        strange.save(tmp_path / "x")


@pytest.mark.parametrize("metrics", [None, {"loss": float("nan")}, {"loss": "low"}, {1: 0.5}])
def test_metrics_that_could_not_be_read_back_are_not_written(metrics, tmp_path):
    component = Linear(PICTURE, PAIR, hidden=5)
    component.metrics = metrics
    with pytest.raises(ValueError, match="metrics are finite numbers by name, such as"):
        component.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
