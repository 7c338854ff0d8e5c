"""What the tests of explanations share: noise for Sorter's camera, and where a panel holds what."""

from pathlib import Path

import numpy as np
from PIL import Image

from vision_toy import CLASSES

SIDE = 32  # pixels of an item's picture
PANEL = (480, 360)  # height and width, beside Sorter's frame of 480 x 720


def make_items(folder: Path) -> str:
    """Write noise of three kinds into ``folder``/{train,test}/KIND; returns the folder, for Sorter's ``images``."""
    random = np.random.default_rng(0)
    for split in ("train", "test"):
        for kind in CLASSES:
            (folder / split / kind).mkdir(parents=True)
            for i in range(3):
                pixels = random.integers(40, 256, (SIDE, SIDE, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / split / kind / f"{i}.png")
    return str(folder)


def pictures_of(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two pictures of Sorter's panel: what was seen, and with the heat."""
    margin, top, side = 16, 16 + 24 + 8, (360 - 3 * 16) // 2
    return drawn[top : top + side, margin : margin + side], drawn[top : top + side, 2 * margin + side : -margin]


def has(drawn: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether any pixel of a panel (H, W, 3) has this colour."""
    return bool((drawn == np.array(colour, np.uint8)).all(axis=2).any())
