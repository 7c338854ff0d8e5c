"""Layouts: where their parts lie, what comes back from a file, and strangers' descriptions that are refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.components.layout import Layout, Part, mismatch
from series_texts import outcome

LAYOUT = Layout(
    (Part("past", (5, 2), ("price", "load"), "1h"), Part("known", (3, 1), ("load",), "1h"), Part("calendar", (4,)))
)


def test_parts_lie_one_behind_the_other():
    x = np.arange(2 * LAYOUT.size).reshape(2, LAYOUT.size)
    assert LAYOUT.size == 10 + 3 + 4
    np.testing.assert_array_equal(LAYOUT.take(x, "known")[1, :, 0], 17 + np.arange(10, 13))
    assert LAYOUT.take(x, "past").shape == (2, 5, 2)
    for ask in (LAYOUT.slice, LAYOUT.part):
        with pytest.raises(KeyError, match="future"):
            ask("future")


def test_a_layout_comes_back_from_its_description():
    assert Layout.from_json(json.loads(json.dumps(LAYOUT.to_json()))) == LAYOUT
    assert mismatch(LAYOUT, LAYOUT) == ""


def changed(at, **entries):
    described = LAYOUT.to_json()
    described[at].update(entries)
    return described


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ("past", "a layout is a list of at most 32 parts, got 'past'"),
        ([{}] * 33, "a layout is a list of at most 32 parts"),
        ([{"name": "past"}], "a part of a layout has columns, name, shape, step; got"),
        (changed(0, shape=[5, 2.0]), "expected texts and whole numbers"),
        (changed(0, shape=[5, -2]), "expected texts and whole numbers"),
        (changed(0, step=1), "expected texts and whole numbers"),
        (
            changed(0, columns=["price"]),
            r"part 'past' .* has shape \(5, 2\) and 1 columns, expected as many as its",
        ),
        (changed(2, shape=[], columns=["day"]), r"part 'calendar' .* has shape \(\) and 1 columns"),
        (changed(1, name="past"), r"parts of a layout have names of their own, got \['past', 'past', 'calendar'\]"),
    ],
)
def test_what_is_no_layout_is_refused(description, message):
    with pytest.raises(ValueError, match=message):
        Layout.from_json(description)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "shape", "columns", "step"]), inner)
    ),
)


@given(JSON)
def test_anything_is_a_layout_or_a_value_error(content):
    found = outcome(lambda: Layout.from_json(content))
    assert found
    assert isinstance(found, str) or Layout.from_json(found.to_json()) == found
