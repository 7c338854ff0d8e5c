"""The trainings and judgements of the regret study, paired and resumable, by two protocols.

*Swapped*: a policy that learned with the truth plays with each filling in turn, as `ludus evaluate --slot` has it: what
mistakes cost a policy that trusts its sense. *Trained*: for each filling a policy of its own learns and plays with it;
it can learn how far to trust it. All play the same episodes; truth and blind are the ends of the scale.

A training is a pair (filling, seed). What it earns stands in the CSV as soon as it is done; a study that was stopped
goes on with the trainings that are missing. Rows that are not what the study would make now count as missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...agents.evaluation import EVALUATION_SEED, episodes_of, greedy_policy
from ...agents.regret import BLIND, TRUTH, Gauge, Played, play_filling
from ...agents.runs.config import configure, what_decides
from ...envs.engine.slots.slotted_batch import SlottedBatch
from ...envs.ids import find_spec
from ...envs.make import make_batch, pin_components
from ..rows import digest, read_rows, write_rows
from ..training import learn

SWAPPED, TRAINED = "swapped", "trained"
PROTOCOLS = {
    SWAPPED: "Swapped: one policy per seed, trained with the truth",
    TRAINED: "Trained: a policy per seed and filling, trained with what it plays with",
}
EPISODES = 256  # greedy ones, the same for every policy and filling


@dataclass(frozen=True)
class Judged:
    """What a policy earns with a filling."""

    agent: str
    protocol: str
    filling: str  # a name, or that of a component's folder
    seed: int
    steps: int  # of the training
    measure: str  # accuracy, cells right or RMSE; see regret.Played
    metric: float
    mean: float  # return over the greedy episodes
    seconds: float  # of the training
    fingerprint: str  # of a component; else empty
    raw: str  # dtype and shape of what the slot senses, which tells one data set from another
    setting: str  # a hash of all else that decides it, but for the seed
    episodes: int = EPISODES  # greedy ones
    others: str = ""  # further measures of the slot's: "shape-MAE=2.31 pinball=1.2"

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.agent, self.protocol, self.filling, self.seed


@dataclass(frozen=True)
class RegretSetup:
    """What is asked of the study, checked; see ``compose``."""

    env: str
    agent: str
    slot: str
    fillings: dict[str, Any]  # by their names in the table: what fills the slot, components with their fingerprints
    steps: int
    raw: str
    setting: str
    world: Mapping[str, Any] = field(default_factory=dict)  # keywords of the environments in which is trained
    judged_in: Mapping[str, Any] = field(default_factory=dict)  # and, beside these, of those in which is judged
    trained: tuple[str, ...] = ()  # fillings with which a policy of their own is trained; (): all of them
    unlike: tuple[str, ...] = ()  # open fillings that show another space than the truth, which its policy cannot see

    @property
    def taught(self) -> list[str]:
        """The fillings with which policies are trained, the ends of the scale in any case."""
        return [name for name in self.fillings if not self.trained or name in (TRUTH, BLIND, *self.trained)]

    def make(self, num_envs: int, **keywords: Any) -> Any:
        """A batch of the environments in which is judged."""
        return make_batch(self.env, num_envs, **{**self.world, **self.judged_in, **keywords})

    def fingerprint(self, filling: str) -> str:
        given = self.fillings[filling]
        return str(given.get("fingerprint", given.get("sha256", ""))) if isinstance(given, Mapping) else ""

    def place(self, filling: str) -> float:
        """Where it stands in the table: truth first, blind last, what is not asked for before that."""
        names = list(self.fillings)
        return names.index(filling) if filling in names else len(names) - 1.5

    def can_use(self, row: Judged) -> bool:
        """Whether the study would make this row, of one of its fillings, as it is."""
        return (row.setting, row.raw, row.fingerprint) == (self.setting, self.raw, self.fingerprint(row.filling))

    def has_outlived(self, row: Judged) -> bool:
        """Whether nothing that the study makes can be compared with this row."""
        other = (row.setting, row.raw) != (self.setting, self.raw)
        return row.agent == self.agent and (other or (row.filling in self.fillings and not self.can_use(row)))


def compose(
    env: str,
    agent: str,
    slot: str,
    fillings: Sequence[str],
    steps: int | None = None,
    world: Mapping[str, Any] | None = None,
    judged_in: Mapping[str, Any] | None = None,
    trained: Sequence[str] = (),
) -> RegretSetup:
    """The study of ``fillings`` in a ``slot`` that the environment has; truth and blind are added if they are missing.

    Args:
        steps: Of each training; the preset's if there are none.
        world: Keywords of the environments.
        judged_in: Further ones of those in which is judged, such as another part of the data.
        trained: With which of the fillings policies of their own are trained; all if none are named.

    Raises:
        ValueError: one filling alone, one that cannot fill the slot or is no estimate, two of the same name, no steps.
        FileNotFoundError: a folder without a component.
    """
    if len(set(fillings)) < 2 or "" in fillings:
        raise ValueError(
            f"the regret study compares fillings, got --slot {slot}={','.join(fillings)}; expected two or more with "
            f"commas between them, such as {slot}=truth,noisy:0.1,blind"
        )
    env, named, unlike = find_spec(env).id, {}, []
    world, judged_in = dict(world or {}), dict(judged_in or {})
    between = [given for given in dict.fromkeys(fillings) if given not in (TRUTH, BLIND)]
    for given in (TRUTH, *between, BLIND):
        pinned = pin_components(env, {slot: given})[slot]
        name = name_of(pinned.get("component", pinned.get("table", ""))) if isinstance(pinned, Mapping) else given
        if name in named:
            raise ValueError(f"two fillings would be called {name!r} in the table; rename the folder of one")
        named[name] = pinned
        batch = make_batch(env, 1, **{**world, **judged_in, slot: pinned})
        assert isinstance(batch, SlottedBatch)
        sensed = batch.simulation.slots[slot].raw(**batch.sizes)
        comparable = Gauge(batch, slot).comparable
        truth = batch.simulation.truth_for(slot, batch.sizes, batch.spans)
        if comparable and batch.fillings[slot].space.shape != truth.shape:
            unlike.append(name)
        batch.close()
        if not comparable:
            raise ValueError(f"{slot}={given} is no estimate of the truth and cannot take its place; leave it out")
    given_steps: dict[str, Any] = {} if steps is None else {"steps": steps}
    names = [name_of(given) for given in trained]
    for name in names:
        if name not in named:
            raise ValueError(f"policies are to be trained with {name!r}, which is none of the fillings")
    for name in unlike:
        if names and name not in names:
            raise ValueError(
                f"{slot}={name} shows a space of its own, which the truth's policy cannot see; train one with "
                "it, or leave it out"
            )
    config = configure(env, agent, environment=world, **given_steps)
    decides = [what_decides(config), slot, config.steps, EPISODES, EVALUATION_SEED]
    setting = digest([*decides, judged_in] if judged_in else decides)
    raw = f"{sensed.dtype} {'x'.join(map(str, sensed.shape or ()))}"
    return RegretSetup(
        env, agent, slot, named, config.steps, raw, setting, world, judged_in, tuple(names), tuple(unlike)
    )


def name_of(filling: str) -> str:
    """What a filling is called in the table: itself, or a folder by its own name."""
    return Path(filling).name


def file_of(env: str, slot: str) -> str:
    """The name, without its ending, of the study's CSV and picture."""
    return f"regret-{find_spec(env).id.replace('/', '-')}-{slot}"


