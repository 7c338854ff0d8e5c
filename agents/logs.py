"""The logs of a run: files that only grow, and pictures for TensorBoard."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from .evaluation import Policy


def growing_files(folder: Path) -> dict[str, int]:
    """Name -> size in bytes of the run's logs."""
    names = [path.name for path in folder.glob("events.out.*")] + ["evaluations.csv"]
    return {name: (folder / name).stat().st_size for name in sorted(names) if (folder / name).exists()}


def last_step(folder: Path) -> int:
    """The last step that the run's logs tell of; 0 if they tell of none."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    steps = [event.step for path in folder.glob("events.out.*") for event in EventFileLoader(str(path)).Load()]
    table = folder / "evaluations.csv"
    if table.exists():
        with open(table, newline="") as stream:
            steps += [int(row["steps"]) for row in csv.DictReader(stream) if (row.get("steps") or "").isdigit()]
    return max(steps, default=0)


def cut_back(folder: Path, sizes: dict[str, int]) -> None:
    """Make the logs what they were at the checkpoint: later lines go, and files that began later."""
    for name, size in growing_files(folder).items():
        if name not in sizes:
            (folder / name).unlink()
        elif size > sizes[name]:
            with open(folder / name, "r+b") as stream:
                stream.truncate(sizes[name])


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Add a line to a CSV file, with a header if it is new."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    if not path.exists():
        writer.writeheader()
    writer.writerow(row)
    with open(path, "a", newline="") as stream:
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

    width, height = Image.open(io.BytesIO(encoded)).size
    image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=encoded)
    writer.file_writer.add_summary(Summary(value=[Summary.Value(tag=tag, image=image)]), step)
