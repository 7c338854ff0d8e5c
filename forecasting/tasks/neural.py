"""`ludus fit forecasting/patchtst` and its like: the training of a forecaster by gradients (see `training/fit.py`)."""

import inspect
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from ...data.series_load import load_series
from ...training.batches import Shuffled
from ...training.cost import parameter_count
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ...utils.wording import counted
from .. import losses
from ..backtest import backtest
from ..models.forecaster import spaces_of
from ..models.neural import Neural
from ..report import Summary, measure, scale_of, summarise
from ..report_plots import save_plots
from ..windows import Scaler, Windows, ordered_values
from .neural_recipe import MODELS, NeuralRecipe

PARTS = ("train", "validation", "test")
FIGURES = {"mae": "MAE", "mse": "MSE", "shape": "shape-MAE", "pinball": "pinball"}  # that measure a loss of ours
YEAR = np.timedelta64(364, "D")


class Data(NamedTuple):
    """Windows to learn from, those that choose the epoch (``None``: nothing is held out), and those of the test."""

    train: Windows
    watched: Windows | None
    test: Windows
    scaler: Scaler


class WindowBatches(Shuffled):
    """What is seen (B, layout.size) and what came (B, *output), both float32."""

    def __init__(self, windows: Windows, batch_size: int, seed: int) -> None:
        super().__init__(len(windows), batch_size, seed)
        self.windows = windows

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = self.rows(step).numpy()
        return torch.from_numpy(self.windows.inputs(rows)), torch.from_numpy(self.windows.truths(rows))


def build(recipe: NeuralRecipe, windows: Windows, scaler: Scaler) -> Neural:
    """The untrained network of a recipe for these windows."""
    if recipe.quantiles and len(windows.output) > 1:
        raise ValueError(
            f"quantiles are forecast of one target, {windows.series.name} has {windows.output[1]}; choose a series "
            "with one, or another loss"
        )
    output = (recipe.horizon, len(recipe.quantiles)) if recipe.quantiles else windows.output
    kind: Any = recipe.component  # a subclass, with arguments of its own
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net: Neural = kind(
            *spaces_of(windows.layout, output),
            **recipe.net,
            layout=windows.layout.to_json(),
            quantiles=recipe.quantiles,
            data=recipe.data,
            **_yearly(recipe, windows),
        )
    net.set_scale(scaler.mean, scaler.std)
    return net


def _yearly(recipe: NeuralRecipe, windows: Windows) -> dict[str, bool]:
    """Whether the training part has a whole year, for those models that ask."""
    if "yearly" not in inspect.signature(recipe.component).parameters:
        return {}
    times = windows.series.times
    start, stop = windows.series.splits["train"]
    return {"yearly": times is not None and bool(times[stop - 1] - times[start] >= YEAR)}


class NeuralLearner(Learner):
    """The loss of the recipe."""

    recipe: NeuralRecipe
    net: Neural

    def __init__(self, recipe: NeuralRecipe, data: Data) -> None:
        net = build(recipe, data.train, data.scaler)
        values = torch.from_numpy(ordered_values(data.train.series))
        digested = (values, torch.from_numpy(data.train.origins))
        super().__init__(recipe, net, WindowBatches(data.train, recipe.batch_size, recipe.seed), digested)
        self.own_loss = None if recipe.loss in losses.OURS else losses.loss_named(recipe.loss)
        self.spread = net.std[: net.targets].clone()
        self.levels = torch.tensor(recipe.quantiles, device=net.device)

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        x, y = batch
        forecast = self.net(x)
        if self.own_loss is not None:
            return self.own_loss(forecast, y)
        if self.recipe.loss == "pinball":
            return losses.pinball(forecast / self.spread, y / self.spread, self.levels)
        return losses.SCALED[self.recipe.loss](forecast / self.spread, y / self.spread)


class NeuralFit(Fit):
    """The training of one of ``MODELS``; see ``FITS``."""

    RECIPE = NeuralRecipe
    MODEL: ClassVar[str]
    recipe: NeuralRecipe

    def load(self) -> Data:
        r = self.recipe
        series = load_series(r.data, **r.reading, horizon=r.horizon, note=self.tell)
        train, validation, test = (Windows.of(series, split, r.horizon, r.lookback) for split in PARTS)
        if r.holdout:
            spread = np.linspace(0, len(validation) - 1, min(len(validation), r.watched)).round().astype(np.int64)
            watched = Windows(series, validation.origins[spread], r.horizon, r.lookback)
            return Data(train, watched, test, Scaler.fit(series))
        origins = np.concatenate([train.origins, validation.origins])
        return Data(Windows(series, origins, r.horizon, r.lookback), None, test, Scaler.fit(series))

    def tell(self, note: str) -> None:
        """Keep a note for the person, once: the series is read again when the training begins."""
        if note not in self.notes:
            self.notes.append(note)

    def prepare(self, data: Data) -> NeuralLearner:
        return NeuralLearner(self.recipe, data)

    def judge(self, learner: Learner, data: Data) -> tuple[dict[str, float], str]:
        assert isinstance(learner, NeuralLearner)
        if data.watched is None:
            return {}, ""
        net: Any = learner.snapshot()
        figures = backtest(net, data.watched, scale=scale_of(data.watched)).errors.figures()
        learner.consider(self.error(learner, net, data, figures))
        chosen = learner.best_step // len(learner.batches)
        return figures, f"MSE {figures['MSE']:.3f}, MAE {figures['MAE']:.3f} (best epoch {chosen})"

    def error(self, learner: NeuralLearner, net: Any, data: Data, figures: dict[str, float]) -> float:
        """What chooses the epoch: the loss that is learned, over all that is watched."""
        name = FIGURES.get(self.recipe.loss)
        if name is not None:
            return figures[name]
        assert data.watched is not None
        total = 0.0
        with torch.no_grad():
            for which, x, y in data.watched.batches():
                loss = learner.loss_of((torch.from_numpy(x).to(net.device), torch.from_numpy(y).to(net.device)), 0)
                total += float(loss) * (which.stop - which.start)
        return total / len(data.watched)

    @property
    def goal(self) -> Goal:
        return Goal(FIGURES.get(self.recipe.loss, "MAE"), False, {"holdout": True}, {})

    def held_out(self, net: Any, data: Data) -> dict[str, float]:
        if data.watched is None:
            raise ValueError("nothing is held out; leave the validation part its job: --set holdout=true")
        return backtest(net.eval(), data.watched, scale=scale_of(data.watched)).errors.figures()

    def finish(self, net: Any, data: Data, writer: SummaryWriter, step: int, seconds: float) -> Summary:
        r = self.recipe
        net.metrics = measure(net.eval(), data.test, seconds)
        for name in ("MSE", "MAE"):
            writer.add_scalar(f"test/{name}", net.metrics[name], step)
        save_plots(net, data.test, self.folder, writer, step, self.tell)
        kept = "the best epoch on the validation part" if r.holdout else "the last epoch, the validation part learned"
        return summarise(
            r.model,
            net.metrics,
            data.test,
            f"{r.horizon:,} rows from {r.lookback:,}; {counted(len(data.test), 'window')}; kept: {kept}",
            f"{counted(r.epochs, 'epoch')} of {r.data} in {seconds:,.0f} s ({parameter_count(net):,} parameters, loss "
            f"{r.loss}, {r.precision}, {counted(r.threads, 'thread')}, seed {r.seed})",
        )


FITS: dict[str, type[NeuralFit]] = {
    name: type(f"{kind.__name__}Fit", (NeuralFit,), {"TASK": f"forecasting/{name}", "MODEL": name})
    for name, kind in MODELS.items()
}
