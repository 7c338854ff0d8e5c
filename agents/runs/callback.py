"""The callback of a run: it evaluates, saves, reports and stops at the moments at which a training is consistent."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import HParam, TensorBoardOutputFormat

from ...training import checkpoint
from ...training.event_log import check_sizes, log_sizes
from ...training.progress import Progress, Stopwatch
from ...utils.interrupts import Interrupted
from ...utils.untrusted import is_whole
from ...utils.wording import format_score, in_line
from ..evaluation import Evaluation, envs_for, evaluate, greedy_policy
from .config import MOST_STEPS, RunConfig, what_decides
from .logs import EVALUATIONS, append_row, rollout_gif, write_image

LAST, BEST = "last", "best"  # names of checkpoints
SNAPSHOT = "batch"  # the part of a checkpoint that holds the batch's snapshot


class Place(Protocol):
    """What of a run is needed here; see ``run.Run``."""

    folder: Path
    config: RunConfig
    notes: list[str]

    def make_batch(self, num_envs: int, **keywords: Any) -> Any: ...


def check_state(state: dict[str, Any]) -> None:
    """``ValueError`` unless a checkpoint's ``state`` has what ``RunCallback.save`` puts there."""
    for name in ("agent", "run", "files"):
        if not isinstance(state.get(name), dict):
            raise ValueError(f"state.json is damaged (its entry {name!r} is missing or no map)")
    if not isinstance(state.get("config"), (dict, type(None))):  # old ones have none
        raise ValueError("state.json is damaged (its entry 'config' is no map)")
    run = state["run"]
    if not is_whole(run.get("evaluated_at"), 0, MOST_STEPS):
        raise ValueError("state.json is damaged (it does not say when the run was evaluated)")
    if not isinstance(run.get("best"), (float, type(None))):
        raise ValueError("state.json is damaged (its best return is no number)")
    if not (run.get("best_at") is None or is_whole(run["best_at"], 0, MOST_STEPS)):  # old ones have none
        raise ValueError("state.json is damaged (it does not say when the run was at its best)")
    check_sizes(state["files"])


def load_checkpoint(folder: Path, which: str) -> checkpoint.Checkpoint:
    """The checkpoint of the run in ``folder`` that is called ``last``, ``best``, or by its steps.

    ``best`` is the first of those at which the evaluations on the way had the highest mean return.

    Raises:
        FileNotFoundError: there is none.
        ValueError: another name; none that is whole; the run has not been evaluated.
    """
    if which == LAST:
        return load_latest(folder)
    problems: tuple[str, ...] = ()
    if which == BEST:
        newest = load_latest(folder)
        steps, problems = newest.state["run"].get("best_at"), newest.problems
        if steps is None:
            raise ValueError(
                f"{folder} has no best checkpoint: it was not evaluated yet, or by a version of Ludus that kept none; "
                "take --checkpoint last"
            )
    elif re.fullmatch("[0-9]{1,15}", which, re.ASCII):
        steps = int(which)
    else:
        raise ValueError(f"a checkpoint is {LAST}, {BEST} or a number of steps, got {in_line(which, 60)!r}")
    found = checkpoint.load_at(folder / "checkpoints", steps, check_state, (SNAPSHOT,))
    return replace(found, problems=problems)


def load_latest(folder: Path) -> checkpoint.Checkpoint:
    """The newest good checkpoint of the run in ``folder``; errors as of ``checkpoint.load_latest``."""
    return checkpoint.load_latest(folder / "checkpoints", check_state, (SNAPSHOT,))


class Reached(Exception):
    """The return for which the training was to go on."""


@dataclass(frozen=True)
class RunProgress(Progress):
    """How far a run is; its speed is in steps of environments per second."""

    train_return: float | None  # mean over the last rollouts
    evaluation: Evaluation | None
    evaluating: float | None = None  # share of the running evaluation that is done
    evaluated_at: int = 0  # steps at the evaluation

    def __str__(self) -> str:
        """The figures in a line."""
        parts = [f"{self.done:,} steps"]
        if self.evaluating is None:  # else the training stands still
            parts.append(f"{self.speed:,.0f}/s")
        if self.train_return is not None:
            parts.append(f"return {format_score(self.train_return)}")
        if self.evaluation is not None:
            parts.append(f"greedy {format_score(self.evaluation.mean)}")
        if self.evaluating is not None:
            parts.append(f"evaluating {self.evaluating:.0%}")
        return " · ".join(parts)


