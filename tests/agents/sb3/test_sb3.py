"""SB3's algorithms as agents of runs: by name, with the same tags as all agents, saved without pickle."""

import shutil

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3.common.logger import Logger

import ludus
from counter import Counter
from curves import curve
from ludus.agents import registry
from ludus.agents.runs.callback import Interrupted, RunCallback, load_latest
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.agents.sb3 import replay
from ludus.envs.make import make_batch
from ludus.training import checkpoint

TINY = {
    "ppo": {"n_steps": 16, "batch_size": 32},
    "a2c": {},
    "dqn": {"learning_starts": 50, "buffer_size": 2_000},
    "sac": {"num_envs": 2, "learning_starts": 100, "buffer_size": 2_000, "policy_kwargs": {"net_arch": [16]}},
    "td3": {"num_envs": 2, "learning_starts": 100, "buffer_size": 2_000, "policy_kwargs": {"net_arch": [16]}}
    | {"noise_std": 0.1},
}
ENVS = {"sac": "Pendulum-v1", "td3": "Pendulum-v1"}


def config(name, steps=600, **hyperparameters):
    values = {**TINY[name], **hyperparameters}
    env = ENVS.get(name, "ludus/CartPole-v1")
    return configure(env, name, values, steps=steps, evaluate_every=300, evaluation_episodes=2, checkpoint_seconds=0.0)


@pytest.mark.parametrize("name", TINY)
def test_each_algorithm_trains_resumes_and_plays(tmp_path, name):
    folder = tmp_path / "run"
    Run.start(folder, config(name)).train()
    names = {path.name.partition(".")[2] for path in folder.rglob("*") if path.is_file()}
    assert {part.rpartition(".")[2] if "tfevents" not in part else "events" for part in names} <= {
        *("yaml", "events", "csv", "safetensors", "json", "bin", "npy", "txt")
    }
    saved = load_latest(folder)
    agent = Run.open(folder).agent()
    assert agent.num_timesteps == saved.steps >= 600
    batch = make_batch(ENVS.get(name, "ludus/CartPole-v1"), 3)
    batch.seed_from(0)
    for _ in range(5):
        batch.step(agent.choose(batch.buffers.observation, None))
    tags = {tag for tag, _, _ in curve(folder)}
    assert {"rollout/return", "rollout/length", "train/learning_rate", "evaluation/return"} <= tags


@pytest.mark.parametrize("loss", ["all", "one", "cut"])
def test_a_replay_buffer_that_was_lost_starts_empty_or_is_refused(tmp_path, loss):
    folder = tmp_path / "run"
    Run.start(folder, config("dqn")).train()
    (folder / "config.yaml").write_text((folder / "config.yaml").read_text().replace("steps: 600", "steps: 900"))
    files = sorted((folder / "replay").iterdir())
    run, before = Run.open(folder), run_steps(folder)
    if loss == "cut":
        files[0].write_bytes(files[0].read_bytes()[:600])
        with pytest.raises(
            ValueError, match="is damaged .*; restore it, or delete .* to go on with an empty replay buffer"
        ):
            run.train()
        return
    for path in files if loss == "all" else files[:1]:
        path.unlink()
    run.train()
    assert run.notes[-1] == f"{folder / 'replay'} was not whole: the replay buffer starts empty"
    saved = load_latest(folder).state["agent"]["replay"]
    assert saved["pos"] == (run_steps(folder) - before) // 8  # what was played since


def run_steps(folder):
    return load_latest(folder).steps


@pytest.mark.parametrize("moment", ["before its first checkpoint", "while it makes the files"])
def test_a_replay_buffer_that_was_lost_is_not_found_again_after_another_kill(tmp_path, monkeypatch, moment):
    """The new files hold nothing but zeros, whatever the last checkpoint says of those that were lost."""
    folder = tmp_path / "run"
    Run.start(folder, config("dqn")).train()
    (folder / "config.yaml").write_text((folder / "config.yaml").read_text().replace("steps: 600", "steps: 900"))
    before, files = run_steps(folder), [path for path in (folder / "replay").iterdir() if path.suffix == ".npy"]
    shutil.rmtree(folder / "replay")
    made = []

    def kill(*_):
        made.append(None)
        if moment == "before its first checkpoint" or len(made) == len(files):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if moment == "while it makes the files":
            patch.setattr("os.posix_fallocate", kill)
        else:
            patch.setattr("ludus.agents.runs.run.watch_signals", kill)
        with pytest.raises(KeyboardInterrupt):
            Run.open(folder).train()
    assert sorted(path.name for path in (folder / "replay").glob("*.npy")) == sorted(path.name for path in files)
    run = Run.open(folder)
    run.train()
    assert run.notes[-1] == f"{folder / 'replay'} was not whole: the replay buffer starts empty"
    saved = load_latest(folder).state["agent"]["replay"]
    assert saved["pos"] == (run_steps(folder) - before) // 8  # what was played since


