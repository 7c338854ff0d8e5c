"""What decides any training of a component: the part that all recipes share, and how one is kept as fit.yaml."""

import inspect
import os
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
import yaml

from ..utils.files import quote, write_atomically
from ..utils.untrusted import MOST_YAML, is_number, parse_yaml, read_regular
from ..utils.wording import did_you_mean, in_one_line

FORMAT = 1
OPTIMIZERS, PRECISIONS = ("muon", "sgd", "adamw"), ("auto", "bf16", "fp32")
GIVEN = frozenset({"data", "model", "env", "module", "slot", "environment", "seed", "net"})  # no settings

Kind = TypeVar("Kind", bound="Plan")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every recipe decides. A subclass adds its own, with other defaults, and gives ``arguments``."""

    seed: int = 0  # of the weights, of the order, and of all else that is drawn
    epochs: int = 10  # passes over the training pictures
    net: dict[str, Any] = field(default_factory=dict)  # the model's own arguments, such as widths
    batch_size: int = 512  # pictures in a step
    optimizer: str = "muon"  # muon, sgd or adamw
    lr: float = 0.1  # highest learning rate
    warmup: float = 0.15  # share of the steps in which the rate rises to it; then it falls to 0
    momentum: float = 0.6  # of sgd and muon
    weight_decay: float = 0.05  # of the weights that are no filters under Muon; not of norms and biases
    ema: float = 0.0  # decay per step of a moving average of the weights, which is then what is kept; 0: none
    precision: str = "auto"  # bf16, fp32; auto: bf16 where the processor multiplies it
    threads: int = 0  # of torch; 0: one per core. Another number gives other bits
    checkpoint_seconds: float = 30.0  # between two checkpoints

    def arguments(self) -> tuple[str, ...]:
        """The arguments of the model that ``net`` may hold."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        check_types(self)
        self.check_choice("optimizer", OPTIMIZERS)
        self.check_choice("precision", PRECISIONS)
        for name, low, high in (
            ("epochs", 1, 1e6), ("batch_size", 1, 1e6), ("lr", 0, 1e6), ("warmup", 1e-6, 0.999),
            ("momentum", 0, 0.9999), ("weight_decay", 0, 1e3), ("ema", 0, 0.99999), ("threads", 0, 4096),
            ("checkpoint_seconds", 0, 1e9), ("seed", 0, 2**63 - 1),
        ):  # fmt: skip
            self.check_range(name, low, high)

    def check_net(self, model: str) -> None:
        for name in self.net:
            if name not in self.arguments():
                raise ValueError(f"{model} has no argument {name!r}{did_you_mean(name, self.arguments())}")

    def check_choice(self, name: str, known: tuple[str, ...]) -> None:
        if getattr(self, name) not in known:
            raise ValueError(f"unknown {name} {getattr(self, name)!r}{did_you_mean(getattr(self, name), known)}")

    def check_range(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if not low <= value <= high:
            shown = value if is_number(value) else str(float(value)) if isinstance(value, float) else "one far outside"
            raise ValueError(f"{name} must be between {low:g} and {high:g}, got {shown}")


def check_types(recipe: Any) -> None:
    """``ValueError`` unless each field of a dataclass is what its annotation says: a text, a number, a truth, a map."""
    for entry in fields(recipe):
        value = getattr(recipe, entry.name)
        kinds: dict[Any, Any] = {str: str, int: int, float: (int, float), bool: bool}
        kind = kinds.get(entry.type, dict)
        if (isinstance(value, bool) and kind is not bool) or not isinstance(value, kind):
            what = {str: "a text", int: "a whole number", bool: "true or false", dict: "a map"}.get(kind, "a number")
            raise ValueError(f"{entry.name} must be {what}, got {value!r}")


def arguments_of(component: type) -> tuple[str, ...]:
    """The arguments of a component's class that a recipe may give; the rest follow from the data."""
    fixed = {"self", "input_space", "output_space", "classes", "mean", "std", "whole", "mirror", "data"}
    return tuple(name for name in inspect.signature(component).parameters if name not in fixed)


def read_settings(kind: type[Plan], component: type, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """``settings`` as two maps: fields of the recipe ``kind``, and arguments of the model's class.

    Raises:
        ValueError: one that is neither.
    """
    own = arguments_of(component)
    known = {entry.name: entry.type for entry in fields(kind) if entry.name not in GIVEN}
    values, net = {}, {}
    for name, value in settings.items():
        if name in own:
            net[name] = value
        elif name in known:  # a whole number is a number, too
            values[name] = float(value) if known[name] is float and type(value) is int else value
        else:
            raise ValueError(f"no setting {name!r}{did_you_mean(name, {*known, *own})}")
    return values, net


def here(values: dict[str, Any]) -> dict[str, Any]:
    """``precision`` and ``threads`` of ``values``, or what this machine deserves where it is left open."""
    precision = values.get("precision", "auto")
    if precision == "auto":  # bf16 where the processor multiplies it; elsewhere it would be slower than fp32
        able = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        precision = "bf16" if able() and torch.backends.mkldnn.is_available() else "fp32"
    return {"precision": precision, "threads": values.get("threads") or len(os.sched_getaffinity(0))}


def write(recipe: Plan, task: str, path: Path) -> None:
    """Keep a recipe as YAML: what it is about first, then what every recipe has."""
    shared = {entry.name for entry in fields(Plan)}
    content = dict(sorted(asdict(recipe).items(), key=lambda item: item[0] in shared))
    text = yaml.safe_dump({"format": FORMAT, "task": task, **content}, sort_keys=False, allow_unicode=True)
    write_atomically(path, text.encode())


def read(path: Path, task: str, kind: type[Kind]) -> Kind:
    """The recipe, a ``kind``, that ``write`` kept.

    Raises:
        FileNotFoundError: no training there.
        ValueError: the file is damaged, of another task or version, or has values out of range.
    """
    try:
        data = read_regular(path, MOST_YAML)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist, so there is no training to go on with") from None
    try:
        content = parse_yaml(data)
        number, was = content.pop("format"), content.pop("task", "vision/classify")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is damaged: it is not the recipe of a training") from None
    if number != FORMAT:
        raise ValueError(f"{path} has format {number!r}, this version of Ludus reads {FORMAT}")
    if was != task:
        if not isinstance(was, str) or not re.fullmatch("[a-z]{1,20}/[a-z]{1,20}", was):
            raise ValueError(f"{path} is damaged: it is not the recipe of a training")
        out = path.parent.with_name(path.parent.name.removesuffix(".training"))
        raise ValueError(f"{path} is a training of {was}, not of {task}: ludus fit {was} --out {quote(out)} --resume")
    try:
        return kind(**content)
    except Exception as fault:  # whatever a recipe raises at values that nobody ever gave it
        raise ValueError(f"{path} cannot be used: {in_one_line(fault)}") from None
