"""What decides the training of a classifier: its recipe, tuned per data set, and how a recipe is kept as fit.yaml."""

import inspect
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
import yaml

from ..datasets import IMAGE_SETS
from ..errors import did_you_mean
from ..files import write_atomically
from .convnet import ConvNet
from .data import Augmentation
from .resnet import ResNet

MODELS: dict[str, type[ConvNet] | type[ResNet]] = {"resnet": ResNet, "convnet": ConvNet}
# Settings that are written as whole numbers now and then, and are none.
NUMBERS = frozenset(
    {"lr", "momentum", "weight_decay", "ema", "warmup", "label_smoothing", "holdout", "mixup", "cutmix", "small_until"}
    | {"checkpoint_seconds"}
)
OPTIMIZERS = ("muon", "sgd", "adamw")
FORMAT = 1


def check_types(recipe: Any) -> None:
    """``ValueError`` unless each field of a dataclass is what its annotation says: a text, a number, a truth, a map."""
    for entry in fields(recipe):
        value = getattr(recipe, entry.name)
        kinds: dict[Any, Any] = {str: str, int: int, float: (int, float), bool: bool}
        kind = kinds.get(entry.type, dict)
        if (isinstance(value, bool) and kind is not bool) or not isinstance(value, kind):
            what = {str: "a text", int: "a whole number", bool: "true or false", dict: "a map"}.get(kind, "a number")
            raise ValueError(f"{entry.name} must be {what}, got {value!r}")


def check_range(recipe: Any, name: str, low: float, high: float) -> None:
    if not low <= getattr(recipe, name) <= high:
        raise ValueError(f"{name} must be between {low:g} and {high:g}, got {getattr(recipe, name)}")


