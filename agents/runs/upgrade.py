"""Upgrade of runs of format 1, whose env could name a module, and of what names components by their fingerprints."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ...envs.make import pin_data
from ...utils.files import write_atomically
from ...utils.untrusted import MOST_TABLE, MOST_YAML, parse_yaml, read_regular
from ...utils.wording import counted, in_line, in_one_line
from .config import CONFIG_FORMAT


def upgrade_run(folder: Path, prints: Mapping[str, str]) -> str:
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
    unknown = _add_data(now)
    missing = sorted({name for name, mark in components_of(now) if mark not in prints.values()})
    if now != content:
        write_atomically(path, yaml.safe_dump(now, sort_keys=False).encode())
    told = ("upgraded" if now != content else "is of this version already") + unknown
    if not missing:
        return told
    named = ", ".join(map(in_line, missing))
    return f"{told}; it names {named}: where that was of format 1, name it and this run in one command"


def _add_data(content: dict[str, Any]) -> str:
    """Write down, in a config of a run, the data that its environment sees today; returns what is to be said of it."""
    environment = content.get("environment") or {}
    if "data" in content or not isinstance(environment, dict):
        return ""
    try:
        words, sums = pin_data(content["env"], environment)
    except (FileNotFoundError, ValueError) as fault:
        return f"; its data are not written down: {in_one_line(fault)}"
    if words:
        content["environment"] = {**environment, **words}
    if sums:
        content["data"] = sums
    said = ", ".join(f"{key}={in_line(environment.get(key, 'auto'))} as {word}" for key, word in words.items())
    return f"; it says {said} from now on; if it was trained on other data, correct config.yaml" if said else ""


def upgrade_table(path: Path, prints: Mapping[str, str]) -> str:
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
