"""A mutation hunt: the changes of an environment's rules, tried one by one, and what its tests have noticed so far."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import ENVIRONMENTS
from ..engine.simulation import load
from ..ids import find_spec, is_ludus
from .mutation import Mutant, find_mutants, rules_of, siblings_of
from .mutation_results import append_outcome, read_outcomes
from .mutation_workshop import INVALID, SURVIVED, Outcome, Workshop, depth_of

# Where a rule's change shows first; after the environment's own file only those of their tests that name it.
TESTS = ("fuzz", "heuristics", "parameters", "trajectories", "snapshot")


@dataclass
class Hunt:
    """The mutants of one environment and what is known of them.

    Attributes:
        module: What the environment is imported as; ``file`` is its own, relative to ``root``, the repository.
        tests: The arguments of pytest that name the tests, the quickest first.
        mutants: In the order in which they are tried.
        path: The CSV.
        known: What the tests said, by the key of the mutant.
    """

    module: str
    root: Path
    file: Path
    tests: list[str]
    mutants: list[Mutant]
    path: Path
    known: dict[tuple, Outcome]

    @property
    def valid(self) -> int:
        """How many are known that compile."""
        return sum(outcome.status != INVALID for outcome in self.known.values())

    def done(self, goal: int) -> int:
        """How far it is on the way to ``goal``."""
        return len(self.known) if goal == len(self.mutants) else self.valid

    def run(
        self,
        goal: int,
        begin: Callable[[Mutant], None] = lambda mutant: None,
        tell: Callable[[Mutant, Outcome], None] = lambda mutant, outcome: None,
    ) -> None:
        """Try the mutants in turn until ``goal`` of them are known that compile.

        Args:
            begin: Called before each, once the tests have passed without any change.
            tell: Called with what the tests said to it; then it stands in the CSV.

        Raises:
            RuntimeError: the tests fail without any change.
        """
        shop, limit = None, 600.0
        with tempfile.TemporaryDirectory() as folder:
            for mutant in self.mutants:
                if self.valid >= goal:
                    break
                if mutant.key in self.known:
                    continue
                if shop is None:
                    shop = Workshop(self.root, self.file, Path(folder), self.tests, self.module)
                    sound = shop.try_mutant(None, limit)
                    if sound.status != SURVIVED:
                        raise RuntimeError(f"the tests fail without any change: {sound.by or 'they do not compile'}")
                    # An endless loop must not be taken for one on a machine that is busy with other things.
                    limit = 60.0 + 5.0 * sound.seconds
                begin(mutant)
                self.known[mutant.key] = outcome = shop.try_mutant(mutant, limit)
                append_outcome(self.path, mutant, outcome)
                tell(mutant, outcome)

    def sort_results(self) -> None:
        """Bring the CSV into the order of the lines in the source."""
        read_outcomes(self.path, [mutant for mutant in self.mutants if mutant.key in self.known])

    def count(self) -> Counter[str]:
        """How many were caught, survived, and did not compile."""
        return Counter(outcome.status for outcome in self.known.values())

    def survivors(self) -> list[Mutant]:
        """In the order of the source."""
        found = [m for m in self.mutants if m.key in self.known and self.known[m.key].status == SURVIVED]
        return sorted(found, key=lambda mutant: mutant.order)


def repository_of(id: str) -> Path:
    """The repository of an environment of Ludus' kind, with the tests of its own.

    Raises:
        ValueError: the environment is of another kind, or lies in none.
    """
    file, module = _source_of(id)
    name = module.rpartition(".")[2]
    for folder in file.parents:
        if tests_named(f"{name}.py", folder) and depth_of(file.relative_to(folder), module) >= -1:
            return folder
    raise ValueError(f"mutate needs a clone of the repository with tests/test_{name}.py; {file.parent} is in none")


def open_hunt(id: str, out: Path, retry: bool = False) -> Hunt:
    """The hunt in an environment, as far as the CSV in the folder ``out`` knows it.

    Args:
        retry: Try those again that survived.

    Raises:
        ValueError: as ``repository_of``.
    """
    root, (file, module) = repository_of(id), _source_of(id)
    name = module.rpartition(".")[2]
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    mutants = find_mutants(file.read_text("utf-8"), rules_of(load(module)[1], file), siblings_of(file), package)
    random.Random(0).shuffle(mutants)
    tests = [test for each in (name, *more_tests(name, root), *TESTS) for test in tests_named(f"{each}.py", root)]
    path = out / f"mutation-{name}.csv"
    known = read_outcomes(path, mutants, retry)
    return Hunt(module, root, file.relative_to(root), [*tests, "-k", name], mutants, path, known)


def _source_of(id: str) -> tuple[Path, str]:
    """The file of an environment, and the module that it is imported as."""
    spec = find_spec(id)
    if not is_ludus(spec):
        raise ValueError(f"{id} is not an environment of Ludus; `ludus envs` lists those that can be mutated")
    module = spec.kwargs["module"]
    return Path(load(module)[0].__file__ or "").resolve(), module


def tests_named(name: str, root: Path) -> list[str]:
    """The files ``test_NAME`` anywhere below ``root``/tests, relative to ``root``; ``name`` may be a pattern."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "tests").rglob(f"test_{name}"))


def more_tests(name: str, root: Path) -> list[str]:
    """The further tests of the environment file ``name``: NAME_PART of each test_NAME_PART.py.

    A file that is named after another environment (``mountain_car_continuous``) is that one's.
    """
    stems = [module.rpartition(".")[2] for module, _ in ENVIRONMENTS.values()]
    longer = tuple(stem for stem in stems if stem.startswith(f"{name}_"))
    parts = [Path(test).stem.removeprefix("test_") for test in tests_named(f"{name}_*.py", root)]
    return [part for part in parts if not part.startswith(longer)] if longer else parts
