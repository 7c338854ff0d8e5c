"""The wear of Maintenance: a gamma process, its increments, their distribution, and what that makes of a repair's time.

A stationary gamma process (Abdel-Hameed 1975; van Noortwijk 2009, *A survey of the application of gamma processes in
maintenance*): what is added in an hour is gamma distributed, independent of all before, with the mean ``rate`` and the
variance ``rate * spread**2``. So the shape for an hour is ``rate / spread**2`` and the scale ``spread**2``.
"""

import math

from ...engine.kernels import gaussian, kernel, uniform

HALF_LOG_TURN = 0.5 * math.log(2.0 * math.pi)
FROM = 10.0  # from here on Stirling's series has an error below 1e-13
TINY, CLOSE = 1e-300, 1e-14
MOST_TERMS = 10_000


@kernel
def draw_gamma(s, shape):
    """A number of the gamma distribution of this shape and the scale 1; 0 for the shape 0.

    Marsaglia & Tsang 2000, *A Simple Method for Generating Gamma Variables*; below the shape 1 a number of the shape
    plus 1 times a power of a uniform one, as they advise.
    """
    if shape <= 0.0:
        return 0.0
    d = (shape + 1.0 if shape < 1.0 else shape) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = gaussian(s)
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = 1.0 - uniform(s)  # never 0
        if u < 1.0 - 0.0331 * x * x * x * x or math.log(u) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            break
    if shape < 1.0:
        return d * v * math.exp(math.log(1.0 - uniform(s)) / shape)
    return d * v


@kernel
def log_gamma(x):
    """The logarithm of the gamma function of x > 0: Stirling's series, from ``FROM`` on, and its recurrence below."""
    product = 1.0
    while x < FROM:
        product *= x
        x += 1.0
    z = 1.0 / (x * x)
    series = (1.0 / 12.0 - z * (1.0 / 360.0 - z * (1.0 / 1260.0 - z * (1.0 / 1680.0 - z / 1188.0)))) / x
    return (x - 0.5) * math.log(x) - x + HALF_LOG_TURN + series - math.log(product)


@kernel
def gamma_cdf(x, shape):
    """The chance that a gamma variable of this shape (> 0) and the scale 1 is at most x.

    The power series below the mean, the continued fraction above it, by Lentz's method (NIST Digital Library of
    Mathematical Functions, 8.11.4 and 8.9.2).
    """
    if x <= 0.0:
        return 0.0
    front = math.exp(shape * math.log(x) - x - log_gamma(shape))
    if x < shape + 1.0:
        term = total = 1.0 / shape
        for k in range(1, MOST_TERMS):
            term *= x / (shape + k)
            total += term
            if term < total * CLOSE:
                break
        return min(front * total, 1.0)
    b = x + 1.0 - shape
    c, d = 1.0 / TINY, 1.0 / b
    fraction = d
    for k in range(1, MOST_TERMS):
        a = k * (shape - k)
        b += 2.0
        d = a * d + b
        d = 1.0 / (d if abs(d) > TINY else TINY)
        c = b + a / c
        c = c if abs(c) > TINY else TINY
        fraction *= c * d
        if abs(c * d - 1.0) < CLOSE:
            break
    return max(1.0 - front * fraction, 0.0)


@kernel
def chance_below(wear, hours, rate, spread):
    """The chance that what so many ``hours`` (> 0) of running add is below ``wear``."""
    return gamma_cdf(wear / (spread * spread), hours * rate / (spread * spread))
