"""What a config.json may ask for: counted before a space or a layer is made for it."""

import copy
import hashlib
import json

import numpy as np
import pytest
import safetensors.torch
import torch
from gymnasium import spaces
from torch import nn

from ludus.components import component, composition
from ludus.components.component import Component
from ludus.components.composition import chain
from ludus.vision.models.reader import Reader

SMALL = {"shape": [8, 8, 1], "dtype": "uint8", "low": 0, "high": 255}
LARGE = {"shape": [1024, 1024, 1], "dtype": "uint8", "low": 0, "high": 255}
OUT = {"shape": [2], "dtype": "float32", "low": 0, "high": 1}
TINY = {"widths": [1], "dense": 1, "hidden": 1}


def part(space=SMALL, config=TINY, kind="vision/reader"):
    return {"class": kind, "config": config, "input_space": space, "output_space": OUT}


def chained(parts, space=SMALL):
    return part(space, {"parts": parts}, "ludus/chain")


@pytest.fixture
def folder(tmp_path):
    """Writes a component's folder whose config.json describes what is given, and whose weights are one number."""

    def write(description):
        weights = safetensors.torch.save({"x": torch.zeros(1)})
        expected = {"bytes": len(weights), "sha256": hashlib.sha256(weights).hexdigest()}
        (tmp_path / "weights.safetensors").write_bytes(weights)
        (tmp_path / "config.json").write_text(
            json.dumps({"format": 2, "metrics": {}, "weights": expected, **description})
        )
        return tmp_path

    return write


@pytest.fixture
def made(monkeypatch):
    """The spaces that are made."""
    found = []
    for module in (component, composition):
        make = module.space_from_json
        monkeypatch.setattr(
            module, "space_from_json", lambda content, make=make: found.append(content) or make(content)
        )
    return found


def nested(levels, space):
    description = part(space)
    for _ in range(levels):
        description = chained([description])
    return description


@pytest.mark.parametrize(
    ("description", "words"),
    [
        (part({**LARGE, "shape": [4096, 1024, 1]}), "its spaces have 4,194,306 numbers together, .* at most 4,194,304"),
        (chained([part(LARGE)] * 4), r"its spaces have 4,194,\d+ numbers together"),
        (chained([part(), chained([part(LARGE)] * 4)]), r"its spaces have 4,194,\d+ numbers together"),
        (chained([part()] * 32), "it consists of 33 components, at most 32"),
        (nested(40, SMALL), "it consists of 41 components, at most 32"),
        (chained([part()] * 20_000), "it consists of 20,001 components, at most 32"),
    ],
)
def test_too_many_components_or_numbers_are_refused_before_a_space_is_made(folder, made, description, words):
    with pytest.raises(ValueError, match=words) as refusal:
        Component.load(folder(description))
    assert made == []
    assert "\n" not in str(refusal.value)


def test_spaces_as_large_as_may_be_are_made_and_then_the_weights_are_compared(folder, made):
    with pytest.raises(ValueError, match="of another architecture than its config.json"):
        Component.load(folder(chained([part(LARGE)] * 3)))
    assert LARGE in made


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    numbers = spaces.Box(0.0, 1.0, (2,), np.float32)
    reader = Reader(spaces.Box(0, 255, (2048, 2048, 1), np.uint8), numbers, [1] * 10, 1, 1)
    with pytest.raises(ValueError, match="its spaces have 4,194,306 numbers together"):
        reader.save(tmp_path / "model")
    small = Reader(spaces.Box(0, 255, (8, 8, 1), np.uint8), spaces.Box(0, 255, (8, 8, 1), np.uint8), [1], 1, 1)
    with pytest.raises(ValueError, match="it consists of 33 components"):
        chain(*[copy.deepcopy(small) for _ in range(32)]).save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_no_layer_is_made_for_a_chain_with_a_part_that_cannot_be(folder, monkeypatch):
    real = []
    reset = nn.Linear.reset_parameters
    monkeypatch.setattr(nn.Linear, "reset_parameters", lambda self: (real.append(not self.weight.is_meta), reset(self)))
    wrong = part(config={**TINY, "dense": 0})
    with pytest.raises(ValueError, match="does not describe a ludus/chain: expected channels and units >= 1"):
        Component.load(folder(chained([part(config={**TINY, "hidden": 100_000}), wrong])))
    assert True not in real
    assert real  # it was counted


@pytest.mark.parametrize("shape", [(84, 84, 3), (31, 17, 1), (1, 5, 2)])
@pytest.mark.parametrize("widths", [[2], [2, 3, 4], [1] * 7])
def test_a_reader_knows_the_size_of_its_summary_without_a_forward_pass(shape, widths, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(nn.Conv2d, "forward", lambda *_: pytest.fail("a forward pass takes memory that no weights need"))
        reader = Reader(spaces.Box(0, 255, shape, np.uint8), spaces.Box(0.0, 1.0, (2,), np.float32), widths, 4, 4)
    y, _ = reader.eval()(torch.zeros((3, *shape), dtype=torch.uint8), reader.first_memory(3))
    assert y.shape == (3, 2)
