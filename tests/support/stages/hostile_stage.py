"""What the tests of hostile files share: small components on the disk."""

import json

import torch

from ludus.components.spaces import space_from_json
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.convnet import ConvNet
from ludus.vision.models.reader import Reader
from ludus.vision.models.resnet import ResNet

SMALL = {
    ConvNet: {"widths": [4, 4], "dense": 5},
    ResNet: {"widths": [4, 4]},
    Reader: {"widths": [4], "dense": 4, "hidden": 5},
}


def component(kind, folder, **config):
    torch.manual_seed(0)
    if kind is Reader:
        ends = space_from_json({"shape": [20, 20, 1], "dtype": "uint8", "low": 0, "high": 255})
        kind(ends, space_from_json({"shape": [3], "dtype": "float32", "low": "-inf", "high": "inf"}), **config).save(
            folder
        )
    else:
        kind(*spaces_of(torch.zeros(1, 16, 16, 3), 4), **config).save(folder)
    return folder, json.loads((folder / "config.json").read_bytes())
