"""A run: from a configuration to an environment, an agent, TensorBoard curves and checkpoints; and on after a kill.

A run is a folder:

    config.yaml           everything that decides the run
    events.out.tfevents…  TensorBoard
    evaluations.csv       one line per evaluation
    checkpoints/          see `checkpoint.py`

Exact resume: state is saved where the agent is consistent (before a rollout), together with the lengths of the files
that only grow. A resumed run cuts these back to their lengths at the checkpoint, so curves have neither gaps nor
doubles, and goes on with the same bits as the run that was not killed (same machine, same library versions, CPU).
"""

import contextlib
import fcntl
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import HParam, Logger, TensorBoardOutputFormat

from ..envs.make import make_batch
from ..files import is_temporary, quote
from . import catalogue, checkpoint
from .catalogue import Agent
from .config import RunConfig, changes, configure, other_versions, read, what_decides, write
from .evaluation import Evaluation, envs_for, evaluate, greedy_policy
from .logs import append_row, cut_back, growing_files, last_step, rollout_gif, write_image

EVALUATION_SEED = 1_000_000_007  # far from the seeds of training; the same episodes at every evaluation
NEVER_CHANGED = {"env", "agent", "num_envs"}  # in the config.yaml of a run that has a checkpoint


def budget(env: str, seconds: float, agent: str = "pqn") -> dict[str, Any]:
    """``steps`` that take about ``seconds`` on this machine (measured for a twentieth of it), and when to evaluate."""
    hyperparameters = configure(env, agent).hyperparameters
    batch = make_batch(env, hyperparameters["num_envs"])
    trial = catalogue.make(agent, batch, hyperparameters, seed=0)
    trial.set_logger(Logger(None, []))
    iteration = hyperparameters["num_envs"] * hyperparameters.get("rollout_steps", 1)
    trial.learn(iteration)  # compiles
    began, played = time.monotonic(), 0
    while time.monotonic() - began < seconds / 20:
        trial.learn(iteration)
        played += iteration
    batch.close()
    steps = int(played / (time.monotonic() - began) * seconds)
    steps = max(steps // iteration, 1) * iteration
    return {"steps": steps, "evaluate_every": max(steps // 4, 1)}


class Interrupted(Exception):
    """Ctrl-C or SIGTERM: the run has been saved and can be resumed."""


class Run:
    """One run in its folder. ``start`` makes a new one, ``open`` an existing one; then ``train``."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self.folder, self.config = folder, config
        self.notes: list[str] = []  # what a person should know, one line each

    @classmethod
    def start(cls, folder: Path, config: RunConfig) -> "Run":
        if (folder / "config.yaml").exists():
            raise ValueError(
                f"{folder} already holds a run; continue it with --resume {quote(folder)}, or choose another --run"
            )
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{folder} is a file, expected a folder or a new name; choose another --run")
        if folder.exists() and any(not is_temporary(path) for path in folder.iterdir()):
            raise ValueError(f"{folder} exists and is not empty; choose another --run")
        cls(folder, config).make_agent()[1].close()  # refuses what cannot be trained before anything is written
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.iterdir():  # a start that was killed while it wrote its configuration
                path.unlink()
            write(config, folder / "config.yaml")
        except OSError as fault:
            raise OSError(f"{folder} cannot be made: {fault.strerror or fault}; choose another --run") from None
        return cls(folder, config)

    @classmethod
    def open(cls, folder: Path) -> "Run":
        return cls(folder, read(folder))

    def agent(self) -> Agent:
        """The agent of the newest good checkpoint, for watching and evaluating."""
        saved = self._load_checkpoint()
        agent, batch = self.make_agent(1)
        batch.close()
        with self._must_fit(saved):
            agent.load_network(saved.tensors)
        agent.num_timesteps = saved.steps
        return agent

    def make_agent(self, num_envs: int | None = None) -> tuple[Agent, Any]:
        """An untrained agent, and the batch that it learns on.

        With ``num_envs`` the batch has this size instead of the hyperparameters', and the agent can only act.
        """
        c = self.config
        batch = self.make_batch(num_envs or c.hyperparameters["num_envs"])
        batch.seed_from(c.seed)
        # A run of a machine with CUDA can be watched, evaluated and continued on one without.
        device = c.device if torch.cuda.is_available() else "cpu"
        acting = num_envs is not None
        return catalogue.make(c.agent, batch, c.hyperparameters, c.seed, device, acting), batch

    def make_batch(self, num_envs: int, **keywords: Any) -> Any:
        """Environments like those of the training."""
        return make_batch(self.config.env, num_envs, **{**self.config.environment, **keywords})

    def _load_checkpoint(self) -> checkpoint.Checkpoint:
        saved = checkpoint.load_latest(self.folder / "checkpoints")
        self.notes += saved.problems
        return saved

    @contextmanager
    def _must_fit(self, saved: checkpoint.Checkpoint) -> Iterator[None]:
        """Where a checkpoint does not fit config.yaml: ``ValueError`` with what was changed there since."""
        try:
            yield
        except (ValueError, RuntimeError, KeyError, TypeError) as fault:
            changed = changes(saved.state.get("config"), self.config)
            if not changed:
                raise
            path = self.folder / "config.yaml"
            raise ValueError(
                f"the checkpoint was made with {'; with '.join(changed.values())}; restore {path}"
            ) from fault

    def train(self, progress: Callable[["Progress"], None] | None = None) -> Evaluation:
        """Train to the end, from the newest checkpoint if there is one; returns the last evaluation.

        Raises:
            Interrupted: stopped by Ctrl-C or SIGTERM, after a checkpoint.
            ValueError: another process trains this run; its checkpoints are lost, or do not fit its config.yaml.
            OSError: the folder cannot be written (any more); what was saved stays.
        """
        with open(self.folder / "config.yaml") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends, however it ends
            except BlockingIOError:
                raise ValueError(
                    f"{self.folder} is being trained by another process; stop that one first, or choose another --run"
                ) from None
            return self._train(progress)

    def _train(self, progress: Callable[["Progress"], None] | None) -> Evaluation:
        c = self.config
        torch.set_num_threads(int(c.hyperparameters.get("threads", 1)))
        agent, batch = self.make_agent()
        saved = None
        if checkpoint.list_checkpoints(self.folder / "checkpoints"):
            saved = self._load_checkpoint()
            self.notes += other_versions(self.folder)
            changed = changes(saved.state.get("config"), c)
            with self._must_fit(saved):
                if NEVER_CHANGED & changed.keys():  # some agents would notice late, or never
                    raise ValueError
                agent.load(saved.tensors, saved.state["agent"])
                if saved.batch is not None:
                    batch.restore(saved.batch)
            self.notes += [f"config.yaml was changed: the checkpoint was made with {line}" for line in changed.values()]
            if not agent.keep_replay(self.folder / "replay"):
                self.notes.append(f"{self.folder / 'replay'} was not whole: the replay buffer starts empty")
            if saved.batch is None:
                batch.seed_from(c.seed + saved.steps)
                agent.begin_anew()
                self.notes.append(f"{c.env} cannot be saved: its episodes start anew, the resume is not exact")
            cut_back(self.folder, saved.state["files"])
        else:
            trained = last_step(self.folder)
            if trained:  # a run saves before its first step, so there were checkpoints
                raise ValueError(
                    f"{self.folder / 'checkpoints'} holds no checkpoint, but the run was trained to step {trained:,}; "
                    "restore the folder from a copy, or begin a new run with another --run"
                )
            agent.keep_replay(self.folder / "replay")
            for path in [*self.folder.glob("events.out.*"), self.folder / "evaluations.csv"]:
                path.unlink(missing_ok=True)  # killed before the first checkpoint: the run begins anew
        callback = RunCallback(self, batch, saved.state["run"] if saved else None, progress)
        # TensorBoard writes in a thread of its own; a full disk is reported once, below, and not by that thread, too.
        before, threading.excepthook = threading.excepthook, _quiet_about_files(threading.excepthook)
        writer = None
        try:
            writer = TensorBoardOutputFormat(str(self.folder))
            agent.set_logger(Logger(str(self.folder), [writer]))
            with callback.watch_signals():
                agent.learn(c.steps, callback, reset_num_timesteps=saved is None)
        except OSError as fault:
            raise OSError(
                f"{self.folder} cannot be written: {fault.strerror or fault}; make room or make it writable, then go "
                f"on with: ludus train --resume {quote(self.folder)}"
            ) from fault
        finally:
            if writer is not None:
                with contextlib.suppress(OSError):
                    writer.close()
            threading.excepthook = before
            callback.close()
            batch.close()
        assert callback.last is not None
        return callback.last


def _quiet_about_files(report: Callable) -> Callable:
    return lambda failure: None if isinstance(failure.exc_value, OSError) else report(failure)


@dataclass(frozen=True)
class Progress:
    """How far a run is, for whoever shows it."""

    steps: int
    total: int
    fps: float
    train_return: float | None  # mean over the last rollouts
    evaluation: Evaluation | None
    evaluating: float | None = None  # share of the running evaluation that is done


class RunCallback(BaseCallback):
    """Evaluates, saves and reports at the consistent moments of a training (before each rollout)."""

    def __init__(self, run: Run, batch: Any, state: dict[str, Any] | None, progress: Callable | None) -> None:
        super().__init__()
        self.run, self.batch, self.report = run, batch, progress
        self.evaluated_at = state["evaluated_at"] if state else 0  # steps of the last evaluation
        self.best = state["best"] if state else None
        self.resumed = state is not None
        self.last: Evaluation | None = None
        self.last_return: float | None = None
        # A new run saves at its first step, so that it can be watched and resumed from the first second on.
        self.saved_at, self.reported_at = time.monotonic() if self.resumed else -math.inf, 0.0
        self.began, self.began_steps, self.fps = time.monotonic(), 0, 0.0
        self.away = 0.0  # s spent in evaluations and their pictures, which are no training
        self.interrupted: str | None = None
        self._judge: Any = None

    def _on_training_start(self) -> None:
        self.began_steps = self.num_timesteps
        self.began = time.monotonic()
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
        every = self.run.config.evaluate_every
        if every and self.num_timesteps // every > self.evaluated_at // every and not self.interrupted:
            with contextlib.suppress(Interrupted):  # it will be made anew by the run that goes on from here
                self._evaluate()
        now = time.monotonic()
        if self.interrupted or now - self.saved_at >= self.run.config.checkpoint_seconds:
            self.save()
        if self.interrupted:
            raise Interrupted(self.interrupted)
        if self.report is not None and now - self.reported_at >= 0.1:
            self._report()

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
        self.reported_at = time.monotonic()
        if evaluating is None:
            self.fps = (self.num_timesteps - self.began_steps) / max(self.reported_at - self.began - self.away, 1e-9)
        self.last_return = self.model.statistics.latest  # type: ignore[attr-defined]
        steps, total = self.num_timesteps, self.run.config.steps
        self.report(Progress(steps, total, self.fps, self.last_return, self.last, evaluating))

    def _evaluate(self, keep: bool = True) -> None:
        began = time.monotonic()
        try:
            self._measure(keep)
        finally:
            self.away += time.monotonic() - began

    def _measure(self, keep: bool) -> None:
        c = self.run.config
        if self._judge is None:
            self._judge = self.run.make_batch(envs_for(c.evaluation_episodes))
        result = evaluate(
            self._judge, greedy_policy(self.model), c.evaluation_episodes, EVALUATION_SEED, self._age, self._watch
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
        append_row(self.run.folder / "evaluations.csv", {"steps": self.num_timesteps, "seed": c.seed, **tags})
        self.evaluated_at, self.last = self.num_timesteps, result
        self.best = result.mean if self.best is None else max(self.best, result.mean)

    def _watch(self, played: int) -> None:
        """Shows how far an evaluation is, and leaves one that somebody does not want to wait for."""
        if self.interrupted:
            raise Interrupted(self.interrupted)
        if time.monotonic() - self.reported_at >= 0.1:
            self._report(played / self.run.config.evaluation_episodes)

    @property
    def _age(self) -> int:
        """How old the environments of the training are, in steps: evaluations meet the same world."""
        return self.num_timesteps // self.batch.num_envs

    def _picture(self) -> None:
        """A rollout as an animated image in TensorBoard."""
        writer = next(f for f in self.logger.output_formats if isinstance(f, TensorBoardOutputFormat)).writer
        image = rollout_gif(self.run.make_batch(1), greedy_policy(self.model), EVALUATION_SEED, self._age)
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
            "run": {"evaluated_at": self.evaluated_at, "best": self.best},
            "files": growing_files(self.run.folder),
            "config": what_decides(self.run.config),
        }
        snapshot = self.batch.snapshot() if hasattr(self.batch, "records") else None
        checkpoint.save(self.run.folder / "checkpoints", self.model.num_timesteps, tensors, state, snapshot)
        self.saved_at = time.monotonic()

    @contextmanager
    def watch_signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM end the run at its next consistent moment; a second Ctrl-C ends it at once."""

        def note(number: int, frame: FrameType | None) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = signal.Signals(number).name

        try:
            before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # not in the main thread: whoever runs us there handles its own signals
            yield
            return
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def close(self) -> None:
        if self._judge is not None:
            self._judge.close()
