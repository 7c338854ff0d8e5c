"""The study of recurrent networks and the transformer: rows that are kept, measures by hand, a table and a picture."""

import re

import pytest
import torch
from PIL import Image

from commands_stage import said
from language_toy import TEXT, make_language_model
from ludus.scripts.main import main
from ludus.studies.rnn_vs_transformer import measures, plot, study, table
from ludus.studies.rows import read_rows

SMALL = {"LENGTHS": (4, 8), "REACHES": (1, 2, 4), "ASKED": 20, "REPEATS": 1, "BEGUN": 5, "WRITTEN": 3}
SETS = [f"--set={x}" for x in ("tokens=char", "context=16", "width=16", "layers=1", "batch_size=8", "precision=fp32")]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name, value in SMALL.items():
        for module in (measures, study, table, plot):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def asked(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT * 3)
    return [
        "study",
        "rnn-vs-transformer",
        "--data",
        tmp_path / "text.txt",
        "--minutes",
        "0.0001",
        "--out",
        tmp_path,
        *SETS,
    ]


def test_rows_are_kept_and_nothing_is_trained_twice(asked, tmp_path, capsys):
    models = ["--models", "lstm", "transformer"]
    assert main([str(x) for x in [*asked, *models]]) == 0
    shown = capsys.readouterr().out
    assert "…" not in shown  # nothing is cut off in a terminal of 80 columns
    assert re.findall(r"^ +(lstm|transformer) +[\d.,]+ ", shown, re.M) == ["lstm", "transformer"] * 2
    out = " ".join(shown.split())
    assert "2 trainings to do" in out
    assert "is the least surprised" in out
    rows = read_rows(tmp_path / "rnn-vs-transformer.csv", study.Row)
    assert [(row.model, row.epochs) for row in rows] == [("lstm", 1), ("transformer", 1)]
    for row in rows:
        assert 1.0 < row.nats < 6.0
        assert len(table.numbers(row.trained)) == 2
        assert len(table.numbers(row.reach)) == 3
        assert row.written > 0
    with Image.open(tmp_path / "rnn-vs-transformer.png") as picture:
        assert picture.width > 1000
    before = (tmp_path / "rnn-vs-transformer.csv").read_bytes()
    assert main([str(x) for x in [*asked, *models]]) == 0
    assert "to do" not in capsys.readouterr().out
    assert (tmp_path / "rnn-vs-transformer.csv").read_bytes() == before


def test_reach_is_the_loss_with_so_many_tokens_and_no_more():
    net = make_language_model("lstm")
    test = torch.tensor(net.tokenizer.encode(TEXT[:60]))
    places = torch.linspace(4, 59, 20).long().tolist()
    for reach, loss in zip((1, 2, 4), measures.reach_losses(net, test), strict=True):
        total = 0.0
        for place in places:
            logits, _ = net.read(test[None, place - reach : place])
            total -= float(logits[0, -1].log_softmax(dim=0)[test[place]].detach())
        assert loss == pytest.approx(total / 20, rel=1e-5)
    with pytest.raises(ValueError, match="the test has 5 tokens, the study looks 4 back"):
        measures.reach_losses(net, test[:5])


def test_a_test_that_is_too_short_is_refused_before_anything_is_trained(asked, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study.StudiedComplete, "train", None)
    (tmp_path / "text.txt").write_text(TEXT)
    monkeypatch.setattr(measures, "REACHES", (1, 2, 64))
    status, fault = said(capsys, *asked, "--models", "rnn")
    assert (status, fault.count("\n")) == (1, 1)
    assert "the test has 43 tokens, the study looks 64 back; take a longer text" in fault


def test_a_model_reaches_as_far_as_twice_as_many_tokens_are_worth_something():
    def rows(reach):
        fields = dict.fromkeys(study.Row.__dataclass_fields__, "0") | {"model": "rnn", "reach": reach}
        return [study.Row(**fields)]

    assert table.reach_of(rows("3.0;2.0;1.9")) == 4
    assert table.reach_of(rows("3.0;2.0;1.995")) == 2
    assert table.reach_of(rows("3.0;3.0;3.1")) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "ltsm"], "did you mean 'lstm'"),
        (["--minutes", "0"], "--minutes must be above 0"),
        (["--seeds", "0"], "--seeds must be above 0"),
        (["--set", "context=1"], "context must be 2"),
    ],
)
def test_what_cannot_be_studied_is_said_in_a_line(arguments, message, asked, capsys):
    status, fault = said(capsys, *asked, *arguments)
    assert (status, fault.count("\n")) == (1, 1)
    assert message in fault