class RunCallback(BaseCallback):
    """Evaluates, saves and reports at the consistent moments of a training (before each rollout)."""

    def __init__(self, run: Place, batch: Any, state: dict[str, Any] | None, progress: Callable | None) -> None:
        super().__init__()
        self.run, self.batch, self.report = run, batch, progress
        self.evaluated_at = state["evaluated_at"] if state else 0  # steps of the last evaluation
        self.best = state["best"] if state else None
        self.best_at = state.get("best_at") if state else None  # steps of the first evaluation that was as good
        self.resumed = state is not None
        self.last: Evaluation | None = None
        self.last_return: float | None = None
        self.interrupted: str | None = None
        self._judge: Any = None

    def _on_training_start(self) -> None:
        # A new run saves at its first step, so that it can be watched and resumed from the first second on.
        self.watch = Stopwatch(self.num_timesteps, unsaved=not self.resumed)
        if not self.resumed:
            c = self.run.config
            flat: dict[str, bool | str | float | None] = {
                "env": c.env,
                "agent": c.agent,
                "seed": c.seed,
                "steps": c.steps,
            }
            flat.update({k: v if isinstance(v, (int, float, str)) else str(v) for k, v in c.hyperparameters.items()})
            flat.update({f"environment.{k}": str(v) for k, v in c.environment.items()})
            metrics = {"evaluation/return": 0.0, "rollout/return": 0.0}
            self.logger.record("hparams", HParam(flat, metrics), exclude=("stdout", "log", "json", "csv"))
            self.logger.dump(0)

    def _on_rollout_start(self) -> None:
        self.num_timesteps = self.model.num_timesteps
        every, before = self.run.config.evaluate_every, self.evaluated_at
        if every and self.num_timesteps // every > self.evaluated_at // every and not self.interrupted:
            with contextlib.suppress(Interrupted):  # it will be made anew by the run that goes on from here
                self._evaluate()
        is_best = self.evaluated_at > before and self.best_at == self.num_timesteps
        if self.interrupted or is_best or self.watch.must_save(self.run.config.checkpoint_seconds):
            self.save()
        if self.interrupted:
            raise Interrupted(self.interrupted)
        if self.has_reached:
            if self.last is None:
                until = f"{self.run.config.until:g}"
                self.run.notes.append(f"{self.run.folder} has had a mean return of {until} already; nothing was added")
                self._evaluate(keep=False)
            self._report()
            raise Reached
        if self.watch.must_report or self.evaluated_at > before:
            self._report()

    @property
    def has_reached(self) -> bool:
        """Whether an evaluation was as good as the training was to become."""
        until = self.run.config.until
        return until is not None and self.best is not None and self.best >= until

    def _on_step(self) -> bool:
        return True

    def _on_training_end(self) -> None:
        self.num_timesteps = self.model.num_timesteps
        # A finished run that is resumed has all of its end in its files already.
        finished = self.resumed and self.evaluated_at == self.num_timesteps
        if finished:
            self.run.notes.append(f"{self.run.folder} had been trained to its end; nothing was added")
        try:
            self._evaluate(keep=not finished)
        except Interrupted:
            if not finished:
                self.save()
            raise
        if not finished:
            self.save()
        self._report()

    def _report(self, evaluating: float | None = None) -> None:
        if self.report is None:
            return
        self.watch.reported()
        speed = self.watch.speed if evaluating is not None else self.watch.measure(self.num_timesteps)
        self.last_return = self.model.statistics.latest  # type: ignore[attr-defined]
        steps, total = self.num_timesteps, self.run.config.steps
        last_at = self.evaluated_at
        self.report(RunProgress(steps, total, speed, self.last_return, self.last, evaluating, last_at))

    def _evaluate(self, keep: bool = True) -> None:
        with self.watch.away():
            self._measure(keep)

    def _measure(self, keep: bool) -> None:
        c = self.run.config
        if self._judge is None:
            self._judge = self.run.make_batch(envs_for(c.evaluation_episodes))
        result = evaluate(
            self._judge, greedy_policy(self.model), c.evaluation_episodes, c.evaluation_seed, self._age, self._watch
        )
        self.last = result
        if not keep:
            return
        low, high = result.interval
        tags = {"return": result.mean, "return_low": low, "return_high": high, "length": float(result.lengths.mean())}
        if self.batch.succeeds:
            tags["success"] = result.success
        if result.normalised is not None:
            tags["normalised"] = result.normalised
        for key, value in tags.items():
            self.logger.record(f"evaluation/{key}", value)
        self.logger.dump(self.num_timesteps)
        self._picture()
        append_row(self.run.folder / EVALUATIONS, {"steps": self.num_timesteps, "seed": c.seed, **tags})
        self.evaluated_at, self.last = self.num_timesteps, result
        if self.best is None or result.mean > self.best:
            self.best, self.best_at = result.mean, self.num_timesteps

    def _watch(self, played: int) -> None:
        """Shows how far an evaluation is, and leaves one that somebody does not want to wait for."""
        if self.interrupted:
            raise Interrupted(self.interrupted)
        if self.watch.must_report:
            self._report(played / self.run.config.evaluation_episodes)

    @property
    def _age(self) -> int:
        """How old the environments of the training are, in steps: evaluations meet the same world."""
        return self.num_timesteps // self.batch.num_envs

    def _picture(self) -> None:
        """A rollout as an animated image in TensorBoard."""
        writer = next(f for f in self.logger.output_formats if isinstance(f, TensorBoardOutputFormat)).writer
        seed = self.run.config.evaluation_seed
        image = rollout_gif(self.run.make_batch(1), greedy_policy(self.model), seed, self._age)
        if image is not None:
            write_image(writer, "rollout/greedy", image, self.num_timesteps)

    def save(self) -> None:
        """A checkpoint of this moment."""
        for output in self.logger.output_formats:
            if isinstance(output, TensorBoardOutputFormat):
                output.writer.flush()
        tensors, agent_state = self.model.pack()  # type: ignore[attr-defined]
        state = {
            "agent": agent_state,
            "run": {"evaluated_at": self.evaluated_at, "best": self.best, "best_at": self.best_at},
            "files": log_sizes(self.run.folder, EVALUATIONS),
            "config": what_decides(self.run.config),
        }
        parts = {SNAPSHOT: self.batch.snapshot()} if hasattr(self.batch, "records") else {}
        folder, steps = self.run.folder / "checkpoints", self.model.num_timesteps
        checkpoint.save(folder, steps, tensors, state, parts, best=self.best_at)
        self.watch.saved()

    def close(self) -> None:
        if self._judge is not None:
            self._judge.close()
