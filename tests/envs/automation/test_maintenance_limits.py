"""Maintenance's references: the gamma process, the control limit and the best age against formulae and plays."""

import gymnasium
import numpy as np
import pytest
from scipy.special import gammainc
from scipy.stats import gamma, kstest

import ludus  # noqa: F401
from ludus.envs.automation.maintenance import SIMULATION
from ludus.envs.automation.maintenance.constants import INSPECT, REPAIR, RUN
from ludus.envs.automation.maintenance.policies import MOST_AGE, best_age, confirm_at, control_limit, repair_at
from ludus.envs.automation.maintenance.rules_wear import chance_below, draw_gamma, gamma_cdf, log_gamma
from ludus.envs.engine.policy_view import PolicyView
from ludus.envs.make import make_batch
from maintenance_stage import COSTS, DEFAULTS, gain_of_age, gain_of_limit, gain_of_limit_exponential, play

ID = "ludus/Maintenance-v0"


def costs(**changed):
    return tuple({**DEFAULTS, **changed}[name] for name in COSTS)


# --- The gamma process ---


@pytest.mark.parametrize("shape", [0.01, 0.2222, 1.0, 7.3])
def test_draws_are_gamma_distributed(shape):
    record = np.zeros(1, [("rng", "u8")])[0]
    record["rng"] = 11
    drawn = np.array([draw_gamma(record, shape) for _ in range(20_000)])
    assert kstest(drawn, gamma(shape).cdf).pvalue > 0.01
    assert draw_gamma(record, 0.0) == 0.0


@pytest.mark.parametrize("shape", [5e-4, 0.01, 0.2222, 1.0, 3.7, 44.0, 950.0])
def test_the_distribution_function_is_scipys(shape):
    for x in (1e-12, 1e-3, 0.1, 0.7, 1.0, 2.5, 11.0, 44.0, 60.0, 900.0, 1100.0):
        assert gamma_cdf(x, shape) == pytest.approx(gammainc(shape, x), rel=1e-10, abs=1e-13)
    assert gamma_cdf(0.0, shape) == gamma_cdf(-1.0, shape) == 0.0


def test_the_logarithm_of_the_gamma_function_is_known_at_whole_and_half_numbers():
    assert log_gamma(1.0) == pytest.approx(0.0, abs=1e-13)
    assert log_gamma(5.0) == pytest.approx(np.log(24.0), abs=1e-13)
    assert log_gamma(0.5) == pytest.approx(0.5 * np.log(np.pi), abs=1e-13)


def test_a_stationary_process_adds_what_the_parameters_say():
    batch = make_batch(ID, 4000, rate=0.004, spread=0.2)
    batch.seed_from(1)
    for _ in range(100):
        batch.step(np.zeros(4000, np.int64))
    wear = batch.store["wear"]
    assert (batch.store["used"] == 100).mean() > 0.98  # few of them have failed
    assert kstest(wear[batch.store["used"] == 100], gamma(10.0, scale=0.04).cdf).pvalue > 0.001
    assert chance_below(0.3, 100.0, 0.004, 0.2) == pytest.approx(gamma(10.0, scale=0.04).cdf(0.3), abs=1e-12)


# --- The control limit ---

CASES = [{}, {"rate": 0.1, "spread": 0.2}, {"spread": 0.6, "failure": 1500.0}, {"repair": 60.0, "repair_time": 2.0}]


@pytest.mark.parametrize("changed", CASES, ids=str)
def test_no_limit_earns_more_than_the_control_limit(changed):
    limit, gain = control_limit(*costs(**changed))
    below, here, above = (gain_of_limit(limit + apart, **changed) for apart in (-0.03, 0.0, 0.03))
    assert here > max(below, above)
    vertex = limit + 0.03 * 0.5 * (below - above) / (below - 2.0 * here + above)  # of the parabola through all three
    assert limit == pytest.approx(vertex, abs=0.006)
    assert gain == pytest.approx(here, rel=3e-3)


