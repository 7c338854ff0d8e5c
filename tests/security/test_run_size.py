"""What the config.yaml of a run may ask for: no network is drawn that has more numbers than the checkpoint."""

import pytest
import torch
from torch import nn

from ludus.agents.networks import at_most
from ludus.agents.pqn import PQNConfig
from ludus.agents.runs import config
from ludus.agents.runs.run import Run
from ludus.training import checkpoint

LARGE = [2000, 2000]
STATE = {"agent": {}, "run": {"evaluated_at": 0, "best": None}, "files": {}}


@pytest.fixture
def drawn(monkeypatch):
    """How many numbers each dense layer has whose first weights are drawn."""
    found = [0]
    reset = nn.Linear.reset_parameters
    monkeypatch.setattr(nn.Linear, "reset_parameters", lambda self: (found.append(self.weight.numel()), reset(self)))
    return found


@pytest.mark.parametrize(
    ("agent", "values", "env"),
    [
        ("pqn", {"hidden": LARGE}, "ludus/CartPole-v1"),
        ("ppo", {"policy_kwargs": {"net_arch": LARGE}}, "ludus/CartPole-v1"),
        ("dqn", {"policy_kwargs": {"net_arch": LARGE}}, "ludus/CartPole-v1"),
        ("sac", {"policy_kwargs": {"net_arch": LARGE}}, "ludus/Pendulum-v1"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_network_larger_than_its_checkpoint_is_refused_before_it_is_drawn(agent, values, env, known, drawn, tmp_path):
    described = config.configure(env, agent, values, steps=1000)
    trained = config.what_decides(config.configure(env, agent, steps=1000)) if known else None
    config.write_config(described, tmp_path / "config.yaml")
    state = {**STATE, "config": trained}
    checkpoint.save(tmp_path / "checkpoints", 5, {"a": torch.zeros(10_000)}, state)
    words = (
        r"the checkpoint was made with .*(hidden|policy_kwargs) .*; restore .*config.yaml"
        if known
        else "config.yaml describes a network with more than the 10,000 numbers of its checkpoint; restore it"
    )
    with pytest.raises(ValueError, match=words) as refusal:
        Run.open(tmp_path).agent()
    assert max(drawn) <= 10_000
    assert "\n" not in str(refusal.value)


def test_networks_are_counted_in_the_context_alone_and_on_meta_not_at_all():
    with at_most(8):
        nn.Linear(3, 2)
        nn.Linear(3, 2, device="meta")
        with pytest.raises(ValueError, match="more than the 8 numbers"):
            nn.Linear(1, 1)
    assert nn.Linear(30, 20).weight.shape == (20, 30)


@pytest.mark.parametrize("values", [{"hidden": (1,) * 101}, {"conv": ((1, 1, 1),) * 101}])
def test_networks_of_thousands_of_layers_are_refused(values):
    with pytest.raises(ValueError, match="must have at most 100 layers, got 101"):
        PQNConfig(**values)