@pytest.mark.parametrize("name", ["ppo", "a2c"])
def test_the_noise_of_gsde_is_drawn_again_as_it_was(tmp_path, name):
    values = {**TINY[name], "use_sde": True, "sde_sample_freq": 4, "policy_kwargs": {"net_arch": [8]}}
    config = configure("test/Slider-v0", name, values, steps=600, evaluate_every=0, checkpoint_seconds=0.0)
    whole, again = tmp_path / "whole", tmp_path / "again"
    Run.start(whole, config).train()
    shutil.copytree(whole, again)
    shutil.rmtree(checkpoint.list_checkpoints(again / "checkpoints")[0])
    Run.open(again).train()
    tensors = [load_latest(folder).tensors for folder in (whole, again)]
    assert tensors[0].keys() == tensors[1].keys()
    assert all(torch.equal(tensors[0][key], tensors[1][key]) for key in tensors[0])


GENTLE = {"use_sde": True, "sde_sample_freq": 4, "policy_kwargs": {"net_arch": [8]}}


def weights(folder):
    return load_latest(folder).tensors


@pytest.mark.parametrize("name", ["ppo", "a2c"])
def test_a_gsde_run_that_is_made_longer_equals_one_that_was_as_long_at_once(tmp_path, name):
    def config_for(steps):
        values = {**TINY[name], **GENTLE}
        return configure("test/Slider-v0", name, values, steps=steps, evaluate_every=0, checkpoint_seconds=0.0)

    Run.start(tmp_path / "whole", config_for(1280)).train()
    Run.start(tmp_path / "longer", config_for(640)).train()
    path = tmp_path / "longer" / "config.yaml"
    path.write_text(path.read_text().replace("steps: 640", "steps: 1280"))
    Run.open(tmp_path / "longer").train()
    tensors = [weights(tmp_path / part) for part in ("whole", "longer")]
    assert all(torch.equal(tensors[0][key], tensors[1][key]) for key in tensors[0])


def test_a_gsde_run_goes_on_from_an_interrupt_in_its_last_evaluation(tmp_path, monkeypatch):
    """It was saved at its last step, so no rollout follows."""
    values = {**TINY["ppo"], **GENTLE}
    config = configure("test/Slider-v0", "ppo", values, steps=256, evaluate_every=0, checkpoint_seconds=0.0)
    with monkeypatch.context() as patch:
        patch.setattr(RunCallback, "_evaluate", lambda self, keep=True: _interrupt())
        with pytest.raises(Interrupted):
            Run.start(tmp_path / "run", config).train()
    assert run_steps(tmp_path / "run") == 256
    assert Run.open(tmp_path / "run").train().lengths.size


def _interrupt():
    raise Interrupted("SIGINT")


@pytest.mark.parametrize("name", ["dqn", "sac"])
def test_a_resume_in_the_warm_up_goes_on_with_other_random_actions(tmp_path, name):
    """What is drawn there is the action space's, so the two halves are those of the whole."""
    warm = {"learning_starts": 5_000}
    Run.start(tmp_path / "whole", config(name, 1216, **warm)).train()
    Run.start(tmp_path / "halves", config(name, 608, **warm)).train()
    path = tmp_path / "halves" / "config.yaml"
    path.write_text(path.read_text().replace("steps: 608", "steps: 1216"))
    Run.open(tmp_path / "halves").train()
    whole, halves = (np.load(tmp_path / part / "replay" / "actions.npy") for part in ("whole", "halves"))
    assert whole.any()
    np.testing.assert_array_equal(whole, halves)


