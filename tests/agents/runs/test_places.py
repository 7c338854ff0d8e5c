"""What is said where the folder of a run was expected: an environment id, a folder of several seeds, nothing."""

from pathlib import Path

import pytest

import ludus
from ludus.agents import zoo
from ludus.agents.runs.places import no_run
from ludus.agents.runs.player import find_player
from ludus.scripts.main import main

TAXI = zoo.folder("ludus/Taxi-v4")


@pytest.mark.parametrize(
    "use",
    [
        *(ludus.load, ludus.resume, lambda run: ludus.export(run, "x.onnx"), lambda run: ludus.evaluate(Path(run))),
        *(ludus.evaluate, lambda run: ludus.evaluate([run, "random"], "ludus/Taxi-v4")),
    ],
    ids=["load", "resume", "export", "evaluate", "evaluate a text", "evaluate several"],
)
@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("ludus/Taxi-v4", rf"ludus/Taxi-v4 is an environment id, .* ludus.load_pretrained\('ludus/Taxi-v4'\).*{TAXI}$"),
        ("ludus/Taxi-v3", r"policies of environments come from ludus.load_pretrained.*; did you .* 'ludus/Taxi-v4'"),
        ("ludus/Bandit-v0", "load_pretrained has no policy for it; train one: ludus train ludus/Bandit-v0"),
        ("CartPole-v1", "CartPole-v1 is an environment id.* no policy for it"),
        ("runs/taxi-v3", "runs/taxi-v3 does not exist; expected the folder of a run"),
    ],
)
def test_an_id_in_the_place_of_a_run_leads_to_the_policy_that_comes_with_ludus(use, id, said):
    with pytest.raises(FileNotFoundError, match=said):
        use(id)


def test_the_folder_that_is_named_can_be_taken(capsys):
    assert ludus.load(TAXI).run.config.env == "ludus/Taxi-v4"
    for command in (["export", "ludus/Taxi-v4", "x.onnx"], ["plot", "ludus/Taxi-v4"], ["train", "--resume"]):
        words = command if len(command) > 1 and command[0] != "train" else [*command, "ludus/Taxi-v4"]
        assert main(words) == 1
        assert f"its folder {TAXI}" in capsys.readouterr().err


def test_of_several_seeds_one_is_named(tmp_path):
    group = tmp_path / "group"
    group.mkdir()
    (group / "seeds.yaml").write_text("format: 1\nseeds: [3, 4]\n")
    with pytest.raises(ValueError, match="holds runs of several seeds, none of which has begun"):
        raise no_run(group)
    (group / "seed-4").mkdir()
    (group / "seed-4" / "config.yaml").touch()
    said = f"{group} holds runs of several seeds; name one of them, such as {group}/seed-4"
    for use in (
        ludus.load,
        ludus.evaluate,
        lambda run: find_player(run, None, 0, {}),
        lambda run: find_player(run, "random", 0, {}),
    ):
        with pytest.raises(ValueError, match=said):
            use(str(group))


def test_a_run_by_its_name_alone_is_told_with_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, file in (("one", "config.yaml"), ("several", "seeds.yaml")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / file).touch()
        for use in (ludus.load, ludus.evaluate):
            with pytest.raises(FileNotFoundError, match=f"{name} does not exist; .*; did you mean 'runs/{name}'"):
                use(name)


def test_a_folder_that_is_called_as_a_policy_hides_it_from_nobody(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "random").mkdir()
    assert ludus.evaluate("random", "ludus/CliffWalking-v1", episodes=2).mean < 0


def test_a_run_that_is_called_as_a_policy_hides_it_from_nobody(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("random", "heuristic"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "config.yaml").touch()
    found = ludus.evaluate(["random", "heuristic"], "ludus/CliffWalking-v1", episodes=2)
    assert list(found) == ["random", "heuristic"]
    with pytest.raises(FileNotFoundError, match="random does not exist"):
        ludus.evaluate("random")
