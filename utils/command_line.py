"""Command lines: parsed into a dataclass, with errors of one line, and the options that several commands share."""

import contextlib
import importlib
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields, replace
from itertools import groupby, takewhile
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import tyro

from .help_text import help_text
from .untrusted import parse_yaml
from .whole_numbers import seeds_in, whole_number

# For the commands that open what was made with a third party's environment: a run, a recording, a training.
Imports = Annotated[
    tyro.conf.UseAppendAction[tuple[str, ...]],
    tyro.conf.arg(
        name="import",
        help="MODULE: import it first, because it registers the environment; a file that names it is no reason to. "
        "Found in the folder one stands in, too.",
    ),
]


UNSET = "None"
CONFIG = (tyro.conf.DisallowNone, tyro.conf.PositionalMetavarFromFieldName)
# One seed, or several with commas between them.
SeedList = Annotated[
    tuple[int, ...],
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="N[,N…]",
        instance_from_str=lambda texts: seeds_in(texts[0]),
        is_instance=lambda value: isinstance(value, tuple),
        str_from_instance=lambda value: [",".join(map(str, value))],
    ),
]
# Whole numbers as people type them (1e6, 1_000_000, 1M), wherever a command takes one.
NUMBERS = tyro.constructors.ConstructorRegistry()


@NUMBERS.primitive_rule
def _whole(info: tyro.constructors.PrimitiveTypeInfo) -> tyro.constructors.PrimitiveConstructorSpec[int] | None:
    if info.type is not int:
        return None
    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="N",
        instance_from_str=lambda texts: whole_number(texts[0]),
        is_instance=lambda value: isinstance(value, int),
        str_from_instance=lambda value: [f"{value:,}"],
    )


@NUMBERS.primitive_rule
def _optional(info: tyro.constructors.PrimitiveTypeInfo) -> Any:
    """An option without a value of its own is one of its type: nobody types a None."""
    kinds = [kind for kind in get_args(info.type) if kind is not type(None)]
    if get_origin(info.type) not in (Union, UnionType) or len(kinds) != 1:
        return None
    inner = tyro.constructors.PrimitiveTypeInfo.make(kinds[0], info.markers)
    spec = tyro.constructors.ConstructorRegistry.get_primitive_spec(inner)
    if not isinstance(spec, tyro.constructors.PrimitiveConstructorSpec):
        return spec
    told = spec.str_from_instance
    return replace(
        spec,
        is_instance=lambda value: value is None or spec.is_instance(value),
        str_from_instance=lambda value: [UNSET] if value is None else told(value),
    )


def parse(command: type, name: str, description: str, arguments: list[str]) -> Any:
    """Command line -> dataclass; ``--help`` shows the description and a line per field.

    Raises:
        SystemExit: 0 after the help; 2 for a command line that does not fit, which one line on standard error explains.
    """
    prog, said = f"ludus {name}", io.StringIO()
    refuse_spaces(command, prog, arguments)
    shown = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)  # whatever letters the terminal has
    asks_help = bool({"-h", "--help"} & set(arguments))
    try:
        with redirect_stderr(io.StringIO()), redirect_stdout(shown), NUMBERS, _wide(asks_help):
            return tyro.cli(command, prog=prog, description=description, args=arguments, config=CONFIG)
    except SystemExit as end:
        if not end.code:
            text = shown.buffer.getvalue().decode()  # type: ignore[attr-defined]
            print(help_text(text, UNSET) if asks_help else text)  # a shell's script of completions stays as it is
            raise
    try:  # again, for a box whose lines are not broken
        with redirect_stderr(said), NUMBERS, _wide(True):
            tyro.cli(command, prog=prog, description=description, args=arguments, config=CONFIG)
    except SystemExit:
        print(f"ludus: {unboxed(said.getvalue())}; see {prog} --help", file=sys.stderr)
        raise SystemExit(2) from None
    raise AssertionError("a command line that fits at one width only")


