"""Pictures of detections: boxes with their names beside those that are true, the worst pictures first."""

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from ...components.average_precision import RIGHT_FROM, judged, overlaps
from ...components.detections import CLASS, VALID, VISIBLE, corners_of
from ...explain.boxes import explain_boxes
from ...explain.heat_maps import overlay, rgb
from ..models.detector import Detector
from ..scenes import Scenes

APART = 5  # pictures, at least, between two that are shown
SURE = 0.3  # boxes that are shown are as sure, at least
SEEN = 0.5  # share of a thing that must be visible for a miss to count in full
SIDE = 264  # pixels of a picture on the sheet
LINE, GAP, LETTERS = 15, 10, 11  # pixels
GREEN, RED, ORANGE = "#00e070", "#ff4040", "#ffb000"


def worst(shown: np.ndarray, data: Scenes, count: int) -> np.ndarray:
    """The pictures with the most to answer for: how sure wrong boxes are, and how visible what is not found."""
    truth = data.rows.numpy()
    right, found = judged(shown, truth)
    wrong = (shown[..., VALID] * ~right * (shown[..., VALID] >= SURE)).sum(axis=1)
    missed = (truth[..., VISIBLE] * (truth[..., VALID] >= 0.5) * ~found).sum(axis=1)
    order = np.argsort(-(wrong + missed), kind="stable")
    kept: list[int] = []
    for i in order.tolist():  # neighbours may show the same things, of which one is gone
        if len(kept) < count and all(abs(i - other) >= APART for other in kept):
            kept.append(i)
    return np.array(kept, np.int64)


def misses_picture(shown: np.ndarray, data: Scenes, count: int = 8, across: int = 2) -> np.ndarray:
    """The worst pictures as RGB (H, W, 3) uint8, each twice: with what is true, and with what the detector says.

    To the left red is what it has not found. To the right green is right, orange a place whose class is another one,
    red a place where no such thing is.
    """
    truth = data.rows.numpy()
    rows = worst(shown, data, count)
    right, found = judged(shown, truth)
    height = round(SIDE * data.images.shape[1] / data.images.shape[2])
    wide, high = 2 * SIDE + 3 * GAP, height + LINE + GAP
    sheet = Image.new("RGB", (across * wide, max(1, -(-len(rows) // across)) * high + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    for place, i in enumerate(rows.tolist()):
        x, y = place % across * wide + GAP, place // across * high + GAP
        near = overlaps(corners_of(shown[i]), corners_of(truth[i])) * (truth[i, :, VALID] >= 0.5)
        placed = near.max(axis=1, initial=0.0) >= RIGHT_FROM
        colours = np.where(right[i], GREEN, np.where(placed, ORANGE, RED))
        said = shown[i, :, VALID] >= SURE
        true = truth[i, :, VALID] >= 0.5
        sheet.paste(boxed(data.images[i], truth[i][true], data.classes, np.where(found[i], GREEN, RED)[true]), (x, y))
        sheet.paste(boxed(data.images[i], shown[i][said], data.classes, colours[said]), (x + SIDE + GAP, y))
        draw.text((x, y + height + 1), f"true: {true.sum()}, found {(found[i] & true).sum()}", "black", font=font)
        draw.text(
            (x + SIDE + GAP, y + height + 1), f"said: {said.sum()}, right {(right[i] & said).sum()}", "black", font=font
        )
    return np.asarray(sheet)


def boxed(image: torch.Tensor, rows: np.ndarray, classes: tuple[str, ...], colours: np.ndarray) -> Image.Image:
    """A picture (H, W, C), enlarged, with the boxes of rows (R, 8 + K) in their colours and what they are."""
    height = round(SIDE * image.shape[0] / image.shape[1])
    picture = Image.fromarray(rgb(image.numpy())).resize((SIDE, height), Image.Resampling.NEAREST)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(LETTERS)
    for (left, top, right, bottom), colour in zip(corners_of(rows), colours.tolist(), strict=True):
        edges = (left * SIDE, top * height, right * SIDE, bottom * height)
        draw.rectangle(tuple(float(edge) for edge in edges), outline=colour, width=2)
    for row, (left, top, _, _), colour in zip(rows, corners_of(rows), colours.tolist(), strict=True):
        name = classes[int(row[CLASS:].argmax())]
        text = name if row[VALID] == 1.0 else f"{name} {row[VALID] * row[CLASS:].max():.0%}"
        x = min(max(float(left) * SIDE, 0.0), SIDE - font.getlength(text) - 4)
        y = min(max(float(top) * height - LETTERS - 3, 0.0), height - LETTERS - 4)
        draw.rectangle((x, y, x + font.getlength(text) + 3, y + LETTERS + 3), fill="black")
        draw.text((x + 2, y), text, colour, font=font)
    return picture


def heats_picture(net: Detector, data: Scenes, count: int = 4, boxes: int = 4) -> np.ndarray:
    """Pictures with what the detector sees, and beside each, box by box, the heat of what speaks for it: RGB uint8."""
    some = data.images[:: max(len(data) // count, 1)][:count]  # neighbours may show the same tray
    rows, heats = explain_boxes(net, some)
    side, line = SIDE // 2, LINE
    high, wide = side + line + GAP, side + GAP
    sheet = Image.new("RGB", ((boxes + 1) * wide + GAP, max(len(some), 1) * high + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    for i, image in enumerate(some):
        y = i * high + GAP
        shown = rows[i][rows[i, :, VALID] >= SURE]
        plain = Image.fromarray(rgb(image.numpy())).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(plain, (GAP, y))
        for k, row in enumerate(shown[:boxes]):
            x = (k + 1) * wide + GAP
            hot = Image.fromarray(overlay(image.numpy(), heats[i, k]))
            tile = hot.resize((side, side), Image.Resampling.NEAREST)
            edges = corners_of(row) * side
            ImageDraw.Draw(tile).rectangle(tuple(float(edge) for edge in edges), outline="white", width=1)
            sheet.paste(tile, (x, y))
            kind = int(row[CLASS:].argmax())
            draw.text((x, y + side + 1), f"{data.classes[kind][:14]} {row[CLASS + kind]:.0%}", "black", font=font)
    return np.asarray(sheet)
