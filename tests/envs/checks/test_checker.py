"""The checker of vector environments: a right one passes, each way of breaking it is caught by the rule it breaks."""

import re
import subprocess
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

import ludus
from broken_plays import BROKEN_LUDUS, Gymnasiums, SingleSteered, Steered
from broken_steps import BROKEN
from line import Line, SingleLine
from ludus.envs.checks.checker import PROFILES, VectorEnvError, check_vector_env
from ludus.envs.checks.checker_rules import GYMNASIUM, LUDUS, RULES
from ludus.scripts.main import main

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "checker.md").read_text()
STEPS = 45  # enough for several ends of a line's episodes


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
        assert set(report.skipped.values()) == {"it has another mode"}


def test_a_correct_environment_passes_the_profile_ludus():
    report = check_vector_env(Line, profile="ludus", single=SingleLine, steps=STEPS)
    assert {rule for rule in RULES if report.status(rule) != "ok"} == {"ludus.actions.box"}
    assert report.skipped["ludus.actions.box"] == "under NEXT_STEP, actions are Discrete"


def test_actions_in_a_dict_pass_the_profile_ludus():
    report = check_vector_env(Steered, profile="ludus", single=SingleSteered, steps=STEPS)
    assert report.status("ludus.single") == report.status("memory.actions") == "ok"


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
    headings = re.findall(r"^#+ (.*)$", DOCUMENT, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-").replace(".", "") for heading in headings}
    assert {rule.link.partition("#")[2] for rule in LUDUS.values()} <= anchors
    assert set(re.findall(r"`(ludus\.[a-z_.]+)`", DOCUMENT)) == set(LUDUS)


# --- Third parties, and our own ---------------------------------------------------------------------------------------


def cartpole():
    return gym.make("CartPole-v1")


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=name)
@pytest.mark.parametrize("vector", [SyncVectorEnv, AsyncVectorEnv])
def test_gymnasiums_vector_environments_pass(vector, mode):
    report = check_vector_env(lambda: vector([cartpole] * 2, autoreset_mode=mode), steps=100)
    checked = {rule for rule in GYMNASIUM if report.status(rule) == "ok"}
    assert {rule for rule in GYMNASIUM if rule.startswith(f"autoreset.{mode.name.lower()}.")} <= checked
    assert {"seeding.same", "seeding.history", "memory.observation", "actions.value", "close.twice"} <= checked
    assert check_vector_env(vector([cartpole] * 2, autoreset_mode=mode), steps=100).problems == []


def test_gymnasiums_vector_cartpole_passes_although_it_depends_on_num_envs():
    report = check_vector_env("CartPole-v1", num_envs=4, steps=100)
    assert report.status("autoreset.next_step.action") == report.status("render.frames") == "ok"
    assert check_vector_env(gym.make_vec("CartPole-v1", num_envs=4), steps=100).problems == []
    first = [gym.make_vec("CartPole-v1", num_envs=n).reset(seed=0)[0][0] for n in (2, 3)]
    assert not np.array_equal(*first)


def test_an_end_that_asyncvectorenv_remembers_through_a_reset_is_reported():
    """A fault of Gymnasium 1.4.0: without shared memory a reset leaves the worker's mark of an ended episode."""
    report = check_vector_env(lambda: AsyncVectorEnv([cartpole] * 2, shared_memory=False), raises=False, steps=50)
    assert report.broken == ["seeding.history"]


def test_views_instead_of_copies_are_no_fault_where_they_were_asked_for():
    report = check_vector_env(lambda: SyncVectorEnv([cartpole] * 2, copy=False))
    assert report.skipped["memory.observation"] == report.skipped["memory.written"] == "made with copy=False"
    assert not {"memory.observation", "memory.written"} & report.held


class Corridor(gym.Env):
    """Never ends, shows always the same, and samples nothing: little of it can be checked."""

    observation_space = gym.spaces.Dict(at=gym.spaces.Box(0, 1, (1,)), tags=gym.spaces.Tuple([gym.spaces.Text(3)]))
    action_space = gym.spaces.Tuple([gym.spaces.Discrete(2), gym.spaces.Box(-1, 1)])
    length = 1_000_000

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.walked = 0
        return self.look(), {}

    def step(self, action):
        self.walked += 1
        return self.look(), 1.0, self.walked == self.length, False, {}

    def look(self):
        return {"at": np.ones(1, np.float32), "tags": ("abc",)}


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=name)
def test_what_cannot_be_checked_is_a_note_and_no_alarm(mode):
    report = check_vector_env(lambda: SyncVectorEnv([Corridor] * 2, autoreset_mode=mode))
    end = "0 episodes ended; give more steps, or a short time limit"
    assert report.skipped["autoreset.new_episode"] == end
    assert (
        report.skipped["seeding.different"] == "every seed and every reset gave the same: it seems to be deterministic"
    )
    assert report.skipped["actions.value"] == "actions are Tuple"
    assert report.skipped["info.mask"] == "info was always empty"
    assert all(rule in report.skipped for rule in GYMNASIUM if report.status(rule) == "not applicable")


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=name)
def test_a_start_that_equals_the_end_is_no_alarm(mode):
    class Short(Corridor):
        length = 4

    report = check_vector_env(lambda: SyncVectorEnv([Short] * 2, autoreset_mode=mode))
    assert report.status("autoreset.new_episode") == "ok"
    assert report.status(f"autoreset.{mode.name.lower()}.observation") == "ok"


