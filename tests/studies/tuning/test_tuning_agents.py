"""Agents in a search: judged in episodes that no test plays, and kept as a preset that `ludus train` takes."""

import dataclasses

import pytest
import yaml

from commands_stage import TINY
from ludus.agents import registry
from ludus.agents.evaluation import EVALUATION_SEED
from ludus.agents.registry import AGENTS
from ludus.agents.runs import callback
from ludus.agents.runs.config import PRESETS, RunConfig, configure, read_preset
from ludus.studies.tuning import report
from ludus.studies.tuning.agents import TRIAL_SEED, AgentSubject
from ludus.studies.tuning.search import Search, space_of
from ludus.studies.tuning.work import Work
from tuning_stage import quick  # noqa: F401

IDS = {
    path.stem.replace("-", "/", 1) if path.stem.startswith("ludus") else path.stem for path in PRESETS.glob("*.yaml")
}
TUNED = sorted(
    (id, agent)
    for id in IDS - {"pictures"}
    for agent in yaml.safe_load((PRESETS / f"{id.replace('/', '-')}.yaml").read_text())
)


def config(**more):
    return configure("ludus/CartPole-v1", hyperparameters=TINY, steps=256, evaluate_every=128, **more)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A search of three trials, with (seed, episodes) of all evaluations."""
    folder, seeds = tmp_path_factory.mktemp("runs") / "tune", []

    def evaluate(batch, policy, episodes, seed, *rest):
        seeds.append((seed, episodes))
        return real(batch, policy, episodes, seed, *rest)

    real = callback.evaluate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callback, "evaluate", evaluate)
        subject = AgentSubject(dataclasses.replace(config(), evaluation_episodes=4))
        search = Search.start(folder, subject, {"learning_rate": "1e-4..1e-2 log", "gamma": [0.9, 0.99]}, 0, True)
        work = Work(search, 3, seeds=1)
        work.train()
    return work, seeds


def test_trials_and_test_meet_other_episodes(searched):
    _, seeds = searched
    assert len({TRIAL_SEED, EVALUATION_SEED, 0}) == 3
    trials = [each for each in seeds if each == (TRIAL_SEED, 4)]
    tests = [each for each in seeds if each == (EVALUATION_SEED, 256)]
    assert len(trials) >= 4  # after the half and in the end
    assert len(tests) >= 1
    assert len(trials) + len(tests) == len(seeds)
    assert seeds.index((EVALUATION_SEED, 256)) > max(i for i, each in enumerate(seeds) if each == (TRIAL_SEED, 4))


def test_each_evaluation_is_a_round(searched):
    work, _ = searched
    complete = [trial for trial in work.trials.all() if trial.state.name == "COMPLETE"]
    assert complete[0].params == {"learning_rate": config().hyperparameters["learning_rate"], "gamma": "0.99"}
    for trial in complete:
        assert sorted(trial.intermediate_values) in ([1], [1, 2])
        assert trial.value > 0.0
    assert not (work.search.folder / "trials" / "0000" / "checkpoints").exists()
    assert (work.search.folder / "trials" / "0000" / "evaluations.csv").exists()


def test_the_winner_is_a_preset(searched):
    work, _ = searched
    command = report.write_winner(work.search, work.trials)
    path = work.search.folder / "winner.yaml"
    assert command == f"ludus train ludus/CartPole-v1 --agent pqn --preset {path} --run runs/winner"
    again = configure("ludus/CartPole-v1", "pqn", tuned=read_preset(path, "pqn"))
    best = report.best_of(work.trials)
    assert again.hyperparameters == work.search.subject.config_with(work.trials.values_of(best)).hyperparameters
    assert (again.steps, again.evaluate_every) == (256, 128)
    assert (again.hyperparameters["hidden"], again.hyperparameters["num_envs"]) == ((8,), 4)


def test_a_search_is_opened_again_as_it_was(searched):
    work, _ = searched
    again = Search.open(work.search.folder, {})
    assert not work.search.subject.differs(work.search.folder)
    assert again.subject.config.hyperparameters["hidden"] == [8]
    assert again.space == work.search.space
    other = AgentSubject(dataclasses.replace(config(), evaluation_episodes=4, seed=5))
    with pytest.raises(ValueError, match="holds another search: seed 0, not 5; choose another --out"):
        Search.start(work.search.folder, other, {"learning_rate": "1e-4..1e-2 log", "gamma": [0.9, 0.99]}, 0, True)


def test_a_value_that_falls_in_a_line_keeps_falling():
    subject = AgentSubject(configure("ludus/CartPole-v1", "ppo"))
    assert str(subject.default("learning_rate")).startswith("lin_")
    found = subject.config_with({"learning_rate": 0.002}).hyperparameters["learning_rate"]
    assert found == "lin_0.002"


@pytest.mark.parametrize(("id", "agent"), TUNED, ids=str)
def test_what_is_searched_by_default_can_be_trained(id, agent):
    """Each end of each range, with every preset."""
    subject = AgentSubject(RunConfig(id, hyperparameters=configure(id, agent).hyperparameters, agent=agent))
    space = space_of(subject, {})
    assert len(space) >= 4
    for name, part in space.items():  # the preset itself can be the first trial
        if subject.default(name) != 0 or not getattr(part, "log", False):
            part.label(subject.default(name))


@pytest.mark.parametrize("agent", AGENTS)
def test_every_agent_says_where_it_is_searched(agent):
    names = registry.searched(agent)
    assert names.keys() <= registry.resolve(agent, {}).keys()
    subject = AgentSubject(RunConfig("ludus/CartPole-v1", hyperparameters=registry.resolve(agent, {}), agent=agent))
    assert space_of(subject, {}).keys() == names.keys()


def test_a_number_that_a_preset_writes_as_a_whole_one_is_searched_as_a_number():
    subject = AgentSubject(configure("ludus/CartPole-v1", "pqn", hyperparameters={"gamma": 1}))
    assert space_of(subject, {"gamma": "0.9..0.99"})["gamma"].whole is False


def test_unknown_hyperparameters_are_refused_with_the_nearest():
    with pytest.raises(ValueError, match="unknown hyperparameter 'learning_rat' of pqn; did you mean 'learning_rate'?"):
        space_of(AgentSubject(config()), {"learning_rat": "1..2"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- pqn", "is no map of agents to their hyperparameters"),
        ("pqn: [", "cannot be read: line 1"),
        ("ppo: {gamma: 0.9}", "has nothing for pqn; known: ppo"),
        ("pqn: 3", "has nothing for pqn"),
        ("pqn: {1: 2}", "has nothing for pqn"),
    ],
)
def test_a_file_that_is_no_preset_is_one_line(tmp_path, text, words):
    path = tmp_path / "winner.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=words) as refusal:
        read_preset(path, "pqn")
    assert "\n" not in str(refusal.value)
    with pytest.raises(FileNotFoundError, match="--preset .*nowhere does not exist"):
        read_preset(tmp_path / "nowhere", "pqn")
