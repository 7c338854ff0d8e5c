"""The judgements of the generation study: a row per side, kept in a CSV as soon as it is there.

Sides are sets of pictures, as many of each class: training images (the floor of the distance), the mean image of each
class and noise (its ceilings), and what a generator draws in more or fewer steps. Each is compared with the test images
in the features of one classifier, the *judge*, which also says of how many pictures it finds the class that was asked
for. Of some a classifier learns, which is then tested on the test images.
"""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...components.picture_source import SEEDS, balanced
from ...training.batches import generator
from ...vision.frechet import features_of, frechet_distance
from ...vision.images import Images, Splits, load_tensors
from ...vision.models.classifier import Classifier
from ...vision.models.flow import check_flow, evaluations
from ...vision.models.generator import Generator
from ...vision.tasks.classify import Classify
from ...vision.tasks.classify_recipe import compose as compose_classifier
from ...vision.tasks.classify_report import judge as probabilities
from ..rows import digest, read_rows, write_rows

TRAINING, MEANS, NOISE = "training images", "class means", "noise"
FLOWS = "heun:2,heun:3,heun:5,heun:10,euler:2,euler:5,euler:10,euler:20,euler:40"
LEARNING = {"batch_size": 128}  # of the classifiers that learn: what is left of the pictures makes too few steps of 512

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Row:
    """What a set of pictures came to."""

    side: str
    solver: str  # of a generator; else empty
    steps: int  # 0 where nothing is generated
    evaluations: int  # of the network, per picture
    pictures: int
    distance: float  # Fréchet's, to the test images, in the features of the judge
    share: float  # of what lies between training images (0) and class means (1)
    accuracy: float  # of the judge on them, by the classes that were asked for
    learned: float  # accuracy on the test images of a classifier that learned from them; nan where none did
    seconds: float  # to make them
    generator: str  # fingerprint, its beginning; or empty
    judge: str
    setting: str  # a hash of what else decides it

    @property
    def key(self) -> tuple[str, str, int]:
        return self.side, self.solver, self.steps


@dataclass(frozen=True)
class Setup:
    """What is asked of the study, checked; see ``prepare``."""

    name: str  # of the generator, in the table
    generator: Generator
    judge: Classifier
    data: str
    train: Images
    test: Images
    count: int
    flows: tuple[tuple[str, int], ...]  # (solver, steps); the generator's own comes first

    @property
    def setting(self) -> str:
        return digest([self.data, self.count, len(self.test), SEEDS["train"], LEARNING])


def parse_flows(text: str) -> list[tuple[str, int]]:
    """``heun:10,euler:20`` as solvers and steps; ``ValueError`` for anything else."""
    found = []
    for part in text.split(","):
        solver, _, steps = part.partition(":")
        if not steps.isdecimal():
            raise ValueError(f"a way from noise to image is SOLVER:STEPS, such as heun:10, got {part!r}")
        check_flow(int(steps), solver)
        found.append((solver, int(steps)))
    return found


def prepare(name: str, net: Generator, judge: Any, data: str, count: int, flows: str) -> Setup:
    """The study of a generator by a judge on a data set; ``ValueError`` for what cannot be compared."""
    if not isinstance(judge, Classifier):
        raise ValueError(f"the judge is a {type(judge).__name__}, expected what `ludus fit vision/classify` made")
    asked = dict.fromkeys([(net.solver, net.steps), *parse_flows(flows)])
    train, test = load_tensors(data, "train"), load_tensors(data, "test")
    for who, shape, classes in (
        ("the generator", net.output_space.shape, net.classes),
        ("the judge", judge.input_space.shape, judge.classes),
    ):
        if shape != tuple(train.images.shape[1:]) or tuple(classes) != train.classes:
            raise ValueError(
                f"{who} is for pictures {shape} of {len(classes)} classes, {data} has {tuple(train.images.shape[1:])} "
                f"and {len(train.classes)}, or they have other names; expected all of one set"
            )
    least = int(torch.bincount(train.labels, minlength=len(train.classes)).min()) * len(train.classes)
    if not len(train.classes) * 2 <= count <= least:
        raise ValueError(f"--count must be {len(train.classes) * 2:,} … {least:,} for {data}, got {count:,}")
    return Setup(name, net, judge, data, train, test, count, tuple(asked))


# --- Sides: functions that make (pictures, labels) -------------------------------------------------------------------


def training_images(setup: Setup) -> Images:
    """So many training images of each class, any ones."""
    rows, turn = torch.empty(setup.count, dtype=torch.int64), torch.from_numpy(labels_of(setup))
    order = torch.randperm(len(setup.train), generator=generator(0, "floor"))
    for k in range(len(setup.train.classes)):
        own = order[setup.train.labels[order] == k]
        rows[turn == k] = own[: int((turn == k).sum())]
    return setup.train.subset(rows)


def class_means(setup: Setup) -> Images:
    """The mean training image of each class, again and again."""
    train, labels = setup.train, torch.from_numpy(labels_of(setup))
    means = [train.images[train.labels == k].double().mean(dim=0) for k in range(len(train.classes))]
    return Images(torch.stack(means).round().to(torch.uint8)[labels], labels, train.classes)


