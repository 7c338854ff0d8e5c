"""A component in the policy: its features serve a raw slot, frozen or trained along, and survive a resume."""

import os
import shutil
import signal

import numpy as np
import pytest
import torch
import yaml
from gymnasium import spaces

import ludus
from ludus.agents.encoders import ComponentEncoder, EncoderExtractor, place_encoder
from ludus.agents.registry import make, resolve
from ludus.agents.runs.callback import Interrupted, load_latest
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.components import Component, register
from ludus.envs.make import make_batch
from ludus.scripts import train as command
from ludus.training import checkpoint
from ludus.vision.models.resnet import ResNet

ID = "test/Pictures-v0"
ludus.register(ID, "slots_toy", max_episode_steps=6)
WORLD = {"camera": "raw", "size": 8}
PICTURE, JUDGEMENT = spaces.Box(0, 255, (8, 8, 1), np.uint8), spaces.Box(0, 1, (2,), np.float32)
SMALL = {
    "pqn": {"num_envs": 8, "rollout_steps": 8, "minibatches": 2, "epochs": 2, "hidden": [16]},
    "ppo": {"num_envs": 8, "n_steps": 8, "batch_size": 32, "n_epochs": 2, "policy_kwargs": {"net_arch": [16]}},
    "a2c": {"num_envs": 8, "policy_kwargs": {"net_arch": [16]}},
    "dqn": {"num_envs": 8, "learning_starts": 64, "buffer_size": 1000, "tau": 0.3, "target_update_interval": 8}
    | {"policy_kwargs": {"net_arch": [16]}},
}


