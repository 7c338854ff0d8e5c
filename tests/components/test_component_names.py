"""Stable names: every class that can be saved has one, they are unique and well-formed, aliases follow a change."""

import ast
import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import nn

import ludus
from ludus.components import Component, register
from ludus.components import names as component_names
from ludus.components.composition import adapt, chain
from ludus.components.names import OURS, class_named, name_of
from ludus.vision.models import resnet
from ludus.vision.models.resnet import ResNet

PICTURE, PAIR = spaces.Box(0, 255, (8, 8, 1), np.uint8), spaces.Box(0.0, 1.0, (2,), np.float32)


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """What a test registers is forgotten afterwards."""
    monkeypatch.setattr(component_names, "_registered", {})


class Net(Component):
    """Gives what comes."""

    def forward(self, x):
        return x


class Other(Net):
    pass


@pytest.mark.parametrize("name", OURS)
def test_our_names_lead_to_classes_that_are_saved_under_them(name):
    kind = class_named(name, "")
    assert issubclass(kind, Component)
    assert name_of(kind) == name


def test_every_component_class_of_ours_that_can_be_built_from_its_config_has_a_name():
    root = Path(ludus.__file__).parent
    bases, found = {"Component"}, set()
    for _ in range(4):  # classes of classes
        for file in (
            file for place in ("components", "vision", "nlp", "forecasting") for file in root.glob(f"{place}/**/*.py")
        ):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & bases:
                    bases.add(node.name)
                    found.add(f"{'.'.join(file.relative_to(root).with_suffix('').parts)}:{node.name}")
    abstract = {
        "components.composition:Adapted",  # refuses to be saved
        "forecasting.models.detectors.detector:Detector",
        "forecasting.models.forecaster:Forecaster",
        "forecasting.models.naive:Rule",
        "forecasting.models.neural:Neural",
        "nlp.models.language_model:LanguageModel",
        "nlp.models.text_component:TextComponent",
        "nlp.models.text_component:WordComponent",
        "nlp.models.text_model:TextModel",
        "components.picture_source:PictureSource",  # has no network
        "vision.models.classifier:Classifier",  # nor has this
    }
    assert found - abstract == set(OURS.values())


def test_a_saved_component_names_its_class_by_its_stable_name(tmp_path):
    ResNet(PICTURE, PAIR, widths=(4,), convolutions=1).save(tmp_path / "a")
    content = json.loads((tmp_path / "a" / "config.json").read_bytes())
    assert (content["format"], content["class"]) == (2, "vision/resnet")


def test_a_class_that_has_moved_loads_what_was_saved_before(tmp_path, monkeypatch):
    before = ResNet(PICTURE, PAIR, widths=(4,), convolutions=1).eval()
    before.save(tmp_path / "old")
    moved = types.ModuleType("ludus.elsewhere")
    moved.__package__ = "ludus.vision.models"  # what its relative imports begin from
    exec(Path(resnet.__file__).read_text("utf-8"), moved.__dict__)
    monkeypatch.setitem(sys.modules, moved.__name__, moved)
    monkeypatch.setitem(OURS, "vision/resnet", "elsewhere:ResNet")
    monkeypatch.delattr(resnet, "ResNet")
    after = Component.load(tmp_path / "old")
    assert type(after) is moved.ResNet
    pictures = torch.arange(2 * 8 * 8, dtype=torch.uint8).reshape(2, 8, 8, 1)
    assert torch.equal(before(pictures), after(pictures))
    after.save(tmp_path / "new")
    assert (tmp_path / "new" / "config.json").read_bytes() == (tmp_path / "old" / "config.json").read_bytes()


def test_a_program_gives_names_of_its_own(tmp_path):
    assert register("acme/net")(Net) is Net
    Net(PAIR, PAIR).save(tmp_path / "a")
    assert json.loads((tmp_path / "a" / "config.json").read_bytes())["class"] == "acme/net"
    assert type(Component.load(tmp_path / "a")) is Net


