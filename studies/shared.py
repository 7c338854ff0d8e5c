"""What the studies share: a training without a folder, hashes of settings, rows in a CSV, pictures."""

import csv
import hashlib
import io
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from ..agents import registry as catalogue
from ..agents.runs.config import LATER, RunConfig
from ..envs.make import make_batch
from ..utils.files import write_atomically
from ..utils.untrusted import read_table

Row = TypeVar("Row")

RED, BLUE = "#c0504d", "#2e6db4"  # of the two sides that a study compares
WIDTHS = {RED: 3.4, BLUE: 1.5}  # points; red is drawn first and shows beneath blue where both lines are one


class _Tell(BaseCallback):
    def __init__(self, progress: Callable[[float], Any], steps: int) -> None:
        super().__init__()
        self.progress, self.steps = progress, steps

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        self.progress(self.model.num_timesteps / self.steps)


def learn(config: RunConfig, progress: Callable[[float], Any] = lambda share: None) -> tuple[catalogue.Agent, float]:
    """Train as a run of ``config`` would, without its folder, curves and checkpoints.

    Args:
        progress: Called now and then with the share of the steps that are done.

    Returns:
        The agent, and the seconds of the training.
    """
    batch = make_batch(config.env, config.hyperparameters["num_envs"], **config.environment)
    try:
        batch.seed_from(config.seed)
        agent = catalogue.make(config.agent, batch, config.hyperparameters, config.seed)
        agent.set_logger(Logger(None, []))
        began = time.perf_counter()
        agent.learn(config.steps, _Tell(progress, config.steps))
        return agent, round(time.perf_counter() - began, 1)
    finally:
        batch.close()


def digest(content: Any) -> str:
    """Eight letters that change with ``content``, plain values or what ``str`` says all of."""
    return hashlib.sha256(json.dumps(_without_later(content), sort_keys=True, default=str).encode()).hexdigest()[:8]


def _without_later(content: Any) -> Any:
    if isinstance(content, dict):
        kept = {key: value for key, value in content.items() if key not in LATER or value != LATER[key]}
        return {key: _without_later(value) for key, value in kept.items()}
    return [_without_later(item) for item in content] if isinstance(content, (list, tuple)) else content


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The lines of a CSV as instances of the dataclass ``kind``, whose fields are its columns; none without a file.

    Raises:
        ValueError: the file is another one.
    """
    if not path.exists():
        return []
    kinds: dict[str, Any] = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    try:
        return [kind(**{key: kinds[key](text) for key, text in line.items()}) for line in read_table(path)]
    except (KeyError, ValueError, TypeError):
        raise ValueError(f"{path} is not a CSV of this study; choose another --out, or remove it") from None


def write_rows(path: Path, kind: type[Row], rows: Sequence[Row]) -> None:
    """Write what ``read_rows`` reads; whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(kind)])  # type: ignore[arg-type]
    writer.writerows(astuple(row) for row in rows)  # type: ignore[call-overload]
    write_atomically(path, text.getvalue().encode())


def import_pyplot() -> Any:
    """Matplotlib without a screen; ``ImportError`` with the remedy if it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("the picture needs matplotlib: pip install 'ludus[plots]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def save_figure(figure: Any, path: Path) -> None:
    """Write the figure as PNG, whole or not at all, and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    import_pyplot().close(figure)
    write_atomically(path, buffer.getvalue())
