"""The encoder of sets: the order of rows means nothing, empty rows are none, and agents learn with it."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

import ludus
import rows_toy  # noqa: F401  registers test/Rows-v0
from ludus.agents.api import exporting
from ludus.agents.set_encoder import SetExtractor, SetLayers, encode_set, leave_rows_alone, rows_of
from trained_policies import train_policy

ROWS = spaces.Box(-1.0, 1.0, (5, 3), np.float32)
SPACE = spaces.Dict({"state": spaces.Box(0.0, 1.0, (2,), np.float32), "things": ROWS})
PICKER = {"images": "parcels", "max_episode_steps": 8}


def observations(count=4):
    """Of SPACE, with two rows of each set left empty."""
    torch.manual_seed(0)
    things = torch.rand(count, 5, 3)
    things[:, 3:] = 0.0
    return {"state": torch.rand(count, 2), "things": things}


@pytest.mark.parametrize("make", [lambda: encode_set(SPACE, 8), lambda: SetExtractor(SPACE, 8)])
def test_the_order_of_rows_means_nothing(make):
    torch.manual_seed(1)
    encoder, x = make(), observations()
    f = encoder(x)
    assert f.shape == (4, 8 + 4 * 3 + 2)
    for order in ([4, 2, 0, 3, 1], [1, 0, 2, 3, 4]):
        torch.testing.assert_close(encoder({**x, "things": x["things"][:, order]}), f)
    moved = x["things"].clone()
    moved[0, 0, 0] += 0.5
    assert not torch.allclose(encoder({**x, "things": moved})[0], f[0])
    torch.testing.assert_close(encoder({**x, "things": moved})[1:], f[1:])


def test_empty_rows_are_none():
    torch.manual_seed(1)
    layers, x = SetLayers(3, 0, 8), observations()["things"]
    nothing = torch.zeros(4, 0)
    torch.testing.assert_close(layers(x[:, :3], nothing), layers(x, nothing))
    assert (layers(torch.zeros(2, 5, 3), torch.zeros(2, 0)) == 0.0).all()


def test_what_lies_beside_the_rows_decides_what_is_made_of_them():
    torch.manual_seed(1)
    encoder, x = encode_set(SPACE, 8), observations()
    other = encoder({**x, "state": 1.0 - x["state"]})
    assert not torch.allclose(other[:, : 8 + 12], encoder(x)[:, : 8 + 12])


def test_it_needs_one_part_of_rows():
    assert rows_of(ROWS) == ""
    with pytest.raises(ValueError, match="set_hidden is for one part with two axes.*; nothing is such in Box"):
        rows_of(SPACE["state"])
    with pytest.raises(ValueError, match="a and b are such"):
        rows_of(spaces.Dict({"a": ROWS, "b": ROWS}))
    assert leave_rows_alone({}, SPACE) == {"norm_obs_keys": ["state"]}
    assert leave_rows_alone({}, ROWS) == {"norm_obs": False}


@pytest.mark.parametrize("agent", ["ppo", "sac"])
def test_an_agent_of_sb3_s_takes_it_and_can_be_loaded(agent, tmp_path):
    policy = train_policy(tmp_path / "run", "ludus/Picker-v0", agent, {"set_hidden": 8, "normalize": True}, **PICKER)
    envs = policy.make_vec(3)
    observation, _ = envs.reset(seed=0)
    actions = policy.predict(observation)[0]
    mixed = {**observation, "perception": observation["perception"][:, ::-1].copy()}
    np.testing.assert_allclose(policy.predict(mixed)[0], actions, rtol=1e-4, atol=1e-5)


def test_pqn_takes_it_where_actions_are_discrete_and_can_be_exported(tmp_path):
    pytest.importorskip("onnxscript", reason="needs the extra onnx")
    runtime = pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    env = "ludus/CartPole-v1"  # which has no rows
    with pytest.raises(ValueError, match="set_hidden is for one part with two axes"):
        train_policy(tmp_path / "none", env, "pqn", {"set_hidden": 8})
    policy = train_policy(tmp_path / "run", "test/Rows-v0", "pqn", {"set_hidden": 8})
    data = exporting.export(policy, tmp_path / "policy.onnx").read_bytes()
    names = [entry.name for entry in runtime.InferenceSession(data, providers=["CPUExecutionProvider"]).get_inputs()]
    assert names == ["state", "things"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"set_hidden": -1}, "set_hidden must be a whole number 0 … 4,096, got -1"),
        ({"set_hidden": 8, "encoder": "models/x"}, "set_hidden encodes rows, and encoder the raw signal"),
    ],
)
def test_hyperparameters_that_do_not_go_together_are_refused(given, words, tmp_path):
    for agent in ("pqn", "ppo"):
        with pytest.raises(ValueError, match=words):
            ludus.train("ludus/Picker-v0", agent, run=tmp_path / agent, hyperparameters=given, images="parcels")
