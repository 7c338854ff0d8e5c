"""`ludus understand`: texts of all kinds, from the command line and the standard input, and what is refused."""

import io
import sys

import pytest

from ludus.nlp.models.text_encoder import encoder_of
from ludus.scripts.ask.understand import MOST_SHOWN
from ludus.scripts.main import main
from understanding_toy import a_turn_understander, an_understander


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "m"
    an_understander().save(folder)
    return str(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?!",
        "日本語のテキスト",
        "play \x1b[31m naima",
        "you stupid thing!!!",
        "a " * 100_000,
        "x" * 100_000,
        "\ud800",
    ],
    ids=["nothing", "a space", "signs", "Japanese", "escape", "an insult", "long", "one long word", "a lone surrogate"],
)
def test_any_text_has_an_answer(model, capsys, text):
    assert main(["understand", model, text, "--explain"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(("play ", "weather "))
    assert "\x1b" not in shown.out
    note = "Note: the text has bytes that are no UTF-8, each of which counts as an unknown letter\n"
    assert shown.err == (note if text == "\ud800" else "")


def test_a_picture_is_of_so_many_texts_that_it_can_be_read(model, capsys, monkeypatch, tmp_path):
    for count, status in ((MOST_SHOWN, 0), (MOST_SHOWN + 1, 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"play naima\n" * count)))
        path = tmp_path / f"{count}.png"
        assert main(["understand", model, "--picture", str(path)]) == status
        assert path.exists() != status
    assert f"--picture shows at most {MOST_SHOWN} texts, got {MOST_SHOWN + 1}" in capsys.readouterr().err


def test_the_lines_of_the_standard_input_are_answered(model, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"play naima\n\n\xff broken\nweather\n")))
    assert main(["understand", model]) == 0
    assert sum(line.startswith(("play ", "weather ")) for line in capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "x"], "nowhere does not exist"),
        (["MODEL", "x", "--last", "greet"], "--last is for models of a help desk's turns"),
        (["MODEL", "x", "--picture", "why.jpg"], "--picture is a .png file in a folder that exists, got why.jpg"),
        (["MODEL", "x", "--picture", "nowhere/why.png"], "--picture is a .png file in a folder that exists, got nowhe"),
        (["VECTORS", "x"], "which understands nothing; expected what `ludus fit nlp/understand` made"),
        (["TURNS", "x", "--last", "sing"], "unknown act of the clerk 'sing'"),
        (["MODEL"], "the standard input has 0 lines of text"),
    ],
)
def test_what_cannot_be_answered_is_one_line(model, tmp_path, capsys, monkeypatch, arguments, said):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n")))
    encoder_of(an_understander()).save(tmp_path / "v")
    a_turn_understander().save(tmp_path / "t")
    places = {"MODEL": model, "VECTORS": str(tmp_path / "v"), "TURNS": str(tmp_path / "t")}
    assert main(["understand", *(places.get(part, part) for part in arguments)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