@pytest.mark.parametrize("id", list(ludus.ENVIRONMENTS))
def test_every_environment_of_ludus_passes_the_profile_ludus(id):
    report = check_vector_env(id, profile="ludus", steps=100)  # raises with whatever is broken
    left_out = {rule for rule in RULES if report.status(rule) != "ok"}
    # What depends on the environment: its actions, whether its starts differ, whether it has any info.
    assert left_out <= {
        rule for rule in RULES if rule.startswith(("actions.", "ludus.actions.box", "seeding.", "info."))
    }
    assert not left_out & {"actions.shape", "seeding.same", "seeding.history"}
    assert len(left_out) <= 6


def test_an_environment_of_ludus_that_was_made_is_checked_with_others_like_it():
    env = gym.make_vec("ludus/CartPole-v1", num_envs=2, gravity=3.7, copy=False)
    report = check_vector_env(env, profile="ludus", steps=STEPS)
    assert report.status("ludus.single") == report.status("ludus.restore") == "ok"
    assert env.closed


PEERS = ROOT / ".venv-peers" / "bin" / "python"


@pytest.mark.skipif(not PEERS.exists(), reason="EnvPool's environment is not there; `ludus benchmark --help` makes it")
def test_envpool_breaks_the_rules_that_the_document_lists(tmp_path):
    (tmp_path / "ludus").symlink_to(ROOT)
    command = re.search(r"-W ignore -c \"\n(.*?)\"\n```", DOCUMENT, re.DOTALL).group(1)  # the one that readers repeat
    result = subprocess.run(
        [PEERS, "-W", "ignore", "-c", command], env={"PYTHONPATH": str(tmp_path)}, text=True, capture_output=True
    )
    assert result.returncode == 0, result.stderr
    reported = {line.strip().partition(":")[0] for line in result.stdout.splitlines() if line.startswith("  ")}
    section = DOCUMENT.partition("### EnvPool")[2].partition("###")[0]
    assert reported == set(re.findall(r"^\| `([a-z_.]+)` \|", section, re.MULTILINE)) != set()


# --- Reports, errors, the command ------------------------------------------------------------------------------------


def test_a_promise_that_gymnasiums_own_do_not_make_is_told():
    report = check_vector_env(Gymnasiums, profile="ludus", single=SingleLine, raises=False, steps=STEPS)
    assert report.broken == ["ludus.snapshot", "ludus.disabled.refused"], [str(problem) for problem in report.problems]
    snapshot, refused = report.problems
    assert snapshot.came == "under NEXT_STEP, neither Gymnasiums nor its batch has snapshot()"
    assert refused.came.startswith("under DISABLED, AssertionError: ")


def test_a_reset_that_takes_no_options_refuses_no_mask_for_its_shape():
    class NoOptions(Line):
        def reset(self, *, seed=None):
            return super().reset(seed=seed)

        def move(self, actions, selected):
            self.age[selected] += 1  # walks nowhere, so that no episode ends in the play, which would show it too

    def make():
        return NoOptions(autoreset_mode=AutoresetMode.DISABLED, max_episode_steps=STEPS + 1)

    report = check_vector_env(make, raises=False, steps=STEPS)
    assert report.broken == ["runs"]
    assert report.status("autoreset.disabled.refused") == "not applicable"


def test_the_traceback_of_what_was_raised_is_printed_where_it_is_asked_for(capsys, monkeypatch):
    class Crashes(Line):
        def move(self, actions, selected):
            raise KeyError("gravity")

    for variable, shown in (("", False), ("1", True)):
        monkeypatch.setenv("LUDUS_TRACEBACK", variable)
        report = check_vector_env(Crashes, raises=False, steps=STEPS)
        assert report.problems[0].came == "KeyError: 'gravity'"
        error = capsys.readouterr().err
        assert ("in move" in error and "KeyError: 'gravity'" in error) == shown
        assert bool(error) == shown


def test_a_box_of_all_bytes_has_nothing_outside_that_could_be_refused():
    class Bytes(Line):
        def __init__(self, **keywords):
            super().__init__(**keywords)
            self.single_action_space = gym.spaces.Box(0, 255, (1,), np.uint8)
            self.action_space = self.accepted = gym.vector.utils.batch_space(self.single_action_space, self.num_envs)

        def move(self, actions, selected):
            super().move(actions[:, 0] / 255, selected)

    report = check_vector_env(Bytes, profile="ludus", steps=STEPS)
    assert report.skipped["ludus.actions.box"] == "under NEXT_STEP, every uint8 is inside Box(0, 255, (1,), uint8)"


