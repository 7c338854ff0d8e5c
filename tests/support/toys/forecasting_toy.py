"""Small series for tests of forecasting: generated, of a few weeks."""

import numpy as np

from ludus.components.layout import Layout, Part
from ludus.data.series import CALENDAR
from ludus.forecasting.models.forecaster import spaces_of

START = np.datetime64("2020-01-06T00:00", "s")  # a Monday


def layout(lookback=12, horizon=4, targets=1, known=0, calendar=False):
    """A layout of ``targets`` columns a0, a1 …, and ``known`` further ones k0 …, that are known in advance."""
    own = tuple(f"a{i}" for i in range(targets))
    ahead = tuple(f"k{i}" for i in range(known))
    parts = [Part("past", (lookback, targets + known), own + ahead, "1h")]
    if known:
        parts.append(Part("known", (horizon, known), ahead, "1h"))
    if calendar:
        parts.append(Part("calendar", (4,), CALENDAR))
    return Layout(tuple(parts))


def make(kind, horizon=4, targets=1, quantiles=(), lookback=12, known=0, calendar=False, **arguments):
    """A forecaster of the class ``kind`` with such a layout."""
    shape = layout(lookback, horizon, targets, known, calendar)
    output = (horizon, len(quantiles)) if quantiles else (horizon,) if targets == 1 else (horizon, targets)
    return kind(*spaces_of(shape, output), layout=shape.to_json(), quantiles=list(quantiles), **arguments).eval()


def day_ahead_csv(path, days=90, seed=0, noise=0.3):
    """Hourly prices that follow a load that is known in advance; as a CSV with the columns time, price, load."""
    rng = np.random.default_rng(seed)
    hours = np.arange(days * 24)
    load = 10.0 + 3.0 * np.sin(2.0 * np.pi * hours / 24.0) + rng.normal(size=len(hours)).cumsum() * 0.05
    load += rng.normal(size=len(hours))
    price = 20.0 + 2.0 * load + noise * rng.normal(size=len(hours))
    lines = [f"{START + np.timedelta64(int(h), 'h')},{price[h]:.4f},{load[h]:.4f}" for h in hours]
    path.write_text("time,price,load\n" + "\n".join(lines) + "\n")
    return path


def waves_csv(path, rows=600, seed=0, noise=0.05):
    """Two columns without a known one, each a wave with noise; as a CSV with the columns time, a, b."""
    rng = np.random.default_rng(seed)
    x = np.arange(rows)
    a = np.sin(2.0 * np.pi * x / 12.0) + noise * rng.normal(size=rows)
    b = 5.0 + 3.0 * np.cos(2.0 * np.pi * x / 12.0) + noise * rng.normal(size=rows)
    lines = [f"{START + np.timedelta64(int(i), 'h')},{a[i]:.5f},{b[i]:.5f}" for i in x]
    path.write_text("time,a,b\n" + "\n".join(lines) + "\n")
    return path
