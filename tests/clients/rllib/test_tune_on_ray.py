"""`ludus tune --ray` on a local cluster: the same trials, and one whose worker is killed ends with the same bits."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ludus.scripts.fit import TASKS, begin
from ludus.studies.tuning.fits import FitSubject
from ludus.studies.tuning.search import Search
from ludus.studies.tuning.work import Work
from ludus.utils.command_line import named_object


def make_pictures(folder: Path) -> Path:
    """Dark and bright pictures (16, 16, 3) with noise, a subfolder per class."""
    random = np.random.default_rng(0)
    for split, count in (("train", 60), ("test", 20)):
        for kind, middle in (("dark", 110), ("bright", 140)):
            place = folder / split / kind
            place.mkdir(parents=True)
            for i in range(count):
                pixels = random.normal(middle, 60, (16, 16, 3)).clip(0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("data"))


def search_in(folder: Path, pictures: Path) -> Search:
    """A search of the learning rate of a small classifier; its trials save after each step."""
    task = named_object(TASKS["vision/classify"][0])
    settings = ("widths=[8]", "dense=8", "batch_size=16", "threads=1", "precision=fp32", "checkpoint_seconds=0")
    options = task.Arguments(data=str(pictures), model="convnet", epochs=12, set=settings)
    started = begin(task, options, folder.with_name(f"{folder.name}-start") / "default")
    subject = FitSubject(type(started), started.recipe)
    return Search.start(folder, subject, {"lr": "1e-4..1e-1 log"}, seed=0, prune=False)


def said_of(work: Work) -> list:
    """(settings, figure, hash of the weights, the figures after each epoch) of each trial that counts."""
    return [
        (trial.params, trial.value, trial.user_attrs.get("weights"), trial.intermediate_values)
        for trial in work.trials.all()
    ]


@pytest.fixture(scope="module")
def here(tmp_path_factory, pictures):
    """What the search comes to in one process, without Ray."""
    work = Work(search_in(tmp_path_factory.mktemp("runs") / "here", pictures), 2)
    work.train()
    return said_of(work)


# Imported by the workers: the one that has saved step 40 of the first trial is killed, once.
KILL_ONCE = """
import os, pathlib, signal
from ludus.training import checkpoint

real = checkpoint.save

def save(folder, steps, *rest):
    real(folder, steps, *rest)
    if folder.parent.name == "0000.training" and steps == 40 and not pathlib.Path("killed").exists():
        pathlib.Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)

checkpoint.save = save
"""


def test_ray_trains_the_same_trials(ray, tmp_path, pictures, here):
    work = Work(search_in(tmp_path / "tune", pictures), 2, workers=1, tasks=TASKS, ray="local")
    shown = []
    outcome = work.train(lambda progress: shown.append(str(progress)))
    assert (outcome.ended, outcome.running) == (2, 0)
    assert said_of(work) == here
    assert any("1 trial on Ray" in line for line in shown)
    assert (tmp_path / "tune" / "trials.db").exists()


def test_a_trial_whose_worker_is_killed_goes_on_bit_by_bit(ray, tmp_path, pictures, here, monkeypatch):
    """As when a machine is taken away: Ray begins the task anew, and that finds the checkpoint."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kill_once.py").write_text(KILL_ONCE)
    search = search_in(tmp_path / "tune", pictures)
    work = Work(search, 2, workers=1, tasks=TASKS, imports=("kill_once",), ray="local")
    outcome = work.train()
    assert (tmp_path / "killed").exists()
    assert outcome.ended == 2
    assert said_of(work) == here
    assert [trial.state.name for trial in work.trials.study.trials] == ["COMPLETE", "COMPLETE"]


def test_a_fault_on_a_node_is_one_line_and_the_trial_is_put_back(ray, tmp_path, pictures, monkeypatch):
    search = search_in(tmp_path / "tune", pictures)
    work = Work(search, 1, workers=1, tasks={}, ray="local")  # the nodes do not know the task
    with pytest.raises(RuntimeError, match="a trial failed on Ray: .*names an unknown task 'vision/classify'") as no:
        work.train()
    assert "\n" not in str(no.value)
    work = Work(search, 1, workers=1, tasks=TASKS, ray="local")
    assert work.train().ended == 1


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "host:port", "ray://127.0.0.1:10001"])
def test_an_address_without_a_cluster_is_refused(ray, tmp_path, pictures, monkeypatch, address):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    work = Work(search_in(tmp_path / "tune", pictures), 1, tasks=TASKS, ray=address)
    with pytest.raises(ConnectionError, match=f"there is no Ray cluster at {address}; begin one with") as no:
        work.train()
    assert "\n" not in str(no.value)
