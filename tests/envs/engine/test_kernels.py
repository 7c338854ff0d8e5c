"""The compiled helpers: random numbers in range and unbiased."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine import kernels

MASK = 2**64 - 1
fast = settings(max_examples=150, deadline=None, derandomize=True, database=None)
# Compiled functions take records as they stand in an array of them.
STREAM = np.dtype([("rng", "u8")])


def stream(state=0):
    records = np.zeros(1, STREAM)
    records["rng"] = state
    return records[0]


def splitmix64(state):
    """The next state and output, from the paper, on Python's integers."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, z ^ (z >> 31)


def test_inlined_kernels_are_copied_into_their_callers():
    """LLVM is told to; of a plain kernel it decides by its size."""

    def triple(x):
        return 3.0 * x

    inlined, plain = kernels.inlined(triple), kernels.kernel(triple)
    for function, forced in ((inlined, True), (plain, False)):
        assert function(2.5) == 7.5
        (code,) = function.inspect_llvm().values()
        assert ("alwaysinline" in code) == forced
    assert inlined.targetoptions["error_model"] == "numpy"
    assert inlined.targetoptions["nogil"]


# --- Random numbers --------------------------------------------------------------------------------------------------


def test_splitmix64_gives_the_published_numbers():
    """The first outputs for the seed 1234567, as many implementations list them."""
    state, outputs = 1234567, []
    for _ in range(3):
        state, output = splitmix64(state)
        outputs.append(output)
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@fast
@given(st.integers(0, MASK))
def test_uniform_is_splitmix64_in_the_unit_interval(state):
    s = stream(state)
    for _ in range(3):
        state, output = splitmix64(state)
        value = kernels.uniform(s)
        assert value == (output >> 11) / 2**53
        assert 0.0 <= value < 1.0
        assert int(s["rng"]) == state


@fast
@given(st.integers(0, MASK), st.floats(-1e100, 1e100), st.floats(0.0, 1e100))
def test_uniform_in_stays_in_its_range(state, low, width):
    value = kernels.uniform_in(stream(state), low, low + width)
    assert low <= value <= low + width  # the upper end by rounding only


@fast
@given(st.integers(0, MASK), st.integers(1, 2**53))
def test_below_stays_below(state, n):
    value = kernels.below(stream(state), n)
    assert isinstance(value, int)
    assert 0 <= value < n


def unmix(z):
    """The input of ``mix`` that gives ``z``: each of its steps can be undone."""
    z ^= (z >> 31) ^ (z >> 62)
    z = (z * pow(0x94D049BB133111EB, -1, 2**64)) & MASK
    z ^= (z >> 27) ^ (z >> 54)
    z = (z * pow(0xBF58476D1CE4E5B9, -1, 2**64)) & MASK
    return z ^ (z >> 30) ^ (z >> 60)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 144, 1023, 1025, 10**6 + 1, 2**31 - 1, 2**52 + 1, 2**53])
def test_below_stays_below_at_the_largest_uniform_number(n):
    before = (unmix(MASK) - 0x9E3779B97F4A7C15) & MASK
    assert kernels.uniform(stream(before)) == 1.0 - 2.0**-53
    assert kernels.below(stream(before), n) == n - 1


@pytest.mark.parametrize("n", [2, 3, 6, 10, 144])
def test_below_is_unbiased(n):
    s, counts = stream(42), np.zeros(n)
    for _ in range(200 * n):
        counts[kernels.below(s, n)] += 1
    statistic = ((counts - 200) ** 2 / 200).sum()
    freedom = n - 1
    assert statistic < freedom + 4 * math.sqrt(2 * freedom) + 6  # beyond once in 10,000; the seed is fixed


def test_streams_of_neighbouring_seeds_are_unrelated():
    numbers = np.zeros((200, 50))
    for seed in range(200):
        s = stream()
        kernels.seed_stream(s, np.uint64(seed))
        numbers[seed] = [kernels.uniform(s) for _ in range(50)]
    assert len(np.unique(numbers)) == numbers.size
    correlations = np.corrcoef(numbers)[np.triu_indices(200, 1)]
    assert abs(correlations.mean()) < 0.005  # 20,000 pairs of standard deviation 1/7
    assert abs(numbers.mean() - 0.5) < 0.012  # four standard errors
    histogram = np.histogram(numbers[:, 0], 10, (0, 1))[0]  # the first number of each stream: 20 in each tenth
    assert ((histogram - 20) ** 2 / 20).sum() < 33.7


