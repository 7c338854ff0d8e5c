"""A run: from its configuration to environment, agent, TensorBoard and checkpoints; and on after a kill.

A run is a folder:

    config.yaml           everything that decides the run
    events.out.tfevents…  TensorBoard
    evaluations.csv       one line per evaluation
    checkpoints/          see `training/checkpoint.py`

Exact resume: state is saved where the agent is consistent (before a rollout), together with the lengths of the files
that only grow. A resumed run cuts these back to their lengths at the checkpoint, so curves have neither gaps nor
doubles, and goes on with the same bits as the run that was not killed (same machine, same library versions, CPU).
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat

from ...envs.ids import import_option
from ...envs.make import make_batch
from ...training import checkpoint, event_log, folders
from ...utils.files import quote
from ...utils.interrupts import watch_signals
from ...utils.torch_threads import using_threads
from ...utils.wording import in_one_line
from .. import registry
from ..evaluation import Evaluation
from ..networks import at_most
from ..registry import Agent
from .callback import LAST, SNAPSHOT, Reached, RunCallback, RunProgress, load_checkpoint
from .config import RunConfig, changes, configure, other_versions, read_config, write_config
from .curriculum import check_spaces, keywords_of
from .data_seen import check_data, with_data
from .logs import EVALUATIONS, log_of_training

NEVER_CHANGED = {"env", "agent", "num_envs"}  # in the config.yaml of a run that has a checkpoint


def budget(env: str, seconds: float, agent: str = "pqn") -> dict[str, Any]:
    """``steps`` that take about ``seconds`` on this machine (measured for a twentieth of it), and when to evaluate."""
    hyperparameters = configure(env, agent).hyperparameters
    batch = make_batch(env, hyperparameters["num_envs"])
    trial = registry.make(agent, batch, hyperparameters, seed=0)
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


class Run:
    """One run in its folder. ``start`` makes a new one, ``open`` an existing one; then ``train``."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self.folder, self.config = folder, config
        self.notes: list[str] = []  # what a person should know, one line each
        self._compared: set[frozenset[str]] = set()  # names of keywords besides which the data were found unchanged

    @property
    def again(self) -> str:
        """The command that goes on with this run."""
        return f"ludus train --resume {quote(self.folder)}{import_option(self.config.module)}"

    @classmethod
    def start(cls, folder: Path, config: RunConfig) -> "Run":
        if (folder / "config.yaml").exists():
            raise ValueError(
                f"{folder} already holds a run; continue it with --resume {quote(folder)}, or choose another --run"
            )
        config = cls.prepare(folder, config)
        folders.begin(folder, "--run", lambda: write_config(config, folder / "config.yaml"))
        return cls(folder, config)

    @classmethod
    def prepare(cls, folder: Path, config: RunConfig) -> RunConfig:
        """``config`` with the data that it sees; refuses what cannot be trained before anything is written."""
        folders.check_free(folder, "--run")
        config = with_data(config)
        cls(folder, config).make_agent()[1].close()
        return config

    @classmethod
    def open(cls, folder: Path) -> "Run":
        return cls(folder, read_config(folder))

    def agent(self, which: str = LAST, **keywords: Any) -> Agent:
        """The agent of a checkpoint, for watching and evaluating.

        Args:
            which: ``"last"``, the newest good one; ``"best"``, by the evaluations on the way; or its number of steps.
            keywords: Of environments of the same spaces, for where the data that it learned on are no more.

        Raises:
            FileNotFoundError, ValueError: there is none, or none that fits config.yaml; which may ask for a network of
                any size, and gets none that has more numbers than the checkpoint.
        """
        saved = self._load_checkpoint(which)
        with contextlib.closing(self.make_batch(1, **keywords)) as batch, self._must_fit(saved):
            with at_most(sum(tensor.numel() for tensor in saved.tensors.values())):
                agent = self._make_agent_on(batch, acting=True)
            agent.load_network(saved.tensors)
        agent.num_timesteps = saved.steps
        return agent

    def make_agent(self) -> tuple[Agent, Any]:
        """An untrained agent, and the batch that it learns on."""
        taught = {key: value for key, value in keywords_of(self.config).items() if self.config.curriculum}
        batch = self.make_batch(self.config.hyperparameters["num_envs"], **taught)
        if taught:
            check_spaces(self.config, batch)
        return self._make_agent_on(batch, acting=False), batch

    def _make_agent_on(self, batch: Any, acting: bool) -> Agent:
        c = self.config
        batch.seed_from(c.seed)
        # A run of a machine with CUDA can be watched, evaluated and continued on one without.
        device = c.device if torch.cuda.is_available() else "cpu"
        return registry.make(c.agent, batch, c.hyperparameters, c.seed, device, acting)

    def make_batch(self, num_envs: int, **keywords: Any) -> Any:
        """Environments like those of the training, on the same data; ``keywords`` replace others.

        Raises:
            FileNotFoundError, ValueError: the data are not here, or have changed; a keyword does not fit.
        """
        if (names := frozenset(keywords)) not in self._compared:
            self.notes += check_data(self.config, self.folder, keywords)
            self._compared.add(names)
        return make_batch(self.config.env, num_envs, **{**self.config.environment, **keywords})

    def _load_checkpoint(self, which: str = LAST) -> checkpoint.Checkpoint:
        try:
            saved = load_checkpoint(self.folder, which)
        except FileNotFoundError as fault:
            if checkpoint.list_checkpoints(self.folder / "checkpoints"):
                raise
            raise FileNotFoundError(f"{fault}; begin the training with: {self.again}") from None
        self.notes += saved.problems
        return saved

    @contextmanager
    def _must_fit(self, saved: checkpoint.Checkpoint) -> Iterator[None]:
        """Where a checkpoint does not fit: ``ValueError`` with what was changed in config.yaml since, or with what is
        wrong with its state.
        """
        try:
            yield
        except (OSError, MemoryError):
            raise
        except Exception as fault:  # whatever agents, torch and SB3 raise at a state that is none of theirs
            changed = changes(saved.state.get("config"), self.config)
            if not changed and isinstance(fault, ValueError) and len(str(fault).splitlines()) == 1:
                raise
            if not changed:
                path = self.folder / "checkpoints" / f"{saved.steps:012d}"
                raise ValueError(
                    f"{path} does not hold the state of {self.config.agent}: {type(fault).__name__}: "
                    f"{in_one_line(fault)}; remove it to go on from the one before"
                ) from fault
            path = self.folder / "config.yaml"
            raise ValueError(
                f"the checkpoint was made with {'; with '.join(changed.values())}; restore {path}"
            ) from fault

    def train(self, progress: Callable[[RunProgress], None] | None = None) -> Evaluation:
        """Train to the end, from the newest checkpoint if there is one; returns the last evaluation.

        Raises:
            Interrupted: stopped by Ctrl-C or SIGTERM, after a checkpoint.
            ValueError: another process trains this run; its checkpoints or its replay buffer are lost, damaged, or do
                not fit its config.yaml; a log is no regular file.
            OSError: the folder cannot be written (any more); what was saved stays.
        """
        threads = int(self.config.hyperparameters.get("threads", 1))
        with folders.held(self.folder / "config.yaml", "--run"), using_threads(threads):
            return self._train(progress)

    def _train(self, progress: Callable[[RunProgress], None] | None) -> Evaluation:
        c = self.config
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
                snapshot = saved.parts.get(SNAPSHOT)
                if snapshot is not None:
                    batch.restore(snapshot)
            self.notes += [f"config.yaml was changed: the checkpoint was made with {line}" for line in changed.values()]
            if not agent.keep_replay(self.folder / "replay"):
                self.notes.append(f"{self.folder / 'replay'} was not whole: the replay buffer starts empty")
            if snapshot is None:
                batch.seed_from(c.seed + saved.steps)
                agent.begin_anew()
                self.notes.append(f"{c.env} cannot be saved: its episodes start anew, the resume is not exact")
            event_log.cut_back(self.folder, saved.state["files"], EVALUATIONS)
        else:
            log = log_of_training(self.folder)
            if log:  # a run saves before its first step, so there were checkpoints
                raise ValueError(
                    f"{self.folder / 'checkpoints'} holds no checkpoint, but {log} tells of a training; "
                    "restore the folder from a copy, or begin a new run with another --run"
                )
            agent.keep_replay(self.folder / "replay")
            event_log.cut_back(self.folder, {}, EVALUATIONS)  # killed before the first checkpoint: it begins anew
        callback = RunCallback(self, batch, saved.state["run"] if saved else None, progress)
        try:
            with event_log.writing(self.folder, self.again):
                output = TensorBoardOutputFormat(str(self.folder))
                try:
                    agent.set_logger(Logger(str(self.folder), [output]))
                    with watch_signals(callback), contextlib.suppress(Reached):
                        agent.learn(c.steps, callback, reset_num_timesteps=saved is None)
                finally:
                    event_log.close(output)
        finally:
            callback.close()
            batch.close()
        assert callback.last is not None
        return callback.last
