"""The layouts of what is said and meant, there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.components.utterance import (
    TEXT_BYTES,
    decode_meaning,
    decode_text,
    encode_heard,
    encode_meaning,
    heard_layout,
    meaning_layout,
)

ACTS, VALUES, WISHES = ("inform", "bye"), {"food": ("thai", "greek"), "area": ("north",)}, ("phone", "address")
LAYOUT = meaning_layout(ACTS, VALUES, WISHES)


def test_a_meaning_is_one_hot_by_part():
    meaning = encode_meaning(LAYOUT, "inform", {"food": "greek"}, {"address"})
    assert meaning.tolist() == [1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1]
    assert LAYOUT.part("food").columns == ("none", "dontcare", "thai", "greek")


@given(
    st.sampled_from(ACTS),
    st.fixed_dictionaries({}, optional={s: st.sampled_from(("dontcare", *v)) for s, v in VALUES.items()}),
    st.sets(st.sampled_from(WISHES)),
)
def test_a_meaning_is_read_as_it_was_written(act, values, wishes):
    assert decode_meaning(LAYOUT, encode_meaning(LAYOUT, act, values, wishes)) == (act, values, wishes)


@pytest.mark.parametrize(
    ("act", "values", "wishes", "what"),
    [
        ("greet", {}, set(), "'greet' is no value of act"),
        ("bye", {"food": "thia"}, set(), "'thia' is no value of food"),
        ("bye", {}, {"fax"}, "'fax' is no value of wishes"),
        ("bye", {"price": "cheap"}, set(), "unknown slots \\['price'\\]"),
    ],
)
def test_what_a_layout_does_not_have_is_refused(act, values, wishes, what):
    with pytest.raises(ValueError, match=what):
        encode_meaning(LAYOUT, act, values, wishes)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400), st.integers(0, 255))
def test_a_text_is_cut_between_letters(text, last):
    heard = encode_heard(last, text)
    assert heard.shape == (heard_layout().size,) == (1 + TEXT_BYTES,)
    assert heard[0] == last
    read = decode_text(heard)
    assert text.startswith(read)
    assert "\ufffd" not in read.replace("\ufffd", "", text.count("\ufffd"))
    assert read == text or len(text[: len(read) + 1].encode()) > TEXT_BYTES


def test_broken_bytes_are_shown_as_such():
    heard = np.zeros(1 + TEXT_BYTES, np.uint8)
    heard[1:4] = (0x66, 0xFF, 0x6F)
    assert decode_text(heard) == "f\ufffdo"