def bits_next(bits):
    """A stream whose next 64-bit number is ``bits``."""
    return stream((unmix(bits) - 0x9E3779B97F4A7C15) & MASK)


def test_layers_of_the_ziggurat_have_equal_areas_and_fill_the_curve():
    edges, heights = kernels.EDGES, kernels.HEIGHTS
    areas = edges[1:256] * (heights[2:] - heights[1:256])
    np.testing.assert_allclose(areas, kernels.AREA, rtol=1e-9)  # the last one too: the top is at height 1
    tail = math.sqrt(math.pi / 2) * math.erfc(kernels.TAIL / math.sqrt(2))
    assert kernels.TAIL * heights[1] + tail == pytest.approx(kernels.AREA, rel=1e-9)
    assert (np.diff(edges) < 0).all()


@pytest.mark.parametrize(
    ("layer", "share", "expected"),
    [(5, 0.5, 0.0), (5, 0.75, 0.5 * kernels.EDGES[5]), (5, 0.25, -0.5 * kernels.EDGES[5]), (0, 0.5, 0.0)],
)
def test_a_point_well_inside_its_layer_is_taken_from_one_number(layer, share, expected):
    bits = (int(share * 2**53) << 11) | layer
    s = bits_next(bits)
    assert kernels.gaussian(s) == expected
    assert int(s["rng"]) == (unmix(bits)) & MASK


def test_a_point_of_the_lowest_layer_beyond_its_edge_is_in_the_tail():
    for sign, share in ((1.0, 1.0 - 2**-53), (-1.0, 0.0)):
        s = bits_next(int(share * 2**53) << 11)
        twin = stream(unmix(int(share * 2**53) << 11))
        assert kernels.gaussian(s) == sign * kernels.gaussian_tail(twin)
        assert int(s["rng"]) == int(twin["rng"])


def test_the_tail_has_the_shape_of_the_normal_distribution():
    s, n = stream(3), 20_000
    x = np.array([kernels.gaussian_tail(s) for _ in range(n)])
    assert x.min() >= kernels.TAIL
    for limit in (3.8, 4.0, 4.3):
        share = math.erfc(limit / math.sqrt(2)) / math.erfc(kernels.TAIL / math.sqrt(2))
        assert abs((x > limit).mean() - share) < 4 * math.sqrt(share / n)


def test_gaussian_numbers_have_the_moments_and_the_tails_of_the_normal_distribution():
    s, n = stream(7), 200_000
    z = np.array([kernels.gaussian(s) for _ in range(n)])
    # Four standard errors each; the seed is fixed.
    assert abs(z.mean()) < 4 * math.sqrt(1 / n)
    assert abs(z.var() - 1.0) < 4 * math.sqrt(2 / n)
    assert abs((z**3).mean()) < 4 * math.sqrt(15 / n)
    assert abs((z**4).mean() - 3.0) < 4 * math.sqrt(96 / n)
    for limit in (0.5, 1.0, 2.0, 3.0, kernels.TAIL, 4.0):
        share = math.erfc(limit / math.sqrt(2)) / 2  # beyond it on one side
        assert abs((z > limit).mean() - share) < 4 * math.sqrt(share / n)
        assert abs((z < -limit).mean() - share) < 4 * math.sqrt(share / n)
    # In 200 cells of equal probability: a wrong layer shows here.
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z])
    counts = np.histogram(below, 200, (0, 1))[0]
    assert ((counts - n / 200) ** 2 / (n / 200)).sum() < 199 + 4 * math.sqrt(2 * 199)
    # A number and the next have nothing in common, nor have their sizes.
    for one, other in ((z[:-1], z[1:]), (z[:-1] ** 2, z[1:] ** 2)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(n)


def test_copy_array_refuses_what_is_no_plain_copy():
    @kernels.kernel
    def copy(source, target):
        kernels.copy_array(source, target)

    target = np.zeros((3, 2), np.uint8)
    copy(np.arange(6, dtype=np.uint8).reshape(3, 2), target)
    assert target.tolist() == [[0, 1], [2, 3], [4, 5]]
    for source in (np.zeros((3, 2), np.float32), np.zeros(6, np.uint8), np.zeros((3, 4), np.uint8)[:, ::2]):
        with pytest.raises(numba.TypingError, match="copy_array needs two C-contiguous arrays of one dtype and rank"):
            copy(source, target)
