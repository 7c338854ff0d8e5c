"""Which environment files are compiled without checks: our own, and somebody else's that `ludus check` has passed."""

import importlib
import logging
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import ludus
from commands_stage import said
from hopper import HOPPER
from ludus.envs.checks.trial import try_out
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import load
from ludus.envs.engine.third_party import trust
from ludus.envs.engine.third_party.checked import Checked

# Without slots and sizes, which need machine code of their own.
SMALL = HOPPER[: HOPPER.index("    slots={")] + ")\n"
SMALL = SMALL.replace('    sizes={"cells": Size(4, 2, 9, "cells of the track")},\n', "").replace(
    "(cells):", "(cells=4):"
)


def anew(name):
    """The module as another process imports it."""
    sys.modules.pop(name, None)
    importlib.invalidate_caches()
    return load(name)


def test_our_own_files_need_no_checks_and_cost_none():
    for module, _ in ludus.ENVIRONMENTS.values():
        assert not trust.needs_checks(*load(module))
    batch = KernelBatch("ludus.envs.robotics.cartpole", 1)
    assert not batch._driver.checked
    assert not isinstance(batch._driver.drive, Checked)


def test_a_verdict_is_about_the_file_as_it_was(foreign, tmp_path):
    foreign("judged", SMALL)
    path = tmp_path / "judged_file.py"
    module, simulation = load("judged_file")
    assert trust.needs_checks(module, simulation)
    verdict = trust.write_verdict(module, simulation, {"seen": "all"})
    assert verdict.is_relative_to(tmp_path / "cache" / "ludus" / "verdicts")
    assert not trust.needs_checks(module, simulation)
    assert not trust.needs_checks(*anew("judged_file"))
    path.write_text(SMALL.replace("terms[0] = 0.1", "terms[0] = 0.2"))
    assert trust.needs_checks(*anew("judged_file"))
    path.write_text(SMALL)
    assert not trust.needs_checks(*anew("judged_file"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("BOUND = 10.0", "BOUND = 9.0"),
        ("(3,), np.float32", "(2,), np.float32"),
        ("return 1.0 + height", "return 2.0 + height"),
    ],
    ids=["a number", "a space", "a kernel"],
)
def test_an_edit_of_another_file_makes_a_verdict_void(before, after, foreign, tmp_path):
    """The spaces, a helper and a number of the file stand elsewhere."""
    elsewhere = (
        "import numpy as np\nfrom gymnasium import spaces\nfrom ludus.envs.engine.kernels import kernel\n\n"
        "BOUND = 10.0\n\n\ndef make_spaces(cells=4):\n"
        "    return spaces.Box(-BOUND, BOUND, (3,), np.float32), spaces.Discrete(2)\n\n\n"
        "@kernel\ndef raised(height):\n    return 1.0 + height\n"
    )
    start, end = SMALL.index("def make_spaces"), SMALL.index("@kernel\ndef height_at")
    text = SMALL[:start] + "from elsewhere_of import make_spaces, raised\n\n\n" + SMALL[end:]
    text = text.replace("return world.heights[cell]", "return raised(world.heights[cell])")
    foreign("judged-too", text)
    (tmp_path / "elsewhere_of.py").write_text(elsewhere)
    trust.write_verdict(*load("judged_too_file"), {})
    assert not trust.needs_checks(*load("judged_too_file"))
    assert elsewhere.count(before) == 1
    (tmp_path / "elsewhere_of.py").write_text(elsewhere.replace(before, after))
    sys.modules.pop("elsewhere_of")
    assert trust.needs_checks(*anew("judged_too_file"))
    sys.modules.pop("elsewhere_of")


def test_only_the_variable_takes_the_checks_out_otherwise(foreign, monkeypatch):
    foreign("vouched", SMALL)
    file = load("vouched_file")
    for given, needed in (("", True), ("0", True), ("1", False)):
        monkeypatch.setenv("LUDUS_UNCHECKED", given)
        assert trust.needs_checks(*file) == needed
    monkeypatch.setenv("LUDUS_UNCHECKED", "yes")
    with pytest.raises(ValueError, match="LUDUS_UNCHECKED must be 1 or 0, got 'yes'"):
        trust.needs_checks(*file)


def test_checks_can_be_asked_for(foreign, monkeypatch):
    monkeypatch.setenv("LUDUS_UNCHECKED", "1")
    file = load("ludus.envs.robotics.cartpole")
    with trust.with_checks():
        assert trust.needs_checks(*file)
        with trust.with_checks():
            pass
        assert trust.needs_checks(*file)
    assert not trust.needs_checks(*file)


