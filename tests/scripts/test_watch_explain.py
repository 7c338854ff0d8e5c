"""`ludus watch --explain` on the command line: panels in a video, and one line where nothing can be explained."""

import imageio_ffmpeg
import numpy as np
import pytest

from explain_stage import SIDE, make_items
from ludus.envs.make import make_batch
from ludus.scripts.main import main
from ludus.scripts.watch import spelled_out
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.convnet import ConvNet
from ludus.vision.models.detector import Detector
from vision_toy import CLASSES


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    return make_items(tmp_path_factory.mktemp("items"))


@pytest.fixture
def folder(tmp_path):
    """A component on the disk that takes the pictures of `items`."""
    net = ConvNet(*spaces_of(np.empty((1, SIDE, SIDE, 3)), 3), widths=[4], dense=4, classes=CLASSES)
    net.save(tmp_path / "model")
    return tmp_path / "model"


SORTER = ["watch", "ludus/Sorter-v0", "--policy", "heuristic", "--steps", "3"]


@pytest.mark.parametrize(("count", "size"), [(1, (1080, 480)), (2, (1200, 266))])
def test_command_records_the_panels(items, folder, tmp_path, count, size):
    path = tmp_path / "a.mp4"
    slot = ["--set", f"images={items}", "--slot", f"perception={folder}", "--envs", str(count)]
    assert main([*SORTER, *slot, "--explain", "--record", str(path)]) == 0
    reader = imageio_ffmpeg.read_frames(str(path))
    assert next(reader)["size"] == size
    reader.close()


def test_command_records_the_boxes_of_a_detector(tmp_path):
    batch = make_batch("ludus/Picker-v0", 1, images="parcels")
    slot = batch.simulation.slots["perception"]
    given, said = (space(**batch.sizes) for space in (slot.raw, slot.truth))
    Detector(given, said, widths=[8, 8, 8], hidden=8, crop=16, crop_widths=[8, 8, 8]).save(tmp_path / "model")
    batch.close()
    path = tmp_path / "a.mp4"
    line = ["watch", "ludus/Picker-v0", "--policy", "plan", "--steps", "3", "--set", "images=parcels", "--explain"]
    assert main([*line, "--slot", f"perception={tmp_path / 'model'}", "--record", str(path)]) == 0
    reader = imageio_ffmpeg.read_frames(str(path))
    assert next(reader)["size"] == (1080, 480)
    reader.close()


WITH_ITEMS = ["--set", "images=ITEMS"]
BAD = {
    "truth": ([*SORTER, *WITH_ITEMS, "--explain"], "slot perception is filled with 'truth'; the policy sees no"),
    "remedy": ([*SORTER, *WITH_ITEMS, "--explain"], "fill the slot with a model: --slot perception=models/garments"),
    "raw, and no policy that looks": (
        [*SORTER, *WITH_ITEMS, "--slot", "perception=raw", "--explain", "grad-cam"],
        "slot perception is filled with 'raw'; the policy sees no picture through a convolution",
    ),
    "boxes of no detector": (
        ["watch", "ludus/Picker-v0", "--policy", "plan", "--steps", "3", "--set", "images=parcels", "--explain"],
        "slot perception is filled with 'truth'; the policy sees no picture through a convolution; fill the slot "
        "with a model: --slot perception=models/tray",
    ),
    "no camera": (
        ["watch", "ludus/Pendulum-v1", "--policy", "heuristic", "--explain"],
        "--explain finds no model that sees pictures or series in pendulum: the policy sees no picture",
    ),
    "unknown method": ([*SORTER, "--explain", "grad-cm"], "unknown method 'grad-cm'; did you mean 'grad-cam'?"),
    "a recording": (["watch", "a.npz", "--explain"], "--explain does not go with a recording"),
}


@pytest.mark.parametrize("case", BAD)
def test_where_nothing_can_be_explained_one_line_says_why(case, items, capsys, pygame):
    arguments, expected = BAD[case]
    assert main([argument.replace("ITEMS", items) for argument in arguments]) == 1
    error = capsys.readouterr().err
    assert expected in error
    assert error.count("\n") == 1


def test_explain_alone_means_grad_cam(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    for given, meant in (
        (["a/b", "--explain"], ["a/b", "--explain", "grad-cam"]),
        (["--explain", "a/b"], ["--explain", "grad-cam", "a/b"]),
        (["--explain", "run"], ["--explain", "grad-cam", "run"]),
        (["a/b", "--explain", "--envs", "2"], ["a/b", "--explain", "grad-cam", "--envs", "2"]),
        (["a/b", "--explain", "integrated-gradients"], ["a/b", "--explain", "integrated-gradients"]),
        (["a/b", "--explain=grad-cam"], ["a/b", "--explain=grad-cam"]),
        (["a/b"], ["a/b"]),
    ):
        assert spelled_out(given) == meant
