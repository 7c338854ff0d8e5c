"""The study of recurrent networks and the transformer: which trainings, and what is measured of each."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter

from ...nlp.models.language_model import LanguageModel
from ...nlp.tasks.complete import Complete, Data, LanguageLearner
from ...nlp.tasks.complete_recipe import LanguageRecipe, compose
from ...nlp.tasks.complete_report import measure
from ...training.learner import Learner
from ..rows import digest, machine
from ..trainings import Show, Training, Work
from .measures import LENGTHS, REACHES, check_reach, reach_losses, training_speed, writing_speed

ALONE = {"threads": 1, "checkpoint_seconds": 1e9}  # it learns on one core, and is thrown away
TRIED = 3  # steps by which a model's speed is told before it learns
SEPARATOR = ";"  # of the numbers in a cell


@dataclass(frozen=True)
class Row:
    """What came of one training."""

    data: str
    model: str
    seed: int
    minutes: float  # that were asked for
    nats: float  # per character of the test, in windows side by side
    half: float  # the same with half a context at least
    parameters: int
    epochs: int
    cpu_seconds: float  # of the training alone
    curve: str  # "CPU seconds:nats per character" after each epoch, on the first part of the test
    trained: str  # tokens per CPU second by length
    written: float  # tokens per CPU second
    reach: str  # nats per token by how far back is seen
    precision: str
    setting: str
    machine: str


def work_of(folder: Path) -> Work:
    """What the study does, in ``folder``."""
    return Work(folder / "rnn-vs-transformer.csv", Row, train, order)


def order(row: Row) -> Any:
    return row.data, row.minutes, row.model, row.seed


def plan(
    data: str, models: Sequence[str], minutes: float, seeds: int, settings: Mapping[str, Any] | None = None
) -> list[Training]:
    """The trainings of the study, the first seed of all models first; ``ValueError`` for settings that are none."""
    wanted = []
    for seed in range(seeds):
        for model in models:
            recipe = compose(data, model, seed, {**ALONE, **(settings or {})})
            decides = {**vars(recipe), "precision": "", "epochs": 0}
            place = (("data", data), ("model", model), ("seed", seed), ("minutes", minutes))
            setting = digest([decides, minutes, LENGTHS, REACHES])
            wanted.append(Training(place, setting, (recipe, minutes, setting)))
    return wanted


class StudiedComplete(Complete):
    """The training of a model of language for a study: its curve is kept, and no samples are written."""

    def __init__(self, out: Path, recipe: LanguageRecipe) -> None:
        super().__init__(out, recipe)
        self.began = self.judging = 0.0
        self.curve: list[tuple[float, float]] = []

    @property
    def cpu_seconds(self) -> float:
        """Of this process for the steps so far."""
        return time.process_time() - self.began - self.judging

    def prepare(self, data: Data) -> LanguageLearner:
        learner = super().prepare(data)
        self.began = time.process_time()
        return learner

    def judge(self, learner: Learner, data: Data) -> tuple[dict[str, float], str]:
        trained, before = self.cpu_seconds, time.process_time()
        told = super().judge(learner, data)
        self.curve.append((trained, told[0]["nats_per_character"]))
        self.judging += time.process_time() - before
        return told

    def show(self, learner: Learner, data: Data, writer: SummaryWriter) -> None:
        """Nothing: samples would take their time from the training."""

    def finish(self, net: LanguageModel, data: Data, writer: SummaryWriter, step: int, seconds: float) -> Any:
        net.metrics = measure(net, data.test, seconds)
        return net, data


def affordable_epochs(recipe: LanguageRecipe, minutes: float) -> int:
    """How many passes over the text a model makes in so many minutes of a core; one at least."""
    torch.set_num_threads(recipe.threads)
    data = Complete(Path("unused"), recipe).load()
    check_reach(data.test)  # now, and not when the training has ended
    learner = LanguageLearner(recipe, data)
    times = []
    for step in range(TRIED):
        batch, began = learner.batches.batch(step), time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bf16"):
            learner.loss_of(batch, step).backward()
            for optimizer in learner.optimizer_list:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
        times.append(time.process_time() - began)
    return max(1, round(minutes * 60.0 / (min(times) * len(learner.batches))))


def train(training: Training, show: Show) -> Row:
    """One row: a model learns for its minutes, then it is measured."""
    recipe, minutes, setting = training.recipe
    recipe = replace(recipe, epochs=affordable_epochs(recipe, minutes))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "net"
        StudiedComplete.start(out, recipe)
        fit = StudiedComplete(out, recipe)
        _, (net, data) = fit.train(show)
    bf16 = recipe.precision == "bf16"
    return Row(
        data=recipe.data,
        model=recipe.model,
        seed=recipe.seed,
        minutes=minutes,
        nats=round(net.metrics["nats_per_character"], 4),
        half=round(net.metrics["nats_per_character_half_context"], 4),
        parameters=int(net.metrics["parameters"]),
        epochs=recipe.epochs,
        cpu_seconds=round(fit.curve[-1][0], 1),
        curve=SEPARATOR.join(f"{seconds:.0f}:{loss:.4f}" for seconds, loss in fit.curve),
        trained=SEPARATOR.join(f"{training_speed(net, length, bf16):.0f}" for length in LENGTHS),
        written=round(writing_speed(net)),
        reach=SEPARATOR.join(f"{loss:.4f}" for loss in reach_losses(net, data.test)),
        precision=recipe.precision,
        setting=setting,
        machine=machine(),
    )
