"""`ludus fit forecasting/detect --data ENVIRONMENT`: streams of a slot, labels from the truth, and the map to it."""

import numpy as np
import pytest

from ludus.components.component import Component
from ludus.envs.streams import slot_streams
from ludus.forecasting.anomalies.judging import judge
from ludus.forecasting.environment_streams import streams_of
from ludus.forecasting.models.detectors.isotonic import Isotonic
from ludus.forecasting.open_detector import open_detector
from ludus.forecasting.tasks.detect import DetectFit
from ludus.forecasting.tasks.detect_recipe import compose
from ludus.scripts.main import main

ID = "ludus/Maintenance-v0"
FIT = ["fit", "forecasting/detect", "--data", ID, "--set", "kind=gaussian"]
SHORT = ["--set", "streams=3", "--set", "steps=500"]


def test_rows_are_samples_and_windows_where_the_truth_is_high():
    recorded = slot_streams(ID, "monitor", 2, 300, environment={"samples": 3}, policies=("run-to-failure",))
    streams = streams_of(recorded, 0.6, "monitor")
    for stream, raw, truth in zip(streams, recorded.raw, recorded.truth, strict=True):
        assert stream.values.shape == (900, 2)
        assert (stream.values[3 * 7 + 2] == raw[7, 2]).all()
        assert (stream.labels[::3] == (truth[:, 0] >= 0.6)).all()
        assert (stream.labels[2::3] == stream.labels[::3]).all()
        assert len(stream.windows) >= 2
    assert streams[1].name == "monitor 1 (run-to-failure)"


def test_a_detector_learns_from_the_slot_and_fills_it_as_it_is(tmp_path, capsys):
    out = tmp_path / "net"
    assert main([*FIT, *SHORT, "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "6,000 rows in 3 streams" in said
    net = open_detector(out)
    assert (net.channels, net.samples, net.wait) == (2, 4, 0)
    assert net.own_start[0] == 2000.0, "it begins with what the first stream showed"
    streams = streams_of(slot_streams(ID, "monitor", 3, 500), 0.6, "monitor")
    assert net.metrics["VUS-PR"] == pytest.approx(
        judge([fresh(net).score_rows(stream.values) for stream in streams], streams)["VUS-PR"]
    )
    assert main(["evaluate", ID, "--policy", "limit", "--slot", f"monitor={out}", "--episodes", "4"]) == 0


def test_the_fit_gives_the_component_that_it_saved(tmp_path):
    settings = {"kind": "gaussian", "streams": 2, "steps": 200, "mapped": True}
    net, _ = DetectFit.start(tmp_path / "wear", compose(ID, settings=settings, slot="monitor")).train()
    assert isinstance(net, Isotonic)
    assert net.fingerprint == Component.load(tmp_path / "wear").fingerprint


def fresh(net):
    """The same detector before it was warmed up."""
    cold = type(net)(net.input_space, net.output_space, **net.config)
    return cold.eval()


def test_its_scores_are_mapped_to_the_truth(tmp_path, capsys):
    out = tmp_path / "wear"
    assert main([*FIT, *SHORT, "--set", "mapped=true", "--env-set", "noise=0.1", "--out", str(out)]) == 0
    assert "Mapped to monitor" in " ".join(capsys.readouterr().out.split())
    net = Component.load(out)
    assert isinstance(net, Isotonic)
    assert {"MAE", "RMSE", "correlation", "VUS-PR", "NAB-standard"} <= set(net.metrics)
    assert net.metrics["correlation"] > 0.2
    values = net.values.numpy()
    assert (np.diff(values) >= 0.0).all()
    assert main([*FIT, "--out", str(out), "--resume"]) != 0, "it is done"


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        (["--set", "samples=2"], "leave out samples"),
        (["--slot", "eye"], "has no slot 'eye'"),
        (["--label", "broken"], "--label is for files"),
        (["--set", "streams=0"], "streams"),
        (["--env-set", "split=never"], "split"),
    ],
)
def test_what_does_not_go_with_an_environment_is_refused(more, refusal, tmp_path, capsys):
    assert main([*FIT, *more, "--out", str(tmp_path / "net")]) != 0
    assert refusal in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "net.training").exists()


def test_other_environments_and_files_have_no_such_stream(tmp_path, capsys):
    for data, more, refusal in (
        ("ludus/Battery-v0", ["--slot", "forecast"], "a detector's stream is a float32 Box (samples, channels)"),
        ("ludus/Nothing-v0", [], "unknown environment"),
        ("nab", ["--env-set", "split=test"], "--env-set is for environments"),
        ("nab", ["--set", "mapped=true"], "scores are mapped to the truth of an environment's slot"),
    ):
        assert main(["fit", "forecasting/detect", "--data", data, *more, "--out", str(tmp_path / "net")]) != 0
        assert refusal in " ".join(capsys.readouterr().err.split())
