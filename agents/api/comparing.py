"""Policies measured side by side: runs, policies by name and functions, in the same episodes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, overload

import numpy as np

from ...envs.ids import import_named
from ...envs.make import make_batch, slots_of
from ...utils.intervals import bootstrap_interval
from ...utils.wording import did_you_mean
from ..evaluation import EVALUATION_SEED, Evaluation, Policy, episodes_of, evaluate_pairwise, greedy_policy
from ..runs.callback import LAST
from ..runs.player import Player, agent_of, find_player, player_of
from ..runs.run import Run
from ..vecenv.base import as_members
from .policy import TrainedPolicy

DEFAULT_EPISODES = 256


class Model(Protocol):
    """What Stable-Baselines3's algorithms are here: a ``predict`` from observations (N, *space) to actions (N, …)."""

    def predict(self, observation: Any, *, deterministic: bool = ...) -> tuple[Any, Any]: ...


Playable = str | Path | TrainedPolicy | Policy | Model


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
    episodes: int | None = None,
    seed: int = EVALUATION_SEED,
    slots: Mapping[str, Any] | None = None,
    progress: Callable[[str, float], Any] | None = None,
    **parameters: Any,
) -> Evaluation: ...


@overload
def evaluate(
    policies: Sequence[Playable] | Mapping[str, Playable],
    env: str | None = None,
    *,
    episodes: int | None = None,
    seed: int = EVALUATION_SEED,
    slots: Mapping[str, Any] | None = None,
    progress: Callable[[str, float], Any] | None = None,
    **parameters: Any,
) -> Comparison: ...


