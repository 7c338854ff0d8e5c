"""A run keeps to the data that it saw: it says which they were, and in a line what is missing or has changed."""

import shutil
from dataclasses import replace

import pytest
import yaml

from commands_stage import TINY, said
from ludus.agents.runs.config import changes, configure, read_config, what_decides, write_config
from ludus.agents.runs.data_seen import check_data, with_data
from ludus.agents.runs.run import Run
from ludus.agents.runs.upgrade import upgrade_run
from ludus.data import datasets, images
from ludus.data.dialogue import turns
from ludus.data.image_sets import IMAGE_SETS
from ludus.envs.automation.battery import rules_market
from ludus.envs.items import sets
from picture_files import encoded

SORTER = "ludus/Sorter-v0"


@pytest.fixture
def without(monkeypatch):
    """A machine on which no public set lies."""
    monkeypatch.setattr(sets, "is_at_hand", lambda name: False)
    monkeypatch.setattr(images, "is_at_hand", lambda name: False)
    monkeypatch.setattr(sets, "_say_that_there_are_parcels", lambda: None)


def fetched(monkeypatch):
    """From here on Fashion-MNIST lies here, or looks as if it did."""
    monkeypatch.setattr(sets, "is_at_hand", lambda name: True)
    monkeypatch.setattr(images, "is_at_hand", lambda name: True)


@pytest.fixture
def pictures(tmp_path):
    for split in images.SPLITS:
        for kind in ("cup", "hat"):
            folder = tmp_path / "pictures" / split / kind
            folder.mkdir(parents=True)
            (folder / "1.png").write_bytes(encoded("PNG"))
    yield tmp_path / "pictures"
    images._load.cache_clear()


def test_what_is_at_hand_is_written_down_by_its_name(without, monkeypatch):
    config = configure(SORTER)
    assert config.environment == {}
    here = with_data(config)
    assert (here.environment, here.data) == ({"images": "parcels"}, {})
    fetched(monkeypatch)
    there = with_data(config)
    assert there.environment == {"images": "fashion-mnist"}
    assert there.data == {"images": datasets.fingerprint(IMAGE_SETS["fashion-mnist"])}
    assert with_data(there) == there


def test_a_run_on_parcels_keeps_them_once_images_appear(without, monkeypatch, tmp_path, capsys):
    run = Run.start(tmp_path / "run", configure(SORTER, hyperparameters=TINY, steps=64, evaluation_episodes=4))
    run.train()
    fetched(monkeypatch)
    again = Run.open(tmp_path / "run")
    assert again.make_batch(1).observation_space == run.make_batch(1).observation_space
    assert again.make_batch(1).sizes["images"] == "parcels"
    assert again.notes == []
    assert said(capsys, "train", "--resume", tmp_path / "run") == (0, "")


def test_images_that_are_not_here_any_more_are_named(without, monkeypatch, tmp_path, capsys):
    fetched(monkeypatch)
    config = with_data(configure(SORTER, hyperparameters=TINY))
    (tmp_path / "run").mkdir()
    write_config(config, tmp_path / "run" / "config.yaml")
    assert read_config(tmp_path / "run").data == config.data
    monkeypatch.setattr(images, "is_at_hand", lambda name: False)
    with pytest.raises(FileNotFoundError, match="run was trained with images=fashion-mnist: Fashion-MNIST .* is not h"):
        Run.open(tmp_path / "run").make_batch(1)
    Run.open(tmp_path / "run").make_batch(1, images="parcels")
    code, error = said(capsys, "train", "--resume", tmp_path / "run")
    assert (code, error.count("\n")) == (1, 1)


def test_a_run_of_lost_images_is_evaluated_on_others(without, monkeypatch, tmp_path, capsys):
    folder = tmp_path / "run"
    Run.start(folder, configure(SORTER, hyperparameters=TINY, steps=64, evaluation_episodes=4)).train()
    config = read_config(folder)
    lost = replace(config, environment={"images": "fashion-mnist"}, data={"images": "0" * 64})
    write_config(lost, folder / "config.yaml")
    code, error = said(capsys, "evaluate", folder, "--episodes", "2")
    assert (code, "images=fashion-mnist: Fashion-MNIST" in error) == (1, True)
    assert said(capsys, "evaluate", folder, "--episodes", "2", "--set", "images=parcels") == (0, "")


def test_a_folder_that_changed_is_refused(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = with_data(configure(SORTER, environment={"images": "pictures"}))
    assert config.environment == {"images": str(pictures)}  # wherever one stands next time
    assert check_data(config, tmp_path / "run", {}) == []
    (pictures / "test" / "cup" / "1.png").write_bytes(encoded("PNG", (30, 40)))
    images._load.cache_clear()  # as another process would see it
    with pytest.raises(ValueError, match=r"run was trained with images=.*pictures, which has changed since: its SHA-2"):
        check_data(config, tmp_path / "run", {})
    assert check_data(config, tmp_path / "run", {"images": "parcels"}) == []
    shutil.rmtree(pictures)
    images._load.cache_clear()
    with pytest.raises((FileNotFoundError, ValueError), match="run was trained with images=.*pictures: "):
        check_data(config, tmp_path / "run", {})


def test_an_old_run_is_told_of_and_upgraded(without, tmp_path):
    config = configure(SORTER)
    (tmp_path / "run").mkdir()
    write_config(config, tmp_path / "run" / "config.yaml")
    run = Run.open(tmp_path / "run")
    run.make_batch(1)
    (note,) = run.notes
    assert "images=auto means parcels here; ludus upgrade " in note
    assert "; it says images=auto as parcels from now on; if it was trained on" in upgrade_run(run.folder, {})
    again = Run.open(tmp_path / "run")
    again.make_batch(1)
    assert (again.notes, again.config.environment) == ([], {"images": "parcels"})
    assert changes(what_decides(config), again.config) == {}  # its checkpoints are from before
    assert upgrade_run(run.folder, {}) == "is of this version already"


def test_the_upgrade_of_an_unknown_environment_says_nothing_of_data(tmp_path):
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"format": 2, "env": "acme/Hopper-v0", "agent": "pqn"}))
    assert "its data are not written down: unknown environment 'acme/Hopper-v0'" in upgrade_run(tmp_path, {})


def test_prices_and_guests_are_written_down(tmp_path, monkeypatch):
    assert rules_market.pin("generated") == ("generated", "")
    path = tmp_path / "prices.csv"
    path.write_text("time,price\n2024-01-01 00:00,3.5\n")
    monkeypatch.chdir(tmp_path)
    word, before = rules_market.pin("prices.csv")
    assert word == str(path)
    path.write_text("time,price\n2024-01-01 00:00,3.6\n")
    assert rules_market.pin("prices.csv")[1] != before
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"prices.csv does not exist"):
        rules_market.pin("prices.csv")
    monkeypatch.setattr(turns, "is_at_hand", lambda name: True)
    assert turns.pin("auto") == ("camrest", datasets.fingerprint(turns.CAMREST))
    monkeypatch.setattr(turns, "is_at_hand", lambda name: False)
    monkeypatch.setattr(turns, "_say_that_there_is_a_grammar", lambda: None)
    assert turns.pin("auto") == ("grammar", "")
    with pytest.raises(FileNotFoundError, match="CamRest676"):
        turns.pin("camrest")
