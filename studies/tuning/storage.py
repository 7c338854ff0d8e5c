"""The storage of a search: Optuna's study in a SQLite file, made whole and checked before it is used.

The file may be anybody's: what is read of it is compared with what this search keeps there.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...utils.extras import install
from ...utils.untrusted import GIB, open_regular
from ...utils.wording import in_one_line

STUDY = "ludus"  # Optuna's name of it
MOST = GIB  # bytes
WAIT = 60.0  # s for another process that writes
TABLES = ("alembic_version", "version_info", "studies", "trials")  # some of Optuna's


def import_optuna() -> Any:
    """Optuna, silent; ``ImportError`` with the remedy where it is not installed."""
    try:
        import optuna
        import optuna.importance
    except ImportError:
        raise ImportError(f"a search needs Optuna, which is not installed here: {install('tune')}") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def open_study(path: Path, direction: str, pruner: Any) -> Any:
    """Optuna's study in the file, a new one if there is no file.

    Args:
        direction: ``maximize`` or ``minimize`` the figure of a trial.

    Raises:
        ValueError: it is no whole storage of Optuna's, or of a study with the other direction. Others of SQLite,
            SQLAlchemy and Optuna; see ``told``.
    """
    optuna = import_optuna()
    if not os.path.lexists(path):
        for stale in path.parent.glob(f".{path.name}.*.tmp"):  # left behind by a killed process
            stale.unlink()
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        optuna.create_study(storage=_storage(temporary), study_name=STUDY, direction=direction)
        os.replace(temporary, path)
    _check(path)
    study = optuna.load_study(storage=_storage(path), study_name=STUDY, pruner=pruner)
    if study.direction.name.lower() != direction:
        raise ValueError(f"its trials are to {study.direction.name.lower()} a figure")
    return study


@contextmanager
def told(path: Path) -> Iterator[None]:
    """A block that reads or writes the storage: whatever is wrong with it is one line."""
    try:
        yield
    except ImportError:
        raise
    except Exception as fault:  # of SQLite, SQLAlchemy, Alembic and Optuna
        raise ValueError(
            f"{path} cannot be used as the storage of trials: {in_one_line(fault, 120)}; restore it from a copy, or "
            "begin a new search with another --out"
        ) from None


def connect(path: Path) -> sqlite3.Connection:
    """One that waits for its turn."""
    return sqlite3.connect(path, timeout=WAIT, check_same_thread=False)


def _storage(path: Path) -> Any:
    from sqlalchemy.pool import NullPool  # a process that forks, or ends, leaves no connection behind

    # Not by an URL, in which a path may mean something else.
    options = {"creator": lambda: connect(path), "poolclass": NullPool}
    return import_optuna().storages.RDBStorage("sqlite://", options)


def _check(path: Path) -> None:
    """``ValueError`` unless it is a whole SQLite file with tables of Optuna's, and no more than tables."""
    open_regular(path, MOST, writable=True).close()
    connection = connect(path)
    try:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        kinds = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    finally:
        connection.close()
    if said != "ok":
        raise ValueError(said)
    if any(kinds.get(name) != "table" for name in TABLES):
        raise ValueError("it holds no trials of Optuna's")
    if {"view", "trigger"} & set(kinds.values()):  # Optuna makes none: somebody else's words would be run
        raise ValueError("it holds views or triggers")
