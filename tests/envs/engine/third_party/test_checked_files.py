"""Somebody else's environment file is compiled with checks: what they see, in every kernel and however it is reached.

A fault is one line, and the batch is then as it was before the call.
"""

import os
import subprocess
import sys

import gymnasium
import numba
import numpy as np
import pytest

from hopper import HOPPER
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.kernels import clear, copy_rows
from ludus.envs.engine.mistakes import Mistake
from ludus.envs.engine.slots.slotted_batch import open_batch


def line_of(text, part):
    return 1 + text[: text.index(part)].count("\n")


def shown(batch):
    return [array.copy() for array in (batch.records, *batch.rows)]


def assert_same(before, after):
    for ours, theirs in zip(before, after, strict=True):
        assert (ours == theirs).all()


# Action 1 sets a reward term too many.
TOO_MANY = HOPPER.replace("terms[1] = height_at(s, world)", "terms[1 + action] = height_at(s, world)")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_step_that_fails_moves_nobody_and_the_batch_goes_on(threads, third_party_file):
    third_party_file("moves-nobody", TOO_MANY)
    batch, other = (KernelBatch("moves_nobody_file", 5, threads=threads) for _ in range(2))
    for each in (batch, other):
        each.seed_from(3)
        each.step(np.zeros(5, np.int64))
    before, state = shown(batch), batch.snapshot()
    with pytest.raises(Mistake) as raised:
        batch.step(np.array([0, 0, 0, 1, 0]))
    assert str(raised.value) == (
        f"moves_nobody_file.py:{line_of(TOO_MANY, 'terms[1 + action]')}: step: index 2 is outside `terms[1 + action]`, "
        "which has 2 entries (0 … 1)"
    )
    assert batch.snapshot() == state
    assert_same(before, shown(batch))
    for each in (batch, other):
        each.step(np.zeros(5, np.int64))
    assert_same(shown(other), shown(batch))


@pytest.mark.parametrize(
    ("filling", "kernel", "value"),
    [
        ("raw", "sense_eye", "11.0"),
        ("truth", "truth_eye", "math.nan"),
        ("same", "sense_eye", "-math.inf"),
        ("same", "baseline_eye_same", "-11.0"),
    ],
)
def test_what_a_slots_kernel_writes_lies_within_its_space(filling, kernel, value, third_party_file):
    name = f"outside-{kernel}-{filling}"
    start = HOPPER.index(f"def {kernel}(")
    text = HOPPER[:start] + HOPPER[start:].replace("out[0] = ", f"out[0] = {value} if world.heights[0] == 0.0 else ", 1)
    third_party_file(name, text)
    file = name.replace("-", "_") + "_file"
    batch = open_batch(file, 2, eye=filling)
    with pytest.raises(Mistake) as raised:
        batch.seed_from(0)
    where = "row" if kernel.startswith("baseline") else "environment"
    said = (
        f"{kernel} leaves {value.removeprefix('math.').replace('math.', '').removesuffix('.0')} in out[0] of {where} 0"
    )
    line = line_of(text, f"def {kernel}(")
    assert str(raised.value) == f"{file}.py:{line}: {said}; its space has -10 … 10 there"


def test_what_a_restart_shows_lies_within_its_space(third_party_file):
    """Under SAME_STEP with slots the next episodes begin in a loop of their own."""
    text = HOPPER.replace("    s.x = uniform(s) - 0.5", "    s.x = 11.0 if s.age > 1 else 0.0")
    third_party_file("restarts-outside", text)
    batch = open_batch("restarts_outside_file", 2, eye="blind", autoreset_mode="SameStep", max_episode_steps=2)
    batch.seed_from(0)
    batch.step(np.ones(2, np.int64))
    with pytest.raises(Mistake, match=r"observe leaves 11 in out\[0\] of environment 0; its space has -10 … 10 there"):
        batch.step(np.ones(2, np.int64))


# Where the parameter `leap` is 2 instead of 1, each kernel but those of the step goes one too far.
FAR_AND_WIDE = (
    HOPPER.replace("frame[frame.shape[0] - 1, 0, 0] = 255", "frame[0, 0, 1 + int(s.leap)] = 255")
    .replace("def heuristic(s, world, out):\n    out[0]", "def heuristic(s, world, out):\n    out[int(s.leap) - 1]")
    .replace("    return 2 if shown[0] != shown[0] else 0", "    return 2 if shown[1 + int(s.leap)] > 99.0 else 0")
    .replace("def sense_eye(s, world, out):\n    out[0]", "def sense_eye(s, world, out):\n    out[int(s.leap) - 1]")
    .replace("def truth_eye(s, world, out):\n    out[0]", "def truth_eye(s, world, out):\n    out[int(s.leap) - 1]")
    .replace("    out[0] = raw[0]", "    out[0] = raw[out.shape[0]]")
)  # fmt: skip


