"""A folder in COCO's format with bright bars on dark pictures, and single files of annotations that say anything."""

import json
import math

import numpy as np
from PIL import Image

CLASSES = ("lying", "standing")
LONG, SHORT = 16, 8  # pixels


def write_folder(folder, counts, size=(48, 48), seed=0):
    """Pictures with one to three bars; ``counts``: split -> pictures, or ``None`` -> pictures for annotations.json."""
    random = np.random.default_rng(seed)
    for split, count in counts.items():
        images, annotations = [], []
        below = folder / (split or "images")
        below.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = random.integers(30, 50, (size[1], size[0], 3)).astype(np.uint8)
            for _ in range(random.integers(1, 4)):
                kind = int(random.integers(2))
                wide, high = ((LONG, SHORT), (SHORT, LONG))[kind]
                left, top = int(random.integers(0, size[0] - wide + 1)), int(random.integers(0, size[1] - high + 1))
                pixels[top : top + high, left : left + wide] = 200, 180, 90
                annotations.append(
                    {
                        "id": len(annotations),
                        "image_id": number,
                        "category_id": 7 - kind,
                        "bbox": [left, top, wide, high],
                    }
                    | {"rotation": kind * math.pi / 2, "visible": 1.0}
                )
            name = f"{number:04}.png"
            Image.fromarray(pixels).save(below / name)
            images.append({"id": number, "file_name": name, "width": size[0], "height": size[1]})
        categories = [{"id": 7, "name": CLASSES[0]}, {"id": 6, "name": CLASSES[1]}]
        content = {"images": images, "categories": categories, "annotations": annotations}
        name = f"instances_{split}.json" if split else "annotations.json"
        (folder / name).write_text(json.dumps(content))
    return folder


def one_picture(folder, size=(40, 20), **changes):
    """A folder of one picture a.png, for training and for the test, whose annotations are as ``changes`` say."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(folder / "a.png")
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": size[0], "height": size[1]}],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [10, 5, 20, 10]}],
    }
    for split in ("train", "test"):
        text = json.dumps({**content, **changes})
        (folder / f"instances_{split}.json").write_text(text)
    return folder
