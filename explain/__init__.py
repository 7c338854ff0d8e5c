"""Explanations: which part of what a model saw decided, and panels that show it. Knows components, and no agents.

The public names are read from their modules when they are asked for, because those import torch.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "explain": "attribution",
    "explain_module": "attribution",
    "similarity_when_randomised": "attribution",
    "overlay": "heat_maps",
    "attention_figure": "attention",
    "layers_picture": "layers_picture",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