def render(batch):
    batch.render(0, np.zeros((6, 6, 3), np.uint8))


OTHERS = {
    "render": (
        render,
        None,
        "index 3 is outside `frame[0, 0, 1 + int(s.leap)]`, which has 3 entries along axis 2 (0 … 2)",
    ),
    "heuristic": (KernelBatch.heuristic, None, "index 1 is outside `out[int(s.leap) - 1]`, which has 1 entry (0 … 0)"),
    "invariant": (KernelBatch.broken_invariants, None, "index 3 is outside `shown[1 + int(s.leap)]`"),
    "sense_eye": (lambda batch: batch.reset(), "raw", "index 1 is outside `out[int(s.leap) - 1]`"),
    "truth_eye": (lambda batch: batch.reset(), "truth", "index 1 is outside `out[int(s.leap) - 1]`"),
    "baseline_eye_same": (lambda batch: batch.reset(), "same", "index 1 is outside `raw[out.shape[0]]`"),
}


def test_every_kernel_is_checked(third_party_file):
    third_party_file("everywhere", FAR_AND_WIDE)
    for kernel, (act, filling, message) in OTHERS.items():
        batch = open_batch("everywhere_file", 2, leap=1.0 if filling == "same" else 2.0, eye=filling)
        if filling is None:
            batch.seed_from(0)
        with pytest.raises(Mistake, match=f"^everywhere_file.py:[0-9]+: {kernel}: ") as raised:
            act(batch)
        assert message in str(raised.value)
    fine = open_batch("everywhere_file", 2)  # leap is 1
    fine.seed_from(0)
    render(fine)
    assert fine.heuristic().tolist() == [1, 1]
    assert not fine.broken_invariants().any()


