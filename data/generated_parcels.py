"""Generated parcels: pictures with a digit on a label, for whoever has no data or may not fetch any.

They are what lies on Sorter's belt where there is no other set, and a set for `ludus fit vision/classify`.
"""

from functools import lru_cache

import numpy as np

NAME = "parcels"
SIDE = 32  # pixels of a parcel's picture
COUNTS = {"train": 4000, "test": 1000}  # parcels
CLASSES = tuple(f"chute {digit}" for digit in range(10))
# The digits on the labels, 3 x 5 pixels each, as rows of bits.
DIGITS = (
    (7, 5, 5, 5, 7), (2, 6, 2, 2, 7), (7, 1, 7, 4, 7), (7, 1, 7, 1, 7), (5, 5, 7, 1, 1),
    (7, 4, 7, 1, 7), (7, 4, 7, 5, 7), (7, 1, 1, 2, 2), (7, 5, 7, 5, 7), (7, 5, 7, 1, 7),
)  # fmt: skip
CARDBOARD = np.array([[196, 154, 108], [172, 130, 88], [214, 178, 134], [226, 226, 220], [120, 140, 168]])


@lru_cache(maxsize=2)
def make_parcels(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Parcels of several shapes and colours; the digit on a parcel's label names its chute.

    Args:
        split: train or test, which are others.

    Returns:
        Images (4000 or 1000, 32, 32, 3) uint8 and labels (4000 or 1000,) int64, both read-only.
    """
    generator = np.random.default_rng({"train": 0, "test": 1}[split])
    count = COUNTS[split]
    labels = np.arange(count) % len(CLASSES)
    images = np.stack([_render_parcel(int(label), generator) for label in labels])
    labels = labels.astype(np.int64)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def _render_parcel(digit: int, generator: np.random.Generator) -> np.ndarray:
    picture = np.full((SIDE, SIDE, 3), 58.0) + generator.normal(0.0, 3.0, (SIDE, SIDE, 1))  # the belt
    width, height = generator.integers(20, 31, 2)
    left, top = generator.integers(0, SIDE - width + 1), generator.integers(0, SIDE - height + 1)
    color = CARDBOARD[generator.integers(len(CARDBOARD))] * generator.uniform(0.85, 1.1)
    picture[top : top + height, left : left + width] = color
    tape = generator.integers(2, 5)
    if generator.random() < 0.5:
        middle = left + (width - tape) // 2
        picture[top : top + height, middle : middle + tape] = 0.8 * color
    else:
        middle = top + (height - tape) // 2
        picture[middle : middle + tape, left : left + width] = 0.8 * color
    scale = 2
    wide, tall = 3 * scale + 4, 5 * scale + 4
    x = left + generator.integers(1, width - wide)
    y = top + generator.integers(1, height - tall)
    picture[y : y + tall, x : x + wide] = 240.0
    bits = np.array([[row >> (2 - column) & 1 for column in range(3)] for row in DIGITS[digit]], bool)
    ink = np.kron(bits, np.ones((scale, scale), bool))
    picture[y + 2 : y + 2 + 5 * scale, x + 2 : x + 2 + 3 * scale][ink] = 30.0
    return np.clip(picture + generator.normal(0.0, 6.0, picture.shape), 0, 255).astype(np.uint8)
