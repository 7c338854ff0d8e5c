"""Settings: what a dataclass and a YAML file may hold, and what is said of all else."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from ludus.training.settings import check_choice, check_range, check_types, read_settings, write_settings

HUGE = 10**400


@dataclass(frozen=True)
class Some:
    name: str = "a"
    count: int = 3
    rate: float = 0.5
    on: bool = True
    sizes: tuple[int, ...] = (1, 2)
    more: dict[str, Any] = field(default_factory=dict)
    any: int | None = None


def test_what_the_annotations_say_is_taken():
    check_types(Some("b", 2, 1, False, (), {"a": [1]}, any="for the class to check"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": 3}, "name must be a text, got 3"),
        ({"name": None}, "name must be a text, got None"),
        ({"count": 1.5}, "count must be a whole number, got 1.5"),
        ({"count": True}, "count must be a whole number, got True"),
        ({"rate": "fast"}, "rate must be a number, got 'fast'"),
        ({"rate": False}, "rate must be a number, got False"),
        ({"rate": float("nan")}, "rate must be a finite number, got nan"),
        ({"rate": HUGE}, "rate must be a finite number, got 1000"),
        ({"on": 1}, "on must be true or false, got 1"),
        ({"sizes": 5}, r"sizes must be a list such as \[128, 128\], got 5"),
        ({"more": []}, r"more must be a map, got \[\]"),
        ({"more": {1: 2}}, "more has the entry 1, expected names"),
    ],
)
def test_what_they_do_not_say_is_refused_in_one_short_line(values, words):
    with pytest.raises(ValueError, match=words) as refusal:
        check_types(Some(**values))
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 120


def test_ranges_and_choices():
    check_range(Some(count=1), 1, 1, "count")
    check_choice(Some(), "name", ("a", "b"))
    for values, low, high, words in (
        ({"count": 0}, 1, 10_000, "count must be 1 … 10,000, got 0"),
        ({"count": HUGE}, 1, 10_000, "count must be 1 … 10,000, got 1000"),
        ({"count": 0}, 1, float("inf"), "count must be >= 1, got 0"),
        ({"count": float("nan")}, 0, 1e-3, "count must be 0 … 0.001, got nan"),
    ):
        with pytest.raises(ValueError, match=words):
            check_range(Some(**values), low, high, "count")
    with pytest.raises(ValueError, match="unknown name 'ab'; did you mean 'abc'?"):
        check_choice(Some("ab"), "name", ("abc", "xyz"))
    with pytest.raises(ValueError, match=r"unknown name \['a'\]"):
        check_choice(Some(["a"]), "name", ("a",))


# --- Files -----------------------------------------------------------------------------------------------------------


def read(path):
    return read_settings(path, 3, "a list of wishes", "write it anew", {1: "which is old; say it again"})


def test_what_was_written_comes_back_in_its_order(tmp_path):
    content = {"zebra": 1, "apple": {"größe": [1, 2.5, None, True]}}
    write_settings(tmp_path / "a.yaml", 3, content)
    assert read(tmp_path / "a.yaml") == content
    assert list(read(tmp_path / "a.yaml")) == ["zebra", "apple"]
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8").startswith("format: 3\nzebra: 1\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "cannot be read: line 1, column 5: .*; write it anew"),
        ("- 1", r"is not a list of wishes \(no format entry\); write it anew"),
        ("a: 1", r"is not a list of wishes \(no format entry\); write it anew"),
        ("format: 1", "has format 1, which is old; say it again"),
        ("format: 2", "has format 2, this version of Ludus reads 3; use the version of Ludus that made it"),
        ("format: true", "has format True, this version of Ludus reads 3"),
        ("format: [3]", r"has format \[3\], this version of Ludus reads 3"),
    ],
)
def test_another_file_is_refused_with_the_remedy(tmp_path, text, words):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ValueError, match=words) as refusal:
        read(tmp_path / "a.yaml")
    assert "\n" not in str(refusal.value)


def test_no_file_is_another_matter(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "a.yaml")