def eyes(shape=(8, 8, 1)):
    """A small residual network with a frozen stem and batch norm, whose statistics are not those it began with."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        component = ResNet(spaces.Box(0, 255, shape, np.uint8), JUDGEMENT, widths=(6,), convolutions=2)
        for name, part in component.named_buffers():
            if "running" in name:
                part.uniform_(0.5, 1.5)
    return component.eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("models") / "eyes"
    eyes().save(place)
    return place


def agent_of(name, encoder, freeze=False, world=WORLD, **hyperparameters):
    values = resolve(name, {**SMALL[name], "encoder": str(encoder), "freeze": freeze, **hyperparameters})
    batch = make_batch(ID, values["num_envs"], **world)
    batch.seed_from(0)
    return make(name, batch, values, seed=0)


def encoders_of(agent):
    return [module for module in agent.policy.modules() if isinstance(module, ComponentEncoder)]


def inner(agent):
    """The network's features (N, F) of the batch's present observations, as the agent itself computes them."""
    observation = {key: part.copy() for key, part in agent.batch.buffers.observation.items()}
    with torch.no_grad():
        if hasattr(agent, "network"):
            return agent.network.features({key: torch.from_numpy(part) for key, part in observation.items()})
        policy = getattr(agent.policy, "q_net", agent.policy)
        return policy.extract_features(policy.obs_to_tensor(observation)[0], policy.features_extractor)


def trained(agent, steps=256):
    from stable_baselines3.common.logger import Logger

    agent.set_logger(Logger(None, []))
    agent.learn(steps)
    return agent


# --- What the network sees


@pytest.mark.parametrize("name", SMALL)
def test_features_are_the_components_own_and_other_keys_still_arrive(folder, name):
    agent = agent_of(name, folder)
    for _ in range(3):
        agent.batch.step(np.ones(8, np.int64))
    shown = agent.batch.buffers.observation
    assert shown["state"].any()
    assert shown["camera"].shape == (8, 8, 8, 1)
    with torch.no_grad():
        own = Component.load(folder).features(torch.from_numpy(shown["camera"]))
    found = inner(agent)
    assert found.shape == (8, own.shape[1] + 3 + 1)  # the order, one-hot, and the state, a number
    columns = {tuple(column) for column in found.T.tolist()}
    for part in (own, torch.from_numpy(shown["order"]), torch.from_numpy(shown["state"])):
        assert {tuple(column) for column in part.T.tolist()} <= columns


@pytest.mark.parametrize("name", SMALL)
def test_a_bare_box_is_served_alone(tmp_path, name):
    class Lidar(Component):
        """Six numbers of a state of four."""

        def __init__(self, input_space, output_space):
            super().__init__(input_space, output_space)
            self.layer = torch.nn.Linear(4, 6)

        def features(self, x):
            return self.layer(x)

    component = register("test/lidar")(Lidar)(spaces.Box(-1, 1, (4,), np.float32), JUDGEMENT)
    component.save(tmp_path / "lidar")
    values = resolve(name, {**SMALL[name], "encoder": {"component": str(tmp_path / "lidar")}})
    agent = make(name, make_batch("ludus/CartPole-v1", 8), values, seed=0)
    agent.batch.seed_from(0)
    x = torch.from_numpy(agent.batch.buffers.observation.copy())
    extractor = next(
        module for module in agent.policy.modules() if isinstance(module, (ComponentEncoder, EncoderExtractor))
    )
    assert torch.equal(extractor(x), component.features(x))
    trained(agent, 128)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("freeze", [True, False], ids=["frozen", "along"])
def test_frozen_weights_stay_and_others_are_trained_along(folder, name, freeze):
    before = Component.load(folder).state_dict()
    agent = trained(agent_of(name, folder, freeze))
    for encoder in encoders_of(agent):  # dqn has one for its target, too
        after = encoder.component.state_dict()
        same = {key for key in before if torch.equal(before[key], after[key])}
        if freeze:
            assert same == set(before)
        else:
            # The stem is frozen by the component itself, statistics are those of the fit, the head has no part in it.
            assert {key for key in before if key not in same} == {
                key for key in before if key.endswith(("weight", "bias")) and not key.startswith(("stem", "classify"))
            }


@pytest.mark.parametrize("name", ["pqn", "ppo"])
@pytest.mark.parametrize("freeze", [True, False], ids=["frozen", "along"])
def test_only_what_is_learned_is_among_the_parameters(folder, name, freeze):
    learned = [key for key, _ in encoders_of(agent_of(name, folder, freeze))[0].named_parameters()]
    assert bool(learned) is not freeze
    assert not [key for key in learned if "stem" in key or "classify" in key]


def test_the_encoder_is_never_in_training_mode(folder):
    encoder = ComponentEncoder(eyes(), freeze=False)
    x = torch.randint(0, 255, (16, 8, 8, 1), dtype=torch.uint8)
    before = encoder(x)
    assert torch.equal(encoder.train()(x), before)
    assert torch.equal(encoder.eval()(x.float()), before)
    assert before.requires_grad
    assert not ComponentEncoder(eyes(), freeze=True)(x).requires_grad
    agent = agent_of("ppo", folder)
    agent.policy.set_training_mode(True)
    assert not any(module.training for module in encoders_of(agent)[0].component.modules())


def test_a_component_gets_the_numbers_that_it_declares():
    class Picky(Component):
        """Takes bytes in the order of the environment, and nothing else."""

        def features(self, x):
            assert x.dtype == torch.uint8
            assert x.stride() == (64, 8, 1, 1)
            return x.flatten(1) % 2

    x = torch.randint(0, 255, (3, 1, 8, 8), dtype=torch.uint8)
    f = ComponentEncoder(Picky(PICTURE, JUDGEMENT), freeze=True)(x.float().permute(0, 2, 3, 1))
    assert torch.equal(f, x.flatten(1) % 2)


def test_the_targets_of_sb3_have_an_encoder_of_their_own(folder):
    online, target = encoders_of(agent_of("dqn", folder, freeze=False))
    pairs = list(zip(online.component.state_dict().values(), target.component.state_dict().values(), strict=True))
    assert all(torch.equal(one, other) and one.data_ptr() != other.data_ptr() for one, other in pairs)


def test_normalisation_leaves_alone_what_the_encoder_reads(folder):
    agent = agent_of("ppo", folder, normalize=True)
    normaliser = agent.get_vec_normalize_env()
    assert sorted(normaliser.obs_rms) == ["order", "state"]
    shown = agent.env.reset()
    np.testing.assert_array_equal(shown["camera"][:, 0], agent.batch.buffers.observation["camera"][..., 0])
    with pytest.raises(ValueError, match="encoder takes camera as it is, and norm_obs_keys would normalise it"):
        agent_of("ppo", folder, normalize={"norm_obs_keys": ["camera"]})


def test_loading_leaves_the_global_random_numbers_alone(folder):
    before = torch.get_rng_state()
    place_encoder(str(folder), False, make_batch(ID, 2, **WORLD))
    assert torch.equal(torch.get_rng_state(), before)


# --- Runs


def run_of(path, name, folder, steps=512, **changes):
    keywords = {"evaluate_every": 256, "evaluation_episodes": 8, "environment": WORLD, "checkpoint_seconds": 1e6}
    hyperparameters = {**SMALL[name], "encoder": str(folder), **changes}
    return Run.start(path, configure(ID, name, hyperparameters, steps=steps, **keywords))


def final_bytes(path):
    newest = checkpoint.list_checkpoints(path / "checkpoints")[0]
    return b"".join((newest / name).read_bytes() for name in ("weights.safetensors", "batch.bin"))


@pytest.mark.parametrize("name", ["pqn", "ppo"])
@pytest.mark.parametrize("freeze", [True, False], ids=["frozen", "along"])
def test_a_stopped_run_ends_with_the_same_bits(tmp_path, folder, name, freeze):
    run_of(tmp_path / "whole", name, folder, freeze=freeze).train()
    run = run_of(tmp_path / "stopped", name, folder, freeze=freeze)

    def stop(progress):  # at the first report, before the first step; later ones come by the clock
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        run.train(stop)
    assert 0 < load_latest(tmp_path / "stopped").steps < 512
    Run.open(tmp_path / "stopped").train()
    assert final_bytes(tmp_path / "stopped") == final_bytes(tmp_path / "whole")
    lines = [(tmp_path / part / "evaluations.csv").read_text() for part in ("stopped", "whole")]
    assert lines[0] == lines[1]


@pytest.mark.parametrize("name", ["pqn", "ppo"])
def test_the_weights_of_the_run_win_and_the_component_is_pinned(tmp_path, folder, name):
    models = tmp_path / "models"
    shutil.copytree(folder, models)
    run_of(tmp_path / "run", name, models, steps=128).train()
    config = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())["hyperparameters"]
    assert config["encoder"] == {"component": str(models), "fingerprint": Component.load(models).fingerprint}
    assert config["freeze"] is False
    acting = encoders_of(Run.open(tmp_path / "run").agent())[0].component.state_dict()
    saved = load_latest(tmp_path / "run").tensors
    for key, value in acting.items():
        held = [tensor for path, tensor in saved.items() if path.endswith(f"component.{key}") and "optim" not in path]
        assert held, key
        assert all(torch.equal(value, tensor) for tensor in held)
    fitted = Component.load(models).state_dict()
    assert not all(torch.equal(value, fitted[key]) for key, value in acting.items())

    other = eyes()
    other.metrics = {"accuracy": 1.0}
    other.save(models)
    for again in (Run.open(tmp_path / "run").agent, Run.open(tmp_path / "run").train):
        with pytest.raises(ValueError, match=r"the encoder .*models has changed: its fingerprint is") as refusal:
            again()
        assert "\n" not in str(refusal.value)
    shutil.rmtree(models)
    for again in (Run.open(tmp_path / "run").agent, Run.open(tmp_path / "run").train):
        with pytest.raises(FileNotFoundError, match=r"the encoder .*models does not exist.*put it back"):
            again()


# --- What cannot be


@register("test/blunt")
class Blunt(Component):
    """Judges, but has no features."""

    def forward(self, x):
        return torch.zeros(len(x), 2)


@register("test/odd")
class Odd(Blunt):
    def features(self, x):
        return x


@register("test/rememberer")
class Rememberer(Blunt):
    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space, memory=((1,),))

    def features(self, x):
        return x.flatten(1).float()


@pytest.mark.parametrize("name", ["pqn", "ppo"])
@pytest.mark.parametrize(
    ("component", "world", "words"),
    [
        (lambda: Blunt(PICTURE, JUDGEMENT), WORLD, r"\(Blunt\) has no features\(\).*let it fill the slot"),
        (
            lambda: Odd(PICTURE, JUDGEMENT),
            WORLD,
            r"features of the encoder Odd gave \(1, 8, 8, 1\) for one observation",
        ),
        (lambda: Rememberer(PICTURE, JUDGEMENT), WORLD, r"has a memory, which a policy cannot keep"),
        (
            eyes,
            {"size": 8, "camera": "truth"},
            r"takes Box\(0, 255, \(8, 8, 1\), uint8\), slots_toy shows camera Box.*, state Box.*; "
            "fill the slot with its raw signal: --slot camera=raw",
        ),
        (
            lambda: eyes((6, 6, 1)),
            WORLD,
            r"takes Box\(0, 255, \(6, 6, 1\), uint8\), slots_toy shows camera Box\(0, 255, \(8, 8, 1\).*; take one "
            r"that was fitted on a part of that, or on the raw signal of a slot \(camera Box",
        ),
    ],
    ids=["no features", "no row of features", "memory", "not raw", "another size"],
)
def test_a_component_that_does_not_fit_is_refused_in_one_line(tmp_path, name, component, world, words):
    component().save(tmp_path / "it")
    with pytest.raises(ValueError, match=words) as refusal:
        agent_of(name, tmp_path / "it", world=world)
    assert "\n" not in str(refusal.value)


def test_a_component_that_could_serve_two_parts_is_refused(folder):
    class Twice:
        name, observation_space = "twice", spaces.Dict({"left": PICTURE, "right": PICTURE})

    with pytest.raises(ValueError, match="and left and right of twice are such: it serves one only"):
        place_encoder(str(folder), False, Twice())


@pytest.mark.parametrize(
    ("name", "hyperparameters", "words"),
    [
        ("pqn", {"freeze": True}, "there is no encoder; give its folder, --encoder FOLDER, or leave out --freeze"),
        ("ppo", {"freeze": True}, "there is no encoder; give its folder, --encoder FOLDER, or leave out --freeze"),
        ("pqn", {"encoder": "models/x", "center": 1}, "center makes a view of the board"),
        ("ppo", {"encoder": "models/x", "center": 1}, "center makes a view of the board"),
        ("ppo", {"encoder": "x", "freeze": 1}, "freeze must be true or false, got 1"),
        ("pqn", {"encoder": "x", "freeze": 1}, "freeze must be true or false, got 1"),
        ("pqn", {"encoder": ""}, "encoder must be the folder of a component, such as models/garments, got ''"),
        ("ppo", {"encoder": 3}, "encoder must be the folder of a component, such as models/garments, got 3"),
        ("pqn", {"encoder": {"component": "x", "fingerprnt": "y"}}, "unknown entry 'fingerprnt' of encoder; did you"),
        ("ppo", {"encoder": {"component": "x", "fingerprint": 3}}, "fingerprint of encoder must be a text, got 3"),
        ("ppo", {"encoder": "x", "policy_kwargs": {"normalize_images": True}}, "the encoder decides normalize_images"),
        ("tabular", {"encoder": "models/x"}, "learns in a table and takes no encoder, .*; take pqn, ppo, a2c or dqn"),
        ("tabular", {"freeze": True}, "learns in a table and takes no freeze"),
    ],
)
def test_hyperparameters_that_do_not_go_together_are_refused(name, hyperparameters, words):
    with pytest.raises(ValueError, match=words) as refusal:
        configure(ID, name, hyperparameters)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_is_not_there_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist; expected the folder of a component"):
        configure(ID, "pqn", {"encoder": str(tmp_path / "nothing")})


# --- The command


def test_the_command_trains_with_an_encoder(tmp_path, folder, capsys):
    arguments = [ID, "--agent", "ppo", "--slot", "camera=raw", "--set", "size=8", "--steps", "64"]
    small = ["--agent-set", "n_steps=8", "--agent-set", "num_envs=8", "--agent-set", "batch_size=32"]
    at = ["--run", str(tmp_path / "run"), "--encoder", str(folder)]
    assert command.main([*arguments, *small, *at, "--freeze"]) == 0
    assert "Trained: mean return" in capsys.readouterr().out
    values = Run.open(tmp_path / "run").config.hyperparameters
    assert values["freeze"] is True
    assert values["encoder"]["component"] == str(folder)
    with pytest.raises(ValueError, match="there is no encoder"):
        command.main([*arguments, "--run", str(tmp_path / "other"), "--freeze"])


def test_run_from_before_there_were_encoders_goes_on(tmp_path):
    folder = tmp_path / "run"
    Run.start(folder, configure("ludus/CartPole-v1", "pqn", {"num_envs": 8}, steps=512, evaluate_every=0)).train()
    path = folder / "config.yaml"
    text = path.read_text()
    path.write_text(text.replace("  encoder: null\n", "").replace("  freeze: false\n", ""))
    assert path.read_text() != text
    assert Run.open(folder).config.hyperparameters["encoder"] is None
    Run.open(folder).train()
