"""A recording of ``ludus play`` seen again: every number is checked first, then it runs in a window or into a video."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from ...utils.wording import counted
from ..engine.space_layout import WHOLE
from ..rendering.display import start_pygame
from ..rendering.video import VideoWriter
from ..rendering.window_commands import Command
from .captions import Panel, action_rows, describe_ending, format_number, term_rows
from .cockpit import REPLAY_KEYS, Cockpit, Key
from .game import Game, kept_as
from .recording import LIBRARIES, Recording, library_version
from .watch import FASTEST, HOLD, PATIENCE, SLOWEST, Watched, check_limits, is_done, steps_per_picture


def check_replay(game: Game, recording: Recording) -> None:
    """Play all of ``recording`` in ``game``, without a picture; ``ValueError`` unless every number comes again.

    Observations, rewards and ends are compared bit for bit (NaN equals NaN).
    """
    first = recording.episodes[0]
    came, kept = (first.observation.dtype, first.observation.shape[1:]), kept_as(game.observation_space)
    if came != kept:
        has = "none that can be recorded" if kept is None else "{} {}".format(*kept)
        raise _broken(recording, f"it holds observations {came[0]} {came[1]}, and {game.id} has {has}")
    for index, episode in enumerate(recording.episodes, 1):
        game.start(episode.seed, episode.age)
        where = f"episode {index} (seed {episode.seed})"
        _compare(recording, f"at the start of {where}", "observation", episode.observation[0], game.observation)
        for step in range(len(episode)):
            place = f"at step {step + 1} of {where}"
            action = episode.action[step]
            if game.ended:
                raise _broken(recording, f"the episode has ended before step {step + 1} of {where}")
            if not is_action_of(game, action):
                raise _broken(recording, f"{place} the action {action} came, expected a member of {game.action_space}")
            game.step(action)
            pairs = {
                "observation": (episode.observation[step + 1], game.observation),
                "reward": (episode.reward[step], game.reward),
                "terminated": (episode.terminated[step], game.terminated),
                "truncated": (episode.truncated[step], game.truncated),
            }
            for name, (recorded, came) in pairs.items():
                _compare(recording, place, name, recorded, came)


def is_action_of(game: Game, action: np.ndarray) -> bool:
    """Whether a recorded action is one of the game's: a number from 0, or a member of its space."""
    if isinstance(game.action_space, spaces.Discrete):
        return action.shape == () and action.dtype.kind in "iu" and 0 <= action < game.action_space.n
    is_whole = isinstance(game.action_space, WHOLE)
    return (not is_whole or action.dtype.kind in "iu") and game.action_space.contains(action)


def _compare(recording: Recording, place: str, name: str, recorded: Any, came: Any) -> None:
    recorded, came = np.asarray(recorded), np.asarray(came)
    if not np.array_equal(recorded, came, equal_nan=came.dtype.kind == "f"):
        shown = f": {recorded} was recorded, {came} came" if not came.ndim else ""
        raise _broken(recording, f"{place} the {name} is another one{shown}")


def _broken(recording: Recording, what: str) -> ValueError:
    """The message for a recording that these rules do not play."""
    now = {name: library_version(name) for name in LIBRARIES}
    others = [name for name in LIBRARIES if recording.versions.get(name) != now[name]]
    by = ", ".join(f"{name} {recording.versions.get(name)} (now {now[name]})" for name in others)
    why = f"it was recorded with {by}" if by else "the file or the rules were changed"
    return ValueError(f"{recording.path} does not replay: {what}; {why}, so watch it with what recorded it")


