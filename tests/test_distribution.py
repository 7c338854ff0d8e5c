"""The name under which this package is distributed, its extras, and the page that tells of both."""

import re
import tomllib

from house import PACKAGES, ROOT
from ludus.utils import extras

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_name_of_the_distribution_stands_once():
    name = CONFIG["project"]["name"]
    assert name != "ludus"  # which is another project's on PyPI
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("Makefile"), *ROOT.glob(".ci/*")]
    texts += [path for package in PACKAGES for path in ROOT.joinpath(*package.split(".")[1:]).glob("*.py")]
    assert [path for path in texts if re.search(rf"\b{name}\b|ludus\[", path.read_text())] == []


def test_a_message_about_an_extra_names_the_distribution(monkeypatch):
    monkeypatch.setattr(extras.metadata, "packages_distributions", lambda: {"ludus": ["some-name"]})
    extras.distribution.cache_clear()
    assert extras.install("nlp") == "pip install 'some-name[nlp]'"
    monkeypatch.setattr(extras.metadata, "packages_distributions", dict)
    extras.distribution.cache_clear()
    assert extras.install("nlp") == "pip install '.[nlp]'"
    extras.distribution.cache_clear()


def test_the_page_about_installing_lists_the_extras():
    listed = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "install.md").read_text(), re.MULTILINE)
    missing = set(CONFIG["project"]["optional-dependencies"]) - set(listed)
    assert not missing, f"docs/install.md does not say what {', '.join(sorted(missing))} is for"


def test_every_extra_that_a_message_names_exists():
    known = set(CONFIG["project"]["optional-dependencies"])
    named = set()
    for package in PACKAGES:
        for path in ROOT.joinpath(*package.split(".")[1:]).glob("*.py"):
            named |= set(re.findall(r"\binstall\(['\"](\w+)['\"]\)", path.read_text()))
    for path in ROOT.glob("docs/**/*.md"):
        for extras_of_page in re.findall(r"pip install '\.\[([\w,]+)\]'", path.read_text()):
            named |= set(extras_of_page.split(","))
    assert {"nlp", "plots", "tune", "parquet"} <= named <= known
