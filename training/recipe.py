"""The recipe of a fit: what decides the training of a component, as far as tasks have it in common, and fit.yaml."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import torch

from ..components.component import Component
from ..utils.files import quote
from ..utils.processors import usable_processors
from ..utils.wording import did_you_mean, in_one_line
from .settings import check_choice, check_range, check_types, read_settings, write_settings

FORMAT = 2
OPTIMIZERS, PRECISIONS, DEVICES = ("muon", "sgd", "adamw"), ("auto", "bf16", "fp32"), ("cpu", "cuda")

Kind = TypeVar("Kind")
# Fields of recipes that have their place in a command line, and are settings all the same.
LIKE_SETTINGS = frozenset({"lookback"})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What every recipe decides. A task's own adds fields, has other defaults, and gives ``component``."""

    GIVEN: ClassVar[frozenset[str]] = frozenset({"seed", "net"})  # no settings: they have options of their own
    FROM_DATA: ClassVar[frozenset[str]] = frozenset()  # arguments of the component that follow from the data
    # Where `ludus tune` searches unless it is told (see `studies/tuning/space.py`); what a recipe lacks is left out.
    SEARCH: ClassVar[Mapping[str, str]] = {
        "lr": "x0.1..x10 log",
        "batch_size": "x0.1..x2 log",
        "weight_decay": "1e-4..0.3 log",
    }

    seed: int = 0  # of the weights, of the order, and of all else that is random
    epochs: int = 10  # passes over the training examples
    net: dict[str, Any] = field(default_factory=dict)  # the component's own arguments, such as widths
    batch_size: int = 512  # examples in a step
    optimizer: str = "muon"  # muon, sgd or adamw
    lr: float = 0.1  # highest learning rate
    warmup: float = 0.15  # share of the steps in which the rate rises to it; then it falls to 0
    momentum: float = 0.6  # of sgd and muon
    weight_decay: float = 0.05  # of the weights that are no filters under Muon; not of norms and biases
    ema: float = 0.0  # decay per step of a moving average of the weights, which is then what is kept; 0: none
    device: str = "cpu"  # cpu or cuda; on cuda a resumed training may end with other bits
    precision: str = "auto"  # bf16, fp32; auto: bf16 where the device multiplies it
    threads: int = 0  # of torch; 0: one per core. Another number gives other bits
    checkpoint_seconds: float = 30.0  # between two checkpoints

    @property
    def component(self) -> type[Component]:
        """The class of what is trained."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        check_types(self)
        check_choice(self, "optimizer", OPTIMIZERS)
        check_choice(self, "precision", PRECISIONS)
        check_choice(self, "device", DEVICES)
        check_range(self, 0, 2**63 - 1, "seed")
        check_range(self, 1, 1_000_000, "epochs", "batch_size")
        check_range(self, 0, 1e6, "lr")
        check_range(self, 1e-6, 0.999, "warmup")
        check_range(self, 0, 0.9999, "momentum")
        check_range(self, 0, 1000, "weight_decay")
        check_range(self, 0, 0.99999, "ema")
        check_range(self, 0, 4096, "threads")
        check_range(self, 0, 10**9, "checkpoint_seconds")

    def check_net(self, name: str) -> None:
        """``ValueError`` unless ``net`` holds arguments of the component alone, which a person calls ``name``."""
        known = self.arguments_of(self.component)
        for key in self.net:
            if key not in known:
                raise ValueError(f"{name} has no argument {key!r}{did_you_mean(key, known)}")

    @classmethod
    def arguments_of(cls, component: type[Component]) -> tuple[str, ...]:
        """The arguments of a component's class that a recipe may give; the rest follow from the data."""
        fixed = {"self", "input_space", "output_space", *cls.FROM_DATA}
        return tuple(name for name in inspect.signature(component).parameters if name not in fixed)

    @classmethod
    def split(cls, settings: Mapping[str, Any], component: type[Component]) -> tuple[dict[str, Any], dict[str, Any]]:
        """``settings`` as two maps: fields of this recipe, and arguments of the component's class.

        Raises:
            ValueError: one that is neither.
        """
        own = cls.arguments_of(component)
        known = {entry.name: entry.type for entry in fields(cls) if entry.name not in cls.GIVEN}
        values, net = {}, {}
        for name, value in settings.items():
            if name in own:
                net[name] = value
            elif name in known:  # a whole number is a number, too
                values[name] = float(value) if known[name] is float and type(value) is int else value
            else:
                raise ValueError(f"no setting {name!r}{did_you_mean(name, {*known, *own})}")
        return values, net