def test_without_a_function_for_other_sizes_the_promises_are_left_out_and_said_so():
    for subject in (Line(), lambda: Line()):
        report = check_vector_env(subject, profile="ludus", steps=STEPS)
        assert report.status("seeding.same") == "ok"
        assert all("needs a function that makes environments" in report.skipped[rule] for rule in LUDUS)
    report = check_vector_env(Line, profile="ludus", steps=STEPS)
    assert report.skipped["ludus.single"] == "under NEXT_STEP, no single environment is known: give single=…, or an id"


def test_all_problems_come_in_one_error_with_what_came_expected_remedy_and_link():
    class Broken(Line):
        def observe(self):
            return super().observe().astype(np.float64)

        def info(self, selected):
            return {"age": self.age.copy()}

    with pytest.raises(VectorEnvError) as caught:
        check_vector_env(Broken, steps=STEPS)
    assert isinstance(caught.value, ValueError)
    assert caught.value.report.broken == ["observation.dtype", "info.mask"]
    head, first, second = str(caught.value).splitlines()
    assert head == "Broken breaks 2 rules of the profile 'gymnasium':"
    assert first == (
        "  observation.dtype: got reset before step 0: observation has dtype float64, the space float32; "
        "expected observations of the space's dtype; "
        "remedy: convert with .astype(space.dtype), or declare the other dtype; "
        "see https://gymnasium.farama.org/api/vector/#gymnasium.vector.VectorEnv.observation_space"
    )
    assert second.startswith(
        "  info.mask: got reset before step 0: info['age'] without '_age'; expected for each key k"
    )


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"profile": "gymnasum"}, ValueError, "unknown profile 'gymnasum'; did you mean 'gymnasium'?"),
        ({"env": None}, TypeError, "VectorEnv, a function that makes one, or an id, got NoneType"),
        ({"steps": 0}, ValueError, "steps and num_envs must be >= 1, got 0 and 3"),
        ({"size": 4}, TypeError, r"keywords are for ids, got \['size'\]"),
        ({"env": "ludus/Snake-v1", "siz": 4}, TypeError, "unexpected keyword argument 'siz'; did you mean 'size'?"),
        (
            {"env": "ludus/Snake-v1", "profile": "ludus", "autoreset_mode": "SameStep"},
            ValueError,
            "the profile 'ludus' checks every autoreset mode; leave autoreset_mode out",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        check_vector_env(**{"env": Line, **arguments})


def said(capsys, *arguments):
    code = main(["check", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_prints_a_line_per_rule(capsys):
    code, out, _ = said(capsys, "ludus/CartPole-v1", "--steps", str(STEPS), "--set", "gravity=3.7")
    assert code == 0
    for rule in RULES:
        result = "not applicable" if rule == "ludus.actions.box" else "ok"
        assert re.search(rf"^ +{re.escape(rule)} +{result} *$", out, re.MULTILINE), rule
    assert f"ludus/CartPole-v1, profile ludus: {len(RULES) - 1} ok, 0 failed, 1 not applicable" in out
    code, out, _ = said(capsys, "FrozenLake-v1", "--num-envs", "2")
    assert code == 0
    assert "FrozenLake-v1, profile gymnasium: " in out
    assert "Not applicable (every seed gives the same start): seeding.environments, seeding.continues" in " ".join(
        out.split()
    )


def test_the_command_ends_with_1_and_tells_the_remedy_where_a_rule_is_broken(capsys):
    code, out, _ = said(capsys, "Acrobot-v1")  # takes the torques by index, so -1 is the last of them
    assert code == 1
    assert re.search(r"actions\.value +failed", out)
    assert "came:     array([-1, -1, -1]), which SyncVectorEnv accepted" in out
    assert "remedy:   check action_space.contains(actions) in step and raise ValueError" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ludus/Snak-v1"], "ludus: unknown environment 'ludus/Snak-v1'; did you mean 'ludus/Snake-v1'?"),
        (["ludus/Snake-v1", "--set", "size=99"], "ludus: size of snake must be 4 … 32, got 99"),
        (["CartPole-v1", "--profile", "ludos"], "ludus: unknown profile 'ludos'; did you mean 'ludus'?"),
        (["CartPole-v1", "--num-envs", "0"], "ludus: steps and num_envs must be >= 1, got 250 and 0"),
    ],
)
def test_the_command_answers_bad_input_with_one_line(capsys, arguments, message):
    code, _, err = said(capsys, *arguments)
    assert code == 1
    assert err.splitlines() == [message]
