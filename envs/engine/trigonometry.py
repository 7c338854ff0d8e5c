"""Sine and cosine of small angles: the bits of the C library in two thirds of its time.

A polynomial gives each as a rounded value and what rounding left out. If that remainder is far enough from half a unit
in the last place, every function that is as good as the polynomial rounds to the same value; else the C library
decides. That is the rounding test of Ziv 1991, *Fast evaluation of elementary mathematical functions with correctly
rounded last bit*, used here to agree with a library instead of with the exact value.

How far is enough, in units of the last place: glibc states errors up to 0.518 for the sine and 0.501 for small ones
and the cosine, so the tests keep 0.019 and 0.014 away from a half, and a bound of the polynomial's own error more.
"""

import math
from fractions import Fraction

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .kernels import compiled_as, kernel

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


@compiled_as(_fuse)
def fused_multiply_add(a, b, c):
    """a * b + c with a single rounding."""
    return float(Fraction(a) * Fraction(b) + Fraction(c))


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