def evaluate(
    policies: Any,
    env: str | None = None,
    *,
    episodes: int | None = None,
    seed: int = EVALUATION_SEED,
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
        ValueError: an unknown name; no environment; runs that learned in different worlds, and it is not said in which
            one to compare them; an agent that cannot act there.
    """
    settings = as_settings(parameters, slots)
    single = not isinstance(policies, Mapping) and (isinstance(policies, str) or not isinstance(policies, Sequence))
    players = find_players(policies if not single else [policies], env, seed, settings)
    result = compare(players, episodes, seed, progress)
    return next(iter(result.values())) if single else result


def as_settings(parameters: Mapping[str, Any], slots: Mapping[str, Any] | None) -> dict[str, Any]:
    """Parameters of an environment and the fillings of its slots as its keywords; folders become texts.

    Raises:
        ValueError: a slot is in both.
    """
    for name in slots or {}:
        if name in parameters:
            raise ValueError(f"slot {name} is given twice, in slots and as a parameter; leave one out")
    return {
        **parameters,
        **{name: str(what) if isinstance(what, Path) else what for name, what in (slots or {}).items()},
    }


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
    notes = tuple(note for player in players.values() for note in player.notes)
    return Comparison(first.env, episodes, seed, found, notes)


def find_players(policies: Any, env: str | None, seed: int, settings: dict[str, Any]) -> dict[str, Player]:
    """The players that were asked for, by their names; see ``evaluate``.

    Args:
        policies: A list, or a dict with names.
        seed: Of the random policy.
        settings: Keywords of the environments, other than in training.
    """
    named = dict(policies) if isinstance(policies, Mapping) else dict.fromkeys(range(len(policies)))
    given = list(named.values()) if isinstance(policies, Mapping) else list(policies)
    if not given:
        raise ValueError('evaluate needs a policy, such as the folder of a run, or "random"; got none')
    id = None if env is None else import_named(env)
    trained = [_trained(what, settings) for what in given]
    world = next((player for player in trained if player is not None), None)
    if world is None and id is None:
        raise ValueError(f"in which environment? evaluate({_said(given[0])}, env=...) needs an id, for it is no run")
    place = id if id is not None else world.env  # type: ignore[union-attr]
    base = world if world is not None else Player(place, "", _nobody, _maker(place, settings), keywords=settings)
    result: dict[str, Player] = {}
    for key, what, player in zip(named, given, trained, strict=True):
        if player is None:
            player = _untrained(what, base, seed)
        _check_world(base if id is None else replace(base, env=place), player)
        name = key if isinstance(policies, Mapping) else _said(what) if len(given) > 1 else player.name
        if str(name) in result:
            raise ValueError(f"{name} is given twice; give a dict with names of your own")
        result[str(name)] = player
    return result


def typed_players(
    what: Sequence[str], names: Sequence[str], seed: int, settings: dict[str, Any], checkpoint: str = LAST
) -> dict[str, Player]:
    """The players of a command line, by their names: the agents of the runs, then the policies.

    Args:
        what: Folders of runs, or an environment id.
        names: Of policies, which play in the world of the first of ``what``.
        checkpoint: Of the runs: last, best, or a number of steps.

    Raises:
        FileNotFoundError, ValueError: as ``find_player``; runs that learned in different worlds; the same one twice.
    """
    typed: list[tuple[str, str | None]] = [
        (place, None) for place in what if not names or (Path(place) / "config.yaml").exists()
    ]
    typed += [(what[0], name) for name in names]
    if checkpoint != LAST and all(policy is not None for _, policy in typed):
        raise ValueError("--checkpoint is of a run, and of no policy; leave it out")
    for place in what:
        if (place, None) not in typed:  # an id says no more than where
            find_player(place, names[0], seed, settings)
    result: dict[str, Player] = {}
    for place, policy in typed:
        player = find_player(place, policy, seed, settings, checkpoint if policy is None else LAST)
        if result:
            _check_world(next(iter(result.values())), player)
        name = player.name if len(typed) == 1 else policy or place
        if name in result:
            raise ValueError(f"{name} is given twice; leave one out")
        result[name] = player
    return result


def _trained(what: Any, settings: dict[str, Any]) -> Player | None:
    """The player of a run; ``None`` for anything else."""
    if isinstance(what, Path) or (isinstance(what, str) and (Path(what) / "config.yaml").exists()):
        what = Run.open(Path(what))
        agent = agent_of(what, settings)
    elif isinstance(what, TrainedPolicy):
        what, agent = what.run, what.agent
    else:
        return None
    run: Run = what

    def make(num_envs: int, **keywords: Any) -> Any:
        return run.make_batch(num_envs, **{**settings, **keywords})

    return replace(player_of(run, agent, make, settings), keywords={**run.config.environment, **settings})


def _untrained(what: Any, world: Player, seed: int) -> Player:
    """A policy by name, a model or a function, in the world of another player."""
    if isinstance(what, str):
        found = find_player(world.env, what, seed, dict(world.keywords))
        return replace(found, name=what)
    if hasattr(what, "choose"):
        policy: Policy = greedy_policy(what)
    elif hasattr(what, "predict"):
        policy = _predicting(what)
    elif callable(what):
        policy = what
    else:
        raise ValueError(
            f"{what!r} is no policy; expected the folder of a run, a trained policy, a name such as 'random', a model "
            "with predict(), or a function from a batch to actions"
        )
    return Player(world.env, _said(what), policy, world.make, keywords=world.keywords)


def _predicting(model: Any) -> Policy:
    """A model of Stable-Baselines3's as a policy: it sees what the environments show, without a mask."""

    def act(batch: Any) -> np.ndarray:
        actions = model.predict(batch.buffers.observation, deterministic=True)[0]
        return as_members(batch.action_space, np.asarray(actions))

    return act


def _maker(id: str, settings: dict[str, Any]) -> Callable[..., Any]:
    return lambda num_envs, **keywords: make_batch(id, num_envs, **{**settings, **keywords})


def _nobody(batch: Any) -> np.ndarray:
    raise AssertionError("only a world")


def _said(what: Any) -> str:
    """What a policy is called in a table."""
    if isinstance(what, (str, Path)):
        return str(what)
    if isinstance(what, TrainedPolicy):
        return str(what.run.folder)
    return getattr(what, "__name__", type(what).__name__)


def _check_world(world: Player, player: Player) -> None:
    """``ValueError`` unless both play the same environment, with the same parameters; slots may show other things."""
    if player.env != world.env:
        raise ValueError(f"policies are compared in one environment, got {world.env} and {player.env}")
    slots = slots_of(world.env)
    ours, theirs = ({key: value for key, value in one.keywords.items() if key not in slots} for one in (world, player))
    for key in dict.fromkeys([*ours, *theirs]):
        if ours.get(key) != theirs.get(key):
            raise ValueError(
                f"the policies learned in different worlds, {key}={ours.get(key, 'default')} and "
                f"{key}={theirs.get(key, 'default')}; say in which one they are compared: {key}=..."
            )
