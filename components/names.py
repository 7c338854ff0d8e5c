"""Stable names of component classes: what a config.json may say, and all that is ever imported for it.

A name such as ``vision/resnet`` stays when its class moves. Ludus' own stand in ``OURS``; a program adds its own with
``register``. No other module is imported for a component, whatever its folder says.
"""

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..utils.wording import did_you_mean

CONFIG = "config.json"  # the file of a component's folder that describes it

OURS = {  # name -> module below the package `ludus`: class
    "forecasting/autoencoder-detector": "forecasting.models.detectors.learned:Autoencoder",
    "forecasting/conformal": "forecasting.models.conformal:Conformal",
    "forecasting/dlinear": "forecasting.models.ltsf_linear:DLinear",
    "forecasting/ensemble": "forecasting.models.ensemble:Ensemble",
    "forecasting/fracast": "forecasting.models.fracast:Fracast",
    "forecasting/gaussian-detector": "forecasting.models.detectors.rules:Gaussian",
    "forecasting/gru": "forecasting.models.gru:GRU",
    "forecasting/isotonic": "forecasting.models.detectors.isotonic:Isotonic",
    "forecasting/lear": "forecasting.models.lear:LEAR",
    "forecasting/linear": "forecasting.models.linear:Linear",
    "forecasting/mean": "forecasting.models.naive:Climatology",
    "forecasting/mlp": "forecasting.models.mlp:MLP",
    "forecasting/naive": "forecasting.models.naive:Naive",
    "forecasting/nearest-detector": "forecasting.models.detectors.rules:Nearest",
    "forecasting/nlinear": "forecasting.models.ltsf_linear:NLinear",
    "forecasting/patchtst": "forecasting.models.patchtst:PatchTST",
    "forecasting/periodic": "forecasting.models.linear:Periodic",
    "forecasting/polynomial-detector": "forecasting.models.detectors.rules:Polynomial",
    "forecasting/residual-detector": "forecasting.models.detectors.learned:Residual",
    "forecasting/seasonal": "forecasting.models.naive:SeasonalNaive",
    "ludus/chain": "components.composition:Chain",
    "nlp/recurrent-lm": "nlp.models.language_model:RecurrentLM",
    "nlp/text-encoder": "nlp.models.text_encoder:TextEncoder",
    "nlp/token-encoder": "nlp.models.text_encoder:TokenEncoder",
    "nlp/transformer-lm": "nlp.models.language_model:TransformerLM",
    "nlp/translator": "nlp.models.translator:Translator",
    "nlp/turn-understander": "nlp.models.turn_understander:TurnUnderstander",
    "nlp/understander": "nlp.models.understander:Understander",
    "nlp/wordllama": "nlp.models.wordllama:WordLlama",
    "vision/convnet": "vision.models.convnet:ConvNet",
    "vision/detector": "vision.models.detector:Detector",
    "vision/generator": "vision.models.generator:Generator",
    "vision/mlp": "vision.models.mlp:MLP",
    "vision/reader": "vision.models.reader:Reader",
    "vision/resnet": "vision.models.resnet:ResNet",
}
ALIASES: dict[str, str] = {}  # a name that is no longer given -> the one that took its place
RESERVED = ("ludus", "vision", "nlp", "forecasting")  # owners of names that Ludus may give one day
PINNED = re.compile("(.+)@([0-9a-f]{64})", re.DOTALL)
FORM = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)+", re.ASCII)

Kind = TypeVar("Kind", bound=type)  # of components, which know this module and not the other way round
_registered: dict[str, type] = {}


def register(name: str) -> Callable[[Kind], Kind]:
    """A decorator that gives a component class of one's own the stable name under which its folders find it again.

        @register("acme/net")
        class Net(Component): ...

    Args:
        name: OWNER/NAME: letters, digits, ``_``, ``-`` and ``.``, with a slash between.

    Raises:
        TypeError: no text, as where the decorator stands without a name.
        ValueError: of another form, or one of Ludus' own. From the decorator: the name is another class's, or the class
            has another name.
    """
    if not isinstance(name, str):
        what = f"the class {name.__name__}" if isinstance(name, type) else repr(name)
        raise TypeError(f'register takes a name, got {what}; write @register("owner/name") above the class')
    if not FORM.fullmatch(name):
        raise ValueError(
            f"a component's name is OWNER/NAME of letters, digits, '_', '-' and '.', such as acme/net; got {name!r}"
        )
    if name.partition("/")[0] in RESERVED or name in ALIASES:
        raise ValueError(f"{name!r} is kept for Ludus' own components; choose a name with an owner of your own")

    def give(kind: Kind) -> Kind:
        # A class that is defined again, as by a notebook's cell that is run twice, is the same one.
        holder = _registered.get(name)
        if holder is not None and _place(holder) != _place(kind):
            raise ValueError(f"{name!r} is the name of {_place(holder)} already; choose another one for {_place(kind)}")
        other = _name_at(_place(kind))
        if other not in (None, name):
            raise ValueError(f"{_place(kind)} has the name {other!r} already, so it cannot be {name!r}, too")
        _registered[name] = kind
        return kind

    return give


def name_of(kind: type) -> str:
    """The stable name of a component class; ``TypeError`` if it has none."""
    name = _name_at(_place(kind))
    if name is None:
        raise TypeError(
            f"{kind.__name__} cannot be saved: it has no stable name under which it would be found again; give it one "
            'where it is defined: @ludus.components.register("owner/name")'
        )
    return name


def class_named(name: str, source: str) -> Any:
    """The component class of a stable name.

    Args:
        source: What says the name, for the message.

    Raises:
        ValueError: nobody has made a class known under it.
    """
    name = ALIASES.get(name, name)
    if name in _registered:
        return _registered[name]
    if name in OURS:
        module, _, attribute = OURS[name].partition(":")
        return getattr(importlib.import_module(f"..{module}", __package__), attribute)
    known = did_you_mean(name, [*OURS, *ALIASES, *_registered])
    raise ValueError(
        f"{source} is a {name!r}, a class that this program does not know; import the module that makes it known with "
        f"ludus.components.register, or give the class: Component.load(folder, kind=…){known}"
    )


def is_component(given: str | Path) -> bool:
    """Whether a folder is that of a component, perhaps pinned; told without torch, and without a look into the file."""
    return (Path(split_pinned(given)[0]) / CONFIG).is_file()


def split_pinned(given: str | Path) -> tuple[str, str | None]:
    """The folder of FOLDER@FINGERPRINT, as ``component.pin`` writes it, and the fingerprint; or FOLDER and ``None``."""
    found = PINNED.fullmatch(str(given))
    return (found[1], found[2]) if found else (str(given), None)


def _place(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _name_at(place: str) -> str | None:
    """The name of the class at ``module:class``."""
    root = __package__.rpartition(".")[0]
    ours = {f"{root}.{at}": name for name, at in OURS.items()}
    return ours.get(place) or next((name for name, kind in _registered.items() if _place(kind) == place), None)
