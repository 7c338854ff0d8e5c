"""The pieces of Python in docs/clients.md run, and make what the page says."""

import gymnasium
import minari
import pytest

import ludus


@pytest.fixture
def run(snippets, monkeypatch, tmp_path):
    """``run(client)``: the names that the client's piece of Python has made."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))

    def run(client):
        names = {"gymnasium": gymnasium, "ludus": ludus, "minari": minari}
        exec(snippets[client], names)
        return names

    return run


def test_the_page_has_a_piece_for_each_client(snippets):
    assert set(snippets) == {"Gymnasium's wrappers", "TorchRL", "Tianshou", "skrl", "Minari", "RLlib"}


def test_wrappers(run):
    assert run("Gymnasium's wrappers")["envs"].reset(seed=0)[0].shape == (8, 4)


def test_torchrl(run):
    names = run("TorchRL")
    assert names["env"].rollout(3)["observation"].shape[1:] == (12, 12, 5)
    assert names["envs"].rollout(3)["observation"].shape[::2] == (8, 12, 5)


def test_tianshou(run):
    assert run("Tianshou")["envs"].reset()[0].shape == (8, 4)


def test_skrl(run):
    env = run("skrl")["env"]
    assert env.num_envs == 8
    assert env.reset()[0].shape == (8, 4)


@pytest.mark.filterwarnings("ignore:.*is set to None")  # author and the like, which Minari wants to know
def test_minari(run):
    dataset = run("Minari")["dataset"]
    assert dataset.total_episodes == 1
    assert dataset[0].infos["totals"]["length"][-1] == len(dataset[0].actions)
