"""Values that no Ludus wrote, in each of the files that it reads: refused when they are read, in one line."""

import json

import pytest
import torch
import yaml

from hostile_stage import SMALL, component
from ludus.agents.runs.callback import check_state
from ludus.agents.runs.config import configure, other_versions
from ludus.agents.runs.run import Run
from ludus.components.component import Component
from ludus.components.spaces import space_from_json
from ludus.training import checkpoint, fit
from ludus.vision.models.convnet import ConvNet

HUGE = 10**400


# --- Components


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metrics": None}, "its entry 'metrics' is no map of names to finite numbers"),
        ({"metrics": {"accuracy": float("nan")}}, "its entry 'metrics' is no map of names to finite numbers"),
        ({"metrics": {"accuracy": HUGE}}, "its entry 'metrics' is no map of names to finite numbers"),
        ({"metrics": {"accuracy": "good"}}, "its entry 'metrics' is no map of names to finite numbers"),
        ({"config": {"widths": "a"}}, "does not describe a vision/convnet: "),
        ({"config": {"widths": []}}, "does not describe a vision/convnet: widths are"),
        ({"config": {"widths": [10**6, 10**6]}}, "that describes .* numbers, the weights have"),
        ({"config": {"widths": [10**30]}}, "does not describe a vision/convnet: "),
        ({"config": {"widths": [4, 4], "dense": HUGE}}, "does not describe a vision/convnet: "),
        ({"config": {"convolutions": 10**9}}, "expected convolutions 1 … 100"),
        ({"config": {"mean": ["a", "b", "c"]}}, "does not describe a vision/convnet: "),
        ({"config": {"classes": [1, 2, 3, 4, 5]}}, "5 names of classes for 4 classes"),
        ({"weights": {"sha256": None}}, "weights.safetensors is damaged: its SHA-256 is .* expects None…"),
        ({"format": [1]}, r"has format \[1\], this version of Ludus reads 2"),
    ],
)
def test_a_component_with_wrong_values_is_refused(tmp_path, change, words):
    folder, content = component(ConvNet, tmp_path / "model", **SMALL[ConvNet])
    (folder / "config.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(ValueError, match=words) as said:
        Component.load(folder)
    assert "\n" not in str(said.value)


BOX = {"shape": [2, 3], "dtype": "float32", "low": 0.0, "high": 1.0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": HUGE}, "low of a space is 1000.*, expected a number, 'inf' or '-inf'"),
        ({"low": "a"}, "low of a space is 'a', expected a number"),
        ({"low": "nan"}, "low of a space is 'nan', expected a number"),
        ({"low": None}, "low of a space is None, expected a number"),
        ({"low": [0.0] * 5}, r"low of a space has 5 numbers, its shape \[2, 3\] 6"),
        ({"low": [0.0] * 5 + [[1.0]]}, r"low of a space is \[1.0\], expected a number"),
        ({"low": 2.0}, "a space has a low end above its high one"),
        ({"high": 1e300}, "high of a space has a number that float32 does not have"),
        ({"dtype": "uint8", "low": -1}, "low of a space has a number that uint8 does not have"),
        ({"dtype": "uint8", "high": 0.5}, "high of a space has a number that uint8 does not have"),
        ({"dtype": "uint8", "high": "inf"}, "high of a space has a number that uint8 does not have"),
        ({"shape": [-1]}, r"the shape of a space is \[-1\], expected a list of whole numbers"),
        ({"shape": [2.0]}, r"the shape of a space is \[2.0\], expected a list of whole numbers"),
        ({"shape": [True]}, r"the shape of a space is \[True\], expected a list of whole numbers"),
        ({"shape": [HUGE]}, "the shape of a space is .*, expected a list of whole numbers"),
        ({"shape": [1] * 40}, "the shape of a space is .*, expected a list of whole numbers"),
        ({"shape": [5000, 5000, 3]}, r"a space has shape \[5000, 5000, 3\], more than 4,194,304 numbers"),
        ({"shape": 3}, "the shape of a space is 3, expected a list of whole numbers"),
        ({"dtype": "O"}, "the dtype of a space is 'O'"),
        ({"dtype": "object"}, "the dtype of a space is 'object'"),
        ({"dtype": "flaot32"}, "the dtype of a space is 'flaot32'; did you mean 'float32'?"),
        ({"dtype": None}, "the dtype of a space is None"),
        ({"dtype": ["f4"]}, "the dtype of a space is"),
    ],
)
def test_a_space_with_wrong_values_is_refused(change, words):
    assert space_from_json(BOX).shape == (2, 3)
    with pytest.raises(ValueError, match=words):
        space_from_json({**BOX, **change})