@pytest.mark.parametrize("quiet", [False, True])
def test_it_is_said_once_that_a_file_is_compiled_with_checks(quiet, foreign, caplog, monkeypatch):
    id = foreign(f"told-once-{quiet}", SMALL)
    if quiet:
        monkeypatch.setenv("LUDUS_UNCHECKED", "1")
    with caplog.at_level(logging.WARNING, "ludus"):
        for _ in range(2):
            gymnasium.make(id).close()
            gymnasium.make_vec(id, num_envs=2).close()
    expected = [
        f"ludus: told_once_{quiet}_file.py is compiled with checks, with which a step takes 2 to 10 times as long; "
        "after `ludus check ID` has passed it is not"
    ]
    assert [record.getMessage() for record in caplog.records] == ([] if quiet else expected)


def test_checked_and_unchecked_code_play_the_same(foreign):
    """The checks only look: all bits of a play are those of the code without them."""
    foreign("the-same", SMALL)
    played = []
    for checks in (nullcontext(), trust.with_checks()):
        with checks:
            batch = KernelBatch("ludus.envs.games.snake", 4)
            batch.seed_from(1)
            for step in range(50):
                batch.step(np.full(4, step % 4))
                played.append(batch.snapshot())
    assert played[:50] == played[50:]


def test_check_passes_a_file_and_frees_it_of_its_checks(foreign, capsys):
    id = foreign("passes", SMALL)
    assert KernelBatch("passes_file", 1)._driver.checked
    from ludus.scripts.main import main

    assert main(["check", id, "--fuzz", "2000"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "passes_file.py has passed with checks on (" in shown
    assert "it is compiled without them from now on, until it is edited" in shown
    assert not KernelBatch("passes_file", 1)._driver.checked


FAULTS = {
    "mistake": ("    out[0] = 0\n", "    out[s.hops // 10] = 0\n", 2),  # of a policy, late in an episode
    "broken-invariant": ("if s.hops < 0:", "if s.hops == 5:", 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_check_frees_no_file_in_which_it_finds_something(name, foreign, capsys):
    before, after, status = FAULTS[name]
    assert SMALL.count(before) == 1
    text = SMALL.replace(before, after)
    id = foreign(f"fails-{name}", text)
    code, told = said(capsys, "check", id, "--fuzz", "8000")
    assert code == status
    if status == 2:
        line = 1 + text[: text.index("s.hops // 10")].count("\n")
        assert told.splitlines()[-1].startswith(
            f"ludus: fails_mistake_file.py:{line}: heuristic_back: index 1 is outside"
        )
    assert trust.needs_checks(*load(f"fails_{name.replace('-', '_')}_file"))


def test_commands_say_a_fault_in_one_line_and_go_on_with_checks(foreign, tmp_path):
    """As a person meets it: another process, a file of their own, `ludus evaluate`."""
    foreign("evaluated", SMALL)
    text = SMALL.replace("    out[2] = s.track[0]\n", "    out[2 + s.hops // 10] = 0.0\n")
    (tmp_path / "evaluated_file.py").write_text(text)
    (tmp_path / "acme_of_tests.py").write_text("import ludus\n\nludus.register('acme/Late-v0', 'evaluated_file', 60)\n")
    command = [sys.executable, "-m", "ludus.scripts.main", "evaluate", "acme_of_tests:acme/Late-v0"]
    done = subprocess.run(
        [*command, "--policy", "random", "--episodes", "4"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "LUDUS_UNCHECKED": "0"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    line = 1 + text[: text.index("s.hops // 10")].count("\n")
    note, fault = done.stderr.splitlines()
    assert note.startswith("ludus: evaluated_file.py is compiled with checks")
    assert fault == (
        f"ludus: evaluated_file.py:{line}: observe: index 3 is outside `out[2 + s.hops // 10]`, "
        "which has 3 entries (0 … 2)"
    )
    assert done.returncode == 2


def test_the_documents_example_is_right_and_says_what_it_says(foreign):
    page = (Path(__file__).parents[1] / "docs" / "third-party.md").read_text()
    text = page.partition("```python\n")[2].partition("ludus.register(")[0]  # which `foreign` does
    env = gymnasium.make(foreign("example", text), render_mode="rgb_array")
    env.reset(seed=0)
    env.step(1)
    assert env.render().any()
    told = page.partition("ludus: hopper.py:")[2].partition("\n")[0]
    foreign("hopper-of-docs", text.replace("terms[0]", "terms[1]"))
    batch = KernelBatch("hopper_of_docs_file", 1)
    batch.seed_from(0)
    with pytest.raises(ValueError, match="hopper_of_docs_file") as raised:
        batch.step(np.array([1]))
    assert str(raised.value) == f"hopper_of_docs_file.py:{told}"


@pytest.mark.slow  # all kernels of all environments are compiled with checks, at several sizes: minutes
@pytest.mark.parametrize("id", ludus.ENVIRONMENTS)
def test_our_own_environments_stay_within_bounds(id):
    module, limit = ludus.ENVIRONMENTS[id]
    seen = try_out(module, limit, steps=5000)
    assert seen.steps >= 5000
    assert seen.frames > 0
    assert seen.fillings >= len(load(module)[1].slots)
