"""The README's Python runs as it stands, and nothing in it waits to be filled in."""

import re
from pathlib import Path

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


def test_the_python_of_the_readme_runs():
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(blocks) >= 2
    names: dict = {}
    for block in blocks:  # one after the other, as a reader types them
        exec(block.replace("100_000", "300"), names)


def test_no_figure_is_missing():
    assert re.findall(r"\b(?:TODO|SB3ROLL|SB3MEM|PPOFIG|[A-Z]{2,}FIG)\b", README) == []
