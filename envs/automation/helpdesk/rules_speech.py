"""Speech: an utterance with its values in it, and what is heard of it where words get lost, swapped or misspelt."""

import numpy as np

from ...engine.kernels import GAMMA, SHIFT_11, UNIT, kernel, mix, scratch
from .constants import PRICE, SLOT_COUNT, TEXT

SPACE = 32
ARTICLE = SLOT_COUNT + 2  # the mark of a word's article; those of values are 1 … 4
LETTERS = 26
A, N = 97, 110  # of ASCII
SHORTEST = 3  # letters of a word that can be misspelt; a shorter one is lost
FATES = 3  # of a word that is not heard right: lost, another word, misspelt


@kernel
def hashed(seed, number):
    """Sample ``number`` of the stream that begins at ``seed``, in [0, 1); see `engine/kernels.py`."""
    return (mix(seed + np.uint64(number + 1) * GAMMA) >> SHIFT_11) * UNIT


@kernel
def is_vowel(letter):
    return letter == 97 or letter == 101 or letter == 105 or letter == 111 or letter == 117


@kernel
def say(s, world, out):
    """Write the guest's utterance into ``out`` (256,) with its values in it; the number of its bytes."""
    most, length = out.shape[0], 0
    for at in range(world.starts[s.template], world.starts[s.template + 1]):
        byte = world.text[at]
        if byte == ARTICLE:
            out[length] = A
            length += 1
            # The word behind it is a value, or the template's own.
            behind = world.text[at + 2]
            letter = behind
            if behind <= SLOT_COUNT + 1:
                kind = behind - 1
                letter = world.spoken[kind, s.spoken[min(kind, PRICE)], 0]
            if is_vowel(letter):
                out[length] = N
                length += 1
        elif byte <= SLOT_COUNT + 1:
            kind = byte - 1
            code = s.spoken[min(kind, PRICE)]
            for k in range(world.spoken.shape[2]):
                letter = world.spoken[kind, code, k]
                if letter != 0 and length < most:
                    out[length] = letter
                    length += 1
        else:
            out[length] = byte
            length += 1
        if length >= most - 2:
            break
    return length


@kernel
def hear(s, world, out):
    """Write what is heard of the guest's utterance into ``out`` (uint8, 257), behind what the clerk did last.

    Each word is misheard with the chance that `noise` had when it was said: it is lost, it is another word, or one of
    its letters is swapped with the next, missing, or another one; each as likely. It follows from the record's
    ``speech`` alone.
    """
    out[0] = s.last
    for k in range(TEXT, out.shape[0]):
        out[k] = 0
    said = scratch(256)
    length = say(s, world, said)
    end, begin, number = TEXT, 0, 0
    while begin < length:
        stop = begin
        while stop < length and said[stop] != SPACE:
            stop += 1
        wide = stop - begin
        if wide > 0:
            end = hear_word(s, world, said, begin, wide, number, out, end)
            number += 1
        begin = stop + 1
    return end


@kernel
def hear_word(s, world, said, begin, wide, number, out, end):
    """Write word ``number``, which is ``said[begin : begin + wide]``, behind ``end``; the new end."""
    seed = mix(s.speech + np.uint64(number))
    fate = FATES
    if hashed(seed, 0) < s.level:
        fate = int(hashed(seed, 1) * FATES)
    if fate == 0 or (fate == 2 and wide < SHORTEST):
        return end
    if end > TEXT:
        end = put(out, end, SPACE)
    if fate == 1:
        word = int(hashed(seed, 2) * world.words.shape[0])
        for k in range(world.words.shape[1]):
            if world.words[word, k] != 0:
                end = put(out, end, world.words[word, k])
        return end
    wrong = int(hashed(seed, 2) * (wide - 1)) if fate == 2 else wide
    way = int(hashed(seed, 3) * FATES)
    for k in range(wide):
        letter = said[begin + k]
        if k == wrong and way == 0:
            letter = said[begin + k + 1]
        elif k == wrong + 1 and way == 0:
            letter = said[begin + k - 1]
        elif k == wrong and way == 1:
            continue
        elif k == wrong:
            letter = A + int(hashed(seed, 4) * LETTERS)
        end = put(out, end, letter)
    return end


@kernel
def put(out, end, byte):
    """Write ``byte`` at ``end`` if there is room; the new end."""
    if end < out.shape[0]:
        out[end] = np.uint8(byte)
        end += 1
    return end
