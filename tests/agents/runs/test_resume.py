"""A run that is killed at any moment goes on as if nothing had happened: same bits, same curve."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from curves import curve
from ludus.agents import evaluation
from ludus.agents.runs import callback
from ludus.agents.runs.callback import Interrupted, load_latest
from ludus.agents.runs.config import LATER, changes, configure, what_decides
from ludus.agents.runs.run import Run
from ludus.training import checkpoint

SMALL = {"num_envs": 16, "rollout_steps": 16, "minibatches": 2, "epochs": 2, "hidden": [32]}
CONFIGS = {
    "cartpole": {
        "env": "ludus/CartPole-v1",
        "steps": 30_000,
        "evaluate_every": 5_000,
        "environment": {"randomize": {"gravity": [8.0, 12.0]}, "drift": {"force": {"to": -10.0, "at": 900}}},
        "hyperparameters": {**SMALL, "reheat_height": 0.5, "epsilon_repeat": 30},
    },
    "snake": {
        "env": "ludus/Snake-v1",
        "steps": 20_000,
        "evaluate_every": 4_000,
        "environment": {"size": 5, "max_episode_steps": 60},
        "hyperparameters": {**SMALL, "conv": [[8, 3, 1]], "center": 1, "view_radius": 4, "input_scale": [1.0] * 6},
    },
    "ppo": {
        "env": "ludus/CartPole-v1",
        "agent": "ppo",
        "steps": 12_000,
        "evaluate_every": 3_000,
        "environment": {"randomize": {"gravity": [8.0, 12.0]}},
        "curriculum": {"pole_mass": {"begin": 0.3, "at": 0.25, "over": 0.5}},
        "hyperparameters": {"num_envs": 8, "n_steps": 32, "batch_size": 64, "n_epochs": 4, "normalize": True}
        | {"learning_rate": "lin_0.001", "clip_range": "lin_0.2", "ent_coef": "lin_0.01"},
    },
    "a2c": {
        "env": "ludus/Snake-v1",
        "agent": "a2c",
        "steps": 12_000,
        "evaluate_every": 3_000,
        "environment": {"size": 5, "max_episode_steps": 60},
        "hyperparameters": {"num_envs": 8, "policy_kwargs": {"net_arch": [16]}},
    },
    "tabular": {  # double Q: the coins of exploration, and those that choose a table
        "env": "ludus/CartPole-v1",
        "agent": "tabular",
        "steps": 400_000,
        "evaluate_every": 50_000,
        "environment": {"randomize": {"gravity": [8.0, 12.0]}},
        "hyperparameters": {"method": "double-q", "rollout_steps": 64, "reheat_height": 0.5, "epsilon_repeat": 30},
    },
}


class Trainer:
    """Runs trainings in processes that can be killed, without paying for the imports each time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parents[2] / "support" / "killable.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def train(self, folder: Path, config: dict, kill_after: float | None = None, with_signal=signal.SIGKILL) -> int:
        """The exit status of a training in ``folder``, killed after so many seconds if it still runs then."""
        order = {"folder": str(folder), "config": {"checkpoint_seconds": 0.1, **config, "evaluation_episodes": 8}}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            if with_signal != signal.SIGKILL:  # a polite signal is answered once the training is under way
                deadline = time.monotonic() + 120
                while not checkpoint.list_checkpoints(folder / "checkpoints"):
                    assert time.monotonic() < deadline, "the training does not begin"
                    time.sleep(0.05)
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):  # it has ended already
                os.kill(child, with_signal)
        return os.waitstatus_to_exitcode(int(self.process.stdout.readline()))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def trainer():
    trainer = Trainer()
    yield trainer
    trainer.close()


def final_bytes(folder: Path) -> bytes:
    newest = checkpoint.list_checkpoints(folder / "checkpoints")[0]
    return b"".join((newest / name).read_bytes() for name in ("weights.safetensors", "batch.bin"))


