"""The recipe of a forecaster that learns by gradients: what decides its training, tuned per model and series."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...data.series import Series, parse_step
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_choice, check_range
from ...utils.untrusted import is_number
from ...utils.wording import did_you_mean
from .. import losses
from ..models.gru import GRU
from ..models.ltsf_linear import DLinear, NLinear
from ..models.mlp import MLP
from ..models.neural import Neural
from ..models.patchtst import PatchTST
from ..windows import is_day_ahead, usual_sizes

MODELS: dict[str, type[Neural]] = {
    "dlinear": DLinear,
    "gru": GRU,
    "mlp": MLP,
    "nlinear": NLinear,
    "patchtst": PatchTST,
}
LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]  # of pinball where no others are given


@dataclass(frozen=True, kw_only=True)
class NeuralRecipe(Recipe):
    """All that decides the training of a forecaster."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"data", "reading", "model", "horizon", "lookback"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"layout", "data", "quantiles", "yearly"})

    SEARCH: ClassVar[Mapping[str, str]] = {**Recipe.SEARCH, "dropout": "0.0..0.6"}

    data: str  # name of a series, or the path of a file
    reading: dict[str, Any] = field(default_factory=dict)  # how that is read; see ``data.series_load.load_series``
    model: str
    horizon: int  # rows that are forecast
    lookback: int  # rows that are seen
    loss: str = "mae"  # mae, mse, shape, pinball, or one that was registered (see losses.py)
    quantiles: list[float] = field(default_factory=list)  # levels, with pinball
    holdout: bool = True  # the validation part chooses the epoch that is kept; false: it is learned from, too
    watched: int = 2000  # windows of the validation part that are judged after each epoch, evenly spread
    optimizer: str = "adamw"
    lr: float = 1e-3
    warmup: float = 0.1
    weight_decay: float = 0.01
    batch_size: int = 128
    precision: str = "fp32"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "model", tuple(MODELS))
        losses.check_name(self.loss)
        self.check_net(self.model)
        check_range(self, 1, 1_000_000, "horizon", "lookback", "watched")
        if not isinstance(self.quantiles, list) or not all(is_number(level) for level in self.quantiles):
            raise ValueError(f"quantiles is a list of levels such as [0.1, 0.5, 0.9], got {self.quantiles!r}"[:200])
        if bool(self.quantiles) != (self.loss == "pinball"):
            raise ValueError(f"loss {self.loss} with quantiles {self.quantiles}; quantiles go with loss=pinball alone")

    @property
    def component(self) -> type[Neural]:
        return MODELS[self.model]


# What deserves another value than above, chosen on validation parts (docs/forecasting-results.md tells how).
LINEAR: dict[str, Any] = {"epochs": 10, "lr": 3e-3}
DEFAULTS: dict[str, dict[str, Any]] = {
    "dlinear": LINEAR,
    "gru": {"epochs": 6, "net": {"dropout": 0.3}},
    "mlp": {"epochs": 6, "net": {"hidden": [256], "dropout": 0.5}},
    "nlinear": LINEAR,
    "patchtst": {"epochs": 6, "net": {"width": 32, "hidden": 64, "layers": 2, "stride": 16}},
}
DAY_AHEAD: dict[str, dict[str, Any]] = {
    "gru": {"epochs": 40, "batch_size": 64, "net": {"dropout": 0.3, "instance": "standard"}},
    "mlp": {
        "epochs": 120,
        "batch_size": 64,
        "net": {"lags": [1, 2, 3, 7], "other_lags": [1], "dropout": 0.4},
    },
}
LOOKBACKS = {"patchtst": 512}  # rows of hours and less, where it is not the usual one (declared, not chosen)


def compose(
    series: Series,
    model: str,
    horizon: int | None = None,
    lookback: int | None = None,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    data: str = "",
    reading: dict[str, Any] | None = None,
) -> NeuralRecipe:
    """A recipe: the defaults, what model and series deserve, then ``settings`` (the model's arguments among them).

    Args:
        horizon, lookback: In rows; those that the series deserves where they are left out.
        data, reading: What ``load_series`` made the series from, if that is not its name alone.

    Raises:
        ValueError: a setting that does not exist, or a value out of range.
    """
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}{did_you_mean(model, MODELS)}")
    day_ahead = is_day_ahead(series)
    usual = usual_sizes(series)
    fine = not day_ahead and parse_step(series.step)[1] in ("s", "min", "h")
    own = LOOKBACKS.get(model, usual[1]) if fine else usual[1]
    values = {**DEFAULTS[model], **(DAY_AHEAD.get(model, {}) if day_ahead else {})}
    net = dict(values.pop("net", {}))
    given, arguments = NeuralRecipe.split(settings or {}, MODELS[model])
    values |= given
    net |= arguments
    if values.get("quantiles") and "loss" not in given:
        values["loss"] = "pinball"
    if values.get("loss") == "pinball" and "quantiles" not in given:
        values["quantiles"] = LEVELS
    values |= of_this_machine({"precision": NeuralRecipe.precision, **values})
    return NeuralRecipe(
        data=data or series.name,
        reading=reading or {},
        model=model,
        horizon=usual[0] if horizon is None else horizon,
        lookback=own if lookback is None else lookback,
        seed=seed,
        net=net,
        **values,
    )
