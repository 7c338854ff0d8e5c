"""Speech: an utterance with its values in it, and what is heard of it where words get lost, swapped or misspelt."""

import numpy as np

from ...engine.kernels import GAMMA, SHIFT_11, UNIT, inlined, kernel, mix, scratch
from .constants import COUNTS, FIRST, PRICE, SLOT_COUNT, TEXT

SPACE, LOST_SIGN = 32, 95  # of ASCII, as the following letters
ARTICLE = SLOT_COUNT + 2  # the mark of a word's article; those of values are 1 … 4
LETTERS = 26
A, N = 97, 110
SHORTEST = 3  # letters of a word that can be misspelt; a shorter one is lost
VALUE = 256  # marks the bytes of a value
LOST, OTHER, MISSPELT, FATES = range(4)  # what becomes of a word that is not heard right
SWAPPED, MISSING = range(2)  # of misspelt ones; else a letter is another one


@kernel
def hashed(seed, number):
    """Sample ``number`` of the stream that begins at ``seed``, in [0, 1); see `engine/kernels.py`."""
    return (mix(seed + np.uint64(number + 1) * GAMMA) >> SHIFT_11) * UNIT


@kernel
def is_vowel(letter):
    return letter == 97 or letter == 101 or letter == 105 or letter == 111 or letter == 117


@inlined
def say(world, template, values, out):
    """Write a template with ``values`` (3,), codes, into ``out`` (256,); the number of its bytes.

    To the bytes of a value VALUE is added, once for each of its kind's number from 1 on.
    """
    most, length = out.shape[0], 0
    for at in range(world.starts[template], world.starts[template + 1]):
        byte = int(world.text[at])
        if byte == ARTICLE:
            out[length] = A
            length += 1
            # The word behind it is a value, or the template's own.
            letter = int(world.text[at + 2])
            if letter <= SLOT_COUNT + 1:
                letter = world.spoken[letter - 1, int(values[min(letter - 1, PRICE)]), 0]
            if is_vowel(letter):
                out[length] = N
                length += 1
        elif byte <= SLOT_COUNT + 1:
            kind = byte - 1
            for k in range(world.spoken.shape[2]):
                letter = int(world.spoken[kind, int(values[min(kind, PRICE)]), k])
                if letter != 0 and length < most:
                    out[length] = VALUE * (1 + kind) + letter
                    length += 1
        else:
            out[length] = byte
            length += 1
        if length >= most - 2:
            break
    return length


@inlined
def hear(world, template, values, speech, level, mark, out):
    """Write what is heard of an utterance into ``out`` (257,), from place 1 on; where it ends.

    Each word is misheard with the chance ``level``. Then it is lost, or it is another one (of a value the whole is
    another value of its slot), or one of its letters is swapped with the next, missing, or another one; each as likely.
    All of it follows from ``speech``.

    Args:
        template: Its number; ``values`` (3,) are codes.
        mark: Added to each byte of a misheard word; if it is none, a lost word leaves a LOST_SIGN with it.
    """
    said = scratch(256)
    length = say(world, template, values, said)
    end, begin, number = TEXT, 0, 0
    while begin < length:
        stop = begin
        while stop < length and said[stop] % VALUE != SPACE:
            stop += 1
        if stop > begin:
            seed = mix(speech + np.uint64(number))
            fate = int(hashed(seed, 1) * FATES) if hashed(seed, 0) < level else FATES
            if fate == MISSPELT and stop - begin < SHORTEST:
                fate = LOST
            kind = int(said[begin]) // VALUE - 1
            if fate != LOST or mark:
                end = put(out, end, SPACE) if end > TEXT else end
            if fate == OTHER and kind >= 0:
                while stop < length and said[stop] >= VALUE:
                    stop += 1
                end = hear_value(world, kind, int(values[min(kind, PRICE)]), seed, mark, out, end)
            elif fate == OTHER:
                end = hear_other(world, seed, mark, out, end)
            elif fate == LOST:
                end = put(out, end, LOST_SIGN + mark) if mark else end
            else:
                end = hear_word(said, begin, stop, fate, seed, mark, out, end)
            number += 1
        begin = stop + 1
    return end


@kernel
def hear_value(world, kind, code, seed, mark, out, end):
    """Write another value of this kind behind ``end``; the new end."""
    slot = min(kind, PRICE)
    there = COUNTS[slot] - FIRST
    other = FIRST + (code - FIRST + 1 + int(hashed(seed, 2) * (there - 1))) % there
    for k in range(world.spoken.shape[2]):
        if world.spoken[kind, other, k] != 0:
            end = put(out, end, int(world.spoken[kind, other, k]) + mark)
    return end


@kernel
def hear_other(world, seed, mark, out, end):
    """Write any word behind ``end``; the new end."""
    word = int(hashed(seed, 2) * world.words.shape[0])
    for k in range(world.words.shape[1]):
        if world.words[word, k] != 0:
            end = put(out, end, int(world.words[word, k]) + mark)
    return end


@kernel
def hear_word(said, begin, stop, fate, seed, mark, out, end):
    """Write the word ``said[begin:stop]`` behind ``end``, perhaps misspelt; the new end."""
    wrong = begin + int(hashed(seed, 2) * (stop - begin - 1)) if fate == MISSPELT else stop
    way = int(hashed(seed, 3) * FATES)
    for k in range(begin, stop):
        letter = int(said[k]) % VALUE
        if way == SWAPPED and k == wrong:
            letter = int(said[k + 1]) % VALUE
        elif way == SWAPPED and k == wrong + 1:
            letter = int(said[k - 1]) % VALUE
        elif way == MISSING and k == wrong:
            continue
        elif k == wrong:
            letter = A + int(hashed(seed, 4) * LETTERS)
        end = put(out, end, letter + (mark if fate == MISSPELT else 0))
    return end


@kernel
def put(out, end, byte):
    """Write ``byte`` at ``end`` if there is room; the new end."""
    if end < out.shape[0]:
        out[end] = byte
        end += 1
    return end
