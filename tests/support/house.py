"""The source of Ludus as the tests of its shape see it."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
SOURCES = sorted(file for package in PACKAGES for file in ROOT.joinpath(*package.split(".")[1:]).glob("*.py"))


def module_of(file: Path) -> tuple[str, ...]:
    """``agents/pqn.py`` -> ("agents", "pqn"); a package's ``__init__.py`` is the package itself."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts
