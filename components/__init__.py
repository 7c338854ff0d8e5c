"""Components: learned models that fill a slot, their stable names, and what combines them.

The public names are read from their modules when they are asked for, because those import torch.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "Component": "component",
    "fingerprint_of": "component",
    "register": "names",
    "adapt": "composition",
    "chain": "composition",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
