"""Sines and cosines of two angles at once: four lanes of one vector, for the price of one.

A cosine is the sine of an angle that is a quarter turn ahead, so that one polynomial serves all four lanes: the sine
between -pi/2 and pi/2, to where each angle is brought by multiples of half a turn (Cody & Waite 1980, *Software Manual
for the Elementary Functions*), whose odd ones turn the sign. The results are within 2 units in the last place of the
exact ones, which is close but not what the C library gives: where its bits are wanted, there is `trigonometry.sin_cos`.
"""

import math

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ..kernels import compiled_as
from .trigonometry import fused_in_python

LARGE = 32.0  # rad: beyond, half turns are counted with too little precision
SHIFTS = (0.0, 0.0, 0.5, 0.5)  # half turns that each lane is ahead
HALF_TURN, HALF_TURN_REST = math.pi, 1.2246467991473532e-16  # rad; pi is the sum, to 107 bits
# sin x = x + x³ (C[0] + C[1] x² + …) between -pi/2 and pi/2: the polynomial of least relative error, 5e-19, that begins
# with the double next to -1/6, as the exchange algorithm of Remez 1934 finds it; 4e-18 when rounded to doubles.
COEFFICIENTS = tuple(
    map(
        float.fromhex,
        (
            "-0x1.5555555555555p-3", "0x1.11111111110ccp-7", "-0x1.a01a01a0153b9p-13", "0x1.71de3a52d7febp-19",
            "-0x1.ae6454f1d402ap-26", "0x1.6123d52826e79p-33", "-0x1.ae45c6497eee7p-41", "0x1.887244cca0ea8p-49",
        ),
    )
)  # fmt: skip
COUNTER = 1.5 * 2.0**52  # added to a small whole number, it leaves the number in the double's last bits


@intrinsic
def _sines_in_lanes(typing_context, a, b):
    def generate(context, builder, signature, arguments):
        lanes = len(SHIFTS)
        double, index = ir.DoubleType(), ir.IntType(32)
        vector, bits = ir.VectorType(double, lanes), ir.VectorType(ir.IntType(64), lanes)
        module = builder.module
        fused = cgutils.get_or_insert_function(module, ir.FunctionType(vector, [vector] * 3), "llvm.fma.v4f64")
        nearest = cgutils.get_or_insert_function(module, ir.FunctionType(vector, [vector]), "llvm.rint.v4f64")

        def fuse(x, y, z):
            return builder.call(fused, [x, y, z])

        def constant(value):
            return ir.Constant(vector, [value] * lanes)

        angle = ir.Constant(vector, ir.Undefined)
        for lane in range(lanes):
            angle = builder.insert_element(angle, arguments[lane % 2], index(lane))
        shift = ir.Constant(vector, list(SHIFTS))
        turns = builder.call(nearest, [fuse(angle, constant(1.0 / math.pi), shift)])
        away = builder.fsub(turns, shift)
        x = fuse(away, constant(-HALF_TURN_REST), fuse(away, constant(-HALF_TURN), angle))
        counted = builder.bitcast(builder.fadd(turns, constant(COUNTER)), bits)
        sign = builder.shl(counted, ir.Constant(bits, [63] * lanes))

        square = builder.fmul(x, x)
        fourth = builder.fmul(square, square)
        eighth = builder.fmul(fourth, fourth)
        c = [constant(value) for value in COEFFICIENTS]
        low = fuse(fuse(c[3], square, c[2]), fourth, builder.fmul(c[1], square))
        high = fuse(fuse(c[7], square, c[6]), fourth, fuse(c[5], square, c[4]))
        cube = builder.fmul(x, square)
        sine = fuse(cube, fuse(high, eighth, low), fuse(cube, c[0], x))  # the large terms last, rounded at their sum
        sine = builder.bitcast(builder.xor(builder.bitcast(sine, bits), sign), vector)
        results = [builder.extract_element(sine, index(lane)) for lane in range(lanes)]
        return context.make_tuple(builder, signature.return_type, results)

    return types.UniTuple(types.float64, len(SHIFTS))(types.float64, types.float64), generate


def _sine_of_lane(angle, shift):
    """The same operations on a single lane."""
    fuse = fused_in_python
    turns = float(round(fuse(angle, 1.0 / math.pi, shift)))
    away = turns - shift
    x = fuse(away, -HALF_TURN_REST, fuse(away, -HALF_TURN, angle))
    square, c = x * x, COEFFICIENTS
    fourth = square * square
    low = fuse(fuse(c[3], square, c[2]), fourth, c[1] * square)
    high = fuse(fuse(c[7], square, c[6]), fourth, fuse(c[5], square, c[4]))
    cube = x * square
    sine = fuse(cube, fuse(high, fourth * fourth, low), fuse(cube, c[0], x))
    return -sine if turns % 2.0 else sine


@compiled_as(_sines_in_lanes)
def sines_and_cosines(a, b):
    """(sin a, sin b, cos a, cos b) of angles between -LARGE and LARGE rad; anything, beyond."""
    return tuple(_sine_of_lane((a, b)[lane % 2], shift) for lane, shift in enumerate(SHIFTS))
