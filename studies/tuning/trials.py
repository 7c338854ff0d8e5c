"""The trials of a search in a SQLite file, which several processes share and a kill leaves whole.

Optuna's storage knows nothing of processes: a trial that one was killed in stays "running" for ever, and its heartbeats
need minutes to say so. Here a process holds a lock on a file of each trial that it trains, which the system takes from
it however it ends, and asks for a new trial under a lock that all of them share. So whoever asks next finds the trials
that nobody trains any more, and puts them back: to be gone on with from their checkpoints.
"""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...utils.files import own_folder
from ...utils.untrusted import GIB, open_regular
from ...utils.wording import in_one_line
from .space import Space

FILE, STUDY, PLACES = "trials.db", "ludus", "trials"  # the folder of PLACES has one for each trial
MOST_FILE = GIB  # bytes
WAIT = 60.0  # s for another process that writes
STARTUP = 10  # trials that are sampled evenly, before there is something to learn from
# The attributes of a trial.
PLACE, REFUSED, WHY, WHO = "place", "refused", "why", "who"


@dataclass
class Claimed:
    """A trial that this process trains."""

    trial: Any  # Optuna's
    place: str  # name of its folder
    values: dict[str, Any]  # of the settings
    lock: int = field(repr=False)  # descriptor of the file that is held
    judged: dict[int, float]  # round -> figure, so far

    @property
    def number(self) -> int:
        return int(self.trial.number)


