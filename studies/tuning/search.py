"""A search: its folder, and what is kept there.

OUT/
    tune.yaml       what is searched, and how
    default.yaml    the recipe without a search; of an agent default/config.yaml
    trials.db       the trials (SQLite, Optuna's)
    trials/0007…    their trainings, with TensorBoard's curves
    history.png, importance.png, and the same in TensorBoard
    winner.yaml     a recipe for `ludus fit --recipe`, or a preset for `ludus train --preset`
    test.csv        what the winner and the default came to on the test
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...training import folders
from ...training.settings import read_settings, write_settings
from ...utils.command_line import named_object
from ...utils.files import quote
from ...utils.untrusted import is_whole
from ...utils.wording import did_you_mean, in_line, in_one_line
from . import space as spaces
from .agents import AgentSubject
from .fits import FitSubject
from .space import Space
from .storage import import_optuna
from .subject import Subject
from .trials import Trials

SETTINGS, FORMAT = "tune.yaml", 1
REMEDY = "restore it, or begin a new search with another --out"
Tasks = Mapping[str, tuple[str, str]]  # of `ludus fit`: name -> (module, what it is for)


class Search:
    """A search in its folder. ``start`` makes a new one or finds it again, ``open`` one that is there."""

    def __init__(self, folder: Path, subject: Subject, space: Space, seed: int, prune: bool) -> None:
        self.folder, self.subject, self.space, self.seed, self.prune = folder, subject, space, seed, prune

    @classmethod
    def start(cls, folder: Path, subject: Subject, texts: Mapping[str, Any], seed: int, prune: bool) -> "Search":
        """A new search, or the one that ``folder`` holds, if it is the same.

        Args:
            texts: What is searched, as it is typed; empty for what the subject deserves.

        Raises:
            ValueError: a setting that there is none of; a range that is empty, or has values that cannot be; the
                folder holds another search, or something else.
        """
        import_optuna()  # or nothing is written
        space = space_of(subject, texts)
        search = cls(folder, subject, space, seed, prune)
        if (folder / SETTINGS).exists():
            search._check_same()
            return search
        folders.check_free(folder, "--out")

        def write() -> None:
            subject.write(folder)
            write_settings(folder / SETTINGS, FORMAT, search._content())

        folders.begin(folder, "--out", write)
        return search

    def _content(self) -> dict[str, Any]:
        command, _, rest = self.subject.command.partition(" ")
        task = {"task": rest} if command == "fit" else {}
        return {
            "command": command,
            **task,
            "figure": self.subject.aim.figure,
            "rises": self.subject.aim.rises,
            "seed": self.seed,
            "prune": self.prune,
            "search": spaces.plain(self.space),
        }

    def _check_same(self) -> None:
        before, now = read_settings(self.folder / SETTINGS, FORMAT, "the settings of a search", REMEDY), self._content()
        other = "; ".join(
            f"its {key} is {in_line(before.get(key), 120)}, not {in_line(now[key], 120)}"
            for key in now
            if before.get(key) != now[key]
        )
        other = other or self.subject.differs(self.folder)
        if other:
            raise ValueError(
                f"{self.folder} holds another search: {other}; choose another --out, or go on with that one: ludus "
                f"tune resume {quote(self.folder)}"
            )

    @classmethod
    def open(cls, folder: Path, tasks: Tasks) -> "Search":
        """The search in ``folder``.

        Raises:
            FileNotFoundError: there is none.
            ValueError: its files are damaged, or of another version.
        """
        path = folder / SETTINGS
        try:
            content = read_settings(path, FORMAT, "the settings of a search", REMEDY)
        except FileNotFoundError:
            raise FileNotFoundError(
                f"{folder} holds no search; begin one: ludus tune fit TASK, ludus tune train ENV"
            ) from None
        command, task, texts = content.get("command"), content.get("task"), content.get("search")
        subject: Subject
        if command == "train":
            subject = AgentSubject.read(folder)
        elif command == "fit" and isinstance(task, str):
            if task not in tasks:
                raise ValueError(
                    f"{path} names an unknown task {in_line(task, 60)!r}{did_you_mean(task, tasks)}; {REMEDY}"
                )
            subject = FitSubject.read(named_object(tasks[task][0]).fit_class(), folder)
        else:
            raise ValueError(f"{path} does not say what is searched; {REMEDY}")
        seed: Any = content.get("seed")
        prune = content.get("prune")
        if not is_whole(seed, 0, 2**63 - 1) or not isinstance(prune, bool) or not isinstance(texts, dict) or not texts:
            raise ValueError(f"{path} lacks seed, prune or search, or they are damaged; {REMEDY}")
        try:
            return cls(folder, subject, space_of(subject, texts), seed, prune)
        except Exception as fault:  # whatever a recipe raises at values that nobody ever gave it
            raise ValueError(f"{path} cannot be used: {in_one_line(fault)}; {REMEDY}") from None

    def trials(self) -> Trials:
        """The storage; errors as of ``Trials``."""
        return Trials(self.folder, self.space, self.subject.aim.rises, self.seed, self.subject.rounds, self.prune)

    def default(self) -> dict[str, Any]:
        """The values of all that is searched, without a search."""
        values = {name: self.subject.default(name) for name in self.space}
        with contextlib.suppress(ValueError):  # as a trial has them, if it can be one
            return {name: part.sampled(part.label(values[name])) for name, part in self.space.items()}
        return values

    def default_is_in_space(self) -> bool:
        """Whether the default can be one of the trials."""
        try:
            return all(part.label(self.subject.default(name)) is not None for name, part in self.space.items())
        except ValueError:
            return False


def space_of(subject: Subject, texts: Mapping[str, Any]) -> Space:
    """The space that is typed, or the subject's own; ``ValueError`` for what there is none of, or what cannot be."""
    own = not texts
    texts = texts or subject.searched
    if not texts:
        raise ValueError(
            f"ludus {subject.command} has no ranges of its own; say what is searched: --search NAME=LOW..HIGH"
        )
    if len(texts) > spaces.MOST_SETTINGS:
        raise ValueError(f"at most {spaces.MOST_SETTINGS} settings can be searched, got {len(texts)}")
    space = {}
    for name, text in texts.items():
        part = spaces.parse(name, text, subject.default(name))
        if own:
            part = spaces.widened(part, subject.default(name))
        for end in part.ends:
            try:
                subject.check(name, end)
            except (ValueError, TypeError) as fault:
                raise ValueError(f"--search {name}: {spaces.text_of(end)} cannot be: {in_one_line(fault)}") from None
        space[name] = part
    return space
