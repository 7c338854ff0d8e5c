"""The curves of a run, read from its TensorBoard files."""

import zlib
from pathlib import Path


def curve(folder: Path) -> list[tuple[str, int, float]]:
    """Every scalar in the event files, as it stands there: doubles would show."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    points = []
    for path in sorted(folder.glob("events.out.*")):
        for record in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(record)
            for value in event.summary.value:
                if value.tag.startswith("time/"):
                    continue
                if value.HasField("simple_value"):
                    points.append((value.tag, event.step, value.simple_value))
                elif value.HasField("image"):
                    points.append((value.tag, event.step, zlib.crc32(value.image.encoded_image_string)))
    return sorted(points)
