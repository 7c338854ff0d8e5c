"""What a training tells: its pace and progress, how it goes on, and what can be done with its run."""

import io
import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from commands_stage import TINY, said
from ludus.agents.runs import callback
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.scripts import train as train_script
from ludus.scripts.main import main
from ludus.scripts.support import progress as progress_script
from ludus.scripts.support.progress import Told
from ludus.training import progress


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_run_that_is_stopped_says_how_it_goes_on(capsys, tmp_path, monkeypatch, name, status):
    folder = tmp_path / "my run"
    Run.start(folder, configure("ludus/CartPole-v1", hyperparameters=TINY, steps=2048))

    def stop(run, show):
        raise callback.Interrupted(name)

    monkeypatch.setattr(Run, "train", stop)
    assert main(["train", "--resume", str(folder)]) == status
    shown = capsys.readouterr().out.strip().splitlines()
    assert f"Stopped by {name}; everything is saved. Go on with:" in shown
    assert shlex.split(shown[-1]) == ["ludus", "train", "--resume", str(folder)]


def test_the_end_of_a_training_tells_commands_that_can_be_pasted(capsys, run_folder, tmp_path):
    folder = tmp_path / "my run"
    shutil.copytree(run_folder, folder)
    assert main(["train", "--resume", str(folder)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    watch, _, curves = last.removeprefix("See it play: ").partition("    Curves: ")
    assert shlex.split(watch) == ["ludus", "watch", str(folder)]
    assert shlex.split(curves) == ["tensorboard", "--logdir", str(folder)]
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--run", folder)
    assert (code, f"continue it with --resume {shlex.quote(str(folder))}," in error) == (1, True)


def test_steps_that_do_not_fill_a_rollout_are_rounded_up_and_it_is_said(capsys, tmp_path):
    arguments = ["train", "ludus/CartPole-v1", "--agent-set", "rollout_steps=8", "--agent-set", "minibatches=1"]
    arguments += ["--num-envs", "4", "--evaluate-every", "0", "--set", "max_episode_steps=5"]
    assert main([*arguments, "--steps", "40", "--run", str(tmp_path / "a")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Note: a rollout is 32 steps, so it trains for 64 instead of 40." in said
    assert Run.open(tmp_path / "a").agent().num_timesteps == 64
    assert main([*arguments, "--steps", "64", "--run", str(tmp_path / "b")]) == 0
    assert "rollout" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("agent", "given", "expected"),
    [
        ("ppo", {}, 8 * 2048),
        ("a2c", {}, 8 * 5),
        ("dqn", {}, 8 * 4),
        ("tabular", {"rollout_steps": 3, "num_envs": 2}, 6),
    ],
)
def test_how_many_steps_a_rollout_is(agent, given, expected):
    config = configure("FrozenLake-v1", agent, given)
    assert config.rollout == expected


def test_the_pace_of_a_training_counts_neither_evaluations_nor_their_pictures(tmp_path, monkeypatch):
    now = [0.0]

    def clock():
        now[0] += 0.001
        return now[0]

    def draw(batch, *_):
        batch.close()
        now[0] += 1000.0

    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(callback, "rollout_gif", draw)
    seen = []
    config = configure("ludus/CartPole-v1", hyperparameters=TINY, steps=256, evaluate_every=64, evaluation_episodes=4)
    Run.start(tmp_path / "run", config).train(seen.append)
    assert seen[-1].done == 256
    assert seen[-1].speed > 256 / 1000.0


def test_the_progress_fits_a_narrow_terminal():
    from ludus.agents.evaluation import Evaluation

    result = Evaluation(np.array([0.574]), np.array([3.0]), np.array([1.0]), {})
    told = callback.RunProgress(1_000_000, 2_000_000, 164_000.0, 0.571, result)
    assert str(told) == "1,000,000 steps · 164,000/s · return 0.57 · greedy 0.57"
    file = io.StringIO()
    console = Console(file=file, width=80)

    class Finished:
        config, notes, folder, again = configure("ludus/CartPole-v1"), [], Path("runs/a"), "ludus train"

        def train(self, show):
            show(callback.RunProgress(1_000_000, 1_000_000, 164_000.0, 123.4, result, 0.5))
            return result

    assert train_script.train(Finished(), console) == 0
    assert "100 %  1,000,000 steps · return 123.4 · greedy 0.57 · evaluating 50%" in file.getvalue().splitlines()[0]


def test_train_evaluate_and_watch_a_run(capsys, run_folder, tmp_path):
    assert main(["evaluate", str(run_folder), "--episodes", "8"]) == 0
    shown = capsys.readouterr().out
    assert "95 % interval" in shown
    assert "pqn after 2,048" in shown
    video = tmp_path / "rollout.mp4"
    assert main(["watch", str(run_folder), "--record", str(video), "--steps", "20"]) == 0
    assert video.stat().st_size > 1000
    assert (
        main(
            ["watch", "ludus/Snake-v1", "--policy", "heuristic", "--record", str(video), "--steps", "5", "--envs", "4"]
        )
        == 0
    )


def test_tensorboard_has_every_curve(run_folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run_folder))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert tags >= {
        "rollout/return", "rollout/length", "reward/upright", "time/fps", "train/epsilon", "train/loss", "train/q_mean",
        "evaluation/return", "evaluation/normalised",
    }  # fmt: skip
    assert events.Tags()["images"] == ["rollout/greedy"]
    image = events.Images("rollout/greedy")[0].encoded_image_string
    assert image[:6] in (b"GIF87a", b"GIF89a")


def test_the_progress_says_that_an_evaluation_is_under_way(run_folder, tmp_path):
    seen = []
    config = configure("ludus/CartPole-v1", seed=0, steps=256, environment={"max_episode_steps": 20})
    Run.start(tmp_path / "run", config).train(seen.append)
    shares = [told.evaluating for told in seen if told.evaluating is not None]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    told = callback.RunProgress(256, 256, 10.0, None, None, 0.5)
    assert str(told).endswith("evaluating 50%")


def test_the_time_that_is_left_is_told_where_there_is_room(monkeypatch):
    task = SimpleNamespace(percentage=34.0, fields={"figures": "20,480 steps"}, time_remaining=3900, finished=False)
    assert str(Told(80).render(task)) == " 34 %  20,480 steps · 1 h 05 min left"
    assert str(Told(30).render(task)) == " 34 %  20,480 steps"
    for change in ({"time_remaining": None}, {"time_remaining": 0}, {"finished": True}):
        assert str(Told(80).render(SimpleNamespace(**{**vars(task), **change}))) == " 34 %  20,480 steps"


def test_what_a_resumed_training_has_done_is_no_pace():
    """Else the first report would say that half of it took no time, and so the rest."""
    file, now = io.StringIO(), [0.0]
    console = Console(file=file, width=80, get_time=lambda: now[0])
    left = []

    class Resumed:
        notes, again = [], "ludus train"

        def train(self, show):
            for done in (1_000_000, 1_000_100, 1_000_200):
                show(callback.RunProgress(done, 2_000_000, 10.0, None, None))
                now[0] += 10.0

    class Watched(Told):
        def render(self, task):
            left.append(task.time_remaining)
            return super().render(task)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress_script, "Told", Watched)
        progress_script.train_with_bar(Resumed(), "x", console)
    assert min(seconds for seconds in left if seconds) > 50_000  # 10 steps a second


@pytest.mark.parametrize("typed", [["0", "1", "2"], ["0,", "1,", "2"]])
@pytest.mark.parametrize("place", [0, 1])
def test_seeds_with_spaces_are_told_with_commas(typed, place, capsys):
    line = [["--seed", *typed], ["ludus/CartPole-v1"]]
    with pytest.raises(SystemExit, match="2"):
        main(["train", *line[place], *line[1 - place], "--steps", "10"])
    error = capsys.readouterr().err
    assert "several seeds have commas between them, no spaces: --seed 0,1,2, got" in error
    assert error.count("\n") == 1
