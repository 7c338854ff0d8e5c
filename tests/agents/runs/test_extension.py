"""A run's end can be moved, or come early, and what it was at its best stays."""

import pytest

from commands_stage import said
from curves import curve
from ludus.agents.runs.callback import Interrupted, load_checkpoint, load_latest
from ludus.agents.runs.config import configure, read_config
from ludus.agents.runs.extension import extend, schedule_notes, scheduled
from ludus.agents.runs.player import find_player
from ludus.agents.runs.run import Run
from ludus.training import checkpoint, folders
from stopping import stop_at

SMALL = {"num_envs": 4, "rollout_steps": 8, "minibatches": 1, "hidden": [8]}


def begin(folder, **keywords):
    given = {"steps": 256, "evaluate_every": 64, "evaluation_episodes": 4, "checkpoint_seconds": 1e9, **keywords}
    return Run.start(folder, configure("ludus/CartPole-v1", hyperparameters=SMALL, **given))


def evaluations(folder):
    header, *rows = (folder / "evaluations.csv").read_text().splitlines()
    names = header.split(",")
    return [{name: float(value) for name, value in zip(names, row.split(","), strict=True)} for row in rows]


def test_a_run_goes_on_to_more_steps(tmp_path):
    begin(tmp_path / "run").train()
    before = curve(tmp_path / "run")
    run = extend(Run.open(tmp_path / "run"), 512, None)
    assert run.notes[0] == "it goes on from 256 steps to 512, not to 256"
    run.train()
    config = read_config(tmp_path / "run")
    assert (config.steps, config.extended) == (512, {"256": 256})
    assert load_latest(tmp_path / "run").steps == 512
    after = curve(tmp_path / "run")
    assert [event for event in after if event[1] <= 256] == before  # nothing of what was is touched
    assert [row["steps"] for row in evaluations(tmp_path / "run")] == [64 * k for k in range(1, 9)]


def test_every_extension_is_remembered(tmp_path):
    begin(tmp_path / "run").train()
    extend(Run.open(tmp_path / "run"), 320, None).train()
    extend(Run.open(tmp_path / "run"), 384, None)
    assert read_config(tmp_path / "run").extended == {"256": 256, "320": 320}


def test_a_run_that_another_process_trains_is_left_alone(tmp_path):
    run = begin(tmp_path / "run")
    with (
        folders.held(tmp_path / "run" / "config.yaml", "--run"),
        pytest.raises(ValueError, match="another process"),
    ):
        extend(run, 512, None)
    assert read_config(tmp_path / "run").steps == 256


def test_an_extended_run_is_the_same_however_often_it_is_stopped(tmp_path):
    for name in ("whole", "stopped"):
        begin(tmp_path / name).train()
        extend(Run.open(tmp_path / name), 512, None)
    Run.open(tmp_path / "whole").train()
    for steps in (320, 448):
        with pytest.raises(Interrupted):
            Run.open(tmp_path / "stopped").train(stop_at(steps))
    Run.open(tmp_path / "stopped").train()
    one, other = (load_latest(tmp_path / name) for name in ("whole", "stopped"))
    assert one.parts == other.parts
    assert {key: value.tolist() for key, value in one.tensors.items()} == {
        key: value.tolist() for key, value in other.tensors.items()
    }


def test_fewer_steps_than_are_done_are_refused(tmp_path, capsys):
    begin(tmp_path / "run").train()
    code, error = said(capsys, "train", "--resume", tmp_path / "run", "--steps", "1e2")
    assert (code, error.count("\n")) == (1, 1)
    assert "has 256 steps already, expected --steps above that, got 100" in error
    assert read_config(tmp_path / "run").steps == 256


