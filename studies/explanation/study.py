"""The sums of explanations over a policy's own play, block by block, each of which stands in a CSV when it is done.

A block is a part of the steps, drawn evenly from all of the play, so that the spread over blocks says how sure a sum
is. A command that was stopped plays again, which takes seconds, and goes on with the blocks that are missing. Rows that
belong to another policy, another play or another way of explaining count as missing.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.explanations.number_policies import number_policy
from ...agents.explanations.own_play import OwnPlay, own_play
from ...agents.runs.player import Player
from ...envs.names import names_of_batch
from ...explain.numbers.checks import Check, check
from ...explain.numbers.policy import GRADIENTS, METHODS, SHAPLEY, NumberPolicy, move
from ...utils.interrupts import Interrupted, watch_signals
from ...utils.wording import did_you_mean
from ..rows import digest, read_rows, write_rows

STEPS, BLOCKS = 10_000, 20
MOST_STEPS = 1_000_000
PAIRS = 1  # of orders, for each step: over so many steps what one gets wrong, another mends
PLAY_SEED = 900_000_017  # other episodes than those of the baseline in `ludus watch`, of training and of evaluation


@dataclass(frozen=True)
class BlockRow:
    """A row of the CSV: an entry in a block of steps; sums over the steps."""

    setting: str  # hash of all that decides it
    block: int
    entry: int
    name: str
    steps: int
    moved: float  # absolute shares
    signed: float  # shares
    changes: float  # steps in which it alone changes the action; of a Box parts of the range
    missing: float  # completeness error, of all entries together
    worst: float  # the largest of these


@dataclass(frozen=True)
class ExplanationSetup:
    """What is asked, checked, and the play that is explained."""

    title: str
    policy: NumberPolicy
    randomised: NumberPolicy  # the same with random weights
    play: OwnPlay
    baseline: np.ndarray  # (D,)
    method: str
    pairs: int
    seed: int

    @property
    def setting(self) -> str:
        """A hash of all that decides the sums: what was seen, what was answered, and how it is explained."""
        rows = self.play.rows
        content = hashlib.sha256(np.ascontiguousarray(rows).tobytes())
        legal = None if self.play.legal is None else self.play.legal[:256]
        content.update(self.policy.answers(rows[:256], legal).tobytes())
        names = [entry.name for entry in self.policy.entries.entries]
        return digest([content.hexdigest(), rows.shape, names, self.method, self.pairs, self.seed, BLOCKS])

    def block(self, number: int) -> np.ndarray:
        """The steps of a block, as numbers of rows of the play."""
        order = np.random.default_rng(self.seed).permutation(len(self.play.rows))
        return np.array_split(order, BLOCKS)[number]


def compose(
    player: Player,
    method: str = SHAPLEY,
    steps: int = STEPS,
    pairs: int = PAIRS,
    seed: int = PLAY_SEED,
    progress: Callable[[str, float], Any] = lambda what, share: None,
) -> ExplanationSetup:
    """Play, and take the mean of what is seen for a baseline.

    Raises:
        ValueError: a policy that is no agent's, or sees no numbers; a method that there is not, or not for it; too few
            or too many steps.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}{did_you_mean(method, METHODS)}")
    if not BLOCKS <= steps <= MOST_STEPS:
        raise ValueError(f"--steps must be {BLOCKS} … {MOST_STEPS:,}, got {steps:,}")
    if pairs < 1:
        raise ValueError(f"--pairs must be 1 or more, got {pairs}")
    agent = getattr(player.policy, "agent", None)
    if agent is None:
        raise ValueError(
            f"{player.name} is a rule of {player.env}, whose reasons stand in its code; give a run, or an environment "
            "for which the zoo has a policy"
        )
    batch = player.make(1)
    names = names_of_batch(batch)
    batch.close()
    policy, _ = number_policy(agent, names)
    if method == GRADIENTS and not policy.has_slopes:
        raise ValueError(f"{player.name} has no gradients with respect to what it sees; take --method {SHAPLEY}")
    play = own_play(
        player.make, player.policy, policy.prepare, steps, seed, player.age, policy.chooses,
        lambda share: progress("playing", share),
    )  # fmt: skip
    random = number_policy(agent, names, random_weights=seed)[0]
    return ExplanationSetup(player.title, policy, random, play, policy.entries.baseline(play.rows), method, pairs, seed)


def explanation_study(
    setup: ExplanationSetup, path: Path, progress: Callable[[str, float], Any] = lambda what, share: None
) -> list[BlockRow]:
    """The sums of all blocks, but for those that stand in ``path`` already; rewritten after each block.

    Raises:
        Interrupted: Ctrl-C or SIGTERM; what is done is saved.
        ValueError: the CSV is another one.
    """
    setting = setup.setting
    rows = [row for row in read_rows(path, BlockRow) if row.setting == setting]
    done = {row.block for row in rows}
    work = _Work()
    with watch_signals(work):
        for block in range(BLOCKS):
            if block not in done:
                rows += _summed(setup, setting, block)
                write_rows(path, BlockRow, rows)
            progress("explaining", (block + 1) / BLOCKS)
            if work.interrupted and block + 1 < BLOCKS:
                raise Interrupted(work.interrupted)
    return sorted(rows, key=lambda row: (row.block, row.entry))


def checks(setup: ExplanationSetup) -> list[Check]:
    """The sanity checks of ``setup``; see ``explain.numbers.checks``."""
    play = setup.play
    return check(setup.policy, setup.randomised, play.rows, setup.baseline, play.legal, setup.method, setup.seed)


def file_of(what: str) -> str:
    """The name of the files, without an ending, for a run's folder or an environment id."""
    name = what if re.search(r"-v\d+$", what) and not Path(what).exists() else Path(what).resolve().name
    return f"explain-{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}"


class _Work:
    interrupted: str | None = None


def _summed(setup: ExplanationSetup, setting: str, block: int) -> list[BlockRow]:
    chosen = setup.block(block)
    play, entries = setup.play, setup.policy.entries.entries
    legal = None if play.legal is None else play.legal[chosen]
    seed = setup.seed * BLOCKS + block
    moved = move(setup.policy, play.rows[chosen], setup.baseline, legal, setup.method, setup.pairs, seed)
    values, missing = moved.shares.values, moved.shares.completeness
    left = [round(float(figure), 9) for figure in (missing.sum(), missing.max())]
    first = BlockRow(setting, block, 0, "", len(chosen), 0.0, 0.0, 0.0, *left)
    sums = zip(np.abs(values).sum(axis=0), values.sum(axis=0), moved.changes.sum(axis=0), strict=True)
    return [
        replace(first, entry=k, name=entries[k].name, moved=float(many), signed=float(signed), changes=float(changes))
        for k, (many, signed, changes) in enumerate(sums)
    ]