HELPERS = """
from ludus.envs.engine.kernels import kernel

TABLE = (1.0, 2.0)


def make_reader(offset):
    @kernel
    def read(s):
        return s.track[s.track.shape[0] + offset - 1]

    return read


@kernel
def last(s, beyond):
    return s.track[s.track.shape[0] + beyond - 1]
"""
REACHED = (
    HOPPER.replace("import math\n", "import math\n\nimport helpers_of_somebody as helpers\n", 1)
    .replace("FAR = 8.0", "read_on = helpers.make_reader(1)\nREADERS = (read_on,)\nFAR = 8.0")
    .replace("spaces.Discrete(2)", "spaces.Discrete(4)")
    .replace('("back", "forth")', '("none", "by the module", "by the closure", "by a tuple")')
    .replace("    s.hops += 1\n", """    s.hops += 1
    if action == 1:
        s.x = helpers.last(s, 1)
    if action == 2:
        s.x = read_on(s)
    if action == 3:
        s.x = READERS[0](s)
""")
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:First-class function type feature is experimental")
def test_helpers_are_checked_however_they_are_reached(third_party_file, tmp_path):
    (tmp_path / "helpers_of_somebody.py").write_text(HELPERS)
    third_party_file("reached", REACHED)
    batch = KernelBatch("reached_file", 1)
    batch.seed_from(0)
    batch.step(np.array([0]))
    expected = line_of(HELPERS, "offset - 1"), line_of(HELPERS, "beyond - 1")
    for action, name, line in ((1, "last", expected[1]), (2, "read", expected[0]), (3, "read", expected[0])):
        with pytest.raises(Mistake, match=f"^helpers_of_somebody.py:{line}: {name}: index 4 is outside `s.track"):
            batch.step(np.array([action]))


MEMORY = (
    HOPPER.replace("import kernel, uniform", "import clear, copy_array, copy_rows, kernel, repeat_rows, uniform")
    .replace('"hops": "i8"', '"hops": "i8", "pair": ("f8", (2,)), "table": ("f8", (4, 2))')
    .replace("spaces.Discrete(2)", "spaces.Discrete(6)")
    .replace('("back", "forth")', '("0", "1", "2", "3", "4", "5")')
    .replace("    s.hops += 1\n", """    s.hops += 1
    clear(s.table)
    copy_rows(s.table, 0, 2, 2)
    repeat_rows(s.table, 0, 1, 4)
    copy_array(s.pair, s.table[1])
    if action == 1:
        copy_rows(s.table, 0, 3, 2)
    if action == 2:
        copy_rows(s.table, 0, 2, -1)
    if action == 3:
        copy_array(s.pair, s.track)
    if action == 4:
        repeat_rows(s.table, 0, 1, 5)
    if action == 5:
        copy_rows(s.table, 0, 1, 2)
""")
)  # fmt: skip
MEMORY_FAULTS = {
    1: ("copy_rows(s.table, 0, 3, 2)", "IndexError: rows to copy lie outside the array"),
    2: ("copy_rows(s.table, 0, 2, -1)", "IndexError: rows to copy lie outside the array"),
    3: ("copy_array(s.pair, s.track)", "ValueError: copy_array between arrays of two shapes"),
    4: ("repeat_rows(s.table, 0, 1, 5)", "IndexError: rows to copy lie outside the array"),
    5: ("copy_rows(s.table, 0, 1, 2)", "ValueError: rows to copy overlap those that they are copied to"),
}


def test_what_moves_whole_rows_of_memory_is_checked(third_party_file):
    third_party_file("memory", MEMORY)
    batch = KernelBatch("memory_file", 1)
    batch.seed_from(0)
    batch.step(np.array([0]))
    for action, (call, message) in MEMORY_FAULTS.items():
        with pytest.raises(Mistake) as raised:
            batch.step(np.array([action]))
        assert str(raised.value) == f"memory_file.py:{line_of(MEMORY, call)}: step: {message} in `{call}`"


@pytest.mark.parametrize("use", [lambda rows: clear(rows), lambda rows: copy_rows(rows, 0, 1, 1)])
def test_memory_that_does_not_lie_in_one_piece_is_refused_with_checks_and_without(use):
    """Set to zero as one piece, it would reach beyond its end."""
    spread = np.ones((4, 4))[:, ::2]
    with pytest.raises(numba.core.errors.TypingError, match="needs a C-contiguous array"):
        use(spread)
    assert (spread == 1.0).all()


def test_what_python_does_otherwise_is_said_with_what_compiled_code_found(third_party_file):
    text = HOPPER.replace(
        "    s.hops += 1\n", "    ratio = 1.0 / float(action - 1)\n    s.hops += 1 + int(ratio > 9.0)\n"
    )
    text = text.replace("s.track[cell] = s.x", "s.track[cell + 9] = s.x")
    third_party_file("otherwise", text)
    batch = KernelBatch("otherwise_file", 1)
    batch.seed_from(0)
    with pytest.raises(Mistake) as raised:
        batch.step(np.array([1]))
    assert str(raised.value) == (
        f"otherwise_file.py:{line_of(text, 'ratio = 1.0')}: step: ZeroDivisionError: float division by zero in "
        "`1.0 / float(action - 1)`; compiled it goes on, and fails later: IndexError: index is out of bounds"
    )


UNSEEN = """
import sys
import numpy as np
from ludus.envs.engine.kernel_batch import KernelBatch

batch = KernelBatch("beyond", 1)
try:
    batch.seed_from(0)
    batch.step(np.array([1]))
except IndexError as fault:
    print(type(fault).__name__)
print(sum(batch._driver.drive.stats.cache_hits.values()))
"""


def test_code_with_bounds_and_code_without_are_kept_apart_on_disk(tmp_path):
    """NUMBA_BOUNDSCHECK=1 was silent where code without bounds lay in the cache."""
    (tmp_path / "beyond.py").write_text(
        HOPPER.replace("    out[2] = s.track[0]\n", "    out[2] = s.track[out.shape[0] + 1]\n")
    )
    plain = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    plain["LUDUS_UNCHECKED"] = "1"

    def run(**variables):
        command = [sys.executable, "-c", UNSEEN]
        done = subprocess.run(
            command, cwd=tmp_path, env={**plain, **variables}, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    assert run() == ["0"]
    assert run() == ["1"]
    assert run(NUMBA_BOUNDSCHECK="1") == ["IndexError", "0"]
    assert run(NUMBA_BOUNDSCHECK="1") == ["IndexError", "1"]
    assert run() == ["1"]


def test_numbas_switch_cannot_take_the_checks_out_silently(third_party_file, monkeypatch):
    id = third_party_file("switched-off", HOPPER)
    monkeypatch.setattr(numba.config, "BOUNDSCHECK", 0)
    with pytest.raises(ValueError, match="NUMBA_BOUNDSCHECK=0 takes the checks out of code that needs them; unset it"):
        gymnasium.make(id)
