"""Exported policies decide as ``predict`` does, on 1,000 observations, with views, scaling and masks inside."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gymnasium import spaces

import ludus
from ludus.agents.acting_graph import BoardView
from ludus.agents.api import exporting
from ludus.agents.views import EgocentricView
from trained_policies import train_policy

CONV = {"conv": [[4, 3, 1]], "conv_norm": True}
NORMAL = {"normalize": True}
# Name: environment, agent, hyperparameters, keywords of the environment.
POLICIES = {
    "board from its own cell": ("ludus/Snake-v1", "pqn", {"center": 1, "view_radius": 3}, {"size": 5}),
    "board through convolutions": ("ludus/Snake-v1", "pqn", CONV, {"size": 5}),
    "table over states": ("ludus/Taxi-v4", "tabular", {}, {}),
    "double table over a grid": (
        "ludus/CartPole-v1",
        "tabular",
        {"method": "double-q", "bins": 4, "low": [None, -3, None, -3], "high": [None, 3, None, 3]},
        {},
    ),
    "ppo, normalised": ("ludus/CartPole-v1", "ppo", NORMAL, {}),
    "ppo, continuous": ("ludus/Pendulum-v1", "ppo", {}, {}),
    "maskable_ppo, which sees a mask": ("ludus/Snake-v1", "maskable_ppo", {}, {"size": 5}),
    "a2c": ("ludus/CartPole-v1", "a2c", {}, {}),
    "dqn": ("ludus/CartPole-v1", "dqn", {}, {}),
    "sac": ("ludus/Pendulum-v1", "sac", {}, {}),
    "td3": ("ludus/Pendulum-v1", "td3", {}, {}),
}


@pytest.fixture(scope="module")
def onnxruntime():
    pytest.importorskip("onnxscript", reason="needs the extra onnx")
    return pytest.importorskip("onnxruntime", reason="needs the extra onnx")


@pytest.mark.parametrize("name", POLICIES)
def test_an_export_decides_as_the_policy(name, onnxruntime, tmp_path):
    env, agent, values, environment = POLICIES[name]
    policy = train_policy(tmp_path / "run", env, agent, values, max_episode_steps=30, **environment)
    file = exporting.export(policy, tmp_path / "policy.onnx", check=False)
    assert exporting.check_graph(policy, file.read_bytes()) <= 2  # of 1,000, where two values are the same
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    masked = policy.uses_mask
    assert [entry.name for entry in session.get_inputs()] == ["observation", *(["action_mask"] if masked else [])]
    for count in (1, 7):  # any number at once
        envs = policy.make_vec(count)
        observation, info = envs.reset(seed=1)
        mask = info["action_mask"] if masked else None
        found = session.run(None, exporting.as_inputs(observation, mask))
        np.testing.assert_allclose(found[0], policy.predict(observation, action_mask=mask)[0], rtol=1e-4, atol=1e-4)
        if agent in ("pqn", "tabular"):
            np.testing.assert_allclose(found[1], policy.agent.q_values(observation), rtol=1e-4, atol=1e-5)


def test_an_export_of_a_dict_has_an_input_for_each_key(onnxruntime, tmp_path):
    policy = train_policy(tmp_path / "run", "ludus/Sorter-v0", "pqn", max_episode_steps=10)
    data = exporting.to_onnx(policy)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    assert [entry.name for entry in session.get_inputs()] == list(policy.observation_space)
    assert exporting.check_graph(policy, data, observations=100) <= 1


def test_a_graph_that_decides_otherwise_is_not_written(onnxruntime, tmp_path, monkeypatch):
    policy = train_policy(tmp_path / "run", "ludus/CartPole-v1", "pqn")
    make_graph = exporting.make_graph

    def lies(agent):
        graph = make_graph(agent)
        graph.network.head[-1].weight.data.neg_()
        return graph

    monkeypatch.setattr(exporting, "make_graph", lies)
    with pytest.raises(ValueError, match=r"chooses other actions than predict\(\); nothing was written"):
        ludus.export(policy, tmp_path / "a.onnx")
    assert not (tmp_path / "a.onnx").exists()
    with pytest.raises(ValueError, match=r"must be an \.onnx file, got .*a\.pt; name it .*a\.onnx"):
        ludus.export(policy, tmp_path / "a.pt")
    with pytest.raises(OSError, match="its folder does not exist"):
        ludus.export(policy, tmp_path / "none" / "a.onnx")


@pytest.mark.parametrize(("shape", "radius"), [((4, 7, 3), 2), ((6, 5, 2), 1), ((3, 3, 2), 4)])
def test_the_view_of_a_board_is_the_same_in_torch(shape, radius):
    random = np.random.default_rng(0)
    view = EgocentricView(spaces.Box(0, 255, shape, np.uint8), 1, radius)
    boards = random.integers(0, 4, (40, *shape)).astype(np.uint8)
    boards[:30, ..., 1] = 0
    for i in range(1, 30):  # one own cell; the first board has none, the last ten have many
        boards[i, random.integers(shape[0]), random.integers(shape[1]), 1] = 1
    found = BoardView(view, shape)(torch.from_numpy(boards))
    np.testing.assert_array_equal(found.numpy(), view(boards))


@pytest.mark.parametrize(("ours", "theirs", "values"), [([[0.5]], [[np.nan]], []), ([0], [1], [[[np.nan, np.nan]]])])
def test_what_is_no_number_is_no_match(ours, theirs, values):
    space = spaces.Discrete(2) if values else spaces.Box(-1.0, 1.0, (1,), np.float32)
    policy = SimpleNamespace(action_space=space)
    with pytest.raises(ValueError, match="nothing was written"):
        exporting._count_other(policy, np.array(ours), np.array(theirs), [np.array(part) for part in values], None)