def test_the_versions_with_which_it_began_stay(tmp_path):
    begin(tmp_path / "run").train()
    path = tmp_path / "run" / "config.yaml"
    lines = ["  numpy: 1.2.3" if line.startswith("  numpy:") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    extend(Run.open(tmp_path / "run"), 512, None)
    assert "  numpy: 1.2.3" in path.read_text()


def test_what_schedules_do_is_said_in_numbers():
    own = {"learning_rate": 0.002, "learning_rate_end": 0.5, "epsilon_start": 1.0, "epsilon_end": 0.0}
    own["epsilon_fraction"] = 0.5
    assert scheduled(own, 0.25) == {"learning_rate": 0.00175, "epsilon": 0.5}
    (note,) = schedule_notes(own, 100, 100, 400)
    assert "over all 400 steps, which moves learning_rate from 0.001 to 0.00175 and epsilon from 0 to 0.5:" in note
    sb3 = {"learning_rate": "lin_0.01", "clip_range": 0.2, "exploration_fraction": 0.5}
    sb3 |= {"exploration_initial_eps": 1.0, "exploration_final_eps": 0.0}
    assert scheduled(sb3, 0.5) == {"learning_rate": 0.005, "epsilon": 0.0}
    assert schedule_notes({"learning_rate": 0.1}, 100, 100, 400) == []


def test_it_ends_at_the_first_evaluation_that_is_good_enough(tmp_path):
    begin(tmp_path / "whole").train()
    returns = [row["return"] for row in evaluations(tmp_path / "whole")]
    until = sorted(returns)[1]
    first = next(index for index, value in enumerate(returns) if value >= until)
    begin(tmp_path / "run", until=until).train()
    assert evaluations(tmp_path / "run") == evaluations(tmp_path / "whole")[: first + 1]
    assert load_latest(tmp_path / "run").steps == 64 * (first + 1)
    assert read_config(tmp_path / "run").until == until
    again = Run.open(tmp_path / "run")
    assert again.train().mean == returns[first]
    assert again.notes == [f"{tmp_path / 'run'} has had a mean return of {until:g} already; nothing was added"]
    assert evaluations(tmp_path / "run") == evaluations(tmp_path / "whole")[: first + 1]
    extend(Run.open(tmp_path / "run"), None, 1e9).train()
    assert evaluations(tmp_path / "run") == evaluations(tmp_path / "whole")  # as if it had never stopped


def test_a_damaged_newer_checkpoint_is_named_beside_the_best(tmp_path):
    begin(tmp_path / "run").train()
    newest = checkpoint.list_checkpoints(tmp_path / "run" / "checkpoints")[0]
    saved = load_latest(tmp_path / "run")
    state = {**saved.state, "run": {**saved.state["run"], "best_at": 256}}
    checkpoint.save(tmp_path / "run" / "checkpoints", 300, saved.tensors, state, saved.parts)
    (tmp_path / "run" / "checkpoints" / f"{300:012d}" / "weights.safetensors").write_bytes(b"")
    found = load_checkpoint(tmp_path / "run", "best")
    assert newest.name == f"{256:012d}"
    assert (found.steps, len(found.problems)) == (saved.state["run"]["best_at"], 1)
    assert f"{300:012d}" in found.problems[0]


def test_what_never_comes_does_not_end_it(tmp_path):
    begin(tmp_path / "run", until=1e9).train()
    assert load_latest(tmp_path / "run").steps == 256
    with pytest.raises(ValueError, match="until must be a finite number, got inf"):
        configure("ludus/CartPole-v1", until=float("inf"))
    with pytest.raises(ValueError, match="judged by the evaluations on the way, and evaluate_every is 0"):
        configure("ludus/CartPole-v1", evaluate_every=0, until=3.0)


def test_the_best_checkpoint_stays_beside_the_last_three(tmp_path):
    run = begin(tmp_path / "run", steps=1024, checkpoint_seconds=0.0)
    run.train()
    rows = evaluations(tmp_path / "run")
    best = int(max(rows, key=lambda row: (row["return"], -row["steps"]))["steps"])
    kept = [int(path.name) for path in checkpoint.list_checkpoints(tmp_path / "run" / "checkpoints")]
    assert kept[:3] == [1024, 992, 960]
    assert set(kept) == {1024, 992, 960, best}
    assert load_checkpoint(tmp_path / "run", "best").steps == best
    assert Run.open(tmp_path / "run").agent("best").num_timesteps == best
    player = find_player(str(tmp_path / "run"), None, 0, {}, "best")
    assert player.name == f"pqn after {best:,} steps"
    assert load_checkpoint(tmp_path / "run", "992").steps == 992
    with pytest.raises(FileNotFoundError, match=r"no checkpoint of 7 steps in .*, there is .*1,024"):
        load_checkpoint(tmp_path / "run", "7")
    with pytest.raises(ValueError, match="a checkpoint is last, best or a number of steps, got 'worst'"):
        load_checkpoint(tmp_path / "run", "worst")


def test_a_run_of_before_has_no_best_checkpoint(tmp_path):
    begin(tmp_path / "run", evaluate_every=0, steps=64)
    run = Run.open(tmp_path / "run")
    run.train()
    for path in checkpoint.list_checkpoints(tmp_path / "run" / "checkpoints"):
        saved = load_checkpoint(tmp_path / "run", str(int(path.name)))
        del saved.state["run"]["best_at"]
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
        checkpoint.save(path.parent, saved.steps, saved.tensors, saved.state, saved.parts)
    with pytest.raises(ValueError, match="has no best checkpoint: it was not evaluated yet, or by a version"):
        load_checkpoint(tmp_path / "run", "best")
    assert Run.open(tmp_path / "run").agent().num_timesteps == 64


def test_the_best_is_evaluated_from_the_command_line(tmp_path, capsys):
    begin(tmp_path / "run").train()
    assert said(capsys, "evaluate", tmp_path / "run", "--episodes", "2", "--checkpoint", "best") == (0, "")
    code, error = said(capsys, "evaluate", tmp_path / "run", "--checkpoint", "12")
    assert (code, error.count("\n"), "no checkpoint of 12 steps" in error) == (1, 1, True)
    code, error = said(capsys, "evaluate", "ludus/CartPole-v1", "--policy", "random", "--checkpoint", "best")
    assert (code, "--checkpoint is of a run" in error) == (1, True)


def test_a_run_that_has_had_its_return_is_not_changed_by_more_steps(tmp_path, capsys):
    begin(tmp_path / "run", until=0.5).train()
    before = (tmp_path / "run" / "config.yaml").read_bytes()
    for more in (["--steps", "512"], ["--until", "0.25"]):
        code, error = said(capsys, "train", "--resume", tmp_path / "run", *more)
        assert (code, error.count("\n")) == (1, 1)
        assert "run ends at a return of 0." in error
        assert "give a higher --until" in error
        assert (tmp_path / "run" / "config.yaml").read_bytes() == before
    assert said(capsys, "train", "--resume", tmp_path / "run", "--steps", "512", "--until", "1e9") == (0, "")
    assert load_latest(tmp_path / "run").steps == 512
