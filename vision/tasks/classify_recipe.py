"""The recipe of a classifier: what decides its training, tuned per data set."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from ...data.images import NAMES
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_choice, check_range
from ...utils.wording import did_you_mean
from ..augmentation import Augmentation
from ..models.convnet import ConvNet
from ..models.mlp import MLP
from ..models.resnet import ResNet

MODELS: dict[str, type[ConvNet] | type[MLP] | type[ResNet]] = {"resnet": ResNet, "convnet": ConvNet, "mlp": MLP}


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe(Recipe):
    """All that decides the training of a classifier."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"data", "model"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"classes", "mean", "std", "mirror", "data"})

    SEARCH: ClassVar[Mapping[str, str]] = {
        **Recipe.SEARCH,
        "label_smoothing": "0.0..0.2",
        "crop": "0..4",
        "cutout": "0..12",
        "mixup": "0|0.2|1",
        "cutmix": "0|1",
        "dropout": "0.0..0.6",
    }

    data: str  # name of a data set, or a folder of images
    model: str = "resnet"  # resnet, convnet or mlp
    label_smoothing: float = 0.1
    flip: bool = True  # see Augmentation
    crop: int = 2
    pad: str = "reflect"
    cutout: int = 0
    mixup: float = 0.0
    cutmix: float = 0.0
    mirror: bool = True  # the finished component judges a picture and its mirror image
    small: int = 0  # side in pixels of the pictures in the first steps, which are cheaper so; 0: their own size
    small_until: float = 0.5  # share of the steps with small pictures
    share: float = (
        1.0  # of the training images of each class that there are at all; 0.1: a tenth, for all seeds the same
    )
    holdout: float = 0.0  # share of these that is kept for choosing hyperparameters, or when to stop; 0: none
    patience: int = (
        0  # epochs without a better held-out accuracy after which it ends; kept is the best one; 0: no limit
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "model", tuple(MODELS))
        self.check_net(self.model)
        check_range(self, 0, 0.999, "label_smoothing", "holdout")
        check_range(self, 1e-6, 1, "share")
        check_range(self, 0, 1_000_000, "patience")
        if self.patience and not self.holdout:
            raise ValueError("patience looks at held-out pictures; add --set holdout=0.1, or leave patience out")
        check_range(self, 0, 1_000_000, "small")
        check_range(self, 0, 1, "small_until")
        if self.small and self.model != "resnet":
            raise ValueError(f"small pictures are for resnet, which takes any size; {self.model} knows one size only")
        self.augmentation()

    @property
    def component(self) -> type[ConvNet] | type[MLP] | type[ResNet]:
        return MODELS[self.model]

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
PLAIN: dict[str, Any] = {"optimizer": "adamw", "lr": 0.003, "net": {}, "small": 0}


def compose(
    data: str, model: str = "resnet", seed: int = 0, settings: dict[str, Any] | None = None
) -> ClassifierRecipe:
    """A recipe: the defaults, what the data set deserves, then ``settings`` (the model's arguments among them).

    Raises:
        ValueError: a setting that does not exist, or a value out of range.
        FileNotFoundError: neither a known data set nor a folder.
    """
    if data not in NAMES and not Path(data).is_dir():
        raise FileNotFoundError(
            f"{data!r} is neither a data set that Ludus knows nor a folder{did_you_mean(data, NAMES)}"
        )
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}{did_you_mean(model, MODELS)}")
    values = {**DEFAULTS.get(data, FOLDER), **({} if model == "resnet" else PLAIN)}
    net = dict(values.pop("net", {}))
    given, own = ClassifierRecipe.split(settings or {}, MODELS[model])
    values |= given
    net |= own
    if values.get("optimizer") == "sgd" and not {"lr", "momentum", "weight_decay"} & set(settings or {}):
        values |= {"lr": 0.2, "momentum": 0.9, "weight_decay": 5e-4}
    values |= of_this_machine(values)
    return ClassifierRecipe(data=data, model=model, seed=seed, net=net, **values)
