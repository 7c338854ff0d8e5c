"""Learning curves: what is read from a run's files, grouped, and drawn."""

import sys

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from commands_stage import TINY, said
from ludus.agents.runs import curves_plot
from ludus.agents.runs.config import configure, write_config
from ludus.agents.runs.curves import Group, name_of, read_groups, reference_scores
from ludus.agents.runs.curves_plot import plot_curves, short_steps, title_of
from ludus.training.curves import read_curves
from ludus.training.settings import write_settings
from ludus.utils.extras import install

CARTPOLE = "ludus/CartPole-v1"


def make_run(folder, values, env=CARTPOLE, every=100, tag="evaluation/return", **keywords):
    """A run whose curve has ``values`` at each ``every`` steps."""
    folder.mkdir(parents=True)
    write_config(configure(env, hyperparameters=TINY, **keywords), folder / "config.yaml")
    writer = EventFileWriter(str(folder))
    for index, value in enumerate(values):
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
        writer.add_event(Event(wall_time=0.0, step=every * (index + 1), summary=summary))
    writer.close()
    return folder


def file_of(folder):
    return next(folder.glob("events.out.*"))


def test_scalars_are_read_and_a_cut_off_end_is_left_out(tmp_path):
    folder = make_run(tmp_path / "run", [1.0, float("nan"), 3.0])
    steps, values = read_curves(folder)["evaluation/return"]
    assert (steps.tolist(), values.tolist()) == ([100, 300], [1.0, 3.0])
    data = file_of(folder).read_bytes()
    file_of(folder).write_bytes(data[:-5])
    assert read_curves(folder)["evaluation/return"][0].tolist() == [100]


def test_of_two_values_at_a_step_the_last_one_counts(tmp_path):
    folder = make_run(tmp_path / "run", [1.0, 2.0], every=0)
    assert read_curves(folder)["evaluation/return"][1].tolist() == [2.0]


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"\xff" * 40, "has an event of"), (b"\x04" + b"\0" * 11 + b"\xff" * 8, "has an event that cannot be read")],
)
def test_a_damaged_file_is_named(tmp_path, data, words):
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{path} is damaged: it {words}"):
        read_curves(tmp_path)


def test_a_folder_without_curves_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no TensorBoard file; expected the folder of a run"):
        read_curves(tmp_path)
    with pytest.raises(FileNotFoundError, match="nothing does not exist"):
        read_curves(tmp_path / "nothing")


def test_runs_that_differ_in_their_seed_are_a_group(tmp_path):
    one = make_run(tmp_path / "snake-0", [1.0, 2.0], seed=0)
    two = make_run(tmp_path / "snake-1", [3.0, 6.0, 9.0], seed=1, steps=500)
    other = make_run(tmp_path / "fast", [5.0, 5.0], environment={"gravity": 3.0})
    tag, groups = read_groups([one, other, two])
    assert tag == "evaluation/return"
    assert [(group.name, len(group.curves)) for group in groups] == [("snake, 2 seeds", 2), ("fast", 1)]
    steps, mean, low, high = groups[0].mean_and_range()
    assert steps.tolist() == [100, 200]  # as far as both go
    assert (mean.tolist(), low.tolist(), high.tolist()) == ([2.0, 4.0], [1.0, 2.0], [3.0, 6.0])
    assert [group.name for group in read_groups([one, two], apart=True)[1]] == ["snake-0", "snake-1"]


def test_runs_of_other_steps_are_no_group_where_they_had_another_curriculum(tmp_path):
    lessons = {"gravity": {"begin": 5.0, "at": 0.2, "over": 0.2}}
    for name, taught, found in (("free", {}, 1), ("taught", {"curriculum": lessons}, 2)):
        pair = [make_run(tmp_path / f"{name}-{k}", [1.0, 2.0], steps=1000 * (k + 1), **taught) for k in range(2)]
        assert len(read_groups(pair)[1]) == found


def test_between_its_own_steps_a_run_moves_along_a_line():
    curves = ((np.array([0, 100]), np.array([0.0, 10.0])), (np.array([0, 50, 100]), np.array([0.0, 1.0, 2.0])))
    steps, mean, low, high = Group("g", configure(CARTPOLE), curves, (0, 1)).mean_and_range()
    assert steps.tolist() == [0, 50, 100]
    assert (mean.tolist(), low.tolist(), high.tolist()) == ([0.0, 3.0, 6.0], [0.0, 1.0, 2.0], [0.0, 5.0, 10.0])


