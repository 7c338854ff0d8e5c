"""One source says what the environments are: their files. The page's table and `ludus envs` repeat it."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ludus import ENVIRONMENTS
from ludus.data.datasets import is_at_hand as is_in_folder
from ludus.data.dialogue.corpus import CAMREST
from ludus.data.images import is_at_hand
from ludus.envs.cards import PICTURE_HEIGHT, cards, markdown, picture_name, read_card, render_picture
from ludus.scripts.main import main
from ludus.utils.wording import format_score

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_the_page_is_the_one_of_the_files():
    page = (ROOT / "docs" / "environments" / "README.md").read_text()
    table = re.search(r"<!-- `ludus envs --markdown` -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert table is not None
    assert table[1] == markdown(cards()), "paste what `ludus envs --markdown` prints"


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_every_environment_has_a_card_and_a_picture(id):
    card = read_card(id)
    assert len(card.task) > 15
    for part in ("World", "Actions", "Observation", "Reward", "Start", "End", "Source"):
        assert re.search(rf"^{part} ", card.text, re.MULTILINE), f"the card of {id} says nothing about: {part}"
    assert card.random is not None
    assert card.reference is not None


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_the_pictures_of_the_page_are_those_that_are_drawn_today(id, tmp_path):
    if id in ("ludus/Sorter-v0", "ludus/Picker-v0") and not is_at_hand("fashion-mnist"):
        pytest.skip("its picture shows Fashion-MNIST, which is not here")
    if id == "ludus/Helpdesk-v0" and not is_in_folder(CAMREST):
        pytest.skip("its picture shows an utterance of CamRest676, which is not here")
    render_picture(id, tmp_path / "today.png")
    with (
        Image.open(ROOT / "docs" / "environments" / picture_name(id)) as shown,
        Image.open(tmp_path / "today.png") as today,
    ):
        assert shown.size == today.size
        difference = np.abs(np.asarray(shown, int) - np.asarray(today, int))
    assert difference.max() <= 2, (
        "draw them anew: ludus envs --pictures docs/environments"
    )  # a share may round elsewhere


def test_a_picture_shows_the_reference_at_work(tmp_path):
    render_picture("ludus/CartPole-v1", tmp_path / "a.png")
    render_picture("ludus/CartPole-v1", tmp_path / "b.png")
    with Image.open(tmp_path / "a.png") as one, Image.open(tmp_path / "b.png") as other:
        first = np.asarray(one)
        assert np.array_equal(first, np.asarray(other))
    assert first.shape == (PICTURE_HEIGHT, PICTURE_HEIGHT * 600 // 400, 3)
    assert len(np.unique(first)) > 50


def test_the_command_prints_both(capsys, tmp_path):
    assert main(["envs", "--markdown"]) == 0
    assert capsys.readouterr().out.strip() == markdown(cards())
    assert main(["envs", "ludus/Snake-v1", "--pictures", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["Snake-v1.png"]
    assert main(["envs"]) == 0
    shown = capsys.readouterr().out
    assert all(id in shown for id in ENVIRONMENTS)


def test_a_terminal_of_80_columns_breaks_no_word_of_the_table(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["envs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for card in cards():
        (row,) = (line for line in lines if line.startswith(f"{card.id} "))
        for cell in (card.observation.partition(" + ")[0], card.actions, format_score(card.reference)):
            assert f" {cell} " in f"{row} "
        assert card.id in lines  # and once more above what can be set
