"""The begin of what is shown to a person: while the environment is compiled, a window says so."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from ludus.envs.human.waiting import wait_for
from ludus.envs.ids import find_spec, import_named, is_ludus
from ludus.utils.untrusted import MOST_YAML, parse_yaml, read_regular

Result = TypeVar("Result")


def begin(what: str, prepare: Callable[[], Result], console: Console, *, in_window: bool = True) -> Result:
    """What ``prepare()`` returns; while it compiles, a window, or without one the console, says so.

    Gymnasium's own environments compile nothing, and may use pygame, which belongs to the first thread.
    """
    if not is_compiled(what):
        return prepare()
    return wait_for(prepare, what, console, in_window=in_window)


def is_compiled(what: str) -> bool:
    """Whether what was typed, an id or the folder of a run, is of an environment of Ludus' engine.

    A folder that is no run, and an id that is unknown, count as none: who reads them next refuses them.
    """
    config = Path(what) / "config.yaml"
    try:
        if config.exists():
            entries = parse_yaml(read_regular(config, MOST_YAML))
            return isinstance(entries, dict) and is_ludus(find_spec(str(entries.get("env"))))
        return is_ludus(find_spec(import_named(what)))
    except (ValueError, OSError):
        return False
