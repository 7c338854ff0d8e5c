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
from hopper_folder import FOLDER, write_folder
from ludus.envs.checks import verdicts
from ludus.envs.checks.trial import try_out
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import load
from ludus.envs.engine.third_party import admission, trust
from ludus.envs.engine.third_party.checked import Checked
from ludus.scripts import check

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


def made(file, **sizes):
    """What the file declares, as a batch of default parameters asks it."""
    module, simulation = file
    spans = {name: parameter.span for name, parameter in simulation.parameters.items()}
    return admission.declared(module, simulation, simulation.resolve_sizes(sizes, "it"), spans)


def needs_checks(file, **sizes):
    return trust.needs_checks(*file, made(file, **sizes))


def judge(file, **sizes):
    """Write the verdict that a trial in these sizes writes; where it lies."""
    with trust.with_checks() as tried:
        assert needs_checks(file, **sizes)
    trust.write_verdict(tried, file[0], {"seen": "all"})
    return next(iter(tried))


def test_our_own_files_need_no_checks_and_cost_none():
    for module, _ in ludus.ENVIRONMENTS.values():
        assert not needs_checks(load(module))
    batch = KernelBatch("ludus.envs.robotics.cartpole", 1)
    assert not batch._driver.checked
    assert not isinstance(batch._driver.drive, Checked)


def test_a_verdict_is_about_the_file_as_it_was(third_party_file, tmp_path):
    third_party_file("judged", SMALL)
    path = tmp_path / "judged_file.py"
    file = load("judged_file")
    assert needs_checks(file)
    verdict = judge(file)
    assert verdict.is_file()
    assert verdict.is_relative_to(tmp_path / "cache" / "ludus" / "verdicts")
    assert not needs_checks(file)
    assert not needs_checks(anew("judged_file"))
    path.write_text(SMALL.replace("terms[0] = 0.1", "terms[0] = 0.2"))
    assert needs_checks(anew("judged_file"))
    path.write_text(SMALL)
    assert not needs_checks(anew("judged_file"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("BOUND = 10.0", "BOUND = 9.0"),
        ("(3,), np.float32", "(2,), np.float32"),
        ("return 1.0 + height", "return 2.0 + height"),
    ],
    ids=["a number", "a space", "a kernel"],
)
def test_an_edit_of_another_file_makes_a_verdict_void(before, after, third_party_file, tmp_path):
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
    third_party_file("judged-too", text)
    (tmp_path / "elsewhere_of.py").write_text(elsewhere)
    judge(load("judged_too_file"))
    assert not needs_checks(load("judged_too_file"))
    assert elsewhere.count(before) == 1
    (tmp_path / "elsewhere_of.py").write_text(elsewhere.replace(before, after))
    sys.modules.pop("elsewhere_of")
    assert needs_checks(anew("judged_too_file"))
    sys.modules.pop("elsewhere_of")


