"""Encoder of sets: of rows whose order means nothing, beside all other parts of an observation.

Each row goes through the same layers together with all that is not in rows (Zaheer et al. 2017, *Deep Sets*, who pool
by a sum). What comes out is pooled in two ways: the largest of each feature over the rows, and the rows themselves,
mixed by attention (Ilse et al. 2018), so that a policy can point at one of many things. Rows of zeros are none.
"""

from typing import Any

import torch
from gymnasium import Space, spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, CombinedExtractor
from torch import nn

from .networks import Encoder, hidden_layer, make_encoder

HEADS = 4  # mixtures of the rows
MOST_HIDDEN = 4096  # units; more is a slip of the keyboard
LEAST = -1e9  # score of a row that is none


def rows_of(space: Space) -> str:
    """The key of the part of ``space`` that is a set of rows: a Box with two axes; "" if it is all of it.

    Raises:
        ValueError: several parts are, or none is.
    """
    if _is_rows(space):
        return ""
    found = [key for key, part in space.items() if _is_rows(part)] if isinstance(space, spaces.Dict) else []
    if len(found) != 1:
        what = f"{' and '.join(found)} are" if found else "nothing is"
        raise ValueError(f"set_hidden is for one part with two axes, rows and their numbers; {what} such in {space}")
    return found[0]


def _is_rows(space: Space) -> bool:
    return isinstance(space, spaces.Box) and len(space.shape) == 2


def _apart(space: Space) -> tuple[str, spaces.Box, dict[str, Space]]:
    """The key of the rows, their space, and the other parts by key."""
    key = rows_of(space)
    parts = dict(space.items()) if isinstance(space, spaces.Dict) else {}
    rows = parts.pop(key) if key else space
    assert isinstance(rows, spaces.Box)
    return key, rows, parts


def check_set(hidden: Any, encoder: Any) -> None:
    """``ValueError`` unless these hyperparameters go together."""
    if isinstance(hidden, bool) or not isinstance(hidden, int) or not 0 <= hidden <= MOST_HIDDEN:
        raise ValueError(f"set_hidden must be a whole number 0 … {MOST_HIDDEN:,}, got {hidden!r}")
    if hidden and encoder is not None:
        raise ValueError("set_hidden encodes rows, and encoder the raw signal of a slot; give one of the two")


class SetLayers(nn.Module):
    """From rows and what stands beside them to ``num_features`` numbers.

    Args:
        width: Numbers of a row.
        beside: Numbers beside the rows.
        hidden: Units of the layers.
    """

    def __init__(self, width: int, beside: int, hidden: int) -> None:
        super().__init__()
        self.rows = nn.Sequential(*hidden_layer(width + beside, hidden), *hidden_layer(hidden, hidden))
        self.scores = nn.Linear(hidden, HEADS)
        self.num_features = hidden + HEADS * width + beside

    def forward(self, x: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:  # (N, R, width), (N, beside)
        empty = (x == 0.0).all(2, keepdim=True)  # (N, R, 1)
        f = self.rows(torch.cat([x, beside[:, None, :].expand(-1, x.shape[1], -1)], dim=2))
        largest = torch.where(empty, 0.0, f).amax(1)  # features are not negative
        shares = torch.where(empty, LEAST, self.scores(f)).softmax(1)  # (N, R, heads); of nothing all rows are zero
        mixed = torch.einsum("nrh,nrw->nhw", shares, x)
        return torch.cat([largest, mixed.flatten(1), beside], dim=1)


class SetEncoder(Encoder):
    """For `pqn`: a set of rows (R, width), or a Dict of which one part is such; ``others`` encodes the rest."""

    def __init__(self, space: Space, hidden: int, others: Encoder | None) -> None:
        super().__init__()
        self.key, part, _ = _apart(space)
        self.others = others
        self.layers = SetLayers(part.shape[1], others.num_features if others else 0, hidden)
        self.num_features = self.layers.num_features

    def forward(self, x: Any) -> torch.Tensor:
        rows = (x[self.key] if self.key else x).float()
        beside = rows.new_zeros(len(rows), 0) if self.others is None else self.others(x)
        return self.layers(rows, beside)


def encode_set(space: Space, hidden: int, scale: Any = None) -> SetEncoder:
    """The encoder of a set for ``networks.QNetwork``; ``scale`` as for ``networks.make_encoder``."""
    rest = _apart(space)[2]
    return SetEncoder(space, hidden, make_encoder(spaces.Dict(rest), scale=scale) if rest else None)


class SetExtractor(BaseFeaturesExtractor):
    """The same for Stable-Baselines3's policies; ``CombinedExtractor`` sees to the other parts."""

    def __init__(self, observation_space: Space, hidden: int) -> None:
        key, part, rest = _apart(observation_space)
        others = CombinedExtractor(spaces.Dict(rest)) if rest else None
        layers = SetLayers(part.shape[1], others.features_dim if others else 0, hidden)
        super().__init__(observation_space, layers.num_features)
        self.key, self.others, self.layers = key, others, layers

    def forward(self, observations: Any) -> torch.Tensor:  # (N, *space), or a dict of these -> (N, features)
        rows = observations[self.key] if self.key else observations
        beside = rows.new_zeros(len(rows), 0) if self.others is None else self.others(observations)
        return self.layers(rows, beside)


def leave_rows_alone(normalize: dict[str, Any], space: Space) -> dict[str, Any]:
    """Arguments of ``VecNormalize`` like ``normalize`` that leave the rows as they are: zeros stand for nothing."""
    if isinstance(space, spaces.Dict):
        keys = normalize.get("norm_obs_keys", list(space))
        return {**normalize, "norm_obs_keys": [key for key in keys if key != rows_of(space)]}
    return {**normalize, "norm_obs": False}
