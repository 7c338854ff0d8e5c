"""The report of a benchmark: tables for a terminal, files for later, and the machine that it was measured on."""

import csv
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich import box
from rich.table import Table

from .race import OURS, Row


def tables(rows: Sequence[Row]) -> list[Table]:
    """A table per kind of work, a line per side."""
    shown: dict[str, Table] = {}
    for row in rows:
        if row.work not in shown:
            shown[row.work] = Table(box=box.SIMPLE_HEAD, title=f"{row.work}: {row.unit}", title_justify="left")
            for column in ("envs", "side", "median", "slowest … fastest", "Ludus is", "must be"):  # 80 characters wide
                shown[row.work].add_column(column, justify="left" if column in ("side", "must be") else "right")
        shown[row.work].add_row(
            f"{row.num_envs:,}" if row.side == OURS and row.num_envs else "",
            row.side,
            number(row.value),
            f"{number(row.lowest)} … {number(row.highest)}",
            "" if row.ratio is None else f"{row.ratio:.1f} x",
            row.target,
        )
    return list(shown.values())


def number(value: float) -> str:
    """Three digits: 0.612, 84.9, 22.7 k, 18.7 M."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def write_results(path: Path, rows: Sequence[tuple[str, Row]], about: dict[str, str]) -> None:
    """The rows as CSV (machine and versions in columns of their own) or JSON, by the file's ending."""
    lines = [{"section": name, **asdict(row)} for name, row in rows]
    if path.suffix == ".json":
        path.write_text(json.dumps({"machine": about, "rows": lines}, indent=1) + "\n", "utf-8")
        return
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["section", *(field.name for field in fields(Row)), *about])
        writer.writeheader()
        writer.writerows({**line, **about} for line in lines)


def machine() -> dict[str, str]:
    """What the figures were measured on: processor, cores, system, versions."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    found = {"processor": model, "cores": str(os.cpu_count()), "system": platform.platform()}
    found["python"] = platform.python_version()
    for name in ("ludus", "gymnasium", "numba", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a source tree that was never installed
            found[name] = "not installed"
    return found
