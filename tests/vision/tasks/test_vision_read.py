"""Pictures with their truths from any environment's slot, and readers that learn from them."""

import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium import spaces

import ludus
from ludus.components.component import Component
from ludus.envs.frames import SUCCESSIVE, _Player, frames
from ludus.envs.make import make_batch
from ludus.scripts.main import main
from ludus.training.fit import folder_of
from ludus.utils.interrupts import Interrupted
from ludus.vision.models.reader import Reader
from ludus.vision.tasks import read, read_report
from ludus.vision.tasks.classify import Classify
from ludus.vision.tasks.read import Data, Read
from ludus.vision.tasks.read_recipe import compose
from vision_toy import as_it_was  # noqa: F401

TOY = "test/Pictures-v0"
ludus.register(TOY, "slots_toy", max_episode_steps=6)
TINY = {
    **{"frames": 2048, "test_frames": 1024, "epochs": 3, "batch_size": 256, "widths": [8, 8], "dense": 16},
    **{"hidden": 32, "threads": 1, "precision": "fp32", "checkpoint_seconds": 0.0},
}


def toy_recipe(**settings):
    return compose(TOY, settings={**TINY, "lr": 0.01, **settings}, slot="camera", environment={"size": 8})


# --- Frames ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("envs", [256, 8], ids=["one series each", "eight series each"])
def test_successive_frames_obey_the_equations_of_motion(envs, monkeypatch):
    monkeypatch.setattr("ludus.envs.frames.ENVS", envs)
    data = frames("ludus/CartPole-v1", "vision", 1024, seed=3)
    rows = np.flatnonzero(data.before >= 0)
    now, past = data.truth[rows].astype(np.float64), data.truth[data.before[rows]].astype(np.float64)
    assert len(rows) > 500
    # Explicit Euler steps of 0.02 s, as in Gymnasium.
    np.testing.assert_allclose(now[:, [0, 2]], past[:, [0, 2]] + 0.02 * past[:, [1, 3]], atol=1e-6)
    assert (data.before[data.begins] == -1).all()
    assert not (data.before[::SUCCESSIVE] >= 0).any()  # each series begins elsewhere
    fresh = frames("ludus/CartPole-v1", "vision", 1024, seed=3, spread=0)
    assert fresh.begins[:: len(fresh) // min(envs, 64)].all()  # all environments were recorded from their first step on
    assert (np.abs(fresh.truth[fresh.begins]) <= 0.05).all()
    assert (np.abs(data.truth[~data.begins]) > 0.05).any()


def test_play_is_good_bad_and_led_astray():
    """In groups of eight: chances of a random action 0, 0.05, 0.2, 1, then the same with actions that are kept."""
    batch = make_batch("ludus/CartPole-v1", 80, vision="truth")
    batch.seed_from(0)
    player = _Player(batch, np.random.default_rng(0))
    took, best = [], []
    for _ in range(400):
        best.append(batch.heuristic().copy())
        took.append(player.actions().copy())
        batch.step(took[-1])
    other = (np.array(took) != best).mean(axis=0).reshape(10, 8).mean(axis=0)  # half of all random actions are the best
    np.testing.assert_allclose(other[:4], [0.0, 0.025, 0.1, 0.5], atol=0.03)
    assert other[4] == 0.0
    assert 2 * other[1] < other[5] < 0.25 < other[6] < other[7] + 0.05
    changes = (np.diff(took, axis=0) != 0).mean(axis=0).reshape(10, 8).mean(axis=0)
    assert changes[7] < 0.5 * changes[3]


def test_play_is_legal():
    batch = make_batch("ludus/Snake-v1", 64, vision="truth")
    batch.seed_from(0)
    player = _Player(batch, np.random.default_rng(0))
    for _ in range(300):
        actions = player.actions()
        legal = batch.buffers.mask[np.arange(64), actions] | ~batch.buffers.mask.any(axis=1)
        assert legal.all()
        batch.step(actions)


def test_a_picture_belongs_to_its_truth():
    data = frames("ludus/Snake-v1", "vision", 300, spread=50)
    head = np.array((44, 72, 164))
    for picture, board in zip(data.raw, data.truth, strict=True):
        row, column = np.argwhere(board[..., 1] == 1)[0]
        np.testing.assert_array_equal(picture[7 * row + 3, 7 * column + 3], head)


def test_frames_follow_from_their_seed():
    one, again, other = (frames(TOY, "camera", 600, seed=seed, spread=20) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.raw, again.raw)
    np.testing.assert_array_equal(one.truth, again.truth)
    assert not np.array_equal(one.raw, other.raw)


@pytest.mark.parametrize(
    ("id", "slot", "n", "message"),
    [
        ("ludus/Snake-v1", "visoin", 10, "has no slot 'visoin'; its slots are vision"),
        ("ludus/Taxi-v4", "vision", 10, "it has none"),
        ("ludus/Snake-v1", "vision", 0, "frames must be >= 1, got 0"),
    ],
)
def test_what_has_no_frames_is_refused(id, slot, n, message):
    with pytest.raises(ValueError, match=message):
        frames(id, slot, n)


# --- The network -----------------------------------------------------------------------------------------------------


def reader(outputs=(4,), dtype=np.float32, **config):
    torch.manual_seed(0)
    high = 255 if dtype == np.uint8 else np.inf
    low = 0 if dtype == np.uint8 else -np.inf
    small = {"widths": [4, 4], "dense": 8, "hidden": 8, **config}
    return Reader(spaces.Box(0, 255, (24, 24, 3), np.uint8), spaces.Box(low, high, outputs, dtype), **small).eval()


def test_reader_remembers_the_picture_before_and_nothing_else():
    net, x = reader(), torch.randint(0, 256, (3, 5, 24, 24, 3), dtype=torch.uint8)
    memory, shown = net.first_memory(5), []
    with torch.no_grad():
        for picture in x:
            y, memory = net(picture, memory)
            shown.append(y)
        alone, _ = net(x[2], net.first_memory(5))
        after, _ = net(x[2], net(x[1], net.first_memory(5))[1])
    assert not torch.allclose(shown[2], alone)
    torch.testing.assert_close(shown[2], after)


def test_whole_numbers_are_read_as_whole_numbers_and_boards_as_bytes():
    with torch.no_grad():
        net = reader(whole=(True, False, True, False), mean=(3.0,) * 4, std=(5.0,) * 4)
        y, _ = net(torch.randint(0, 256, (50, 24, 24, 3), dtype=torch.uint8), net.first_memory(50))
        board = reader((6, 6, 5), np.uint8, std=(50.0,) * 5)(torch.zeros((2, 24, 24, 3), dtype=torch.uint8))
    assert torch.equal(y[:, [0, 2]], y[:, [0, 2]].round())
    assert not torch.equal(y[:, 1], y[:, 1].round())
    assert (board.dtype, board.shape) == (torch.uint8, (2, 6, 6, 5))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: reader((2, 2)), "a reader gives float32 numbers"),
        (lambda: reader(widths=[]), "expected channels and units >= 1"),
        (lambda: reader(mean=(1.0,)), "mean has 1 entries, the last axis of .* has 4"),
        (lambda: Reader(spaces.Box(0, 1, (3,), np.float32), spaces.Box(0, 1, (1,), np.float32)), "takes uint8 pict"),
    ],
)
def test_reader_that_makes_no_sense_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


