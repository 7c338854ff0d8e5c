"""The fuzzer of environments: campaigns with random sizes, extreme parameters, actions, resets and restores.

Each campaign is a configuration and up to some hundred steps of a ``Pair``, all sampled from (seed, number of the
campaign), so any of them can be played again by itself. What is checked stands in ``fuzz_lockstep.py`` and in the
environment's own ``invariants``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium import Space, spaces
from gymnasium.vector import AutoresetMode

from ..engine.kernel_batch import KernelBatch
from ..engine.mistakes import Mistake
from ..engine.simulation import Simulation, load
from ..engine.slots.resolve import examples
from ..engine.space_layout import WHOLE, flags_in, highest_of_each, values_of
from .fuzz_demands import Fault, demand
from .fuzz_lockstep import Pair

NUM_ENVS = (1, 2, 3, 8, 33, 128, 300)
LIMITS = (None, 1, 2, 7, 40)  # time limits in steps, besides the registered one
ROUNDS = (40, 600)  # steps of a campaign's batch, from … to
CAMPAIGN = 20_000  # steps of environments after which a campaign has had its share
AGES = (0, 1000)  # steps; drifts begin, or have begun, within as many
RESET, RESTORE, REFUSE = 0.04, 0.03, 0.02  # chances per step of a partial reset, a restore, an action out of the space
LONGEST_REPEAT = 12  # steps that are played twice
FILLED = 0.3  # chance that a campaign says what fills a slot


@dataclass(frozen=True)
class Campaign:
    """One configuration and how it is played."""

    number: int
    num_envs: int
    mode: AutoresetMode
    limit: int | None
    rounds: int
    age: int  # of the environments at the start, in steps
    illegal: float  # share of actions that ignore the mask
    guided: float  # share of actions that are the heuristic's
    keywords: dict[str, Any]  # sizes, parameters, randomize, drift, slots, threads

    def __str__(self) -> str:
        settings = "".join(f", {key}={value!r}" for key, value in self.keywords.items())
        limit = self.limit or "none"
        return f"campaign {self.number}: num_envs={self.num_envs}, {self.mode.value}, limit {limit}{settings}"


@dataclass
class Tally:
    """What was checked so far."""

    steps: int = 0  # of environments
    campaigns: int = 0
    episodes: int = 0  # that ended
    successes: int = 0  # of them solved
    resets: int = 0  # of environments, by hand and at a random moment
    restores: int = 0  # of batches
    refusals: int = 0
    modes: set[AutoresetMode] = field(default_factory=set)


class Failure(Exception):
    """A ``Fault`` with the place where it was found: everything in one line."""

    def __init__(self, fault: Fault, campaign: Campaign, round_: int) -> None:
        super().__init__(f"{fault} (environment {fault.environment} at step {round_}; {campaign})")
        self.campaign = campaign


def fuzz(
    module: str,
    limit: int | None,
    steps: int,
    seed: int = 0,
    only: int | None = None,
    tally: Tally | None = None,
    report: Callable[[Tally], None] | None = None,
) -> Tally:
    """Play campaigns for ``steps`` steps of environments, or one campaign to its end.

    Args:
        module: Dotted path of the environment file.
        limit: Its registered time limit in steps.
        only: The number of the one campaign to play, however many steps it takes; ``steps`` is ignored then.
        tally: Is counted up as the work goes on, so that whoever interrupts it knows how far it came.
        report: Is called after each round.

    Raises:
        Failure: something does not hold.
        Mistake: a kernel of a file that is compiled with checks does something wrong.
    """
    tally = Tally() if tally is None else tally
    simulation = load(module)[1]
    number = 0 if only is None else only
    while tally.steps < steps or only is not None:
        campaign = sample_campaign(number, simulation, limit, np.random.default_rng([seed, number, 0]))
        most = steps if only is None else None
        _play(campaign, module, np.random.default_rng([seed, number, 1]), most, tally, report)
        tally.campaigns += 1
        if only is not None:
            break
        number += 1
    return tally


def sample_campaign(number: int, simulation: Simulation, limit: int | None, rng: np.random.Generator) -> Campaign:
    """The first has nothing changed; a quarter of the others keeps the default parameters, as most who play do."""
    keywords: dict[str, Any] = {}
    randomize, drift = {}, {}
    # Each combination of sizes compiles its own machine code, for seconds to a minute: most campaigns share a few.
    together = int(rng.integers(4)) if len(simulation.sizes) > 1 and rng.random() < 0.9 else None
    for name, size in simulation.sizes.items():
        corners = (size.default, size.low, min(size.low + 1, size.high), size.high)
        corner = int(rng.choice(corners))
        keywords[name] = corner if rng.random() < 0.95 else int(rng.integers(size.low, size.high + 1))
        if together is not None:
            keywords[name] = corners[together]
    share = rng.choice([0.0, 0.2, 0.6, 1.0])  # of the parameters are changed
    for name, parameter in simulation.parameters.items():
        if rng.random() >= share:
            continue
        low, high = parameter.low, parameter.high
        way = rng.integers(5)
        if way < 2:
            keywords[name] = (low, high)[way]
        elif way == 2:
            keywords[name] = float(rng.uniform(low, high))
        elif way == 3:
            randomize[name] = (low, high)
        else:
            over = int(rng.choice([0, 1, 50]))
            drift[name] = {"to": float(rng.choice([low, high])), "at": int(rng.integers(*AGES)), "over": over}
    _set_in_order(simulation, keywords, randomize, drift)
    keywords |= {"randomize": randomize} if randomize else {}
    keywords |= {"drift": drift} if drift else {}
    for name, slot in simulation.slots.items():
        if rng.random() < FILLED:
            keywords[name] = str(rng.choice(examples(slot)))
    if rng.random() < 0.1:
        keywords["threads"] = 2
    num_envs = int(rng.choice(NUM_ENVS))
    most = max(min(ROUNDS[1], CAMPAIGN // num_envs), ROUNDS[0])
    return Campaign(
        number=number,
        num_envs=num_envs,
        mode=list(AutoresetMode)[number % len(AutoresetMode)],
        limit=limit if number == 0 or rng.random() < 0.4 else LIMITS[rng.integers(len(LIMITS))],
        rounds=int(rng.integers(ROUNDS[0], most + 1)),
        age=int(rng.integers(*AGES)) if rng.random() < 0.3 else 0,
        illegal=float(rng.choice([0.0, 0.0, 0.02, 0.3])),
        guided=float(rng.choice([0.0, 0.5, 0.95, 1.0])),
        keywords={} if number == 0 else keywords,
    )


def _set_in_order(simulation: Simulation, keywords: dict, randomize: dict, drift: dict) -> None:
    """Where a parameter may come above one that it must not exceed, both keep their defaults."""
    reached = dict.fromkeys(simulation.parameters, (0.0, 0.0))
    again = True
    while again:
        again = False
        for name, parameter in simulation.parameters.items():
            start = randomize.get(name) or (keywords.get(name, parameter.default),) * 2
            ends = (*start, drift[name]["to"]) if name in drift else start
            reached[name] = min(ends), max(ends)
        for pair in simulation.ordered:
            if reached[pair[0]][1] > reached[pair[1]][0]:
                for name in pair:
                    for given in (keywords, randomize, drift):
                        again |= given.pop(name, None) is not None


def _play(
    campaign: Campaign,
    module: str,
    rng: np.random.Generator,
    most: int | None,
    tally: Tally,
    report: Callable[[Tally], None] | None,
) -> None:
    """Play the campaign to its end, or until ``tally`` counts ``most`` steps of environments."""
    pair = Pair(module, campaign.num_envs, campaign.mode, campaign.limit, **campaign.keywords)
    now = 0
    tally.modes.add(campaign.mode)
    try:
        pair.seed_from(int(rng.integers(2**62)), campaign.age)
        for _ in range(campaign.rounds):
            now += 1
            _reset_some(pair, rng, tally)
            if rng.random() < REFUSE:
                pair.check_refusal(_with_one_outside(sample_actions(pair.batch, campaign, rng), pair.batch, rng))
                tally.refusals += 1
            if rng.random() < RESTORE:
                repeated = [sample_actions(pair.batch, campaign, rng) for _ in range(rng.integers(1, LONGEST_REPEAT))]
                pair.check_restore(repeated, in_new_batch=bool(rng.random() < 0.1))
                tally.restores += 1
            ended = pair.step(sample_actions(pair.batch, campaign, rng))
            tally.episodes += int(ended.sum())
            tally.successes += int(pair.batch.rows.episodes["success"][ended].sum())
            tally.steps += campaign.num_envs
            if report is not None:
                report(tally)
            if most is not None and tally.steps >= most:
                break
    except Fault as fault:
        raise Failure(fault, campaign, now) from None
    except Mistake as fault:
        raise Mistake(f"{fault} (step {now} of {campaign})") from None
    finally:
        pair.close()


def _reset_some(pair: Pair, rng: np.random.Generator, tally: Tally) -> None:
    """Now and then reset a part of the environments, some with a new seed; under DISABLED also those that ended."""
    n = pair.batch.num_envs
    selected = np.zeros(n, bool)
    if rng.random() < RESET:
        selected = rng.random(n) < rng.random()
        tally.resets += int(selected.sum())
    if pair.mode == AutoresetMode.DISABLED:
        selected |= pair.ended
    if selected.any():
        seeds = [int(rng.integers(2**62)) if rng.random() < 0.5 else None for _ in range(n)]
        pair.reset(selected, seeds)


def sample_actions(batch: KernelBatch, campaign: Campaign, rng: np.random.Generator) -> np.ndarray:
    """(N, …) actions: legal ones at random, mixed with illegal ones and those of the heuristic."""
    n, space = batch.num_envs, batch.action_space
    if isinstance(space, WHOLE):
        weights = rng.random((n, flags_in(space)))
        legal = np.where(rng.random((n, 1)) < campaign.illegal, 1, batch.rows.mask)
        # Where nothing is legal (the last picture of an episode), anything goes.
        actions = highest_of_each(weights * (legal + 1e-9), space)
    else:
        actions = _sample_box(space, n, rng)
    if campaign.guided and batch.has_heuristic:
        advised = batch.heuristic()
        low, high = batch.action_bounds
        flat = advised.reshape(n, -1)
        demand((flat >= low) & (flat <= high), "the heuristic's action is outside the action space")
        follows = rng.random(n) < campaign.guided
        actions[follows] = advised[follows]
    return actions


def _sample_box(space: Space, n: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform between the bounds (those at infinity taken as ±1,000), a fifth of all components on a bound."""
    assert isinstance(space, spaces.Box)
    low, high = np.maximum(space.low, -1e3).astype(float), np.minimum(space.high, 1e3).astype(float)
    where = rng.random((n, *space.shape))
    where = np.where(rng.random(where.shape) < 0.2, np.round(where), where)
    return low + (high - low) * where


def _with_one_outside(actions: np.ndarray, batch: KernelBatch, rng: np.random.Generator) -> np.ndarray:
    """The same actions but for one component of one environment."""
    space = batch.action_space
    i = rng.integers(len(actions))
    if isinstance(space, spaces.Discrete):
        actions[i] = rng.choice([-1, int(space.n), 2**62, -(2**62)])
    elif isinstance(space, WHOLE):
        values = values_of(space)
        k = rng.integers(len(values))
        actions[i, k] = rng.choice([-1, values[k], 2**62, -(2**62)])
    else:
        actions.reshape(len(actions), -1)[i, 0] = np.nan
    return actions