def kill_and_compare(trainer: Trainer, tmp_path: Path, name: str, kills: int, **changes) -> int:
    """Kill a run up to ``kills`` times and compare its end with that of a run left alone; how often it was killed."""
    config, moments = {**CONFIGS[name], **changes}, random.Random(f"{name} {kills}")
    began = time.monotonic()
    assert trainer.train(tmp_path / "whole", config) == 0
    seconds = time.monotonic() - began
    killed = 0
    while killed < kills:
        status = trainer.train(tmp_path / "killed", config, moments.uniform(0.0, max(seconds / 4, 0.3)))
        assert status in (0, -signal.SIGKILL)
        if status == 0:
            break
        killed += 1
    assert killed >= min(kills, 2), "the run ended before it could be killed twice; make it longer"
    assert trainer.train(tmp_path / "killed", config) == 0
    assert final_bytes(tmp_path / "killed") == final_bytes(tmp_path / "whole")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
    lines = [(tmp_path / part / "evaluations.csv").read_text() for part in ("killed", "whole")]
    assert lines[0] == lines[1]
    steps = [step for tag, step, _ in curve(tmp_path / "killed") if tag == "evaluation/return"]
    assert len(steps) == len(set(steps)) >= 4
    return killed


@pytest.mark.parametrize("name", CONFIGS)
def test_a_killed_run_ends_with_the_same_bits_and_the_same_curve(trainer, tmp_path, name):
    kill_and_compare(trainer, tmp_path, name, kills=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_twenty_kills_at_random_moments(trainer, tmp_path, name):
    """A hundred over the five; checkpoints follow each other without a pause, so that many a kill falls into one."""
    killed = 0
    while killed < 20:
        folder = tmp_path / f"after-{killed}"
        folder.mkdir()
        killed += kill_and_compare(trainer, folder, name, kills=20 - killed, checkpoint_seconds=0.0)


def test_the_comparison_sees_a_run_that_is_another(trainer, tmp_path):
    config = {**CONFIGS["snake"], "steps": 4_000}
    assert trainer.train(tmp_path / "one", config) == 0
    assert trainer.train(tmp_path / "two", {**config, "seed": 1}) == 0
    assert final_bytes(tmp_path / "one") != final_bytes(tmp_path / "two")
    assert curve(tmp_path / "one") != curve(tmp_path / "two")


def test_resuming_a_finished_run_adds_nothing(trainer, tmp_path):
    config = {**CONFIGS["cartpole"], "steps": 4_000}
    assert trainer.train(tmp_path, config) == 0
    before = curve(tmp_path), (tmp_path / "evaluations.csv").read_text(), final_bytes(tmp_path)
    assert trainer.train(tmp_path, config) == 0
    assert before == (curve(tmp_path), (tmp_path / "evaluations.csv").read_text(), final_bytes(tmp_path))


def test_a_replay_buffer_outlives_kills_in_the_middle_of_a_training(trainer, tmp_path):
    values = {"num_envs": 4, "buffer_size": 40, "learning_starts": 10**9, "policy_kwargs": {"net_arch": [8]}}
    config = {"env": "ludus/CartPole-v1", "agent": "dqn", "steps": 10**9, "evaluate_every": 0}
    trainer.train(tmp_path, {**config, "hyperparameters": values}, 0.0, signal.SIGINT)  # once there is a checkpoint
    for _ in range(4):
        assert trainer.train(tmp_path, {}, 0.7) == -signal.SIGKILL
    saved = load_latest(tmp_path)
    agent, batch = Run.open(tmp_path).make_agent()
    agent.load(saved.tensors, saved.state["agent"])
    assert agent.keep_replay(tmp_path / "replay")
    assert saved.steps > 40  # it has gone round, so that newer rows have taken the place of others
    assert agent.replay_buffer.full
    batch.close()


def test_a_start_that_was_killed_while_it_wrote_its_configuration_can_be_made_again(tmp_path):
    (tmp_path / ".config.yaml.4711.tmp").write_bytes(b"format: 1\nenv: lud")
    Run.start(tmp_path, configure("ludus/Snake-v1", steps=1000))
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
    (tmp_path / "config.yaml").rename(tmp_path / "notes.txt")
    with pytest.raises(ValueError, match="exists and is not empty"):
        Run.start(tmp_path, configure("ludus/Snake-v1", steps=1000))


def test_two_processes_cannot_train_one_run(tmp_path):
    import fcntl

    config = configure(**{**CONFIGS["cartpole"], "steps": 1_000})
    run = Run.start(tmp_path / "run", config)
    with open(tmp_path / "run" / "config.yaml") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="is being trained by another process"):
            run.train()