@dataclass(frozen=True)
class Recipe:
    """All that decides a training."""

    data: str  # name of a data set, or a folder of images
    model: str = "resnet"  # resnet or convnet
    seed: int = 0  # of the weights, the order and the augmentation
    epochs: int = 10  # passes over the training images
    net: dict[str, Any] = field(default_factory=dict)  # the model's own arguments, such as widths
    batch_size: int = 512  # images in a step
    optimizer: str = "muon"  # muon, sgd or adamw
    lr: float = 0.1  # highest learning rate
    warmup: float = 0.15  # share of the steps in which the rate rises to it; then it falls to 0
    momentum: float = 0.6
    weight_decay: float = 0.05  # of the weights that are no filters under Muon; not of norms and biases
    label_smoothing: float = 0.1
    ema: float = 0.0  # decay per step of a moving average of the weights, which is then what is kept; 0: none
    flip: bool = True  # see Augmentation
    crop: int = 2
    pad: str = "reflect"
    cutout: int = 0
    mixup: float = 0.0
    cutmix: float = 0.0
    mirror: bool = True  # the finished component judges a picture and its mirror image
    small: int = 0  # side in pixels of the pictures in the first steps, which are cheaper so; 0: their own size
    small_until: float = 0.5  # share of the steps with small pictures
    holdout: float = 0.0  # share of the training images that is kept for choosing hyperparameters; 0: none
    precision: str = "auto"  # bf16, fp32; auto: bf16 where the processor multiplies it
    threads: int = 0  # of torch; 0: one per core. Another number gives other bits
    checkpoint_seconds: float = 30.0  # between two checkpoints

    def __post_init__(self) -> None:
        check_types(self)
        for name, known in (
            ("model", tuple(MODELS)),
            ("optimizer", OPTIMIZERS),
            ("precision", ("auto", "bf16", "fp32")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"unknown {name} {getattr(self, name)!r}{did_you_mean(getattr(self, name), known)}")
        for name, low, high in (
            ("epochs", 1, 1e6), ("batch_size", 1, 1e6), ("lr", 0, 1e6), ("warmup", 1e-6, 0.999),
            ("momentum", 0, 0.9999), ("weight_decay", 0, 1e3), ("label_smoothing", 0, 0.999), ("ema", 0, 0.99999),
            ("threads", 0, 4096), ("holdout", 0, 0.999), ("checkpoint_seconds", 0, 1e9), ("small", 0, 1e6),
            ("small_until", 0, 1),
        ):  # fmt: skip
            check_range(self, name, low, high)
        known = arguments(self.model)
        for name in self.net:
            if name not in known:
                raise ValueError(f"{self.model} has no argument {name!r}{did_you_mean(name, known)}")
        if self.small and self.model != "resnet":
            raise ValueError(f"small pictures are for resnet, which takes any size; {self.model} knows one size only")
        self.augmentation()

    def augmentation(self) -> Augmentation:
        return Augmentation(**{entry.name: getattr(self, entry.name) for entry in fields(Augmentation)})


# What deserves another value than above, chosen on a tenth of the training images that was held out (CONTRIBUTING.md
# tells how). The epochs are what two cores do in less than 10 minutes (Fashion-MNIST) and an hour (CIFAR-100); the
# widths are explained in resnet.py.
CIFAR = {"epochs": 12, "momentum": 0.8, "net": {"widths": [64, 192, 512]}}
DEFAULTS: dict[str, dict[str, Any]] = {
    "fashion-mnist": {"epochs": 9, "crop": 1, "small": 20, "net": {"widths": [64, 128, 256]}},
    "cifar-10": {**CIFAR},
    "cifar-100": {**CIFAR},
    "cifar-100-coarse": {**CIFAR},
}
# A folder of images may be small, and where something is may matter; a plain network wants a plain optimiser.
FOLDER: dict[str, Any] = {"epochs": 30, "batch_size": 128, "flip": False, "mirror": False}
CONVNET: dict[str, Any] = {"optimizer": "adamw", "lr": 0.003, "net": {}, "small": 0}


def arguments(model: str) -> tuple[str, ...]:
    """The arguments of a model that a recipe may give."""
    return arguments_of(MODELS[model])


def arguments_of(kind: type) -> tuple[str, ...]:
    """The arguments of a component's class that a recipe may give; the rest follow from the data."""
    fixed = {"self", "input_space", "output_space", "classes", "mean", "std", "whole", "mirror", "data"}
    return tuple(name for name in inspect.signature(kind).parameters if name not in fixed)


def split(
    settings: dict[str, Any], known: Collection[str], own: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings as two maps: those in ``known``, and the ``own`` arguments of a model; ``ValueError`` for any other."""
    values, net = {}, {}
    for name, value in settings.items():
        if name in own:
            net[name] = value
        elif name in known:
            values[name] = float(value) if name in NUMBERS and type(value) is int else value
        else:
            raise ValueError(f"no setting {name!r}{did_you_mean(name, {*known, *own})}")
    return values, net


def threads_of(values: dict[str, Any]) -> int:
    return values.get("threads") or len(os.sched_getaffinity(0))


def compose(data: str, model: str = "resnet", seed: int = 0, settings: dict[str, Any] | None = None) -> Recipe:
    """A recipe: the defaults, what the data set deserves, then ``settings`` (the model's arguments among them).

    Raises:
        ValueError: a setting that does not exist, or a value out of range.
        FileNotFoundError: neither a known data set nor a folder.
    """
    if data not in IMAGE_SETS and not Path(data).is_dir():
        raise FileNotFoundError(
            f"{data!r} is neither a data set that Ludus knows nor a folder{did_you_mean(data, IMAGE_SETS)}"
        )
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}{did_you_mean(model, MODELS)}")
    values = {**DEFAULTS.get(data, FOLDER), **(CONVNET if model == "convnet" else {})}
    net = dict(values.pop("net", {}))
    known = {entry.name for entry in fields(Recipe)} - {"data", "model", "seed", "net"}
    given, own = split(settings or {}, known, arguments(model))
    values |= given
    net |= own
    if values.get("optimizer") == "sgd" and not {"lr", "momentum", "weight_decay"} & set(settings or {}):
        values |= {"lr": 0.2, "momentum": 0.9, "weight_decay": 5e-4}
    values["precision"] = resolved(values.get("precision", "auto"))
    values["threads"] = threads_of(values)
    return Recipe(data, model, seed, net=net, **values)


def resolved(precision: Any) -> Any:
    """bf16 where the processor multiplies it in hardware; elsewhere it would be slower than fp32."""
    if precision != "auto":
        return precision
    able = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return "bf16" if able() and torch.backends.mkldnn.is_available() else "fp32"


def write(recipe: Any, task: str, path: Path) -> None:
    text = yaml.safe_dump({"format": FORMAT, "task": task, **asdict(recipe)}, sort_keys=False, allow_unicode=True)
    write_atomically(path, text.encode())


def read(path: Path, task: str, kind: type[Any] = Recipe) -> Any:
    """The recipe, a ``kind``, that ``write`` kept.

    Raises:
        FileNotFoundError: no training there.
        ValueError: the file is damaged, of another task or version, or has values out of range.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist, so there is no training to go on with")
    try:
        content = yaml.safe_load(path.read_bytes())
        number, was = content.pop("format"), content.pop("task", "vision/classify")
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is damaged: it is not the recipe of a training") from None
    if number != FORMAT:
        raise ValueError(f"{path} has format {number!r}, this version of Ludus reads {FORMAT}")
    if was != task:
        raise ValueError(f"{path} is a training of {was}, not of {task}: ludus fit {was} --resume --out …")
    try:
        return kind(**content)
    except (TypeError, ValueError) as fault:
        raise ValueError(f"{path} cannot be used: {fault}") from None