# --- Training --------------------------------------------------------------------------------------------------------


def test_only_pictures_whose_change_is_known_are_learned_from():
    recipe = compose("ludus/CartPole-v1", settings={"batch_size": 32})
    data = frames("ludus/CartPole-v1", "vision", 1024, seed=3, spread=500)
    batches = Read(Path("net"), recipe).prepare(Data(data, data, data)).batches
    shown = torch.cat([batches.usable[batches.rows(step)] for step in range(len(batches))]).numpy()
    assert len(np.unique(shown)) == len(shown) == len(batches.usable) // 32 * 32
    assert ((data.before[shown] >= 0) | data.begins[shown]).all()
    assert ((data.before < 0) & ~data.begins).sum() == len(data) - len(batches.usable) > 50
    x, before, known, truth = batches.batch(0)
    rows = shown[:32]
    assert np.array_equal(x, data.raw[rows])
    assert np.array_equal(truth, data.truth[rows])
    assert np.array_equal(known[:, 0] > 0, data.before[rows] >= 0)
    assert np.array_equal(before[known[:, 0] > 0], data.raw[data.before[rows][data.before[rows] >= 0]])


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "toy"
    return out, *Read.start(out, toy_recipe(epochs=8)).train()


def test_what_the_picture_shows_is_read(learned):
    out, net, summary = learned
    assert summary.metrics["rmse"] < 0.5 * summary.baseline["rmse"]
    assert "always mean" in str(summary)
    loaded = Component.load(out)
    assert loaded.metrics == net.metrics
    batch = make_batch(TOY, 8, size=8, camera=str(out))
    batch.seed_from(0)
    errors = []
    for t in range(30):
        batch.step(np.full(8, t % 2))
        errors.append(batch.shown("camera")[:, 0] - batch.store["value"] / 10.0)
    assert np.sqrt(np.mean(np.square(errors))) < 0.1