TABLES = """import numpy as np
from pathlib import Path

from gymnasium import spaces
from ludus.envs.engine.simulation import Parameter

SIZE = {"observation": 3, "truth": 1}
BOUNDS = [10.0]
FIELDS = {"track": 4}
PARAMETERS = {"leap": Parameter(1.0, 0.5, 2.0, "m", "length of a hop")}
TERMS = ["alive", "height"]


def read():
    return np.array(Path(__file__).with_suffix(".txt").read_text().split(), float)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"observation": 3', '"observation": 4'),
        ("BOUNDS = [10.0]", "BOUNDS = [9.0]"),
        ('"track": 4', '"track": 3'),
        ("0.5, 2.0", "0.5, 200.0"),
        ('"height"]', '"depth"]'),
        ('"truth": 1', '"truth": 2'),
        ("data", "0 1 2 4"),
    ],
    ids=["shape", "bounds", "record", "parameter", "terms", "slot", "data file"],
)
def test_an_edit_of_what_is_declared_makes_a_verdict_void(before, after, third_party_file, tmp_path):
    """It comes out of dicts, lists and objects of a module without kernels, and out of a file of data."""
    text = HOPPER.replace("import math\n", "import math\nimport tables_of\n", 1)
    for old, new in {
        "spaces.Box(-10.0, 10.0, (3,)": 'spaces.Box(-10.0, tables_of.BOUNDS[0], (tables_of.SIZE["observation"],)',
        "np.linspace(0.0, 1.0, cells)": "tables_of.read()",
        '"track": ("f8", (cells,))': '"track": ("f8", (tables_of.FIELDS["track"],))',
        "parameters=PARAMETERS": "parameters=tables_of.PARAMETERS",
        '("alive", "height")': "tuple(tables_of.TERMS)",
        "truth=lambda cells: spaces.Box(-10.0, 10.0, (1,)": "truth=lambda cells: spaces.Box(-10.0, 10.0, "
        '(tables_of.SIZE["truth"],)',
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    third_party_file("declared", text)
    (tmp_path / "tables_of.py").write_text(TABLES)
    (tmp_path / "tables_of.txt").write_text("0 1 2 3")
    sys.modules.pop("tables_of", None)
    judge(load("declared_file"))
    assert not needs_checks(anew("declared_file"))
    if before == "data":
        (tmp_path / "tables_of.txt").write_text(after)
    else:
        assert TABLES.count(before) == 1
        (tmp_path / "tables_of.py").write_text(TABLES.replace(before, after))
    sys.modules.pop("tables_of")
    assert needs_checks(anew("declared_file"))
    sys.modules.pop("tables_of")


def test_a_verdict_about_an_environments_folder_is_about_all_of_its_files(tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_UNCHECKED", "0")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    write_folder(tmp_path / "judged_folder")

    def file():
        for name in [name for name in sys.modules if name.split(".")[0] == "judged_folder"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return load("judged_folder")

    verdict = judge(file())
    assert verdict.is_file()
    assert not needs_checks(file())
    for name, text in FOLDER.items():
        path = tmp_path / "judged_folder" / f"{name}.py"
        path.write_text(f"{text}\n# looked at again\n")
        assert needs_checks(file()), name
        path.write_text(text)
        assert not needs_checks(file()), name


def test_a_folder_is_called_by_its_name(tmp_path, monkeypatch, caplog):
    monkeypatch.syspath_prepend(tmp_path)
    write_folder(tmp_path / "called_folder")
    with caplog.at_level(logging.WARNING, "ludus"):
        trust.tell_once(*load("called_folder"), {})
    assert caplog.messages[0].startswith("ludus: called_folder/__init__.py is compiled with checks")


def test_a_verdict_is_about_the_sizes_that_were_played(third_party_file):
    third_party_file("sized", HOPPER)
    file = load("sized_file")
    judge(file)
    assert not needs_checks(file)
    assert needs_checks(file, cells=5)
    judge(file, cells=5)
    assert not needs_checks(file, cells=5)
    assert not needs_checks(file)


def test_what_is_said_of_other_sizes_names_them(third_party_file, caplog):
    third_party_file("other-sizes", HOPPER)
    with caplog.at_level(logging.WARNING, "ludus"):
        trust.tell_once(*load("other_sizes_file"), {"cells": 5})
    assert caplog.messages[0].endswith("after `ludus check ID --set cells=5` has passed it is not")


def test_only_the_variable_takes_the_checks_out_otherwise(third_party_file, monkeypatch):
    third_party_file("vouched", SMALL)
    file = load("vouched_file")
    for given, needed in (("", True), ("0", True), ("1", False)):
        monkeypatch.setenv("LUDUS_UNCHECKED", given)
        assert needs_checks(file) == needed
    monkeypatch.setenv("LUDUS_UNCHECKED", "yes")
    with pytest.raises(ValueError, match="LUDUS_UNCHECKED must be 1 or 0, got 'yes'"):
        needs_checks(file)


def test_checks_can_be_asked_for(third_party_file, monkeypatch):
    monkeypatch.setenv("LUDUS_UNCHECKED", "1")
    file = load("ludus.envs.robotics.cartpole")
    with trust.with_checks():
        assert needs_checks(file)
        with trust.with_checks():
            pass
        assert needs_checks(file)
    assert not needs_checks(file)


@pytest.mark.parametrize("quiet", [False, True])
def test_it_is_said_once_that_a_file_is_compiled_with_checks(quiet, third_party_file, caplog, monkeypatch):
    id = third_party_file(f"told-once-{quiet}", SMALL)
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


def test_checked_and_unchecked_code_play_the_same(third_party_file):
    """The checks only look: all bits of a play are those of the code without them."""
    third_party_file("the-same", SMALL)
    played = []
    for checks in (nullcontext(), trust.with_checks()):
        with checks:
            batch = KernelBatch("ludus.envs.games.snake", 4)
            batch.seed_from(1)
            for step in range(50):
                batch.step(np.full(4, step % 4))
                played.append(batch.snapshot())
    assert played[:50] == played[50:]


def test_check_passes_a_file_and_frees_it_of_its_checks(third_party_file, capsys):
    id = third_party_file("passes", SMALL)
    assert KernelBatch("passes_file", 1)._driver.checked
    from ludus.scripts.main import main

    assert main(["check", id]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "passes_file.py has passed with checks on (" in shown
    assert "it is compiled without them from now on, until it is edited" in shown
    assert not KernelBatch("passes_file", 1)._driver.checked


@pytest.fixture
def short(monkeypatch):
    """Trials of a step of the fuzzer, whatever is asked for."""
    monkeypatch.setattr(verdicts, "try_out", lambda file, limit, steps, *rest: try_out(file, limit, 1, *rest))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--fuzz", "1"), "--fuzz 1 is below 30000"),
        (("--steps", "200"), "--steps 200 is below 250"),
        (("--num-envs", "2"), "--num-envs 2 is below 3"),
        (("--profile", "gymnasium"), "--profile gymnasium asks for less than ludus"),
        (("--set", "leap=2"), "--set leap leaves out the default world"),
    ],
)
def test_a_check_that_sees_less_gives_no_verdict(options, why, third_party_file, capsys, short):
    id = third_party_file("narrowed", SMALL)
    assert check.main([id, *options]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("narrowed_file.py has passed with checks on (")
    assert line.endswith(f"; no verdict is given, and it is still compiled with checks: {why}")
    assert needs_checks(load("narrowed_file"))


def test_check_frees_sizes_that_are_set(third_party_file, short):
    text = HOPPER[: HOPPER.index("    slots={")] + ")\n"
    id = third_party_file("set-sizes", text.replace("Size(4, 2, 9,", "Size(4, 4, 7,"))
    assert check.main([id, "--set", "cells=6"]) == 0
    file = load("set_sizes_file")
    assert [cells for cells in range(4, 8) if needs_checks(file, cells=cells)] == [5]


FAULTS = {
    "mistake": ("    out[0] = 0\n", "    out[s.hops // 10] = 0\n", 2),  # of a policy, late in an episode
    "broken-invariant": ("if s.hops < 0:", "if s.hops == 5:", 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_check_frees_no_file_in_which_it_finds_something(name, third_party_file, capsys):
    before, after, status = FAULTS[name]
    assert SMALL.count(before) == 1
    text = SMALL.replace(before, after)
    id = third_party_file(f"fails-{name}", text)
    code, told = said(capsys, "check", id, "--fuzz", "8000")
    assert code == status
    if status == 2:
        line = 1 + text[: text.index("s.hops // 10")].count("\n")
        assert told.splitlines()[-1].startswith(
            f"ludus: fails_mistake_file.py:{line}: heuristic_back: index 1 is outside"
        )
    assert needs_checks(load(f"fails_{name.replace('-', '_')}_file"))


def test_commands_say_a_fault_in_one_line_and_go_on_with_checks(third_party_file, tmp_path):
    """As a person meets it: another process, a file of their own, `ludus evaluate`."""
    third_party_file("evaluated", SMALL)
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


def test_the_documents_example_is_right_and_says_what_it_says(third_party_file):
    page = (Path(__file__).parents[4] / "docs" / "third-party.md").read_text()
    text = page.partition("```python\n")[2].partition("ludus.register(")[0]  # which `third_party_file` does
    env = gymnasium.make(third_party_file("example", text), render_mode="rgb_array")
    env.reset(seed=0)
    env.step(1)
    assert env.render().any()
    told = page.partition("ludus: hopper.py:")[2].partition("\n")[0]
    third_party_file("hopper-of-docs", text.replace("terms[0]", "terms[1]"))
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
