"""Squares as the C library's `pow` has them, which rounds about one in a thousand otherwise than ``x * x`` does.

Python's and NumPy's ``x ** 2`` of a single number ask the C library, so a Gymnasium environment that was written that
way keeps its bits only so. As in `trigonometry.py` (Ziv's rounding test), ``x * x`` stands where its exact value is far
enough from the middle between two numbers, and the library decides elsewhere.

How far is enough, in units of the last place: for `pow` of doubles glibc states an error of 0.509, and what its
logarithm adds, which is below 0.002 for squares between 1e-18 and 1e18; of 160 million none was decided otherwise
further than 0.0082 from the middle. Here the library is asked within 0.0122. Of the single-precision numbers up to 2
all were tried: none is decided otherwise further than 0.0017 from the middle, and the library is asked within 0.004.
"""

import math

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ..kernels import compiled_as, kernel
from .trigonometry import fused_multiply_add

MARGIN = 1.025  # what is missing to the exact square is stretched by it: 0.5 / 1.025 = 0.5 - 0.0122
MARGIN_SINGLE = 0.004 * 2.0**-23  # 0.004 of a unit in the last place at least, as a share of the number
SMALLEST, LARGEST = 1e-18, 1e18  # squares between which the margin was found


def _call_power(name, kind):
    """A call of the C library. The exponent comes out of an empty piece of assembly: of a 2 LLVM would make x * x."""

    @intrinsic
    def call(typing_context, base):
        def generate(context, builder, signature, arguments):
            number, bits = (
                (ir.DoubleType(), ir.IntType(64)) if kind is types.float64 else (ir.FloatType(), ir.IntType(32))
            )
            hide = ir.InlineAsm(ir.FunctionType(bits, [bits]), "", "=r,0")
            two = builder.call(hide, [ir.Constant(bits, 1 << (62 if kind is types.float64 else 30))])
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [number, number]), name)
            return builder.call(function, [arguments[0], builder.bitcast(two, number)])

        return kind(kind), generate

    return call


@compiled_as(_call_power("pow", types.float64))
def library_square(x):
    return math.pow(x, 2.0)


@compiled_as(_call_power("powf", types.float32))
def library_square_single(x):
    return x ** np.float32(2.0)


@kernel
def square(x):
    """``math.pow(x, 2.0)`` of a double, to the bit."""
    product = x * x
    missing = MARGIN * fused_multiply_add(x, x, -product)
    if product + missing != product or not SMALLEST < product < LARGEST:  # NaN too
        return library_square(x)
    return product


@kernel
def square_single(x):
    """The C library's ``powf(x, 2)`` of a single-precision number, to the bit."""
    exact = np.float64(x) * np.float64(x)  # 48 of its 53 bits are needed
    doubt = MARGIN_SINGLE * exact
    product = np.float32(exact + doubt)
    if product != np.float32(exact - doubt):
        return library_square_single(x)
    return product