def test_judging_is_what_an_environment_would_see(learned):
    _, net, _ = learned
    data = frames(TOY, "camera", 1500, seed=9, environment={"size": 8}, spread=100)
    y, rows = read_report.judge(net.eval(), data)
    assert 0 < len(rows) < len(data)
    with torch.no_grad():
        for k in range(0, len(rows), 97):
            row = int(rows[k])
            memory = net.first_memory(1)
            if data.before[row] >= 0:
                _, memory = net(torch.from_numpy(data.raw[row - 1 : row]), memory)
            seen, _ = net(torch.from_numpy(data.raw[row : row + 1]), memory)
            np.testing.assert_allclose(seen[0].numpy(), y[k], atol=1e-5)


def test_reader_of_boards_learns_what_cells_show(tmp_path):
    settings = {**TINY, "epochs": 10, "lr": 0.02, "batch_size": 64, "test_frames": 300, "widths": [16, 16]}
    recipe = compose("ludus/Snake-v1", settings=settings, environment={"size": 4})
    net, summary = Read.start(tmp_path / "snake", recipe).train()
    assert summary.metrics["cells_right"] > summary.baseline["cells_right"] + 0.2
    assert "of the boards" in str(summary)
    assert make_batch("ludus/Snake-v1", 2, size=4, vision=net).observation_space == net.output_space
    y, rows = read_report.judge(net, frames("ludus/Snake-v1", "vision", 64, environment={"size": 4}))
    picture = read_report.readings_picture(y, rows, frames("ludus/Snake-v1", "vision", 64, environment={"size": 4}))
    assert (picture == (255, 0, 0)).all(axis=2).any()  # there are mistakes, and they are framed


