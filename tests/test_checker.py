"""``check_vector_env``: a correct environment passes, each way of breaking it is caught by the rule that it breaks."""

import re

import gymnasium as gym
import numpy as np
import pytest
from broken_plays import BROKEN_LUDUS, Gymnasiums
from broken_steps import BROKEN
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from line import Line, SingleLine

import ludus
from ludus.envs.engine.checker import PROFILES, VectorEnvError, check_vector_env
from ludus.envs.engine.checker_rules import GYMNASIUM, LUDUS, RULES

STEPS = 60  # enough for a dozen ends of a line's episodes


def name(value):
    return getattr(value, "__name__", getattr(value, "name", None))


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=name)
def test_a_correct_environment_passes_in_each_mode(mode):
    made = check_vector_env(lambda: Line(autoreset_mode=mode), steps=STEPS)
    given = check_vector_env(Line(autoreset_mode=mode), steps=STEPS)
    for report in (made, given):
        assert report.problems == []
        for rule in GYMNASIUM:
            other = rule.startswith("autoreset.") and not rule.startswith(
                (f"autoreset.{mode.name.lower()}", "autoreset.new")
            )
            assert report.status(rule) == ("not applicable" if other else "ok"), rule
            assert rule not in report.skipped or report.skipped[rule] == "it has another mode"


def test_a_correct_environment_passes_the_profile_ludus():
    report = check_vector_env(Line, profile="ludus", single=SingleLine, steps=STEPS)
    assert {rule for rule in RULES if report.status(rule) != "ok"} == {"ludus.actions.box"}
    assert report.skipped["ludus.actions.box"] == "under NEXT_STEP, actions are Discrete"


@pytest.mark.parametrize(("broken", "mode", "rules"), BROKEN, ids=name)
def test_each_broken_environment_is_caught_by_its_rule_alone(broken, mode, rules):
    report = check_vector_env(lambda: broken(autoreset_mode=mode), raises=False, steps=STEPS)
    assert report.broken == list(rules), [str(problem) for problem in report.problems]
    assert all(report.status(rule) == "failed" for rule in rules)


@pytest.mark.parametrize(("broken", "rules", "also"), BROKEN_LUDUS, ids=name)
def test_each_broken_promise_of_ludus_is_caught_by_its_rule(broken, rules, also):
    single = getattr(broken, "single", SingleLine)
    report = check_vector_env(broken, profile="ludus", single=single, raises=False, steps=STEPS)
    assert set(rules) <= set(report.broken) <= {*rules, *also}, [str(problem) for problem in report.problems]


def test_every_rule_is_broken_by_one_of_them():
    broken = {rule for *_, rules in BROKEN for rule in rules} | {rule for _, rules, _ in BROKEN_LUDUS for rule in rules}
    assert broken == set(RULES)
    assert len(BROKEN) + len(BROKEN_LUDUS) >= 20
    assert PROFILES == {"gymnasium": GYMNASIUM, "ludus": {**GYMNASIUM, **LUDUS}}


def test_each_message_has_its_own_words_and_a_link():
    assert len({rule.expected for rule in RULES.values()}) == len(RULES)
    for rule, (expected, remedy, link) in RULES.items():
        assert expected
        assert remedy, rule
        assert re.match(r"https://(gymnasium\.)?farama\.org/\S+$|docs/checker\.md#[a-z-]+$", link), rule
