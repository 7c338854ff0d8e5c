"""The fuzzer and the checker where actions and observations have several parts."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import painter
from ludus.envs.checks.checker import check_vector_env
from ludus.envs.checks.fuzz import Campaign, Failure, _with_one_outside, fuzz, sample_actions
from ludus.envs.engine.kernels import kernel
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.engine.space_layout import are_legal
from ludus.envs.engine.vector import VectorEnv


@kernel
def observe_without_time(s, world, out):
    for k in range(s.strip.shape[0]):
        out.cells[k] = s.strip[k]
    out.brush[0] = s.at / (s.strip.shape[0] - 1)
    out.brush[1] = s.paint / painter.FULL


@kernel
def observe_beyond(s, world, out):
    painter.observe(s, world, out)
    out.brush[1] = 1.5


@kernel
def mask_without_ways(s, world, out):
    for k in range(out.shape[0]):
        out[k] = k > 2


@pytest.mark.parametrize("module", ["painter", "lamps"])
def test_a_correct_environment_has_no_fault(module):
    tally = fuzz(module, 40, 1500, seed=1)
    assert tally.episodes > 20
    assert tally.refusals + tally.restores > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"observe": observe_without_time}, "the kernel does not write all of the observation"),
        ({"observe": observe_beyond}, "'brush' of the observation is outside its space: number 1 is 1.5"),
        ({"mask": mask_without_ways}, "the mask allowed no action, and the step after it did not end the episode"),
    ],
)
def test_a_fault_is_found(changes, message, monkeypatch):
    (changed,) = changes.values()
    name = f"painter_with_{changed.__name__}"  # machine code is kept under it
    module = types.ModuleType(name)
    module.__file__, module.SIMULATION = __file__, replace(painter.SIMULATION, slots={}, **changes)
    monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(Failure, match=message):
        fuzz(name, 40, 600, seed=1)


@pytest.mark.parametrize("module", ["painter", "lamps"])
def test_legal_illegal_and_refused_actions_are_sampled(module):
    batch = open_batch(module, 200)
    batch.seed_from(0)
    rng = np.random.default_rng(0)
    shares = []
    for illegal in (0.0, 1.0):
        campaign = Campaign(0, 200, AutoresetMode.SAME_STEP, None, 1, 0, illegal, 0.0, {})
        actions = sample_actions(batch, campaign, rng)
        assert all(batch.action_space.contains(action) for action in actions)
        shares.append(are_legal(actions, batch.buffers.mask, batch.action_space).mean())
    assert shares[0] == 1.0
    assert shares[1] < 0.95
    outside = _with_one_outside(actions, batch, rng)
    assert sum(not batch.action_space.contains(action) for action in outside) == 1


@pytest.mark.parametrize(
    ("env", "profile"),
    [("test/Painter-v0", "ludus"), (lambda: VectorEnv("lamps", 3, max_episode_steps=7), "gymnasium")],
)
def test_the_checker_finds_nothing(env, profile):
    report = check_vector_env(env, profile, steps=60, raises=False)
    assert not report.problems
    assert report.status("actions.value") == report.status("actions.dtype") == "ok"
