"""Fits: trainings of components that can be killed, with progress, checkpoints, signals and TensorBoard.

    OUT/             the finished component: config.json, weights.safetensors
    OUT.training/    fit.yaml (the recipe), TensorBoard's events, checkpoints/

Lightning runs the loop, the device and the mixed precision. Its own checkpoints are pickles and are neither written nor
read: a checkpoint here holds the network, the optimisers, and the length of the events, which a resumed training cuts
back. Every random choice follows from the seed and the step (`batches.py`), so that a training that was killed ends
with the same bits as one that was not (same machine, threads and versions, on the CPU).
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import lightning
from torch.utils.tensorboard import SummaryWriter

from ..utils.files import quote
from ..utils.interrupts import Interrupted, watch_signals
from ..utils.torch_threads import let_sleep, using_threads
from ..utils.untrusted import is_number
from ..utils.wording import in_one_line
from . import checkpoint, event_log, folders
from .learner import Learner
from .loop import run
from .progress import FitProgress, Stopwatch
from .recipe import Recipe, check_device, read_recipe, write_recipe

LOG_EVERY = 10  # steps between two points of the curves


class Goal(NamedTuple):
    """What a search for hyperparameters compares; see ``Fit.goal``."""

    figure: str  # of those of ``Fit.held_out``, of ``Fit.judge`` and of the component's metrics
    rises: bool  # whether more of it is better
    settings: dict[str, Any]  # with which a part of the training data is held out
    whole: dict[str, Any]  # with which all of them are learned from


def check_state(state: dict[str, Any]) -> None:
    """``ValueError`` unless a checkpoint's ``state`` has what ``Keeper.save`` puts there."""
    if not is_number(state.get("seconds")) or state["seconds"] < 0:
        raise ValueError("state.json is damaged (its seconds are no number)")
    if not isinstance(state.get("recipe"), dict):
        raise ValueError("state.json is damaged (its entry 'recipe' is missing or no map)")
    event_log.check_sizes(state.get("files"))


