"""The repository's pages as sources of the site: docs/ becomes its root, and links are bent to it."""

import os
import re
import shutil
from pathlib import Path

ROOT_PAGES = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "DATA.md", "SECURITY.md")
HOME = {"README.md": "index.md", "docs/environments/README.md": "environments/index.md"}  # who stands for them there
CELL = re.compile(r"^```\{code-cell\} ipython3\n(?::[^\n]*\n)*\n?", re.MULTILINE)  # of a notebook, as it is read here
FENCE = re.compile(r"^ *(```|~~~)")
LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\[\]]*\])*\])\(([^()\s]+)\)")


MARK = ".ludus-site"  # in a folder whose pages may be removed, for they were written here


def copy_pages(root: Path, out: Path) -> None:
    """Copy docs/, the pages of the repository's root and what they show to ``out``; pages that are gone are removed.

    Raises:
        ValueError: ``out`` holds something that was not written here.
    """
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise ValueError(f"{out} holds other files, and pages are removed there; choose an empty or a new folder")
    found = [path for path in (root / "docs").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    places = {path.relative_to(root).as_posix(): path.relative_to(root / "docs").as_posix() for path in found}
    places = {name: place for name, place in places.items() if name not in HOME}
    places |= {name: name for name in ROOT_PAGES}
    places |= {path.relative_to(root).as_posix(): f"results/{path.name}" for path in (root / "results").glob("*.png")}
    places |= {"results/mutation.md": "results/mutation.md"}
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()
    for path in out.rglob("*.md"):
        path.unlink()
    for name, place in places.items():
        target = out / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".md"):
            text = CELL.sub("```python\n", (root / name).read_text(encoding="utf-8"))
            target.write_text(bend_links(text, name, places, root), encoding="utf-8")
        else:
            shutil.copyfile(root / name, target)


def bend_links(text: str, name: str, places: dict[str, str], root: Path) -> str:
    """The ``text`` of the page ``name``, in which links lead to where things lie on the site.

    Args:
        places: Of each file of the repository that is on the site, where it is there.

    A link to a file or a folder that is on no page of the site (source, tables of figures) becomes its text: there is
    no place on the web to send a reader to.

    Raises:
        ValueError: a link leads nowhere in the repository, either.
    """
    here, there = Path(name).parent, Path(places[name]).parent
    lines, fenced = [], False
    for line in text.split("\n"):
        if FENCE.match(line):
            fenced = not fenced
        lines.append(line if fenced else LINK.sub(lambda match: _bent(match, here, there, places, root), line))
    return "\n".join(lines)


def _bent(match: re.Match, here: Path, there: Path, places: dict[str, str], root: Path) -> str:
    label, target = match.groups()
    path, hash_, anchor = target.partition("#")
    if not path or "://" in path or path.startswith("mailto:"):
        return match[0]
    name = os.path.normpath(here / path)
    place = places.get(name) or HOME.get(name)
    if place is not None:
        return f"{label}({os.path.relpath(place, there)}{hash_}{anchor})"
    if not (root / name).exists():
        raise ValueError(f"{here}: the link {match[0]} leads nowhere")
    return label[1:-1]