def test_a_third_partys_environment_goes_on_with_other_episodes():
    batch = make_batch("Pendulum-v1", 2)
    agent = registry.make("sac", batch, registry.resolve("sac", TINY["sac"]), 0)
    first = agent.env.reset()
    agent.num_timesteps = 300
    agent.begin_anew()
    assert agent._last_obs is None
    assert not np.array_equal(agent.env.reset(), first)


@pytest.mark.parametrize("name", ["dqn", "sac"])
def test_off_policy_agents_resume_with_their_replay_buffer(tmp_path, name):
    folder = tmp_path / "run"
    Run.start(folder, config(name)).train()
    before = load_latest(folder)
    text = (folder / "config.yaml").read_text().replace("steps: 600", "steps: 900")
    (folder / "config.yaml").write_text(text)
    run = Run.open(folder)
    agent, batch = run.make_agent()
    agent.load(before.tensors, before.state["agent"])
    assert agent.keep_replay(folder / "replay")
    buffer = agent.replay_buffer
    assert buffer.pos == before.steps // batch.num_envs
    assert isinstance(buffer.observations, np.memmap)
    assert buffer.observations[: buffer.pos].any(axis=(1, 2)).all()
    assert not buffer.observations[buffer.pos :].any()
    for tensor, there in zip(agent.policy.parameters(), Run.open(folder).agent().policy.parameters(), strict=True):
        assert torch.equal(tensor, there)
    run.train()
    assert load_latest(folder).steps >= 900
    assert not run.config.is_exact


def test_a_replay_file_of_another_shape_is_refused(tmp_path):
    batch = make_batch("ludus/CartPole-v1", 2)
    values = registry.resolve("dqn", {"num_envs": 2, "buffer_size": 100})
    agent = registry.make("dqn", batch, values, 0)
    assert not agent.keep_replay(tmp_path)  # there was nothing
    other = registry.make("dqn", batch, {**values, "buffer_size": 200}, 0)
    other.load(*agent.pack())
    with pytest.raises(
        ValueError, match=r"observations\.npy holds float32 \(50, 2, 4\), expected float32 \(100, 2, 4\)"
    ):
        other.keep_replay(tmp_path)
    (tmp_path / "observations.npy").write_bytes(b"no array")
    with pytest.raises(ValueError, match=r"observations\.npy is damaged"):
        other.keep_replay(tmp_path)


def test_a_replay_buffer_in_files_keeps_dicts_of_observations_apart(tmp_path):
    class Buffer:
        observations = None

    buffer = Buffer()
    buffer.observations = {"state": np.zeros((5, 1, 2)), "picture": np.zeros((5, 1, 3))}
    files = replay.ReplayFiles(buffer, tmp_path, {})
    buffer.observations["state"][2] = 7.0
    files.flush()
    assert np.load(tmp_path / "observations-state.npy")[2].tolist() == [[7.0, 7.0]]
    assert not np.load(tmp_path / "observations-picture.npy").any()


def test_an_agent_that_normalises_sees_normalised_observations(tmp_path):
    folder = tmp_path / "run"
    Run.start(folder, config("ppo", normalize=True)).train()
    agent = Run.open(folder).agent()
    saved = load_latest(folder).tensors
    mean, var = saved["normalizer/observation/mean"].numpy(), saved["normalizer/observation/var"].numpy()
    assert (var < 0.9).any()
    raw = np.array([[0.3, -1.0, 0.1, 0.5], [-0.2, 0.4, -0.05, 0.3]], np.float32)
    normal = ((raw - mean) / np.sqrt(var + 1e-8)).astype(np.float32)
    expected, _ = agent.policy.predict(normal, deterministic=True)
    np.testing.assert_array_equal(agent.choose(raw, None), expected)


