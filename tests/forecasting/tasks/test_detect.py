"""`ludus fit forecasting/detect` and `ludus detect`: files of one's own, every kind, exact resume, refusals."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

from ludus.components.component import Component
from ludus.data.streams.marking import mark_rows
from ludus.forecasting.open_detector import open_detector
from ludus.forecasting.tasks.detect import DetectFit
from ludus.forecasting.tasks.detect_recipe import KINDS, compose
from ludus.scripts.main import main
from ludus.utils.interrupts import Interrupted
from stopping import stop_at

QUICK = {"autoencoder": ["epochs=2", "batch_size=32", "length=4", "window=32"], "gaussian": ["window=100"]}


@pytest.fixture
def pump(tmp_path):
    """A file of 900 rows, two of whose peaks are labelled."""
    draw = np.random.default_rng(0)
    lines = ["time,vibration,broken"]
    for i in range(900):
        broken = i in range(400, 410) or i in range(700, 710)
        value = np.sin(i / 5.0) + 0.1 * draw.normal() + 6.0 * broken
        lines.append(f"2026-01-{1 + i // 1440:02d} {i // 60 % 24:02d}:{i % 60:02d},{value:.4f},{int(broken)}")
    path = tmp_path / "pump.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_finds_what_is_labelled(kind, pump, tmp_path, capsys):
    out = tmp_path / "models" / kind
    more = [part for setting in QUICK.get(kind, ()) for part in ("--set", setting)]
    fit = ["fit", "forecasting/detect", "--data", str(pump), "--label", "broken", "--set", f"kind={kind}", *more]
    assert main([*fit, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "isolation forest" in said
    assert "the best for the profile standard" in " ".join(said.split())
    assert "published" not in said
    net = open_detector(out)
    assert net.metrics["NAB-standard"] > 80.0
    assert 0.0 < net.metrics["VUS-PR"] <= 1.0
    assert (tmp_path / "models" / f"{kind}.training" / "timeline.png").exists()


def test_a_file_is_marked_and_drawn(pump, tmp_path, capsys):
    out = str(tmp_path / "net")
    fit = ["fit", "forecasting/detect", "--data", str(pump), "--leave-out", "broken", "--set", "false_alarms=0.004"]
    assert main([*fit, "--out", out]) == 0
    assert "0.4 % of the rows" in " ".join(capsys.readouterr().out.split())
    assert main(["detect", out, str(pump), "--column", "vibration", "--label", "broken"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "2 of 2 labelled windows found" in said
    assert re.search(r" 402 \W*2026-01-01 06:40:00", said)  # the line of the file, whose first one has the names
    with (tmp_path / "pump-detected.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time", "vibration", "broken", "score", "alarm"]
    alarms = [i for i, row in enumerate(rows) if row["alarm"] == "1"]
    assert 1 <= len(alarms) <= 3
    assert 400 in alarms
    threshold = float(open_detector(tmp_path / "net").threshold)
    assert alarms == [i for i, row in enumerate(rows) if float(row["score"]) >= threshold - 1e-9]
    with Image.open(tmp_path / "pump-detected.png") as picture:
        assert picture.size[0] > 800
        assert len(picture.convert("RGB").getcolors(2**20)) > 10
    assert main(["detect", out, str(pump), "--column", "vibration", "--threshold", "0"]) == 0
    assert "900 alarms" in capsys.readouterr().out


def test_nothing_tunes_a_detector(pump, tmp_path, capsys):
    tune = ["tune", "fit", "forecasting/detect", "--data", str(pump), "--out", str(tmp_path / "t")]
    assert main(tune) == 1
    assert "forecasting/detect has nothing to be tuned by" in " ".join(capsys.readouterr().err.split())


def test_warmed_up_it_goes_on_where_the_file_ended(pump, tmp_path):
    made = {}
    for warm in (False, True):
        settings = {"warm_up": warm, "wait": 0}
        fit = DetectFit.start(tmp_path / f"net{warm}", compose(str(pump), 0, settings, {"columns": ["vibration"]}))
        made[warm], _ = fit.train()
    strange = np.full((1, 1), 20.0)
    assert made[False].score_rows(strange)[0] == 0.0  # it knows nothing yet
    assert made[True].score_rows(strange)[0] > 0.99


@pytest.mark.parametrize("step", [3, 8])
def test_a_training_that_was_stopped_ends_with_the_same_bits(step, pump, tmp_path):
    settings = {"kind": "autoencoder", "epochs": 4, "batch_size": 32, "length": 4, "window": 32, "threads": 1}
    recipe = compose(str(pump), 1, settings, {"columns": ["vibration"]})
    whole, _ = DetectFit.start(tmp_path / "whole", recipe).train()
    fit = DetectFit.start(tmp_path / "stopped", recipe)
    with pytest.raises(Interrupted):
        fit.train(stop_at(step))
    again, _ = DetectFit.open(tmp_path / "stopped").train()
    assert whole.fingerprint is not None
    for one, two in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_the_residuals_of_a_saved_forecaster(pump, tmp_path, capsys):
    model = str(tmp_path / "forecast")
    fit = ["fit", "forecasting/linear", "--file", str(pump), "--target", "vibration", "--leave-out", "broken"]
    assert main([*fit, "--horizon", "1", "--set", "lookback=16", "--out", model]) == 0
    out = tmp_path / "net"
    fit = ["fit", "forecasting/detect", "--data", str(pump), "--column", "vibration", "--set", "kind=residual"]
    assert main([*fit, "--set", f"model={model}", "--out", str(out)]) == 0
    net = Component.load(out)
    assert net.config["part"]["class"] == "forecasting/linear"
    capsys.readouterr()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "which streams? --data nab, or --data FILE.csv"),
        (["--data", "PUMP", "--set", "kind=gausian"], "unknown kind of detector 'gausian'; did you mean 'gaussian'?"),
        (["--data", "PUMP", "--set", "scale=3"], "no setting 'scale'"),
        (["--data", "PUMP", "--set", "model=x"], "a forecaster goes with kind=residual alone"),
        (["--data", "PUMP", "--set", "device=cuda"], "kind=nearest works on the CPU"),
        (["--data", "PUMP", "--set", "profile=low"], "profile"),
        (["--data", "PUMP", "--set", "kind=autoencoder", "--set", "batch_size=5000"], "smaller --set batch_size"),
        (["--data", "PUMP", "--set", "kind=[gaussian]"], "unknown kind of detector ['gaussian']"),
        (["--data", "PUMP", "--column", "vibration", "--set", "rank_window=40"], "rank_window=40 rows are remembered"),
        (["--data", "EARLY", "--column", "vibration", "--label", "broken"], "all labelled rows lie in the first 15%"),
        (["--data", "PUMP", "--column", "vibration,broken", "--label", "broken"], "broken is given twice"),
        (["--data", "PUMP", "--column", "time"], "time is given twice"),
        (["--data", "PUMP", "--column", "vibration", "--leave-out", "vibration"], "vibration is given twice"),
        (["--data", "PUMP", "--column", "vibrations"], "did you mean 'vibration'?"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_a_line(options, message, pump, tmp_path, capsys):
    early = tmp_path / "early.csv"
    early.write_text("vibration,broken\n" + "\n".join(f"{i % 7},{int(9 < i < 20)}" for i in range(900)) + "\n")
    given = [{"PUMP": str(pump), "EARLY": str(early)}.get(option, option) for option in options]
    assert main(["fit", "forecasting/detect", *given, "--out", str(tmp_path / "net")]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "net.training").exists()


def test_what_cannot_be_detected_is_refused_in_a_line(pump, tmp_path, capsys):
    DetectFit.start(tmp_path / "net", compose(str(pump), 0, {}, {"columns": ["vibration"]})).train()
    for options, message in (
        ([str(pump)], "the detector watches 1 column, pump.csv has 2; say which: --column NAME"),
        ([str(tmp_path / "none.csv")], "does not exist; expected a CSV"),
        ([str(pump), "--column", "vibration", "--threshold", "1.5"], "--threshold is a score from 0 to 1, got 1.5"),
        ([str(pump), "--column", "vibration", "--out", "marked.txt"], "--out"),
        ([str(pump), "--column", "vibration", "--out", str(pump)], "is the file itself, which is left as it is"),
    ):
        assert main(["detect", str(tmp_path / "net"), *options]) == 1
        assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("*-detected*"))


def test_lines_are_those_of_the_reader_of_tables():
    scores, alarms = np.array([0.5, 1.0]), np.array([False, True])
    marked = mark_rows("value,note\n1,a\u2028b\x0cc\n2,d\n".encode(), "pump.csv", scores, alarms)
    assert marked.decode() == "value,note,score,alarm\n1,a\u2028b\x0cc,0.5,0\n2,d,1,1\n"
