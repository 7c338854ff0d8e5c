"""Nested values as tensors and JSON: they come back as they were, or are refused by name."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.training import trees

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.lists(st.floats(-1, 1), min_size=1, max_size=4).map(lambda v: torch.tensor(v, dtype=torch.float64)),
)
nested = st.recursive(
    leaves,
    lambda part: st.one_of(
        st.lists(part, max_size=3),
        st.dictionaries(st.text("abc", min_size=1, max_size=3), part, max_size=3),
        st.dictionaries(st.integers(0, 9), part, max_size=3),
    ),
    max_leaves=12,
)


def same(one, other):
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@given(nested)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_a_tree_comes_back_as_it_was(tree):
    tensors, plain = trees.pack({"tree": tree})
    assert same(trees.unpack(tensors, json.loads(json.dumps(plain)))["tree"], tree)


def test_bytes_stay_bytes_and_wider_unsigned_numbers_become_signed():
    arrays = {"board": np.array([255], np.uint8), "words": np.array([2**32 - 1], np.uint32)}
    tree = trees.unpack(*trees.pack(arrays))
    assert (tree["board"].dtype, tree["words"].dtype) == (torch.uint8, torch.int64)
    assert (int(tree["board"]), int(tree["words"])) == (255, 2**32 - 1)


def test_an_array_without_axes_keeps_its_shape():
    tree = trees.unpack(*trees.pack({"variance": np.array(2.5), "count": np.array(7, np.uint32)}))
    assert (tree["variance"].shape, tree["count"].shape) == ((), ())
    assert (float(tree["variance"]), int(tree["count"])) == (2.5, 7)


def test_what_a_checkpoint_cannot_hold_is_named():
    with pytest.raises(TypeError, match="a/b of the state is a function"):
        trees.pack({"a": {"b": same}})
