"""Compiled scalar helpers that environment files share: the decorator, memory, random numbers.

Every function here is a *kernel*: it touches only its arguments, allocates nothing and is compiled by Numba when
an environment first calls it. With ``NUMBA_DISABLE_JIT=1`` it runs as plain Python.

Random numbers are SplitMix64 (Steele, Lea & Flood 2014, *Fast Splittable Pseudorandom Number Generators*): the state
is one 64-bit counter, the output a hash of it, so a stream lives in the field ``rng`` of an environment's record.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.core.registry import CPUDispatcher
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])


class Kernel(CPUDispatcher):
    """Numba's, but compiled for types alone: not anew for each constant that it is called with, such as a colour.

    LLVM, which puts copies of it where it is called, still knows the constants. Without that a picture took two to
    three times as long to compile.
    """

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return super().get_call_template(tuple(map(types.unliteral, args)), {k: types.unliteral(kws[k]) for k in kws})


def compile_kernel(function: Callable, pipeline_class: type | None = None, **options: Any) -> Any:
    """``function`` as a `Kernel`; ``options`` as of ``numba.njit``. With NUMBA_DISABLE_JIT=1 it stays what it is."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    pipeline: dict[str, Any] = {} if pipeline_class is None else {"pipeline_class": pipeline_class}
    return Kernel(function, targetoptions={"nopython": True, "boundscheck": None, **options}, **pipeline)


def kernel(function: Function) -> Function:
    """Compile ``function`` in nopython mode; division by zero follows IEEE 754, as in NumPy, instead of raising."""
    return compile_kernel(function, error_model="numpy", nogil=True)


def inlined(function: Function) -> Function:
    """A `kernel` of which LLVM puts a copy wherever it is called, for what one hot place calls.

    Left to itself LLVM calls a large function, and hands over a long tuple in memory.
    """
    return compile_kernel(function, error_model="numpy", nogil=True, forceinline=True)


# --- Memory: what compiled code can do to a whole array at once ------------------------------------------------------


def compiled_as(instructions: Any, is_check: bool = False) -> Callable[[Function], Function]:
    """Replace a function by the intrinsic ``instructions``, except with NUMBA_DISABLE_JIT=1.

    ``is_check``: it only looks whether its arguments will do; code with bounds checks compiles the function itself.
    """

    def replace(plain: Function) -> Function:
        instructions.in_python, instructions.is_check = plain, is_check  # see `twins.py`
        return plain if numba.config.DISABLE_JIT else instructions  # type: ignore[attr-defined]

    return replace


@intrinsic
def _without_owner(typing_context, array):
    def generate(context, builder, signature, arguments):
        view = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        view.parent = cgutils.get_null_value(view.parent.type)
        return view._getvalue()

    return array(array), generate


def _demand_contiguous(name, array):
    if getattr(array, "layout", "C") != "C":
        raise TypingError(f"{name} needs a C-contiguous array, got {array}")


@intrinsic
def _memset(typing_context, array):
    _demand_contiguous("clear", array)

    def generate(context, builder, signature, arguments):
        view = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        cgutils.memset(builder, view.data, builder.mul(view.itemsize, view.nitems), 0)
        return context.get_dummy_value()

    return types.void(array), generate


@intrinsic
def _memcpy(typing_context, array, source, target, count):
    _demand_contiguous("copy_rows", array)

    def generate(context, builder, signature, arguments):
        view = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        rows = zip(arguments[1:], signature.args[1:], strict=True)
        numbers = [context.cast(builder, value, kind, types.intp) for value, kind in rows]
        pitch = cgutils.unpack_tuple(builder, view.strides)[0]  # bytes per row
        here, there, size = (builder.mul(pitch, number) for number in numbers)
        start = builder.bitcast(view.data, cgutils.voidptr_t)
        here, there = (cgutils.pointer_add(builder, start, offset) for offset in (here, there))
        cgutils.raw_memcpy(builder, there, here, size, 1)
        return context.get_dummy_value()

    return types.void(array, source, target, count), generate


