"""RL-Zoo: its commands train an agent on an id of ours, play it, and tune its hyperparameters with Optuna."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = Path(__file__).with_name("rl_zoo.yml")
COMMON = ["--algo", "ppo", "--env", "ludus/CartPole-v1", "--gym-packages", "ludus", "--device", "cpu"]


def rl_zoo(folder, command, *arguments):
    """What ``python -m rl_zoo3.COMMAND`` prints."""
    result = subprocess.run(
        [sys.executable, "-m", f"rl_zoo3.{command}", *COMMON, *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    return result.stdout


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """The folder that a training has left."""
    folder = tmp_path_factory.mktemp("rl_zoo")
    train = ("--conf-file", str(CONFIG), "--seed", "1", "--eval-freq", "-1", "--verbose", "0")
    rl_zoo(folder, "train", *train, "--log-folder", "logs")
    return folder / "logs"


def test_enjoy_plays_what_train_has_learned(logs):
    enjoy = ("--folder", str(logs), "--no-render", "--n-timesteps", "3000", "--seed", "5")
    said = rl_zoo(logs.parent, "enjoy", *enjoy)
    assert (logs / "ppo" / "ludus-CartPole-v1_1" / "ludus-CartPole-v1.zip").exists()
    mean = float(re.search(r"^Mean reward: ([\d.]+)", said, re.MULTILINE)[1])
    length = float(re.search(r"^Mean episode length: ([\d.]+)", said, re.MULTILINE)[1])
    assert mean == length > 150  # a reward of 1 a step; random play earns 22


def test_optuna_tunes_through_rl_zoo(tmp_path):
    tune = ("--conf-file", str(CONFIG), "--seed", "1", "--n-timesteps", "1000", "--optimize-hyperparameters")
    trials = ("--n-trials", "2", "--n-jobs", "1", "--sampler", "random", "--pruner", "none", "--n-evaluations", "1")
    rl_zoo(tmp_path, "train", *tune, *trials, "--no-optim-plots", "--log-folder", "logs", "--verbose", "0")
    (report,) = (tmp_path / "logs" / "ppo").glob("report_*.csv")
    header, *rows = report.read_text().splitlines()
    assert len(rows) == 2
    column = header.split(",").index("value")
    assert all(9 <= float(row.split(",")[column]) <= 500 for row in rows)
