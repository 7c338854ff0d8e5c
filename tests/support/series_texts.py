"""Texts of series as strangers write them, for the tests of their reader and of the commands on top."""

import numpy as np

from ludus.data.series_files import Reading, read_series
from ludus.data.series_load import split_of


def hourly(rows, start="2024-01-01", seed=0):
    """Lines of a CSV: a day's wave in `price` with noise, and `load`, which goes before it by nothing but chance."""
    random = np.random.default_rng(seed)
    times = np.datetime64(start, "m") + np.arange(rows) * np.timedelta64(60, "m")
    price = 40.0 + 10.0 * np.sin(2.0 * np.pi * np.arange(rows) / 24.0) + random.normal(0.0, 2.0, rows)
    load = 1000.0 + 5.0 * price + random.normal(0.0, 60.0, rows)
    lines = [f"{str(t).replace('T', ' ')},{p:.3f},{x:.3f}" for t, p, x in zip(times, price, load, strict=True)]
    return ["time,price,load", *lines]


def read(lines, future=False, note=None, split="", **reading):
    """The series of lines of a CSV called `prices.csv`."""
    told = (lambda text: None) if note is None else note.append
    text = lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode()
    return read_series(text, "prices.csv", Reading(**reading), split_of(split), told, future)


def outcome(do):
    """What ``do()`` gives, or, as a text, the ``ValueError`` that it raises."""
    try:
        return do()
    except ValueError as fault:
        return str(fault)
