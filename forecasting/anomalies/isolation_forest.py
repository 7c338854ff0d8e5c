"""An isolation forest (Liu, Ting & Zhou, ICDM 2008): what a few random cuts set apart is strange. For comparison only.

It sees a whole stream at once, as the benchmarks use it: each row is the last ``WIDTH`` rows of every channel.
"""

import numpy as np

from ...envs.engine.compile.binding import loop

TREES, SAMPLED, WIDTH = 100, 256, 10  # the paper's trees and subsample; rows of a window
BLOCK = 65_536  # windows that lie in memory at a time
EULER = 0.5772156649


def usual_path(count: np.ndarray | float) -> np.ndarray:
    """The mean length of an unsuccessful search in a binary tree of ``count`` points (equation 1 of the paper)."""
    n = np.maximum(np.asarray(count, np.float64), 2.0)
    found = 2.0 * (np.log(n - 1.0) + EULER) - 2.0 * (n - 1.0) / n
    return np.where(np.asarray(count) > 2, found, np.where(np.asarray(count) == 2, 1.0, 0.0))


def grow(points: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
    """A tree over points (n, D): of each node column, cut, first child (the second follows it), and points of a leaf.

    Columns of leaves are -1.
    """
    most = int(np.ceil(np.log2(max(len(points), 2))))
    columns, cuts, children, sizes = [-1], [0.0], [0], [len(points)]
    waiting = [(0, points, 0)]
    while waiting:
        node, own, depth = waiting.pop()
        spread = np.flatnonzero(np.ptp(own, axis=0) > 0.0) if len(own) > 1 else np.array([], np.int64)
        if depth >= most or not len(spread):
            continue
        column = int(generator.choice(spread))
        cut = float(generator.uniform(own[:, column].min(), own[:, column].max()))
        left = own[:, column] <= cut  # not all: the cut lies below the largest value
        columns[node], cuts[node], children[node] = column, cut, len(columns)
        for part in (own[left], own[~left]):
            waiting.append((len(columns), part, depth + 1))
            columns.append(-1)
            cuts.append(0.0)
            children.append(0)
            sizes.append(len(part))
    return np.array(columns), np.array(cuts), np.array(children), np.array(sizes)


@loop
def add_depths(points, columns, cuts, children, beyond, depths):
    """Add the length of each point's way through a tree to ``depths`` (n,); ``beyond`` (nodes,): that below a leaf."""
    for i in range(points.shape[0]):
        node, depth = 0, 0
        while columns[node] >= 0:
            node = children[node] + (points[i, columns[node]] > cuts[node])
            depth += 1
        depths[i] += depth + beyond[node]


def forest_scores(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """(T,) in (0, 1) how strange the rows of a stream (T, C) are among all of it; rows before the first window get its.

    Args:
        seed: Of the samples and the cuts.
    """
    generator, width = np.random.default_rng(seed), min(WIDTH, len(values))
    windows = np.lib.stride_tricks.sliding_window_view(values, width, axis=0)  # (T - width + 1, C, width), no copy
    count, depths = min(SAMPLED, len(windows)), np.zeros(len(windows))
    trees = []
    for _ in range(TREES):
        chosen = windows[generator.choice(len(windows), count, replace=False)]
        columns, cuts, children, sizes = grow(chosen.reshape(count, -1), generator)
        trees.append((columns, cuts, children, usual_path(sizes)))
    for begin in range(0, len(windows), BLOCK):
        block = windows[begin : begin + BLOCK]
        points = np.ascontiguousarray(block.reshape(len(block), -1))
        for tree in trees:
            add_depths(points, *tree, depths[begin : begin + BLOCK])
    scores = 2.0 ** (-depths / TREES / max(float(usual_path(count)), 1e-9))
    return np.concatenate([np.full(width - 1, scores[0]), scores])
