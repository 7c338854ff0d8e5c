"""`ludus fit forecasting/ensemble`: saved forecasters and closed forms, and how much each of them weighs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...components.component import Component
from ...data.series import Series
from ...data.series_load import load_series
from ...utils.untrusted import is_number
from ...utils.wording import counted, in_line
from ..backtest import backtest
from ..models.ensemble import Ensemble
from ..models.forecaster import Forecaster, spaces_of
from ..open_forecaster import open_forecaster
from ..report import scale_of
from ..windows import is_day_ahead
from .lear import LEARFit
from .linear import LinearFit, LinearRecipe, PeriodicFit
from .solve import Data, Solve, Solver, SolveRecipe, digest_of

FITS: dict[str, type[Solve]] = {"lear": LEARFit, "linear": LinearFit, "periodic": PeriodicFit}
FOUR = [{name: {"level": level}} for name in ("linear", "periodic") for level in ("last", "mean")]
MOST_WEIGHED = 10  # parts whose weights are chosen on the validation part


@dataclass(frozen=True, kw_only=True)
class EnsembleRecipe(SolveRecipe):
    """All that decides an ensemble."""

    parts: list[Any] = field(default_factory=lambda: [dict(part) for part in FOUR])  # see ``part_of``
    weights: Any = "equal"  # or validation: the best there; or a number for each part

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.parts, list) or not 1 <= len(self.parts) <= 30:
            raise ValueError(f"parts is a list of 1 to 30, got {in_line(repr(self.parts), 60)}")
        for part in self.parts:
            part_of(part)
        if isinstance(self.weights, list):
            if len(self.weights) != len(self.parts) or not all(is_number(x) and x >= 0.0 for x in self.weights):
                raise ValueError(f"weights are {len(self.parts)} numbers >= 0, got {in_line(repr(self.weights), 60)}")
            if not 1.0 - 1e-6 <= sum(self.weights) <= 1.0 + 1e-6:
                raise ValueError(f"weights add up to 1, got {sum(self.weights):g}")
        elif self.weights not in ("equal", "validation"):
            raise ValueError(
                f"weights is equal, validation or a list of numbers, got {in_line(repr(self.weights), 60)}"
            )
        if self.weights == "validation" and len(self.parts) > MOST_WEIGHED:
            raise ValueError(f"weights=validation takes at most {MOST_WEIGHED} parts, got {len(self.parts)}")

    @classmethod
    def sizes(cls, series: Series) -> tuple[int, int]:
        return LinearRecipe.sizes(series)


def part_of(part: Any) -> tuple[str, dict[str, Any] | None]:
    """A closed form's name and its settings, or the folder of a saved forecaster and ``None``; else ``ValueError``."""
    if isinstance(part, Mapping) and len(part) == 1:
        ((name, settings),) = part.items()
        if name in FITS and isinstance(settings, Mapping) and all(isinstance(key, str) for key in settings):
            return name, dict(settings)
    elif isinstance(part, str) and part:
        return part, {} if part in FITS else None
    raise ValueError(
        f"a part of an ensemble is a folder, or one of {', '.join(FITS)}, with settings as in linear: {{level: mean}}; "
        f"got {in_line(repr(part), 60)}"
    )


