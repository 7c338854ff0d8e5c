"""Sine and cosine: the bits of the C library in two thirds of its time (small angles) or half of it (up to 1,000 rad).

A polynomial gives each as a rounded value and what rounding left out. If that remainder is far enough from half a unit
in the last place, every function that is as good as the polynomial rounds to the same value; else the C library
decides. That is the rounding test of Ziv 1991, *Fast evaluation of elementary mathematical functions with correctly
rounded last bit*, used here to agree with a library instead of with the exact value.

How far is enough, in units of the last place: glibc states errors up to 0.518 for the sine and 0.501 for small ones
and the cosine, so the tests keep 0.019 and 0.014 away from a half, and a bound of the polynomial's own error more.
For angles that must be reduced first it goes through the same two functions; of 20 million up to 10,000 rad none was
off by more than 0.516. There the test keeps 0.0215 away from a half, the table's own error (0.001) included.
"""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ..kernels import compiled_as, kernel

SMALL = 0.25  # rad
SINE_MARGIN, COSINE_MARGIN = 1.04, 1.03  # the remainder is stretched by it: 0.5 / 1.04 = 0.5 - 0.019
REST_ERROR = 4 * 2.0**-53  # relative error of the sine's polynomial without its first term: four roundings
# Taylor series: sin x = x + x³ (S3 + S5 x² + …), cos x = 1 - x²/2 + x⁴ (C4 + C6 x² + …). The first terms left out are
# below 2e-21 of the sine and 5e-20.
S3, S5, S7, S9, S11, S13 = (sign / math.factorial(n) for sign, n in zip((-1, 1) * 3, range(3, 14, 2), strict=True))
C4, C6, C8, C10, C12 = (sign / math.factorial(n) for sign, n in zip((1, -1, 1, -1, 1), range(4, 13, 2), strict=True))


def _call_library(name):
    """A call of the C library. Numba's `math.sin` is free of side effects for LLVM, which then calls it in any case."""

    @intrinsic
    def call(typing_context, angle):
        def generate(context, builder, signature, arguments):
            double = ir.DoubleType()
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(double, [double]), name)
            return builder.call(function, arguments)

        return types.float64(types.float64), generate

    return call


