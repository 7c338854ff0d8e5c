"""The moving picture of an environment: a rollout of its best policy, the zoo's, as a WebP of at most 400 kB."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from ludus.agents import zoo
from ludus.agents.runs.player import ZOO, find_player
from ludus.agents.zoo.collection import place_of
from ludus.envs import ENVIRONMENTS, engine
from ludus.envs.make import watched_with
from ludus.utils.files import write_atomically

MOST_BYTES = 400_000
HEIGHT = 320  # pixels
SECONDS = 10.0  # of the rollout, at the pace at which it is pleasant to watch
MOST_FRAMES = 150  # of the picture; a faster rollout leaves frames out
QUALITIES = (80, 65, 50, 35, 20, 10)  # of WebP, the first that is small enough
HOLD = 5  # frames for which the last picture of an episode stands
REFERENCE = "the reference policy"


def write_picture(id: str, path: Path) -> None:
    """Play ``id`` into the file ``path``; one that is newer than its policy, its environment and the engine is kept."""
    package = Path(*ENVIRONMENTS[id][0].split(".")[1:])
    root = Path(engine.__file__).parents[2]
    own = [root / package.with_suffix(".py")] if root.joinpath(package.with_suffix(".py")).is_file() else []
    own += [*root.joinpath(package).glob("*.py"), *Path(engine.__file__).parent.glob("*.py"), Path(__file__)]
    own += [file for file in place_of(id).rglob("*") if file.is_file()]
    if path.is_file() and path.stat().st_mtime > max(file.stat().st_mtime for file in own):
        return
    frames, fps = play(id)
    write_atomically(path, encode(frames, fps))


def zoo_or_heuristic(id: str) -> str:
    """The name of the policy that plays: as in `ludus watch ID`, the zoo's where it has one."""
    return ZOO if zoo.entry(id) is not None else "heuristic"


def who_plays(id: str) -> str:
    """Who plays in the picture of ``id``, and what the zoo's policy earns, for a person."""
    found = zoo.entry(id)
    return REFERENCE if found is None else found.said


def play(id: str) -> tuple[list[np.ndarray], float]:
    """Frames (height, width, 3) uint8 of a rollout, seed 0, and how many are shown in a second.

    The zoo's policy plays in the data of its training, so that the pictures are the same on every machine.
    """
    shown, watched = watched_with(id)
    player = find_player(id, zoo_or_heuristic(id), 0, dict(shown))
    batch = player.make(1, rendered=True)
    pace = float(watched or batch.fps)
    height, width = batch.frame_size
    batch.seed_from(0)
    steps = int(SECONDS * pace)
    stride = max(1, -(-steps // MOST_FRAMES))
    frame = np.zeros((1, HEIGHT, HEIGHT * width // height, 3), np.uint8)
    frames: list[np.ndarray] = []
    for step in range(steps):
        if step % stride == 0:
            batch.render_many(np.array([0]), frame)
            frames.append(frame[0].copy())
        if batch.step(player.policy(batch)):
            frames += [frames[-1]] * HOLD
    batch.close()
    return frames[:MOST_FRAMES], pace / stride


def encode(frames: list[np.ndarray], fps: float) -> bytes:
    """An endless WebP of ``frames`` in the best quality that stays within ``MOST_BYTES``.

    Raises:
        ValueError: not even the lowest quality does.
    """
    pictures = [Image.fromarray(frame) for frame in frames]
    for quality in QUALITIES:
        data = io.BytesIO()
        pictures[0].save(
            data,
            "WEBP",
            save_all=True,
            append_images=pictures[1:],
            duration=round(1000 / fps),
            loop=0,
            quality=quality,
            method=2,
        )
        if data.tell() <= MOST_BYTES:
            return data.getvalue()
    raise ValueError(f"a moving picture of {len(frames)} frames takes {data.tell():,} bytes, at most {MOST_BYTES:,}")
