"""More steps for a run, or another return until which it trains: what changes, and what that means for schedules.

Epsilon and the learning rate may fall over the whole of a training. With more steps they fall over all of these: from
where the run stands they go on as in a run of so many steps, so they rise once, and the run is not, bit for bit, the
one that would have had so many steps from its beginning. What it is stands in config.yaml (`extended`), and from there
on it is as exact as any: killed and resumed, it has the same bits.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ...training import checkpoint, folders
from ..exploration import LinearSchedule
from .callback import load_latest
from .config import RunConfig, read_config, versions_of, write_config
from .run import Run

DQN = ("initial_eps", "final_eps", "fraction")  # what SB3 calls the schedule of its exploration
LINEAR = "lin_"  # of a value such as lin_0.001, see `agents/sb3/hyperparameters.py`


def extend(run: Run, steps: int | None, until: float | None) -> Run:
    """The run with so many steps in all, or trained until another return, in its config.yaml, too.

    Notes of what that does to its schedules are added to it.

    Raises:
        ValueError: it has as many steps or more already; another process trains it.
    """
    return extend_all([run], steps, until)[0]


def extend_all(runs: Sequence[Run], steps: int | None, until: float | None) -> list[Run]:
    """The same for several runs: all of them are changed, or none. Errors as of ``extend``."""
    with contextlib.ExitStack() as stack:
        for run in runs:
            stack.enter_context(folders.held(run.folder / "config.yaml", "--run"))
        # Read anew: what was read before somebody else let go of the lock may have changed.
        changes = [_change(run.folder, steps, until) for run in runs]
        for run, change in zip(runs, changes, strict=True):
            if change.after != change.before:
                write_config(change.after, run.folder / "config.yaml", versions_of(run.folder))
    return [_changed(run.folder, change) for run, change in zip(runs, changes, strict=True)]


class _Change(NamedTuple):
    before: RunConfig
    after: RunConfig
    done: int  # steps


def _change(folder: Path, steps: int | None, until: float | None) -> _Change:
    before = after = read_config(folder)
    found = checkpoint.list_checkpoints(folder / "checkpoints")
    done = int(found[0].name) if found else 0
    if steps is not None and steps != before.steps:
        if steps <= done:
            raise ValueError(f"{folder} has {done:,} steps already, expected --steps above that, got {steps:,}")
        history = {str(done): before.steps, **before.extended} if done else before.extended  # the first word stays
        after = replace(after, steps=steps, extended=history)
    if until is not None:
        after = replace(after, until=until)
    return _Change(before, after, done)


def _changed(folder: Path, change: _Change) -> Run:
    before, after, done = change
    run = Run(folder, after)
    if done and after.steps != before.steps:
        run.notes += [
            f"it goes on from {done:,} steps to {after.steps:,}, not to {before.steps:,}",
            *schedule_notes(before.hyperparameters, done, before.steps, after.steps),
        ]
    return run


def check_goal(run: Run, steps: int | None, until: float | None) -> None:
    """``ValueError`` if neither more ``steps`` nor another ``until`` lets the run train, for it has had that return."""
    goal = run.config.until if until is None else until
    begun = checkpoint.list_checkpoints(run.folder / "checkpoints")
    if (steps is None and until is None) or goal is None or not begun:
        return
    best = load_latest(run.folder).state["run"]["best"]
    if best is not None and best >= goal:
        raise ValueError(
            f"{run.folder} ends at a return of {goal:g} and has had {best:g}; give a higher --until (where that is "
            "never reached, it plays all of its steps)"
        )


def schedule_notes(hyperparameters: Mapping[str, Any], done: int, before: int, now: int) -> list[str]:
    """A line for what falls over a training, with its value at ``done`` steps of ``before`` and of ``now`` in all."""
    old, new = (scheduled(hyperparameters, min(done / total, 1.0)) for total in (before, now))
    moved = [f"{name} from {old[name]:.3g} to {new[name]:.3g}" for name in old if old[name] != new[name]]
    if not moved:
        return []
    return [
        f"schedules run over all {now:,} steps, which moves {' and '.join(moved)}: this is not, bit for bit, the run "
        f"that {now:,} steps from the beginning make"
    ]


def scheduled(hyperparameters: Mapping[str, Any], progress: float) -> dict[str, float]:
    """What falls over a training, by its name, at ``progress`` 0 … 1 of it."""
    h = hyperparameters
    values = {
        name: float(text.removeprefix(LINEAR)) * (1.0 - progress)
        for name, text in h.items()
        if isinstance(text, str) and text.startswith(LINEAR)
    }
    for name in ("learning_rate", "step_size"):
        if f"{name}_end" in h:
            values[name] = h[name] * (1.0 - progress * (1.0 - h[f"{name}_end"]))
    for prefix, parts in (("epsilon", ("start", "end", "fraction")), ("exploration", DQN)):
        names = [f"{prefix}_{part}" for part in parts]
        if all(name in h for name in names):
            values["epsilon"] = LinearSchedule(*(h[name] for name in names))(progress)
    return values
