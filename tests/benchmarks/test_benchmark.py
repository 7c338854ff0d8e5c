"""The benchmark: turns and ratios on sides whose speed is known, the command on tiny sizes. No figure is asserted."""

import csv
import json
import os
import sys

import pytest

from ludus.benchmarks import learning, processes, slots, stepping
from ludus.benchmarks.envpool_side import MAKE_PEERS, EnvPool
from ludus.benchmarks.processes import first_step, memory
from ludus.benchmarks.race import Config, Side, race
from ludus.benchmarks.report import number
from ludus.benchmarks.sections import SECTIONS
from ludus.scripts.benchmark import main

TINY = ["--rounds", "2", "--seconds", "0.001"]


def scripted_side(name, seconds, turns):
    """A side whose calibration takes one second a step and whose rounds take ``seconds``; writes down its turns."""
    left = [1.0, 1.0, *seconds]

    def run(steps):
        turns.append(name)
        return left.pop(0)

    return Side(name, run, per_step=10)


def test_sides_take_turns_and_ratios_are_medians_of_the_rounds():
    turns = []
    ours = scripted_side("Ludus", [1.0, 2.0, 4.0], turns)
    theirs = scripted_side("peer", [2.0, 20.0, 12.0], turns)
    rows = race("work", 10, [ours, theirs], Config(rounds=3, seconds=4.0), "steps/s", "2 x")
    assert turns == ["Ludus", "Ludus", "peer", "peer", *["Ludus", "peer"] * 3]
    # Four steps of ten units make a turn of four seconds.
    assert [(row.side, row.lowest, row.value, row.highest) for row in rows] == [
        ("Ludus", 10.0, 20.0, 40.0),
        ("peer", 2.0, 40 / 12, 20.0),
    ]
    assert [(row.ratio, row.target) for row in rows] == [(None, "2 x"), (3.0, "")]  # of 2, 10 and 3


def test_calibration_doubles_until_a_turn_can_be_measured():
    side = Side("too quick for the clock at first", lambda steps: steps * 1e-3 if steps > 50 else 0.0)
    side.calibrate(1.0)
    assert side.steps == 1000


def test_command_prints_tables_and_writes_csv(tmp_path, capsys):
    out = tmp_path / "rows.csv"
    sections = "cartpole,snake,frames,single"
    missing = ["--peers", "--peers-python", str(tmp_path / "python")]
    assert main(["--only", sections, "--num-envs", "2,3", *missing, *TINY, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert MAKE_PEERS in " ".join(printed.split())
    assert "ludus/CartPole-v1, VectorEnv.step" in printed
    assert "processor" in printed
    with open(out, newline="") as stream:
        rows = list(csv.DictReader(stream))
    expected = [("cartpole", side, size) for size in "23" for side in ("Ludus", "Gymnasium")]
    expected += [(section, "Ludus", size) for section in ("snake", "frames", "frames") for size in "23"]
    expected += [("single", "Ludus", "1"), ("single", "Gymnasium", "1")]
    assert [(row["section"], row["side"], row["num_envs"]) for row in rows] == expected
    for row in rows:
        assert 0 < float(row["lowest"]) <= float(row["value"]) <= float(row["highest"])
        assert (row["ratio"] != "") == (row["side"] == "Gymnasium")
        assert row["cores"] == str(os.cpu_count())


def test_json_holds_machine_and_rows(tmp_path):
    out = tmp_path / "rows.json"
    main(["--only", "frames", "--num-envs", "2", *TINY, "--out", str(out)])
    result = json.loads(out.read_text())
    assert {"processor", "cores", "python", "numba"} <= set(result["machine"])
    assert [(row["unit"], row["rounds"]) for row in result["rows"]] == [("frames/s", 2)] * 2


FAKE_ENVPOOL = """
import types
__version__ = "0.0"
print("a library that writes to standard output")

class Env:
    action_space = types.SimpleNamespace(n=2)
    def reset(self): pass
    def step(self, actions): assert actions.shape == (4,) and actions.dtype == "int32"

def make(id, env_type, num_envs, num_threads):
    assert (id, env_type, num_envs) == ("CartPole-v1", "gymnasium", 4)
    return Env()
"""


def test_envpool_runs_in_a_process_of_its_own_with_every_number_of_threads(tmp_path, monkeypatch):
    (tmp_path / "envpool.py").write_text(FAKE_ENVPOOL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    pool = EnvPool(sys.executable)
    try:
        sides = pool.sides("CartPole-v1", 4)
        assert [side.name for side in sides] == [f"EnvPool 0.0, {n}" for n in ("1 thread", "2 threads", "3 threads")]
        assert all(0 < side.run(3) < 60 for side in sides)
    finally:
        pool.close()
    assert pool.process.returncode == 0


def test_interpreter_without_envpool_is_one_clear_error(tmp_path, monkeypatch):
    (tmp_path / "envpool.py").write_text("raise ModuleNotFoundError('no envpool here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"no envpool here; make its environment anew: python -m venv"):
        EnvPool(sys.executable)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "snakes"], "unknown section 'snakes'; did you mean 'snake'"),
        (["--only", ","], "names no section"),
        (["--num-envs", "8,x"], "whole numbers >= 1 separated by commas, got 'x'"),
        (["--num-envs", "0"], "got '0'"),
        (["--rounds", "0"], "rounds must be >= 1"),
        (["--seconds", "nan"], "seconds > 0"),
        (["--out", "rows.txt"], r"must end in .csv or .json, got 'rows.txt'"),
    ],
)
def test_bad_options_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        main(arguments)


def test_memory_grows_with_the_number_of_environments():
    few, _, many, most = memory(Config(rounds=1, num_envs=(64, 16384)))
    observation = 16384 * 12 * 12 * 5 / 2**20  # MiB
    assert few.value + observation < many.value <= most.value


@pytest.mark.slow
def test_first_step_without_a_cache_takes_longer():
    """Slow because it compiles from nothing; the factor is about four."""
    cold, warm = first_step(Config(rounds=1))
    assert cold.value > warm.value


def test_every_section_is_a_function_of_its_module():
    modules = {"stepping": stepping, "processes": processes, "slots": slots, "learning": learning}
    assert all(callable(getattr(modules[module], function)) for module, function in SECTIONS.values())


def test_every_section_is_named_in_the_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in SECTIONS)


def test_numbers_are_short():
    assert [number(x) for x in (0.61234, 84.87, 22745, 18.7e6)] == ["0.612", "84.9", "22.7 k", "18.7 M"]
