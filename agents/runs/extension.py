"""More steps for a run, or another return until which it trains: what changes, and what that means for schedules.

Epsilon and the learning rate may fall over the whole of a training. With more steps they fall over all of these: from
where the run stands they go on as in a run of so many steps, so they rise once, and the run is not, bit for bit, the
one that would have had so many steps from its beginning. What it is stands in config.yaml (`extended`), and from there
on it is as exact as any: killed and resumed, it has the same bits.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...training import checkpoint, folders
from ..exploration import LinearSchedule
from .config import versions_of, write_config
from .run import Run

DQN = ("initial_eps", "final_eps", "fraction")  # what SB3 calls the schedule of its exploration
LINEAR = "lin_"  # of a value such as lin_0.001, see `agents/sb3/hyperparameters.py`


def extend(run: Run, steps: int | None, until: float | None) -> Run:
    """The run with so many steps in all, or trained until another return, in its config.yaml, too.

    Notes of what that does to its schedules are added to it.

    Raises:
        ValueError: it has as many steps or more already; another process trains it.
    """
    c, path = run.config, run.folder / "config.yaml"
    with folders.held(path, "--run"):
        found = checkpoint.list_checkpoints(run.folder / "checkpoints")
        done, changed = int(found[0].name) if found else 0, c
        if steps is not None and steps != c.steps:
            if steps <= done:
                raise ValueError(f"{run.folder} has {done:,} steps already, expected --steps above that, got {steps:,}")
            history = {**c.extended, str(done): c.steps} if done else c.extended
            changed = replace(changed, steps=steps, extended=history)
        if until is not None:
            changed = replace(changed, until=until)
        if changed != c:
            write_config(changed, path, versions_of(run.folder))
    again = Run(run.folder, changed)
    if done and changed.steps != c.steps:
        again.notes += [
            f"it goes on from {done:,} steps to {changed.steps:,}, not to {c.steps:,}",
            *schedule_notes(c.hyperparameters, done, c.steps, changed.steps),
        ]
    return again


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
