"""A task for tests of `training`: numbers in, numbers out, and neither pictures nor environments nor files."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from gymnasium import spaces
from torch import nn
from torch.nn import functional as F

from ludus.components.component import Component
from ludus.components.names import register
from ludus.training.batches import Shuffled, generator
from ludus.training.fit import Fit, Goal
from ludus.training.learner import Learner
from ludus.training.recipe import Recipe, of_this_machine

TINY = {"epochs": 3, "batch_size": 16, "threads": 1, "precision": "fp32", "checkpoint_seconds": 0.0}


@register("test/curve")
class Curve(Component):
    """A small network from a number to a number."""

    def __init__(self, input_space, output_space, hidden=8, dropout=0.0, middle=0.0):
        super().__init__(input_space, output_space, {"hidden": hidden, "dropout": dropout, "middle": middle})
        self.layers = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Dropout(dropout), nn.Linear(hidden, 1))
        self.middle = middle

    def forward(self, x):
        return self.layers(x) + self.middle


@dataclass(frozen=True, kw_only=True)
class CurveRecipe(Recipe):
    """All that decides the training of a curve."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"points"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"middle"})

    points: int = 96
    holdout: bool = False  # of a third of the points
    optimizer: str = "adamw"
    lr: float = 0.02

    def __post_init__(self):
        super().__post_init__()
        self.check_net("a curve")

    @property
    def component(self):
        return Curve


def compose(settings=None, **more):
    values, net = CurveRecipe.split({**TINY, **(settings or {})}, Curve)
    return CurveRecipe(net=net, **{**values, **of_this_machine(values)}, **more)


class Pairs(Shuffled):
    """Where on the curve (B, 1), and how high it is there (B, 1)."""

    def __init__(self, x, y, batch_size, seed):
        super().__init__(len(x), batch_size, seed)
        self.x, self.y = x, y

    def batch(self, step):
        rows = self.rows(step)
        return self.x[rows], self.y[rows]


class CurveLearner(Learner):
    """The mean square error."""

    def __init__(self, recipe, x, y):
        box = spaces.Box(-np.inf, np.inf, (1,), np.float32)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            net = Curve(box, box, **recipe.net, middle=round(float(y.mean()), 6))
        super().__init__(recipe, net, Pairs(x, y, recipe.batch_size, recipe.seed), (x, y))

    def loss_of(self, batch, step):
        return F.mse_loss(self.net(batch[0]).float(), batch[1])


class CurveFit(Fit):
    """The training of a curve."""

    TASK, RECIPE = "toy/curve", CurveRecipe
    height = 1.0  # of the curve that there is to learn

    def load(self):
        x = 6.0 * torch.rand(self.recipe.points, 1, generator=generator(0, "points")) - 3.0
        x = x[len(x) // 3 :] if self.recipe.holdout else x
        return x, self.height * torch.sin(x)

    def prepare(self, data):
        return CurveLearner(self.recipe, *data)

    @property
    def goal(self):
        return Goal("error", False, {"holdout": True}, {"holdout": False})

    def held_out(self, net, data):
        assert self.recipe.holdout
        x = 6.0 * torch.rand(self.recipe.points, 1, generator=generator(0, "points"))[: self.recipe.points // 3] - 3.0
        with torch.no_grad():
            return {"error": float(F.mse_loss(net.eval()(x), self.height * torch.sin(x)))}

    def judge(self, learner, data):
        with torch.no_grad():
            error = float(F.mse_loss(learner.net(data[0]), data[1]))
        return {"error": error}, f"error {error:.3f}"

    def finish(self, net, data, writer, step, seconds):
        with torch.no_grad():
            net.metrics = {"error": float(F.mse_loss(net.eval()(data[0]), data[1])), "seconds": seconds}
        writer.add_scalar("test/error", net.metrics["error"], step)
        return f"error {net.metrics['error']:.3f}"
