"""`ludus translate`: sentences as arguments, from a file or a pipe, pictures, and what is wrong in one line."""

import io
import sys

import pytest

from ludus.components.component import Component
from ludus.nlp.translation.translating import translate
from ludus.scripts.main import main
from ludus.utils.wording import printable
from translation_toy import sentences, translator

TEXTS = list(sentences(3).sources)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "de-en"
    translator(2, sharp=2.0).save(path)
    return path


@pytest.fixture(scope="module")
def expected(folder):
    return [printable(line, "\n\t").replace("\n", " ") for line in translate(Component.load(folder), TEXTS)]


def piped(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_sentences_come_as_arguments_from_a_file_and_by_a_pipe(folder, expected, capsys, tmp_path, monkeypatch):
    assert main(["translate", str(folder), *TEXTS]) == 0
    assert capsys.readouterr().out.split("\n") == [*expected, ""]
    (tmp_path / "lines.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    assert main(["translate", str(folder), "--file", str(tmp_path / "lines.txt")]) == 0
    assert capsys.readouterr().out.split("\n") == [*expected, ""]
    piped(monkeypatch, "\n".join(TEXTS).encode())
    assert main(["translate", str(folder)]) == 0
    assert capsys.readouterr().out.split("\n") == [*expected, ""]


def test_each_line_has_one_line_and_notes_stand_apart(folder, capsys, tmp_path):
    (tmp_path / "lines.txt").write_text(f"{TEXTS[0]}\n\n{'eins ' * 50}\n", encoding="utf-8")
    assert main(["translate", str(folder), "--file", str(tmp_path / "lines.txt"), "--beam", "1"]) == 0
    said = capsys.readouterr()
    assert len(said.out.split("\n")) == 4
    assert said.out.split("\n")[1] == ""
    assert said.err.splitlines()[0] == "Note: sentence 2 is empty, and so is its translation"
    assert said.err.splitlines()[1].startswith("Note: sentence 3 has ")


def test_explanation_is_a_picture(folder, capsys, tmp_path):
    path = tmp_path / "heads.png"
    assert main(["translate", str(folder), TEXTS[0], "--explain", str(path), "--head", "all", "--layer", "1"]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert f"Picture: {path}" in capsys.readouterr().err
    path.unlink()
    given = ["--explain", str(path), "--attention", "written", "--pair", "one two"]
    assert main(["translate", str(folder), TEXTS[0], *given]) == 0
    assert path.is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "--file", "b"], "sentences and --file do not go together"),
        (["--file", "nowhere.txt"], "nowhere.txt"),
        (["a", "--explain", "a.jpg"], "--explain is a .png file in a folder that exists, got a.jpg"),
        (["a", "--explain", "nowhere/a.png"], "--explain is a .png file in a folder that exists"),
        (["a", "b", "--explain", "a.png"], "--explain shows one sentence, got 2; give it alone"),
        (["a", "--pair", "b"], "--pair is what --explain shows"),
        (["a", "--beam", "0"], "the beam must be 1 … 100, got 0"),
        (["a", "--explain", "a.png", "--head", "9"], "head must be 1 … 2, mean or all, got '9'"),
        (["a", "--explain", "a.png", "--attention", "words"], "unknown attention 'words'"),
        ([" ", "--explain", "a.png"], "an empty text has no attention to show"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder, arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["translate", str(folder), *arguments]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("Note: ")]
    assert len(said) == 1
    assert message in said[0]
    assert not (tmp_path / "a.png").exists()


def test_broken_utf_8_is_named_by_line_and_byte(folder, capsys, monkeypatch):
    piped(monkeypatch, b"eins\nzw\xfei\n")
    assert main(["translate", str(folder)]) == 1
    assert "standard input, line 2, byte 3: 0xfe is no UTF-8" in capsys.readouterr().err


def test_terminal_without_sentences_is_told_what_to_give(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["translate", str(folder)]) == 1
    assert "which sentences? ludus translate MODEL" in capsys.readouterr().err


def test_other_component_is_refused(capsys, tmp_path):
    from gymnasium import spaces

    from ludus.vision.models.mlp import MLP

    net = MLP(spaces.Box(0, 255, (2, 2, 1), "uint8"), spaces.Box(0, 1, (2,)), classes=["a", "b"], mean=[0.0], std=[1.0])
    net.save(tmp_path / "net")
    assert main(["translate", str(tmp_path / "net"), "a"]) == 1
    assert "is a MLP, which translates nothing; expected what `ludus fit nlp/translate` made" in capsys.readouterr().err
