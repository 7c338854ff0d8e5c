"""The Fréchet distance between two sets of pictures, in the features of a classifier.

Two sets are compared as if their features were normal (Fréchet 1957; Dowson & Landau 1982):

    |m1 - m2|² + tr(S1 + S2 - 2 (S1^½ S2 S1^½)^½)

Heusel et al. (2017) took the features of an Inception net (*FID*), which saw large coloured photographs. Here they are
those of a classifier of the very pictures. A distance can be compared with others by the same classifier, from sets of
the same size: with fewer pictures it comes out larger.
"""

import numpy as np
import torch

from .models.classifier import Classifier

AT_ONCE = 500  # pictures in a forward pass


@torch.no_grad()
def features_of(net: Classifier, images: torch.Tensor) -> np.ndarray:
    """What a classifier sees in pictures (N, H, W, C) uint8 before its last layer, in float32: (N, num_features)."""
    net.eval()
    parts = [net.features(part.to(net.device)).float().cpu() for part in images.split(AT_ONCE)]
    return torch.cat(parts).numpy()


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Between features (N, F) and (M, F).

    Raises:
        ValueError: of one set there are fewer than two, or they have other widths.
    """
    if min(len(one), len(other)) < 2 or one.shape[1:] != other.shape[1:]:
        raise ValueError(f"expected features (N, F) and (M, F) of two pictures or more, got {one.shape}, {other.shape}")
    (m1, s1), (m2, s2) = (_moments(features.astype(np.float64)) for features in (one, other))
    values, vectors = np.linalg.eigh(s1)
    root = (vectors * np.sqrt(values.clip(min=0.0))) @ vectors.T
    between = np.sqrt(np.linalg.eigvalsh(root @ s2 @ root).clip(min=0.0)).sum()
    return float(((m1 - m2) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2.0 * between)


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return features.mean(axis=0), np.cov(features, rowvar=False).reshape(features.shape[1], features.shape[1])
