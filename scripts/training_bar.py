"""The progress bar of a training, and what a command says when one is stopped."""

from signal import Signals
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ludus.utils.interrupts import Interrupted

ROOMY = 140  # columns of a terminal in which all of the progress fits a line


def train(work: Any, console: Console, name: str) -> tuple[int, Any]:
    """Train under a bar.

    Args:
        work: A run or a fit: ``train(show)``, ``notes``, which are printed as they come, and the command ``again``.
        name: What is trained, for wide terminals.

    Returns:
        The exit status, as a shell says it (130 after Ctrl-C, 143 after SIGTERM), and what ``work.train`` returned;
        ``None`` if it was stopped, and then it has been said what can be done next.
    """
    told: tuple[ProgressColumn, ...] = (TextColumn("{task.percentage:>3.0f} %  {task.fields[figures]}"),)
    times = (TimeElapsedColumn(), TextColumn("<"), TimeRemainingColumn())
    columns = told
    if console.width >= ROOMY:  # in a narrow terminal the figures matter more than what stands around them
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=28), *told, *times)
    bar = Progress(*columns, console=console)
    task = bar.add_task(name, total=None, figures="")

    def tell_notes() -> None:
        while work.notes:
            console.print(f"Note: {work.notes.pop(0)}")

    def show(progress: Any) -> None:
        bar.start()  # not before: what is refused is refused in one line
        bar.update(task, completed=progress.done, total=progress.total, figures=str(progress))
        tell_notes()

    def stop() -> None:
        if bar.live.is_started:
            bar.stop()

    def stopped(said: str, status: int) -> tuple[int, None]:
        stop()
        console.print(f"{said} Go on with:")
        console.print(work.again, soft_wrap=True)  # on one line, to be copied
        return status, None

    try:
        return 0, work.train(show)
    except Interrupted as signal:
        return stopped(f"Stopped by {signal}; everything is saved.", 128 + Signals[str(signal)])
    except KeyboardInterrupt:
        return stopped("Interrupted.", 130)
    finally:
        stop()
        tell_notes()
