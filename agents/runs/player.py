"""Players: what is to be watched or evaluated, a run's agent or a named policy, with the environments that it plays."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from ...envs.command_line import environment
from ...envs.engine.batch import check_seed
from ...envs.engine.simulation import load
from ...envs.engine.space_layout import WHOLE, values_of
from ...envs.ids import find_spec, is_ludus
from ...envs.make import make_batch
from ...utils.wording import did_you_mean
from .. import zoo
from ..evaluation import Policy, greedy_policy, named_policy
from ..registry import Agent
from ..regret import BLIND, TRUTH
from .callback import LAST
from .data_seen import data_instead
from .run import Run
from .seeds import Seeds, is_group

ZOO = "zoo"  # the name of the policy that comes with Ludus


@dataclass(frozen=True)
class Player:
    """A policy and its world."""

    env: str  # id
    name: str  # of the policy, for a person: "heuristic", "pqn after 1,000,000 steps"
    policy: Policy
    make: Callable[..., Any]  # make(num_envs, **keywords): a batch of its environments, or of such with other keywords
    notes: tuple[str, ...] = ()  # for the person, one line each
    keywords: Mapping[str, Any] = field(default_factory=dict)  # what its environments are made with
    age: int = 0  # steps of an environment at the end of the training: what drifts stands as it stood then

    @property
    def title(self) -> str:
        return f"{self.env} · {self.name}"

    def check_fillings(self, slot: str, fillings: Sequence[str]) -> None:
        """``ValueError`` unless an agent that learned in these environments can see what each filling shows."""
        trained = self.make(1)
        for filling in dict.fromkeys([*fillings, TRUTH, BLIND]):  # the ends of the scale are played in any case
            other = self.make(1, **{slot: filling})
            check_spaces(trained, other, any_board=False)
            other.close()
        trained.close()


def find_player(what: str, policy: str | None, seed: int, settings: dict[str, Any], checkpoint: str = LAST) -> Player:
    """The player that was typed.

    Args:
        what: The folder of a run, or an environment id.
        policy: A reference policy by its name, or ``zoo``; instead of the agent, if ``what`` is a run. Where an
            environment is played and nothing is said, it is the zoo's, or the heuristic where the zoo has none.
        seed: Of the random policy.
        settings: Keywords of the environments, other than in training.
        checkpoint: Of a run: ``"last"``, ``"best"`` by its evaluations, or a number of steps.

    Raises:
        FileNotFoundError: neither a folder of a run nor an id.
        ValueError: an unknown policy or none, a setting that does not exist, or one with which the agent cannot act.
    """
    check_seed(seed)
    if checkpoint != LAST and policy is not None:
        raise ValueError("--checkpoint is of a run, and of no policy; leave it out")
    notes: tuple[str, ...] = ()
    if is_run(Path(what)):
        run = Run.open(Path(what))
        if policy is None:
            return player_of_run(run, settings, checkpoint)
        env, keywords, make = run.config.env, {**run.config.environment, **settings}, _maker_of(run, settings)
    else:
        if is_group(Path(what)):
            one = Seeds.open(Path(what)).runs()[0].folder
            raise ValueError(f"{what} holds runs of several seeds; name one of them, such as {one}")
        if Path(what).exists() or not re.search(r"-v\d+$", what):
            raise FileNotFoundError(
                f"{what!r} is neither the folder of a run (it has no config.yaml) nor an environment id (NAME-v0); "
                "`ludus envs` lists the ids"
            )
        if checkpoint != LAST:
            raise ValueError(f"--checkpoint is of a run, and {what} is an environment; leave it out")
        env, keywords = environment(what), dict(settings)
        if policy is None:
            policy, notes = _default_policy(what, env)

        def make(num_envs: int, **keywords: Any) -> Any:
            return make_batch(env, num_envs, **{**settings, **keywords})

    if policy == ZOO:
        return _player_of_the_zoo(env, make, keywords)
    known = policies(env)
    if policy not in known:
        raise ValueError(f"unknown policy {policy!r}{did_you_mean(policy, known)}")
    return Player(env, policy, named_policy(policy, seed), make, notes, keywords)


def _default_policy(typed: str, env: str) -> tuple[str, tuple[str, ...]]:
    """Who plays an environment where nobody says it, and what a person should know of that."""
    if zoo.entry(env) is not None:
        return ZOO, ()
    if not is_ludus(find_spec(env)):
        raise ValueError(f"{typed} is an environment, and none of Ludus': say which policy plays it, --policy random")
    policy = policies(env)[0]
    return policy, (f"the zoo has no policy for {env}, so {policy} plays; train one: ludus train {typed}",)


def _player_of_the_zoo(env: str, make: Callable[..., Any], keywords: dict[str, Any]) -> Player:
    """The zoo's policy in the environments that ``make`` makes with ``keywords``, and otherwise in those of its
    training.
    """
    run = Run.open(zoo.folder(env))
    trained = {key: value for key, value in run.config.environment.items() if key not in keywords}
    found = zoo.entry(env)
    assert found is not None

    def make_as_trained(num_envs: int, **others: Any) -> Any:
        return make(num_envs, **{**trained, **others})

    player = player_of(run, agent_of(run, keywords), make_as_trained, keywords)
    return replace(player, name=found.said, keywords={**trained, **keywords})


def is_run(path: Path) -> bool:
    """Whether ``path`` is the folder of a run."""
    return (path / "config.yaml").exists()


def player_of_run(run: Run, settings: dict[str, Any], checkpoint: str = LAST, agent: Agent | None = None) -> Player:
    """The ``agent`` of ``run``, by default that of its ``checkpoint``, in its environments but for ``settings``."""
    if agent is None:
        agent = agent_of(run, settings, checkpoint)
    player = player_of(run, agent, _maker_of(run, settings), settings)
    return replace(player, keywords={**run.config.environment, **settings})


def _maker_of(run: Run, settings: dict[str, Any]) -> Callable[..., Any]:
    return lambda num_envs, **keywords: run.make_batch(num_envs, **{**settings, **keywords})


def agent_of(run: Run, settings: dict[str, Any], checkpoint: str = LAST) -> Agent:
    """The agent of a checkpoint of ``run``, which need not have its own data where ``settings`` name others."""
    return run.agent(checkpoint, **data_instead(run.config, run.folder, settings))


def player_of(run: Run, agent: Agent, make: Callable[..., Any], settings: dict[str, Any]) -> Player:
    """The ``agent`` of ``run`` in the environments of ``make``, which have ``settings`` other than in training."""
    c = run.config
    if settings:
        trained, other = run.make_batch(1, **data_instead(c, run.folder, settings)), make(1)
        check_spaces(trained, other, c.hyperparameters.get("center") is not None)
        trained.close()
        other.close()
    age = agent.num_timesteps // c.hyperparameters["num_envs"]
    name = f"{c.agent} after {agent.num_timesteps:,} steps"
    return Player(c.env, name, greedy_policy(agent), make, tuple(run.notes), age=age)


def policies(id: str) -> tuple[str, ...]:
    """The policies that can be named for an environment, the reference first."""
    spec = find_spec(id)
    if not is_ludus(spec):
        return ("heuristic", "random")  # the first is refused by name, where it is asked for
    simulation = load(spec.kwargs["module"])[1]
    return (
        *(["heuristic"] if simulation.heuristic is not None else []),
        *simulation.heuristics,
        *simulation.policies,
        "random",
        *([ZOO] if zoo.entry(find_spec(id).id) is not None else []),
    )


def check_spaces(trained: Any, other: Any, any_board: bool) -> None:
    """``ValueError`` unless an agent that learned on the batch ``trained`` can act in the batch ``other``.

    ``any_board``: it sees boards from its own cell, so their height and width may be others.
    """
    for verb, name in (("observes", "observation_space"), ("acts in", "action_space")):
        before, now = getattr(trained, name), getattr(other, name)
        if _layout(before, any_board) != _layout(now, any_board):
            raise ValueError(
                f"the agent was trained where it {verb} {before}, this world has {now}; leave out the --set or "
                "--slot that decides this, or train an agent there"
            )


def _layout(space: spaces.Space, any_board: bool) -> Any:
    """What two spaces must share to be taken for one another: all but the bounds of a Box."""
    if isinstance(space, spaces.Dict):
        return {key: _layout(part, any_board) for key, part in space.items()}
    if isinstance(space, WHOLE):
        return type(space), values_of(space), np.ravel(getattr(space, "start", 0)).tolist()
    shape = space.shape or ()
    return space.dtype, shape[-1:] if any_board and len(shape) == 3 else shape
