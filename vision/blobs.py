"""Detection without learning, as a baseline: blobs that differ from the background, named after the nearest picture.

The background is the median of each pixel over some training pictures. Pixels that differ much from it and touch make a
blob; its box is that of a thing, whose class is the one whose mean picture is nearest to what the box shows.
"""

import torch
from torch.nn import functional as F

from ..components.detections import CENTRE_X, CLASS, HEIGHT, VALID, VISIBLE, WIDTH
from .scenes import Scenes

SEEN = 500  # training pictures for the background and the means
DIFFERENT = 30.0  # of 255, from the background on
LEAST_PIXELS = 12  # of a blob
TEMPLATE = 12  # pixels of the side of a mean picture


class Blobs:
    """See the head of this file."""

    def __init__(self, train: Scenes) -> None:
        filled = (train.rows[..., VALID] >= 0.5).any(dim=1).nonzero()[:SEEN, 0]
        if not len(filled):
            raise ValueError("nothing is said to be in the training pictures, so there is nothing to look for")
        some = train.subset(filled)
        self.classes = len(train.classes)
        images = some.images.float()
        self.background = images.median(dim=0).values  # (H, W, C)
        picture, row = (some.rows[..., VALID] >= 0.5).nonzero(as_tuple=True)
        boxes = some.rows[picture, row]
        crops, kinds = self._crops(images[picture], boxes), boxes[:, CLASS:].argmax(dim=1)
        means = [crops[kinds == k].mean(dim=0) for k in range(self.classes) if (kinds == k).any()]
        self.means, self.known = torch.stack(means), kinds.unique()  # of the classes that occur

    def _crops(self, images: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """What the boxes of ``rows`` (M, 8 + K) show of pictures (M, H, W, C), one each: (M, numbers)."""
        step = (torch.arange(TEMPLATE) + 0.5) / TEMPLATE - 0.5
        x = 2.0 * (rows[:, CENTRE_X, None] + step * rows[:, WIDTH, None]) - 1.0  # (M, TEMPLATE), in -1 … 1
        y = 2.0 * (rows[:, CENTRE_X + 1, None] + step * rows[:, HEIGHT, None]) - 1.0
        grid = torch.stack([x[:, None, :].expand(-1, TEMPLATE, -1), y[:, :, None].expand(-1, -1, TEMPLATE)], dim=3)
        return F.grid_sample(images.permute(0, 3, 1, 2), grid, align_corners=False).flatten(1)

    def __call__(self, images: torch.Tensor, most: int) -> torch.Tensor:
        """Rows (N, ``most``, 8 + K) for pictures (N, H, W, C): the largest blobs, the larger the surer."""
        n, height, width = images.shape[:3]
        differs = (images.float() - self.background).abs().amax(dim=3) > DIFFERENT
        names = _touching(differs)
        rows = torch.zeros(n, most, CLASS + self.classes)
        for i in range(n):
            found, counts = names[i][differs[i]].unique(return_counts=True)
            order = counts.argsort(descending=True, stable=True)[:most]
            for number, (name, count) in enumerate(zip(found[order].tolist(), counts[order].tolist(), strict=True)):
                if count < LEAST_PIXELS:
                    break
                y, x = (names[i] == name).nonzero(as_tuple=True)
                left, right, top, bottom = int(x.min()), int(x.max()) + 1, int(y.min()), int(y.max()) + 1
                box = ((left + right) / 2 / width, (top + bottom) / 2 / height)
                rows[i, number, VALID : HEIGHT + 1] = torch.tensor(
                    [count / (height * width), *box, (right - left) / width, (bottom - top) / height]
                )
                rows[i, number, VISIBLE] = 1.0
        picture, row = (rows[..., VALID] > 0.0).nonzero(as_tuple=True)
        if len(picture):
            crops = self._crops(images[picture].float(), rows[picture, row])
            nearest = self.known[torch.cdist(crops, self.means).argmin(dim=1)]
            rows[picture, row, CLASS + nearest] = 1.0
        return rows


def _touching(mask: torch.Tensor) -> torch.Tensor:
    """Names (N, H, W) of pixels of ``mask``: equal where they touch, side by side or at a corner; 0 outside of it."""
    _, height, width = mask.shape
    names = (torch.arange(1, height * width + 1).view(1, height, width) * mask).float()  # exact up to 4096 x 4096
    while True:
        spread = F.max_pool2d(names[:, None], 3, stride=1, padding=1)[:, 0] * mask
        if torch.equal(spread, names):
            return names.long()
        names = spread
