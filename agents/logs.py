"""The logs of a run: files that only grow, and pictures for TensorBoard."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np

from ..files import log_sizes
from ..untrusted import read_table
from .evaluation import Policy


def growing_files(folder: Path) -> dict[str, int]:
    """Name -> size in bytes of the run's logs; ``ValueError`` if one is a link or no regular file."""
    return log_sizes([*folder.glob("events.out.*"), folder / "evaluations.csv"])


def last_step(folder: Path) -> int:
    """The last step that the run's logs tell of; 0 if they tell of none."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    names = growing_files(folder)
    events = [folder / name for name in names if name.startswith("events.out.")]
    steps = [event.step for path in events for event in EventFileLoader(str(path)).Load()]
    if "evaluations.csv" in names:
        rows = read_table(folder / "evaluations.csv")
        steps += [int(row["steps"]) for row in rows if re.fullmatch("[0-9]{1,18}", row.get("steps") or "")]
    return max(steps, default=0)


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Add a line to a CSV file, with a header if it is new."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    if not path.exists():
        writer.writeheader()
    writer.writerow(row)
    with open(path, "a", newline="", encoding="utf-8") as stream:
        stream.write(text.getvalue())


GIF_STEPS, GIF_PIXELS, GIF_FPS = 120, 160, 20


def rollout_gif(batch: Any, policy: Policy, seed: int, age: int) -> bytes | None:
    """The first steps of an episode as a GIF; ``None`` for an environment that does not draw here. Closes ``batch``."""
    from ..envs.screen.video import gif

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
            batch.draw_many(np.array([0]), frame[None])
            frames.append(frame.copy())
            if batch.step(policy(batch)):
                break
        return gif(np.stack(frames), GIF_FPS)
    finally:
        batch.close()


def write_image(writer: Any, tag: str, encoded: bytes, step: int) -> None:
    """Put an encoded image, animated ones included, into TensorBoard without decoding it."""
    from PIL import Image
    from tensorboard.compat.proto.summary_pb2 import Summary

    width, height = Image.open(io.BytesIO(encoded), formats=["GIF", "PNG"]).size
    image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=encoded)
    writer.file_writer.add_summary(Summary(value=[Summary.Value(tag=tag, image=image)]), step)