def noise(setup: Setup) -> Images:
    """What the generator begins with: normal noise of the mean and spread of the training images."""
    net, labels = setup.generator, torch.from_numpy(labels_of(setup))
    shape = (setup.count, net.channels, net.height, net.width)
    return Images(net.picture(torch.randn(shape, generator=generator(0, "noise"))), labels, setup.train.classes)


def labels_of(setup: Setup) -> np.ndarray:
    return balanced(setup.count, len(setup.train.classes))


SIDES = {TRAINING: training_images, MEANS: class_means, NOISE: noise}


# --- Judgements ------------------------------------------------------------------------------------------------------


def learn_from(images: Images, test: Images, data: str, progress: Callable[[float], None]) -> float:
    """Accuracy on the test images of a classifier that learned from ``images`` by the recipe of their data set."""

    class FromThese(Classify):
        def load(self) -> Splits:
            return Splits(images, test.subset(torch.arange(min(len(test), 2))), test)

    recipe, threads = compose_classifier(data, settings=LEARNING), torch.get_num_threads()
    with tempfile.TemporaryDirectory() as folder:
        net, _ = FromThese.start(Path(folder) / "classifier", recipe).train(lambda p: progress(p.done / p.total))
    torch.set_num_threads(threads)  # a fit takes those of its recipe
    return round(float(net.metrics["accuracy"]), 4)


def judge_side(
    setup: Setup, side: str, solver: str, steps: int, learns: bool, known: np.ndarray, progress: Progress
) -> Row:
    """A row without its share.

    Args:
        learns: Whether a classifier learns from these pictures, too.
        known: Features (N, F) of the test images.
    """
    what = f"{side}, {solver}, {steps} steps" if solver else side
    began = time.perf_counter()
    if solver:
        labels = labels_of(setup)
        drawn = setup.generator.draw(labels, SEEDS["train"], steps, solver, lambda share: progress(what, share))
        images = Images(torch.from_numpy(drawn), torch.from_numpy(labels), setup.train.classes)
    else:
        progress(what, 0.0)
        images = SIDES[side](setup)
    seconds = round(time.perf_counter() - began, 1)
    guesses = probabilities(setup.judge, images, setup.judge.mirror).argmax(dim=1)
    distance = frechet_distance(features_of(setup.judge, images.images), known)
    learned = math.nan
    if learns:
        learned = learn_from(images, setup.test, setup.data, lambda share: progress(f"learning from {what}", share))
    return Row(
        side=side,
        solver=solver,
        steps=steps,
        evaluations=evaluations(steps, solver) if solver else 0,
        pictures=setup.count,
        distance=round(distance, 3),
        share=math.nan,
        accuracy=round(float((guesses == images.labels).float().mean()), 4),
        learned=learned,
        seconds=seconds if solver else 0.0,
        generator=str(setup.generator.fingerprint)[:12] if solver else "",
        judge=str(setup.judge.fingerprint)[:12],
        setting=setup.setting,
    )


def generation_study(setup: Setup, path: Path, progress: Progress = lambda what, share: None) -> list[Row]:
    """All sides of ``setup`` but for those in ``path``; returns the rows asked for.

    Classifiers learn from training images, class means and the generator's own way (its ``solver`` and ``steps``).

    Args:
        path: The CSV, rewritten after each side. Rows by another judge, of another generator of the same name or of
            other settings are replaced.
        progress: Called with what is being done, and the share of it that is done.
    """
    known = features_of(setup.judge, setup.test.images)
    own = (setup.name, *setup.flows[0])
    learning = {(TRAINING, "", 0), (MEANS, "", 0), own}
    asked = [*((side, "", 0) for side in SIDES), *((setup.name, *flow) for flow in setup.flows)]
    for side, solver, steps in asked:
        key = (side, solver, steps)
        rows = [row for row in read_rows(path, Row) if can_stay(setup, row)]
        if not any(row.key == key for row in rows):
            new = judge_side(setup, side, solver, steps, key in learning, known, progress)
            rows = with_shares([*rows, new])
            rows.sort(key=place_of)
            write_rows(path, Row, rows)
    return [row for row in read_rows(path, Row) if row.key in asked]


def place_of(row: Row) -> tuple[int, str, int, str]:
    """Where a row stands in the CSV: what needs no generator first, then by what a picture costs."""
    side = list(SIDES).index(row.side) if row.side in SIDES else len(SIDES)
    return side, row.side, row.evaluations, row.solver


def can_stay(setup: Setup, row: Row) -> bool:
    """Whether the study would make this row as it is, or it is another generator's by the same judge."""
    same = (row.judge, row.setting) == (str(setup.judge.fingerprint)[:12], setup.setting)
    return same and (row.side != setup.name or row.generator == str(setup.generator.fingerprint)[:12])


def with_shares(rows: list[Row]) -> list[Row]:
    """The rows with their share, as soon as there are training images and class means."""
    ends = {row.side: row.distance for row in rows}
    if not {TRAINING, MEANS} <= ends.keys():
        return rows
    floor, ceiling = ends[TRAINING], ends[MEANS]
    return [replace(row, share=round((row.distance - floor) / (ceiling - floor), 5)) for row in rows]
