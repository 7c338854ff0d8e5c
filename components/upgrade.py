"""Upgrade of components of format 1, whose config.json named classes by their modules. Nothing in them is run.

Weights stay as they are. The fingerprint of a component is a hash of its config.json, so it changes; who upgrades
several things at once keeps ``prints``, the fingerprints before and now, for what names the component.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..utils.files import write_atomically
from ..utils.untrusted import MOST_JSON, parse_json, read_regular
from .component import FORMAT, dump_config, hash_config
from .names import CONFIG, FORM

# What format 1 called Ludus' own classes. It does not follow them where they move: it stands in files.
FORMER = {
    "ludus.composition:Chain": "ludus/chain",
    "ludus.vision.convnet:ConvNet": "vision/convnet",
    "ludus.vision.reader:Reader": "vision/reader",
    "ludus.vision.resnet:ResNet": "vision/resnet",
}


def stable_names(given: Mapping[str, Any]) -> dict[str, str]:
    """``module:Class`` of format 1 -> stable name: of Ludus' own classes, and those ``given`` for others.

    Raises:
        ValueError: a given name is none that a class can have.
    """
    for name in given.values():
        if not FORM.fullmatch(str(name)):
            raise ValueError(f"--name takes MODULE:CLASS=OWNER/NAME, such as nets:Net=acme/net, got the name {name!r}")
    return FORMER | dict(given)


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
        now = dump_config({**renamed(content, names, path), "format": FORMAT})
        prints[hash_config(data)] = hash_config(now)
        write_atomically(path, now)
        return f"upgraded, its fingerprint is {hash_config(now)[:12]}… and was {hash_config(data)[:12]}…"
    if number != FORMAT:
        raise ValueError(f"{path} has format {number!r}; upgrade rewrites 1")
    places = {name: place for place, name in names.items()}
    with contextlib.suppress(ValueError):  # a class that never had another name
        prints[hash_config(dump_config({**renamed(content, places, path), "format": 1}))] = hash_config(data)
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
