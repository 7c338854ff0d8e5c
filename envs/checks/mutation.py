"""Mutants of an environment's rules: where its kernels can be changed, and what the tests say to each change.

A mutant is the environment's file, or a module beside it that holds a part of its rules, with one comparison, operator,
number or negation replaced. It is tried in a copy of the whole source, so the working tree is never touched. If a
change that alters the rules passes the tests, a test is missing.
"""

import ast
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

RULES = ("reset", "step", "observe", "mask")  # the kernels whose changes the tests must notice
SWAPS = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.And: "or", ast.Or: "and",
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "%", ast.Mod: "//",
}  # fmt: skip
SYMBOLS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.And: "and", ast.Or: "or",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip
CAUGHT, SURVIVED, INVALID = "caught", "survived", "invalid"
NOT_COMPILED = re.compile(r"TypingError|LoweringError|UnsupportedError|ERROR collecting|error during collection")
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) \S*?(tests/\S+?::[^\s\[]+(?:\[.*?\])?)(?: - |$)", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One change of a text: the bytes ``start`` … ``end`` become others."""

    place: str  # the function or constant in which it lies; of a module beside the environment's file: MODULE.NAME
    digest: str  # of that function's code: an edit elsewhere in the file leaves it
    number: int  # among the mutants of its place
    line: int
    start: int
    end: int
    was: str
    becomes: str

    @property
    def key(self) -> tuple[str, str, int]:
        return self.place, self.digest, self.number

    @property
    def module(self) -> str:
        """The module beside the environment's file in which it lies; "" for that file itself."""
        return self.place.rpartition(".")[0]

    @property
    def order(self) -> tuple[str, int]:
        """Where it stands: the environment's file first, from the top."""
        return self.module, self.start

    def apply(self, source: str) -> str:
        data = source.encode()
        return (data[: self.start] + self.becomes.encode() + data[self.end :]).decode()


def find_mutants(
    source: str, kernels: tuple[str, ...] = RULES, siblings: Mapping[str, str] = MappingProxyType({})
) -> list[Mutant]:
    """All mutants of ``kernels``, of the functions that they call, and of the constants that these read.

    Those lie in the environment's file, whose text is ``source``, or in a module beside it that holds a part of its
    rules: ``siblings`` has the texts of these modules by their names.
    """
    modules = {name: _Module(text) for name, text in {"": source, **siblings}.items()}
    reached: dict[tuple[str, str], ast.stmt] = {}
    queue = [("", name) for name in kernels if name in modules[""].definitions]
    while queue:
        module, name = queue.pop(0)
        node = modules[module].definitions[name]
        if node in reached.values():
            continue
        reached[module, name] = node
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        for name in sorted(names):
            found = modules[module].imported.get(name, (module, name))
            if found[0] in modules and found[1] in modules[found[0]].definitions:
                queue.append(found)
    mutants = []
    for (module, name), node in reached.items():
        text = modules[module].text
        place = f"{module}.{name}" if module else name
        digest = hashlib.sha256(ast.unparse(node).encode()).hexdigest()[:8]
        changes = sorted(_changes(node, text), key=lambda change: change[:2])
        for number, (start, end, becomes) in enumerate(changes):
            data = text.encode()
            was, line = data[start:end].decode(), data[:start].count(b"\n") + 1
            mutants.append(Mutant(place, digest, number, line, start, end, was, becomes))
    return sorted(mutants, key=lambda mutant: mutant.order)


class _Module:
    """The functions and constants of a text, and what it has from modules beside it."""

    def __init__(self, text: str) -> None:
        self.text, tree = text, ast.parse(text)
        self.definitions: dict[str, ast.stmt] = {}
        self.imported: dict[str, tuple[str, str]] = {}  # name here -> module, name there
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.definitions[node.name] = node
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    names = (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
                    self.definitions.update(dict.fromkeys(names, node))
            elif isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                self.imported.update({alias.asname or alias.name: (node.module, alias.name) for alias in node.names})


def _changes(node: ast.AST, source: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, new text) of every change inside ``node``, in bytes of ``source``."""
    data = source.encode()
    begins = [0]
    for text in data.splitlines(keepends=True):
        begins.append(begins[-1] + len(text))

    def start(part: ast.expr) -> int:
        return begins[part.lineno - 1] + part.col_offset

    def end(part: ast.expr) -> int:
        return begins[(part.end_lineno or 0) - 1] + (part.end_col_offset or 0)

    def operator(kind: type, left: int, right: int, suffix: str = "") -> Iterator[tuple[int, int, str]]:
        if kind in SWAPS:
            at = data.index((SYMBOLS[kind] + suffix).encode(), left, right)
            yield at, at + len(SYMBOLS[kind]), SWAPS[kind]

    types = {id(part) for annotation in _annotations(node) for part in ast.walk(annotation)}  # no rule stands in them
    for part in ast.walk(node):
        if id(part) in types:
            continue
        if isinstance(part, ast.Compare):
            sides = [part.left, *part.comparators]
            for kind, left, right in zip(part.ops, sides, sides[1:], strict=False):
                yield from operator(type(kind), end(left), start(right))
        elif isinstance(part, ast.BoolOp):
            for left, right in zip(part.values, part.values[1:], strict=False):
                yield from operator(type(part.op), end(left), start(right))
        elif isinstance(part, ast.BinOp):
            yield from operator(type(part.op), end(part.left), start(part.right))
        elif isinstance(part, ast.AugAssign):
            yield from operator(type(part.op), end(part.target), start(part.value), suffix="=")
        elif isinstance(part, ast.UnaryOp) and isinstance(part.op, (ast.USub, ast.Not)):
            sign = "not" if isinstance(part.op, ast.Not) else "-"
            yield start(part), start(part) + len(sign), ""
        elif isinstance(part, ast.Constant):
            yield from ((start(part), end(part), text) for text in _other_values(part.value))


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    for part in ast.walk(node):
        for field in ("annotation", "returns"):
            if (annotation := getattr(part, field, None)) is not None:
                yield annotation


def _other_values(value: object) -> list[str]:
    """What may stand in the place of a number or a truth; never the same value, which would be the same program."""
    if isinstance(value, bool):
        return [str(not value)]
    if not isinstance(value, (int, float)):
        return []
    others = [value + 1]
    if value == 1:
        others.append(value - 1)
    if isinstance(value, float) and value != 0.0:
        others.append(-value)
    # 1e30 + 1 is 1e30.
    return [repr(other) if other >= 0 else f"({other!r})" for other in others if other != value]


# --- Trying them -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What the tests said: ``caught``, ``survived``, or ``invalid`` if the mutant does not even compile."""

    status: str
    by: str  # the first test that failed, "time limit", or the signal that killed the interpreter
    seconds: float


def depth_of(file: Path, module: str) -> int:
    """How many folders of the path ``file`` stand above the outermost package of ``module``; -1: it is the root's."""
    return len(file.parts) - len(module.split("."))


class Workshop:
    """A copy of the source in which a file, or a module beside it, is changed and the tests are run.

    Args:
        root: The repository.
        file: The file to change, relative to it.
        folder: An empty folder for the copy and for Numba's machine code.
        tests: The arguments of pytest that name the tests, the quickest first.
        module: What the file is imported as.

    Raises:
        ValueError: the root is no repository of git, which knows what belongs to the source.
    """

    def __init__(self, root: Path, file: Path, folder: Path, tests: list[str], module: str) -> None:
        package, *_ = module.split(".")
        self.copy, self.cache, self.tests = folder / package, folder / "machine-code", tests
        # Where Python has to look for the copy: beside it, if the root is the package itself, as Ludus' is.
        depth = depth_of(file, module)
        self.path = self.copy.parent if depth < 0 else self.copy.joinpath(*file.parts[:depth])
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            names = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
        except (OSError, subprocess.CalledProcessError):
            raise ValueError(f"mutate copies what git knows of a source, and {root} is no repository of git") from None
        for name in filter(None, names):
            if (root / name).is_file():  # not deleted since
                (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(root / name, self.copy / name)
        self.file = self.copy / file
        self.source = self.file.read_text("utf-8")
        self.siblings: dict[Path, str] = {}  # the texts of the files beside it that were changed once

    def try_mutant(self, mutant: Mutant | None, limit: float) -> Outcome:
        """Run the tests on ``mutant`` (``None``: on the file as it is) for at most ``limit`` seconds."""
        for file, text in {self.file: self.source, **self.siblings}.items():
            file.write_text(text, "utf-8")
        if mutant is not None and mutant.module:
            file = self.file.with_name(f"{mutant.module}.py")
            file.write_text(mutant.apply(self.siblings.setdefault(file, file.read_text("utf-8"))), "utf-8")
        elif mutant is not None:
            self.file.write_text(mutant.apply(self.source), "utf-8")
        shutil.rmtree(self.cache, ignore_errors=True)  # machine code of the mutant before
        variables = {
            # Before the installed package.
            "PYTHONPATH": os.pathsep.join(filter(None, (str(self.path), os.environ.get("PYTHONPATH")))),
            "NUMBA_CACHE_DIR": str(self.cache),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", "--tb=short", "-rfE", *self.tests]
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self.copy,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that the tests' own processes end with it
        )
        with process:
            try:
                output, _ = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                return Outcome(CAUGHT, "time limit", time.monotonic() - began)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        return self._judge(process.returncode, output, time.monotonic() - began)

    def _judge(self, code: int, output: str, seconds: float) -> Outcome:
        if code == 0:
            return Outcome(SURVIVED, "", seconds)
        if code < 0:
            return Outcome(CAUGHT, f"crash by {signal.Signals(-code).name}", seconds)
        if NOT_COMPILED.search(output):
            return Outcome(INVALID, "", seconds)
        failure = FIRST_FAILURE.search(output)
        if failure is None or code != 1:  # 2 … 5: pytest itself did not come to run a test
            raise RuntimeError(f"pytest ended with {code}: {' '.join(output.split()[-40:])}")
        return Outcome(CAUGHT, failure[1], seconds)
