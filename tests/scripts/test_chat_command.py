"""`ludus chat`: whole talks through a pipe, transcripts, runs, and one line for what cannot be talked to."""

import io
import re
import sys

import pytest
import torch

from commands_stage import TINY, said
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.envs.automation.helpdesk import ACTION_NAMES
from ludus.explain.words import plain
from ludus.nlp.open_understander import open_understander
from ludus.nlp.tasks.understand import Understand
from ludus.nlp.tasks.understand_recipe import compose
from ludus.nlp.weighing import weigh_turn
from ludus.scripts.main import main

ENV = "ludus/Helpdesk-v0"
RULE = ("chat", ENV, "--policy", "desk", "--set", "data=grammar")


def talk(monkeypatch, capsys, data, *arguments):
    """Exit status, standard output and standard error of a talk in which these bytes are typed."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code = main([*RULE, *arguments] if not arguments or arguments[0] != "chat" else list(arguments))
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that was trained with the truth for a moment."""
    folder = tmp_path_factory.mktemp("runs") / "desk"
    world = {"data": "grammar"}
    run = Run.start(folder, configure(ENV, "pqn", TINY, environment=world, steps=64, evaluation_episodes=2))
    run.train()
    return folder


def test_a_whole_talk_through_a_pipe(monkeypatch, capsys, tmp_path):
    log = tmp_path / "talk.txt"
    words = "I’d like cheap Indian food\nphone number, please\nthank you, goodbye\n".encode()
    code, out, err = talk(monkeypatch, capsys, words, "--log", str(log))
    assert (code, err) == (0, "")
    assert "desk · hears by keywords · venues of grammar" in out
    assert "heard  inform: food indian, price cheap\n" in out
    assert "form   food indian* · area – · price cheap* · " in out
    assert re.search(r"clerk  [^\n]*(\n +[^\n]*)?\d{5}\s+\d{6}", out)
    assert re.search(r"clerk  .*Goodbye|clerk  Goodbye", out)
    assert max(len(line) for line in out.splitlines()[:-1]) <= 80
    assert log.read_text(encoding="utf-8") == out[: out.index("Transcript: ")]
    code, again, _ = talk(monkeypatch, capsys, words)
    assert again == log.read_text(encoding="utf-8")  # the same seed, the same talk
    assert "\x1b" not in out


@pytest.mark.parametrize("data", [b"", b"\n\n\n", b"\xff\xfe\x00\xc3\n\x1b[31m\x07", b"a" * 100_000, "🍕\n".encode()])
def test_whatever_comes_through_the_pipe_the_guest_leaves_in_the_end(monkeypatch, capsys, data):
    code, out, err = talk(monkeypatch, capsys, data)
    assert (code, err) == (0, "")
    assert all(letter.isprintable() or letter == "\n" for letter in out)
    assert re.search(r"\d utterances? of yours\.\n$", out)


def test_explain_says_which_words_did_it(monkeypatch, capsys):
    code, out, _ = talk(monkeypatch, capsys, b"well i want cheap thai food\n", "--explain")
    assert code == 0
    why = next(line for line in out.splitlines() if line.startswith("why"))
    assert "cheap +1.00" in why
    assert "thai +1.00" in why
    assert "well" not in why


@pytest.fixture(scope="module")
def waiter(tmp_path_factory):
    """A model of `ludus fit nlp/understand` that learned for two seconds what guests mean."""
    before, out = torch.get_num_threads(), tmp_path_factory.mktemp("models") / "waiter"
    sizes = {"width": 48, "buckets": 256, "dropout": 0.0, "word_dropout": 0.0}
    learns = {"turns": 2000, "test_turns": 100, "epochs": 4, "batch_size": 32, "lr": 0.02, "noise": 0.0, "ema": 0.0}
    alone = {"threads": 1, "precision": "fp32", "checkpoint_seconds": 1e6}
    Understand.start(out, compose("grammar", "gru", 0, {**sizes, **learns, **alone})).train()
    torch.set_num_threads(before)
    return out


