"""Cards in narrow terminals: no line too long, no word lost, columns and tables as they were."""

import pytest

from ludus.envs.card_text import fitted, in_two_columns, table_fitted
from ludus.envs.cards import cards
from ludus.scripts.main import main

CARD = """Toy: a small one.

World         A long sentence that fills the whole of its line up to the very edge of the file, which has one hundred
              and twenty letters; this one begins anew.
              A new line, which was meant.
              - an item of a list that is somewhat longer than the terminal in which it is to be read today
Observation   float32 (2,)
              | # | what                                                    | unit |
              |---|---------------------------------------------------------|------|
              | 0 | how far it is to the flag at the end of the long track, | m    |
              |   | to the right positive                                   |      |
              | 1 | speed                                                   | m/s  |
"""


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_card_fits_and_loses_no_word(width):
    for card in cards():
        text = fitted(card.text, width)
        assert max(map(len, text.splitlines())) <= width, card.id
        assert sorted(letters(text)) == sorted(letters(card.text)), card.id
    assert fitted(card.text, 1000) == card.text


def letters(text):
    return [letter for letter in text if letter.isalnum()]


def test_sentences_are_joined_where_they_were_broken_and_nowhere_else():
    assert fitted(CARD, 60).splitlines() == [
        "Toy: a small one.",
        "",
        "World         A long sentence that fills the whole of its",
        "              line up to the very edge of the file, which",
        "              has one hundred and twenty letters; this one",
        "              begins anew.",
        "              A new line, which was meant.",
        "              - an item of a list that is somewhat longer",
        "                than the terminal in which it is to be read",
        "                today",
        "Observation   float32 (2,)",
        "              | # | what                            | unit |",
        "              | - | ------------------------------- | ---- |",
        "              | 0 | how far it is to the flag at    | m    |",
        "              |   | the end of the long track, to   |      |",
        "              |   | the right positive              |      |",
        "              | 1 | speed                           | m/s  |",
    ]


def test_a_table_without_room_moves_to_the_left():
    rows = ["| # | what |", "|---|---|", "| 0 | a name of several words that is long |"]
    assert table_fitted(rows, 40, 14)[2:] == [
        "| 0 | a name of several words that is  |",
        "|   | long" + " " * 28 + " |",
    ]


def test_a_card_of_prose_is_wrapped_as_prose():
    text = "Toy: it.\n\nWorld: a track " + "of ten metres " * 7 + "\nbetween two walls."
    assert not in_two_columns(text.splitlines()[1:])
    assert in_two_columns(CARD.splitlines()[1:])
    lines = fitted(text, 50).splitlines()
    assert lines[2] == "World: a track of ten metres of ten metres of ten"
    assert max(map(len, lines)) <= 50


@pytest.mark.parametrize("id", ["ludus/Snake-v1", "ludus/Helpdesk-v0", "ludus/Elevator-v0"])
def test_the_command_fits_a_terminal(id, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["envs", id]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