def of_this_machine(values: Mapping[str, Any]) -> dict[str, Any]:
    """``precision`` and ``threads`` of ``values``, or what this machine deserves where it is left open."""
    precision = values.get("precision", "auto")
    if precision == "auto":
        precision = "bf16" if _multiplies_bf16(values.get("device", "cpu")) else "fp32"
    return {"precision": precision, "threads": values.get("threads") or usable_processors()}


def _multiplies_bf16(device: Any) -> bool:
    """Whether bf16 is faster than fp32 there."""
    if device == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    able = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return bool(able() and torch.backends.mkldnn.is_available())


def check_device(recipe: Any) -> None:
    """``ValueError`` unless this machine has the recipe's device."""
    if recipe.device == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device is cuda, and torch finds no CUDA device here; begin the training with --set device=cpu, or go on "
            "with it on a machine that has one"
        )


def known_settings(recipe: Any) -> dict[str, Any]:
    """The settings that `--set` takes for this recipe, any dataclass, with their values; its component's among them."""
    given = type(recipe).GIVEN - LIKE_SETTINGS
    known = {entry.name: getattr(recipe, entry.name) for entry in fields(recipe) if entry.name not in given}
    if isinstance(recipe, Recipe):
        own = inspect.signature(recipe.component).parameters
        for name in recipe.arguments_of(recipe.component):
            value = recipe.net.get(name, own[name].default)
            known[name] = float(value) if type(own[name].default) is float and type(value) is int else value
    return known


def with_settings(recipe: Kind, settings: Mapping[str, Any]) -> Kind:
    """The recipe, any dataclass, with other settings, those of its component among them.

    Raises:
        ValueError: one that does not exist, or a value out of range.
    """
    known, kinds = known_settings(recipe), {entry.name: entry.type for entry in fields(recipe)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    net = dict(getattr(recipe, "net", {}))
    for name, value in settings.items():
        if name not in known:
            raise ValueError(f"no setting {name!r}{did_you_mean(name, known)}")
        if name in kinds:  # a whole number is a number, too
            values[name] = float(value) if kinds[name] is float and type(value) is int else value
        else:
            net[name] = value
    if net:
        values["net"] = net
    return replace(recipe, **values)  # type: ignore[type-var]


def write_recipe(recipe: Any, task: str, path: Path, said: str = "") -> None:
    """Keep a recipe, a dataclass, as YAML: what it is about first, then what every ``Recipe`` has.

    Args:
        said: A comment above it.
    """
    shared = {entry.name for entry in fields(Recipe)}
    content = dict(sorted(asdict(recipe).items(), key=lambda item: item[0] in shared))
    write_settings(path, FORMAT, {"task": task, **content}, said)


def read_recipe(path: Path, task: str, kind: type[Kind], remedy: str = "") -> Kind:
    """The recipe, a ``kind``, that ``write`` kept.

    Args:
        remedy: What is to be done about a file that is of no use, where that is not the one of a training.

    Raises:
        FileNotFoundError: no training there, or no such file.
        ValueError: the file is damaged, of another task or format, or has values out of range.
    """
    alone = bool(remedy)  # a file that is no part of a training
    out = path if alone else path.parent.with_name(path.parent.name.removesuffix(".training"))
    remedy = remedy or f"restore it, or begin a new training with another --out than {quote(out)}"
    old = {
        1: "whose checkpoints are no longer read; end it with the version of Ludus that began it, or begin a new "
        f"training with another --out than {quote(out)}"
    }
    try:
        content = read_settings(path, FORMAT, "the recipe of a training", remedy, None if alone else old)
    except FileNotFoundError:
        missing = remedy if alone else "so there is no training to go on with"
        raise FileNotFoundError(f"{path} does not exist{'; ' if alone else ', '}{missing}") from None
    was = content.pop("task", None)
    if was != task:
        if not isinstance(was, str) or not re.fullmatch("[a-z]{1,20}/[a-z]{1,20}", was):
            raise ValueError(f"{path} does not name a task; {remedy}")
        if alone:
            raise ValueError(f"{path} is a recipe of {was}, not of {task}; {remedy}")
        raise ValueError(f"{path} is a training of {was}, not of {task}: ludus fit {was} --out {quote(out)} --resume")
    try:
        return kind(**content)
    except Exception as fault:  # whatever a recipe raises at values that nobody ever gave it
        raise ValueError(f"{path} cannot be used: {in_one_line(fault)}; {remedy}") from None