def test_an_alias_leads_to_the_name_that_took_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(component_names, "ALIASES", {"vision/resnet9": "vision/resnet"})
    ResNet(PICTURE, PAIR, widths=(4,), convolutions=1).save(tmp_path / "a")
    path = tmp_path / "a" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "class": "vision/resnet9"}))
    assert type(Component.load(tmp_path / "a")) is ResNet
    with pytest.raises(ValueError, match="'vision/resnet9' is kept for Ludus' own components"):
        register("vision/resnet9")
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "class": "vision/resnet8"}))
    with pytest.raises(ValueError, match="this program does not know; .*; did you mean 'vision/resnet9?'?"):
        Component.load(tmp_path / "a")


def test_a_class_without_a_name_is_refused_when_it_is_saved_and_nothing_is_written(tmp_path):
    register("acme/net")(Net)
    with pytest.raises(
        TypeError, match=r"^Other cannot be saved: it has no stable name .*: @ludus.components.register\("
    ):
        Other(PAIR, PAIR).save(tmp_path / "a")  # its base's name is another class's
    assert not list(tmp_path.iterdir())


def test_a_chain_works_without_names_and_needs_them_to_be_saved(tmp_path):
    whole = chain(chain(Net(PAIR, PAIR), Other(PAIR, PAIR)), Net(PAIR, PAIR))
    assert torch.equal(whole(torch.ones(3, 2)), torch.ones(3, 2))
    register("acme/net")(Net)
    with pytest.raises(TypeError, match="Other cannot be saved"):
        whole.save(tmp_path / "a")
    register("acme/other")(Other)
    whole.save(tmp_path / "a")
    again = Component.load(tmp_path / "a")
    assert [type(part) for part in again.parts[0].parts] == [Net, Other]
    with pytest.raises(TypeError, match="Identity is not a Component"):  # inside of a chain, too
        chain(chain(Net(PAIR, PAIR), adapt(nn.Identity(), PAIR, PAIR)), Net(PAIR, PAIR)).save(tmp_path / "b")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "net",
        "acme/",
        "/net",
        "acme//net",
        "acme/net/",
        "acme net/x",
        "acme/né",
        "-a/b",
        "acme:Net",
        "../x",
        "a/b\n",
    ],
)
def test_malformed_names_are_refused(name):
    with pytest.raises(ValueError, match=r"a component's name is OWNER/NAME of letters, .* such as acme/net; got "):
        register(name)


@pytest.mark.parametrize("name", ["ludus/net", "vision/net", "vision/resnet", "nlp/x", "forecasting/x/y"])
def test_names_of_ludus_are_kept_for_it(name):
    with pytest.raises(ValueError, match=f"'{name}' is kept for Ludus' own components; choose a name with an owner"):
        register(name)


def test_a_name_belongs_to_one_class_and_a_class_has_one_name():
    register("acme/net")(Net)
    register("acme/net")(Net)
    with pytest.raises(ValueError, match=r"'acme/net' is the name of .*:Net already; choose another one for .*:Other"):
        register("acme/net")(Other)
    with pytest.raises(ValueError, match="Net has the name 'acme/net' already, so it cannot be 'acme/net2', too"):
        register("acme/net2")(Net)
    with pytest.raises(ValueError, match="ResNet has the name 'vision/resnet' already"):
        register("acme/resnet")(ResNet)


def test_a_class_that_is_defined_again_takes_its_own_place():
    """As by a notebook's cell that is run twice."""

    def cell():
        @register("acme/cell")
        class Cell(Component):
            pass

        return Cell

    first, second = cell(), cell()
    assert first is not second
    assert class_named("acme/cell", "") is second
    assert name_of(first) == name_of(second) == "acme/cell"


@pytest.mark.parametrize("given", [Net, 3, None])
def test_a_decorator_without_a_name_is_told_so(given):
    with pytest.raises(TypeError, match=r'register takes a name, got .*; write @register\("owner/name"\) above'):
        register(given)
