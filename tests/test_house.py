"""The shape of the house: small rooms, first lines that say what a module is, and no path that leads nowhere."""

import re

import pytest

from house import ROOT, SOURCES

MOST_FILES = 20  # of source in one folder: more than that, and nobody finds anything
QUESTIONS = ("What", "How", "Who", "Whose", "Whether", "Why", "Where", "When", "Which")
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
PATH = re.compile(r"(?<![\w./<*{-])((?:[a-z_0-9]+/)*[a-z_0-9]+\.py)\b")
# Names of files that a text makes up, or that lie elsewhere.
ELSEWHERE = {"tests/test_hopper.py", "test_hopper.py", "heating.py", "docs/conf.py", "conf.py"}


@pytest.mark.parametrize("folder", sorted({file.parent for file in (*SOURCES, *TESTS)}), ids=lambda f: f.name)
def test_no_folder_is_crowded(folder):
    files = [file.name for file in folder.glob("*.py") if file.name != "__init__.py"]
    assert len(files) <= MOST_FILES, f"{folder} holds {len(files)} modules; give those that belong together a room"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_first_line_of_a_module_says_what_it_is(file):
    text = file.read_text()
    assert text.startswith('"""'), f"{file} has no docstring"
    assert text[3:].split(maxsplit=1)[0] not in QUESTIONS, f"{file}: {text.splitlines()[0]}: begin with a noun"


@pytest.mark.parametrize("file", [*SOURCES, *PAGES], ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_module_that_a_text_names_exists(file):
    if file.name == "CHANGELOG.md":
        return
    known = {f"/{path.relative_to(ROOT).as_posix()}": path for path in (*SOURCES, *TESTS)}
    for number, line in enumerate(file.read_text().splitlines(), 1):
        for name in PATH.findall(line):
            found = [path for place, path in known.items() if place.endswith(f"/{name}")]
            assert found or name in ELSEWHERE, f"{file}:{number} names {name}, which does not exist"
            if file in SOURCES and len(found) > 1:  # a page may say what lies in each environment's folder
                assert any(is_near(path, file) for path in found), f"{file}:{number}: which {name}? Write its folder"


def is_near(path, file):
    """Whether a module lies in the folder of ``file``, in one above, or in one right below."""
    return path.parent in file.parents or path.parent.parent == file.parent


def test_a_bare_name_is_looked_for_near_the_file_that_names_it():
    engine = ROOT / "envs" / "engine"
    assert is_near(engine / "slots" / "resolve.py", engine / "simulation.py")
    assert is_near(engine / "simulation.py", engine / "slots" / "resolve.py")
    assert not is_near(ROOT / "agents" / "slots.py", engine / "simulation.py")
