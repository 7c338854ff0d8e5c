"""A picture of what the layers of a network look for: filters, maps of an example, and the strongest patches."""

import numpy as np
import torch
from PIL import Image, ImageDraw

from ..components.component import Component
from .heat_maps import COLOURS, rgb
from .layers import as_pictures, feature_maps, first_filters, layers_of, strongest_patches
from .panel import fit_text, font_of

MARGIN, GAP, TEXT, NOTE, LINE = 14, 8, 13, 11, 20  # pixels; the height of letters, of small ones, and of a line
TILE = 78  # pixels a side of a map, of a filter, and of the patches of a channel
ACROSS = 8  # channels of a layer, from left to right
COUNT = 9  # patches of a channel, three by three
FILTERS = 24
GROUND, INK, SOFT = (255, 255, 255), (20, 24, 30), (96, 102, 112)


def layers_picture(component: Component, images: torch.Tensor, example: torch.Tensor | None = None) -> np.ndarray:
    """What each layer of a component looks for, as RGB (H, W, 3) uint8.

    Args:
        images: Pictures (N, H, W, C) of bytes, among which the patches are looked for; some hundreds will do.
        example: The picture (H, W, C) whose maps are shown; by default the first one.

    Raises:
        ValueError: no pictures, or no component of pictures (see ``layers_of``).
    """
    if not len(images):
        raise ValueError("no pictures to look for patches in")
    shown = images[0] if example is None else example
    layers = layers_of(component)
    small = (TILE - GAP) // 2
    filters = as_pictures(first_filters(component, FILTERS))
    down = -(-len(filters) // (2 * ACROSS))
    wide = MARGIN + (1 + ACROSS) * (TILE + GAP) + MARGIN
    high = MARGIN + LINE + down * (small + GAP) + len(layers) * (2 * LINE + 2 * (TILE + GAP)) + MARGIN
    image = Image.new("RGB", (wide, high), GROUND)
    draw = ImageDraw.Draw(image)
    y = MARGIN
    _write(draw, MARGIN, y, f"Filters of the first layer ({len(filters)})", wide, INK)
    y += LINE
    left = MARGIN + TILE + GAP
    for place, one in enumerate(filters):
        x, row = left + place % (2 * ACROSS) * (small + GAP // 2), place // (2 * ACROSS)
        paste(image, one, x, y + row * (small + GAP), small)
    y += down * (small + GAP)
    for number, layer in enumerate(layers, 1):
        y += LINE // 2
        _write(draw, MARGIN, y, f"Layer {number} of {len(layers)}: {layer}", wide, INK)
        y += LINE
        found = strongest_patches(component, images, layer, ACROSS, COUNT)
        maps = feature_maps(component, shown[None], layer)[0]
        paste(image, rgb(shown.numpy()), MARGIN, y, TILE)
        for place, channel in enumerate(found.channels.tolist()):
            x = left + place * (TILE + GAP)
            if len(layer.shape) == 1:
                _bar(draw, x, y, float(maps[channel, 0, 0]), float(found.answers[place].max()))
            else:
                paste(image, heat_of(maps[channel]), x, y, TILE)
            paste(image, sheet(found.patches[place]), x, y + TILE + GAP, TILE)
        for place, text in enumerate(("what excites", "each of them", "most")):
            _write(draw, MARGIN, y + TILE + GAP + place * (LINE - 4), text, left, SOFT, NOTE)
        y += 2 * (TILE + GAP) + LINE // 2
    return np.asarray(image)


def _bar(draw: ImageDraw.ImageDraw, x: int, y: int, answer: float, strongest: float) -> None:
    """A unit's answer to the example as a bar, beside the strongest answer to any picture, which would be full."""
    draw.rectangle((x, y, x + TILE - 1, y + TILE - 1), fill=COLOURS[0][1])
    high = round(TILE * min(max(answer / max(strongest, 1e-12), 0.0), 1.0))
    if high:
        draw.rectangle((x + TILE // 4, y + TILE - high, x + 3 * TILE // 4, y + TILE - 1), fill=COLOURS[2][1])


def heat_of(one: np.ndarray) -> np.ndarray:
    """A map (h, w) as RGB (h, w, 3) uint8: dark where the channel is silent, bright where it answers most."""
    strong = np.clip(one, 0.0, None)
    heat = strong / max(float(strong.max()), 1e-12)
    at = [place for place, _ in COLOURS]
    return np.stack([np.interp(heat, at, [shade[k] for _, shade in COLOURS]) for k in range(3)], axis=-1).astype(
        np.uint8
    )


def sheet(patches: np.ndarray, line: int = 1) -> np.ndarray:
    """Patches (count, side, side, C) in a square of white lines, as RGB."""
    count, side = patches.shape[:2]
    across = int(np.ceil(count**0.5))
    scale = max(1, (TILE // across) // side)  # lines as thin for small patches as for large ones
    each = side * scale + line
    whole = np.full((across * each - line, across * each - line, 3), 255, np.uint8)
    for place, patch in enumerate(patches):
        top, left = place // across * each, place % across * each
        large = rgb(patch).repeat(scale, axis=0).repeat(scale, axis=1)
        whole[top : top + side * scale, left : left + side * scale] = large
    return whole


def paste(image: Image.Image, array: np.ndarray, x: int, y: int, side: int) -> None:
    """A picture of any size, enlarged without smoothing, or made smaller with it, to a square."""
    how = Image.Resampling.NEAREST if max(array.shape[:2]) <= side else Image.Resampling.BOX
    image.paste(Image.fromarray(np.ascontiguousarray(array)).resize((side, side), how), (x, y))


def _write(
    draw: ImageDraw.ImageDraw, x: int, y: int, text: str, right: int, ink: tuple[int, int, int], size: int = TEXT
) -> None:
    font = font_of(size)
    draw.text((x, y), fit_text(text, font, right - x), ink, font)
