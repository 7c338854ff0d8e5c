"""Models of text from their folders."""

from pathlib import Path
from typing import TypeVar

from ..components.component import Component
from ..components.names import split_pinned
from .models.text_model import TextModel

Kind = TypeVar("Kind", bound=TextModel)


def open_model(given: str | Path, kind: type[Kind], what: str, task: str) -> Kind:
    """The model that a fit wrote into a folder; raises as ``Component.load``, and ``ValueError`` for another component.

    Args:
        given: The folder, or FOLDER@FINGERPRINT (``component.pin``).
        kind: What is expected.
        what: What another one does not do, for the message, such as "goes on with no text".
        task: The task of `ludus fit` that makes what is expected.
    """
    folder, fingerprint = split_pinned(given)
    component = Component.load(folder, fingerprint=fingerprint)
    if not isinstance(component, kind):
        raise ValueError(
            f"{folder} is a {type(component).__name__}, which {what}; expected what `ludus fit {task}` made"
        )
    return component