@pytest.mark.parametrize("kind", SMALL)
def test_a_component_is_measured_without_memory_and_without_a_draw(tmp_path, kind):
    """Whoever loads one in the middle of a training finds its random numbers as they were."""
    folder, _ = component(kind, tmp_path / "model", **SMALL[kind])
    torch.manual_seed(5)
    loaded = Component.load(folder)
    found = torch.rand(3)
    torch.manual_seed(5)
    kind(loaded.input_space, loaded.output_space, **loaded.config)
    assert torch.equal(found, torch.rand(3))


# --- Runs


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("evaluation_episodes", 10**12, "evaluation_episodes must be 1 … 100,000, got 1000000000000"),
        ("evaluation_episodes", 0, "evaluation_episodes must be 1 … 100,000, got 0"),
        ("steps", 10**16, "steps must be 1 … 1,000,000,000,000,000, got 10000000000000000"),
        ("evaluate_every", 10**16, "evaluate_every must be 0 … "),
        ("checkpoint_seconds", float("inf"), "checkpoint_seconds must be a finite number, got inf"),
        ("checkpoint_seconds", float("nan"), "checkpoint_seconds must be a finite number, got nan"),
        ("checkpoint_seconds", HUGE, "checkpoint_seconds must be a finite number, got 1000"),
        ("checkpoint_seconds", 10**10, "checkpoint_seconds must be 0 … 1,000,000,000, got 10000000000"),
        ("seed", 2**63, r"a seed must be 0 … 2\*\*63-1, got 9223372036854775808"),
        ("seed", -1, r"a seed must be 0 … 2\*\*63-1, got -1"),
        ("device", "cuda:one", "device must be cpu or cuda, got 'cuda:one'"),
        ("environment", {1: 2}, "environment has the entry 1, expected names"),
        ("environment", None, "environment must be a map, got None; restore it"),
    ],
)
def test_a_config_with_wrong_values_is_refused(tmp_path, key, value, words):
    content = {"format": 2, "env": "ludus/CartPole-v1", "agent": "pqn", "steps": 1000}
    config = configure("ludus/CartPole-v1")
    text = yaml.safe_dump({**content, "hyperparameters": json.loads(json.dumps(config.hyperparameters)), key: value})
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ValueError, match=words) as said:
        Run.open(tmp_path)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda manifest: {**manifest, "files": []}, r"manifest.json is damaged \(files is \[\], expected weights"),
        (lambda manifest: {**manifest, "files": {}}, r"manifest.json is damaged \(files is \{\}, expected weights"),
        (lambda manifest: {**manifest, "files": {**manifest["files"], "../../x": {}}}, "manifest.json is damaged"),
        (lambda manifest: {"format": 1}, r"manifest.json is damaged \(files is None"),
        (lambda manifest: [], r"manifest.json is damaged \(it is no map\)"),
        (
            lambda manifest: {**manifest, "files": dict.fromkeys(manifest["files"], 1)},
            r"manifest.json is damaged \(of .* it says 1",
        ),
        (lambda manifest: {**manifest, "format": HUGE}, "its format is 1000"),
    ],
)
def test_a_manifest_with_wrong_values_is_passed_over(tmp_path, change, words):
    checkpoint.save(tmp_path, 1, {"x": torch.zeros(2)}, {})
    path = tmp_path / f"{1:012d}" / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_bytes()))))
    with pytest.raises(ValueError, match=f"no usable checkpoint in .* passed over: {words}") as said:
        checkpoint.load_latest(tmp_path)
    assert "\n" not in str(said.value)


