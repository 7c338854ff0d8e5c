"""Recordings of what a person played, as .npz files: observations, actions, rewards, and the seeds to replay from.

The file holds, for E episodes of T steps in all (nothing else, and no pickle):

    header        text, JSON: format, id, the module that registers it where that is a third party's, keywords,
                  versions of the libraries
    seed, age     (E,) with which each episode began; see ``Game.start``
    length        (E,) steps of each episode
    observation   (T + E, …) of each episode the first one, then one per step; of a Dict all numbers, see ``kept_as``
    action        (T, …) numbers from 0, or arrays of the action space
    reward        (T,) float64
    terminated, truncated   (T,) bool; both False at the end of an episode that was cut off by a restart or by leaving
"""

import io
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.files import write_atomically
from ...utils.untrusted import GIB, MIB, parse_json, read_npz, read_regular
from ..ids import check_entries, module_of
from .game import Game, kept_as

FORMAT = 1
KIND = "ludus recording"
LIBRARIES = ("ludus", "gymnasium", "numba", "numpy")
# Name in the file: kinds of its dtype. Observations and actions take the dtypes of their spaces.
ARRAYS = {
    "seed": "u", "age": "i", "length": "i", "observation": "biuf", "action": "iuf", "reward": "f", "terminated": "b",
    "truncated": "b",
}  # fmt: skip
# Bytes; an hour of pictures of 84 x 84 pixels, 50 a second, unpacks to 1.3 GB.
MOST_PACKED, MOST_UNPACKED = 256 * MIB, 2 * GIB


@dataclass
class Episode:
    """One episode, or the beginning of one; the lists are of arrays and numbers, one per step (T)."""

    seed: int
    age: int  # steps
    observation: Any  # T + 1 of them
    action: Any = field(default_factory=list)
    reward: Any = field(default_factory=list)
    terminated: Any = field(default_factory=list)
    truncated: Any = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.reward)


@dataclass(frozen=True)
class Recording:
    """A recording as it was read; the fields of its episodes are arrays."""

    path: Path
    id: str
    module: str  # that makes the id known; empty for none. Said to a person, never imported
    keywords: dict[str, Any]
    versions: dict[str, str]
    episodes: tuple[Episode, ...]

    @property
    def steps(self) -> int:
        return sum(map(len, self.episodes))


def check_recording(path: Path) -> None:
    """Refuse a file that can become no recording, before anything is compiled or played for it.

    Raises:
        ValueError: no .npz.
        OSError: it exists, or cannot be written.
    """
    if path.suffix.lower() != ".npz":
        remedy = "ludus watch makes a video of it"
        raise ValueError(f"a recording must be an .npz file, got {path}; name it {path.with_suffix('.npz')} ({remedy})")
    try:
        if path.exists():
            raise FileExistsError("it exists already")
        path.touch()
        path.unlink()
    except OSError as problem:
        raise OSError(
            f"cannot record to {path}: {problem.strerror or problem}; give a new file in a folder that exists"
        ) from None


class Recorder:
    """Collects what is played in ``game`` and keeps it in the file ``path``, which is written anew by each ``save``.

    Raises:
        ValueError: no .npz, or spaces or keywords that cannot be kept.
        OSError: the file exists, or cannot be written.
    """

    def __init__(self, path: Path, game: Game) -> None:
        self.path, self.game = path, game
        check_recording(path)
        if kept_as(game.observation_space) is None:
            expected = "only Box, Discrete and a Dict of these can be recorded"
            raise ValueError(f"{game.id} observes {game.observation_space}; {expected}")
        # The limit stands in the file, so that another one in a later version of the table changes no old recording.
        keywords = {**game.keywords, "max_episode_steps": game.limit or -1}
        versions = {name: library_version(name) for name in LIBRARIES} | {"python": platform.python_version()}
        header = {"kind": KIND, "format": FORMAT, "id": game.id, "keywords": keywords, "versions": versions}
        if module_of(game.id):
            header["module"] = module_of(game.id)
        try:
            self._header = json.dumps(header, allow_nan=False)
        except (TypeError, ValueError) as problem:
            raise ValueError(
                f"the settings of {game.id} cannot be recorded ({problem}); give numbers and text"
            ) from None
        self.episodes: list[Episode] = []

    def begin(self) -> None:
        """An episode of the game has started."""
        self.episodes.append(Episode(self.game.seed, self.game.age, [np.array(self.game.observation)]))

    def add(self, action: Any) -> None:
        """The game has made a step with ``action``."""
        game, episode = self.game, self.episodes[-1]
        episode.action.append(np.array(action))
        episode.observation.append(np.array(game.observation))
        episode.reward.append(game.reward)
        episode.terminated.append(game.terminated)
        episode.truncated.append(game.truncated)

    def save(self) -> int:
        """Write the file, whole or not at all; returns how many steps it holds. Without a step there is no file."""
        # All of it each time, although that makes a sitting quadratic: a zip archive has its table of contents at its
        # end, so nothing can be added to it that a kill in between would not tear. It is cheap enough, and comes when a
        # game is over and nothing moves: 0.35 s after an hour of CartPole at 50 steps/s (180,000 steps, 3 MB; 2 cores).
        played = [episode for episode in self.episodes if len(episode)]
        if not played:
            return 0
        stream = io.BytesIO()
        np.savez_compressed(
            stream,
            header=np.array(self._header),
            seed=np.array([episode.seed for episode in played], np.uint64),
            age=np.array([episode.age for episode in played], np.int64),
            length=np.array([len(episode) for episode in played], np.int64),
            observation=np.stack([row for episode in played for row in episode.observation]),
            action=np.stack([row for episode in played for row in episode.action]),
            reward=np.array([row for episode in played for row in episode.reward], np.float64),
            terminated=np.array([row for episode in played for row in episode.terminated], np.bool_),
            truncated=np.array([row for episode in played for row in episode.truncated], np.bool_),
        )
        write_atomically(self.path, stream.getvalue())
        return sum(map(len, played))


