"""The trials of a search in a SQLite file, which several processes share and a kill leaves whole.

Optuna's storage knows nothing of processes: a trial that one was killed in stays "running" for ever, and its heartbeats
need minutes to say so. Here a process holds a lock on a file of each trial that it trains, which the system takes from
it however it ends, and asks for a new trial under a lock that all of them share. So whoever asks next finds the trials
that nobody trains any more, and puts them back: to be gone on with from their checkpoints.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...utils.files import own_folder
from ...utils.locks import lock, open_lock
from ...utils.untrusted import is_whole
from ...utils.wording import in_line
from .space import Space
from .storage import import_optuna, open_study, told

FILE, PLACES = "trials.db", "trials"  # the folder of PLACES has one for each trial
ASKED, MOST_ASKED = "asked", 1_000_000  # what the search as a whole is to come to, in the study's attributes
STARTUP = 10  # trials that are sampled evenly, before there is something to learn from
WARMUP = 4  # a trial may be pruned after one in so many of its rounds
# The attributes of a trial.
PLACE, WHY, WHO = "place", "why", "who"
# How trials end. Optuna calls a refused one failed, as it does those that were put back; these have no WHY.
COMPLETE, PRUNED, REFUSED = "COMPLETE", "PRUNED", "FAIL"


@dataclass
class Claimed:
    """A trial that this process trains."""

    trial: Any  # Optuna's
    place: str  # name of its folder
    values: dict[str, Any]  # of the settings
    lock: int = field(repr=False)  # descriptor of the file that is held

    @property
    def number(self) -> int:
        return int(self.trial.number)


@dataclass(frozen=True)
class Ended:
    """How a trial ended."""

    state: str  # COMPLETE, PRUNED or REFUSED
    value: float | None = None  # the figure, of a complete one
    more: Mapping[str, str] = field(default_factory=dict)  # what else is kept of it, such as why it was pruned


class Trials:
    """See the head of this file.

    Args:
        folder: Of the search; that of each trial is below it.
        rises: Whether more is better.
        seed: Of what is sampled. With one process, a search that was killed samples what one that was not does.
        rounds: Of a trial, as far as they are known; it is not pruned after the last one.
        prune: Whether trials are pruned at all, after a quarter of their rounds.

    Raises:
        ImportError: Optuna is not installed.
        ValueError: the file is damaged, or no storage of trials.
    """

    def __init__(self, folder: Path, space: Space, rises: bool, seed: int, rounds: int, prune: bool) -> None:
        self.optuna = import_optuna()
        self.space, self.rises, self.seed, self.rounds = space, rises, seed, rounds
        self.path, self.places = folder / FILE, folder / PLACES
        own_folder(self.places).mkdir(parents=True, exist_ok=True)
        self.distributions = {name: part.distribution() for name, part in space.items()}
        pruner = self.optuna.pruners.NopPruner()
        if prune:
            warmup = max(rounds // WARMUP, 1)
            pruner = self.optuna.pruners.MedianPruner(n_startup_trials=STARTUP // 2, n_warmup_steps=warmup)
        with self.locked("all"), self.whole():
            self.study = open_study(self.path, "maximize" if rises else "minimize", pruner)
            for trial in self.study.get_trials(deepcopy=False):
                self._check(trial)

    def _check(self, trial: Any) -> None:
        """``ValueError`` unless a trial is one of this space; the file may be anybody's."""
        if not trial.params.keys() <= self.space.keys():
            raise ValueError(f"trial {trial.number} has other settings, {in_line(list(trial.params), 100)}")
        for name, value in trial.params.items():
            self.space[name].sampled(value)
        _place_of(trial)

    def whole(self) -> Any:
        """A block that reads or writes the storage: what is wrong with the file is one line."""
        return told(self.path)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """A block that one process at a time is in; the others wait."""
        descriptor = self._lock_file(name)
        try:
            lock(descriptor, wait=True)
            yield
        finally:
            os.close(descriptor)

    def _lock_file(self, name: str) -> int:
        return open_lock(self.places / f"{name}.lock")

    def _remove_lock_file(self, number: int) -> None:
        with suppress(PermissionError):  # Windows removes no file that is open, and one that stays is locked by nobody
            (self.places / f"{_name(number)}.lock").unlink(missing_ok=True)

    def ask_for(self, given: Mapping[str, int | None], otherwise: Mapping[str, int]) -> dict[str, int]:
        """How far the search is to go, by name: what is ``given``, else what it was asked for last, else ``otherwise``.

        It is kept, so that whoever goes on without a number has the same one.
        """
        with self.locked("all"), self.whole():
            kept = self.study.user_attrs.get(ASKED)
            kept = kept if isinstance(kept, dict) else {}
            before = {name: kept[name] for name in otherwise if is_whole(kept.get(name), 0, MOST_ASKED)}
            now = {**otherwise, **before, **{name: number for name, number in given.items() if number is not None}}
            if now != kept:
                self.study.set_user_attr(ASKED, now)
        return now

    def enqueue(self, values: Mapping[str, Any], who: str) -> None:
        """Values that are to be tried first, under a name, unless there are trials already."""
        labels = {name: part.label(values[name]) for name, part in self.space.items()}
        with self.locked("all"), self.whole():
            if not self.study.get_trials(deepcopy=False):
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
            held = self._lock_file(_name(trial.number))
            lock(held)  # nobody else has it: trials are claimed one by one
            values = {name: part.sampled(trial.params[name]) for name, part in self.space.items()}
            place = _place_of(trial)
            for step, value in sorted(self._judged(place, trials).items()):
                trial.report(value, step)
            return Claimed(trial, place, values, held)

    def _sampler(self, fresh: int) -> Any:
        """One for the trial of this number: what it draws does not depend on which process asks, or when it began."""
        digest = hashlib.blake2b(repr((self.seed, fresh)).encode(), digest_size=4).digest()
        return self.optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=int.from_bytes(digest, "little"))

    @staticmethod
    def _judged(place: str, trials: list[Any]) -> dict[int, float]:
        """What those before reported that were put back with this place."""
        found: dict[int, float] = {}
        for trial in trials:
            if _place_of(trial) == place:
                found |= trial.intermediate_values
        return found

    def _put_back_if_left(self, trial: Any) -> None:
        descriptor = self._lock_file(_name(trial.number))
        try:
            is_left = lock(descriptor)  # else somebody trains it
        finally:
            os.close(descriptor)
        if is_left:
            self._fail(trial)

    def _fail(self, trial: Any) -> None:
        labels = self._labels(trial)
        if labels is not None:
            kept = {name: trial.user_attrs[name] for name in (WHO,) if name in trial.user_attrs}
            self.study.enqueue_trial(labels, {**kept, PLACE: _place_of(trial)})
        self.study.tell(trial.number, state=self.optuna.trial.TrialState.FAIL)
        self._remove_lock_file(trial.number)

    def _labels(self, trial: Any) -> dict[str, Any] | None:
        """A trial's settings as Optuna knows them; ``None`` where its process was killed while they were drawn."""
        whole = trial.params.keys() == self.space.keys()
        return trial.params if whole else trial.system_attrs.get("fixed_params")

    # --- How a trial ends ---

    def judge(self, number: int, step: int, value: float) -> bool:
        """Note the figure of a trial's round; whether it is so far behind the others that it is to be pruned."""
        with self.whole():
            kept = self.study.get_trials(deepcopy=False)[number]
            if step in kept.intermediate_values:  # a round that was played again after a stop
                return False
            trial = self.optuna.trial.Trial(self.study, kept._trial_id)
            trial.report(value, step)
            return step < self.rounds and bool(trial.should_prune())

    def end(self, claimed: Claimed, how: Ended) -> None:
        """A trial has come to its end."""
        states = self.optuna.trial.TrialState
        with self.whole():
            for name, text in how.more.items():
                claimed.trial.set_user_attr(name, text)
            if how.state == COMPLETE:
                self.study.tell(claimed.trial, how.value)
            else:
                self.study.tell(claimed.trial, state=states.PRUNED if how.state == PRUNED else states.FAIL)
        self._remove_lock_file(claimed.number)
        os.close(claimed.lock)

    def put_back(self, claimed: Claimed) -> None:
        """It was stopped: whoever asks next goes on with it."""
        with self.locked("all"), self.whole():
            self._fail(self.study.get_trials(deepcopy=False)[claimed.number])
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
    return trial.state.name in (COMPLETE, PRUNED, "RUNNING") or (
        trial.state.name == REFUSED and WHY in trial.user_attrs
    )


def _place_of(trial: Any) -> str:
    """The name of a trial's folder; of one that was put back that of before."""
    place = trial.user_attrs.get(PLACE, _name(trial.number))
    if not isinstance(place, str) or not re.fullmatch("[0-9]{4,9}", place):
        raise ValueError(f"trial {trial.number} has the place {in_line(repr(place), 60)}")
    return place


def _name(number: int) -> str:
    return f"{number:04d}"
