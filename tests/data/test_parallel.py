"""Parallel texts: public ones by name, strangers' files with every fault named, and the made-up sentences."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.data.pairs import generated_phrases, parallel
from ludus.data.pairs.parallel import Parallel, load_parallel, pair_up, read_lines, read_parallel

HERE = parallel.datasets.is_at_hand(parallel.PARALLEL_SETS["multi30k"])
MANY = [(f"Satz {i}.", f"Sentence {i}.") for i in range(400)]


@pytest.fixture
def pairs(tmp_path):
    """Two files with as many lines, by language."""
    paths = tmp_path / "corpus.de", tmp_path / "corpus.en"
    for path, lines in zip(paths, zip(*MANY, strict=True), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def named(*paths):
    return tuple(str(path) for path in paths)


def test_two_files_are_read_line_by_line_into_three_parts_without_a_shared_sentence(pairs):
    parts = read_parallel(named(*pairs))
    assert list(parts) == ["train", "val", "test"]
    found = [pair for part in parts.values() for pair in zip(part.sources, part.targets, strict=True)]
    assert sorted(found) == sorted(MANY)
    assert 5 <= len(parts["val"]) <= 40
    assert 5 <= len(parts["test"]) <= 40
    assert not {*parts["train"].sources} & {*parts["test"].sources}


def test_pair_that_stands_twice_is_in_one_part_and_a_longer_corpus_has_the_same_parts(tmp_path):
    lines = [f"{a}\t{b}" for a, b in MANY]
    (tmp_path / "once.tsv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "twice.tsv").write_text("\n".join([*lines, *reversed(lines)]), encoding="utf-8")
    once, twice = (read_parallel(named(tmp_path / f"{name}.tsv")) for name in ("once", "twice"))
    for split in parallel.SPLITS:
        assert {*once[split].sources} == {*twice[split].sources}
        assert len(twice[split]) == 2 * len(once[split])


def test_lines_of_windows_gzip_and_marks_of_byte_order_are_read(tmp_path, pairs):
    (tmp_path / "dos.de").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(a for a, _ in MANY).encode())
    (tmp_path / "corpus.en.gz").write_bytes(gzip.compress(pairs[1].read_bytes()))
    assert read_parallel(named(tmp_path / "dos.de", tmp_path / "corpus.en.gz")) == read_parallel(named(*pairs))


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (
            b"a\nb\n",
            b"x\n",
            r"one has 2 lines, .*two 1 line; a sentence and its translation stand in lines of the same",
        ),
        (b"a\n\nc\n", b"x\ny\nz\n", r"one, line 2 is empty; remove that line from both texts"),
        (b"a\nb\n", b"x\n  \n", r"two, line 2 is empty"),
        (b"a\nb \xe4h\n", b"x\ny\n", r"one, line 2, byte 3: 0xe4 is no UTF-8; save the text in UTF-8"),
        (b"\xff", b"x\n", r"one, line 1, byte 1: 0xff"),
        (b"a\n" + b"b" * 4001, b"x\ny\n", r"one, line 2 has 4,001 letters, a sentence has at most 4,000"),
        (b"", b"", r"one has no lines"),
        (b"a\nb\n", b"x\ny\n", r"have 2 pairs, of which none falls into the part"),
    ],
)
def test_what_is_wrong_with_two_files_is_said_with_its_line(tmp_path, one, other, message):
    (tmp_path / "one").write_bytes(one)
    (tmp_path / "two").write_bytes(other)
    with pytest.raises(ValueError, match=message):
        read_parallel(named(tmp_path / "one", tmp_path / "two"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no tab", "line 2 has 0 tabs: 'no tab'; expected a sentence, one tab, and its translation"),
        ("a\tb\tc", "line 2 has 2 tabs"),
        ("", "line 2 has 0 tabs"),
        ("a\t", "line 2 has 0 tabs"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(tmp_path, line, message):
    (tmp_path / "pairs.tsv").write_text(f"a\tb\n{line}\nc\td\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_parallel(named(tmp_path / "pairs.tsv"))


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.tsv does not exist; expected a text"):
        read_parallel((str(tmp_path / "nowhere.tsv"),))
    with pytest.raises(ValueError, match="one with a tab in each line, got 3 files"):
        read_parallel(("a", "b", "c"))
    (tmp_path / "broken.gz").write_bytes(b"nothing packed")
    with pytest.raises(ValueError, match=r"broken\.gz is damaged: it cannot be unpacked"):
        read_parallel((str(tmp_path / "broken.gz"),))


@given(st.binary(max_size=60))
def test_any_bytes_are_lines_or_one_error_with_line_and_byte(data):
    try:
        body = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match=r"text, line \d+, byte \d+: 0x.. is no UTF-8"):
            read_lines(data, "text")
        return
    lines = read_lines(data, "text")
    assert len(lines) in (body.count("\n"), body.count("\n") + 1)
    assert all(line in body and "\n" not in line for line in lines)


def test_only_a_line_feed_ends_a_line():
    assert read_lines("a\u2028b\x0bc\nd".encode(), "text") == ["a\u2028b\x0bc", "d"]


def test_numbers_of_lines_are_compared():
    assert pair_up(["a"], ["b"], "one", "two") == Parallel(("a",), ("b",))


def test_names_and_languages_are_known_or_corrected():
    for name, source, target, message in (
        ("multi3k", "de", "en", "unknown parallel text 'multi3k'; did you mean 'multi30k'?"),
        ("multi30k", "de", "fr", "multi30k has no language 'fr'; known: de, en"),
        ("phrases", "en", "en", "phrases: from en to en is no translation; its languages are de, en"),
    ):
        with pytest.raises(ValueError, match=message):
            load_parallel(name, source, target, "train")
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        load_parallel("phrases", "de", "en", "dev")


def test_made_up_sentences_are_the_same_each_time_and_no_split_knows_another():
    parts = {split: load_parallel("phrases", "de", "en", split) for split in parallel.SPLITS}
    assert {split: len(part) for split, part in parts.items()} == generated_phrases.SIZES
    german = [sentence for part in parts.values() for sentence in part.sources]
    assert len({*german}) == len(german)
    assert parts["train"].sources[:2] == (
        "Ein großes Pferd hat heute den großen Mann gefunden.",
        "Ein Mädchen hat gestern die alte Frau gezogen.",
    )
    assert parts["train"].targets[:2] == (
        "A big horse found the big man today.",
        "A girl pulled the old woman yesterday.",
    )
    back = load_parallel("phrases", "en", "de", "test")
    assert (back.sources, back.targets) == (parts["test"].targets, parts["test"].sources)
    assert any(sentence.startswith("An old ") for sentence in parts["train"].targets)


def test_a_set_that_is_not_here_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("LUDUS_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_parallel.cache_clear()
    with pytest.raises(FileNotFoundError, match=r"Multi30k.* is not here;\nget it from https.*LUDUS_DATA"):
        load_parallel("multi30k", "de", "en", "train")


@pytest.mark.skipif(not HERE, reason="LUDUS_DATA names no folder with multi30k")
def test_multi30k_is_read_as_it_was_published():
    sizes = {"train": 29_000, "val": 1_014, "test": 1_000}
    for split, size in sizes.items():
        assert len(load_parallel("multi30k", "de", "en", split)) == size
    pair = load_parallel("multi30k", "de", "en", "test")
    assert pair.sources[0] == "Ein Mann mit einem orangefarbenen Hut, der etwas anstarrt."
    assert pair.targets[0] == "A man in an orange hat starring at something."
