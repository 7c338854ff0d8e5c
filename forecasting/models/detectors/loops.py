"""Compiled loops of the detectors: how strange a sample is to what was before it, and its rank among the past.

N streams of S samples of C channels; each stream's memory is a row of numbers (float64) that the loops write in place.
Its first number counts samples. A memory may come from a snapshot that somebody made up, so that nothing is an index
before it was bounded. What a loop finds is ``strange`` (N, S, K), K tracks; -1 says that there is no telling yet.
"""

import math

import numpy as np

from ....envs.engine.compile.binding import loop
from ....envs.engine.kernels import kernel

MOST_COUNT = 2.0**52  # samples that a memory counts; beyond it no number would change any more
ROOT_TWO = math.sqrt(2.0)


@kernel
def count_of(number):
    """A count from a memory, whatever stands there."""
    return np.int64(min(max(number, 0.0), MOST_COUNT)) if number == number else np.int64(0)


@loop
def find_gaussian(memory, values, strange, window, step):
    """Standard deviations from the mean of a window, which moves on by ``step`` samples once it is full.

    Memory: count, then mean, deviation and ``window`` values of each channel.
    """
    samples, channels = values.shape[1], values.shape[2]
    for n in range(values.shape[0]):
        row = memory[n]
        for t in range(samples):
            count = count_of(row[0])
            for c in range(channels):
                at = 1 + c * (window + 2)
                x = values[n, t, c]
                strange[n, t, c] = abs(x - row[at]) / row[at + 1] if count > 0 and row[at + 1] > 0.0 else -1.0
                row[at + 2 + count % window] = x
                kept = min(count + 1, window)
                if count < window or (count + 1 - window) % step == 0:
                    total = 0.0
                    for i in range(kept):
                        total += row[at + 2 + i]
                    mean, square = total / kept, 0.0
                    for i in range(kept):
                        square += (row[at + 2 + i] - mean) ** 2
                    row[at], row[at + 1] = mean, max(math.sqrt(square / kept), 1e-6)
            row[0] = count + 1.0


@loop
def find_nearest(memory, values, strange, window, scales):
    """Distance to the nearest of the last ``window`` values, of the means of so many samples as ``scales`` say.

    Memory: count, the latest samples of each channel for the means, ``window`` means of each channel and scale.
    """
    samples, channels, longest = values.shape[1], values.shape[2], scales[scales.shape[0] - 1]
    for n in range(values.shape[0]):
        row = memory[n]
        for t in range(samples):
            count = count_of(row[0])
            past = min(count, window)
            for c in range(channels):
                latest = 1 + c * longest
                row[latest + count % longest] = values[n, t, c]
                for k in range(scales.shape[0]):
                    taken, total = min(count + 1, scales[k]), 0.0
                    for i in range(taken):
                        total += row[latest + (count - i) % longest]
                    track = c * scales.shape[0] + k
                    at, mean, least = 1 + channels * longest + track * window, total / taken, math.inf
                    for i in range(past):
                        least = min(least, abs(row[at + i] - mean))
                    strange[n, t, track] = least if past > 0 else -1.0
                    row[at + count % window] = mean
            row[0] = count + 1.0


@loop
def find_extrapolated(memory, values, strange, weights):
    """Distance to what ``weights`` (L,), the newest sample's first, make of the last L samples.

    Memory: count, L values of each channel.
    """
    samples, channels, past = values.shape[1], values.shape[2], weights.shape[0]
    for n in range(values.shape[0]):
        row = memory[n]
        for t in range(samples):
            count = count_of(row[0])
            for c in range(channels):
                at, expected = 1 + c * past, 0.0
                for i in range(past):
                    expected += weights[i] * row[at + (count + past - 1 - i) % past]
                strange[n, t, c] = abs(values[n, t, c] - expected) if count >= past else -1.0
                row[at + count % past] = values[n, t, c]
            row[0] = count + 1.0


@loop
def find_autoregressive(memory, values, strange, order):
    """Distance to the forecast of an autoregression of changes, whose weights are learned on the way.

    Recursive least squares (Haykin, Adaptive Filter Theory) without forgetting, on changes divided by their mean size.

    Memory: count, then of each channel the last value, the mean size, ``order`` changes (the newest first), as many
    weights, and the inverse of the sum of squares, row by row.
    """
    samples, channels = values.shape[1], values.shape[2]
    gain = np.empty(order)
    for n in range(values.shape[0]):
        row = memory[n]
        for t in range(samples):
            count = count_of(row[0])
            for c in range(channels):
                at = 1 + c * (2 + order * (2 + order))
                past, weight, inverse = at + 2, at + 2 + order, at + 2 + 2 * order
                x, size = values[n, t, c], row[at + 1]
                change, expected = x - row[at], 0.0
                for i in range(order):
                    expected += row[weight + i] * row[past + i]
                strange[n, t, c] = abs(change - expected) if count > order else -1.0
                if count > 0:
                    size += (abs(change) - size) / count
                if count > order and size > 0.0:
                    below = 1.0
                    for i in range(order):
                        gain[i] = 0.0
                        for j in range(order):
                            gain[i] += row[inverse + i * order + j] * row[past + j] / size
                        below += gain[i] * row[past + i] / size
                    if below > 0.0:
                        for i in range(order):
                            row[weight + i] += gain[i] / below * (change - expected) / size
                            for j in range(order):
                                row[inverse + i * order + j] -= gain[i] * gain[j] / below
                for i in range(order - 1, 0, -1):
                    row[past + i] = row[past + i - 1]
                row[past] = change if count > 0 else 0.0
                row[at], row[at + 1] = x, size
            row[0] = count + 1.0


