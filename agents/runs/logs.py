"""The logs of a run: files that only grow, and pictures for TensorBoard."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.files import log_sizes
from ...utils.untrusted import MOST_EVENTS, open_regular
from ..evaluation import Policy

STEP_TAG = b"\x10"  # protobuf's, of the second field, a number
FIRST_EVENTS = 1000  # more than those of step 0: the hyperparameters


def growing_files(folder: Path) -> dict[str, int]:
    """Name -> size in bytes of the run's logs; ``ValueError`` if one is a link or no regular file."""
    return log_sizes([*folder.glob("events.out.*"), folder / "evaluations.csv"])


def log_of_training(folder: Path) -> str:
    """The name of a log that tells of a step after the first checkpoint; empty if there is none.

    Raises:
        ValueError: see ``growing_files``.
    """
    for name, size in growing_files(folder).items():
        if size and (not name.startswith("events.out.") or _tells_of_steps(folder / name, size)):
            return name
    return ""


def _tells_of_steps(path: Path, size: int) -> bool:
    """Whether TensorBoard's file of so many bytes has an event of a step above 0, or is none that just began.

    What it says is not decoded, for it may be a stranger's. A record is a length of 8 bytes, a checksum of 4, the
    event, and another of 4; an event is a time in 9 bytes, then its step with a tag in front, unless that is 0.
    """
    with open_regular(path, MOST_EVENTS) as stream:
        start = 0
        for _ in range(FIRST_EVENTS):
            stream.seek(start)
            head = stream.read(12 + 9 + 1)
            if head[21:] == STEP_TAG:
                return True
            start += 8 + 4 + int.from_bytes(head[:8], "little") + 4
            if start >= size:  # the end, or an event that a kill has cut off
                return False
    return True


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
