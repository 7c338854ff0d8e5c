"""Mutants of a tiny environment: where they are found, and what its tests say to each."""

import ast
import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from hopper_folder import FOLDER, write_folder
from ludus.envs.checks import mutation_hunt
from ludus.envs.checks.mutation import find_mutants, rules_of, siblings_of
from ludus.envs.checks.mutation_hunt import Hunt, more_tests
from ludus.envs.checks.mutation_results import append_outcome, read_outcomes
from ludus.envs.checks.workshop import CAUGHT, INVALID, SURVIVED, Outcome, Workshop
from ludus.envs.engine.simulation import load
from ludus.scripts import mutate
from ludus.scripts.main import main

TINY = '''"""A walk of three steps … (not in ASCII: positions in a line are bytes)."""

NORTH, SOUTH = range(2)
LENGTH, UNUSED = 3, 7


def reach(s, most):
    """5 is not a number of the rules."""
    while s["place"] < most:  # one at a time
        s["place"] += 1


def reset(s):
    s["place"], s["north"] = 0, NORTH


def step(s, action):
    "…"; reach(s, s["place"] + action * 2)
    spare = 4 if not (action) else -4
    return s["place"] >= LENGTH and action == 1, spare * 0


def render(s):
    return s["place"] * 9 + UNUSED
'''
TESTS = """
import os, sys
sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))
import tiny


def test_two_steps_reach_the_end():
    s = {}
    tiny.reset(s)
    assert s["place"] == 0
    assert tiny.step(s, 1)[0] is False
    if s["place"] < 0:
        os.kill(os.getpid(), 9)
    assert s["place"] == 2
    assert tiny.step(s, 1)[0] is True
"""


def test_changes_of_a_file_written_out():
    found = [(m.place, m.line, m.was, m.becomes) for m in find_mutants(TINY, ("reset", "step"))]
    assert found == [
        ("NORTH", 3, "2", "3"),
        ("LENGTH", 4, "3", "4"),
        ("LENGTH", 4, "7", "8"),
        ("reach", 9, "<", "<="),
        ("reach", 10, "+", "-"),
        ("reach", 10, "1", "2"),
        ("reach", 10, "1", "0"),
        ("reset", 14, "0", "1"),
        ("step", 18, "+", "-"),
        ("step", 18, "*", "/"),
        ("step", 18, "2", "3"),
        ("step", 19, "4", "5"),
        ("step", 19, "not", ""),
        ("step", 19, "-", ""),
        ("step", 19, "4", "5"),
        ("step", 20, ">=", ">"),
        ("step", 20, "and", "or"),
        ("step", 20, "==", "!="),
        ("step", 20, "1", "2"),
        ("step", 20, "1", "0"),
        ("step", 20, "*", "/"),
        ("step", 20, "0", "1"),
    ]
    assert {m.place for m in find_mutants(TINY, ("reset",))} == {"reset", "NORTH"}


def test_each_change_is_made_at_its_place_alone():
    lines = TINY.splitlines()
    for mutant in find_mutants(TINY):
        changed = mutant.apply(TINY)
        ast.parse(changed)
        differing = [n for n, (a, b) in enumerate(zip(lines, changed.splitlines(), strict=True), 1) if a != b]
        assert differing == [mutant.line]
        at = len(TINY.encode()[: mutant.start].decode())
        assert changed == TINY[:at] + mutant.becomes + TINY[at + len(mutant.was) :]


def test_floats_and_truths_are_changed():
    source = "def step(s):\n    s.x += 0.5 * 1.0 - 0.0\n    return True or s.x / 2 // 3 % 4 != 5\n"
    found = [(m.was, m.becomes) for m in find_mutants(source)]
    assert found == [
        ("+", "-"), ("0.5", "1.5"), ("0.5", "(-0.5)"), ("*", "/"), ("1.0", "2.0"), ("1.0", "0.0"), ("1.0", "(-1.0)"),
        ("-", "+"), ("0.0", "1.0"), ("True", "False"), ("or", "and"), ("/", "*"), ("2", "3"), ("//", "%"), ("3", "4"),
        ("%", "//"), ("4", "5"), ("!=", "=="), ("5", "6"),
    ]  # fmt: skip


