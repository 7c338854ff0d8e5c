"""The pages of the Python API: each public name with its signature and docstring, read by Sphinx' autodoc."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

from ludus.utils.files import write_atomically

# The modules that ARCHITECTURE.md calls public, with a line of what each is for.
PUBLIC = {
    "ludus": "Load, train, evaluate and record; register and check environments.",
    "ludus.components": "Learned models that fill slots: the base class, and any torch module as one.",
    "ludus.agents.vecenv": "Ludus' environments, and Gymnasium's, for Stable-Baselines3.",
    "ludus.explain": "What decided: heat maps, attributions, attention.",
    "ludus.training": "The machinery of `ludus fit`, for tasks of one's own.",
    "ludus.envs.frames": "Labelled frames of an environment as a data set.",
    "ludus.envs.names": "Names and units of what an environment observes.",
    "ludus.envs.engine.simulation": "The declaration of an environment.",
    "ludus.envs.engine.kernels": "What kernels may call: random numbers, arrays.",
    "ludus.envs.engine.drawing": "What kernels draw with.",
    "ludus.envs.engine.math": "Sines, powers and angles with the same bits on every machine.",
}


def write_api(folder: Path) -> None:
    """A page for each public module in ``folder``, and one that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PUBLIC:
        write_atomically(folder / f"{name}.md", module_page(name).encode())
    lines = [f"| [`{name}`]({name}.md) | {what} |" for name, what in PUBLIC.items()]
    intro = "These names are kept from version to version; all else may change."
    contents = "```{toctree}\n:hidden:\n\n" + "\n".join(PUBLIC) + "\n```"
    parts = ["# Python API", intro, "\n".join(["| module | |", "|---|---|", *lines]), contents]
    write_atomically(folder / "index.md", ("\n\n".join(parts) + "\n").encode())


def module_page(name: str) -> str:
    """The page of one public module in Markdown."""
    module = importlib.import_module(name)
    rows = [_directive(name, public, getattr(module, public)) for public in public_names(module)]
    return "\n\n".join([f"# {name}", PUBLIC[name], "```{eval-rst}\n" + "\n".join(rows) + "\n```"]) + "\n"


def public_names(module: ModuleType) -> list[str]:
    """Those of ``__all__``; of a module without it, the functions and classes that it defines itself."""
    declared = getattr(module, "__all__", None)
    if declared is not None:
        return list(declared)
    found = []
    for name, value in vars(module).items():
        function = getattr(value, "py_func", value)  # of a kernel
        is_code = inspect.isfunction(function) or inspect.isclass(function)
        if not name.startswith("_") and is_code and function.__module__ == module.__name__:
            found.append(name)
    return found


def _directive(module: str, name: str, value: Any) -> str:
    if hasattr(value, "py_func"):  # a kernel, in which autodoc sees no function
        function = value.py_func
        body = "\n".join(f"   {line}" for line in (inspect.getdoc(function) or "").splitlines())
        return f".. py:function:: {module}.{name}{inspect.signature(function)}\n\n{body}\n"
    if inspect.isclass(value):
        return f".. autoclass:: {module}.{name}\n   :members:\n   :exclude-members: __init__, __new__\n"
    if callable(value):
        return f".. autofunction:: {module}.{name}\n"
    return f".. py:data:: {module}.{name}\n   :type: {type(value).__name__}\n"
