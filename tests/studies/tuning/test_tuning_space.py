"""What is typed for a search, read: ranges, multiples, choices, files; what says nothing is refused in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.studies.tuning.space import Choices, Range, parse, plain, read_texts, widened


@pytest.mark.parametrize(
    ("text", "default", "found"),
    [
        ("1e-3..1e-1 log", 0.01, Range(0.001, 0.1, log=True)),
        ("0..1", 0.5, Range(0.0, 1.0)),
        ("2..16", 8, Range(2, 16, whole=True)),
        ("2..16", None, Range(2, 16, whole=True)),
        ("2..16", 8.0, Range(2.0, 16.0)),
        ("x0.1..x10 log", 0.02, Range(0.002, 0.2, log=True)),
        ("x0.25..x2 log", 512, Range(128, 1024, log=True, whole=True)),
        ("x0.1..1", 0.5, Range(0.05, 1.0)),
        ("x0.5..x2", "lin_0.001", Range(0.0005, 0.002)),
        ("-1..1", 0.0, Range(-1.0, 1.0)),
        ("muon|sgd", "adamw", Choices(("muon", "sgd"))),
        ("[64]|[64, 64]", (128,), Choices(([64], [64, 64]))),
        ("0|0.5|1e-3", 0.0, Choices((0, 0.5, 0.001))),
        ("true|false", True, Choices((True, False))),
        ([0, "last"], 1, Choices((0, "last"))),
    ],
)
def test_what_is_typed_is_understood(text, default, found):
    part = parse("name", text, default)
    assert part == found
    assert type(part.ends[0]) is type(found.ends[0])
    assert parse("name", part.plain, default) == found  # as it is kept


@pytest.mark.parametrize(
    ("text", "default", "words"),
    [
        ("0.1..0.1", 0.1, "the range 0.1..0.1 is empty; the first number must be the smaller one"),
        ("1..0", 1, "the range 1..0 is empty"),
        ("0..1 log", 0.1, "a logarithm needs numbers above 0, got 0.0..1.0"),
        ("a..b", 1, "'a' is no number; expected LOW..HIGH"),
        ("nan..1", 1.0, "'nan' is no number"),
        ("1..inf", 1.0, "'inf' is no number"),
        ("1.5..3", 1, "1.5 is no whole number"),
        ("x2..x3", None, "x2 is a multiple, and there is no number that it could be of"),
        ("1..2 lag", 1.0, "cannot read '1..2 lag'; expected LOW..HIGH, LOW..HIGH log, or A|B|C"),
        ("3", 1, "'3' leaves nothing to search; expected"),
        ("3|3", 1, "one choice is there twice"),
        ([1], 1, "expected 2 … 1000 choices, got 1"),
        ("{|}", 1, ""),
    ],
)
def test_what_says_nothing_is_one_line(text, default, words):
    with pytest.raises(ValueError, match="--search depth: ") as refusal:
        parse("depth", text, default)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(st.text(max_size=30), st.sampled_from([1, 0.5, None, "lin_0.1", [3]]))
def test_whatever_is_typed_is_a_space_or_one_line(text, default):
    said = ""
    try:
        part = parse("x", text, default)
    except ValueError as refusal:
        said = str(refusal)
    else:
        assert parse("x", part.plain, default).plain == part.plain
    assert len(said.splitlines()) <= 1


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.booleans())
def test_a_range_that_is_kept_is_the_same_range(one, other, log):
    low, high = sorted((one, other))
    if low < high:
        part = Range(low, high, log)
        assert parse("x", plain({"x": part})["x"], 0.1) == part


def test_choices_are_sampled_by_their_text_and_come_back_as_they_were():
    part = parse("hidden", "[64]|[64, 64]|none", (64,))
    assert [part.sampled(label) for label in part.distribution().choices] == [[64], [64, 64], "none"]
    assert part.label((64, 64)) == "[64, 64]"
    with pytest.raises(ValueError, match=r"\[1\] is none of \[64\] | \[64, 64\] | none"):
        part.label([1])
    with pytest.raises(ValueError, match="5 is not in 1..4"):
        parse("depth", "1..4", 2).label(5)


def test_the_default_is_in_the_space_that_nobody_typed():
    assert widened(parse("mixup", "0|0.2|1", 0.0), 0.0) == Choices((0, 0.2, 1))
    assert parse("mixup", "0|0.2|1", 0.0).label(0.0) == "0"
    assert parse("norm", "0|1", 0).distribution().choices == ("0", "1")
    with pytest.raises(ValueError, match="true is none of 0 | 1"):
        parse("norm", "0|1", 0).label(True)
    assert widened(parse("gamma", "0.9|0.99", 0.98), 0.98) == Choices((0.9, 0.99, 0.98))
    assert widened(Range(0.1, 1.0, log=True), 0.05) == Range(0.05, 1.0, log=True)
    assert widened(Range(1, 4, whole=True), 8) == Range(1, 8, whole=True)
    assert widened(Range(0.1, 1.0, log=True), 0.0) == Range(0.1, 1.0, log=True)  # there is no logarithm of 0
    assert widened(Range(0.0005, 0.002), "lin_0.004") == Range(0.0005, 0.004)


def test_files_and_entries_are_read_together_the_later_one_counts(tmp_path):
    path = tmp_path / "ranges.yaml"
    path.write_text("lr: 1e-3..1e-1 log\noptimizer: [muon, sgd]\n")
    assert read_texts([str(path), "lr=0.1..0.2"]) == {"lr": "0.1..0.2", "optimizer": ["muon", "sgd"]}
    (tmp_path / "list.yaml").write_text("- lr\n")
    (tmp_path / "broken.yaml").write_text("lr: [\n")
    for entry, words in (
        (str(tmp_path / "list.yaml"), "is no map of settings to ranges"),
        (str(tmp_path / "broken.yaml"), "cannot be read: line 2"),
        ("lr", "--search takes NAME=RANGE, such as 'lr=1e-3..1e-1 log', or a YAML file; got 'lr'"),
    ):
        with pytest.raises(ValueError, match=words):
            read_texts([entry])