@compiled_as(_without_owner)
def borrow(array):
    """The same array without Numba's reference count, whose atomic updates cost more than a step of CartPole.

    Rows of it are free to take. The caller must hold the array itself for as long as it uses the result.
    """
    return array


@compiled_as(_memset)
def _fill_zero(array):
    array[...] = 0


@compiled_as(_memcpy)
def _move_rows(array, source, target, count):
    array[target : target + count] = array[source : source + count]


@intrinsic
def _memcpy_whole(typing_context, source, target):
    if (source.dtype, source.ndim, source.layout) != (target.dtype, target.ndim, "C") or target.layout != "C":
        raise TypingError(f"copy_array needs two C-contiguous arrays of one dtype and rank, got {source} and {target}")

    def generate(context, builder, signature, arguments):
        here, there = (
            context.make_array(kind)(context, builder, value=value)
            for kind, value in zip(signature.args, arguments, strict=True)
        )
        size = builder.mul(there.itemsize, there.nitems)
        cgutils.raw_memcpy(builder, there.data, here.data, size, 1)
        return context.get_dummy_value()

    return types.void(source, target), generate


@compiled_as(_memcpy_whole)
def _move_all(source, target):
    target[...] = source


@intrinsic(prefer_literal=True)
def _on_the_stack(typing_context, count):
    if not isinstance(count, types.IntegerLiteral):
        raise TypingError(f"scratch needs a constant, got {count}")
    of_array = types.Array(types.float64, 1, "C")

    def generate(context, builder, signature, arguments):
        array = context.make_array(of_array)(context, builder)
        length, width = (context.get_constant(types.intp, number) for number in (count.literal_value, 8))
        data = cgutils.alloca_once(builder, context.get_value_type(types.float64), size=length)
        context.populate_array(array, data=data, shape=[length], strides=[width], itemsize=width, meminfo=None)
        return array._getvalue()

    return of_array(count), generate


@intrinsic
def _no_look_at_rows(typing_context, array, source, target, count):
    return types.void(array, source, target, count), _nothing


@intrinsic
def _no_look_at_shapes(typing_context, source, target):
    return types.void(source, target), _nothing


def _nothing(context, builder, signature, arguments):
    return context.get_dummy_value()


@compiled_as(_no_look_at_rows, is_check=True)
def _demand_rows(array, source, target, count):
    rows = array.shape[0]
    if count < 0 or min(source, target) < 0 or max(source, target) + count > rows:
        raise IndexError("rows to copy lie outside the array")
    if source != target and abs(source - target) < count:  # onto themselves is harmless
        raise ValueError("rows to copy overlap those that they are copied to")


@compiled_as(_no_look_at_shapes, is_check=True)
def _demand_same_shape(source, target):
    if source.shape != target.shape:
        raise ValueError("copy_array between arrays of two shapes")


@compiled_as(_on_the_stack)
def scratch(count):
    """(count,) float64 for the time of one call, of any content and on the stack; ``count`` is a constant."""
    return np.empty(count)


@kernel
def clear(array):
    """Set every element of a C-contiguous array to zero."""
    _fill_zero(array)


@kernel
def copy_rows(array, source, target, count):
    """Copy ``count`` rows, from row ``source`` on, to row ``target`` and on. C-contiguous; the two must not overlap."""
    _demand_rows(array, source, target, count)
    _move_rows(array, source, target, count)


@kernel
def copy_array(source, target):
    """Copy all of ``source`` to ``target``: same shape and dtype, both C-contiguous; the two must not overlap."""
    _demand_same_shape(source, target)
    _move_all(source, target)


@kernel
def repeat_rows(array, first, count, stop):
    """Repeat the ``count`` rows from ``first`` on until row ``stop``; each copy is as large as all before it."""
    done = count
    while first + done < stop:
        copied = min(done, stop - first - done)
        copy_rows(array, first, first + done, copied)
        done += copied