@kernel
def see(row, count, sample, window, length, given):
    """Remember a sample (C,); write the last ``length`` ones, the newest first, as the autoencoder sees them.

    They are measured from the mean of the last ``window`` samples of their channel, in its standard deviations.
    """
    kept = min(count + 1, window)
    for c in range(sample.shape[0]):
        at, total, square = 1 + c * window, 0.0, 0.0
        row[at + count % window] = sample[c]
        for i in range(kept):
            total += row[at + i]
        mean = total / kept
        for i in range(kept):
            square += (row[at + i] - mean) ** 2
        deviation = max(math.sqrt(square / kept), 1e-6)
        for i in range(length):
            given[c * length + i] = (row[at + (count + window - i) % window] - mean) / deviation


@loop
def find_unlike(memory, values, strange, window, length, weights, biases, widths):
    """How badly a network draws the last ``length`` samples again: the root of its mean square error.

    Args:
        weights, biases: Of all layers one after the other, each (out, in) row by row; tanh between them.
        widths: (layers + 1,) of the input, the hidden layers and the output.

    Memory: count, ``window`` values of each channel.
    """
    given, here, there = np.empty(widths[0]), np.empty(widths.max()), np.empty(widths.max())
    for n in range(values.shape[0]):
        row = memory[n]
        for t in range(values.shape[1]):
            count = count_of(row[0])
            see(row, count, values[n, t], window, length, given)
            here[: widths[0]] = given
            first, bias = 0, 0
            for layer in range(widths.shape[0] - 1):
                into, out = widths[layer], widths[layer + 1]
                for i in range(out):
                    total = biases[bias + i]
                    for j in range(into):
                        total += weights[first + i * into + j] * here[j]
                    there[i] = math.tanh(total) if layer < widths.shape[0] - 2 else total
                here[:out] = there[:out]
                first, bias = first + out * into, bias + out
            error = 0.0
            for i in range(widths[0]):
                error += (here[i] - given[i]) ** 2
            strange[n, t, 0] = math.sqrt(error / widths[0]) if count + 1 >= 2 * length else -1.0
            row[0] = count + 1.0


@loop
def windows_seen(memory, values, window, length, seen):
    """What the autoencoder sees of a stream (T, C) after each sample: ``seen`` (T, C x length), in place."""
    for t in range(values.shape[0]):
        see(memory, t, values[t], window, length, seen[t])


@loop
def rank(memory, strange, scores, window, first, wait):
    """Scores (N, S) in [0, 1] from how strange samples are: the strangest track counts.

    The rank among the last ``window`` samples is that of a conformal p-value (Laxhammar & Falkman 2014): of n of them k
    are at least as strange, the score is 1 - (k + 1) / (n + 1). What is stranger than all of them comes closer to 1,
    the more it exceeds the strangest. With ``window`` 0 it is 1 - Q(strange), with Q the tail of the normal
    distribution. For ``wait`` samples after a score only a higher one is told; the others become 0.

    Args:
        first: Samples that have to be remembered before anything is told.

    Memory: count, ``window`` samples of each track, the last ``wait`` scores.
    """
    samples, tracks = strange.shape[1], strange.shape[2]
    for n in range(strange.shape[0]):
        row = memory[n]
        for t in range(samples):
            scores[n, t] = 0.0
            known = True
            for k in range(tracks):
                known = known and strange[n, t, k] >= 0.0
            if not known:
                continue
            count = count_of(row[0])
            kept, best = min(count, window), 0.0
            for k in range(tracks):
                a, at = strange[n, t, k], 1 + k * window
                if window == 0:
                    best = max(best, 1.0 - 0.5 * math.erfc(a / ROOT_TWO))
                    continue
                if kept >= first:
                    alike, most = 0, 0.0
                    for i in range(kept):
                        alike += row[at + i] >= a
                        most = max(most, row[at + i])
                    share = most / (a + most) if alike == 0 and a > 0.0 else 1.0
                    best = max(best, 1.0 - (alike + 1) * share / (kept + 1))
                row[at + count % window] = a
            last = 1 + tracks * window
            before = -1.0
            for i in range(min(count, wait)):
                before = max(before, row[last + i])
            if wait > 0:
                row[last + count % wait] = best
            scores[n, t] = best if best > before else 0.0
            row[0] = count + 1.0
