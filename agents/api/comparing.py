"""Policies measured side by side: runs, policies by name and functions, in the same episodes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from ...envs.engine.parameters import settings_as
from ...utils.intervals import bootstrap_interval
from ...utils.whole_numbers import Whole, as_whole
from ...utils.wording import did_you_mean
from ..evaluation import EVALUATION_SEED, Evaluation, episodes_of, evaluate_pairwise
from ..runs.player import Player
from .players import SETTINGS, Playable, as_settings, find_players

DEFAULT_EPISODES = 256


@dataclass(frozen=True)
class Difference:
    """What one policy earns more than another, in the same episodes."""

    mean: float
    interval: tuple[float, float]  # 95 %, bootstrapped over the pairs of episodes

    def __str__(self) -> str:
        return f"{self.mean:+.2f} (95 % interval {self.interval[0]:+.2f} … {self.interval[1]:+.2f})"


@dataclass(frozen=True)
class Comparison(Mapping[str, Evaluation]):
    """Evaluations of policies by name, in the order in which they were given; all met the same episodes."""

    env: str  # id
    episodes: int
    seed: int
    evaluations: Mapping[str, Evaluation]
    notes: tuple[str, ...] = field(default=())  # what a person should know, one line each

    def __getitem__(self, name: str) -> Evaluation:
        if name not in self.evaluations:
            raise KeyError(f"{name!r} was not compared{did_you_mean(name, self.evaluations)}")
        return self.evaluations[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.evaluations)

    def __len__(self) -> int:
        return len(self.evaluations)

    @property
    def best(self) -> str:
        """The name of the policy with the highest mean return; of equals the first."""
        return max(self.evaluations, key=lambda name: self.evaluations[name].mean)

    def difference(self, name: str, other: str) -> Difference:
        """What the policy ``name`` earns more than the ``other`` one, per episode."""
        pairs = self[name].returns - self[other].returns
        return Difference(float(pairs.mean()), bootstrap_interval(pairs))

    def __str__(self) -> str:
        width = max(map(len, self.evaluations))
        lines = [f"{name:{width}}  {result}" for name, result in self.evaluations.items()]
        return "\n".join([f"{self.env}, seed {self.seed}", *lines])


@overload
def evaluate(  # type: ignore[overload-overlap]  # a text is a sequence of texts, too
    policies: Playable,
    env: str | None = None,
    *,
    episodes: Whole | None = None,
    seed: Whole = EVALUATION_SEED,
    slots: Mapping[str, Any] | None = None,
    progress: Callable[[str, float], Any] | None = None,
    **parameters: Any,
) -> Evaluation: ...


@overload
def evaluate(
    policies: Sequence[Playable] | Mapping[str, Playable],
    env: str | None = None,
    *,
    episodes: Whole | None = None,
    seed: Whole = EVALUATION_SEED,
    slots: Mapping[str, Any] | None = None,
    progress: Callable[[str, float], Any] | None = None,
    **parameters: Any,
) -> Comparison: ...


@settings_as(SETTINGS)
def evaluate(
    policies: Any,
    env: str | None = None,
    *,
    episodes: Whole | None = None,
    seed: Whole = EVALUATION_SEED,
    slots: Mapping[str, Any] | None = None,
    progress: Callable[[str, float], Any] | None = None,
    **parameters: Any,
) -> Evaluation | Comparison:
    """Measure one policy, or several side by side in the same episodes: what `ludus evaluate` does.

    Args:
        policies: One, a list, or a dict with names of your own. Each is the folder of a run; what ``ludus.load`` or
            ``ludus.train`` gave; ``"random"``, ``"heuristic"`` or another policy that the environment knows by name; a
            model with a ``predict`` like Stable-Baselines3's; or a function from a batch of environments, whose
            ``buffers`` show observations (N, …) and masks (N, A), to actions (N, …).
        env: An environment id; by default that of the first run.
        episodes: By default each numbered start once, where an environment has such, and else 256.
        seed: Of the episodes; the same one again meets the same episodes.
        slots: What slots show, other than in the trainings.
        progress: Called with the name of a policy and the share of its episodes that are played, 0 … 1.
        **parameters: Of the environment, other than in the trainings.

    Returns:
        An ``Evaluation`` (``mean``, ``interval``, ``normalised``, ``success``, ``returns`` …) of a single policy, a
        ``Comparison`` of a list or a dict: ``result["heuristic"].mean``, ``result.difference("a", "b")``.

    Raises:
        FileNotFoundError: a folder that holds no run, or an environment id in its place.
        ValueError: a folder that holds runs of several seeds; an unknown name; no environment; runs that learned in
            different worlds, and it is not said in which one to compare them; an agent that cannot act there.
    """
    settings, seed = as_settings(parameters, slots), as_whole("seed", seed, 0)
    count = None if episodes is None else as_whole("episodes", episodes, 1)
    single = not isinstance(policies, Mapping) and (isinstance(policies, str) or not isinstance(policies, Sequence))
    players = find_players(policies if not single else [policies], env, seed, settings)
    result = compare(players, count, seed, progress)
    return next(iter(result.values())) if single else result


def compare(
    players: Mapping[str, Player],
    episodes: int | None,
    seed: int,
    progress: Callable[[str, float], Any] | None = None,
) -> Comparison:
    """Play each of the ``players``, by name, in the same ``episodes``; see ``evaluate``."""
    first, every_start = next(iter(players.values())), False
    if episodes is None:
        episodes, every_start = episodes_of(first.make, DEFAULT_EPISODES)
    age = max(player.age for player in players.values())  # where parameters drift, one world for all
    found = {}
    for name, player in players.items():

        def tell(played: int, name: str = name) -> None:
            if progress is not None:
                progress(name, played / episodes)

        found[name] = evaluate_pairwise(player.make, player.policy, episodes, seed, age, tell, every_start)
    notes = tuple(dict.fromkeys(note for player in players.values() for note in player.notes))
    return Comparison(first.env, episodes, seed, found, notes)
