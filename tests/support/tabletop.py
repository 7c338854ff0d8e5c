"""What the tests of small worlds share: transition tables read from our environments and Gymnasium's, and their optima.

A table is ``{(state, action): {(next state, reward, terminated): probability}}``. Ours is read from the compiled step:
every state is set by hand, and the random number that the step will draw is chosen. SplitMix64 is a bijection, so
there is a counter that gives any number that is wanted. Where two neighbouring numbers have different outcomes, their
border is searched by bisection down to the spacing of doubles, 2**-53: the probabilities are exact to a few times that.
"""

from collections import defaultdict

import numpy as np
from stable_baselines3.common.logger import Logger

from ludus.agents.batch_agent import config_from
from ludus.agents.runs.config import preset
from ludus.agents.tabular import Tabular, TabularConfig
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.make import make_batch

NUMBERS = 2**53  # random numbers are whole multiples of 1 / NUMBERS
GAMMA, MIX_1, MIX_2 = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)  # of SplitMix64
MASK = 2**64 - 1
CELLS = 32  # neighbours at first: an outcome that is rarer than 1 / CELLS is still found where it is an end of [0, 1)


def unshift(z, by):
    """The x with x ^ (x >> by) == z, uint64 arrays."""
    x = z.copy()
    for _ in range(64 // by + 1):
        x = z ^ (x >> np.uint64(by))
    return x


def counters(numbers):
    """The record's ``rng`` (uint64) from which the next random number is numbers / 2**53."""
    with np.errstate(over="ignore"):
        z = np.asarray(numbers, np.uint64) << np.uint64(11)
        z = unshift(z, 31) * np.uint64(pow(MIX_2, -1, 2**64))
        z = unshift(z, 27) * np.uint64(pow(MIX_1, -1, 2**64))
        return unshift(z, 30) - np.uint64(GAMMA)


def mixed(z):
    """The hash of SplitMix64."""
    z = ((z ^ (z >> 30)) * MIX_1) & MASK
    z = ((z ^ (z >> 27)) * MIX_2) & MASK
    return z ^ (z >> 31)


class Stream:
    """SplitMix64 in plain Python: the numbers that a record with the counter ``rng`` will draw."""

    def __init__(self, rng):
        self.rng = int(rng)

    @classmethod
    def seeded(cls, seed):
        """That of an environment which was seeded with ``seed``: hashed twice, as `kernels.seed_stream` says."""
        return cls(mixed(mixed((seed + GAMMA) & MASK)))

    def random(self):
        """The next number in [0, 1). Gymnasium's worlds take a ``Stream`` for their generator."""
        self.rng = (self.rng + GAMMA) & MASK
        return (mixed(self.rng) >> 11) / NUMBERS


class Reader:
    """Steps of one environment module from any state with any luck; ``put(records, states)`` sets the states."""

    def __init__(self, module, put, **keywords):
        self.put, self.batch = put, KernelBatch(module, 2**14, autoreset_mode="Disabled", **keywords)
        self.batch.seed_from(0)
        self.clean = self.batch.records.copy()

    def outcomes(self, states, actions, numbers):
        """(n, 3) float64: next state, reward, terminated of each step."""
        batch, found = self.batch, []
        for first in range(0, len(states), batch.num_envs):
            part = slice(first, first + batch.num_envs)
            n = len(states[part])
            batch.records[...] = self.clean
            batch.records["rng"][:n] = counters(numbers[part])
            self.put(batch.records[:n], states[part])
            batch.action_buffer[:] = 0
            batch.action_buffer[:n] = actions[part]
            batch.step_prepared()
            b = batch.buffers
            found.append(np.stack([b.observation[:n], b.reward[:n], b.terminated[:n]], axis=1))
        return np.concatenate(found)

    def table(self, states):
        """The table of all actions in ``states``."""
        pairs = [(state, action) for state in states for action in range(self.batch.action_space.n)]
        edges = np.linspace(0, NUMBERS, CELLS + 1).astype(np.int64)
        owner = np.repeat(np.arange(len(pairs)), CELLS)
        low, high = np.tile(edges[:-1], len(pairs)), np.tile(edges[1:], len(pairs))  # intervals [low, high)
        state_of, action_of = np.array(pairs).T
        share = defaultdict(int)  # numbers of [0, NUMBERS) by (pair, outcome)
        while len(owner):
            s, a = state_of[owner], action_of[owner]
            first, last = self.outcomes(s, a, low), self.outcomes(s, a, high - 1)
            same = (first == last).all(axis=1)
            for i in np.flatnonzero(same):
                share[int(owner[i]), (int(first[i, 0]), float(first[i, 1]), bool(first[i, 2]))] += int(high[i] - low[i])
            owner, low, high = owner[~same], low[~same], high[~same]
            middle = (low + high) // 2
            owner, low, high = np.tile(owner, 2), np.concatenate([low, middle]), np.concatenate([middle, high])
        table = {pair: {} for pair in pairs}
        for (i, outcome), numbers in share.items():
            table[pairs[i]][outcome] = numbers / NUMBERS
        return table


def gymnasiums_table(env):
    """``env.unwrapped.P`` in the same form: equal outcomes added up, impossible ones left out."""
    table = {}
    for state, actions in env.unwrapped.P.items():
        for action, entries in actions.items():
            outcomes = defaultdict(float)
            for probability, target, reward, terminated in entries:
                if probability > 0.0:
                    outcomes[int(target), float(reward), bool(terminated)] += float(probability)
            table[int(state), action] = dict(outcomes)
    return table


def assert_same_table(ours, theirs, tolerance=1e-15):
    """The same states and actions with the same outcomes; ``tolerance`` of each probability.

    Probabilities are sums and differences of doubles below 1 in theirs, multiples of 2**-53 in ours.
    """
    assert ours.keys() == theirs.keys()
    for pair, outcomes in theirs.items():
        assert ours[pair].keys() == outcomes.keys(), pair
        for outcome, probability in outcomes.items():
            assert abs(ours[pair][outcome] - probability) <= tolerance, (pair, outcome, ours[pair][outcome])


def assert_same_borders(reader, env):
    """The random numbers on and next to each border between two outcomes of Gymnasium's table give what they do there.

    Gymnasium takes the first entry up to which the probabilities sum to more than the number.
    """
    cases, expected = [], []
    for state, actions in env.unwrapped.P.items():
        for action, entries in actions.items():
            sums = np.cumsum([entry[0] for entry in entries])
            for border in sums[:-1]:
                for number in range(int(border * NUMBERS) - 1, int(border * NUMBERS) + 2):
                    if 0 <= number < NUMBERS:
                        cases.append((state, action, number))
                        expected.append(entries[int(np.argmax(sums > number / NUMBERS))][1:])
    states, actions, numbers = np.array(cases, np.int64).T
    np.testing.assert_array_equal(reader.outcomes(states, actions, numbers), np.array(expected, float))


class Model:
    """A table as arrays: ``move`` (S, A, S), probabilities of going on to a state, and ``reward`` (S, A), expected."""

    def __init__(self, table, states, actions):
        self.move, self.reward = np.zeros((states, actions, states)), np.zeros((states, actions))
        for (state, action), outcomes in table.items():
            for (target, reward, terminated), probability in outcomes.items():
                self.reward[state, action] += probability * reward
                if not terminated:
                    self.move[state, action, target] += probability

    def optimum(self, limit):
        """(S,) the highest expected return within ``limit`` steps, by a policy that knows the steps left."""
        value = np.zeros(len(self.reward))
        for _ in range(limit):
            value = (self.reward + self.move @ value).max(axis=1)
        return value

    def return_of(self, policy, limit):
        """(S,) the expected return within ``limit`` steps; ``policy`` (S, A) holds probabilities.

        A policy that knows the clock is a function from it to such an array.
        """
        value = np.zeros(len(self.reward))
        for clock in range(limit - 1, -1, -1):
            now = policy(clock) if callable(policy) else policy
            value = (now * (self.reward + self.move @ value)).sum(axis=1)
        return value

    def endless_return_of(self, policy):
        """(S,) the expected return without a time limit of ``policy`` (S, A), which ends for sure from everywhere."""
        move = np.einsum("sa,sat->st", policy, self.move)
        return np.linalg.solve(np.eye(len(move)) - move, (policy * self.reward).sum(axis=1))


def greedy(actions, count):
    """The policy (S, A) that takes ``actions`` (S,)."""
    return np.eye(count)[np.asarray(actions)]


def uniform_policy(states, actions):
    return np.full((states, actions), 1.0 / actions)


def advice(batch, put, states, clock=0):
    """(S,) the heuristic's actions in ``states`` at ``clock``; ``batch`` has as many environments."""
    batch.seed_from(0)
    put(batch.records, np.asarray(states))
    batch.records["clock"] = clock
    return batch.heuristic().copy()


def play(batch, policy, episodes):
    """(returns, lengths, successes) of the first episode of each environment, seeds 0 … N-1; N is ``episodes``."""
    batch.seed_from(0)
    waiting, b = np.ones(episodes, bool), batch.buffers
    found = np.zeros((3, episodes))
    while waiting.any():
        batch.step(policy(batch))
        ended = waiting & (b.terminated | b.truncated)
        for row, column in zip(found, (b.episode_return, b.episode_length, b.episode_success), strict=True):
            row[ended] = column[ended]
        waiting &= ~ended
    return found


def learn_with_preset(id, seed):
    """A table that was learned with the preset of ``id``."""
    values = preset(id, "tabular")
    steps, _ = values.pop("steps"), values.pop("evaluate_every")
    config = config_from(TabularConfig, "tabular", values)
    agent = Tabular(make_batch(id, config.num_envs), config, seed)
    agent.set_logger(Logger(None, []))
    return agent.learn(steps, log_interval=1000)
