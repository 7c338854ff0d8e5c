"""Agents' policies handed to `explain`: the names of the numbers that they see, and the answers.

What is explained is what an agent acts by: of `pqn`, `tabular` and `dqn` the value of the chosen action, of actor and
critic in Discrete actions its probability, in a Box the component of the action that is largest for its range, before
it is clipped: a wheel at full speed would else be moved by nothing.
"""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import torch
from gymnasium import spaces

from ...explain.attribution import randomise
from ...explain.numbers.entries import Entries, Entry, Factors, cells_of, factors_of, joined, numbers_of
from ...explain.numbers.policy import ACTION, PROBABILITY, VALUE, NumberPolicy
from ..acting_graph import ActingGraph, make_graph
from ..tabular import Tabular

STATE = "state"  # key of the ordinary observation beside slots; its entries need no other name
MOST_CELLS = 1_024  # of a board; more of them are pixels, and no cell means anything


def number_policy(
    agent: Any, names: Mapping[str, Mapping[str, str]], random_weights: int | None = None
) -> tuple[NumberPolicy, Factors | None]:
    """The policy of ``agent`` as one that sees numbers, and what a Discrete observation is made of.

    Args:
        names: {key: {name: unit}} of its observation, see ``envs.names.names_of_batch``.
        random_weights: The seed of weights that it has instead of its own; a table has its own in another order.

    Raises:
        ValueError: there is no such policy: it sees pictures, or acts in several components at once.
    """
    graph = make_graph(agent)
    if random_weights is not None:
        _forget(graph, random_weights)
    view = getattr(graph, "view", None)
    space = agent.batch.observation_space
    if view is not None:
        side = 2 * view.radius + 1
        space = spaces.Box(0, 255, (side, side, space.shape[2] + 1), np.uint8)
    if isinstance(space, spaces.Discrete):
        name = next(iter(names.get("", {})), "")
        return _of_discrete(agent, graph, factors_of(name, int(space.n)), int(space.start))
    parts = dict(space.items()) if isinstance(space, spaces.Dict) else {"": space}
    entries, board = _entries(parts, names)

    def prepare(observation: Any) -> np.ndarray:
        if view is not None:
            with torch.no_grad():
                observation = graph.seen(torch.as_tensor(np.asarray(observation)))
        of = observation if isinstance(observation, dict) else {"": observation}
        rows = [np.asarray(of[key], np.float32).reshape(len(of[key]), -1) for key in parts]
        return np.concatenate(rows, axis=1)

    def seen(x: torch.Tensor) -> Any:
        sizes = [prod(part.shape or ()) for part in parts.values()]
        pieces = dict(zip(parts, x.split(sizes, dim=1), strict=True))
        shaped = {key: piece.reshape(-1, *(parts[key].shape or ())) for key, piece in pieces.items()}
        return shaped if isinstance(space, spaces.Dict) else shaped[""]

    return _policy(agent, graph, Entries(joined(entries), board=board), prepare, seen), None


def _forget(graph: ActingGraph, seed: int) -> None:
    table = getattr(graph, "table", None)
    if isinstance(table, torch.Tensor):
        order = torch.randperm(table.numel(), generator=torch.Generator().manual_seed(seed))
        table.copy_(table.flatten()[order].reshape(table.shape))
    else:
        randomise(graph, seed)


def _entries(parts: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> tuple[list[Entry], Any]:
    entries: list[Entry] = []
    board, place = None, 0
    for key, part in parts.items():
        prefix = "" if key in ("", STATE) else key
        shape: tuple[int, ...] = part.shape or ()
        if len(shape) == 3:
            if shape[0] * shape[1] > MOST_CELLS:
                raise ValueError(f"it sees a picture of {shape[0]} x {shape[1]} pixels, and no numbers that have names")
            cells, board = cells_of(shape, prefix, place, len(entries))
            entries += cells
        else:
            named = names.get(key, {})
            if len(shape) == 2 and len(named) == shape[1]:  # rows of things, each of the same numbers
                named = {f"row {k + 1}: {name}": unit for k in range(shape[0]) for name, unit in named.items()}
            entries += numbers_of(named, prod(shape), prefix, place)
        place += prod(shape)
    return entries, board


def _of_discrete(agent: Any, graph: ActingGraph, factors: Factors, start: int) -> tuple[NumberPolicy, Factors]:
    entries = tuple(Entry(name, "", (k,)) for k, name in enumerate(factors.names))

    def prepare(observation: Any) -> np.ndarray:
        return factors.split(np.asarray(observation).reshape(-1) - start)

    def seen(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(factors.join(x.numpy()) + start)

    return _policy(agent, graph, Entries(entries, whole=True), prepare, seen), factors


def _policy(agent: Any, graph: ActingGraph, entries: Entries, prepare: Any, seen: Any) -> NumberPolicy:
    space: Any = agent.batch.action_space
    acts = isinstance(space, spaces.Box)

    def answer(x: torch.Tensor, legal: torch.Tensor | None) -> torch.Tensor:
        said = graph.answer(seen(x))
        if acts:
            return graph.meant(said).flatten(1)
        if not graph.likely:
            return said
        return (said if legal is None else graph.masked(said, legal)).softmax(dim=1)

    says = ACTION if acts else PROBABILITY if graph.likely else VALUE
    has_slopes = not isinstance(agent, Tabular) and not entries.whole
    ends = (space.low.ravel(), space.high.ravel()) if acts else (None, None)
    return NumberPolicy(entries, says, prepare, answer, has_slopes, agent.uses_mask, *ends)
