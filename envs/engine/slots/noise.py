"""Random numbers of fillings: functions of keys alone, so that they take nothing from the simulation's own stream."""

from typing import Any

import numpy as np

from ..kernels import GAMMA, UNIT, mix

hash_of = getattr(mix, "py_func", mix)  # the kernel's own code serves arrays as well


def uniform(key: np.ndarray, number: Any) -> np.ndarray:
    """The sample ``number`` (one or an array) of each ``key``, in [0, 1): SplitMix64 from there."""
    steps = np.atleast_1d(np.asarray(number, np.uint64)) + np.uint64(1)
    return (hash_of(key + steps * GAMMA) >> np.uint64(11)) * UNIT


def salt_of(name: str) -> np.uint64:
    """What tells the noise of a slot from that of another one."""
    return np.uint64(sum(ord(letter) << (8 * (i % 7)) for i, letter in enumerate(name)))


def normal_of(samples: np.ndarray) -> np.ndarray:
    """(…) standard normal numbers from uniform ones (2, …); Box & Muller 1958."""
    return np.sqrt(-2.0 * np.log1p(-samples[0])) * np.cos(2.0 * np.pi * samples[1])


def standard_normal(name: str, keys: int, size: int) -> np.ndarray:
    """(keys, size) standard normal numbers that depend on the slot's name, the key and the place alone."""
    key = hash_of(np.arange(keys, dtype=np.uint64) + hash_of(np.full(keys, salt_of(name))))
    numbers = np.arange(2 * size, dtype=np.uint64).reshape(2, 1, size)
    return normal_of(uniform(key[:, None], numbers))
