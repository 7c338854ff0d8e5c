"""Fits as the subject of a search: trials are trainings that hold a part of the training data out."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...components.component import Component
from ...training.batches import digest_tensors
from ...training.checkpoint import list_checkpoints
from ...training.fit import Fit, folder_of
from ...training.progress import Diverged
from ...training.recipe import Recipe, known_settings, read_recipe, with_settings, write_recipe
from ...utils.files import own_folder, quote
from ...utils.processors import usable_processors
from ...utils.untrusted import is_number
from ...utils.wording import did_you_mean, in_line
from .subject import Aim, Judged, Show

DEFAULT = "default.yaml"  # the recipe without a search, in the folder of a search
WINNER = "winner.yaml"
# Of the machine, or of how a training is kept: these decide no figure that is worth a search.
NO_SETTINGS = frozenset({"device", "precision", "threads", "checkpoint_seconds"})


class FitSubject:
    """A task of `ludus fit` with its recipe. ``kind`` is the task's training."""

    def __init__(self, kind: type[Fit], recipe: Any) -> None:
        self.kind, self.recipe = kind, recipe
        self.command = f"fit {kind.TASK}"
        self.judged_by = "held-out part of the training data"
        self.rounds = getattr(recipe, "epochs", 0)
        self.device = recipe.device
        self.share(1)
        self.goal = kind(Path("trial"), recipe).goal
        self.aim = Aim(self.goal.figure, self.goal.rises)

    @classmethod
    def read(cls, kind: type[Fit], folder: Path) -> "FitSubject":
        """What ``write`` kept; errors as of ``read_recipe``."""
        return cls(kind, read_recipe(folder / DEFAULT, kind.TASK, kind.RECIPE))

    def write(self, folder: Path) -> None:
        write_recipe(self.recipe, self.kind.TASK, folder / DEFAULT)

    def differs(self, folder: Path) -> str:
        before = asdict(read_recipe(folder / DEFAULT, self.kind.TASK, self.kind.RECIPE))
        now = asdict(self.recipe)
        other = [key for key in now if now[key] != before.get(key) and key not in NO_SETTINGS]
        return ", ".join(f"{key} {in_line(before.get(key), 60)}, not {in_line(now[key], 60)}" for key in other)

    @property
    def searched(self) -> Mapping[str, str]:
        known = known_settings(self.recipe)
        return {name: text for name, text in type(self.recipe).SEARCH.items() if name in known}

    def default(self, name: str) -> Any:
        if name in self.goal.settings or name in self.goal.whole:
            raise ValueError(
                f"{name} decides what trials are judged by, so it cannot be searched; --set gives it one value"
            )
        known = known_settings(self.recipe).keys() - NO_SETTINGS
        if name not in known:
            raise ValueError(f"{self.kind.TASK} has no setting {name!r}{did_you_mean(name, known)}")
        return known_settings(self.recipe)[name]

    def check(self, name: str, value: Any) -> None:
        with_settings(self.recipe, {name: value})

    def share(self, workers: int) -> None:
        self.threads = max(usable_processors() // workers, 1)

    def _start(self, place: Path, recipe: Any) -> None:
        if isinstance(recipe, Recipe):
            recipe = replace(recipe, threads=min(recipe.threads or self.threads, self.threads))
        self.kind.start(place, recipe)

    def begin(self, place: Path, values: Mapping[str, Any]) -> None:
        self._start(place, with_settings(self.recipe, {**self.goal.settings, **values}))

    def has_begun(self, place: Path) -> bool:
        return (folder_of(place) / "fit.yaml").exists()

    def train(self, place: Path, judged: Judged, show: Show) -> tuple[float, dict[str, str]]:
        fit, seen = self.kind.open(place), dict[str, float]()

        def watch(progress: Any) -> None:
            nonlocal seen
            figures = getattr(progress, "figures", {})  # closed forms have none before their end
            if figures and figures is not seen:
                seen = figures
                judged(progress.done * fit.recipe.epochs // progress.total, figures[self.aim.figure])
            show(progress)

        net, figures = fit.compare(watch)
        value = figures[self.aim.figure]
        if not is_number(value):
            raise Diverged(f"{self.aim.figure} is {value} in the end")
        return value, {"weights": digest_tensors(*net.state_dict().values())}

    def clear(self, place: Path) -> None:
        if list_checkpoints(folder_of(place) / "checkpoints"):
            shutil.rmtree(own_folder(folder_of(place) / "checkpoints"))

    def test(self, place: Path, values: Mapping[str, Any], seed: int, show: Show) -> float:
        if not (place / "config.json").exists():
            if not self.has_begun(place):
                recipe = with_settings(self.recipe, {**self.goal.whole, **values})
                self._start(place, replace(recipe, seed=seed) if hasattr(recipe, "seed") else recipe)
            self.kind.open(place).train(show)
        return Component.load(place).metrics[self.aim.figure]

    def write_winner(self, folder: Path, values: Mapping[str, Any], said: str) -> tuple[Path, str]:
        path = folder / WINNER
        write_recipe(with_settings(self.recipe, {**self.goal.whole, **values}), self.kind.TASK, path, said)
        return path, f"ludus {self.command} --recipe {quote(path)} --out models/winner"
