"""Losses of forecasts: those that Ludus has, and those that a program hands in under a name of its own.

mae, mse   mean absolute and squared error, in standard deviations of each target in the training part
shape      mean absolute error after each window's mean error was taken away (of single targets): what is left for
           those who only compare hours
pinball    mean over the levels q of max(q e, (q - 1) e), for e = truth - quantile (Koenker & Bassett 1978)

A decision's loss needs an environment, of which forecasts know nothing; whoever has both hands it in:

    losses.register("battery/regret", regret)        # regret(forecast (B, H), truth (B, H)) -> scalar
    Train.start(out, recipe)                         # a recipe with loss="battery/regret"

The name stands in fit.yaml. Nothing is imported for it: a process that goes on with that training registers it, too.
"""

import re
from collections.abc import Callable

import torch

from ..utils.wording import did_you_mean

# (forecast, truth) in the series' own units, (B, H) or (B, H, T) -> scalar
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
FORM = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)+", re.ASCII)
_registered: dict[str, Loss] = {}


def mae(forecast: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    return (forecast - truth).abs().mean()


def mse(forecast: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    return (forecast - truth).square().mean()


def shape(forecast: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    error = forecast - truth
    return (error - error.mean(dim=1, keepdim=True)).abs().mean()


def pinball(forecast: torch.Tensor, truth: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Of quantiles (B, H, Q) at ``levels`` (Q,) and the truth (B, H)."""
    error = truth[..., None] - forecast
    return torch.maximum(levels * error, (levels - 1.0) * error).mean()


SCALED: dict[str, Loss] = {"mae": mae, "mse": mse, "shape": shape}  # of errors in standard deviations
OURS = (*SCALED, "pinball")


def register(name: str, loss: Loss) -> None:
    """Make a loss known to this process, in the series' own units; a name that is known already gets the new one.

    Args:
        name: OWNER/NAME, as of components.
        loss: A function of (forecast, truth), (B, H) or (B, H, T), that gives a scalar with a gradient.

    Raises:
        ValueError: a name of another form.
    """
    if not FORM.fullmatch(name):
        raise ValueError(f"a loss of one's own is named OWNER/NAME, such as battery/regret; got {name!r}")
    _registered[name] = loss


def check_name(name: str) -> None:
    """``ValueError`` unless ``name`` can be a loss: one of ours, or of the form of one that is handed in."""
    if name not in OURS and not FORM.fullmatch(name):
        raise ValueError(f"unknown loss {name!r}{did_you_mean(name, OURS)}")


def loss_named(name: str) -> Loss:
    """The loss that was registered; ``ValueError`` if none was."""
    if name not in _registered:
        raise ValueError(
            f"the loss {name!r} is none of Ludus' own, and this process has not registered it: "
            "ludus.forecasting.losses.register(name, loss) before the training is begun or gone on with"
        )
    return _registered[name]
