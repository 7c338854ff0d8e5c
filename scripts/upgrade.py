"""`ludus upgrade`: rewrite what the version before this one kept, so that nothing is trained again for a name."""

import contextlib
import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
import yaml
from rich.console import Console

from ludus.agents.runs.config import CONFIG_FORMAT
from ludus.components.component import CONFIG, FORMAT
from ludus.components.names import FORM, OURS
from ludus.utils.command_line import key_values, parse
from ludus.utils.files import write_atomically
from ludus.utils.untrusted import MOST_JSON, MOST_TABLE, MOST_YAML, parse_json, parse_yaml, read_regular
from ludus.utils.wording import counted, in_line

DESCRIPTION = """Rewrite components (config.json) and runs (config.yaml) of format 1, whose names of modules would have
been imported, and the fingerprints of these components where runs and tables name them. Nothing in them is run.

  ludus upgrade models/garments runs/sorter
  ludus upgrade models/small results/regret-ludus-Sorter-v0-perception.csv
  ludus upgrade models/mine --name mymodels.nets:Net=acme/net

Weights and checkpoints stay as they are. What is upgraded already is left alone; its fingerprint is carried over."""


@dataclass
class Arguments:
    what: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of components, folders of runs, and tables of `ludus study regret` (.csv)."""
    name: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """MODULE:CLASS=OWNER/NAME: the stable name that a class of your own has now."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "upgrade", DESCRIPTION, arguments)
    console = Console(highlight=False)
    given = key_values(options.name, "--name")
    for name in given.values():
        if not FORM.fullmatch(str(name)):
            raise ValueError(f"--name takes MODULE:CLASS=OWNER/NAME, such as nets:Net=acme/net, got the name {name!r}")
    names = {f"ludus.{place}": name for name, place in OURS.items()} | given
    kinds = {path: kind_of(path) for path in options.what}
    prints: dict[str, str] = {}  # fingerprints: before -> now
    for kind, upgrade in (("component", upgrade_component), ("run", upgrade_run), ("table", upgrade_table)):
        for path in (path for path in kinds if kinds[path] == kind):
            console.print(f"{path}: {upgrade(path, names, prints)}", markup=False, soft_wrap=True)
    return 0


def kind_of(path: Path) -> str:
    """``component``, ``run`` or ``table``; ``ValueError`` for anything else."""
    if path.suffix == ".csv" and path.is_file():
        return "table"
    for name, kind in ((CONFIG, "component"), ("config.yaml", "run")):
        if (path / name).is_file():
            return kind
    raise ValueError(f"{path} is neither the folder of a component or of a run, nor a table of a study (.csv)")


# --- Components ------------------------------------------------------------------------------------------------------


def upgrade_component(folder: Path, names: Mapping[str, str], prints: dict[str, str]) -> str:
    """Give the config.json in ``folder`` stable names, and add to ``prints`` what its fingerprint was and is now.

    A component that has been upgraded before is left as it is; what its fingerprint was follows from it.
    """
    path = folder / CONFIG
    data = read_regular(path, MOST_JSON)
    try:
        content = parse_json(data)
        number = content["format"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is damaged: it is not the description of a component") from None
    if number == 1:
        now = dump({**renamed(content, names, path), "format": FORMAT})
        prints[fingerprint(data)] = fingerprint(now)
        write_atomically(path, now)
        return f"upgraded, its fingerprint is {fingerprint(now)[:12]}… and was {fingerprint(data)[:12]}…"
    if number != FORMAT:
        raise ValueError(f"{path} has format {number!r}; upgrade rewrites 1")
    places = {name: place for place, name in names.items()}
    with contextlib.suppress(ValueError):  # a class that never had another name
        prints[fingerprint(dump({**renamed(content, places, path), "format": 1}))] = fingerprint(data)
    return "is of this version already"


def renamed(content: Any, names: Mapping[str, str], path: Path) -> Any:
    """``content`` of a config.json, or of a part of a chain, with other names for its class and those of its parts."""
    try:
        name, config = content["class"], dict(content["config"])
        if name not in names:
            raise ValueError(
                f"{path} is of the class {name!r}, whose stable name is not known; register it in the module that "
                f"defines it, and add --name {name}=OWNER/NAME"
            )
        if isinstance(config.get("parts"), list):
            config["parts"] = [renamed(part, names, path) for part in config["parts"]]
    except (KeyError, TypeError):
        raise ValueError(f"{path} is damaged: it is not the description of a component") from None
    return {**content, "class": names[name], "config": config}


def dump(content: Any) -> bytes:
    """As ``Component.save`` writes it, to the byte: the fingerprint is its hash."""
    return json.dumps(content, indent=1).encode()


def fingerprint(config: bytes) -> str:
    return hashlib.sha256(config).hexdigest()


# --- What names them -------------------------------------------------------------------------------------------------


def upgrade_run(folder: Path, names: Mapping[str, str], prints: Mapping[str, str]) -> str:
    """Take the module out of the env in ``folder``'s config.yaml, and give its components the ``prints`` of now."""
    path = folder / "config.yaml"
    try:
        content = parse_yaml(read_regular(path, MOST_YAML))
        number, env = content["format"], str(content["env"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is damaged: it is not the config of a run") from None
    if number not in (1, CONFIG_FORMAT):
        raise ValueError(f"{path} has format {number!r}; upgrade rewrites 1")
    module, colon, rest = env.partition(":")
    now = exchanged(content, prints)
    if number == 1:
        entry = {"env": rest, "module": module} if colon else {"env": env}
        now = {"format": CONFIG_FORMAT, **entry, **{key: now[key] for key in now if key not in ("format", "env")}}
    missing = sorted({name for name, mark in components_of(now) if mark not in prints.values()})
    if now != content:
        write_atomically(path, yaml.safe_dump(now, sort_keys=False).encode())
    told = "upgraded" if now != content else "is of this version already"
    if not missing:
        return told
    named = ", ".join(map(in_line, missing))
    return f"{told}; it names {named}: where that was of format 1, name it and this run in one command"


def upgrade_table(path: Path, names: Mapping[str, str], prints: Mapping[str, str]) -> str:
    """Give the rows of a CSV the ``prints`` of now."""
    lines = read_regular(path, MOST_TABLE).split(b"\n")
    now = list(lines)
    for before, after in prints.items():
        now = [line.replace(before.encode(), after.encode()) for line in now]
    changed = sum(one != other for one, other in zip(lines, now, strict=True))
    if changed:
        write_atomically(path, b"\n".join(now))
    return f"{counted(changed, 'row')} carried over"


def exchanged(value: Any, prints: Mapping[str, str]) -> Any:
    """``value`` with other fingerprints."""
    if isinstance(value, dict):
        return {key: exchanged(part, prints) for key, part in value.items()}
    if isinstance(value, list):
        return [exchanged(part, prints) for part in value]
    return prints.get(value, value) if isinstance(value, str) else value


def components_of(value: Any) -> list[tuple[str, str]]:
    """(folder, fingerprint) of each component that a config names."""
    if not isinstance(value, dict):
        return []
    own = [(str(value["component"]), str(value.get("fingerprint")))] if "component" in value else []
    return own + [found for part in value.values() for found in components_of(part)]


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