def test_a_model_hears_and_explain_weighs_its_words_by_integrated_gradients(monkeypatch, capsys, waiter):
    said = ("i want cheap thai food", "what is the address", "!!!")
    slot = ("--slot", f"utterance={waiter}", "--explain")
    code, out, err = talk(monkeypatch, capsys, "\n".join(said).encode(), *slot)
    assert (code, err) == (0, "")
    assert f"hears by {waiter}" in " ".join(out.split())
    lines = re.sub(r"\n {7}", " ", out).splitlines()
    heard, why = ([line[7:].strip() for line in lines if line.startswith(label)] for label in ("heard", "why"))
    assert re.fullmatch(r"inform( \d+%)?: food thai, price cheap", heard[0])
    assert re.fullmatch(r"request( \d+%)?: address\?", heard[1])
    net = open_understander(waiter)
    before = ("greet", "offer", "inform address")
    assert why == [plain(weigh_turn(net, *each)) for each in zip(said, before, strict=True)]
    assert why[1] != plain(weigh_turn(net, said[1], "greet"))
    assert {part.split(" +")[0] for part in why[0].split(", ")[:2]} == {"cheap", "thai"}


def test_a_run_that_learned_with_the_truth_cannot_hear_and_says_what_to_choose(monkeypatch, capsys, run):
    code, _, err = talk(monkeypatch, capsys, b"hello\n", "chat", str(run))
    assert code == 1
    assert "this clerk cannot hear you: its slot utterance is filled with 'truth'" in err
    assert "--slot utterance=keywords" in err
    assert err.count("\n") == 1


def test_the_agent_of_a_run_answers_by_another_sense(monkeypatch, capsys, run):
    code, out, err = talk(
        monkeypatch, capsys, b"cheap thai food\nbye\n", "chat", str(run), "--slot", "utterance=keywords"
    )
    assert (code, err) == (0, "")
    assert f"{ENV} · pqn after 64 steps · hears by keywords" in out
    assert out.count("\nclerk  ") >= 2


@pytest.mark.parametrize("sense", ["keywords", "model"])
def test_explain_says_which_words_moved_what_the_agent_does(monkeypatch, capsys, run, waiter, sense):
    hears = str(waiter) if sense == "model" else sense
    code, out, err = talk(
        monkeypatch, capsys, b"cheap thai food\n", "chat", str(run), "--slot", f"utterance={hears}", "--explain"
    )
    assert (code, err) == (0, "")
    lines = [line[7:] for line in out.splitlines() if line.startswith("acts   ")]
    assert len(lines) == 1
    action, _, words = lines[0].partition(": ")
    assert action in ACTION_NAMES
    assert {part.rpartition(" ")[0] for part in words.split(", ")} <= {"cheap", "thai", "food", "no"}


BAD = {
    "another environment": (
        ["chat", "ludus/Snake-v1", "--policy", "heuristic"],
        "nobody can be talked to in ludus/Snake-v1; expected a run of ludus/Helpdesk-v0",
    ),
    "one that reads minds": (["chat", ENV, "--policy", "heuristic"], "reads what its guests have in mind"),
    "unknown policy": (["chat", ENV, "--policy", "dsk"], "unknown policy 'dsk'; did you mean 'desk'?"),
    "no run": (["chat", "runs/nowhere"], "is neither the folder of a run"),
    "unknown slot": ([*RULE, "--slot", "hearing=keywords"], "'hearing'"),
    "unknown filling": ([*RULE, "--slot", "utterance=keyword"], "did you mean 'keywords'?"),
    "truth": ([*RULE, "--slot", "utterance=truth"], "cannot hear you"),
    "no folder for the log": ([*RULE, "--log", "/no/where/talk.txt"], "--log is a new file in a folder that exists"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_talked_to_is_refused_in_one_line(capsys, name):
    arguments, message = BAD[name]
    code, err = said(capsys, *arguments)
    assert code == 1
    assert message in err
    assert err.count("\n") == 1


def test_a_log_is_a_new_file(capsys, tmp_path):
    log = tmp_path / "talk.txt"
    log.write_text("precious")
    assert said(capsys, *RULE, "--log", str(log))[0] == 1
    assert log.read_text() == "precious"


def test_without_a_screen_the_window_is_refused_with_the_remedy(monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    code, err = said(capsys, *RULE, "--window")
    assert code == 1
    assert "no display found" in err
    assert "leave out --window" in err


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit) as end:
        main(["chat", "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    for word in ("ludus chat runs/desk", "--explain", "--window", "--log", "/quit"):
        assert word in out