def test_with_exponential_increments_there_is_a_closed_form():
    changed = {"rate": 0.04, "spread": 0.2}
    at = np.linspace(0.0, 1.0, 10_001)
    exact = gain_of_limit_exponential(at, **changed)
    assert gain_of_limit(0.7, **changed) == pytest.approx(gain_of_limit_exponential(0.7, **changed), rel=1e-7)
    limit, gain = control_limit(*costs(**changed))
    assert limit == pytest.approx(at[exact.argmax()], abs=0.005)
    assert gain == pytest.approx(exact.max(), rel=2e-3)


def test_neighbouring_limits_earn_less_in_play_and_the_formula_says_how_much():
    limit, _ = control_limit(*costs())
    found = {}
    for at in (limit - 0.15, limit, limit + 0.12):
        mean, error = play(lambda records, at=at: records["wear"] >= at, 1500)
        # Plays begin with a new part and end somewhere in a life, whose end is not paid yet.
        assert mean == pytest.approx(gain_of_limit(at), abs=4.0 * error + 0.1)
        found[at] = mean
    assert found[limit] > max(found[limit - 0.15], found[limit + 0.12]) + 0.1


def test_where_a_failure_costs_no_more_nothing_is_repaired_before():
    limit, gain = control_limit(*costs(failure=60.0, downtime=3.0))
    assert limit == 1.0
    assert best_age(*costs(failure=60.0, downtime=3.0))[0] == MOST_AGE
    assert gain == pytest.approx(gain_of_limit(1.0 - 1e-9, failure=60.0, downtime=3.0), rel=3e-3)


def test_running_to_failure_earns_what_the_renewal_formula_says():
    changed = {"rate": 0.04, "spread": 0.2}
    mean, error = play(lambda records: np.zeros(len(records), bool), 2000, **changed)
    exact = gain_of_limit_exponential(1.0, **changed)  # 1 + Poisson(25) hours to a failure
    assert exact == pytest.approx((20.0 * 25.0 - 600.0) / (26.0 + 24.0))
    assert mean == pytest.approx(exact, abs=4.0 * error + 0.3)  # the last failure of 2,000 h is not paid yet


def test_machines_that_only_lose_are_still_repaired_in_time():
    limit, gain = control_limit(*costs(income=0.0))
    assert gain < 0.0
    assert gain == pytest.approx(gain_of_limit(limit, income=0.0), rel=3e-3)
    assert gain_of_limit(limit, income=0.0) > max(gain_of_limit(at, income=0.0) for at in (limit - 0.1, limit + 0.1))


# --- The age rule ---


@pytest.mark.parametrize("changed", CASES, ids=str)
def test_no_age_earns_more_than_the_best(changed):
    age, gain = best_age(*costs(**changed))
    found = [gain_of_age(other, **changed) for other in range(1, 200)]
    assert age == 1 + int(np.argmax(found))
    assert gain == pytest.approx(max(found), rel=1e-9)


def test_the_age_rule_earns_in_play_what_the_formula_says():
    age, gain = best_age(*costs())
    mean, error = play(lambda records: records["used"] >= age, 1500)
    assert mean == pytest.approx(gain, abs=4.0 * error + 0.1)


# --- Policies ---


def played(policy, count=1024, **keywords):
    """€ a week."""
    env = gymnasium.make_vec(ID, num_envs=count, **keywords)
    batch = env.unwrapped.batch
    batch.seed_from(0)
    generator, earned = np.random.default_rng(0), 0.0
    for _ in range(168):
        random = policy == "random"
        batch.step(generator.integers(0, 3, count) if random else np.array(batch.heuristic(name=policy)))
        earned += batch.buffers.reward.sum()
    env.close()
    return earned / count


@pytest.mark.parametrize("policy", ["random", "run-to-failure", "age", "heuristic"])
def test_scores_are_what_they_were(policy):
    stated = SIMULATION.scores["optimum" if policy == "heuristic" else policy]
    assert played(policy) == pytest.approx(stated, abs=1.0)


def test_with_the_truth_the_limit_does_what_the_optimum_does_and_blind_it_runs_to_failure():
    assert played("limit", 128) == played("heuristic", 128)
    assert played("limit", 128, monitor="blind") == played("run-to-failure", 128)


