"""Detectors from their folders."""

from pathlib import Path

from ..components.component import Component
from .models.detectors.detector import Detector


def open_detector(folder: Path) -> Detector:
    """The detector that a fit wrote; raises as ``Component.load``, and ``ValueError`` for another component."""
    component = Component.load(folder)
    if not isinstance(component, Detector):
        raise ValueError(
            f"{folder} is a {type(component).__name__}, which detects nothing; expected what `ludus fit "
            "forecasting/detect` made"
        )
    return component
