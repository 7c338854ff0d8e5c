"""Generators from their folders."""

from pathlib import Path

from ..components.component import Component
from .models.generator import Generator


def open_generator(folder: Path, fingerprint: str | None = None) -> Generator:
    """The generator that a fit wrote; raises as ``Component.load``, and ``ValueError`` for another component."""
    component = Component.load(folder, fingerprint=fingerprint)
    if not isinstance(component, Generator):
        raise ValueError(
            f"{folder} is a {type(component).__name__}, which draws nothing; expected what `ludus fit vision/generate` "
            "made"
        )
    return component