class Weighing(Solver):
    """The steps of all parts that are closed forms, one after the other, and one more that weighs."""

    def __init__(self, recipe: EnsembleRecipe, data: Data, members: list[Forecaster | Solver]) -> None:
        self.recipe, self.data, self.members = recipe, data, members
        self.solvers = {at: member for at, member in enumerate(members) if isinstance(member, Solver)}
        self.steps = sum(solver.steps for solver in self.solvers.values()) + 1
        known = [m.digest if isinstance(m, Solver) else str(m.fingerprint) for m in members]
        self.digest = " ".join([digest_of(data.series), *known])
        self.weights = np.full(len(members), 1.0 / len(members))

    def take(self) -> None:
        for solver in self.solvers.values():
            if not solver.ended:
                solver.take()
                solver.step += 1
                return
        if isinstance(self.recipe.weights, list):
            self.weights[:] = self.recipe.weights
        elif self.recipe.weights == "validation":
            self.weights[:] = self.weigh()

    def weigh(self) -> np.ndarray:
        """The weights with the smallest squared error in the validation part, in spreads of several targets."""
        windows, net = self.data.validation, self.net()
        scale = scale_of(windows)
        errors = []
        for at in range(len(self.members)):
            net.shares.zero_()
            net.shares[at] = 1.0
            kept = backtest(net, windows, scale=scale, keep=True).forecasts
            assert kept is not None
            errors.append(((kept - windows.truths(slice(None))) / (1.0 if scale is None else scale)).ravel())
        return best_weights(np.stack(errors))

    def net(self) -> Ensemble:
        """The ensemble of the parts as they are, with equal weights."""
        windows = self.data.test
        parts = [member.trained() if isinstance(member, Solver) else member for member in self.members]
        quantiles, output = parts[0].quantiles, parts[0].output_space.shape or ()
        layout = windows.layout.to_json()
        ends = spaces_of(windows.layout, output)
        return Ensemble(*ends, layout=layout, parts=parts, quantiles=quantiles, data=self.recipe.data).eval()

    def pack(self) -> dict[str, torch.Tensor]:
        tensors = {f"{at}/{key}": t for at, solver in self.solvers.items() for key, t in solver.pack().items()}
        return {**tensors, "weights": torch.from_numpy(self.weights.copy())}

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        if "weights" not in tensors or tensors["weights"].shape != self.weights.shape or step > self.steps:
            raise ValueError("it is of another number of parts")
        left = step
        for at, solver in self.solvers.items():
            done = min(left, solver.steps)
            own = {name.partition("/")[2]: t for name, t in tensors.items() if name.startswith(f"{at}/")}
            solver.unpack(own, done)
            left -= done
        self.weights[:] = tensors["weights"].numpy()
        self.step = step

    def said(self) -> str:
        at = next((at for at, solver in self.solvers.items() if not solver.ended), len(self.members) - 1)
        return f"part {at + 1} of {len(self.members)}"

    def trained(self) -> Ensemble:
        net = self.net()
        net.shares.copy_(torch.from_numpy(self.weights))
        return net

    def note(self) -> str:
        how = self.recipe.weights if isinstance(self.recipe.weights, str) else "given"
        shown = ", ".join(f"{weight:.2f}" for weight in self.weights)
        return f"{counted(len(self.members), 'part')}, weights {how} ({shown})"


def best_weights(errors: np.ndarray) -> np.ndarray:
    """(P,) weights >= 0 that add up to 1, whose mean of the ``errors`` (P, N) has the smallest square.

    Each set of parts that count has one candidate; that of the smallest error is the minimum.
    """
    moments = errors.astype(np.float64) @ errors.T.astype(np.float64)
    best, found = np.inf, np.zeros(len(errors))
    for count in range(1, len(errors) + 1):
        for some in combinations(range(len(errors)), count):
            inner = moments[np.ix_(some, some)]
            share = np.linalg.pinv(inner) @ np.ones(count)
            if share.sum() <= 0.0 or ((share := share / share.sum()) < 0.0).any():
                continue
            if (error := float(share @ inner @ share)) < best:
                best, found = error, np.zeros(len(errors))
                found[list(some)] = share
    return found


class EnsembleFit(Solve):
    """The fit of an ensemble."""

    TASK, RECIPE = "forecasting/ensemble", EnsembleRecipe  # type: ignore[assignment]

    def load(self) -> Data:
        r = self.recipe
        series = load_series(r.data, **r.reading, horizon=r.horizon, note=self.tell)
        if is_day_ahead(series) and any(part_of(part)[0] in ("linear", "periodic") for part in r.parts):
            self.tell("linear and periodic see the past of the target alone, nothing that is known in advance")
        saved, longest = [], r.lookback
        for name, settings in map(part_of, r.parts):
            saved.append(open_forecaster(Path(name)) if settings is None else None)
            seen = saved[-1].lookback if saved[-1] else (settings or {}).get("lookback", r.lookback)
            longest = max(longest, seen if type(seen) is int else 0)
        self.saved: list[Component | None] = list(saved)
        return Data(series, r.horizon, longest)

    def prepare(self, data: Data) -> Weighing:
        members: list[Forecaster | Solver] = []
        for (name, settings), saved in zip(map(part_of, self.recipe.parts), self.saved, strict=True):
            members.append(saved if isinstance(saved, Forecaster) else self.closed(name, dict(settings or {}), data))
        work = Weighing(self.recipe, data, members)
        net = work.net()  # refuses parts that do not belong together
        if net.quantiles and self.recipe.weights == "validation":
            raise ValueError("weights=validation is for forecasts of one number per row; weigh quantiles equally")
        return work

    def closed(self, name: str, settings: dict[str, Any], data: Data) -> Solver:
        """What solves the part ``name``."""
        r, kind = self.recipe, FITS[name]
        lookback = settings.pop("lookback", r.lookback)
        recipe = kind.RECIPE.compose(data.series, r.horizon, lookback, settings, r.data, r.reading)  # type: ignore[attr-defined]
        return kind(self.out, recipe).prepare(Data(data.series, r.horizon, lookback))
