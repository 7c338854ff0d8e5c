"""A copy of the source in which mutants of an environment's rules are tried, and the verdict of the tests on each.

The working tree is never touched. If a change that alters the rules passes the tests, a test is missing.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .mutation import Mutant

CAUGHT, SURVIVED, INVALID = "caught", "survived", "invalid"
NOT_COMPILED = re.compile(r"TypingError|LoweringError|UnsupportedError|ERROR collecting|error during collection")
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) \S*?(tests/\S+?::[^\s\[]+(?:\[.*?\])?)(?: - |$)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What the tests said: ``caught``, ``survived``, or ``invalid`` if the mutant does not even compile."""

    status: str
    by: str  # the first test that failed, "time limit", or the signal that killed the interpreter
    seconds: float


def depth_of(file: Path, module: str) -> int:
    """How many folders of the path ``file`` stand above the outermost package of ``module``; -1: it is the root's."""
    parts = file.parent.parts if file.name == "__init__.py" else file.parts
    return len(parts) - len(module.split("."))


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