def test_a_policy_sees_the_board_from_its_own_cell():
    """What learns and what acts must see the same, the last observation of an episode too."""
    batch = make_batch("ludus/Snake-v1", 4, size=6, max_episode_steps=7)
    values = {"num_envs": 4, "n_steps": 16, "batch_size": 64, "center": 1, "view_radius": 2}
    agent = registry.make("ppo", batch, registry.resolve("ppo", values | {"input_scale": [1, 1, 1, 1, 0.5, 1]}), 0)
    assert agent.observation_space.shape == (5 * 5 * 6,)
    env = agent.get_env()
    seen = env.reset().reshape(4, 5, 5, 6)
    assert (seen[:, 2, 2, 1] == 1.0).all()  # the head is in the middle
    assert (seen[:, 2, 2, 4] == 0.5).all()  # its age, scaled
    board = batch.buffers.observation.copy()
    np.testing.assert_array_equal(
        agent.choose(board, None), agent.policy.predict(seen.reshape(4, 150), deterministic=True)[0]
    )
    ends = 0
    for _ in range(14):
        seen, _, done, infos = env.step(np.zeros(4, int))
        assert seen.shape == (4, 150)
        for i in np.flatnonzero(done):
            ends += 1
            assert infos[i]["terminal_observation"].reshape(5, 5, 6)[2, 2, 1] == 1.0
    assert ends >= 4


def test_each_environment_tosses_its_own_coin():
    batch = make_batch("ludus/CartPole-v1", 64)
    agent = registry.make("dqn", batch, registry.resolve("dqn", {"num_envs": 64}), 0)
    agent.exploration_rate = 0.5
    observation = np.zeros((64, 4), np.float32)
    greedy = agent.predict(observation, deterministic=True)[0]
    explored = [(agent.predict(observation)[0] != greedy).mean() for _ in range(50)]
    # Half of the environments explore, and half of their actions are the greedy one by chance: a quarter differs.
    assert np.mean(explored) == pytest.approx(0.25, abs=0.04)
    assert all(0.0 < share < 0.6 for share in explored)


def test_asking_dqn_for_actions_does_not_disturb_the_training():
    def train(ask):
        batch = make_batch("ludus/CartPole-v1", 8)
        agent = registry.make("dqn", batch, registry.resolve("dqn", TINY["dqn"]), 0)
        agent.set_logger(Logger(None, []))
        sizes = []

        def look(local, _):
            for n in (8, 3) if ask else ():
                sizes.append(agent.predict(np.zeros((n, 4), np.float32))[0].shape)
            assert agent.predict(np.zeros(4, np.float32), deterministic=not ask)[0].shape == ()
            return True

        agent.learn(800, look)
        assert set(sizes) == ({(8,), (3,)} if ask else set())
        return torch.cat([p.detach().flatten() for p in agent.policy.parameters()])

    assert torch.equal(train(True), train(False))


def test_actions_chosen_for_a_batch_belong_to_its_space():
    """A saturated actor, whose action float32 unscales to just above a Box, and a start that SB3 does not know."""
    ludus.register("test/Tilted-v0", "tilted", max_episode_steps=6)
    batch = make_batch("test/Tilted-v0", 3)
    agent = registry.make("sac", batch, registry.resolve("sac", {**TINY["sac"], "num_envs": 3}), 0)
    with torch.no_grad():
        agent.actor.mu.bias.fill_(50.0)
    batch.seed_from(0)
    actions = agent.choose(batch.buffers.observation, None)
    np.testing.assert_array_equal(actions, np.tile(batch.action_space.high, (3, 1)))
    batch.step(actions)
    agent.set_logger(Logger(None, []))
    agent.learn(150)

    if "test/Counter-v0" not in gymnasium.registry:
        gymnasium.register("test/Counter-v0", entry_point=Counter, max_episode_steps=9)
    batch = make_batch("test/Counter-v0", 3)
    agent = registry.make("ppo", batch, registry.resolve("ppo", {**TINY["ppo"], "num_envs": 3, "batch_size": 48}), 0)
    agent.set_logger(Logger(None, []))
    agent.learn(96)
    batch.seed_from(0)
    actions = agent.choose(batch.buffers.observation, None)
    assert all(batch.action_space.contains(action) for action in actions)
    batch.step(actions)


def test_a_seed_decides_a_training():
    def train(seed):
        batch = make_batch("ludus/CartPole-v1", 8)
        agent = registry.make("ppo", batch, registry.resolve("ppo", TINY["ppo"]), seed)
        agent.set_logger(Logger(None, []))
        agent.learn(256)
        return torch.cat([p.detach().flatten() for p in agent.policy.parameters()])

    assert torch.equal(train(0), train(0))
    assert not torch.equal(train(0), train(1))


