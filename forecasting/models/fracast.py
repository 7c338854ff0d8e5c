"""Fracast: a pretrained forecaster that lies in its wheel, adapted as it is.

Source: the package ``fracast`` (Apache-2.0; 85,001 weights; the extra ``pretrained``). It sees a target's own
past alone, and was trained on other series; nothing here is fitted. A component's folder holds no weights: it names the
package, its version and the SHA-256 of the weights in it, and is refused where another one is installed.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

import torch
from gymnasium import Space
from torch import nn

from ...utils.untrusted import MOST_JSON, MOST_WEIGHTS, parse_json, parse_tensors, read_regular
from .forecaster import Forecaster

PACKAGE, VERSION = "fracast", "0.1.0"
SHA256 = "0d678f123f3d1f91c5065cca2b5d40eccc469360afc2381b27290486011ded2c"  # of weights/model.safetensors
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
CONTEXT = 2048  # rows that it sees at most
MEDIAN = LEVELS.index(0.5)
LEAST_SPAN = 1e-5  # of a window, in its own units: what a constant one is divided by
AT_ONCE = 64  # windows in a forward pass: each is 2,048 rows


class Fracast(Forecaster):
    """The pretrained model. It forecasts 48 rows; further ones from its own medians.

    Args:
        layout, data: See ``Forecaster``.
        quantiles: Some of 0.1, 0.2 … 0.9; () for the median.
        package, version, sha256: What the forecaster is.

    Raises:
        ValueError: another package, version or file of weights is installed than these, or none; a level that the model
            does not give.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        quantiles: Sequence[float] = (),
        data: str = "",
        package: str = PACKAGE,
        version: str = VERSION,
        sha256: str = SHA256,
    ) -> None:
        own = {"layout": layout, "quantiles": list(quantiles), "data": data}
        own |= {"package": package, "version": version, "sha256": sha256}
        super().__init__(input_space, output_space, own)
        unknown = [level for level in self.quantiles if level not in LEVELS]
        if unknown:
            raise ValueError(f"Fracast gives the levels {', '.join(map(str, LEVELS))}, not {unknown[0]}")
        if (package, version, sha256) != (PACKAGE, VERSION, SHA256):
            raise ValueError(
                f"it is {package} {version} with weights {sha256[:12]}, this version of Ludus adapts {PACKAGE} "
                f"{VERSION} with {SHA256[:12]}; use the version of Ludus that made it"
            )
        check_installed()

    def predict(self, past: torch.Tensor, known: torch.Tensor | None, calendar: torch.Tensor | None) -> torch.Tensor:
        rows = past[:, :, : self.targets].transpose(1, 2).reshape(-1, self.lookback)
        y = torch.cat([self.rolled(part) for part in rows.split(AT_ONCE)])
        if self.quantiles:
            return y[:, :, [LEVELS.index(level) for level in self.quantiles]].sort(dim=2).values
        y = y[:, :, MEDIAN].view(len(past), self.targets, self.horizon)
        return y.transpose(1, 2).reshape(len(past), *(self.output_space.shape or ()))

    def rolled(self, rows: torch.Tensor) -> torch.Tensor:
        """Windows (n, L) -> (n, H, levels)."""
        blocks, done = [], 0
        while done < self.horizon:
            blocks.append(block(rows))
            rows = torch.cat([rows, blocks[-1][:, :, MEDIAN]], dim=1)
            done += blocks[-1].shape[1]
        return torch.cat(blocks, dim=1)[:, : self.horizon]


def block(rows: torch.Tensor) -> torch.Tensor:
    """The 48 rows after windows (n, L), as (n, 48, levels); each window is scaled by its least and greatest value."""
    core, head = network(str(rows.device))
    rows = rows[:, -CONTEXT:]
    low = rows.amin(dim=1, keepdim=True)
    span = (rows.amax(dim=1, keepdim=True) - low).clamp(min=LEAST_SPAN)
    missing = CONTEXT - rows.shape[1]
    x = nn.functional.pad((rows - low) / span, (missing, 0))
    seen = torch.arange(CONTEXT, device=rows.device).expand(len(rows), -1) >= missing
    hidden = core(x[:, None], seen[:, None], seen[:, None].float())
    y = head.forward_horizon(hidden, last_obs=x[:, -1:], ctx=x, ctx_mask=seen)
    return y * span[..., None] + low[..., None]


@lru_cache(maxsize=2)
def network(device: str) -> tuple[Any, Any]:
    """Its two parts, from the installed package."""
    from fracast._core.model import build_from_cfg

    folder = check_installed()
    config = parse_json(read_regular(folder / "config.json", MOST_JSON))
    parts = build_from_cfg({key: config[key] for key in ("model", "pyramid")})
    weights = parse_tensors(read_regular(folder / "model.safetensors", MOST_WEIGHTS))
    for name, part in zip(("core.", "head."), parts, strict=True):
        part.load_state_dict({key.removeprefix(name): w for key, w in weights.items() if key.startswith(name)})
        part.requires_grad_(False).eval().to(device)
    return parts


@lru_cache(maxsize=1)
def check_installed() -> Path:
    """The folder of the weights; ``ValueError`` unless the package is installed as it is expected."""
    found = util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ValueError(f"it needs the package {PACKAGE} {VERSION}: pip install '{PACKAGE}=={VERSION}'")
    version = metadata.version(PACKAGE)
    folder = Path(found.origin).parent / "weights"
    sha256 = hashlib.sha256(read_regular(folder / "model.safetensors", MOST_WEIGHTS)).hexdigest()
    if (version, sha256) != (VERSION, SHA256):
        raise ValueError(
            f"{PACKAGE} {version} with weights {sha256[:12]} is installed, expected {VERSION} with {SHA256[:12]}: "
            f"pip install '{PACKAGE}=={VERSION}'"
        )
    return folder