@pytest.mark.parametrize("step", [1, 9])
def test_training_that_was_stopped_ends_with_the_same_bits(tmp_path, step, monkeypatch):
    whole, _ = Read.start(tmp_path / "whole", toy_recipe()).train()
    fit, pressed = Read.start(tmp_path / "again", toy_recipe()), []

    def press(progress):
        if progress.done >= step and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        fit.train(press)
    with monkeypatch.context() as other:
        other.setattr(read, "frames", lambda *given, **more: frames(*given[:3], given[3] + 1, *given[4:], **more))
        with pytest.raises(ValueError, match="the data are not those that the checkpoint in .*again.training learned"):
            Read.open(tmp_path / "again").train()
    again, _ = Read.open(tmp_path / "again").train()
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adam"}, "unknown optimizer 'adam'; did you mean"),
        ({"momentun": 1.0}, "no setting 'momentun'; did you mean 'momentum'?"),
        ({"frames": 3}, "frames must be 16 … 100,000,000, got 3"),
        ({"precision": "fp16"}, "unknown precision 'fp16'"),
        ({"widths": [0]}, "expected channels and units >= 1"),
        ({"epochs": 0}, "epochs must be 1 … 1,000,000, got 0"),
    ],
)
def test_recipe_that_makes_no_sense_is_refused_and_nothing_written(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        Read.start(tmp_path / "net", compose(TOY, settings={**TINY, **settings}, slot="camera"))
    assert not list(tmp_path.iterdir())


def test_command_fits_a_reader_and_goes_on(tmp_path, capsys):
    out = tmp_path / "net"
    sets = [word for key, value in {**TINY, "frames": 1024}.items() for word in ("--set", f"{key}={value}")]
    slot = ["--env", TOY, "--slot", "camera", "--env-set", "size=8"]
    assert main(["fit", "vision/read", "--out", str(out), *slot, *sets]) == 0
    said = capsys.readouterr().out
    assert "RMSE" in said
    assert "Component:" in said
    assert list(folder_of(out).glob("events.out.*"))
    assert Component.load(out).config["data"] == TOY
    assert main(["fit", "vision/read", "--out", str(out), "--resume"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vision/read", "--out", "x"], "whose pictures? --env ID"),
        (["vision/read", "--out", "x", "--env", "ludus/Taxi-v4"], "ludus/Taxi-v4 has no slot 'vision'"),
        (["vision/read", "--out", "x", "--resume", "--env", TOY], "give it with --out alone"),
    ],
)
def test_command_says_in_one_line_what_is_wrong(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_learning_rate_that_is_too_high_stops_with_a_remedy(tmp_path):
    with pytest.raises(ValueError, match=r"the loss is (nan|inf) in step \d+"):
        Read.start(tmp_path / "net", toy_recipe(lr=1e6, optimizer="sgd")).train()


def test_recipes_tell_whole_numbers_from_others():
    assert compose(TOY, settings={"lr": 1}).lr == 1.0
    with pytest.raises(ValueError, match="epochs must be a whole number"):
        compose(TOY, settings={"epochs": 1.5})


def test_the_smallest_sizes_that_are_allowed_still_show_successive_steps(tmp_path):
    data = frames("ludus/CartPole-v1", "vision", SUCCESSIVE)
    assert (data.before >= 0).sum() >= SUCCESSIVE - 1
    settings = {**TINY, "frames": SUCCESSIVE, "test_frames": SUCCESSIVE, "epochs": 1}
    _, summary = Read.start(tmp_path / "net", compose(TOY, settings=settings, slot="camera")).train()
    assert np.isfinite(summary.metrics["rmse"])


@pytest.mark.parametrize(
    ("env", "slot", "environment", "message"),
    [
        ("ludus/Sorter-v0", "perception", {"images": "parcels"}, "names classes; train a classifier"),
        (TOY, "order", {}, "is not sensed in each step"),
        (TOY, "camera", {"camera": "raw"}, "camera is not a parameter of the environment"),
        (TOY, "camera", {"num_envs": 3}, "num_envs is not a parameter"),
    ],
)
def test_slot_or_keyword_that_cannot_be_read_is_refused(tmp_path, env, slot, environment, message):
    with pytest.raises(ValueError, match=message):
        Read.start(tmp_path / "net", compose(env, settings=TINY, slot=slot, environment=environment))
    assert not list(tmp_path.iterdir())


def test_a_keyword_that_the_environment_does_not_take_is_refused(tmp_path):
    with pytest.raises(TypeError, match="unexpected keyword argument 'seed'"):
        Read.start(tmp_path / "net", compose(TOY, settings=TINY, slot="camera", environment={"seed": 3}))
    assert not list(tmp_path.iterdir())


def test_training_of_another_task_is_not_taken_up(learned):
    out, _, _ = learned
    with pytest.raises(ValueError, match="is a training of vision/read, not of vision/classify"):
        Classify.open(out)
