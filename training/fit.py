"""A training that can be killed: progress, checkpoints, signals, TensorBoard; what is learned is a subclass's matter.

    OUT/             the finished component: config.json, weights.safetensors
    OUT.training/    fit.yaml (the recipe), TensorBoard's events, checkpoints/

Lightning runs the loop and the mixed precision. Its own checkpoints are pickles and are neither written nor read: a
checkpoint here holds the network, the optimisers, the step, and the length of the events, which a resumed training cuts
back. Every random choice follows from the seed and the step (`data.py`), so that a training that was killed ends with
the same bits as one that was not (same machine, threads and versions).
"""

import contextlib
import fcntl
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import lightning
import torch
from torch.utils.tensorboard import SummaryWriter

from ..utils.files import cut_back, log_sizes, quote
from ..utils.interrupts import Interrupted, watch_signals
from ..utils.untrusted import MOST_YAML, open_regular
from ..utils.wording import in_one_line
from . import fit_checkpoints as checkpoints
from .learning import Training
from .recipe import Plan, read, write

REPORT_SECONDS = 0.1  # between two reports of progress
LOG_EVERY = 10  # steps between two points of the curves


@dataclass(frozen=True)
class Progress:
    """How far a training is, for whoever shows it."""

    step: int
    steps: int
    epoch: int  # that begins or runs, from 1
    speed: float  # training pictures per second
    loss: float
    judged: str  # how good it was after the last epoch, in words; empty before the first