def test_log_lines_come_after_the_update_and_nothing_waits_in_the_logger():
    """What waited for the next line would be lost to a kill between a checkpoint and that line."""
    batch = make_batch("ludus/CartPole-v1", 8)
    agent = registry.make("ppo", batch, registry.resolve("ppo", TINY["ppo"]), 0)
    logger = Logger(None, [])
    agent.set_logger(logger)
    waiting = []

    def look(local, _):
        if local["n_steps"] == 0:
            waiting.append(dict(logger.name_to_value))
        return True

    agent.learn(512, look)
    assert waiting == [{}] * 4


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("ppo", {"n_step": 3}, r"unknown hyperparameter 'n_step' of ppo; did you mean 'n_steps'\?"),
        ("ppo", {"n_steps": "many"}, "n_steps must be a whole number 1 … 1000000000, got 'many'"),
        ("ppo", {"batch_size": 0}, "batch_size must be a whole number"),
        ("ppo", {"batch_size": 64.0}, "batch_size must be a whole number"),
        ("ppo", {"n_epochs": 0}, "n_epochs must be a whole number"),
        ("ppo", {"gamma": float("nan")}, "gamma must be a number 0 … 1, got nan"),
        ("ppo", {"learning_rate": 1e30}, "learning_rate must be a number 0 … 10"),
        ("ppo", {"target_kl": "x"}, "target_kl must be a number"),
        ("ppo", {"threads": 100_000}, "threads must be a whole number 1 … 256, got 100000"),
        ("ppo", {"policy": None}, "policy must be auto, MlpPolicy"),
        ("ppo", {"policy_kwargs": {"net_arch": [-1]}}, "ppo refuses its hyperparameters"),
        ("a2c", {"use_rms_prop": "maybe"}, "use_rms_prop must be true or false"),
        ("dqn", {"train_freq": [1, "episode"]}, "train_freq must be a whole number"),
        ("dqn", {"tau": 5}, "tau must be a number 0 … 1, got 5"),
        ("ppo", {"learning_rate": "fast"}, "learning_rate must be a number, or lin_NUMBER"),
        ("ppo", {"learning_rate": "lin_nan"}, "learning_rate must be a number, or lin_NUMBER .* got 'lin_nan'"),
        (
            "ppo",
            {"clip_range": "lin_inf"},
            "clip_range must be a number 0 … 10, also where it begins to fall, got 'lin",
        ),
        ("ppo", {"ent_coef": "fast"}, "ent_coef must be a number, or lin_NUMBER for a linear fall to 0, got 'fast'"),
        ("sac", {"ent_coef": "lin_0.1"}, "ent_coef must be a number"),
        ("ppo", {"learning_rate": "lin_11"}, "learning_rate must be a number 0 … 10, also where it begins"),
        ("ppo", {"num_envs": 0}, "num_envs must be a whole number 1 … 1000000000, got 0"),
        ("ppo", {"n_steps": 10, "batch_size": 32}, "num_envs \\* n_steps = 80 must be a multiple of batch_size = 32"),
        ("a2c", {"normalize": "yes"}, "normalize must be true, false or a dict"),
        ("a2c", {"normalize": {"foo": 1}}, "unknown entry 'foo' of normalize; known: clip_obs, clip_reward, epsilon, "),
        ("a2c", {"normalize": {"gamma": 0.9}}, "unknown entry 'gamma' of normalize"),
        ("a2c", {"normalize": {"clip_obs": "x"}}, "clip_obs of normalize must be a number > 0, got 'x'"),
        ("a2c", {"normalize": {"norm_obs": 1}}, "norm_obs of normalize must be true or false, got 1"),
        ("a2c", {"normalize": {"norm_obs_keys": "a"}}, "norm_obs_keys of normalize must be a list of names, got 'a'"),
        (
            "a2c",
            {"policy_kwargs": {"activation_fn": ["tanh"]}},
            r"unknown activation_fn \['tanh'\]; did you mean 'tanh'\?",
        ),
        ("ppo", {"center": "x"}, "center must be the number of a plane, or null for none, got 'x'"),
        ("ppo", {"center": True}, "center must be the number of a plane, or null for none, got True"),
        ("ppo", {"input_scale": "x"}, "input_scale must be a number or a list of numbers, got 'x'"),
        ("dqn", {"policy_kwargs": {"net_arch": {"pi": [3]}}}, "dqn refuses its hyperparameters .*: there is no 0"),
        ("dqn", {"gradient_steps": 0}, "gradient_steps must be >= 1, or -1 for as many as steps were played, got 0"),
        ("td3", {"noise_type": "pink"}, "noise_type must be normal or ornstein-uhlenbeck, got 'pink'"),
        ("td3", {"noise_type": ["normal"]}, r"noise_type must be normal or ornstein-uhlenbeck, got \['normal'\]"),
        ("a2c", {"policy_kwargs": [64]}, "policy_kwargs must be a dict"),
        ("a2c", {"policy_kwargs": {"activation_fn": "rely"}}, "unknown activation_fn 'rely'; did you mean 'relu'"),
        ("a2c", {"policy_kwargs": {"width": 3}}, "a2c refuses its hyperparameters or cartpole"),
        ("sac", {}, r"sac needs a Box action space, cartpole has Discrete\(2\); take pqn, tabular, ppo, a2c or"),
        ("ppo", {"center": 1}, r"an egocentric view needs boards"),
        ("pp0", {}, r"unknown agent 'pp0'; did you mean 'ppo'\?"),
    ],
)
def test_refusals(name, values, message):
    def make():
        registry.make(name, make_batch("ludus/CartPole-v1", 8), registry.resolve(name, values), 0)

    with pytest.raises(ValueError, match=message):
        make()