class Keeper(lightning.Callback):
    """Saves, reports, logs and stops, between two steps."""

    def __init__(self, fit: "Fit", learner: Learner, data: Any, writer: SummaryWriter, seconds: float) -> None:
        self.fit, self.learner, self.data, self.writer = fit, learner, data, writer
        self.before = seconds  # that earlier processes spent
        self.watch = Stopwatch(self.examples)
        self.judged, self.figures = "", dict[str, float]()
        self.interrupted: str | None = None

    @property
    def seconds(self) -> float:
        """Spent on this training, by this process and those before it."""
        return self.before + self.watch.seconds

    @property
    def examples(self) -> int:
        return self.learner.step * self.learner.batches.batch_size

    def run(self) -> None:
        run(self.learner, self)

    def on_train_batch_end(self, *_: Any) -> None:
        x = self.learner
        if x.step % LOG_EVERY == 0:
            for tag, value in x.curves().items():
                self.writer.add_scalar(tag, value, x.step)
        if x.step % len(x.batches):  # at the end of an epoch its figures come first, see below
            if self.interrupted or self.watch.must_save(x.recipe.checkpoint_seconds):
                self.save()
            if self.interrupted:
                raise Interrupted(self.interrupted)
        if self.watch.must_report:
            self.report()

    def on_train_epoch_end(self, trainer: Any, *_: Any) -> None:
        x = self.learner
        with self.watch.away():
            self.figures, self.judged = self.fit.judge(x, self.data)
            self.fit.show(x, self.data, self.writer)
        for name, value in self.figures.items():
            self.writer.add_scalar(f"validation/{name}", value, x.step)
        self.save()
        self.report()
        trainer.should_stop = x.ended
        if self.interrupted and not x.ended:  # after the last epoch little is left to do
            raise Interrupted(self.interrupted)

    def report(self) -> None:
        self.watch.reported()
        x, epochs = self.learner, self.learner.recipe.epochs
        epoch, speed = min(x.step // len(x.batches) + 1, epochs), self.watch.measure(self.examples)
        self.fit.progress(FitProgress(x.step, x.steps, speed, epoch, epochs, x.loss, self.judged, self.figures))

    def save(self) -> None:
        self.writer.flush()
        state = {
            "seconds": self.seconds,
            "files": event_log.log_sizes(self.fit.folder),
            "recipe": asdict(self.learner.recipe),
            "data": self.learner.digest,
        }
        checkpoint.save(self.fit.folder / "checkpoints", self.learner.step, self.learner.pack(), state)
        self.watch.saved()


class Fit:
    """One training. ``start`` makes a new one, ``open`` finds one that was stopped; then ``train``.

    A task is a subclass that gives ``TASK``, ``RECIPE`` and the four methods below them.
    """

    TASK: ClassVar[str]  # as in `ludus fit TASK`
    RECIPE: ClassVar[type[Recipe]]

    def load(self) -> Any:
        """The data, for training and testing; ``ValueError`` if they do not fit the recipe."""
        raise NotImplementedError

    def prepare(self, data: Any) -> Any:
        """The ``Learner`` before its first step."""
        raise NotImplementedError

    def judge(self, learner: Learner, data: Any) -> tuple[dict[str, float], str]:
        """After an epoch: figures for TensorBoard, and the one that counts in words."""
        raise NotImplementedError

    def show(self, learner: Learner, data: Any, writer: SummaryWriter) -> None:
        """After an epoch, what is worth seeing of it in TensorBoard, beside figures; by default nothing."""

    def finish(self, net: Any, data: Any, writer: SummaryWriter, step: int, seconds: float) -> Any:
        """Measure the trained network (its ``metrics``) and show what is worth seeing; returns a summary to print."""
        raise NotImplementedError

    def component(self, net: Any) -> Any:
        """What the fit gives and saves once ``finish`` has measured the network: by default the network itself."""
        return net

    @property
    def goal(self) -> Goal:
        """What `ludus tune` compares trainings by; ``ValueError`` for a task that does not say it."""
        raise ValueError(f"{self.TASK} does not say what trainings are compared by, so it cannot be tuned")

    def held_out(self, net: Any, data: Any) -> dict[str, float]:
        """Figures of the trained network on training data that are held out; never on those of the test.

        Raises:
            ValueError: the recipe holds nothing out.
        """
        raise NotImplementedError

    def __init__(self, out: Path, recipe: Any) -> None:
        self.out, self.recipe = out, recipe
        self.folder = folder_of(out)
        self.notes: list[str] = []  # what a person should know, one line each
        self.progress: Callable[[FitProgress], None] = lambda progress: None

    @property
    def again(self) -> str:
        """The command that goes on with this training."""
        return f"ludus fit {self.TASK} --out {quote(self.out)} --resume"

    @classmethod
    def start(cls, out: Path, recipe: Any) -> "Fit":
        """A new training; ``ValueError`` if there is something at its place, or the data do not fit the recipe."""
        fit = cls(out, recipe)
        if (fit.folder / "fit.yaml").exists():
            raise ValueError(
                f"{fit.folder} already holds a training; go on with it: {fit.again}, or choose another --out"
            )
        for path in (out, fit.folder):
            folders.check_free(path, "--out")
        check_device(recipe)
        fit.check()
        folders.begin(fit.folder, "--out", lambda: write_recipe(recipe, cls.TASK, fit.folder / "fit.yaml"))
        return fit

    def check(self) -> None:
        """Refuse what cannot be trained before anything is written."""
        self.prepare(self.load())

    @classmethod
    def open(cls, out: Path) -> "Fit":
        return cls(out, read_recipe(folder_of(out) / "fit.yaml", cls.TASK, cls.RECIPE))

    def train(self, progress: Callable[[FitProgress], None] | None = None) -> tuple[Any, Any]:
        """Train to the end, from the newest checkpoint if there is one, and save the component.

        Returns:
            The component, and a summary of what it came to.

        Raises:
            Interrupted: stopped by Ctrl-C or SIGTERM, after a checkpoint.
            ValueError: the loss is no number any more, with the step and the learning rate; another process trains
                this; the checkpoints are damaged, or do not fit fit.yaml; this machine lacks the recipe's device.
            OSError: the folder cannot be written (any more); what was saved stays.
        """
        return self._train(progress, self._complete)

    def compare(self, progress: Callable[[FitProgress], None] | None = None) -> tuple[Any, dict[str, float]]:
        """Train to the end as ``train`` does, to be compared with other trainings: the test is not looked at.

        Returns:
            The network, which is not saved, and its figures on what is held out. What is raised, see ``train``.
        """

        def judge(
            net: Any, data: Any, writer: SummaryWriter, step: int, seconds: float
        ) -> tuple[Any, dict[str, float]]:
            figures = self.held_out(net, data)
            for name, value in figures.items():
                writer.add_scalar(f"held_out/{name}", value, step)
            return net, figures

        return self._train(progress, judge)

    def _complete(self, net: Any, data: Any, writer: SummaryWriter, step: int, seconds: float) -> tuple[Any, Any]:
        """Judge the network by the test and save the component that comes of it; returns that and the summary."""
        summary = self.finish(net, data, writer, step, seconds)
        whole = self.component(net)
        whole.save(self.out)
        return whole, summary

    def _train(self, progress: Callable[[FitProgress], None] | None, finish: Callable[..., Any]) -> tuple[Any, Any]:
        self.progress = progress or self.progress
        check_device(self.recipe)
        with folders.held(self.folder / "fit.yaml", "--out"), using_threads(self.recipe.threads):
            return self._train_on(finish)

    def _train_on(self, finish: Callable[..., Any]) -> tuple[Any, Any]:
        let_sleep()
        data = self.load()
        learner, seconds = self.prepare(data), 0.0
        if checkpoint.list_checkpoints(self.folder / "checkpoints"):
            seconds = self._resume(learner)
        else:
            event_log.cut_back(self.folder, {})  # killed before the first checkpoint: it begins anew
        with event_log.writing(self.folder, self.again):
            writer = SummaryWriter(str(self.folder))
            try:
                keeper = self.keeper(learner, data, writer, seconds)
                with watch_signals(keeper):
                    if not learner.ended:
                        keeper.run()
                net = learner.trained()
                found: tuple[Any, Any] = finish(net, data, writer, learner.step, keeper.seconds)
                writer.flush()
                return found
            finally:
                event_log.close(writer)

    def keeper(self, learner: Any, data: Any, writer: SummaryWriter, seconds: float) -> Any:
        """What takes the steps that are left, in ``run``, and knows the ``seconds`` that all of them took."""
        return Keeper(self, learner, data, writer, seconds)

    def _resume(self, learner: Any) -> float:
        saved = checkpoint.load_latest(self.folder / "checkpoints", check_state)
        self.notes += saved.problems
        now = asdict(self.recipe)
        other = [f"{key} {was!r}" for key, was in saved.state["recipe"].items() if now.get(key) != was]
        if other:
            raise ValueError(
                f"the checkpoint was made with {', '.join(other)}; restore {self.folder / 'fit.yaml'}, or begin a new "
                "training with another --out"
            )
        if saved.state.get("data") != learner.digest:
            raise ValueError(
                f"the data are not those that the checkpoint in {self.folder} learned from: they, or what makes them, "
                "have changed; begin a new training with another --out"
            )
        try:
            learner.unpack(saved.tensors, saved.steps)
        except Exception as fault:  # whatever torch and the optimisers raise at a state that is none of theirs
            raise ValueError(
                f"the newest checkpoint in {self.folder} does not hold the state of this training: "
                f"{in_one_line(fault)}; remove it to go on from the one before"
            ) from fault
        if self.recipe.device != "cpu":
            self.notes.append(f"on {self.recipe.device} a training that is resumed is not exact to the bit")
        event_log.cut_back(self.folder, saved.state["files"])
        return float(saved.state["seconds"])


def folder_of(out: Path) -> Path:
    """Where the training of the component ``out`` lives."""
    return out.with_name(f"{out.name}.training")