class Keeper(lightning.Callback):
    """Saves, reports, logs and stops, between two steps."""

    def __init__(self, fit: "Fit", training: Training, data: Any, writer: SummaryWriter, seconds: float) -> None:
        self.fit, self.training, self.data, self.writer = fit, training, data, writer
        self.before, self.began, self.first = seconds, time.monotonic(), training.step
        self.saved_at, self.reported_at = self.began, 0.0
        self.judged = ""
        self.interrupted: str | None = None

    @property
    def seconds(self) -> float:
        """Spent on this training, by this process and those before it."""
        return self.before + time.monotonic() - self.began

    def on_train_batch_end(self, *_: Any) -> None:
        t, now = self.training, time.monotonic()
        if t.step % LOG_EVERY == 0:
            for tag, value in t.curves().items():
                self.writer.add_scalar(tag, value, t.step)
        if t.step % len(t.batches):  # at the end of an epoch its figures come first, see below
            if self.interrupted or now - self.saved_at >= t.recipe.checkpoint_seconds:
                self.save()
            if self.interrupted:
                raise Interrupted(self.interrupted)
        if now - self.reported_at >= REPORT_SECONDS:
            self.report()

    def on_train_epoch_end(self, *_: Any) -> None:
        t = self.training
        figures, self.judged = self.fit.watch(t, self.data)
        for name, value in figures.items():
            self.writer.add_scalar(f"validation/{name}", value, t.step)
        self.save()
        self.report()
        if self.interrupted and t.step < t.steps:  # after the last epoch little is left to do
            raise Interrupted(self.interrupted)

    def report(self) -> None:
        self.reported_at, t = time.monotonic(), self.training
        speed = (t.step - self.first) * t.batches.batch_size / max(self.reported_at - self.began, 1e-9)
        epoch = min(t.step // len(t.batches) + 1, t.recipe.epochs)
        self.fit.progress(Progress(t.step, t.steps, epoch, speed, t.loss, self.judged))

    def save(self) -> None:
        self.writer.flush()
        state = {
            "seconds": self.seconds,
            "events": event_sizes(self.fit.folder),
            "recipe": asdict(self.training.recipe),
            "data": self.training.digest,
        }
        checkpoints.save(self.fit.folder / "checkpoints", self.training.step, self.training.pack(), state)
        self.saved_at = time.monotonic()


def event_sizes(folder: Path) -> dict[str, int]:
    return log_sizes(folder.glob("events.out.*"))


class Fit:
    """One training. ``start`` makes a new one, ``open`` finds one that was stopped; then ``train``.

    A subclass gives ``TASK``, ``RECIPE`` and the four methods below them.
    """

    TASK: ClassVar[str]  # as in `ludus fit TASK`
    RECIPE: ClassVar[type[Plan]]  # dataclass of what decides a training

    def load(self) -> Any:
        """The data, for training and testing; ``ValueError`` if they do not fit the recipe."""
        raise NotImplementedError

    def prepare(self, data: Any) -> Training:
        """The training before its first step."""
        raise NotImplementedError

    def watch(self, training: Training, data: Any) -> tuple[dict[str, float], str]:
        """After an epoch: figures for TensorBoard, and the one that counts in words."""
        raise NotImplementedError

    def finish(self, net: Any, data: Any, writer: SummaryWriter, step: int, seconds: float) -> Any:
        """Measure the trained network (its ``metrics``) and draw what is worth seeing; returns a summary to print."""
        raise NotImplementedError

    def __init__(self, out: Path, recipe: Any) -> None:
        self.out, self.recipe = out, recipe
        self.folder = folder_of(out)
        self.notes: list[str] = []  # what a person should know, one line each
        self.progress: Callable[[Progress], None] = lambda progress: None

    @classmethod
    def start(cls, out: Path, recipe: Any) -> "Fit":
        """A new training; ``ValueError`` if there is something at its place, or the data do not fit the recipe."""
        folder = folder_of(out)
        if (folder / "fit.yaml").exists():
            raise ValueError(
                f"{folder} already holds a training; go on with it: ludus fit {cls.TASK} --out {quote(out)} "
                "--resume, or choose another --out"
            )
        for path in (out, folder):
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise ValueError(f"{path} exists already; choose another --out")
        fit = cls(out, recipe)
        fit.check()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(recipe, cls.TASK, folder / "fit.yaml")
        except OSError as fault:
            raise OSError(f"{folder} cannot be made: {fault.strerror or fault}; choose another --out") from None
        return fit

    def check(self) -> None:
        """Refuse what cannot be trained before anything is written."""
        self.prepare(self.load())

    @classmethod
    def open(cls, out: Path) -> "Fit":
        return cls(out, read(folder_of(out) / "fit.yaml", cls.TASK, cls.RECIPE))

    def train(self, progress: Callable[[Progress], None] | None = None) -> tuple[Any, Any]:
        """Train to the end, from the newest checkpoint if there is one, and save the component.

        Returns:
            The component, and a summary of what it came to.

        Raises:
            Interrupted: stopped by Ctrl-C or SIGTERM, after a checkpoint.
            ValueError: the loss is no number any more, with the step and the learning rate; another process trains
                this; the checkpoints are damaged, or do not fit fit.yaml.
            OSError: the folder cannot be written (any more); what was saved stays.
        """
        self.progress = progress or self.progress
        with open_regular(self.folder / "fit.yaml", MOST_YAML) as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends, however it ends
            except BlockingIOError:
                raise ValueError(f"{self.folder} is being trained by another process; stop that one first") from None
            return self._train()

    def _train(self) -> tuple[Any, Any]:
        torch.set_num_threads(self.recipe.threads)
        data = self.load()
        training, seconds = self.prepare(data), 0.0
        if checkpoints.listed(self.folder / "checkpoints"):
            seconds = self._resume(training)
        else:
            cut_back(self.folder, event_sizes(self.folder), {})  # killed before the first checkpoint: it begins anew
        writer = SummaryWriter(str(self.folder))
        keeper = Keeper(self, training, data, writer, seconds)
        try:
            with watch_signals(keeper):
                if training.step < training.steps:
                    run(training, keeper)
            net = training.net
            if training.average is not None:
                net.load_state_dict(training.average.tensors)
            summary = self.finish(net, data, writer, training.step, keeper.seconds)
            net.save(self.out)
            writer.flush()
            return net, summary
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    def _resume(self, training: Training) -> float:
        tensors, state, problems = checkpoints.load_latest(self.folder / "checkpoints")
        self.notes += problems
        now = asdict(self.recipe)
        other = [f"{key} {was!r}" for key, was in state["recipe"].items() if now.get(key) != was]
        if other:
            raise ValueError(
                f"the checkpoint was made with {', '.join(other)}; restore {self.folder / 'fit.yaml'}, or begin a new "
                "training with another --out"
            )
        if state.get("data") != training.digest:
            raise ValueError(
                f"the pictures are not those that the checkpoint in {self.folder} learned from: the data set, or the "
                "environment that is drawn, has changed; begin a new training with another --out"
            )
        try:
            training.unpack(tensors, state["step"])
        except Exception as fault:  # whatever torch and the optimisers raise at a state that is none of theirs
            raise ValueError(
                f"the newest checkpoint in {self.folder} does not hold the state of this training: "
                f"{in_one_line(fault)}; remove it to go on from the one before"
            ) from fault
        cut_back(self.folder, event_sizes(self.folder), state["events"])
        return float(state["seconds"])


def folder_of(out: Path) -> Path:
    """Where the training of the component ``out`` lives."""
    return out.with_name(f"{out.name}.training")


def run(training: Training, keeper: Keeper) -> None:
    """Lightning's loop, without anything that it would write."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # its lines on hardware and tips
    done = training.step // len(training.batches)
    trainer = lightning.Trainer(
        accelerator="cpu",
        devices=1,
        precision="bf16-mixed" if training.recipe.precision == "bf16" else "32-true",
        max_epochs=training.recipe.epochs - done,
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        reload_dataloaders_every_n_epochs=1,  # the first epoch after a resume is shorter
        limit_val_batches=0,
    )
    with warnings.catch_warnings():
        # Lightning 2.6 and torch 2.13: a notice for Lightning's authors.
        warnings.filterwarnings("ignore", ".*LeafSpec", FutureWarning)
        try:
            trainer.fit(training)
        except SystemExit:  # what Lightning makes of the second Ctrl-C
            raise KeyboardInterrupt from None
