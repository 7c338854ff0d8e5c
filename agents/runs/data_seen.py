"""The data that a run saw, such as the images on Sorter's belt: pinned when it begins, compared whenever it is used.

Which data a word means (``images=auto``) may depend on what lies on a machine, and what a folder holds can change. So a
run writes down the word that is meant, and the SHA-256 of the data, in the entries ``environment`` and ``data`` of its
config.yaml; evaluating, watching and resuming take these, or say in a line what is missing or has changed.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...envs.make import choices_of, pin_data
from ...utils.files import quote
from ...utils.wording import in_line
from .config import RunConfig


def with_data(config: RunConfig) -> RunConfig:
    """``config`` with the data that its environment sees on this machine today.

    Raises:
        FileNotFoundError, ValueError: there are no such data.
    """
    words, sums = pin_data(config.env, config.environment)
    return replace(config, environment={**config.environment, **words}, data=sums)


def check_data(config: RunConfig, folder: Path, others: Mapping[str, Any]) -> list[str]:
    """Whether the data of the run in ``folder`` are those that it saw, but for keywords that are given ``others``.

    Returns:
        A note for each word that the run has never written down and that means different data on different machines.

    Raises:
        FileNotFoundError: the data are not here.
        ValueError: they have changed.
    """
    named = {key: choice for key, choice in choices_of(config.env).items() if choice.pin and key not in others}
    if not named:
        return []
    seen = {key: str(config.environment.get(key, choice.default)) for key, choice in named.items()}
    try:
        words, sums = pin_data(config.env, {**config.environment, **others})
    except (FileNotFoundError, ValueError) as fault:
        told = " and ".join(f"{key}={in_line(value, 100)}" for key, value in seen.items())
        kind = (
            FileNotFoundError if isinstance(fault, FileNotFoundError) else ValueError
        )  # not a set's own, of two lines
        raise kind(f"{folder} was trained with {told}: {' '.join(str(fault).split())}") from None
    for key, value in seen.items():
        expected, found = config.data.get(key), sums.get(key)
        if expected is not None and found != expected:
            raise ValueError(
                f"{folder} was trained with {key}={in_line(value, 100)}, which has changed since: its SHA-256 is "
                f"{in_line(found, 12)}…, expected {in_line(expected, 12)}…; restore the data, or name what an "
                f"evaluation shall use instead: --set {key}=…"
            )
    return [
        f"{folder} was begun before runs wrote down their data: {key}={seen[key]} means {words[key]} here; "
        f"ludus upgrade {quote(folder)} makes that certain"
        for key in words
        if key in named
    ]


def data_instead(config: RunConfig, folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``settings`` that name other data, where the run's own are not here any more; else nothing."""
    others = {key: settings[key] for key, choice in choices_of(config.env).items() if choice.pin and key in settings}
    if not others:
        return {}
    try:
        check_data(config, folder, {})
    except (FileNotFoundError, ValueError):
        return others
    return {}