def test_annotated_constants_are_changed_and_their_types_are_not():
    source = """
LIMIT: Literal[3, 5] = 3
LATER: int


def step(s, a: Literal[0]) -> Literal[7]:
    return a < LIMIT + LATER
"""
    found = [(m.place, m.line, m.was, m.becomes) for m in find_mutants(source)]
    assert found == [("LIMIT", 2, "3", "4"), ("step", 7, "<", "<="), ("step", 7, "+", "-")]


def test_no_mutant_is_the_program_itself():
    source = "def step(s):\n    return s.x < 1e30 or s.x > 9007199254740992.0 or s.y == 1e999\n"
    mutants = find_mutants(source)
    assert [m.becomes for m in mutants if m.was == "1e30"] == ["(-1e+30)"]
    assert ast.unparse(ast.parse(source)) not in [ast.unparse(ast.parse(m.apply(source))) for m in mutants]


PARTED = """
from ..engine.kernels import below
from .tiny_board import SIZE as LARGE, around as neighbours
from .tiny_rendering import render
from .other import alien

LIMIT = 3


def step(s):
    return neighbours(s) < LARGE + below(s) + alien(s) + LIMIT
"""
BOARD = """
from .tiny_rim import RIM

SIZE, UNUSED = 8, 1
LIMIT = 4


def around(s):
    return s.x - RIM + LIMIT


def render(s):
    return 2
"""


def test_rules_in_modules_beside_the_file_are_changed_too():
    siblings = {"tiny_board": BOARD, "tiny_rim": "RIM = 5\n", "tiny_rendering": "def render(s):\n    return 6\n"}
    mutants = find_mutants(PARTED, ("step",), siblings)
    found = [(m.place, m.module, m.line, m.was, m.becomes) for m in mutants]
    assert found == [
        ("LIMIT", "", 7, "3", "4"),
        *(("step", "", 11, *change) for change in (("<", "<="), ("+", "-"), ("+", "-"), ("+", "-"))),
        ("tiny_board.SIZE", "tiny_board", 4, "8", "9"),
        ("tiny_board.SIZE", "tiny_board", 4, "1", "2"),
        ("tiny_board.SIZE", "tiny_board", 4, "1", "0"),
        ("tiny_board.LIMIT", "tiny_board", 5, "4", "5"),
        ("tiny_board.around", "tiny_board", 9, "-", "+"),
        ("tiny_board.around", "tiny_board", 9, "+", "-"),
        ("tiny_rim.RIM", "tiny_rim", 1, "5", "6"),
    ]
    assert len({mutant.key for mutant in mutants}) == len(mutants)
    assert [m.place for m in find_mutants(PARTED, ("step",))] == ["LIMIT"] + ["step"] * 4


def test_all_files_of_an_environments_folder_are_changed(tmp_path, monkeypatch):
    write_folder(tmp_path / "acme" / "hopping")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "acme" / "hopping" / "__init__.py"
    rules = rules_of(load("acme.hopping")[1], file)
    for name in ("acme.hopping", *(f"acme.hopping.{part}" for part in FOLDER), "acme"):
        sys.modules.pop(name, None)
    assert rules == ("rules.reset", "rules.step", "observation.observe")
    siblings = siblings_of(file)
    assert sorted(siblings) == ["constants", "notes", "observation", "rendering", "rules"]
    siblings["observation"] = siblings["observation"].replace("= s.hops", "= s.hops + 0")
    found = [(m.place, m.was, m.becomes) for m in find_mutants(FOLDER["__init__"], rules, siblings, "acme.hopping")]
    step = [("+", "-"), ("0", "1"), ("0.5", "1.5"), ("0.5", "(-0.5)"), (">", ">=")]
    assert found == [
        ("constants.LENGTH", "2", "3"),
        *(("observation.observe", *change) for change in (("0", "1"), ("+", "-"), ("0", "1"))),
        ("rules.reset", "0", "1"),
        *(("rules.step", *change) for change in step),
    ]
    absolute = siblings["rules"].replace("from . import constants", "from acme.hopping import constants")
    named = absolute.replace("import constants", "constants import LENGTH").replace("constants.LENGTH", "LENGTH")
    named = named.replace("acme.hopping constants", "acme.hopping.constants")
    for text in (absolute, named):
        again = find_mutants(FOLDER["__init__"], rules, {**siblings, "rules": text}, "acme.hopping")
        assert [(m.place, m.was, m.becomes) for m in again] == found