class Replay:
    """The episodes of a recording in ``game``, step by step, and what the panel says."""

    def __init__(self, game: Game, recording: Recording, speed: float = 1.0) -> None:
        self.game, self.recording, self.speed = game, recording, speed
        self.controls = game.make_controls()
        self.seen = Watched()
        self.paused = self.helping = self.left = False
        self.action: Any = None  # of the last step
        self.go_to(0)

    def go_to(self, number: int) -> None:
        """Stand at the start of the episode ``number``, counted from 0."""
        self.number, self.action = number, None
        self.episode = self.recording.episodes[number]
        self.game.start(self.episode.seed, self.episode.age)

    @property
    def at_end(self) -> bool:
        """No recorded step of this episode is left."""
        return self.game.steps == len(self.episode)

    @property
    def is_last(self) -> bool:
        return self.number == len(self.recording.episodes) - 1

    @property
    def is_over(self) -> bool:
        return self.at_end and self.is_last

    def step(self) -> None:
        """One recorded step; at the end of an episode, the start of the next one. Nothing after the last one."""
        if not self.at_end:
            self.action = self.episode.action[self.game.steps]
            self.game.step(self.action)
            self.seen.steps += 1
            if self.game.ended:
                self.seen.episodes += 1
                self.seen.returns.append(self.game.score)
                self.seen.lengths.append(self.game.steps)
        elif not self.is_last:
            self.go_to(self.number + 1)

    def advance(self, steps: int | None = None) -> None:
        """The steps up to the next picture: as many as the speed asks for, but not past an episode's end."""
        for _ in range(steps_per_picture(self.game.fps * self.speed)):
            self.step()
            if self.at_end or self.game.steps == 0 or is_done(self.seen, steps, None):
                return

    @property
    def seconds(self) -> float:
        """How long the picture of this moment stands."""
        if self.paused or self.is_over:
            return PATIENCE
        pace = self.game.fps * self.speed
        return HOLD if self.at_end else steps_per_picture(pace) / pace

    def take(self, item: Command | Key) -> None:
        """One thing that the person did."""
        if item in (Command.STEP, Key("right", True)):
            self.paused = True
            self.step()
        elif item == Command.QUIT:
            self.left = True
        elif item == Command.PAUSE:
            self.paused = not self.paused
        elif item == Command.FASTER:
            self.speed = min(2 * self.speed, FASTEST)
        elif item == Command.SLOWER:
            self.speed = max(self.speed / 2, SLOWEST)
        elif item == Command.RESTART:
            self.go_to(self.number)
        elif item == Command.NEXT and not self.is_last:
            self.go_to(self.number + 1)
        elif item == Command.HELP:
            self.helping = not self.helping

    def panel(self) -> Panel:
        game = self.game
        figures = (
            ("step", f"{game.steps} / {len(self.episode)}"),
            ("seed", str(game.seed)),
            ("game", f"{self.number + 1} / {len(self.recording.episodes)}"),
            ("speed", f"{self.speed:.3g}×"),
        )
        badge = "PAUSED" if self.paused else ""
        if self.at_end:
            badge = describe_ending(game) if game.ended else "THE PLAYER LEFT" if self.is_last else "STARTED AGAIN"
        return Panel(
            name=game.name,
            mode="replay",
            score=format_number(game.score),
            terms=term_rows(game),
            figures=figures,
            rows=action_rows(game, self.controls, self.action),
            badge=badge,
            hint="r: this game again     q: close" if self.is_over else "",
        )


def replay(
    game: Game,
    recording: Recording,
    *,
    speed: float = 1.0,
    record: str | Path | None = None,
    steps: int | None = None,
    episodes: int | None = None,
    console: Console | None = None,
) -> Watched:
    """See a recording again in ``game``, which must be made with its id and keywords.

    Args:
        speed: A multiple of the environment's own pace.
        record: An .mp4, .gif or .webp file to write instead of opening a window; needs no display.
        steps: Stop after so many steps.
        episodes: Stop when so many episodes have ended.
        console: Where the result of the check, the keys and the progress are printed.

    Raises:
        ValueError: the rules do not play this recording any more; see ``check_replay``.
        NoDisplayError: there is no screen, and ``record`` is not given.
    """
    check_limits(steps, episodes, speed=speed)
    console = console or Console()
    check_replay(game, recording)
    count = len(recording.episodes)
    console.print(
        f"{escape(recording.path.name)} replays exactly: {escape(game.id)}, {counted(count, 'episode')}, "
        f"{counted(recording.steps, 'step')}; every observation and reward came again.",
        soft_wrap=True,
    )
    session = Replay(game, recording, speed)
    if record is None:
        _show(session, steps, episodes, console)
    else:
        _film(session, Path(record), steps, episodes, console)
    return session.seen


def _show(session: Replay, steps: int | None, episodes: int | None, console: Console) -> None:
    start_pygame()  # before a third party's environment renders
    game = session.game
    title = f"{game.id} · {session.recording.path.name}"
    window = Cockpit(title, game.frame_size, game.fps, session.panel(), REPLAY_KEYS)
    console.print("It runs in a window. Its keys:")
    for key, _, sentence in REPLAY_KEYS:
        console.print(f"  [cyan]{key:10}[/cyan]{sentence}")
    try:
        while True:
            for item in window.inputs():
                session.take(item)
            if session.left or is_done(session.seen, steps, episodes):
                return
            window.help = session.helping
            frame = game.frame(window.tile_size)
            window.show_panel(frame, session.panel(), seconds=session.seconds, wakes=session.paused)
            if not session.paused and not window.closed:
                session.advance(steps)
    except KeyboardInterrupt:
        return
    finally:
        window.close()


def _film(session: Replay, path: Path, steps: int | None, episodes: int | None, console: Console) -> None:
    game, pace = session.game, session.game.fps * session.speed
    stride, size = steps_per_picture(pace), game.frame_size
    total = -(-session.recording.steps // stride)
    with VideoWriter(path, size, pace / stride) as video:
        try:
            for _ in track(_moments(session, steps, episodes), "recording", total, console=console):
                frame = game.frame(size)
                for _ in range(max(1, round(HOLD * pace / stride)) if session.at_end else 1):
                    video.write(frame)
        except KeyboardInterrupt:
            console.print("stopped; the video holds what was replayed so far")
    session.seen.video = path


def _moments(session: Replay, steps: int | None, episodes: int | None) -> Iterator[None]:
    """Comes back at each moment that becomes a picture."""
    yield
    while not session.is_over and not is_done(session.seen, steps, episodes):
        session.advance(steps)
        yield
