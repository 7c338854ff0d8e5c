"""The hands-on notebooks: the solution runs from its first cell to its last, the exercise is the same with gaps."""

import ast
import re
from pathlib import Path

import pytest
import torch
import yaml

from house import ROOT
from vision_toy import make_folder

PAGES = ROOT / "docs" / "notebooks"
SOLUTION, EXERCISE = PAGES / "hands-on-solution.md", PAGES / "hands-on-exercise.md"
CELL = re.compile(r"^```\{code-cell\} ipython3\n((?::[a-z]+:[^\n]*\n)*)\n?(.*?)^```$", re.MULTILINE | re.DOTALL)
GAP = re.compile(r"# gap (\d)$")
GAPS = ["1", "2", "3", "4", "5"]


def cells(page: Path) -> list[tuple[set[str], str]]:
    """(tags, code) of each cell of a notebook in MyST."""
    found = []
    for head, code in CELL.findall(page.read_text()):
        tags = re.search(r"^:tags: \[(.*)\]$", head, re.MULTILINE)
        found.append((set(tags[1].split(", ")) if tags else set(), code))
    return found


@pytest.mark.parametrize("page", [SOLUTION, EXERCISE], ids=lambda page: page.stem)
def test_it_is_a_notebook_that_jupytext_opens(page):
    head = yaml.safe_load(page.read_text().split("---\n")[1])
    assert head["jupytext"]["text_representation"]["format_name"] == "myst"
    assert head["kernelspec"]["name"] == "python3"
    assert page.read_text().count("```{code-cell}") == len(cells(page)) > 8
    assert [tags for tags, _ in cells(page) if "parameters" in tags] == [{"parameters"}]
    for _, code in cells(page):
        ast.parse(code)


def test_the_exercise_is_the_solution_with_named_gaps():
    texts = [re.sub(r"\n---\n.*?\n---\n", "", page.read_text()) for page in (SOLUTION, EXERCISE)]
    assert [re.findall(r"^\*\*Gap (\d)\.\*\*", text, re.MULTILINE) for text in texts] == [GAPS, GAPS]
    for (tags, solved), (same, asked) in zip(cells(SOLUTION), cells(EXERCISE), strict=True):
        assert tags == same
        gap = GAP.search(asked, re.MULTILINE) or re.search(r"# gap \d", asked)
        if gap is None:
            assert asked == solved
            continue
        (line,) = (line for line in asked.splitlines() if "# gap" in line)
        assert "..." in line
        assert "..." not in solved
        # What stands around the gap is the same.
        kept = [other for other in asked.splitlines() if other != line]
        assert [other for other in solved.splitlines() if other in kept] == kept
    asked = "".join(code for _, code in cells(EXERCISE))
    assert re.findall(r"\.\.\..*# gap (\d)", asked) == GAPS
    assert re.findall(r"# gap (\d)", "".join(code for _, code in cells(SOLUTION))) == GAPS


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Names of a notebook's first cell on a small budget; a folder to be in."""
    monkeypatch.chdir(tmp_path)
    make_folder(tmp_path / "bars", each=12)
    import matplotlib

    matplotlib.use("Agg")
    before = torch.get_num_threads()
    yield {"DATA": "bars", "SHARE": 1.0, "EPOCHS": 1, "SEEDS": 1, "TRIALS": 2}
    torch.set_num_threads(before)
    from matplotlib import pyplot

    pyplot.close("all")


def test_the_solution_runs(small, capsys):
    names: dict = {}
    for tags, code in cells(SOLUTION):
        exec(compile(code, "hands-on-solution", "exec"), names)
        if "parameters" in tags:
            assert small.keys() == {name for name in names if name.isupper()}
            names |= small
    shown = capsys.readouterr().out
    assert "36 training and 18 test pictures in 3 classes" in shown
    assert "always 'lying': 33.3% right" in shown
    assert re.search(r"^plain \d+\.\d%, tuned \d+\.\d%, by chance 33\.3%$", shown, re.MULTILINE)
    assert Path("runs/tune/winner.yaml").exists()
    assert names["tuned"].config["classes"] == ["lying", "nothing", "standing"]
    assert re.search(r"^all together +\d+\.\d%  \(seeds ", shown, re.MULTILINE)