def refuse_spaces(command: type, prog: str, arguments: Sequence[str]) -> None:
    """``SystemExit`` (2), after a line that says how, where several seeds stand with spaces between them."""
    for name in (field.name for field in fields(command) if field.type is SeedList):
        option = f"--{name.replace('_', '-')}"
        after = list(arguments[arguments.index(option) + 1 :]) if option in arguments else []
        seeds = list(takewhile(re.compile(r"\d[\d_]*,?").fullmatch, after))
        if len(seeds) > 1:
            meant = ",".join(seed.rstrip(",") for seed in seeds)
            given = " ".join(seeds)
            print(
                f"ludus: several seeds have commas between them, no spaces: {option} {meant}, got {option} {given}; "
                f"see {prog} --help",
                file=sys.stderr,
            )
            raise SystemExit(2)


@contextlib.contextmanager
def _wide(asked: bool) -> Iterator[None]:
    """A block in which tyro breaks no line, if that is ``asked`` for."""
    before = os.environ.get("COLUMNS")
    try:
        if asked:
            os.environ["COLUMNS"] = "10000"
        yield
    finally:
        if before is not None:
            os.environ["COLUMNS"] = before
        elif asked:
            del os.environ["COLUMNS"]


def unboxed(box: str) -> str:
    """What a box of tyro's about an error says, in one line: its first paragraph and the option that may be meant."""
    _, *lines = (line.strip("│ ") for line in box.splitlines())  # after the title
    parts = [" ".join(part) for rule, part in groupby(lines, lambda line: not line.strip("─-╰╯")) if not rule]
    said = parts[0].removesuffix(" (required)").rstrip(".")
    near = re.search(r"(?:Perhaps you meant|Arguments similar to [^:]*): (--[\w-]+)", " ".join(parts))
    return said[:1].lower() + said[1:] + (f"; did you mean {near[1]}?" if near else "")


def check_output(option: str, path: str | Path, suffix: str) -> None:
    """``ValueError`` unless an ``option`` names a file that ends in ``suffix`` and can be written where it is to be."""
    place = Path(path)
    if place.suffix.lower() != suffix or not place.absolute().parent.is_dir() or place.is_dir():
        raise ValueError(f"{option} is a {suffix} file in a folder that exists, got {path}")


def named_object(place: str) -> Any:
    """``module``, or ``name`` of ``module:name``: what a table of ours names. Nothing from a file is such a place."""
    module, _, name = place.partition(":")
    found = importlib.import_module(module)
    return getattr(found, name) if name else found


def key_values(pairs: Sequence[str], flag: str) -> dict[str, Any]:
    """``("size=8", "randomize={gravity: [8, 12]}")`` as a dict; the values are YAML.

    Raises:
        ValueError: an entry without "=", or a value that is no YAML.
    """
    result = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ValueError(f"{flag} takes key=value, got {pair!r}")
        try:
            result[key] = _number(parse_yaml(value))
        except ValueError:
            raise ValueError(
                f"{flag} {key}: cannot read the value {value!r}; expected a number, text, [list] or {{map}}"
            ) from None
    return result


def _number(value: Any) -> Any:
    # YAML 1.1 reads 1e-3 and 1e6 as texts; a person means the numbers, of which the latter may be asked for as a whole.
    if isinstance(value, str):
        for read in (whole_number, float) if value[-1:].isdigit() else (float,):
            with contextlib.suppress(ValueError):
                return read(value)
    return value


def output_folder(path: Path) -> Path:
    """The folder of ``--out``, made if need be; ``OSError`` in one line if it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        why = "it is a file" if path.is_file() else fault.strerror
        raise OSError(f"--out {path} cannot be made: {why}; choose another folder") from None
    if not os.access(path, os.W_OK):
        raise OSError(f"--out {path} cannot be written; choose another folder")
    return path
