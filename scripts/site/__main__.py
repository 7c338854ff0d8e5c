"""`python -m ludus.scripts.site`: lay the sources of the site into a folder, for Sphinx to build."""

import sys
from dataclasses import dataclass
from pathlib import Path

from ludus.envs import ENVIRONMENTS
from ludus.envs.cards import cards
from ludus.scripts.site.api_pages import write_api
from ludus.scripts.site.command_pages import write_commands
from ludus.scripts.site.environment_pages import environment_page, environments_index, short_name
from ludus.scripts.site.environment_pictures import write_picture
from ludus.scripts.site.sources import copy_pages
from ludus.utils.command_line import parse

ROOT = Path(__file__).resolve().parents[2]

DESCRIPTION = """Lay the sources of the documentation's site into a folder; `make docs` does, and runs Sphinx.

  python -m ludus.scripts.site
  python -m ludus.scripts.site --no-pictures      # in seconds: pages of environments without their moving pictures"""


@dataclass
class Arguments:
    out: Path = ROOT / "build" / "docs-source"
    """The folder for the sources of the site."""
    pictures: bool = True
    """Play each environment for its moving picture; one that is newer than what it shows is kept."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "python -m ludus.scripts.site", DESCRIPTION, arguments)
    if not (ROOT / "docs" / "conf.py").is_file():
        raise ValueError(f"{ROOT / 'docs'} does not exist: the site is built in a clone of the repository")
    copy_pages(ROOT, options.out)
    folder = options.out / "environments"
    folder.mkdir(parents=True, exist_ok=True)
    for id in ENVIRONMENTS if options.pictures else ():
        print(f"picture of {id}", flush=True)
        write_picture(id, folder / f"{short_name(id)}.webp")
    shown = cards()
    for card in shown:
        has_picture = (folder / f"{short_name(card.id)}.webp").is_file()
        (folder / f"{short_name(card.id)}.md").write_text(environment_page(card, ROOT, has_picture), encoding="utf-8")
    (folder / "index.md").write_text(environments_index(shown), encoding="utf-8")
    write_commands(options.out / "commands")
    write_api(options.out / "api")
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
