"""Utterances with intents and tags: SNIPS and its tar, anybody's JSONL or TSV, and what is refused of them."""

import gzip
import io
import json
import os
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.data import datasets
from ludus.data.datasets import read_members
from ludus.data.utterance_sets import is_at_hand
from ludus.data.utterances import SPLITS, load_utterances, part_of, read_utterances

needs_snips = pytest.mark.skipif(
    not os.environ.get("LUDUS_DATA") or not is_at_hand("snips"),
    reason="SNIPS is not here: LUDUS_DATA names no folder with nlu/snips_slotgated.tar.gz",
)
ROW = {"text": "play blue train", "intent": "play", "tags": "O B-track I-track"}


def jsonl(*rows):
    return "\n".join(json.dumps(row) for row in rows).encode()


def packed(*members):
    """A gzipped tar of (name, kind, content or target)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, kind, content in members:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.REGTYPE:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            else:
                entry.linkname = content
                archive.addfile(entry)
    return stream.getvalue()


@needs_snips
def test_snips_has_the_published_sizes():
    parts = {split: load_utterances("snips", split) for split in SPLITS}
    assert [len(part) for part in parts.values()] == [13_084, 700, 700]
    train = parts["train"]
    assert train.words[1] == ("add", "step", "to", "me", "to", "the", "50", "clásicos", "playlist")
    assert train.tags[1][:3] == ("O", "B-entity_name", "I-entity_name")
    assert train.intents[1] == "AddToPlaylist"
    assert len(set(train.intents)) == 7
    assert len({tag for tags in train.tags for tag in tags}) == 72


def test_json_and_tsv_say_the_same():
    rows = [ROW, {"text": "stop it", "intent": "halt"}]
    tsv = b"text\tintent\ttags\nplay blue train\tplay\tO B-track I-track\nstop it\thalt\t\n"
    first = read_utterances(jsonl(*rows), "orders")
    for data in (tsv, gzip.compress(tsv), b"\xef\xbb\xbf" + tsv, tsv.replace(b"\n", b"\r\n")):
        assert read_utterances(data, "orders") == first
    assert first.words == (("play", "blue", "train"), ("stop", "it"))
    assert first.tags == (("O", "B-track", "I-track"), ("O", "O"))
    assert first.intents == ("play", "halt")
    assert read_utterances(jsonl({**ROW, "tags": ROW["tags"].split()}), "orders").tags == first.tags[:1]


def test_a_name_that_begins_with_i_begins_with_b():
    text = {"text": "a b c d e f", "intent": "x"}
    for written, read in (
        ("I-x I-x O I-x I-y I-y", "B-x I-x O B-x B-y I-y"),  # IOB1
        ("B-x B-x I-x I-y O O", "B-x B-x I-x B-y O O"),
        ("B-x I-x I-x O B-y I-y",) * 2,
    ):
        assert read_utterances(jsonl({**text, "tags": written}), "orders").tags == (tuple(read.split()),)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "orders is empty, expected rows of text, intent and tags"),
        (jsonl(ROW, {**ROW, "tags": "O O"}), "orders, row 2: 2 tags for 3 words; give each word between spaces one"),
        (jsonl(ROW, {**ROW, "tags": "O B- O"}), "orders, row 2: the tag 'B-' is none; write O, B-NAME or I-NAME"),
        (jsonl(ROW, {**ROW, "text": " "}), "orders, row 2: no words; fill in the text, or remove the row"),
        (jsonl({**ROW, "intent": " "}), "orders, row 1: no intent; name what is meant"),
        (jsonl(ROW) + b"\n{]", r"orders, row 2: no JSON \(.*\); write one object in each line"),
        (jsonl({**ROW, "speaker": "x"}), "orders, row 1: expected an object of .*, got text, intent, tags, speaker"),
        (jsonl(ROW) + b"\n[1]", "orders, row 2: expected an object of .*, got list"),
        (jsonl({**ROW, "text": 5}), "orders, row 1: text, intent and tags are texts"),
        (jsonl({**ROW, "tags": [1, 2, 3]}), "orders, row 1: text, intent and tags are texts"),
        (jsonl({**ROW, "text": "a " * 600, "tags": ""}), "orders, row 1: 600 words, an utterance has at most 512"),
        (b"text,intent\na,b", "orders, row 1: expected the columns text, intent and perhaps tags, divided by tabs"),
        (b"text\tintent\nplay\tx\ty", "orders, row 2: 3 cells, expected 2"),
        (b"text\tintent\n\xff\tx", "orders, row 2: no text in UTF-8; save it in UTF-8"),
        (b"\x1f\x8b broken", "orders: it cannot be unpacked: .*; get it again, or divide it"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(data, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        read_utterances(data, "orders")


def test_a_file_that_names_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("ludus.data.utterances.MOST_NAMES", 3)
    rows = [{"text": "a", "intent": f"i{k}"} for k in range(4)]
    with pytest.raises(ValueError, match="row 4: more than 3 different intents; they are names, not texts"):
        read_utterances(jsonl(*rows), "orders")
    monkeypatch.setattr("ludus.data.utterances.MOST_ROWS", 2)
    with pytest.raises(ValueError, match="more than 2 rows; divide it"):
        read_utterances(jsonl(*rows[:3]), "orders")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_holds_there_is_an_answer_or_one_line(data):
    for given_data in (data, b"{" + data, b"text\tintent\n" + data):
        found, said = None, "f"
        found, said = None, "f"
        try:
            found = read_utterances(given_data, "f")
        except ValueError as fault:
            said = str(fault)
        assert said.startswith("f")
        assert "\n" not in said
        assert found is None or all(len(a) == len(b) > 0 for a, b in zip(found.words, found.tags, strict=True))


def test_the_parts_of_a_file_share_no_words(tmp_path):
    rows = [{"text": f"order {k} {word}", "intent": "order"} for k in range(60) for word in ("now", "NOW")]
    path = tmp_path / "orders.jsonl"
    path.write_bytes(jsonl(*rows))
    parts = {split: load_utterances(str(path), split) for split in SPLITS}
    said = {split: {" ".join(words).casefold() for words in part.words} for split, part in parts.items()}
    assert sum(map(len, said.values())) == 60
    assert sum(len(part) for part in parts.values()) == 120
    path.write_bytes(jsonl(*rows, {"text": "one more", "intent": "order"}))
    more = {split: load_utterances(str(path), split) for split in SPLITS}
    where = part_of(("one", "more"))
    assert all(more[split].words[: len(part)] == part.words for split, part in parts.items())
    assert len(more[where]) == len(parts[where]) + 1


def test_a_file_that_is_too_small_or_missing_is_refused(tmp_path):
    path = tmp_path / "orders.jsonl"
    path.write_bytes(jsonl(ROW))
    other = "validation" if part_of(tuple(ROW["text"].split())) != "validation" else "test"
    with pytest.raises(ValueError, match=f"1 utterances, of which none falls to the {other} part"):
        load_utterances(str(path), other)
    with pytest.raises(FileNotFoundError, match="'snip' is neither a set .* nor a file; did you mean 'snips'"):
        load_utterances("snip", "train")
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        load_utterances("snips", "dev")


def test_nothing_of_a_tar_is_read_but_what_was_asked_for():
    names = ["snips/train/label"]
    good = packed(("../../escape", tarfile.REGTYPE, b"x"), ("snips/train/label", tarfile.REGTYPE, b"Play\n"))
    assert read_members(good, names, "snips.tar.gz") == {"snips/train/label": b"Play\n"}
    for data, said in (
        (packed(("snips/train/label", tarfile.SYMTYPE, "/etc/passwd")), "its member label is no file of at most"),
        (packed(("snips/train/label", tarfile.LNKTYPE, "/etc/passwd")), "its member label is no file of at most"),
        (packed(("snips/train/other", tarfile.REGTYPE, b"x")), "it has no member snips/train/label"),
        (good[:60], "it cannot be unpacked"),
        (gzip.compress(b"no tar"), "is damaged"),
    ):
        with pytest.raises(ValueError, match=f"snips.tar.gz is damaged: .*{said if said != 'is damaged' else ''}"):
            read_members(data, names, "snips.tar.gz")


def test_a_member_and_a_tar_have_limits(monkeypatch):
    data = packed(("snips/train/label", tarfile.REGTYPE, b"x" * 100))
    monkeypatch.setattr(datasets, "MOST_MEMBER", 99)
    with pytest.raises(ValueError, match="no file of at most 99 bytes"):
        read_members(data, ["snips/train/label"], "snips.tar.gz")
    monkeypatch.setattr(datasets, "MOST_TAR", 1000)
    with pytest.raises(ValueError, match="unpacks to more than 1,000 bytes"):
        read_members(data, ["snips/train/label"], "snips.tar.gz")


def test_a_set_that_is_not_here_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert not is_at_hand("snips")
    with pytest.raises(FileNotFoundError, match="SNIPS .* is not here;\nget it from https://.*LUDUS_DATA"):
        load_utterances("snips", "train")
