"""The loop of `ludus watch`: a policy at play in a window, or as a video."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from gymnasium.vector import AutoresetMode
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..engine.batch import Batch, check_seed
from ..engine.vector import MOST_TILES
from ..rendering.video import VideoWriter, fit_tile, tile_frames
from ..rendering.window import Window
from ..rendering.window_commands import KEYS, Command
from .tile_tags import TileTags

MOST_PICTURES = 60  # per second; a faster rollout leaves pictures out, no steps
SLOWEST, FASTEST = 1 / 16, 256.0  # speed, as a multiple of the environment's own pace
HOLD = 0.6  # s that the last picture of an episode stands, so that its end can be seen
PATIENCE = 0.1  # s between two looks at the clock while paused
SMALL_FRAME = (64, 96)  # height and width of a picture that nobody sees
BAR = 20  # columns of the bar of a recording, which leave room for millions of steps in a terminal of 80
VIDEO_AREA = (900, 1200)  # largest height and width of a video of several environments

Policy = Callable[[Batch], np.ndarray]  # the actions for the batch as it stands, in the shape `step` takes


class Beside(Protocol):
    """What stands to the right of each environment's frame, such as what its model saw."""

    proportion: float  # its width as a share of the frame's height

    def render(self, rows: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Pictures (M, *size, 3) uint8 of the environments ``rows`` (M,) as they stand; changes nothing in them."""


@dataclass
class Watched:
    """What was seen. Episodes that a restart cut off do not count."""

    steps: int = 0  # of the batch: each one moves every environment
    episodes: int = 0
    returns: list[float] = field(default_factory=list)  # of the finished episodes, in the order in which they ended
    lengths: list[int] = field(default_factory=list)  # steps
    video: Path | None = None


class Rollout:
    """A batch, the policy that plays it, and the figures about both."""

    def __init__(self, batch: Batch, policy: Policy, seed: int, beside: Beside | None = None) -> None:
        if batch.frame_size is None:
            raise ValueError(f"{batch.name} was made without frames; make it with make_batch(id, n, rendered=True)")
        if (mode := getattr(batch, "autoreset_mode", AutoresetMode.SAME_STEP)) != AutoresetMode.SAME_STEP:
            raise ValueError(f"watch needs a batch with autoreset_mode SAME_STEP, got {mode.name}")
        self.beside = beside
        height, width = batch.frame_size
        self.frame_size = height, width + self._room(height)
        self.batch, self.policy, self.seed = batch, policy, check_seed(seed)
        self.seen = Watched()
        self.solved = False  # whether all episodes that ended in the last step were successes
        self._shown = np.arange(min(batch.num_envs, MOST_TILES))
        self.restart(self.seed)

    @property
    def num_shown(self) -> int:
        return len(self._shown)

    def restart(self, seed: int) -> None:
        self.seed = seed
        self._tags = TileTags(self.num_shown)
        self.batch.seed_from(seed)

    def advance(self) -> int:
        """One step; returns how many episodes ended in it."""
        ended = self.batch.step(self.policy(self.batch))
        self.seen.steps += 1
        if ended:
            b = self.batch.buffers
            rows = np.flatnonzero(b.terminated | b.truncated)
            self._tags.note_ends(self.batch, self.seen.steps)
            self.seen.episodes += ended
            self.seen.returns += b.episode_return[rows].tolist()
            self.seen.lengths += b.episode_length[rows].tolist()
            self.solved = bool(b.episode_success[rows].all())
        return ended

    def render(self, size: tuple[int, int]) -> np.ndarray:
        """The environments as they stand, with tags where they are several: frames (M, *size, 3) uint8, new memory."""
        height, width = size
        room = self._room(height)
        frames = np.empty((len(self._shown), height, width - room, 3), np.uint8)
        self.batch.render_many(self._shown, frames)
        if self.num_shown > 1:
            self._tags.paint(frames, self.batch, self.seen.steps)
        if self.beside is None:
            return frames
        return np.concatenate([frames, self.beside.render(self._shown, (height, room))], axis=2)

    def _room(self, height: int) -> int:
        """The width in pixels of what stands beside a frame of so many rows."""
        return 0 if self.beside is None else round(self.beside.proportion * height)

    def figures(self, speed: float, over: bool = False) -> list[tuple[str, str]]:
        """Pairs (label, value) about the running episodes (or, ``over``, the one that has just ended) and the past."""
        returns = self.seen.returns
        mean = "" if self.batch.num_envs == 1 else "mean "
        total, clock = (values.mean() for values in self.batch.running())
        if over:
            total, clock = returns[-1], self.seen.lengths[-1]
        last = f"{np.mean(returns[-self.batch.num_envs :]):.4g}" if returns else "–"
        return [
            (f"{mean}return", f"{total:.4g}"),
            (f"{mean}step", f"{clock:.0f}"),
            ("episodes", str(self.seen.episodes)),
            ("last mean" if mean else "last return", last),
            ("seed", str(self.seed)),
            ("speed", f"{speed:.3g}×"),
        ]


def watch(
    batch: Batch,
    policy: Policy,
    *,
    seed: int,
    fps: float | None = None,
    speed: float = 1.0,
    record: str | Path | None = None,
    steps: int | None = None,
    title: str | None = None,
    episodes: int | None = None,
    console: Console | None = None,
    beside: Beside | None = None,
) -> Watched:
    """Play ``policy`` in ``batch`` before a person's eyes, or into a video.

    Args:
        batch: One environment or many, under SAME_STEP autoreset; it is reset with the seeds ``seed + i``.
        policy: Called with the batch before each step; returns the actions.
        fps: Steps per second at speed 1; the environment's own by default.
        speed: A multiple of that pace; a person changes it with + and -.
        record: An .mp4, .gif or .webp file to write instead of opening a window; needs no display.
        steps: Stop after so many steps.
        episodes: Stop when so many episodes have ended. A video with neither limit ends after one per environment.
        console: Where the keys and the progress are printed.
        beside: What stands to the right of each frame; nothing by default.

    Ctrl-C ends it as `q` does: a video then holds what was played so far.

    Raises:
        NoDisplayError: there is no screen, and ``record`` is not given.
        ValueError, OSError: ``record`` cannot be written; see ``VideoWriter``.
    """
    rollout = Rollout(batch, policy, seed, beside)
    fps = batch.fps if fps is None else fps
    check_limits(steps, episodes, fps=fps, speed=speed)
    console = console or Console()
    title = title or batch.name
    if record is None:
        _play(rollout, fps, speed, steps, episodes, title, console)
    else:
        if steps is None and episodes is None:
            episodes = batch.num_envs
        _record(rollout, fps * speed, Path(record), steps, episodes, title, console)
    return rollout.seen


def warm_up(batch: Batch, policy: Policy | None = None) -> None:
    """Compile what the first picture and the first step of ``watch`` need, which begins anew from its own seed.

    Args:
        policy: One that answers the same however often it is asked; None for others.
    """
    if batch.frame_size is None:
        return
    batch.seed_from(0)
    batch.render_many(np.zeros(1, np.int64), np.empty((1, *SMALL_FRAME, 3), np.uint8))
    if policy is not None:
        policy(batch)


def check_limits(steps: int | None, episodes: int | None, **paces: float) -> None:
    """``ValueError`` for a limit that nothing can reach, or a pace at which nothing moves."""
    for name, limit in (("steps", steps), ("episodes", episodes)):
        if limit is not None and limit < 1:
            raise ValueError(f"{name} must be at least 1, or None for no limit, got {limit}")
    for name, number in paces.items():
        if not 0 < number < math.inf:
            raise ValueError(f"{name} must be above 0, got {number}")


def is_done(seen: Watched, steps: int | None, episodes: int | None) -> bool:
    """Whether one of the limits is reached."""
    return (steps is not None and seen.steps >= steps) or (episodes is not None and seen.episodes >= episodes)


def steps_per_picture(pace: float) -> int:
    """Steps per picture at ``pace`` steps per second."""
    return max(1, math.ceil(pace / MOST_PICTURES))


def _play(
    rollout: Rollout, fps: float, speed: float, steps: int | None, episodes: int | None, title: str, console: Console
) -> None:
    window = Window(title, rollout.frame_size, rollout.num_shown, fps, interactive=True)
    console.print(f"[bold]{escape(title)}[/bold] plays in a window. Its keys:")
    for key, _, sentence in KEYS:
        console.print(f"  [cyan]{key:10}[/cyan]{sentence}")
    paused, stale, taken = False, True, 1
    frames = rollout.render(window.tile_size)
    try:
        while True:
            single = False
            for command in window.poll():
                if command == Command.QUIT:
                    return
                if command == Command.PAUSE:
                    paused = not paused
                elif command == Command.STEP:
                    paused = single = True
                elif command == Command.FASTER:
                    speed = min(2 * speed, FASTEST)
                elif command == Command.SLOWER:
                    speed = max(speed / 2, SLOWEST)
                elif command == Command.HELP:
                    window.help = not window.help
                else:
                    after = rollout.seed + rollout.batch.num_envs
                    rollout.restart(after if command == Command.NEXT else rollout.seed)
                    stale = True
            pace = fps * speed
            if single or not paused:
                if is_done(rollout.seen, steps, episodes):
                    return
                taken, ended, start = 0, False, time.perf_counter()
                while taken < (1 if single else steps_per_picture(pace)) and not ended:
                    if taken and rollout.num_shown == 1:  # the picture that stands if this step ends the episode
                        frames = rollout.render(window.tile_size)
                    ended = bool(rollout.advance()) and rollout.num_shown == 1
                    taken += 1
                    if is_done(rollout.seen, steps, None) or time.perf_counter() - start > PATIENCE:
                        break  # a slow policy shows fewer pictures
                if ended:
                    # The batch is in its next episode already; the picture of the last one stays for a moment.
                    badge = "SOLVED" if rollout.solved else "EPISODE OVER"
                    window.show(frames, figures=rollout.figures(speed, over=True), badge=badge, seconds=HOLD)
                stale = True
            if stale or frames.shape[1:3] != window.tile_size:
                frames, stale = rollout.render(window.tile_size), False
            seconds = PATIENCE if paused else taken / pace
            window.show(frames, figures=rollout.figures(speed), badge="PAUSED" if paused else "", seconds=seconds)
    except KeyboardInterrupt:
        return
    finally:
        window.close()


def _record(
    rollout: Rollout, pace: float, path: Path, steps: int | None, episodes: int | None, title: str, console: Console
) -> None:
    stride = steps_per_picture(pace)
    size = rollout.frame_size
    if rollout.num_shown > 1:
        size = fit_tile(size, rollout.num_shown, VIDEO_AREA, enlarge=False)
    picture = tile_frames(rollout.render(size))
    fps = pace / stride
    # The title is as long as it is, and what is cut to a line of a terminal are words: it has a line of its own.
    columns = (
        TextColumn("{task.description}"), BarColumn(BAR), MofNCompleteColumn(), TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    console.print(escape(title))
    with (
        VideoWriter(path, (picture.shape[0], picture.shape[1]), fps) as video,
        Progress(*columns, console=console) as progress,
    ):
        what, total = ("steps", steps) if episodes is None else ("episodes", episodes)
        task = progress.add_task("recording", total=total, what=what)
        seen, since = rollout.seen, 0  # steps since the last picture
        try:
            video.write(picture)
            while not is_done(seen, steps, episodes):
                if since and rollout.num_shown == 1:  # the picture that stands if this step ends the episode
                    picture = tile_frames(rollout.render(size))
                ended = bool(rollout.advance()) and rollout.num_shown == 1
                since += 1
                progress.update(task, completed=seen.steps if episodes is None else min(seen.episodes, episodes))
                if ended:
                    for _ in range(round(HOLD * fps)):
                        video.write(picture)
                if (since == stride or ended) and not is_done(seen, None, episodes):
                    picture, since = tile_frames(rollout.render(size)), 0
                    video.write(picture)
        except KeyboardInterrupt:
            console.print("stopped; the video holds what was played so far")
    seen.video = path
