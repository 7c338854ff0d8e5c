"""The players that are asked for, by a program or on a command line: all of them in one world."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ...envs.ids import import_named
from ...envs.make import make_batch, slots_of
from ..evaluation import Policy, greedy_policy
from ..runs.callback import LAST
from ..runs.places import is_meant_as_run, no_run
from ..runs.player import ZOO, Player, find_player, is_run, player_of_run, policies
from ..runs.run import Run
from ..vecenv.base import as_members
from .policy import TrainedPolicy


class Model(Protocol):
    """What Stable-Baselines3's algorithms are here: a ``predict`` from observations (N, *space) to actions (N, …).

    One whose ``predict`` takes ``action_masks`` (N, A) bool, as sb3-contrib's MaskablePPO, is told the legal actions.
    """

    def predict(self, observation: Any, *, deterministic: bool = ...) -> tuple[Any, Any]: ...


Playable = str | Path | TrainedPolicy | Policy | Model


SETTINGS = ("{}=…", "slots={{'{}': …}}")  # how a program gives a parameter, and what fills a slot


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
    first = next((player for player in trained if player is not None), None)
    if first is not None:
        world = first
        _check_env(id or world.env, world)
    elif id is None:
        for what in given:
            if isinstance(what, str) and is_meant_as_run(what):
                raise no_run(Path(what))
        raise ValueError(f"in which environment? evaluate({_said(given[0])}, env=...) needs an id, for it is no run")
    elif ZOO in [what for what in given if isinstance(what, str)]:
        world = find_player(id, ZOO, seed, settings)
    else:
        world = Player(id, "", _nobody, _maker(id, settings), keywords=settings)
    result: dict[str, Player] = {}
    for key, what, player in zip(named, given, trained, strict=True):
        if player is None:
            player = _untrained(what, world, seed)
        _check_world(world, player)
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
        names: Of policies, which play in the world of the first run, or in that of the zoo's policy.
        checkpoint: Of the runs: last, best, or a number of steps.

    Raises:
        FileNotFoundError, ValueError: as ``find_player``; runs that learned in different worlds; the same one twice.
    """
    runs = [place for place in what if is_run(Path(place))]
    if checkpoint != LAST and names and not runs:
        raise ValueError("--checkpoint is of a run, and of no policy; leave it out")
    players = [(place, find_player(place, None, seed, settings, checkpoint)) for place in (runs if names else what)]
    if names:
        place = (runs or what)[0]
        world = players[0][1] if runs else find_player(place, ZOO if ZOO in names else names[0], seed, settings)
        for id in what:
            if id not in runs:  # it says no more than where
                _check_env(find_player(id, names[0], seed, settings).env, world)
        keywords = settings if runs else dict(world.keywords)
        players += [(name, find_player(place, name, seed, keywords)) for name in names]
    result: dict[str, Player] = {}
    for typed, player in players:
        _check_world(players[0][1], player)
        name = player.name if len(players) == 1 else typed
        if name in result:
            raise ValueError(f"{name} is given twice; leave one out")
        result[name] = player
    return result


def _trained(what: Any, settings: dict[str, Any]) -> Player | None:
    """The player of a run; ``None`` for anything else."""
    if isinstance(what, TrainedPolicy):
        return player_of_run(what.run, settings, agent=what.agent)
    if isinstance(what, Path) or (isinstance(what, str) and is_run(Path(what))):
        return player_of_run(Run.open(Path(what)), settings)
    return None


def _untrained(what: Any, world: Player, seed: int) -> Player:
    """A policy by name, a model or a function, in the world of another player."""
    if isinstance(what, str):
        if is_meant_as_run(what) and what not in (ZOO, *policies(world.env)):
            raise no_run(Path(what))
        return replace(find_player(world.env, what, seed, dict(world.keywords)), name=what)
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
    """A model of Stable-Baselines3's as a policy: it sees what the environments show, and what is legal if it can."""
    asks = "action_masks" in inspect.signature(model.predict).parameters

    def act(batch: Any) -> np.ndarray:
        legal = {"action_masks": batch.buffers.mask.astype(bool)} if asks else {}
        actions = model.predict(batch.buffers.observation, deterministic=True, **legal)[0]
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


def _check_env(id: str, world: Player) -> None:
    """``ValueError`` unless ``world`` is the environment ``id``."""
    if id != world.env:
        raise ValueError(f"policies are compared in one environment, got {id} and {world.env}")


def _check_world(world: Player, player: Player) -> None:
    """``ValueError`` unless both play the same environment, with the same parameters; slots may show other things."""
    _check_env(world.env, player)
    slots = slots_of(world.env)
    ours, theirs = ({key: value for key, value in one.keywords.items() if key not in slots} for one in (world, player))
    for key in dict.fromkeys([*ours, *theirs]):
        if ours.get(key) != theirs.get(key):
            raise ValueError(
                f"the policies learned in different worlds, {key}={ours.get(key, 'default')} and "
                f"{key}={theirs.get(key, 'default')}; say in which one they are compared: {key}=..."
            )