def test_the_entropy_coefficient_falls_as_the_learning_rate_does():
    values = registry.resolve("a2c", {"ent_coef": "lin_0.5", "learning_rate": "lin_0.1"})
    agent = registry.make("a2c", make_batch("ludus/CartPole-v1", 8), values, 0)
    seen = []
    update = agent.policy.optimizer.step
    agent.policy.optimizer.step = lambda: (
        seen.append((agent.ent_coef, agent.policy.optimizer.param_groups[0]["lr"])),
        update(),
    )
    agent.learn(8 * 5 * 4)
    coefficients, rates = np.array(seen).T
    np.testing.assert_allclose(coefficients, 5.0 * rates)
    np.testing.assert_allclose(coefficients, [0.375, 0.25, 0.125, 0.0])


@pytest.mark.parametrize("kind", ["normal", "ornstein-uhlenbeck"])
def test_noise_on_actions_may_have_a_memory(kind):
    """An Ornstein-Uhlenbeck process, x = 0.9985 x + 0.1 std N(0, 1) each step, is as wide as its formula says."""
    values = registry.resolve("td3", {**TINY["td3"], "noise_std": 0.5, "noise_type": kind})
    noise = registry.make("td3", make_batch("ludus/Pendulum-v1", 2), values, 0).action_noise
    ends = []
    for _ in range(400):
        noise.reset()
        ends.append([noise() for _ in range(50)][-1].item())
    kept = 0.9985**2
    width = 0.5 if kind == "normal" else 0.5 * np.sqrt(0.01 * (1 - kept**50) / (1 - kept))
    assert np.std(ends) == pytest.approx(width, rel=0.1)


def test_sb3s_own_saving_is_refused():
    agent = registry.make("a2c", make_batch("ludus/CartPole-v1", 8), registry.resolve("a2c", {}), 0)
    with pytest.raises(TypeError, match="saved without pickle"):
        agent.save("agent")


def test_a_normaliser_must_be_where_it_was(tmp_path):
    folder = tmp_path / "run"
    Run.start(folder, config("ppo", normalize=True)).train()
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("normalize: true", "normalize: false"))
    with pytest.raises(ValueError, match="the checkpoint was made with normalize True, config.yaml says False"):
        Run.open(folder).agent()
    saved = load_latest(folder).tensors
    bare = registry.make("ppo", make_batch("ludus/CartPole-v1", 8), registry.resolve("ppo", TINY["ppo"]), 0)
    with pytest.raises(ValueError, match="was trained with normalisation, its configuration says normalize: False"):
        bare.load_network(saved)
    path.write_text(path.read_text().replace("  n_epochs: 4\n", ""))
    with pytest.raises(ValueError, match="it lacks the hyperparameter 'n_epochs'"):
        Run.open(folder)
