"""Scenes: pictures with all that lies in them, as a detector learns from them, from an environment or from a folder."""

from dataclasses import dataclass

import torch

from ..components.detections import AXIS_COS, AXIS_SIN, CENTRE_X, CLASS, VALID


@dataclass(frozen=True)
class Scenes:
    """Pictures (N, H, W, C) uint8, rows (N, R, 8 + K) float32 of what lies in each, and the names of the classes."""

    images: torch.Tensor
    rows: torch.Tensor
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def __post_init__(self) -> None:
        if len(self.images) != len(self.rows) or self.rows.shape[2] != CLASS + len(self.classes):
            raise ValueError(
                f"pictures {tuple(self.images.shape)} and rows {tuple(self.rows.shape)} of {len(self.classes)} classes "
                "do not belong together"
            )

    def subset(self, which: torch.Tensor | slice) -> "Scenes":
        return Scenes(self.images[which], self.rows[which], self.classes)

    @property
    def knows_axes(self) -> bool:
        """Whether anything is said about how things are turned."""
        return bool((self.rows[..., [AXIS_COS, AXIS_SIN]] != 0.0).any())

    @property
    def things(self) -> int:
        return int((self.rows[..., VALID] >= 0.5).sum())


def mirrored(images: torch.Tensor, rows: torch.Tensor, which: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures (N, H, W, C) and rows (N, R, 8 + K), those with ``which`` (N,) mirrored left to right."""
    images = torch.where(which[:, None, None, None], images.flip(2), images)
    turned = rows.clone()
    turned[..., CENTRE_X] = torch.where(rows[..., VALID] > 0.0, 1.0 - rows[..., CENTRE_X], rows[..., CENTRE_X])
    turned[..., AXIS_SIN] = -rows[..., AXIS_SIN]  # the angle θ becomes π - θ
    return images, torch.where(which[:, None, None], turned, rows)
