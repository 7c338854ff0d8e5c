"""Models that read texts, from their folders."""

from pathlib import Path

from ..components.component import Component
from .models.text_component import TextComponent


def open_text(folder: Path, fingerprint: str | None = None) -> TextComponent:
    """The model that a fit wrote; raises as ``Component.load``, and ``ValueError`` for another component."""
    component = Component.load(folder, fingerprint=fingerprint)
    if not isinstance(component, TextComponent):
        raise ValueError(
            f"{folder} is a {type(component).__name__}, which reads no texts; expected what `ludus fit nlp/understand` "
            "made"
        )
    return component
