"""The logs of a run: TensorBoard's and its own table of evaluations, and pictures for them."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from ...training.event_log import EVENTS, log_sizes, tells_of_steps
from ...utils.untrusted import MOST_TABLE, read_regular
from ...utils.wording import in_one_line
from ..evaluation import Policy

EVALUATIONS = "evaluations.csv"  # a line per evaluation


def log_of_training(folder: Path) -> str:
    """The name of a log that tells of a step after the first checkpoint; empty if there is none.

    Raises:
        ValueError: a log is a link or no regular file.
    """
    for name, size in log_sizes(folder, EVALUATIONS).items():
        if size and (not name.startswith(EVENTS) or tells_of_steps(folder / name, size)):
            return name
    return ""


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Add a line to a CSV file, with a header if it is new."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    if not path.exists():
        writer.writeheader()
    writer.writerow(row)
    with open(path, "a", newline="", encoding="utf-8") as stream:
        stream.write(text.getvalue())


def last_row(path: Path) -> dict[str, float]:
    """The last line of ``evaluations.csv``, by column; empty if there is none.

    Raises:
        ValueError: it is no table of numbers.
    """
    if not path.exists():
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(read_regular(path, MOST_TABLE).decode())))
        return {str(key): float(value) for key, value in rows[-1].items()} if rows else {}
    except (ValueError, TypeError, csv.Error) as fault:
        raise ValueError(f"{path} is damaged: {in_one_line(fault)}; restore it from a copy") from None


GIF_STEPS, GIF_PIXELS, GIF_FPS = 120, 160, 20


def rollout_gif(batch: Any, policy: Policy, seed: int, age: int) -> bytes | None:
    """The first steps of an episode as a GIF; ``None`` for an environment without frames. Closes ``batch``."""
    from ...envs.rendering.video import encode_gif

    try:
        if batch.frame_size is None:
            return None
        height, width = batch.frame_size
        frame = np.zeros(
            (GIF_PIXELS * height // max(height, width), GIF_PIXELS * width // max(height, width), 3), np.uint8
        )
        batch.seed_from(seed, age)
        frames = []
        for _ in range(GIF_STEPS):
            batch.render_many(np.array([0]), frame[None])
            frames.append(frame.copy())
            if batch.step(policy(batch)):
                break
        return encode_gif(np.stack(frames), GIF_FPS)
    finally:
        batch.close()


def write_image(writer: Any, tag: str, encoded: bytes, step: int) -> None:
    """Put an encoded image, animated ones included, into TensorBoard without decoding it."""
    from PIL import Image
    from tensorboard.compat.proto.summary_pb2 import Summary

    width, height = Image.open(io.BytesIO(encoded), formats=["GIF", "PNG"]).size
    image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=encoded)
    writer.file_writer.add_summary(Summary(value=[Summary.Value(tag=tag, image=image)]), step)
