"""The loop of `ludus play`: keys and gamepads become actions, at the environment's pace or turn by turn.

In real time a game begins with the first key. An illegal action is allowed, because what it does is part of the rules
(in Snake it ends the game); where the world waits anyway, it is asked for twice.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape

from ...utils.wording import counted
from ..rendering.display import start_pygame
from ..rendering.window_commands import Command
from .captions import Panel, action_rows, describe_ending, format_number, term_rows
from .cockpit import PLAY_KEYS, Cockpit, Key
from .controls import GO
from .cursor_controls import CursorControls
from .game import Game
from .recording import Recorder
from .watch import FASTEST, SLOWEST, steps_per_picture

AIMING = "Enter does it"  # where keys move no more than what a step will be
WAIT = 0.05  # s between two looks at the gamepads while nothing moves


@dataclass
class Played:
    """What a person did. Episodes that were cut off by a restart or by leaving do not count."""

    steps: int = 0
    returns: list[float] = field(default_factory=list)  # of the finished episodes
    recorded: int = 0  # steps in the recording

    @property
    def episodes(self) -> int:
        return len(self.returns)


class Session:
    """The games of one sitting: which one is on, whether it runs, and what the panel says.

    Args:
        game: The environment; it is started with ``seed``, ``seed + 1`` … as the person asks for the next one.
        turn_based: Wait for a key before each step.
        speed: A multiple of the environment's own pace.
        recorder: Keeps every step, if there is one.
    """

    def __init__(
        self, game: Game, seed: int, *, turn_based: bool = False, speed: float = 1.0, recorder: Recorder | None = None
    ) -> None:
        if not 0 < speed < math.inf:
            raise ValueError(f"speed must be above 0, got {speed}")
        self.game, self.turn_based, self.speed, self.recorder = game, turn_based, speed, recorder
        self.controls = game.make_controls()
        self.played = Played()
        self.games = 0  # begun in this sitting
        self.paused = self.helping = self.left = False
        self.message = ""
        self.action: Any = None  # of the last step
        self._asked: Any = None  # an illegal action that waits for its confirmation
        self._start(seed, 0)

    def _start(self, seed: int, age: int) -> None:
        self.game.start(seed, age)
        self.controls.clear()
        self.games += 1
        self.paused, self.message, self.action, self._asked = False, "", None, None
        if self.recorder is not None:
            self.recorder.begin()

    @property
    def aimed(self) -> np.ndarray | None:
        """The action that a person composes before it is made, where an environment is played so."""
        return self.controls.composed if isinstance(self.controls, CursorControls) and not self.game.ended else None

    @property
    def is_waiting(self) -> bool:
        """In real time: the episode has not begun, because nothing was pressed yet."""
        return not self.turn_based and self.game.steps == 0 and not self.controls.touched

    @property
    def is_running(self) -> bool:
        """The world moves by itself."""
        return not (self.turn_based or self.paused or self.game.ended or self.is_waiting)

    def take(self, item: Command | Key) -> None:
        """One thing that the person did."""
        game = self.game
        if isinstance(item, Key):
            begins_next = item.down and (item.name == GO or item.name.startswith("button "))
            if game.ended and begins_next:
                self._start(game.seed + 1, game.next_age)
            elif not item.down:
                self.controls.release(item.name)
            else:
                self.controls.press(item.name)
        elif item == Command.QUIT:
            self.left = True
        elif item == Command.PAUSE:
            self.paused = not self.paused and not self.turn_based and not game.ended
        elif item == Command.FASTER:
            self.speed = min(2 * self.speed, FASTEST)
        elif item == Command.SLOWER:
            self.speed = max(self.speed / 2, SLOWEST)
        elif item == Command.RESTART:
            self._start(game.seed, game.age)
        elif item == Command.NEXT:
            self._start(game.seed + 1, game.next_age)
        elif item == Command.HELP:
            self.helping = not self.helping

    def advance(self) -> int:
        """Make the steps that are due before the next picture; returns how many."""
        start = self.played.steps
        if self.turn_based:
            while not self.game.ended and (action := self.controls.turn()) is not None:
                if self._is_meant(action):
                    self._step(action)
        elif self.is_running:
            for _ in range(steps_per_picture(self.game.fps * self.speed)):
                if not self.game.ended:
                    self._step(self.controls.next())
        return self.played.steps - start

    def _is_meant(self, action: Any) -> bool:
        """Whether a turn is to be made: an illegal one must be asked for twice."""
        if self.game.is_legal(action) or (self._asked is not None and np.array_equal(self._asked, action)):
            self.message, self._asked = "", None
            return True
        name = "this" if np.ndim(action) else self.controls.bindings[action].name
        self.message, self._asked = f"{name} is illegal here; once more does it all the same", action
        return False

    def _step(self, action: Any) -> None:
        game = self.game
        game.step(action)
        self.action = action
        self.played.steps += 1
        if self.recorder is not None:
            self.recorder.add(action)
        if game.ended:
            self.played.returns.append(game.score)
            self.save()

    def save(self) -> None:
        """Bring the recording up to date, if there is one."""
        if self.recorder is not None:
            self.played.recorded = self.recorder.save()

    # --- What is shown -----------------------------------------------------------------------------------------------

    def panel(self, has_gamepad: bool = False) -> Panel:
        game = self.game
        figures = [
            ("step", f"{game.steps} / {game.limit}" if game.limit else str(game.steps)),
            ("seed", str(game.seed)),
            ("game", str(self.games)),
            ("best score", format_number(max(self.played.returns)) if self.played.returns else "–"),
        ]
        if not self.turn_based:
            figures.append(("speed", f"{self.speed:.3g}×"))
        if self.recorder is not None:
            figures.append(("recorded", counted(self.played.steps, "step")))
        return Panel(
            name=game.name,
            mode="turn by turn" if self.turn_based else "real time",
            score=format_number(game.score),
            terms=term_rows(game),
            figures=tuple(figures),
            rows=action_rows(game, self.controls, self.action if self.aimed is None else self.aimed, has_gamepad),
            message=self.message or ("" if self.aimed is None else AIMING),
            badge=self._badge(),
            hint=self._hint(),
        )

    def _badge(self) -> str:
        if self.game.ended:
            return describe_ending(self.game)
        if self.paused:
            return "PAUSED"
        return "PRESS A KEY TO BEGIN" if self.is_waiting else ""

    def _hint(self) -> str:
        if self.game.ended:
            return "n or Enter: the next seed     r: the same again"
        return "space: go on" if self.paused else ""


def play(
    game: Game,
    *,
    seed: int = 0,
    turn_based: bool | None = None,
    speed: float = 1.0,
    record: str | Path | None = None,
    console: Console | None = None,
) -> Played:
    """Let a person play ``game`` in a window until they leave it.

    Args:
        seed: Of the first game; each next one has the seed after it.
        turn_based: Wait for a key before each step; what the environment declares by default.
        speed: A multiple of the environment's own pace; + and - change it.
        record: An .npz file that keeps what is played; see ``recording.py``. It is up to date after every game.
        console: Where the keys are printed.

    Raises:
        NoDisplayError: there is no screen.
        ValueError, OSError: ``record`` cannot be written, or keeps no environment of this kind.
    """
    start_pygame()  # before a file is made, and before a third party's environment renders
    recorder = None if record is None else Recorder(Path(record), game)
    turn_based = game.turn_based if turn_based is None else turn_based
    session = Session(game, seed, turn_based=turn_based, speed=speed, recorder=recorder)
    window = Cockpit(f"{game.id} · you play", game.frame_size, game.fps, session.panel())
    console = console or Console()
    console.print(f"[bold]{escape(game.id)}[/bold] waits for you in a window. Its keys:")
    for row in action_rows(game, session.controls, None):
        console.print(f"  [cyan]{escape(' '.join(row.caps)) or '–':10}[/cyan]{escape(row.name)}")
    if session.aimed is not None:
        console.print(f"  [cyan]{'Enter':10}[/cyan]do it where it is aimed (shift moves finely)")
    for key, _, sentence in PLAY_KEYS:
        console.print(f"  [cyan]{key:10}[/cyan]{sentence}")
    try:
        run_session(session, window)
    except KeyboardInterrupt:
        pass
    finally:
        try:
            session.save()  # first: what an hour of play has made is worth more than a window that cannot be closed
        finally:
            window.close()
    return session.played


def run_session(session: Session, window: Cockpit) -> None:
    """Show the session's games until the person leaves."""
    frame: np.ndarray | None = None
    rendered: tuple[Any, ...] = ()
    while True:
        for item in window.inputs(session.controls):
            session.take(item)
        if session.left:
            return
        taken = session.advance()
        window.help = session.helping
        aimed = session.aimed
        at = None if aimed is None else aimed.tobytes()
        if rendered != (state := (session.games, session.played.steps, window.tile_size, at)) or frame is None:
            frame, rendered = session.game.frame(window.tile_size, aimed), state
        seconds = taken / (session.game.fps * session.speed) if taken and session.is_running else WAIT
        panel = session.panel(window.has_gamepad)
        window.show_panel(frame, panel, seconds=seconds, wakes=not session.is_running)