def test_a_change_beside_the_file_is_tried_and_undone(tmp_path):
    root = tmp_path / "repository"
    (root / "tests").mkdir(parents=True)
    (root / "tiny.py").write_text("from tiny_board import SIZE\n\n\ndef step():\n    return SIZE * 2\n")
    (root / "tiny_board.py").write_text("SIZE = 3\n")
    test = "import tiny\n\n\ndef test_six():\n    assert tiny.step() == 6\n"
    path = "import os, sys\nsys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))\n"
    (root / "tests" / "test_tiny.py").write_text(path + test)
    subprocess.run(["git", "init", "-q", root], check=True)
    (tmp_path / "work").mkdir()
    shop = Workshop(root, Path("tiny.py"), tmp_path / "work", ["tests"], "tiny")
    source = (root / "tiny.py").read_text().replace("from tiny_board", "from .tiny_board")
    beside, own = None, None
    for mutant in find_mutants(source, ("step",), siblings_of(root / "tiny.py")):
        if mutant.place == "tiny_board.SIZE":
            beside = mutant
    (own,) = [m for m in find_mutants((root / "tiny.py").read_text(), ("step",)) if m.was == "2"]
    assert beside is not None
    assert shop.try_mutant(None, 60).status == SURVIVED
    assert shop.try_mutant(beside, 60).status == CAUGHT
    assert shop.try_mutant(None, 60).status == SURVIVED
    assert shop.try_mutant(beside, 60).status == CAUGHT
    assert shop.try_mutant(own, 60).status == CAUGHT
    assert (shop.copy / "tiny_board.py").read_text() == "SIZE = 3\n"
    assert shop.try_mutant(None, 60).status == SURVIVED


def test_further_tests_are_those_of_this_environment(tmp_path, monkeypatch):
    (tmp_path / "tests").mkdir()
    for name in ("test_cart.py", "test_cart_wheels.py", "test_cart_pole.py", "test_cart_pole_top.py", "test_carton.py"):
        (tmp_path / "tests" / name).touch()
    monkeypatch.setattr(mutation_hunt, "ENVIRONMENTS", {"a": ("x.cart", 1), "b": ("x.cart_pole", 1)})
    assert more_tests("cart", tmp_path) == ["cart_wheels"]
    assert more_tests("cart_pole", tmp_path) == ["cart_pole_top"]
    assert more_tests("carton", tmp_path) == []


def test_keys_outlive_an_edit_elsewhere_in_the_file_but_not_one_of_the_same_function():
    keys = {mutant.key for mutant in find_mutants(TINY)}
    assert {mutant.key for mutant in find_mutants(TINY.replace("\n\ndef render", "\n\n\n# more\ndef render"))} == keys
    other = {mutant.key for mutant in find_mutants(TINY.replace("action * 2", "action * 5"))}
    assert {key[0] for key in keys - other} == {"step"}
    assert len(keys) == len(find_mutants(TINY))


@pytest.fixture
def repository(tmp_path):
    """A repository with the tiny environment and its test."""
    root = tmp_path / "repository"
    (root / "tests").mkdir(parents=True)
    (root / "tiny.py").write_text(TINY)
    (root / "tests" / "test_tiny.py").write_text(TESTS)
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def mutant_of(line, was, becomes):
    (mutant,) = [m for m in find_mutants(TINY) if (m.line, m.was, m.becomes) == (line, was, becomes)]
    return mutant


def test_what_the_tests_say_to_each_kind_of_change(repository, tmp_path):
    (tmp_path / "work").mkdir()
    shop = Workshop(repository, (repository / "tiny.py").relative_to(repository), tmp_path / "work", ["tests"], "tiny")
    assert shop.try_mutant(None, 60).status == SURVIVED
    name = "tests/test_tiny.py::test_two_steps_reach_the_end"
    cases = {
        (18, "2", "3"): (CAUGHT, name),
        (19, "not", ""): (SURVIVED, ""),  # nothing tests `spare`
        (3, "2", "3"): (INVALID, ""),  # too many values to unpack
        (14, "0", "1"): (CAUGHT, name),
    }
    for case, (status, by) in cases.items():
        outcome = shop.try_mutant(mutant_of(*case), 60)
        assert (outcome.status, outcome.by) == (status, by), case
    assert (repository / "tiny.py").read_text() == TINY


