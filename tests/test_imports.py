"""Who imports whom, and when: the arrows between the packages, heavy libraries, unsafe loaders. All read by `ast`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from house import ROOT, SOURCES, module_of

# The arrows of the house: who may import whom. A package may always import itself.
FLOOR = {"utils", "data", "components"}  # what all stand on
ARROWS = {
    "utils": set(),
    "data": {"utils"},
    "components": {"utils"},
    "training": {"utils", "components"},
    "envs": FLOOR,
    "explain": {"utils", "components"},
    # What fills a slot and who acts are both known to agents alone: there `explain` learns what there is to explain.
    "agents": FLOOR | {"training", "envs", "explain"},
    # An environment's pictures are a data set, too; none of the three knows another, or an agent.
    "vision": FLOOR | {"training", "envs", "explain"},
    "nlp": FLOOR | {"training", "envs", "explain"},
    "forecasting": FLOOR | {"training", "envs", "explain"},
    "studies": FLOOR | {"training", "envs", "explain", "agents", "vision", "nlp", "forecasting"},
    "benchmarks": FLOOR | {"training", "envs", "explain", "agents", "vision", "nlp", "forecasting"},
}
ARROWS["scripts"] = set(ARROWS)
# The rooms of envs/: environment files (games, robotics, automation) know the engine, and items that several show.
ROOMS = {
    "rendering": set(),
    "engine": {"rendering"},
    "games": {"engine"},
    "items": {"engine"},
    "robotics": {"engine", "items"},
    "automation": {"engine", "items"},
    "human": {"engine", "rendering"},
    "checks": {"engine"},
}
HEAVY = {"torch", "pygame", "stable_baselines3", "tensorboard"}
SHOWS = {"envs/rendering/window.py"}  # imported only when a window opens
UNSAFE = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def imports(file: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The line and the full dotted name of every module that ``file`` imports, those below ``ludus`` included."""
    package = ("ludus", *file.relative_to(ROOT).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            yield from ((node.lineno, ".".join((*module, alias.name))) for alias in node.names)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_between_packages_follow_the_arrows(file):
    house = module_of(file)[0] if module_of(file) else ""
    if house == "__main__":
        house = "scripts"
    allowed = ARROWS[house] | {house} if house else {"envs", "agents", "utils"}
    for line, name in imports(file, ast.parse(file.read_text())):
        top, *rest = name.split(".")
        if top == "ludus" and rest and rest[0] in ARROWS:
            assert rest[0] in allowed, f"{file}:{line}: {house or 'the root'} must not import {name}"


ENVS = [file for file in SOURCES if module_of(file)[:1] == ("envs",) and len(module_of(file)) > 2]


@pytest.mark.parametrize("file", ENVS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_between_the_rooms_of_envs_follow_the_arrows(file):
    room = module_of(file)[1]
    for line, name in imports(file, ast.parse(file.read_text())):
        house = name.split(".")
        if house[:2] == ["ludus", "envs"] and len(house) > 2 and house[2] in ROOMS:
            assert house[2] in ROOMS[room] | {room}, f"{file}:{line}: envs/{room} must not import {name}"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_imports_inside_the_package_are_relative(file):
    absolute = [
        node.lineno
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "ludus" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "ludus")
    ]
    if module_of(file)[:1] != ("scripts",):  # a script can be run as a file, where relative imports do not exist
        assert not absolute, f"{file}: lines {absolute} import ludus by its name; use a relative import"


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are executed when a module is imported: not the bodies of functions, not TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from run_at_import(child)


@pytest.mark.parametrize("file", [f for f in SOURCES if module_of(f)[:1] == ("envs",)], ids=lambda file: file.name)
def test_environments_import_no_heavy_library_at_module_level(file):
    module = ast.Module([n for n in run_at_import(ast.parse(file.read_text())) if isinstance(n, ast.stmt)], [])
    allowed = {"pygame"} if file.relative_to(ROOT).as_posix() in SHOWS else set()
    for statement in module.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            for line, name in imports(file, ast.Module([statement], [])):
                assert name.split(".")[0] not in HEAVY - allowed, f"{file}:{line}: import {name} where it is needed"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_text_files_are_utf_8_whatever_the_locale_is(file):
    """``read_text``, ``write_text`` and ``open`` say so, unless they are for bytes."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            keywords = {word.arg: ast.unparse(word.value) for word in node.keywords}
            texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if name.endswith((".read_text", ".write_text")):
                assert "utf-8" in texts or "encoding" in keywords, f"{file}:{node.lineno}: which encoding?"
            elif name == "open" or (name.endswith(".open") and texts and set(texts[0]) <= set("rwax+bt")):
                binary = any("b" in text for text in texts if set(text) <= set("rwax+bt"))
                assert binary or "encoding" in keywords, f"{file}:{node.lineno}: which encoding?"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_pickle_is_ever_loaded(file):
    tree = ast.parse(file.read_text())
    for line, name in imports(file, tree):
        assert name.split(".")[0] not in UNSAFE, f"{file}:{line}: {name} runs code that it reads"
        assert name not in ("torch.load", "torch.jit.load"), f"{file}:{line}: use safetensors instead of {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("torch.load", "torch.jit.load", "th.load"), f"{file}:{node.lineno}: use safetensors"
            assert not any(word.arg == "allow_pickle" for word in node.keywords), f"{file}:{node.lineno}: allow_pickle"
