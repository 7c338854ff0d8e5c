"""Any value at any place of what is read: it is read, or refused in one line; nothing else happens."""

import copy
import hashlib
import json
import shutil

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands_stage import TINY
from hostile_stage import SMALL, component
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.components.component import Component
from ludus.training import checkpoint
from ludus.training.recipe import read_recipe, write_recipe
from ludus.vision.tasks.classify_recipe import ClassifierRecipe

HUGE = 10**400


UGLY = (
    None, [], {}, "", "a", "a\nb" * 200, -1, 0, 1, 0.5, 3, 2**31, 2**63, -(2**64), 10**12, HUGE, -HUGE, True,
    float("nan"), float("inf"), [[[[]]]], [None], ["a"], [HUGE], {"a": {"b": [1]}}, {"": None}, [[1, [2, ["x"]]]] * 50,
)  # fmt: skip
REFUSALS = (ValueError, OSError)  # FileNotFoundError among them
FUZZ = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def places(value, path=()):
    """The path of everything inside ``value``."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(content, path, ugly, how):
    """``content`` with something else at ``path``, without it, or with something beside it."""
    content = copy.deepcopy(content)
    *way, last = path
    inside = content
    for key in way:
        inside = inside[key]
    if how == "remove":
        del inside[last]
    elif how == "add" and isinstance(inside, dict):
        inside["strange"] = ugly
    else:
        inside[last] = ugly
    return content


def change_of(data, content):
    """A change that hypothesis draws."""
    path = data.draw(st.sampled_from(list(places(content))))
    return changed(
        content, path, data.draw(st.sampled_from(UGLY)), data.draw(st.sampled_from(["put"] * 8 + ["remove", "add"]))
    )


def assert_read_or_refused(read):
    try:
        return read()
    except REFUSALS as fault:
        text = str(fault)
    assert text
    assert "\n" not in text
    return None


@pytest.mark.parametrize("kind", SMALL)
def test_any_value_in_a_components_description_is_read_or_refused(tmp_path_factory, kind):
    folder, content = component(kind, tmp_path_factory.mktemp("models") / "model", **SMALL[kind])

    @FUZZ
    @given(st.data())
    def fuzz(data):
        (folder / "config.json").write_text(json.dumps(change_of(data, content)))
        found = assert_read_or_refused(lambda: Component.load(folder))
        assert found is None or isinstance(found, kind)

    fuzz()


@pytest.fixture(scope="module", params=["pqn", "tabular", "dqn"])
def run(request, tmp_path_factory):
    """A finished run, which takes no time to resume."""
    values = {
        "pqn": TINY,
        "tabular": {"num_envs": 4, "rollout_steps": 8},
        "dqn": {"num_envs": 4, "buffer_size": 400, "learning_starts": 100, "policy_kwargs": {"net_arch": [4]}},
    }
    folder = tmp_path_factory.mktemp("runs") / request.param
    config = configure(
        "ludus/CartPole-v1", request.param, values[request.param], steps=160, evaluate_every=0, evaluation_episodes=2
    )
    Run.start(folder, config).train()
    return folder


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")  # torch's, of a layer without units
def test_any_value_in_a_config_is_read_or_refused(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("config") / "run"
    shutil.copytree(run, folder)
    path = folder / "config.yaml"
    content = yaml.safe_load(path.read_bytes())

    @FUZZ
    @given(st.data())
    def fuzz(data):
        path.write_text(yaml.safe_dump(change_of(data, content)))
        opened = assert_read_or_refused(lambda: Run.open(folder))
        if opened is not None:
            assert_read_or_refused(opened.agent)

    fuzz()


def write_state(folder, state, manifest=None):
    """state.json of the newest checkpoint, under a manifest that fits it."""
    newest = checkpoint.list_checkpoints(folder / "checkpoints")[0]
    data = json.dumps(state).encode()
    (newest / "state.json").write_bytes(data)
    manifest = json.loads((newest / "manifest.json").read_bytes()) if manifest is None else manifest
    manifest["files"]["state.json"] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (newest / "manifest.json").write_text(json.dumps(manifest))


def test_any_value_in_a_state_is_read_or_refused(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("state") / "run"
    shutil.copytree(run, folder)
    newest = checkpoint.list_checkpoints(folder / "checkpoints")[0]
    for other in checkpoint.list_checkpoints(folder / "checkpoints")[1:]:
        shutil.rmtree(other)
    before = {path.name: path.read_bytes() for path in newest.iterdir()}
    state = json.loads(before["state.json"])

    @FUZZ
    @given(st.data())
    def fuzz(data):
        write_state(folder, change_of(data, state))

        def load():
            opened = Run.open(folder)
            saved = opened._load_checkpoint()
            agent, batch = opened.make_agent()
            with opened._must_fit(saved):
                agent.load(saved.tensors, saved.state["agent"])
            agent.keep_replay(folder / "replay")
            batch.close()

        assert_read_or_refused(load)

    fuzz()


def test_any_value_in_a_recipe_is_read_or_refused(tmp_path_factory):
    path = tmp_path_factory.mktemp("fit") / "fit.yaml"
    write_recipe(ClassifierRecipe(data="fashion-mnist", net={"widths": [4, 4]}), "vision/classify", path)
    content = yaml.safe_load(path.read_bytes())

    @FUZZ
    @given(st.data())
    def fuzz(data):
        path.write_text(yaml.safe_dump(change_of(data, content)))
        assert_read_or_refused(lambda: read_recipe(path, "vision/classify", ClassifierRecipe))

    fuzz()