def test_endless_loop_and_crash_are_caught(repository, tmp_path):
    (tmp_path / "work").mkdir()
    shop = Workshop(repository, (repository / "tiny.py").relative_to(repository), tmp_path / "work", ["tests"], "tiny")
    outcome = shop.try_mutant(mutant_of(10, "1", "0"), 4)
    assert (outcome.status, outcome.by) == (CAUGHT, "time limit")
    assert outcome.seconds >= 4
    shop.source = TINY.replace('reach(s, s["place"] + action * 2)', 's["place"] = -1')
    outcome = shop.try_mutant(None, 60)
    assert (outcome.status, outcome.by) == (CAUGHT, "crash by SIGKILL")


def test_hunt_is_kept_resumed_and_judged(repository, tmp_path):
    file = (repository / "tiny.py").relative_to(repository)
    chosen = [mutant_of(18, "2", "3"), mutant_of(3, "2", "3"), mutant_of(19, "not", ""), mutant_of(14, "0", "1")]
    path, shown = tmp_path / "results" / "mutation-tiny.csv", io.StringIO()
    console = Console(file=shown, width=200)

    def hunt(goal, retry=False):
        known = read_outcomes(path, chosen, retry)
        before = len(known)
        made = Hunt("tiny", repository, file, ["tests"], chosen, path, known)
        mutate.show(made, goal, console)
        return made, len(known) - before

    made, tried = hunt(goal=1)
    assert tried == 1
    path.write_text(path.read_text() + "step,00000000,1,18,2,3,caught,of older code,1.0\n")
    made, tried = hunt(goal=3)
    assert tried == 3
    assert made.count() == {CAUGHT: 2, INVALID: 1, SURVIVED: 1}
    assert hunt(goal=3)[1] == 0
    assert "of older code" not in path.read_text()
    assert len(path.read_text().splitlines()) == 5
    assert hunt(goal=3, retry=True)[1] == 1

    assert mutate.conclude("test/Tiny-v0", made, console) == 1
    said = shown.getvalue()
    assert "test/Tiny-v0: 2 of 3 changes caught (66.7%), 1 more do not compile, 0 not tried" in said
    assert "  19 step         without not    survived" in said
    made.known = {key: outcome for key, outcome in made.known.items() if outcome.status == CAUGHT}
    assert mutate.conclude("test/Tiny-v0", made, console) == 0


@pytest.mark.parametrize("cut", [1, 5, 12, 20, 32, 40, 200])
def test_a_table_that_a_kill_has_cut_is_read_as_far_as_it_goes(cut, tmp_path):
    mutants = find_mutants(TINY)
    path = tmp_path / "mutation-tiny.csv"
    read_outcomes(path, mutants)
    outcome = Outcome(CAUGHT, "tests/test_tiny.py::test_two_steps", 12.5)
    for mutant in mutants[:6]:
        append_outcome(path, mutant, outcome)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    known = read_outcomes(path, mutants)
    assert all(each.status == CAUGHT for each in known.values())
    lines = len(whole[:-cut].splitlines()) - 1
    assert lines - 1 <= len(known) <= lines
    for mutant in mutants[:6]:
        if mutant.key not in known:
            append_outcome(path, mutant, outcome)
    assert path.read_text().count("\n") == 7
    assert len(read_outcomes(path, mutants)) == 6


def test_a_table_is_whole_whenever_it_is_written_anew(tmp_path, monkeypatch):
    mutants = find_mutants(TINY)
    path = tmp_path / "mutation-tiny.csv"
    read_outcomes(path, mutants)
    append_outcome(path, mutants[0], Outcome(CAUGHT, "", 1.0))
    before = path.read_bytes()

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        read_outcomes(path, mutants, retry=True)
    assert path.read_bytes() == before


def test_tests_that_fail_without_a_change_are_no_measure(repository, tmp_path):
    (repository / "tests" / "test_tiny.py").write_text("def test_nothing():\n    assert False\n")
    file = (repository / "tiny.py").relative_to(repository)
    hunt = Hunt("tiny", repository, file, ["tests"], find_mutants(TINY), tmp_path / "table.csv", {})
    with pytest.raises(RuntimeError, match="the tests fail without any change: tests/test_tiny.py::test_nothing"):
        hunt.run(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["CartPole-v1"], "CartPole-v1 is not an environment of Ludus"),
        (["test/Chain-v0"], "mutate needs a clone of the repository with tests/test_chain.py"),
        (["ludus/Snake-v1", "--count", "0"], "--count must be >= 1, got 0"),
    ],
)
def test_command_refuses_what_it_cannot_mutate(arguments, message, capsys, tmp_path):
    assert main(["mutate", *arguments, "--out", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
