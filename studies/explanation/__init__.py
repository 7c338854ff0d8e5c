"""Entries that a policy looks at: their shares in its choices, summed over its own play (`ludus explain`)."""

from .plot import plot
from .study import ExplanationSetup, compose, explanation_study, file_of
from .table import Line, summarise, table, write_lines

__all__ = [
    "ExplanationSetup",
    "Line",
    "compose",
    "explanation_study",
    "file_of",
    "plot",
    "summarise",
    "table",
    "write_lines",
]