def library_version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # run from the sources, without an installation
        return "unknown"


def load_recording(path: str | Path) -> Recording:
    """Read a recording; whether the rules still play it is another question, see ``replay.check_replay``.

    Raises:
        OSError: the file is missing or cannot be read.
        ValueError: it is no recording, damaged, of another format, or larger than one can be.
    """
    path = Path(path)
    data = read_regular(path, MOST_PACKED)
    if not data.startswith(b"PK"):
        raise ValueError(f"{path} is no recording (it is no .npz archive); expected a file made by ludus play --record")
    try:
        arrays = read_npz(data, ("header", *ARRAYS), MOST_UNPACKED)
        missing = sorted({"header", *ARRAYS} - arrays.keys())
        if missing:
            raise ValueError(f"it has no {missing[0]!r}")
        header = parse_json(str(arrays.pop("header")).encode())
        if not isinstance(header, dict) or header.get("kind") != KIND:
            raise ValueError("its header is that of something else")
    except ValueError as problem:
        raise ValueError(
            f"{path} is no recording, or a damaged one: {problem}; expected a file made by ludus play --record"
        ) from None
    if header.get("format") != FORMAT:
        raise ValueError(f"{path} has format {header.get('format')!r}, this version of Ludus reads {FORMAT}")
    try:
        id, module = _entry(header, "id", str), _entry({"module": "", **header}, "module", str)
        check_entries(id, module)
        keywords, versions = _entry(header, "keywords", dict), _entry(header, "versions", dict)
        return Recording(path, id, module, keywords, versions, tuple(_cut(arrays)))
    except ValueError as problem:
        raise ValueError(f"{path} is a damaged recording: {problem}; play and record anew") from None


def _entry(header: dict[str, Any], key: str, kind: type) -> Any:
    if not isinstance(header.get(key), kind):
        raise ValueError(f"{key} in its header is {header.get(key)!r}, expected a {kind.__name__}")
    return header[key]


def _cut(arrays: dict[str, np.ndarray]) -> Iterator[Episode]:
    """The episodes of the arrays of a file; ``ValueError`` where these do not fit together."""
    for name, kinds in ARRAYS.items():
        array = arrays[name]
        if array.dtype.kind not in kinds or not array.ndim:
            raise ValueError(f"{name} is {array.dtype} {array.shape}")
    lengths = arrays["length"]
    steps, episodes = len(arrays["reward"]), len(lengths)
    if not episodes or lengths.ndim > 1 or lengths.min() < 1 or lengths.max() > steps or lengths.sum() != steps:
        raise ValueError(f"its {steps} steps are not those of {episodes} episodes")
    expected = dict.fromkeys(("reward", "terminated", "truncated", "action"), steps)
    expected |= {"seed": episodes, "age": episodes, "observation": steps + episodes}
    for name, count in expected.items():
        if len(arrays[name]) != count or (arrays[name].ndim > 1 and name not in ("observation", "action")):
            raise ValueError(f"{name} has shape {arrays[name].shape}, expected {count} rows")
    start = 0
    for i, length in enumerate(lengths.tolist()):
        stop = start + length
        rows = {name: arrays[name][start:stop] for name in ("action", "reward", "terminated", "truncated")}
        yield Episode(
            int(arrays["seed"][i]), int(arrays["age"][i]), arrays["observation"][start + i : stop + i + 1], **rows
        )
        start = stop
