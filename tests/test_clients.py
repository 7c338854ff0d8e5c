"""The clients' tests: `make test` leaves them alone, and they run with the versions that Ludus is tested with."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLIENTS = ROOT / "tests" / "clients"
NAMES = sorted(file.parent.name for file in CLIENTS.glob("*/constraints.txt"))

# What has another version than in the constraints.txt of the root, and who asks for it.
OTHERS = {
    "newest": {"filelock": "virtualenv, of Tianshou", "pillow": "moviepy", "python-dateutil": "pandas, of Tianshou"},
    "rllib": {"gymnasium": "Ray"},
}


def pins(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    return {re.sub("[-_.]+", "-", name).lower(): version for name, version in (line.split("==") for line in lines)}


def test_make_knows_every_folder_of_clients():
    (line,) = re.findall(r"^CLIENTS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(line.split()) == NAMES == sorted(OTHERS)


@pytest.mark.parametrize("name", NAMES)
def test_clients_run_with_the_versions_that_ludus_is_tested_with(name):
    ours, theirs = pins(ROOT / "constraints.txt"), pins(CLIENTS / name / "constraints.txt")
    different = {each for each in ours.keys() & theirs.keys() if ours[each] != theirs[each]}
    assert different == set(OTHERS[name])
    assert theirs["torch"] == ours["torch"]
    wanted = (CLIENTS / name / "requirements.txt").read_text().splitlines()
    for requirement in wanted:
        package = re.match("[A-Za-z0-9_-]*", requirement)[0]
        assert not package or re.sub("[-_.]+", "-", package).lower() in theirs, f"{requirement} is not pinned"


def test_the_page_names_the_versions_that_are_pinned_and_files_that_exist():
    page = (ROOT / "docs" / "clients.md").read_text()
    newest, rllib = pins(CLIENTS / "newest" / "constraints.txt"), pins(CLIENTS / "rllib" / "constraints.txt")
    said = dict(re.findall(r"^\| ([\w ,'-]+?)(?: \(.*?\))? \| ([\d., ]+)", page, re.MULTILINE))
    assert said["TorchRL"].strip() == newest["torchrl"]
    assert f"tensordict {newest['tensordict']}" in page
    assert said["Tianshou"].strip() == newest["tianshou"]
    assert said["skrl"].strip() == newest["skrl"]
    assert said["Minari"].strip() == newest["minari"]
    assert said["RL-Zoo, Optuna"].strip() == f"{newest['rl-zoo3']}, {newest['optuna']}"
    assert said["Gymnasium's wrappers"].strip() == newest["gymnasium"]
    assert said["RLlib"].strip() == said["Ray Tune"].strip() == rllib["ray"]
    assert f"(Gymnasium {rllib['gymnasium']})" in page
    files = set(re.findall(r"(?:newest|rllib)/\w+\.\w+", page))
    assert len(files) > 8
    assert re.findall(r"\d+ ids", page) == [], "a number of environments is soon wrong"
    for file in files:
        assert (CLIENTS / file).is_file()


def test_the_suite_of_ludus_does_not_collect_the_clients():
    rest = [f"--ignore={path}" for path in (ROOT / "tests").iterdir() if path.name not in ("clients", "conftest.py")]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests", *rest]
    result = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
    assert result.returncode == 5, result.stdout  # without all else in tests/ nothing is left to collect
