"""Understanders from their folders."""

from pathlib import Path

from ..components.component import Component
from .models.turn_understander import TurnUnderstander
from .models.understander import Understander


def open_understander(folder: Path, fingerprint: str | None = None) -> Understander | TurnUnderstander:
    """The model that a fit wrote; raises as ``Component.load``, and ``ValueError`` for another component."""
    component = Component.load(folder, fingerprint=fingerprint)
    if not isinstance(component, (Understander, TurnUnderstander)):
        raise ValueError(
            f"{folder} is a {type(component).__name__}, which understands nothing; expected what `ludus fit "
            "nlp/understand` made"
        )
    return component