def test_runs_of_one_seed_are_not_counted_as_several(tmp_path):
    runs = [make_run(tmp_path / f"a-{n}", [1.0, n], seed=n // 2, steps=300 + 100 * (n % 2)) for n in range(4)]
    (group,) = read_groups(runs)[1]
    assert group.name == "a, 4 runs of 2 seeds"
    assert title_of([group]).endswith("mean and range of 4 runs of 2 seeds")
    assert read_groups([runs[0], runs[0]])[1][0].name == "a-0, 2 runs of 1 seed"
    others = read_groups(
        [make_run(tmp_path / f"b-{n}", [1.0, n], seed=n, environment={"gravity": 3.0}) for n in range(3)]
    )[1]
    assert title_of([group, *others]).endswith("mean and range of the runs of each")


def test_runs_without_common_steps_have_no_mean(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    early = make_run(tmp_path / "a-0", [1.0, 2.0], seed=0)
    late = make_run(tmp_path / "a-1", [3.0, 6.0], seed=1, every=300)
    code, error = said(capsys, "plot", early, late, "--out", tmp_path / "c.png")
    assert code == 1
    assert "a, 2 seeds: one of its runs ends at step 200, before another has its first value, at 300" in error
    assert error.endswith("draw each run by itself with --apart\n")
    assert said(capsys, "plot", early, late, "--apart", "--out", tmp_path / "c.png") == (0, "")
    both = read_groups([early, make_run(tmp_path / "a-2", [5.0], seed=2, every=200)], "evaluation/return")[1][0]
    assert [part.tolist() for part in both.mean_and_range()] == [[200], [3.5], [2.0], [5.0]]


def test_the_runs_of_several_seeds_are_found_in_their_folder(tmp_path):
    for seed in (0, 1):
        make_run(tmp_path / "g" / f"seed-{seed}", [1.0, seed], seed=seed)
    write_settings(tmp_path / "g" / "seeds.yaml", 1, {"seeds": [0, 1, 2]})  # the last of them has not begun
    ((group,), title) = (read_groups([tmp_path / "g"])[1], "ludus/CartPole-v1 · pqn · mean and range of 2 seeds")
    assert (group.name, len(group.curves)) == ("g, 2 seeds", 2)
    assert title_of([group]) == title


def test_a_run_that_was_evaluated_once_shows_its_training(tmp_path):
    folder = make_run(tmp_path / "run", [1.0, 2.0], tag="rollout/return")
    assert read_groups([folder])[0] == "rollout/return"
    with pytest.raises(ValueError, match="run has no curve 'evaluation/return' .yet."):
        read_groups([folder], "evaluation/return")


def test_reference_scores_are_those_of_the_same_world(tmp_path):
    plain = Group("a", configure(CARTPOLE), (), ())
    other = Group("b", configure(CARTPOLE, environment={"gravity": 3.0}), (), ())
    third = Group("c", configure("test/Chain-v0"), (), ())
    assert set(reference_scores([plain])) == {"random", "heuristic"}
    for groups in ([plain, other], [plain, third]):
        assert reference_scores(groups) == {}


def test_names_and_numbers():
    assert [short_steps(value) for value in (0, 950, 25_000, 1_500_000, 2e9)] == ["0", "950", "25k", "1.5M", "2G"]


def test_the_picture_shows_each_group(tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    one = make_run(tmp_path / "a-0", [1.0, 2.0], seed=0)
    two = make_run(tmp_path / "a-1", [3.0, 6.0], seed=1)
    other = make_run(tmp_path / "b", [5.0, 5.0, 7.0], environment={"gravity": 3.0})
    shown = []
    monkeypatch.setattr(curves_plot, "save_figure", lambda figure, path: shown.append(figure))
    tag, groups = read_groups([one, two, other])
    plot_curves(groups, tag, tmp_path / "c.png", {"random": 22.0})
    (axes,) = shown[0].axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a, 2 seeds", "b"]
    assert axes.get_lines()[0].get_ydata().tolist() == [2.0, 4.0]
    assert len(axes.collections) == 1  # the band of the only group with several runs
    assert [text.get_text() for text in axes.texts] == ["random"]
    curves_plot.import_pyplot().close(shown[0])
    monkeypatch.undo()
    assert said(capsys, "plot", one, two, other, "--out", tmp_path / "c.png") == (0, "")
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, error = said(capsys, "plot", make_run(tmp_path / "run", [1.0, 2.0]), "--out", tmp_path / "c.png")
    assert (code, error) == (1, f"ludus: the picture needs matplotlib: {install('plots')}\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [("plot", "which runs"), ("plot nothing", "nothing does not exist"), ("plot x --out x.gif", "--out is a .png")],
)
def test_what_cannot_be_drawn_is_said_in_a_line(line, words, capsys, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    code, error = said(capsys, *line.split())
    assert (code != 0, error.count("\n"), words in error) == (True, 1, True), error


def test_a_group_is_called_by_what_its_names_share(tmp_path):
    assert name_of([tmp_path / "cart-0", tmp_path / "cart-1"], (0, 1)) == "cart, 2 seeds"
    assert name_of([tmp_path / "a", tmp_path / "b"], (0, 1)) == "a, 2 seeds"
    assert name_of([tmp_path / "a"], (0,)) == "a"