class Trials:
    """See the head of this file.

    Args:
        folder: Of the search; that of each trial is below it.
        rises: Whether more is better.
        seed: Of what is sampled. With one process, a search that was killed samples what one that was not does.
        warmup: Rounds of a trial before it may be pruned; ``None``: it never is.

    Raises:
        ImportError: Optuna is not installed.
        ValueError: the file is damaged, or no storage of trials.
    """

    def __init__(self, folder: Path, space: Space, rises: bool, seed: int, warmup: int | None) -> None:
        self.optuna = import_optuna()
        self.space, self.rises, self.seed = space, rises, seed
        self.path, self.places = folder / FILE, folder / PLACES
        own_folder(self.places).mkdir(parents=True, exist_ok=True)
        self.distributions = {name: part.distribution() for name, part in space.items()}
        pruner = self.optuna.pruners.NopPruner()
        if warmup is not None:
            pruner = self.optuna.pruners.MedianPruner(n_startup_trials=STARTUP // 2, n_warmup_steps=warmup)
        with self.locked("all"), self.whole():
            if self.path.exists():
                _check_file(self.path)
            storage = self.optuna.storages.RDBStorage("sqlite://", {"creator": self._connect, "poolclass": _pool()})
            self.study = self.optuna.create_study(
                storage=storage,
                study_name=STUDY,
                direction="maximize" if rises else "minimize",
                pruner=pruner,
                load_if_exists=True,
            )
            self.study.trials  # noqa: B018  # reads everything once, and fails where it is damaged

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=WAIT, check_same_thread=False)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """A block that reads or writes the storage: what is wrong with the file is one line."""
        try:
            yield
        except (ImportError, KeyboardInterrupt):
            raise
        except Exception as fault:  # of SQLite, SQLAlchemy, Alembic and Optuna
            if not _is_of_storage(fault):
                raise
            raise ValueError(
                f"{self.path} cannot be used as the storage of trials: {in_one_line(fault, 120)}; restore it from a "
                "copy, or begin a new search with another --out (nothing was changed)"
            ) from None

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """A block that one process at a time is in; the others wait."""
        descriptor = self._lock_file(name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _lock_file(self, name: str) -> int:
        return os.open(self.places / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)

    def enqueue(self, values: Mapping[str, Any], who: str) -> None:
        """Values that are to be tried first, under a name, unless there are trials already."""
        with self.locked("all"), self.whole():
            if not self.study.get_trials(deepcopy=False):
                labels = {name: part.label(values[name]) for name, part in self.space.items()}
                self.study.enqueue_trial(labels, {WHO: who})

    def claim(self, wanted: int) -> Claimed | None:
        """The next trial, unless as many as are ``wanted`` have ended or are trained now."""
        states = self.optuna.trial.TrialState
        with self.locked("all"), self.whole():
            for trial in self.study.get_trials(deepcopy=False, states=[states.RUNNING]):
                self._put_back_if_left(trial)
            trials = self.study.get_trials(deepcopy=False)
            if sum(counts(trial) for trial in trials) >= wanted:
                return None
            fresh = sum(PLACE not in trial.user_attrs and self._labels(trial) is not None for trial in trials)
            self.study.sampler = self._sampler(fresh)
            trial = self.study.ask(self.distributions)
            lock = self._lock_file(_name(trial.number))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            values = {name: part.sampled(trial.params[name]) for name, part in self.space.items()}
            place = trial.user_attrs.get(PLACE, _name(trial.number))
            judged = dict(sorted(self._judged(place, trials).items()))
            for step, value in judged.items():
                trial.report(value, step)
            return Claimed(trial, place, values, lock, judged)

    def _sampler(self, fresh: int) -> Any:
        """One for the trial of this number: what it draws does not depend on which process asks, or when it began."""
        digest = hashlib.blake2b(repr((self.seed, fresh)).encode(), digest_size=4).digest()
        return self.optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=int.from_bytes(digest, "little"))

    @staticmethod
    def _judged(place: str, trials: list[Any]) -> dict[int, float]:
        """What those before reported that were put back with this place."""
        found: dict[int, float] = {}
        for trial in trials:
            if place in (trial.user_attrs.get(PLACE), _name(trial.number)):
                found |= trial.intermediate_values
        return found

    def _put_back_if_left(self, trial: Any) -> None:
        lock = self._lock_file(_name(trial.number))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # somebody trains it
            return
        finally:
            os.close(lock)
        self._fail(trial)

    def _fail(self, trial: Any) -> None:
        labels = self._labels(trial)
        if labels is not None:
            kept = {name: trial.user_attrs[name] for name in (WHO,) if name in trial.user_attrs}
            self.study.enqueue_trial(labels, {**kept, PLACE: trial.user_attrs.get(PLACE, _name(trial.number))})
        self.study.tell(trial.number, state=self.optuna.trial.TrialState.FAIL)
        (self.places / f"{_name(trial.number)}.lock").unlink(missing_ok=True)

    def _labels(self, trial: Any) -> dict[str, Any] | None:
        """A trial's settings as Optuna knows them; ``None`` where its process was killed while they were drawn."""
        whole = trial.params.keys() == self.space.keys()
        return trial.params if whole else trial.system_attrs.get("fixed_params")

    # --- How a trial ends ---

    def judge(self, claimed: Claimed, step: int, value: float) -> bool:
        """Note the figure of a round; whether the trial is so far behind the others that it is to be pruned."""
        if step in claimed.judged:  # of a round that was played again after a stop
            return False
        claimed.judged[step] = value
        with self.whole():
            claimed.trial.report(value, step)
            return bool(claimed.trial.should_prune())

    def complete(self, claimed: Claimed, value: float, more: Mapping[str, str]) -> None:
        """It was trained to its end."""
        with self.whole():
            for name, text in more.items():
                claimed.trial.set_user_attr(name, text)
            self.study.tell(claimed.trial, value)
        self._release(claimed)

    def prune(self, claimed: Claimed, why: str) -> None:
        """It was ended before its time: it was behind the others, or its loss was no number any more."""
        with self.whole():
            claimed.trial.set_user_attr(WHY, why)
            self.study.tell(claimed.trial, state=self.optuna.trial.TrialState.PRUNED)
        self._release(claimed)

    def refuse(self, claimed: Claimed, why: str) -> None:
        """Its values do not go together."""
        with self.whole():
            claimed.trial.set_user_attr(REFUSED, True)
            claimed.trial.set_user_attr(WHY, why)
            self.study.tell(claimed.trial, state=self.optuna.trial.TrialState.FAIL)
        self._release(claimed)

    def put_back(self, claimed: Claimed) -> None:
        """It was stopped: whoever asks next goes on with it."""
        with self.locked("all"), self.whole():
            self._fail(self.study.get_trials(deepcopy=False)[claimed.number])
        os.close(claimed.lock)

    def _release(self, claimed: Claimed) -> None:
        (self.places / f"{_name(claimed.number)}.lock").unlink(missing_ok=True)
        os.close(claimed.lock)

    # --- What there is ---

    def all(self) -> list[Any]:
        """Optuna's trials that count: ended, or trained at this moment."""
        with self.whole():
            return [trial for trial in self.study.get_trials(deepcopy=False) if counts(trial)]

    def values_of(self, trial: Any) -> dict[str, Any]:
        """What a trial's settings were."""
        return {name: part.sampled(trial.params[name]) for name, part in self.space.items()}


def counts(trial: Any) -> bool:
    """Whether a trial is one of those that were wanted: not one that was put back, or waits."""
    return trial.state.name in ("COMPLETE", "PRUNED", "RUNNING") or REFUSED in trial.user_attrs


def import_optuna() -> Any:
    """Optuna, silent; ``ImportError`` with the remedy where it is not installed."""
    try:
        import optuna
        import optuna.importance
    except ImportError:
        raise ImportError("a search needs Optuna, which is not installed here: pip install 'ludus[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _pool() -> Any:
    from sqlalchemy.pool import NullPool

    return NullPool  # a process that forks, or ends, leaves no connection behind


def _check_file(path: Path) -> None:
    """``ValueError`` unless it is a whole SQLite file."""
    open_regular(path, MOST_FILE, writable=True).close()
    connection = sqlite3.connect(path, timeout=WAIT)
    try:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    finally:
        connection.close()
    if said != "ok":
        raise sqlite3.DatabaseError(said)


def _is_of_storage(fault: Exception) -> bool:
    return isinstance(fault, sqlite3.Error) or type(fault).__module__.startswith(("sqlalchemy", "alembic", "optuna"))


def _name(number: int) -> str:
    return f"{number:04d}"