# --- Random numbers: SplitMix64, one stream per record ---------------------------------------------------------------

GAMMA = np.uint64(0x9E3779B97F4A7C15)  # odd, nearest to 2**64 / golden ratio: the counter's increment
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
SHIFT_30, SHIFT_27, SHIFT_31, SHIFT_11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
UNIT = 2.0**-53  # the spacing of the doubles that `uniform` returns


@kernel
def mix(z):
    """Hash 64 bits into 64 bits (Stafford's variant 13, the finaliser of SplitMix64)."""
    z = (z ^ (z >> SHIFT_30)) * MIX_1
    z = (z ^ (z >> SHIFT_27)) * MIX_2
    return z ^ (z >> SHIFT_31)


@kernel
def seed_stream(s, seed):
    """Start the stream of record ``s`` at ``seed`` (uint64). Hashed, so that neighbouring seeds are far apart."""
    s.rng = mix(mix(seed + GAMMA))


@kernel
def uniform(s):
    """The next double of ``s``'s stream, uniform in [0, 1)."""
    s.rng = s.rng + GAMMA
    return (mix(s.rng) >> SHIFT_11) * UNIT


@kernel
def uniform_in(s, low, high):
    """Uniform between low and high (which rounding may reach)."""
    return low + (high - low) * uniform(s)


@kernel
def below(s, n):
    """Uniform integer in 0 … n-1 (bias below n * 2**-53)."""
    return int(uniform(s) * n)


# The normal distribution's curve, cut into 256 layers of equal area: layer i is as wide as EDGES[i] and reaches from
# HEIGHTS[i] to HEIGHTS[i + 1]; the lowest one, 0, also holds the tail beyond TAIL.
TAIL, AREA = 3.6541528853610088, 4.92867323399e-3  # published with the method below; area of a layer under exp(-x²/2)
EDGES = np.zeros(257)
EDGES[0], EDGES[1] = AREA / math.exp(-0.5 * TAIL * TAIL), TAIL
for _i in range(2, 256):
    EDGES[_i] = math.sqrt(-2.0 * math.log(AREA / EDGES[_i - 1] + math.exp(-0.5 * EDGES[_i - 1] ** 2)))
HEIGHTS = np.exp(-0.5 * EDGES * EDGES)
LAYER = np.uint64(255)


@kernel
def gaussian(s):
    """The next number of the normal distribution (mean 0, standard deviation 1) from ``s``'s stream.

    The ziggurat of Marsaglia & Tsang 2000, *The Ziggurat Method for Generating Random Variables*: a random point of a
    random layer, which lies under the curve in 99 of 100 cases without another question. The layer comes from the 8
    lowest bits of a 64-bit number and the point from its 53 highest, which the original shared (Doornik 2005).
    """
    while True:
        s.rng = s.rng + GAMMA
        bits = mix(s.rng)
        layer = np.int64(bits & LAYER)
        x = (2.0 * ((bits >> SHIFT_11) * UNIT) - 1.0) * EDGES[layer]
        if abs(x) < EDGES[layer + 1]:
            return x
        if layer == 0:
            return math.copysign(gaussian_tail(s), x)
        if HEIGHTS[layer] + uniform(s) * (HEIGHTS[layer + 1] - HEIGHTS[layer]) < math.exp(-0.5 * x * x):
            return x


@kernel
def gaussian_tail(s):
    """A number of the normal distribution beyond ``TAIL``, by Marsaglia 1964, *Generating a Variable from the Tail*."""
    while True:
        beyond = -math.log(1.0 - uniform(s)) / TAIL  # 1 - [0, 1): never the logarithm of 0
        if -2.0 * math.log(1.0 - uniform(s)) > beyond * beyond:
            return TAIL + beyond
