"""Texts by name, from a file and made up; what is no text in UTF-8 is said with the byte that is wrong."""

import gzip
import hashlib

import pytest

from ludus.data import text_sets, texts
from ludus.data.texts import NAMES, TEXT_SETS, decode_text, load_text


def test_generated_text_is_the_same_everywhere_and_divided():
    text = load_text("generated")
    assert hashlib.sha256((text.train + text.test).encode()).hexdigest()[:16] == "5dde1ea1ef4e4c2f"
    assert len(text.train) == int(0.9 * (len(text.train) + len(text.test)))
    assert text.validation == ""


def test_who_has_the_thing_follows_from_the_story():
    """ "I have it" says whoever had it first, or got it last."""
    said = 0
    for story in load_text("generated").train.split("\n\n")[:-1]:
        first, _, rest = story.partition(" and ")
        other = rest.split(" ", 1)[0]
        holder = first
        for sentence in story.split(". "):
            if " gives " in sentence:
                giver, _, taken = sentence.partition(" gives ")
                assert (giver, taken.split(" ")[0]) == (holder, other if holder == first else first)
                holder = taken.split(" ")[0]
            elif "I have it" in sentence:
                said += 1
                assert f'" says {holder}' in sentence.replace(',"', '"')
    assert said > 100


def test_a_file_of_ones_own_is_read_packed_or_not(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffä\r\n".encode() + b"x" * 96)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress((tmp_path / "a.txt").read_bytes()))
    for name in ("a.txt", "a.txt.gz"):
        text = load_text(str(tmp_path / name))
        assert text.train + text.test == "ä\r\n" + "x" * 96
        assert (len(text.train), text.name) == (89, name)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"abc\nd\xe4e", r"byte 5 \(line 2\) is 0xe4; perhaps it is Latin-1"),
        ("text".encode("utf-16"), r"byte 0 \(line 1\) is 0xff; it seems to be UTF-16"),
        (b"cut \xe6\x97", r"byte 4 \(line 1\)"),
    ],
)
def test_the_first_byte_that_is_no_utf8_is_named(data, said):
    with pytest.raises(ValueError, match=said):
        decode_text(data, "notes.txt")


def test_files_that_are_no_texts_are_refused_in_a_line(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist; expected a file of text"):
        load_text(str(tmp_path / "none.txt"))
    (tmp_path / "empty.txt").touch()
    with pytest.raises(ValueError, match="holds no text"):
        load_text(str(tmp_path / "empty.txt"))
    with pytest.raises(ValueError, match="is a folder, expected a regular file"):
        load_text(str(tmp_path))
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\x08nothing")
    with pytest.raises(ValueError, match="is damaged: it cannot be unpacked"):
        load_text(str(tmp_path / "a.gz"))
    with pytest.raises(ValueError, match="neither a file nor a public text; did you mean 'shakespeare'"):
        load_text("shakespear")


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "MOST_TEXT", 1000)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"a" * 1001))
    with pytest.raises(ValueError, match="unpacks to more than 1,000 bytes"):
        load_text(str(tmp_path / "bomb.gz"))


def test_a_public_text_is_checked_and_found_packed(tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    texts._load_set.cache_clear()
    with pytest.raises(
        FileNotFoundError, match="tinyshakespeare, Karpathy 2015.* is not here;\nget it from https://.*LUDUS_DATA"
    ):
        load_text("shakespeare")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "tinyshakespeare.txt.gz").write_bytes(gzip.compress(b"To be" * 20))
    with pytest.raises(ValueError, match="damaged or of another edition"):
        load_text("shakespeare")
    entry = text_sets.TextSet(
        "t",
        "l",
        ("text",),
        ("u",),
        None,
        {"all": {"tinyshakespeare.txt": (hashlib.sha256(b"To be" * 20).hexdigest(),)}},
    )
    monkeypatch.setitem(TEXT_SETS, "shakespeare", entry)
    assert load_text("shakespeare").train == "To be" * 18
    texts._load_set.cache_clear()


@pytest.mark.parametrize("name", [name for name in NAMES if name in TEXT_SETS])
def test_public_texts_are_what_is_known_of_them(name):
    if not texts.datasets.is_at_hand(TEXT_SETS[name]):
        pytest.skip(f"{name} is not at hand; let LUDUS_DATA name the folder in which text/ lies")
    text = load_text(name)
    lengths = {"shakespeare": (1_003_854, 0, 111_540), "wikitext-2": (10_780_437, 1_120_192, 1_255_018)}
    assert tuple(map(len, (text.train, text.validation, text.test))) == lengths[name]
    assert name != "shakespeare" or len(set(text.train + text.test)) == 65