def wanted(setup: RegretSetup, filling: str) -> list[tuple[str, str]]:
    """(protocol, filling played) of what a policy that learned with ``filling`` is judged by."""
    swapped = [(SWAPPED, played) for played in setup.fillings if played not in setup.unlike] if filling == TRUTH else []
    return [*swapped, (TRAINED, filling)]


def train(setup: RegretSetup, filling: str, seed: int, progress: Callable[[str, float], Any]) -> list[Judged]:
    """One training with ``filling`` in the slot, judged by both protocols as far as it belongs to them."""
    environment = {**setup.world, setup.slot: setup.fillings[filling]}
    config = configure(setup.env, setup.agent, environment=environment, seed=seed, steps=setup.steps)
    agent, seconds = learn(config, lambda share: progress(f"training with {filling}", share))
    policy = greedy_policy(agent)
    episodes, every_start = episodes_of(setup.make, EPISODES)
    judged: dict[str, Played] = {}
    rows = []
    for protocol, name in wanted(setup, filling):
        if name not in judged:  # both protocols have the truth's policy play with the truth

            def tell(share: float, name: str = name) -> None:
                progress(f"trained with {filling}, playing with {name}", share)

            shown = setup.fillings[name]
            judged[name] = play_filling(
                setup.make, policy, setup.slot, shown, episodes, EVALUATION_SEED, progress=tell, every_start=every_start
            )
        played = judged[name]
        rows.append(
            Judged(
                agent=setup.agent,
                protocol=protocol,
                filling=name,
                seed=seed,
                steps=setup.steps,
                measure=played.measure,
                metric=round(played.metric, 5),
                mean=round(played.evaluation.mean, 4),
                seconds=seconds,
                fingerprint=setup.fingerprint(name),
                raw=setup.raw,
                setting=setup.setting,
                episodes=episodes,
                others=" ".join(f"{name}={value:.5g}" for name, value in [*played.measures.items()][1:]),
            )
        )
    return rows


def regret_study(
    setup: RegretSetup, seeds: int, path: Path, progress: Callable[[int, str, float], Any] = lambda *_: None
) -> list[Judged]:
    """All trainings of ``setup`` with ``seeds`` seeds each, but for those in ``path``; returns the rows asked for.

    Args:
        path: The CSV, rewritten after each training. Other agents' rows stay.
        progress: Called with the seed, what is being done and the share of it that is done.

    Raises:
        ValueError: too few seeds for an interval, or a CSV of something else.
    """
    check_seeds(seeds)
    rows = read(path)
    for seed in range(seeds):  # filling beside filling, so that a study that is stopped can be compared
        for filling in setup.taught:
            keys = {(setup.agent, protocol, name, seed) for protocol, name in wanted(setup, filling)}
            if {row.key for row in rows if row.key in keys and setup.can_use(row)} == keys:
                continue
            new = train(setup, filling, seed, lambda what, share: progress(seed, what, share))  # noqa: B023
            rows = [row for row in read(path) if row.key not in keys and not setup.has_outlived(row)] + new
            rows.sort(key=lambda row: (row.agent, row.protocol, row.seed, setup.place(row.filling)))
            write_rows(path, Judged, rows)
    return [row for row in rows if row.agent == setup.agent and row.filling in setup.fillings and row.seed < seeds]


def read(path: Path) -> list[Judged]:
    """The rows in a CSV of this study; none if there is no file. ``ValueError`` if it is another file."""
    return read_rows(path, Judged)


def check_seeds(seeds: int) -> None:
    """``ValueError`` for too few of them."""
    if seeds < 2:
        raise ValueError(f"the regret study needs --seeds >= 2, and 3 for its intervals, got {seeds}")
