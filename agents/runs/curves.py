"""Learning curves: runs that differ in their seed alone as one group, and its mean and range over the steps."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...envs.engine.simulation import load
from ...envs.ids import find_spec, is_ludus
from ...training.curves import read_curves
from ...training.event_log import EVENTS
from ...utils.wording import counted, did_you_mean
from .config import RunConfig, read_config
from .curriculum import steps_of
from .places import is_group, no_run
from .seeds import Seeds

RETURN = "evaluation/return"
TRAINING = "rollout/return"
BEFORE_END = frozenset({"seed", "steps", "extended", "until", "device", "checkpoint_seconds", "evaluate_every"})


@dataclass(frozen=True)
class Group:
    """Runs of one kind. Steps rise, and are those of environments."""

    name: str
    config: RunConfig
    curves: tuple[tuple[np.ndarray, np.ndarray], ...]  # of each run: steps (N,) int64, values (N,) float64
    seeds: tuple[int, ...]  # of each run

    def mean_and_range(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Steps (M,), and there the mean over the runs, the lowest and the highest value, each (M,) float64.

        The steps are all at which one of them has a value, as far as every run goes; between its own a run is taken to
        move along a line.

        Raises:
            ValueError: there are no such steps.
        """
        first, last = max(steps[0] for steps, _ in self.curves), min(steps[-1] for steps, _ in self.curves)
        if first > last:
            raise ValueError(
                f"{self.name}: one of its runs ends at step {last:,}, before another has its first value, at "
                f"{first:,}, so they have no mean; draw each run by itself with --apart"
            )
        steps = np.unique(np.concatenate([steps for steps, _ in self.curves]))
        steps = steps[(steps >= first) & (steps <= last)]
        values = np.stack([np.interp(steps, *curve) for curve in self.curves])
        return steps, values.mean(axis=0), values.min(axis=0), values.max(axis=0)


def read_groups(folders: Sequence[Path], tag: str | None = None, apart: bool = False) -> tuple[str, list[Group]]:
    """The tag that is shown, and the groups of runs in ``folders``, in their order.

    Args:
        folders: Of runs, or of several seeds. Runs whose configuration differs in the seed alone, or in how long they
            train, are a group.
        tag: Of TensorBoard; ``None`` for the return of the evaluations, or of the training's own episodes where a run
            was evaluated less than twice.
        apart: Each run is a group of its own.

    Raises:
        FileNotFoundError: a folder is none of a run; a run has no curve yet.
        ValueError: a run's files are damaged; there is no such tag.
    """
    places = [place for folder in folders for place in runs_in(folder)]
    curves = [read_curves(place) for place in places]
    tag = tag or (RETURN if all(len(found.get(RETURN, ([], []))[0]) > 1 for found in curves) else TRAINING)
    for place, found in zip(places, curves, strict=True):
        if tag not in found:
            raise ValueError(f"{place} has no curve {tag!r} (yet){did_you_mean(tag, found)}")
    configs = [read_config(place) for place in places]
    kinds: dict[str, list[int]] = {}
    for index, config in enumerate(configs):
        kinds.setdefault(str(places[index]) if apart else _kind_of(config), []).append(index)
    groups = []
    for members in kinds.values():
        seeds = tuple(configs[index].seed for index in members)
        name = name_of([places[index] for index in members], seeds)
        groups.append(Group(name, configs[members[0]], tuple(curves[index][tag] for index in members), seeds))
    return tag, groups


def runs_in(folder: Path) -> list[Path]:
    """The folders of the runs that ``folder`` is, or holds; of several seeds those whose training has begun."""
    if not is_group(folder):
        if not (folder / "config.yaml").exists():
            raise no_run(folder)
        return [folder]
    seeds = Seeds.open(folder)
    places = [seeds.folder_of(seed) for seed in seeds.seeds]
    return [place for place in places if any(place.glob(f"{EVENTS}*"))] or places[:1]


def _kind_of(config: RunConfig) -> str:
    kind = {key: value for key, value in asdict(config).items() if key not in BEFORE_END}
    if config.curriculum:  # which other steps make another one
        kind["steps"] = steps_of(config)
    return json.dumps(kind, sort_keys=True, default=str)


def counted_runs(seeds: Sequence[int]) -> str:
    """``3 seeds`` of runs that have a seed each, ``4 runs of 2 seeds`` where some have the same one."""
    different = counted(len(set(seeds)), "seed")
    return different if len(set(seeds)) == len(seeds) else f"{counted(len(seeds), 'run')} of {different}"


def name_of(places: Sequence[Path], seeds: Sequence[int]) -> str:
    """What a group is called: the folder that its runs share, or what their names have in common."""
    if len(places) == 1:
        return places[0].name
    parents = {place.parent for place in places}
    if len(parents) == 1 and is_group(next(iter(parents))):
        name = next(iter(parents)).name
    else:
        names = [place.name for place in places]
        same = 0
        while all(len(name) > same and name[same] == names[0][same] for name in names):
            same += 1
        name = names[0][:same].rstrip("-_ ") or names[0]
    return f"{name}, {counted_runs(seeds)}"


def reference_scores(groups: Sequence[Group]) -> dict[str, float]:
    """Returns of the environment's reference policies, where all groups play it as it is by default; else nothing."""
    configs = [group.config for group in groups]
    if len({config.env for config in configs}) > 1 or any(set(c.environment) - set(c.data) for c in configs):
        return {}
    spec = find_spec(configs[0].env)
    return dict(load(spec.kwargs["module"])[1].scores) if is_ludus(spec) else {}
