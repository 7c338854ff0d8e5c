"""Words that moved an answer: integrated gradients over their vectors, in colours for a terminal, and as a picture.

The slope of an answer along the way from no words (vectors of zeros) to these, summed (Sundararajan et al. 2017): the
weights of a row's words add up to how much further the answer is with them than without any. A word may speak for an
answer or against it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients
from PIL import Image, ImageDraw, ImageFont
from rich.text import Text
from torch import nn

from ..utils.wording import in_line

STEPS = 64  # of the sum along the way
FOR, AGAINST = (34, 122, 80), (170, 54, 54)  # colours of a word that says yes, and no
INK, SOFT = (28, 30, 36), (110, 116, 130)
LETTER, LINE, GAP, WIDE = 22, 44, 10, 900  # pixels of a picture: of text, between lines and words, across
MOST_LETTERS = 200  # of a word that is measured: each letter has some pixels
WEAK = 0.12  # share of the strongest weight below which a word stays plain


@dataclass(frozen=True)
class Weighed:
    """A text and what its words had to do with one answer."""

    words: tuple[str, ...]
    weights: np.ndarray  # (L,) signed, in the units of the answer
    answer: str  # in words, such as "PlayMusic 98 %"


def weigh_words(module: nn.Module, answer: Callable[[torch.Tensor], torch.Tensor], vectors: torch.Tensor) -> np.ndarray:
    """How much each word moved a number: (N, L) float32, signed.

    Args:
        module: The network; it is put into evaluation mode, and back.
        answer: From vectors of words (N, L, W) to one number for each row (N,).
        vectors: Of the words, (N, L, W); 0 where there is none.
    """
    was = module.training
    module.eval()
    try:
        with torch.enable_grad():
            x = vectors.detach().float().requires_grad_()
            # captum asks for rows of the same number as the vectors times the steps; ``answer`` sees them in parts.
            slopes = IntegratedGradients(answer).attribute(x, torch.zeros_like(x), n_steps=STEPS)
    finally:
        module.train(was)
    return slopes.detach().sum(dim=2).float().cpu().numpy()


def strengths(weights: np.ndarray) -> np.ndarray:
    """Weights (L,) as shares of the strongest, -1 … 1; 0 where none counts."""
    most = float(np.abs(weights).max(initial=0.0))
    return weights / most if most > 0.0 else np.zeros_like(weights)


def colour_of(strength: float) -> tuple[int, int, int]:
    """The ground of a word: white where it does not count, green where it speaks for the answer, red against it."""
    full = FOR if strength > 0.0 else AGAINST
    share = min(abs(strength), 1.0) if abs(strength) >= WEAK else 0.0
    return tuple(round(255 + share * (part - 255)) for part in full)  # type: ignore[return-value]


def is_dark(colour: tuple[int, int, int]) -> bool:
    """Whether letters on this ground should be white."""
    return sum(colour) < 380


def coloured(weighed: Weighed) -> Text:
    """For a terminal: words on green or red ground, the stronger the more they count; those that do not, plain."""
    text = Text()
    for word, strength in zip(weighed.words, strengths(weighed.weights), strict=True):
        ground = colour_of(float(strength))
        ink, code = "#ffffff" if is_dark(ground) else "#000000", "".join(f"{part:02x}" for part in ground)
        style = f"{ink} on #{code}" if abs(strength) >= WEAK else ""
        text.append(in_line(word), style)
        text.append(" ")
    return text


def plain(weighed: Weighed, most: int = 5) -> str:
    """Without colours: the strongest words with their signs and their shares of the strongest."""
    shares = strengths(weighed.weights)
    order = sorted(range(len(shares)), key=lambda i: (-abs(float(shares[i])), i))[:most]
    return (
        ", ".join(f"{in_line(weighed.words[i])} {shares[i]:+.2f}" for i in order if abs(shares[i]) >= WEAK) or "no word"
    )


def words_picture(rows: Sequence[Weighed], width: int = WIDE) -> np.ndarray:
    """RGB (H, ``width``, 3) uint8: each text, its words on their colours, below the answer that they moved."""
    font, small = ImageFont.load_default(LETTER), ImageFont.load_default(LETTER - 6)
    places, y = [], GAP
    for row in rows:
        head, y = y, y + LINE - GAP
        x, words = 2 * GAP, []
        for word, strength in zip(row.words, strengths(row.weights), strict=True):
            long = fitted(word, font, width - 4 * GAP)
            wide = int(font.getlength(long))
            if x + wide + 2 * GAP > width and x > 2 * GAP:
                x, y = 2 * GAP, y + LINE
            words.append((x, y, wide, long, float(strength)))
            x += wide + 2 * GAP
        places.append((head, row.answer, words))
        y += LINE + GAP
    image = Image.new("RGB", (width, y), "white")
    draw = ImageDraw.Draw(image)
    for head, answer, words in places:
        draw.text((2 * GAP, head + 6), fitted(answer, small, width - 4 * GAP), SOFT, font=small)
        for x, top, wide, word, strength in words:
            ground = colour_of(strength)
            box = (x - GAP // 2, top, x + wide + GAP // 2, top + LINE - GAP)
            draw.rounded_rectangle(box, 6, ground)
            draw.text((x, top + 3), word, "white" if is_dark(ground) else INK, font=font)
    draw.line((0, y - 1, width, y - 1), (225, 228, 234))
    return np.asarray(image)


def fitted(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """``text``, cut off with an ellipsis where it is wider than so many pixels."""
    if len(text) <= MOST_LETTERS and font.getlength(text) <= width:
        return text
    text = text[:MOST_LETTERS]
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"
