"""Heat maps laid over pictures."""

import numpy as np

COLOURS = ((0.0, (0, 0, 0)), (0.4, (140, 20, 90)), (0.7, (240, 90, 20)), (1.0, (255, 240, 120)))  # heat -> RGB


def rgb(image: np.ndarray) -> np.ndarray:
    """A picture (H, W, C) as (H, W, 3): grey three times, of more than three channels the first three."""
    return np.ascontiguousarray(image[..., :3] if image.shape[2] >= 3 else image[..., [0, 0, 0]])


def overlay(image: np.ndarray, heat: np.ndarray, strength: float = 0.6) -> np.ndarray:
    """A picture (H, W, C) of bytes, grey or coloured, with its heat map (H, W) over it: RGB (H, W, 3) uint8.

    Raises:
        ValueError: the two are not of one size.
    """
    if image.shape[:2] != heat.shape:
        raise ValueError(f"a heat map of {heat.shape} over a picture of {image.shape[:2]}")
    at = [place for place, _ in COLOURS]
    colour = np.stack([np.interp(heat, at, [shade[k] for _, shade in COLOURS]) for k in range(3)], axis=-1)
    weight = strength * heat[..., None].astype(np.float64)
    return np.round((1.0 - weight) * rgb(image) + weight * colour).astype(np.uint8)
