"""The README and the pages that a beginner types from: their code runs, they are short, and name what there is."""

import re

import pytest

from house import ROOT
from ludus.envs import ENVIRONMENTS
from ludus.scripts.main import main
from pages import Block, blocks_of, commands_of, smaller_python

README = ROOT / "README.md"
TYPED = [README, *(ROOT / "docs" / f"{name}.md" for name in ("quickstart", "your-model", "reliability"))]
MOST_BYTES = 8_000  # of the README


@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.stem)
@pytest.mark.filterwarnings("ignore:Box low's precision lowered")
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = [block for block in blocks_of(page) if block.language == "python" and not block.why]
    names: dict = {}
    for block in blocks:  # one after the other, as a reader types them
        exec(compile(smaller_python(block.code), page.name, "exec"), names)
    assert blocks or page.stem == "reliability"


@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for block in blocks_of(page):
        for words in commands_of(block.code) if block.language == "" and not block.why else ():
            assert main(words) == 0, f"ludus {' '.join(words)}\n{capsys.readouterr().err}"


@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.stem)
def test_a_block_that_is_not_run_says_why(page):
    assert all(len(block.why) > 20 for block in blocks_of(page) if block.why)
    assert len(re.findall(r"^```", page.read_text(), re.M)) == 2 * len(blocks_of(page))


def test_blocks_are_read_with_their_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- not run: a server -->\n```\ntensorboard\n```\n\n```python\nx = 1\n```\n"
        "```\nmake setup\nludus train A \\\n  --steps 1000000   # Ctrl-C\nludus watch runs/a\n```\n"
    )
    server, python, shell = blocks_of(page)
    assert server == Block("", "tensorboard\n", "a server")
    assert python == Block("python", "x = 1\n", "")
    assert commands_of(shell.code) == [
        ["train", "A", "--steps", "3000"],
        ["watch", "runs/a", "--record", "watched.mp4", "--steps", "10"],
    ]
    with pytest.raises(AssertionError, match="no test can run 'tensorboard'"):
        commands_of(server.code)
    assert smaller_python("PPO(x).learn(100_000)") == "PPO(x).learn(300)"


def test_the_readme_is_short_and_shows_every_environment():
    text = README.read_text()
    assert len(text.encode()) <= MOST_BYTES
    shown = re.findall(r'<img src="docs/environments/([\w-]+)\.png"[^>]*alt="([\w-]+)"', text)
    assert [f"ludus/{name}" for name, _ in shown] == list(ENVIRONMENTS)
    assert all(name == alt for name, alt in shown)


def test_figures_of_the_readme_are_those_of_the_pages():
    text = README.read_text()
    performance = (ROOT / "docs" / "performance.md").read_text()
    slots = (ROOT / "docs" / "slots.md").read_text()
    table = text.partition("## Measured")[2].partition("## More")[0]
    for figure in re.findall(r"\*\*([^*]+)\*\*", table):
        assert figure in performance, figure
    for filling in re.findall(r"^\| (?:truth|`models|noisy|nearest|blind).*\|$", text, re.M):
        name, accuracy, earned, share = (cell.strip() for cell in filling.strip("|").split("|"))
        assert re.search(rf"^\| {re.escape(name)} \| {accuracy} \| {re.escape(earned)} \|.*\| {share} \|$", slots, re.M)


@pytest.mark.parametrize("page", [README, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    targets = [*re.findall(r"\]\(([^()\s]+)\)", text), *re.findall(r'(?:src|href)="([^"]+)"', text)]
    for target in targets:
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        place = page.parent / path if path else page
        assert place.exists(), f"{page.name}: {target}"
        if anchor:
            heads = re.findall(r"^#+ (.*)$", place.read_text(), re.M)
            slugs = [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads]
            assert anchor in slugs, f"{page.name}: {target}"


def test_no_figure_is_missing():
    for page in (README, *(ROOT / "docs").glob("*.md")):
        assert re.findall(r"\b(?:TODO|SB3ROLL|SB3MEM|PPOFIG|[A-Z]{2,}FIG)\b", page.read_text()) == [], page
