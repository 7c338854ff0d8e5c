"""The regret study: who plays with what, how it is paired, how it goes on, its table, its picture, its command."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium import spaces
from matplotlib.text import Text
from PIL import Image

import ludus
from ludus.components import Component, fingerprint_of, register
from ludus.scripts.main import main
from ludus.studies.labels import place_labels
from ludus.studies.plotting import import_pyplot
from ludus.studies.regret import study
from ludus.studies.regret.study import SWAPPED, TRAINED, Judged, compose, read, regret_study
from ludus.studies.regret.table import caption, cells, summarise

SORTER, TOY = "ludus/Sorter-v0", "test/SlotsOfStudy-v0"
FILLINGS = ["truth", "noisy:0.3", "brightness", "blind"]
STEPS = 256  # of a training: it learns next to nothing

ludus.register(TOY, "slots_toy", max_episode_steps=6)


@register("test/dull")
class Dull(Component):
    """A model that says the same of every picture."""

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space)
        self.level = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        return self.level.expand(len(x), 2)


@pytest.fixture
def model(tmp_path):
    component = Dull(spaces.Box(0, 255, (4, 4, 1), np.uint8), spaces.Box(0, 1, (2,), np.float32))
    component.save(tmp_path / "models" / "dull")
    return tmp_path / "models" / "dull"


@pytest.fixture
def trained(monkeypatch):
    """Small trainings and judgements; the list of (filling, seed) that are trained."""
    monkeypatch.setattr(study, "EPISODES", 8)
    configure, learn, done = study.configure, study.learn, []
    tiny = {"num_envs": 8, "rollout_steps": 4, "minibatches": 1, "epochs": 1, "hidden": [8]}

    def small(env, agent, **keywords):
        sizes = tiny if agent == "pqn" else {"num_envs": 8, "n_steps": 8, "batch_size": 64, "n_epochs": 1}
        return configure(env, agent, sizes, **keywords)

    def watched(config, *arguments):
        filling = config.environment["camera"]
        done.append((filling if isinstance(filling, str) else "component", config.seed))
        return learn(config, *arguments)

    monkeypatch.setattr(study, "configure", small)
    monkeypatch.setattr(study, "learn", watched)
    return done


def toy(fillings=FILLINGS, agent="pqn", steps=STEPS):
    return compose(TOY, agent, "camera", fillings, steps)


class Clerk:
    """Puts each item where it is said to belong; one who learned blind sends all to be sorted by hand."""

    def __init__(self, filling):
        self.filling = filling

    def choose(self, observation, mask):
        named = observation["perception"].argmax(axis=1)
        return 12 + (np.full_like(named, 10) if self.filling == "blind" else named)  # at the normal speed


def test_swapped_the_truths_policy_plays_with_all_and_trained_each_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "EPISODES", 16)
    monkeypatch.setattr(study, "learn", lambda config, progress: (Clerk(config.environment["perception"]), 1.0))
    rows = regret_study(compose(SORTER, "pqn", "perception", ["noisy:0.2", "truth"]), 2, tmp_path / "x.csv")
    assert [(row.protocol, row.seed, row.filling) for row in rows] == [
        (protocol, seed, filling)
        for protocol in (SWAPPED, TRAINED)
        for seed in (0, 1)
        for filling in ("truth", "noisy:0.2", "blind")
    ]
    swapped, own = (dict(zip(("truth", "noisy", "blind"), summarise(rows, p), strict=True)) for p in (SWAPPED, TRAINED))
    # 100 items: one in the wrong chute costs 3, sorted by hand 1.2. What time, energy and jams cost is the same for all
    # who run the belt alike, in the same episodes.
    assert swapped["noisy"].regret[0] == pytest.approx(60.0, abs=5 * 3 * math.sqrt(100 * 0.16 / 16))
    assert swapped["blind"].regret[0] == pytest.approx(270.0, abs=10.0)
    assert own["blind"].regret[0] == pytest.approx(120.0, abs=1e-3)
    assert own["noisy"].earned[0] == swapped["noisy"].earned[0]
    for lines in (swapped, own):
        assert (lines["truth"].regret[0], lines["truth"].share, lines["truth"].metric) == (0.0, 1.0, 1.0)
        assert lines["noisy"].metric == pytest.approx(0.8, abs=0.03)
        assert lines["blind"].share == 0.0
    assert {row.measure for row in rows} == {"accuracy"}


def test_both_protocols_share_the_truths_training_and_its_episodes(trained, tmp_path):
    rows = regret_study(toy(), 2, tmp_path / "x.csv")
    assert trained == [(filling, seed) for seed in (0, 1) for filling in FILLINGS]
    assert read(tmp_path / "x.csv") == rows
    assert len(rows) == 2 * 2 * len(FILLINGS)
    truths = {(row.protocol, row.seed): row.mean for row in rows if row.filling == "truth"}
    assert truths[SWAPPED, 0] == truths[TRAINED, 0]
    assert truths[SWAPPED, 1] == truths[TRAINED, 1]
    assert truths[SWAPPED, 0] != truths[SWAPPED, 1]
    assert {row.measure for row in rows} == {"RMSE"}
    assert {row.raw for row in rows} == {"uint8 4x4x1"}
    for protocol in (SWAPPED, TRAINED):
        assert summarise(rows, protocol)[0].regret[0] == 0.0
        assert summarise(rows, protocol)[1].metric == pytest.approx(0.3, abs=0.08)


def test_a_stopped_study_goes_on_with_what_is_missing(trained, tmp_path, monkeypatch):
    path, learn = tmp_path / "x.csv", study.learn

    def stopping(config, *arguments):
        if len(trained) == 5:
            raise KeyboardInterrupt
        return learn(config, *arguments)

    monkeypatch.setattr(study, "learn", stopping)
    with pytest.raises(KeyboardInterrupt):
        regret_study(toy(), 2, path)
    assert len(read(path)) == 2 * len(FILLINGS) + len(FILLINGS) + 1  # a whole seed, and the second one's truth
    with pytest.raises(ValueError, match="not done with two seeds of every filling"):
        summarise(read(path), SWAPPED)
    trained.clear()
    monkeypatch.setattr(study, "learn", learn)
    rows = regret_study(toy(), 2, path)
    assert trained == [("noisy:0.3", 1), ("brightness", 1), ("blind", 1)]
    trained.clear()
    assert regret_study(toy(), 2, path) == rows
    assert trained == []
    more = regret_study(toy([*FILLINGS, "noisy:0.1"]), 2, path)  # the truth's policy is needed to play with it
    assert trained == [("truth", 0), ("noisy:0.1", 0), ("truth", 1), ("noisy:0.1", 1)]
    assert {(row.key, row.mean) for row in rows} == {(row.key, row.mean) for row in more if row.filling != "noisy:0.1"}


def test_changed_settings_are_trained_anew_and_other_agents_stay(trained, tmp_path, monkeypatch):
    path, two = tmp_path / "x.csv", ["truth", "blind"]
    everything = [("truth", 0), ("blind", 0), ("truth", 1), ("blind", 1)]
    ppo = regret_study(toy(two, agent="ppo"), 2, path)
    first = regret_study(toy([*two, "noisy:0.3"]), 3, path)
    trained.clear()
    assert {row.steps for row in regret_study(toy(two, steps=2 * STEPS), 2, path)} == {2 * STEPS}
    assert trained == everything
    assert all(row.steps == 2 * STEPS or row.agent == "ppo" for row in read(path))  # none that cannot be compared
    configure = study.configure
    monkeypatch.setattr(
        study, "configure", lambda *names, **more: replace(configure(*names, **more), hyperparameters=other)
    )
    other = {**configure(TOY, "pqn").hyperparameters, "gamma": 0.5}
    trained.clear()
    changed = regret_study(toy(two), 2, path)
    assert trained == everything
    assert {row.setting for row in changed}.isdisjoint({row.setting for row in first})
    assert [row for row in read(path) if row.agent == "ppo"] == ppo


def test_a_component_is_called_by_its_folder_and_known_by_its_fingerprint(trained, model, tmp_path):
    path, fillings = tmp_path / "x.csv", ["truth", str(model), "blind"]
    rows = regret_study(toy(fillings), 2, path)
    assert [row.filling for row in rows[:3]] == ["truth", "dull", "blind"]
    assert {row.filling: row.fingerprint for row in rows} == {"truth": "", "dull": fingerprint_of(model), "blind": ""}
    component = Component.load(model)
    with torch.no_grad():
        component.level += 0.25
    component.save(model)
    trained.clear()
    again = regret_study(toy(fillings), 2, path)
    assert trained == [("truth", 0), ("component", 0), ("truth", 1), ("component", 1)]
    assert {row.fingerprint for row in again} == {"", fingerprint_of(model)}
    (model.parents[1] / "blind").mkdir()
    component.save(model.parents[1] / "blind")
    with pytest.raises(ValueError, match="two fillings would be called 'blind' in the table"):
        toy(["truth", str(model.parents[1] / "blind")])


def test_another_data_set_is_another_study():
    setup = toy()
    row = Judged("pqn", SWAPPED, "truth", 0, STEPS, "RMSE", 0.0, 1.0, 1.0, "", setup.raw, setup.setting)
    assert setup.can_use(row)
    assert not setup.has_outlived(row)
    other = replace(row, raw="uint8 32x32x3")
    assert not setup.can_use(other)
    for name in ("truth", "another filling"):
        assert setup.has_outlived(replace(other, filling=name))
        assert not setup.has_outlived(replace(other, filling=name, agent="ppo"))


def by_hand(protocol, earned, measure="accuracy"):
    metrics = {"truth": 1.0, "rule": 0.7, "blind": 0.1}
    return [
        Judged("pqn", protocol, name, seed, 1, measure, metrics.get(name, 0.9), float(mean), 1.0, "", "", "x")
        for name, means in earned.items()
        for seed, mean in enumerate(means)
    ]


def test_the_table_by_hand():
    rows = by_hand(SWAPPED, {"truth": (100, 80, 90), "rule": (70, 60, 65), "blind": (-10, -10, -10)})
    truth, rule, blind = summarise(rows, SWAPPED)
    half = 4.303 / math.sqrt(3)  # Student's t with two degrees of freedom; times the standard deviation
    assert truth.earned == pytest.approx((90.0, 90 - half * 10, 90 + half * 10))
    assert rule.regret == pytest.approx((25.0, 25 - half * 5, 25 + half * 5))
    assert (truth.share, rule.share, blind.share) == (1.0, 0.75, 0.0)
    assert cells(rule, []) == ("rule", "0.700", "65.00 ± 12.42", "25.00 ± 12.42", "0.75")


def test_two_seeds_have_no_interval(tmp_path):
    rows = by_hand(SWAPPED, {"truth": (100, 80), "rule": (70, 60), "blind": (-10, -10)})
    lines = summarise(rows, SWAPPED)
    assert cells(lines[1], []) == ("rule", "0.700", "65.00", "25.00", "0.75")
    assert caption(rows, SWAPPED).endswith("an interval needs 3 seeds.")
    assert caption(by_hand(SWAPPED, {"truth": (1, 2, 3), "blind": (0, 0, 0)}), SWAPPED).endswith("(Student's\u00a0t).")


def test_names_in_the_picture_touch_neither_each_other_nor_its_edge():
    figure, axes = import_pyplot().subplots(figsize=(8, 5), layout="constrained")
    line = np.array([(0.0, 0.0), (1.0, 1.0)])
    axes.plot(*line.T)
    points = {f"component number {i}": (0.9 + 0.005 * i, 0.95) for i in range(5)} | {"corner": (0.0, 0.0)}
    labels = place_labels(axes, points, [line])
    figure.draw_without_rendering()
    words = [label.get_text() for label in labels]
    assert sorted(words) == sorted(points)
    boxes = [Text.get_window_extent(label) for label in labels]  # an annotation's own would include its line
    frame = axes.get_window_extent()
    for i, box in enumerate(boxes):
        assert frame.x0 < box.x0 < box.x1 < frame.x1
        assert frame.y0 < box.y0 < box.y1 < frame.y1
        assert not any(box.overlaps(other) for other in boxes[:i])
    import_pyplot().close(figure)


def test_the_command_leaves_tables_a_picture_and_all_results(trained, model, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    slot = f"camera={model},brightness,noisy:0.1,noisy:0.3"
    arguments = ["study", "regret", TOY, "--out", str(tmp_path), "--slot"]
    assert main([*arguments, slot, "--seeds", "2", "--steps", str(STEPS)]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines()[:-1])) <= 80  # the last line names the files
    for word in ("RMSE", "of the gap", "dull", "brightness", "Swapped", "Trained", "2 seeds of 256"):
        assert word in shown
    path = tmp_path / "regret-test-SlotsOfStudy-v0-camera.png"
    with Image.open(path) as picture:
        assert picture.width > 800
        assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 10  # colours
    assert len(read(path.with_suffix(".csv"))) == 2 * 2 * 6
    monkeypatch.setattr(study, "learn", None)
    assert main([*arguments, "camera", "--markdown"]) == 0
    tables = capsys.readouterr().out
    assert tables.count("| filling | RMSE | return | regret | of the gap |\n|---|---:|---:|---:|---:|") == 2
    assert [line.split()[1] for line in tables.splitlines() if line.startswith("| ")] == 2 * [
        "filling", "truth", "dull", "brightness", "noisy:0.1", "noisy:0.3", "blind",
    ]  # fmt: skip
    assert main([*arguments, "camera=truth,noisy:0.3", "--markdown"]) == 0
    assert "brightness" not in capsys.readouterr().out
    assert main([*arguments, "camera", "--markdown", "--agent", "ppo"]) == 1
    assert "no results of this agent and these fillings; run the study first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([TOY], f"needs one --slot NAME=FILLING,FILLING,…, got none; {TOY} has camera, order"),
        ([TOY, "--slot", "camera=truth,blind", "--slot", "order=truth,blind"], "needs one --slot"),
        ([TOY, "--slot", "camera"], "--slot takes NAME=FILLING, such as perception=truth, got 'camera'"),
        ([TOY, "--slot", "camra=truth,blind"], f"{TOY} has no slot 'camra'; did you mean 'camera'?"),
        ([TOY, "--slot", "camera=truth"], "compares fillings, got --slot camera=truth; expected two or more"),
        ([TOY, "--slot", "camera=truth,,blind"], "--slot takes NAME=FILLING, such as perception=truth, got"),
        ([TOY, "--slot", "camera=truth,nosy:0.1"], "cannot be filled with 'nosy:0.1'"),
        ([TOY, "--slot", "camera=truth,raw"], "camera=raw is no estimate of the truth"),
        ([TOY, "--slot", "camera=truth,blind", "--seeds", "1"], "needs --seeds >= 2, and 3 for its intervals, got 1"),
        ([TOY, "--slot", "camera=truth,blind", "--steps", "0"], "steps must be 1 … 1,000,000,000,000,000, got 0"),
        (["ludus/Pendulum-v1"], "ludus/Pendulum-v1 has no slots"),
        (["ludus/Pendulum-v1", "--slot", "camera=truth,blind"], "ludus/Pendulum-v1 has no slot 'camera'; it has none"),
    ],
)
def test_what_cannot_be_studied_is_refused_in_a_line(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(study, "learn", None)
    assert main(["study", "regret", *arguments, "--out", str(tmp_path / "new")]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_another_csv_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("reheats,seed\n1,2\n")
    with pytest.raises(ValueError, match="is not a CSV of this study; choose another --out, or remove it"):
        regret_study(toy(), 2, path)