@intrinsic
def _fuse(typing_context, a, b, c):
    def generate(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@compiled_as(_call_library("sin"))
def library_sin(angle):
    return math.sin(angle)


@compiled_as(_call_library("cos"))
def library_cos(angle):
    return math.cos(angle)


def fused_in_python(a, b, c):
    """a * b + c with a single rounding."""
    return float(Fraction(a) * Fraction(b) + Fraction(c))


fused_multiply_add = compiled_as(_fuse)(fused_in_python)


@kernel
def sin_cos(angle):
    """(sin, cos) of ``angle`` in rad, equal to ``math.sin`` and ``math.cos``; faster where |angle| < 0.25.

    The sine of a negative zero is a positive one: to keep the sign would cost what the polynomial gains.
    """
    if not abs(angle) < SMALL:  # NaN too
        return library_sin(angle), library_cos(angle)
    square = angle * angle
    rest = angle * square * (S3 + square * (S5 + square * (S7 + square * (S9 + square * (S11 + square * S13)))))
    sin = angle + rest
    low, doubt = SINE_MARGIN * (rest - (sin - angle)), REST_ERROR * rest
    if sin + (low + doubt) != sin or sin + (low - doubt) != sin:
        sin = library_sin(angle)

    half = 0.5 * square
    near = 1.0 - half
    rest = ((1.0 - near) - half) - 0.5 * fused_multiply_add(angle, angle, -square)
    rest += square * square * (C4 + square * (C6 + square * (C8 + square * (C10 + square * C12))))
    cos = near + rest
    if cos + COSINE_MARGIN * (rest - (cos - near)) != cos:
        cos = library_cos(angle)
    return sin, cos


# --- Any angle of a mechanism ----------------------------------------------------------------------------------------
# An angle is a whole number of steps and a rest, x = n · pi/128 + r with |r| <= pi/256: then sin x = S cos r + C sin r,
# cos x = C cos r - S sin r with S, C = sin, cos of n · pi/128 from a table, both to twice the precision. What is added
# to S or C is below 0.0124, so a few terms of the series are enough, and the first product is kept exactly.

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628621")
STEPS = 256  # of a turn
WIDE, NEAR = 1000.0, 1e-7  # rad: largest angle; smallest rest, under which a product's rounding would count
STEP_HIGH = math.pi / 128.0  # rad; a multiple of it, taken from an angle up to WIDE, leaves a double
STEP_LOW = float(PI / 128 - Decimal(STEP_HIGH))  # the rest of pi/128
PER_STEP = 128.0 / math.pi
WIDE_MARGIN = 1.045  # 0.5 / 1.045 = 0.5 - 0.0215
SINGLE_DOUBT = 2.0**-49  # relative error of a cosine that is not summed up with care


def _make_table() -> np.ndarray:
    """(STEPS, 4): sine, what rounding left out of it, cosine, the same, of each multiple of pi/128."""
    table = np.zeros((STEPS, 4))
    with localcontext() as context:
        context.prec = 50
        for n in range(STEPS // 8 + 1):  # up to an eighth of a turn; the others are its mirror images
            angle = PI * n / 128
            series = [Decimal(1)]  # angle^k / k!
            for k in range(1, 40):
                series.append(series[-1] * angle / k)
            sine, cosine = (sum((-1) ** (k // 2) * series[k] for k in range(odd, 40, 2)) for odd in (1, 0))
            parts = [(float(value), float(value - Decimal(float(value)))) for value in (sine, cosine)]
            (s, s_low), (c, c_low) = parts
            for quarter in range(4):
                row = (s, s_low, c, c_low), (c, c_low, -s, -s_low), (-s, -s_low, -c, -c_low), (-c, -c_low, s, s_low)
                other = (c, c_low, s, s_low), (s, s_low, -c, -c_low), (-c, -c_low, -s, -s_low), (-s, -s_low, c, c_low)
                table[n + 64 * quarter] = row[quarter]
                table[(64 - n + 64 * quarter) % STEPS] = other[quarter]
    return table + 0.0  # no negative zeros


TABLE = _make_table()


@kernel
def _reduce(angle):
    """(row of the table, rest r, sin r - r, cos r - 1); the second last holds what is missing to r, too."""
    steps = np.rint(angle * PER_STEP)
    rest = fused_multiply_add(-steps, STEP_HIGH, angle)  # exact
    near = fused_multiply_add(-steps, STEP_LOW, rest)
    low = fused_multiply_add(-steps, STEP_LOW, rest - near)  # near + low is the rest to 100 bits
    square = near * near
    sine_rest = near * square * (S3 + square * (S5 + square * S7)) + low
    cosine_rest = square * (-0.5 + square * (C4 + square * C6))
    return np.uintp(np.int64(steps) & (STEPS - 1)), near, sine_rest, cosine_rest


@kernel
def _add(high, product, missing, rest):
    """(the sum of the four, whether the library may round it otherwise); high is 0 or the largest."""
    first = high + product
    rest = (product - (first - high)) + (missing + rest)
    whole = first + rest
    return whole, whole + WIDE_MARGIN * (rest - (whole - first)) != whole


@kernel
def _sin(row, near, sine_rest, cosine_rest):
    s, s_low, c, c_low = TABLE[row, 0], TABLE[row, 1], TABLE[row, 2], TABLE[row, 3]
    product = c * near
    missing = fused_multiply_add(c, near, -product)
    return _add(s, product, missing, s_low + c_low * near + (s * cosine_rest + c * sine_rest))


@kernel
def sin_and_single_cos(angle):
    """(sin, cos) of ``angle`` in rad, equal to ``math.sin`` and to ``math.cos`` in single precision (float32).

    Half the price of the cosine, for those who only show it: a rounding to 24 bits is hardly ever in doubt.
    """
    if not abs(angle) < WIDE:
        return library_sin(angle), np.float32(library_cos(angle))
    row, near, sine_rest, cosine_rest = _reduce(angle)
    sin, in_doubt = _sin(row, near, sine_rest, cosine_rest)
    if in_doubt or abs(near) < NEAR:
        return library_sin(angle), np.float32(library_cos(angle))
    s, c = TABLE[row, 0], TABLE[row, 2]
    rough = c + (c * cosine_rest - s * (near + sine_rest))  # right to a few units in the last of 53 bits
    cos = np.float32(rough * (1.0 + SINGLE_DOUBT))
    if cos != np.float32(rough * (1.0 - SINGLE_DOUBT)):
        cos = np.float32(library_cos(angle))
    return sin, cos