STATE = {"agent": {}, "run": {"evaluated_at": 5, "best": 0.5}, "files": {"evaluations.csv": 3}, "config": None}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "its entry 'agent' is missing or no map"),
        ({**STATE, "agent": None}, "its entry 'agent' is missing or no map"),
        ({**STATE, "run": {}}, "it does not say when the run was evaluated"),
        ({**STATE, "run": {"evaluated_at": -1, "best": None}}, "it does not say when the run was evaluated"),
        ({**STATE, "run": {"evaluated_at": 0, "best": "x"}}, "its best return is no number"),
        ({**STATE, "files": {"evaluations.csv": -1}}, "the sizes of the logs are no whole numbers"),
        ({**STATE, "files": []}, "its entry 'files' is missing or no map"),
        ({**STATE, "config": [1]}, "its entry 'config' is no map"),
    ],
)
def test_a_state_with_wrong_values_is_passed_over_for_the_one_before(tmp_path, state, words):
    check_state(STATE)
    for steps, content in ((1, STATE), (2, state)):
        checkpoint.save(tmp_path, steps, {"x": torch.zeros(2)}, content)
    saved = checkpoint.load_latest(tmp_path, check_state)
    assert saved.steps == 1
    assert saved.problems[0].startswith("checkpoint 000000000002 passed over: state.json is damaged (")
    assert words in saved.problems[0]


@pytest.mark.parametrize("name", ["coins", "trying", "actions"])
def test_actions_of_a_state_that_are_none_are_refused(tmp_path, name):
    """Compiled loops index with them and look no further."""
    from ludus.agents import registry
    from ludus.envs.make import make_batch

    batch = make_batch("ludus/FrozenLake-v1", 4)
    agent = registry.make("tabular", batch, registry.resolve("tabular", {"num_envs": 4}), 0)
    tensors, state = agent.pack()
    agent.load(tensors, state)
    tensors[name] = tensors[name][..., :2] if name == "coins" else tensors[name] + 10**6
    with pytest.raises(ValueError, match="saved coins are|expected actions 0 … 3"):
        agent.load(tensors, state)
    batch.close()


# --- Fits


FIT_STATE = {"seconds": 1.5, "files": {"events.out.1": 3}, "recipe": {"lr": 0.1}, "data": "abc"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": "a"}, {"seconds": -1.0}, {"seconds": float("nan")}, {"seconds": None}, {"recipe": None},
        {"files": []}, {"files": None}, {"files": {"events.out.1": -1}}, {"files": {"events.out.1": 1.5}},
    ],
)  # fmt: skip
def test_a_fits_state_with_wrong_values_is_passed_over_for_the_one_before(tmp_path, wrong):
    fit.check_state(FIT_STATE)
    checkpoint.save(tmp_path, 1, {"x": torch.zeros(2)}, FIT_STATE)
    checkpoint.save(tmp_path, 2, {"x": torch.zeros(2)}, {**FIT_STATE, **wrong})
    saved = checkpoint.load_latest(tmp_path, fit.check_state)
    assert saved.steps == 1
    assert len(saved.problems) == 1
    assert saved.problems[0].startswith("checkpoint 000000000002 passed over: state.json is damaged (")
    assert "\n" not in saved.problems[0]


# --- Terminals


def test_versions_of_a_run_are_told_on_one_line_without_what_a_terminal_obeys(run_folder, tmp_path):
    content = yaml.safe_load((run_folder / "config.yaml").read_bytes())
    content["versions"]["numpy"] = "1\n\x1b[31mred"
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(content))
    (line,) = other_versions(tmp_path)
    assert line.startswith(r"the run began with numpy 1 \x1b[31mred, this is ")