def test_ctrl_c_saves_and_the_run_goes_on_from_there(trainer, tmp_path):
    folder, config = tmp_path / "run", {**CONFIGS["cartpole"], "steps": 2_000_000}
    assert trainer.train(folder, config, kill_after=0.3, with_signal=signal.SIGINT) == 130
    stopped = load_latest(folder).steps
    assert stopped > 0
    text = (folder / "config.yaml").read_text().replace("steps: 2000000", f"steps: {stopped + 512}")
    (folder / "config.yaml").write_text(text)
    assert trainer.train(folder, config) == 0
    assert load_latest(folder).steps >= stopped + 512


@pytest.mark.parametrize("nth", [1, 3], ids=["in the middle", "the last"])
def test_ctrl_c_leaves_an_evaluation_at_once_and_it_is_made_anew(tmp_path, monkeypatch, nth):
    config = configure(**{**CONFIGS["cartpole"], "steps": 12_288}, evaluation_episodes=8)
    Run.start(tmp_path / "whole", config).train()
    finished = []

    def evaluate(*arguments):
        finished.append(False)
        if len(finished) == nth:
            os.kill(os.getpid(), signal.SIGINT)
        result = evaluation.evaluate(*arguments)
        finished[-1] = True
        return result

    monkeypatch.setattr(callback, "evaluate", evaluate)
    with pytest.raises(Interrupted):
        Run.start(tmp_path / "run", config).train()
    assert not finished[nth - 1]
    Run.open(tmp_path / "run").train()
    assert curve(tmp_path / "run") == curve(tmp_path / "whole")
    assert final_bytes(tmp_path / "run") == final_bytes(tmp_path / "whole")


def test_a_damaged_checkpoint_is_passed_over_and_said(tmp_path):
    config = configure(**{**CONFIGS["cartpole"], "steps": 4_000}, checkpoint_seconds=0.0, evaluation_episodes=8)
    Run.start(tmp_path, config).train()
    newest, before = checkpoint.list_checkpoints(tmp_path / "checkpoints")[:2]
    data = bytearray((newest / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    (newest / "weights.safetensors").write_bytes(data)
    run = Run.open(tmp_path)
    assert run.agent().num_timesteps == int(before.name)
    assert run.notes == [
        f"checkpoint {newest.name} passed over: weights.safetensors is damaged (its SHA-256 does not match)"
    ]


def test_config_of_a_run_says_all_that_decides_it(tmp_path):
    config = configure("ludus/Snake-v1", seed=3, environment={"size": 6}, steps=1000)
    Run.start(tmp_path / "run", config)
    content = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert content["format"] == 2
    assert content["environment"] == {"size": 6}
    assert content["hyperparameters"]["gamma"] == config.hyperparameters["gamma"]
    assert set(content["versions"]) >= {"torch", "numpy", "python", "gymnasium"}
    assert Run.open(tmp_path / "run").config.seed == 3


@pytest.mark.parametrize("agent", ["pqn", "ppo", "tabular"])
def test_hyperparameters_that_are_younger_than_a_checkpoint_were_not_changed(agent):
    config = configure("ludus/CartPole-v1", agent)
    saved = {key: value for key, value in what_decides(config).items() if key not in LATER}
    assert changes(saved, config) == {}


def test_a_younger_hyperparameter_that_was_set_since_is_a_change():
    config = configure("ludus/CartPole-v1", "pqn", {"conv_norm": True})
    saved = {key: value for key, value in what_decides(config).items() if key not in LATER}
    assert changes(saved, config) == {"conv_norm": "conv_norm False, config.yaml says True"}
