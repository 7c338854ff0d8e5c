"""Parameters that begin elsewhere: in the training alone, by shares of its steps, and kept by what goes on."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from ludus.agents.runs import run as run_module
from ludus.agents.runs.callback import SNAPSHOT
from ludus.agents.runs.config import changes, configure, preset, preset_text, read_preset, what_decides
from ludus.agents.runs.curriculum import fitting, keywords_of
from ludus.agents.runs.extension import extend
from ludus.agents.runs.run import Run
from ludus.envs.make import parameters_of

SMALL = {"num_envs": 8, "n_steps": 16, "batch_size": 64, "n_epochs": 1}
LESSONS = {"gravity": {"begin": 5.0, "at": 0.25, "over": 0.5}}


def small(steps=1024, **more):
    return configure("ludus/CartPole-v1", "ppo", SMALL, steps=steps, curriculum=LESSONS, evaluate_every=512, **more)


def test_lessons_are_drifts_by_shares_of_the_steps_of_each_environment():
    assert keywords_of(small()) == {"gravity": 5.0, "drift": {"gravity": {"to": 9.8, "at": 32, "over": 64}}}
    mars = small(environment={"gravity": 3.7, "drift": {"force": {"to": 5.0, "at": 9}}})
    drift = {"force": {"to": 5.0, "at": 9}, "gravity": {"to": 3.7, "at": 32, "over": 64}}
    assert keywords_of(mars) == {"gravity": 5.0, "drift": drift}
    assert mars.environment == {"gravity": 3.7, "drift": {"force": {"to": 5.0, "at": 9}}}, "the run's is left alone"
    assert keywords_of(replace(small(), curriculum={})) == {}


def test_only_the_training_meets_the_curriculum(tmp_path, monkeypatch):
    made = []
    real = run_module.make_batch
    monkeypatch.setattr(run_module, "make_batch", lambda *a, **k: (made.append((a[1], k)), real(*a, **k))[1])
    run = Run.start(tmp_path / "run", small())
    run.train()
    taught = [count for count, keywords in made if "drift" in keywords]
    assert taught == [8, 8], "as it is prepared, and as it is trained"
    assert len(made) > 2, "evaluations"
    _, batch = run.make_agent()
    saved = run._load_checkpoint()
    batch.restore(saved.parts[SNAPSHOT])
    gravity = batch.records["gravity"]
    assert np.allclose(gravity, 9.8, rtol=0, atol=1e-12), "the world's own at the end"
    batch.close()


def test_it_has_come_half_way_in_the_middle_of_its_way():
    config = small()
    batch = run_module.make_batch(config.env, 8, **keywords_of(config))
    batch.seed_from(0)
    seen = []
    for _ in range(128):
        batch.step(np.zeros(8, np.int64))
        seen.append(batch.records["gravity"].copy())
    seen = np.array(seen)
    assert (seen[:31] == 5.0).all()
    assert np.allclose(seen[63], 7.4, atol=0.1)
    assert (seen[96:] == 9.8).all()


def test_a_run_that_was_extended_keeps_the_curriculum_of_its_beginning(tmp_path):
    run = Run.start(tmp_path / "run", small())
    run.train()
    longer = extend(run, 2048, None)
    assert longer.config.steps == 2048
    assert keywords_of(longer.config) == keywords_of(small())
    longer.train()
    assert keywords_of(extend(longer, 4096, None).config) == keywords_of(small())


def test_it_is_that_of_the_beginning_however_often_a_run_is_extended_at_one_moment(tmp_path):
    run = Run.start(tmp_path / "run", small())
    run.train()
    again = extend(extend(run, 1536, None), 2048, None)
    assert again.config.extended == {"1024": 1024}
    again.train()
    assert again._load_checkpoint().steps == 2048


def test_it_is_a_part_of_the_config_and_of_what_decides(tmp_path):
    config = small()
    Run.start(tmp_path / "run", config)
    assert yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())["curriculum"] == LESSONS
    assert Run.open(tmp_path / "run").config.curriculum == LESSONS
    assert "curriculum" not in what_decides(replace(config, curriculum={}))
    assert changes(what_decides(replace(config, curriculum={})), config).keys() == {"curriculum"}
    (tmp_path / "preset.yaml").write_text(preset_text(config, "said"))
    again = configure("ludus/CartPole-v1", "ppo", tuned=read_preset(tmp_path / "preset.yaml", "ppo"))
    assert again.curriculum == LESSONS


def test_a_preset_s_curriculum_gives_way_to_what_moves_already():
    moving = {"randomize": {"tolerance": [0.4, 0.6]}}
    config = configure("ludus/Picker-v0", "ppo", environment=moving)
    assert config.curriculum.keys() == {"wrong_cost"}
    assert fitting(LESSONS, {"drift": {"gravity": {"to": 3.0, "at": 1}}}) == {}
    lessons = preset("ludus/Picker-v0", "ppo")["curriculum"]
    known = parameters_of("ludus/Picker-v0")
    assert all(known[key].low <= lesson["begin"] <= known[key].high for key, lesson in lessons.items())
    assert configure("ludus/Picker-v0", "ppo", curriculum={}).curriculum == {}


@pytest.mark.parametrize(
    ("lesson", "message"),
    [
        ({"begin": 5.0}, r"the curriculum of gravity must be {begin: VALUE, at: SHARE, over: SHARE}, .* got {'begin'"),
        ({"begin": 5.0, "at": 0.6, "over": 0.6}, "at most 1 together"),
        ({"begin": 5.0, "at": -0.1, "over": 0.6}, "at most 1 together"),
        ({"begin": "low", "at": 0.1, "over": 0.6}, "must be {begin"),
        ([5.0, 0.1, 0.6], "must be {begin"),
    ],
)
def test_a_lesson_that_is_none_is_refused(lesson, message):
    with pytest.raises(ValueError, match=message):
        configure("ludus/CartPole-v1", "ppo", SMALL, curriculum={"gravity": lesson})


@pytest.mark.parametrize(
    ("curriculum", "environment", "message"),
    [
        ({"gravty": LESSONS["gravity"]}, {}, "names no parameter: gravty; did you mean 'gravity'"),
        (LESSONS, {"randomize": {"gravity": [8.0, 12.0]}}, "gravity of .* has a curriculum, and drifts or is drawn"),
        (LESSONS, {"drift": {"gravity": {"to": 8.0, "at": 3}}}, "gravity of .* has a curriculum, and drifts or is"),
        ({"gravity": {"begin": -1e9, "at": 0, "over": 0}}, {}, "gravity .* must"),
        ({"angle_limit": {"begin": 1.0, "at": 0.1, "over": 0.1}}, {}, "changes the bounds of its observation"),
    ],
)
def test_a_curriculum_that_the_world_has_no_use_for_is_refused_before_anything_is_written(
    tmp_path, curriculum, environment, message
):
    config = configure("ludus/CartPole-v1", "ppo", SMALL, curriculum=curriculum, environment=environment)
    with pytest.raises(ValueError, match=message):
        Run.start(tmp_path / "run", config)
    assert not (tmp_path / "run").exists()
