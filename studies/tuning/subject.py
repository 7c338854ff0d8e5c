"""The subject of a search: what a trial trains, judged on training data, and what the test says in the end."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol


class Pruned(Exception):
    """A trial that was ended before its time, since it was behind the others."""


class Aim(NamedTuple):
    """The number that trials are compared by."""

    figure: str  # such as accuracy
    rises: bool  # whether more of it is better


Judged = Callable[[int, float], None]  # after each epoch or evaluation, 1, 2, …: its figure; may raise ``Pruned``
Show = Callable[[Any], None]  # the training's progress, for whoever watches


class Subject(Protocol):
    """A fit (`fits.py`) or an agent (`agents.py`) whose settings are searched."""

    command: str  # of which this is a search, such as "fit vision/classify"
    judged_by: str  # on what trials are compared, for tables and pictures
    rounds: int  # epochs or evaluations of a trial, as far as is known
    device: str  # cpu, or one of CUDA's

    @property
    def aim(self) -> Aim: ...
    @property
    def searched(self) -> Mapping[str, str]:
        """The ranges and choices that are searched where nobody says otherwise."""

    def default(self, name: str) -> Any:
        """The value of a setting without a search; ``ValueError`` with the nearest name if there is none."""

    def check(self, name: str, value: Any) -> None:
        """``ValueError`` if this setting cannot have this value."""

    def write(self, folder: Path) -> None:
        """Keep what is tuned, as it is without a search, in the folder of the search."""

    def differs(self, folder: Path) -> str:
        """In which way ``folder`` keeps another subject, in a few words; empty if it keeps this one."""

    def share(self, workers: int) -> None:
        """So many processes train trials beside each other: none takes more cores than there are for it."""

    def begin(self, place: Path, values: Mapping[str, Any]) -> None:
        """A trial at ``place``, not yet trained; ``ValueError`` if these values do not go together."""

    def has_begun(self, place: Path) -> bool: ...
    def train(self, place: Path, judged: Judged, show: Show) -> tuple[float, dict[str, str]]:
        """Train the trial at ``place`` to its end, from where it stopped; returns its figure, and what else is kept.

        Raises:
            Pruned: what ``judged`` raised.
            Diverged: its loss is no number any more.
            Interrupted: stopped by Ctrl-C or SIGTERM, after a checkpoint.
        """

    def clear(self, place: Path) -> None:
        """Remove the checkpoints of a trial that has ended."""

    def test(self, place: Path, values: Mapping[str, Any], seed: int, show: Show) -> float:
        """Train with these values on all training data, from where that stopped, and judge by the test."""

    def write_winner(self, folder: Path, values: Mapping[str, Any], said: str) -> tuple[Path, str]:
        """Keep these values in a file, with what is ``said`` of them; returns it and the command that takes it."""