def test_the_better_the_slot_the_more_is_earned():
    earned = [played("limit", 512, monitor=monitor) for monitor in ("truth", "noisy:0.1", "noisy:0.3", "blind")]
    assert earned == sorted(earned, reverse=True)
    assert earned[0] > earned[1] + 20.0
    assert earned[2] > earned[3] + 20.0


def stage(monitor, wear, known, since, standing=0):
    """A view of machines whose slot shows ``wear`` (N,)."""
    batch = make_batch(ID, len(wear), monitor="truth")
    batch.seed_from(0)
    batch.store["wear"], batch.store["known"], batch.store["since"] = wear, known, since
    batch.store["used"], batch.store["standing"] = 60, standing
    batch.refresh()
    return PolicyView(batch), batch


def test_after_a_look_what_was_seen_counts_and_wear_never_shrinks():
    view, batch = stage("truth", [0.9, 0.9, 0.2, 0.2, 0.9, 0.0], [0.3, 0.3, 0.8, 0.8, 0.1, 0.0], [0, 5, 5, 0, 5, 0],
                        [0, 0, 0, 0, 3, 0])  # fmt: skip
    batch.shown("monitor")[:, 0] = [0.9, 0.9, 0.2, 0.2, 0.9, 0.0]
    assert repair_at(view, 0.75).tolist() == [RUN, REPAIR, REPAIR, REPAIR, RUN, RUN]
    assert repair_at(view, np.array([0.3, 1.0, 0.9, 0.9, 0.1, 0.0])).tolist() == [REPAIR, RUN, RUN, RUN, RUN, RUN]


def test_confirm_looks_where_the_slot_warns_and_the_hours_allow_it():
    # The limit is 0.756. By the hours since it was known the chance to be beyond it is, for each of these:
    known, since = [0.8, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0], [9, 3, 30, 30, 12, 60, 0]
    told = [0.0, 1.0, 1.0, 0.2, 0.2, 0.0, 1.0]
    chances = [1.0 if k >= 0.756 else 1.0 - chance_below(0.756 - k, h, 0.02, 0.3) if h else 0.0
               for k, h in zip(known, since, strict=True)]  # fmt: skip
    assert np.round(chances, 2).tolist() == [1.0, 0.0, 0.23, 0.23, 0.38, 0.93, 0.0]
    view, batch = stage("truth", np.maximum(known, 0.1) * (np.array(since) > 0), known, since)
    batch.shown("monitor")[:, 0] = told
    actions = SIMULATION.policies["confirm"](view)
    assert actions.tolist() == [REPAIR, RUN, INSPECT, RUN, INSPECT, INSPECT, RUN]
    assert confirm_at(view, 0.2).tolist() == [REPAIR, RUN, INSPECT, INSPECT, INSPECT, INSPECT, RUN]
    assert confirm_at(view, 2.0).tolist() == [REPAIR, RUN, RUN, RUN, INSPECT, INSPECT, RUN]
    batch.store["standing"] = 2
    batch.refresh()
    assert SIMULATION.policies["confirm"](view).tolist() == [RUN] * 7


def test_policies_know_each_machines_own_costs():
    env = gymnasium.make_vec(ID, num_envs=64, randomize={"failure": (150.0, 5000.0)})
    batch = env.unwrapped.batch
    batch.seed_from(0)
    batch.store["wear"], batch.store["used"], batch.store["since"] = 0.75, 40, 40
    batch.refresh()
    limits = np.array([control_limit(*costs(failure=float(failure)))[0] for failure in batch.store["failure"]])
    assert np.array(batch.heuristic(name="limit")).tolist() == np.where(limits <= 0.75, REPAIR, RUN).tolist()
    assert np.array(batch.heuristic()).tolist() == np.where(limits <= 0.75, REPAIR, RUN).tolist()
    assert 5 < (limits <= 0.75).sum() < 60
    env.close()


def test_a_policy_that_reads_needs_a_slot_that_estimates():
    for monitor, refusal in ((None, "not filled"), ("raw", "raw signal")):
        batch = make_batch(ID, 2, monitor=monitor)
        batch.seed_from(0)
        with pytest.raises(ValueError, match=refusal):
            batch.heuristic(name="limit")
