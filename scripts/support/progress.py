"""Progress of a training on a terminal: a bar while it runs, and how to go on with it once it was stopped."""

from collections.abc import Callable
from signal import Signals
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from ludus.utils.interrupts import Interrupted
from ludus.utils.wording import duration

ROOMY = 140  # columns of a terminal in which a bar fits a line, too


class Told(ProgressColumn):
    """How far it is, its figures, and the time that it is likely to take, if there is room for that.

    Args:
        width: Columns that there are.
    """

    def __init__(self, width: int) -> None:
        super().__init__(Column(no_wrap=True, overflow="ellipsis"))
        self.width = width

    def render(self, task: Task) -> Text:
        told = f"{task.percentage:>3.0f} %  {task.fields['figures']}"
        left = task.time_remaining
        if left and not task.finished and len(more := f"{told} · {duration(left)} left") <= self.width:
            told = more
        return Text(told)


class Trainable(Protocol):
    """A run of an agent, or the fit of a model."""

    notes: list[str]  # what a person should know, one line each

    @property
    def again(self) -> str:
        """The command that goes on with it."""

    def train(self, progress: Callable[[Any], None]) -> Any:
        """Train, and report a `training.progress.Progress` now and then."""


def train_with_bar(work: Trainable, name: str, console: Console) -> tuple[int, Any]:
    """Train; says how to go on where that was stopped.

    Args:
        name: What is trained, for wide terminals.

    Returns:
        The exit status, as a shell says it (0; 130 after Ctrl-C, 143 after SIGTERM), and what ``train`` returned.
    """
    columns: tuple[ProgressColumn, ...] = (Told(console.width),)
    if console.width >= ROOMY:  # in a narrow terminal the figures matter more than what stands around them
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=28), Told(console.width - len(name) - 30))
    bar = Progress(*columns, console=console)
    task = bar.add_task(name, total=None, figures="")

    def stop() -> None:
        if bar.live.is_started:
            bar.stop()

    def show(progress: Any) -> None:
        if not bar.live.is_started:  # not before: a training that is refused is refused in one line
            bar.start()
            bar.reset(task, total=progress.total, completed=progress.done)  # what a resumed one has done took no time
        bar.update(task, completed=progress.done, total=progress.total, figures=str(progress))
        tell_notes()

    def tell_notes() -> None:
        while work.notes:
            console.print(f"Note: {work.notes.pop(0)}")

    def go_on(said: str, status: int) -> tuple[int, None]:
        stop()
        console.print(f"{said} Go on with:")
        console.print(work.again, soft_wrap=True)  # on one line, to be copied
        return status, None

    try:
        return 0, work.train(show)
    except Interrupted as signal:
        return go_on(f"Stopped by {signal}; everything is saved.", 128 + Signals[str(signal)])
    except KeyboardInterrupt:
        return go_on("Interrupted.", 130)
    finally:
        stop()
        tell_notes()
