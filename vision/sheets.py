"""Sheets of generated pictures: a grid of them, and the way from noise to image as a strip and as an animated GIF."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..envs.rendering.video import encode_gif

SIDE = 56  # pixels, at least, of a picture on a sheet
GAP = 4  # pixels between two
LINE = 16  # pixels of a line of text
LETTERS = 11  # pixels
MOMENTS = 10  # of the way that a strip shows, at most, beside the noise
FPS = 12.0  # of a GIF
REST = 18  # frames for which it stays at the end


def rgb(images: np.ndarray) -> np.ndarray:
    """Pictures (…, H, W, C), grey, coloured or of more channels, whose first three are shown, as (…, H, W, 3)."""
    return images[..., :3] if images.shape[-1] >= 3 else np.repeat(images[..., :1], 3, axis=-1)


def tile(images: np.ndarray, across: int) -> np.ndarray:
    """Pictures (N, H, W, C) row by row on a white sheet (H, W, 3), each of ``SIDE`` pixels or a little more."""
    factor = max(1, -(-SIDE // images.shape[1]))
    large = rgb(images).repeat(factor, axis=1).repeat(factor, axis=2)
    high, wide = large.shape[1] + GAP, large.shape[2] + GAP
    sheet = np.full((-(-len(images) // across) * high + GAP, across * wide + GAP, 3), 255, np.uint8)
    for place, picture in enumerate(large):
        y, x = place // across * high + GAP, place % across * wide + GAP
        sheet[y : y + high - GAP, x : x + wide - GAP] = picture
    return sheet


def grid(images: np.ndarray, across: int | None = None) -> np.ndarray:
    """Pictures (N, H, W, C) as a sheet (H, W, 3) uint8: so many in a row, or about as wide as high."""
    return tile(images, min(across or max(1, round(len(images) ** 0.5)), len(images)))


def named_rows(rows: Sequence[np.ndarray], names: Sequence[str]) -> np.ndarray:
    """A row of pictures (N, H, W, C) per class, with its name to the left, as a sheet (H, W, 3) uint8."""
    font = ImageFont.load_default(LETTERS)
    left = int(max(font.getlength(name) for name in names)) + 2 * GAP
    sheet = Image.fromarray(tile(np.concatenate(rows), len(rows[0])))
    whole = Image.new("RGB", (left + sheet.width, sheet.height), "white")
    whole.paste(sheet, (left, 0))
    draw, high = ImageDraw.Draw(whole), (sheet.height - GAP) / len(rows)
    for place, name in enumerate(names):
        draw.text((GAP, GAP + (place + 0.5) * high), name, "black", font=font, anchor="lm")
    return np.asarray(whole)


def moments_of(steps: int) -> list[int]:
    """Which of the moments 0 (noise) … ``steps`` (image) a strip shows: both ends, and equally many between."""
    return sorted({round(k * steps / min(steps, MOMENTS)) for k in range(min(steps, MOMENTS) + 1)})


def strip(path: np.ndarray) -> np.ndarray:
    """The way (steps + 1, N, H, W, C) of N pictures, a row each from noise to image, times above; (H, W, 3) uint8."""
    steps = len(path) - 1
    shown = moments_of(steps)
    sheet = Image.fromarray(tile(path[shown].swapaxes(0, 1).reshape(-1, *path.shape[2:]), len(shown)))
    whole = Image.new("RGB", (sheet.width, sheet.height + LINE), "white")
    whole.paste(sheet, (0, LINE))
    draw, font, wide = ImageDraw.Draw(whole), ImageFont.load_default(LETTERS), (sheet.width - GAP) / len(shown)
    for place, moment in enumerate(shown):
        x = GAP / 2 + (place + 0.5) * wide
        draw.text((x, LINE / 2 + 1), f"t = {moment / steps:.2g}", "black", font=font, anchor="mm")
    return np.asarray(whole)


def animation(path: np.ndarray) -> bytes:
    """The way of all pictures of ``path`` (steps + 1, N, H, W, C) as a GIF of grids, which rests at the end."""
    frames = [grid(images) for images in path]
    return encode_gif(frames + [frames[-1]] * REST, FPS)


def encode_png(image: np.ndarray) -> bytes:
    """A sheet (H, W, 3) uint8 as PNG."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG", optimize=True)
    return stream.getvalue()
