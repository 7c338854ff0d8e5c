"""The policies of Sorter: the reference, the baseline that tells kinds by their means, and one that asks in doubt."""

import numpy as np

from ...engine.kernels import kernel
from .constants import OTHER_ROUTES, ROUNDS, ROUNDS_SEEN, SLOW, SPEEDS
from .rules import jam_probability, speed_of


@kernel
def nearest_mean(world, raw, out):
    """The kind whose mean training image is the nearest, one-hot."""
    best, least = 0, np.inf
    height, width, channels = raw.shape
    for k in range(world.means.shape[0]):
        distance = 0.0
        for row in range(height):
            for column in range(width):
                for channel in range(channels):
                    difference = raw[row, column, channel] - world.means[k, row, column, channel]
                    distance += difference * difference
        if distance < least:
            best, least = k, distance
    for k in range(out.shape[0]):
        out[k] = k == best


@kernel
def best_speed(s):
    """The belt with the lowest cost of a passage, see Optimum."""
    best, least = SLOW, np.inf
    for belt in range(SPEEDS):
        speed = speed_of(s, belt)
        jam = jam_probability(s, speed, 0) * (s.jam_cost + s.wage * s.jam_time)
        cost = s.wage / speed + s.energy * speed * speed + jam
        if cost < least:
            best, least = belt, cost
    return best


@kernel
def heuristic(s, world, out):
    """The optimum for whoever knows the kinds."""
    out[0] = s.label + (s.right.shape[0] + OTHER_ROUTES) * best_speed(s)


def price_of_trust(parameters):
    """The confidence from which on a chute is worth more than a hand, of parameters {name: value or (N,)}.

    A chute earns 1 with the chance p that the slot gives its kind, and costs ``wrong_cost`` else; a hand costs
    ``reject_cost``: the rule of Chow 1970, *On optimum recognition error and reject tradeoff*. It is the best one if
    the slot is calibrated.
    """
    wrong = parameters["wrong_cost"]
    return (wrong - parameters["reject_cost"]) / (1.0 + wrong)


def route_by_confidence(view, threshold, rounds=0, read=None):
    """Actions (N,) int64: a chute where the slot's confidence is ``threshold`` or more, else by hand.

    Args:
        view: A ``PolicyView``.
        threshold: 0 … 1, for all or (N,).
        rounds: How often an item is sent round again before a hand takes it, 0 … 3.
        read: From what the slot estimates, (N, K), to probabilities; as they are by default.
    """
    if not 0 <= rounds <= ROUNDS_SEEN:
        raise ValueError(f"an item is seen to have been round up to {ROUNDS_SEEN} times, got rounds={rounds}")
    p = view.estimate("perception")
    kinds = p.shape[1]
    p = p if read is None else read(p)
    seen = np.rint(view.observation["state"][:, ROUNDS] * ROUNDS_SEEN)
    doubtful = np.where(seen < rounds, kinds + 1, kinds)
    route = np.where(p.max(axis=1) >= threshold, p.argmax(axis=1), doubtful)
    return route + (kinds + OTHER_ROUTES) * cheapest_speeds(view.parameters)


def cheapest_speeds(parameters):
    """(N,) the belt with the lowest cost of a passage with an empty loop, see Optimum."""
    cost = []
    for name in ("speed_slow", "speed_normal", "speed_fast"):
        speed, fast = parameters[name], parameters["speed_fast"]
        jam = np.minimum(parameters["jam_chance"] * (speed / fast) ** 2, 1.0)
        pass_cost = parameters["wage"] / speed + parameters["energy"] * speed**2
        cost.append(pass_cost + jam * (parameters["jam_cost"] + parameters["wage"] * parameters["jam_time"]))
    return np.argmin(cost, axis=0)
