"""The fuzzer lets sound environments pass and catches each planted fault, with a message of its own."""

import re
from dataclasses import replace

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

import faulty
import ludus
import slots_toy
from ludus.envs.checks.fuzz import Failure, fuzz, sample_campaign
from ludus.envs.checks.fuzz_demands import Fault
from ludus.envs.checks.fuzz_lockstep import Pair
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Parameter, load
from ludus.envs.engine.slots.fillings import Blind, Noisy, Told
from ludus.envs.engine.slots.slotted_batch import SlottedBatch
from ludus.scripts.main import main

ludus.register("test/Faulty-v0", "faulty", max_episode_steps=30)
STEPS = 30_000


@pytest.mark.parametrize("id", list(ludus.ENVIRONMENTS))
def test_registered_environments_hold_what_they_promise(id):
    module, limit = ludus.ENVIRONMENTS[id]
    simulation = load(module)[1]
    assert simulation.invariants, f"{id} declares no invariants"
    # Of episodes that only the clock ends, none might be over within so few steps: hence a lower limit.
    tally = fuzz(module, min(limit or 40, 40), 2 * STEPS)
    assert tally.steps >= 2 * STEPS
    assert min(tally.episodes, tally.resets, tally.restores, tally.refusals) > 0
    assert tally.campaigns > 2


def with_fault(monkeypatch, fault):
    parameter = Parameter(float(fault), float(fault), float(fault), "", "which")
    monkeypatch.setattr(faulty, "SIMULATION", replace(faulty.SIMULATION, parameters={"fault": parameter}))


def test_environment_without_a_fault_passes_in_all_modes():
    tally = fuzz("faulty", 30, STEPS)
    assert tally.modes == set(AutoresetMode)
    assert min(tally.episodes, tally.resets, tally.restores, tally.refusals) > 0


FAULTS = {
    faulty.NAN_REWARD: "a reward term is not finite",
    faulty.INFINITE: "the observation is not finite",
    faulty.ASTRAY: "does not hold: the place is 0 … 9",
    faulty.CHANCE: "two batches with the same seeds and actions differ in the reward",
    faulty.UNWRITTEN: "the kernel does not write all of the observation",
    faulty.MEMORY: "two batches with the same seeds and actions differ in the observation",
    faulty.BAD_MASK: "the mask holds another number than 0 and 1",
    faulty.UNWRITTEN_MASK: "the kernel does not write all of the mask",
    faulty.SOLVED: "success in a task that cannot be solved",
    faulty.PARAMETER: "a parameter is out of its range",
    faulty.CLOCK: "the episode's length is not the number of its steps",
    faulty.TOTALS: "the episode's reward terms are not the sums of those of its steps",
    faulty.MEDDLING: "two batches with the same seeds and actions differ in the state's asked",
    faulty.BAD_ADVICE: "the heuristic's action is outside the action space",
    faulty.NAN_AT_END: "the observation is not finite",
    faulty.FAR: "the observation is outside its space: number (1,) is 10.5, allowed 0.0 … 10.0",
    faulty.SHUT: "the mask allowed no action, and the step after it did not end the episode",
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.items(), ids=lambda value: str(value)[-40:])
def test_fault_of_an_environment_is_caught(fault, message, monkeypatch):
    with_fault(monkeypatch, fault)
    with pytest.raises(Failure, match=f"^{re.escape(message)} \\(environment [0-9]+ at step [0-9]+; campaign [0-9]+: "):
        fuzz("faulty", 30, STEPS)


def test_observation_outside_the_space_is_caught(monkeypatch):
    narrow = (spaces.Box(0.0, 8.0, (2,), np.float32), spaces.Discrete(2))
    monkeypatch.setattr(faulty, "SIMULATION", replace(faulty.SIMULATION, spaces=lambda: narrow))
    message = re.escape("the observation is outside its space: number (0,) is 9.0, allowed 0.0 … 8.0 (environment ")
    with pytest.raises(Failure, match=f"^{message}"):
        fuzz("faulty", 30, STEPS)


def test_observation_that_leaves_the_space_under_an_extreme_parameter_alone_is_caught(monkeypatch):
    """And that only in the last observation of an episode, as CartPole's did."""
    fault = Parameter(faulty.FAR + 10.0, faulty.FAR, faulty.FAR + 10.0, "", "which")  # faults other than FAR: none
    monkeypatch.setattr(faulty, "SIMULATION", replace(faulty.SIMULATION, parameters={"fault": fault}))
    message = re.escape("the observation is outside its space: number (1,) is 10.5, allowed 0.0 … 10.0 (environment ")
    with pytest.raises(Failure, match=f"^{message}.*fault") as failure:
        fuzz("faulty", 30, STEPS)
    assert failure.value.campaign.keywords


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize(
    ("fault", "message"),
    [(faulty.NAN_AT_END, "the observation is not finite"), (faulty.FAR, "the observation is outside its space: ")],
)
def test_last_observation_is_looked_at_in_every_autoreset_mode(fault, message, mode, monkeypatch):
    with_fault(monkeypatch, fault)
    pair = Pair("faulty", 50, mode, None)
    pair.seed_from(0)

    def play():
        while not pair.step(np.ones(50, int)).any():
            pass

    with pytest.raises(Fault, match=f"^{message}"):
        play()


def test_steps_that_are_played_twice_are_looked_at_too(monkeypatch):
    with_fault(monkeypatch, faulty.FAR)
    pair = Pair("faulty", 50, AutoresetMode.NEXT_STEP, None)
    pair.seed_from(0)
    with pytest.raises(Fault, match="^the observation is outside its space: "):
        pair.check_restore([np.ones(50, int)] * 20, in_new_batch=False)


@pytest.mark.parametrize(("shape", "dtype"), [((3,), np.float32), ((2, 1), np.float32), ((2,), np.float64)])
def test_observation_of_another_shape_or_dtype_than_its_space_is_caught(shape, dtype):
    pair = Pair("faulty", 5, AutoresetMode.NEXT_STEP, None)
    pair.batch.observation_space = spaces.Box(0.0, 10.0, shape, dtype)
    told = f"the observation is float32 (2,), its space is {np.dtype(dtype)} {shape}"
    with pytest.raises(Fault, match=f"^{re.escape(told)}$"):
        pair.seed_from(0)


def test_each_part_of_a_dict_observation_is_looked_at_under_its_name(monkeypatch):
    def begin():
        Pair("slots_toy", 5, AutoresetMode.NEXT_STEP, 6, camera="blind").seed_from(0)

    begin()
    monkeypatch.setattr(Blind, "fill", lambda self, rows, out, last=False: out.fill(2.0))
    with pytest.raises(
        Fault, match=r"^what slot camera shows is outside its space: number \(0,\) is 2.0, allowed 0.0 … 1"
    ):
        begin()
    monkeypatch.undo()
    late = (spaces.Box(1.0, 1000.0, (1,), np.float32), spaces.Discrete(2))
    monkeypatch.setattr(slots_toy, "SIMULATION", replace(slots_toy.SIMULATION, spaces=lambda size: late))
    with pytest.raises(Fault, match=r"^the observation is outside its space: number \(0,\) is 0.0, allowed 1.0 … 1000"):
        begin()


def test_mask_may_allow_nothing_if_the_next_step_ends_the_episode():
    """Snake's head may be shut in: then any move is its last."""
    pair = Pair("ludus.envs.games.snake", 300, AutoresetMode.NEXT_STEP, None, size=4)
    pair.seed_from(0)
    rng, stuck = np.random.default_rng(0), 0
    for _ in range(60):
        mask = pair.batch.rows.mask
        stuck += int((~mask.any(axis=1) & ~pair.ended).sum())
        pair.step(np.argmax(rng.random(mask.shape) * (mask + 1e-9), axis=1))
    assert stuck > 0


# --- Faults of the engine: what no environment could do --------------------------------------------------------------


def forget_in_snapshots(monkeypatch):
    snapshot, restore = KernelBatch.snapshot, KernelBatch.restore

    def forgetful_snapshot(self):
        kept = self.records["place"].copy()
        self.records["place"] = 0
        data = snapshot(self)
        self.records["place"] = kept
        return data

    def forgetful_restore(self, data):
        kept = self.records["place"].copy()
        restore(self, data)
        self.records["place"] = kept

    monkeypatch.setattr(KernelBatch, "snapshot", forgetful_snapshot)
    monkeypatch.setattr(KernelBatch, "restore", forgetful_restore)


def restore_without_the_stream(monkeypatch):
    restore = KernelBatch.restore

    def forgetful(self, data):
        restore(self, data)
        self.records["rng"] += np.uint64(1)

    monkeypatch.setattr(KernelBatch, "restore", forgetful)


def after_each_step(monkeypatch, change):
    step = KernelBatch.step

    def changed(self, actions):
        ended = step(self, actions)
        change(self)
        return ended

    monkeypatch.setattr(KernelBatch, "step", changed)


def clip_actions(monkeypatch):
    step = KernelBatch.step
    monkeypatch.setattr(KernelBatch, "step", lambda self, actions: step(self, np.clip(actions, 0, 1)))


def move_then_refuse(monkeypatch):
    step = KernelBatch.step

    def late(self, actions):
        step(self, np.clip(actions, 0, 1))
        return step(self, actions) if (actions != np.clip(actions, 0, 1)).any() else 0

    monkeypatch.setattr(KernelBatch, "step", late)


def show_the_new_episode_as_the_last(monkeypatch):
    def change(batch):
        if batch.autoreset_mode == AutoresetMode.SAME_STEP:
            batch.rows.final_observation[...] = batch.rows.observation

    after_each_step(monkeypatch, change)


def lengthen(monkeypatch):
    after_each_step(monkeypatch, lambda batch: np.add(batch.rows.episodes["length"], 1, batch.rows.episodes["length"]))


def reward_more(monkeypatch):
    after_each_step(monkeypatch, lambda batch: np.add(batch.rows.reward, 1e-9, batch.rows.reward))


ENGINE_FAULTS = {
    forget_in_snapshots: "a restored batch shows another observation|[0-9]+ steps after a restore the observation",
    restore_without_the_stream: "a restored batch has another state than its snapshot",
    clip_actions: "actions outside the space were accepted: ",
    move_then_refuse: "a refused step has changed the state",
    show_the_new_episode_as_the_last: "two batches with the same seeds and actions differ in the final observation",
    lengthen: "the episode's length is not the number of its steps",
    reward_more: "the reward is not the sum of its terms",
}


def test_reset_by_hand_clears_the_reward_terms_of_the_step_before():
    """What the fuzzer found in the driver when it was new."""
    batch = KernelBatch("faulty", 3)
    batch.reset(seeds=[1, 2, 3])
    batch.step([0, 0, 0])
    batch.reset(np.array([True, False, False]))
    assert batch.buffers.terms[:, 0].tolist() == [0.0, 0.25, 0.25]
    assert batch.buffers.reward.tolist() == [0.0, 0.25, 0.25]


def test_a_batch_that_was_made_for_a_restore_is_closed_although_it_shows_a_fault(monkeypatch):
    restore_without_the_stream(monkeypatch)
    made, closed = [], []
    close = KernelBatch.close
    monkeypatch.setattr(KernelBatch, "close", lambda self: (closed.append(self), close(self)))
    pair = Pair("faulty", 3, AutoresetMode.NEXT_STEP, 30)
    make = pair.make

    def make_and_note(mode):
        made.append(make(mode))
        return made[-1]

    pair.make = make_and_note
    pair.seed_from(0)
    with pytest.raises(Fault, match="a restored batch has another state than its snapshot"):
        pair.check_restore([np.zeros(3, int)], in_new_batch=True)
    assert len(made) == 1
    assert closed == made
    pair.close()


# --- The hunt itself -------------------------------------------------------------------------------------------------


def test_same_seed_gives_the_same_hunt_and_another_seed_another():
    one, two, other = (fuzz("faulty", 30, 3000, seed) for seed in (5, 5, 6))
    assert one == two
    assert one != other


def test_a_campaign_alone_is_played_to_its_end_however_few_steps_are_asked_for():
    tally = fuzz("faulty", 30, steps=1, only=3)
    campaign = sample_campaign(3, load("faulty")[1], 30, np.random.default_rng([0, 3, 0]))
    assert tally.steps == campaign.rounds * campaign.num_envs > 1
    assert tally.campaigns == 1


def test_campaigns_reach_every_corner():
    simulation = load("ludus.envs.robotics.cartpole")[1]
    campaigns = [sample_campaign(n, simulation, 500, np.random.default_rng([0, n])) for n in range(300)]
    assert not campaigns[0].keywords
    assert {campaign.mode for campaign in campaigns} == set(AutoresetMode)
    assert {campaign.limit for campaign in campaigns} >= {None, 1, 500}
    assert min(campaign.num_envs for campaign in campaigns) == 1
    unchanged = [c for c in campaigns if not set(c.keywords) - {"threads"}]
    assert 40 < len(unchanged) < 120
    for name, parameter in simulation.parameters.items():
        assert {parameter.low, parameter.high} <= {c.keywords.get(name) for c in campaigns}
        for way in ("randomize", "drift"):
            assert any(name in campaign.keywords.get(way, {}) for campaign in campaigns)
    snake = load("ludus.envs.games.snake")[1]
    sizes = {sample_campaign(n, snake, 1, np.random.default_rng([0, n])).keywords.get("size") for n in range(300)}
    assert {4, 5, 12, 32} < sizes


def test_few_sizes_are_compiled_and_yet_all_of_them_meet():
    rover = load("ludus.envs.robotics.rover")[1]
    sampled = [sample_campaign(n, rover, 40, np.random.default_rng([0, n, 0])).keywords for n in range(400)]
    sizes = [tuple(keywords.get(name, size.default) for name, size in rover.sizes.items()) for keywords in sampled]
    assert len(set(sizes[:100])) < 20  # of 64 combinations of corners alone
    least, most = zip(*((size.low, size.high) for size in rover.sizes.values()), strict=True)
    assert {least, most} <= set(sizes[:20])
    assert {(16, 0), (0, 16)} <= {combination[:2] for combination in sizes}


def test_continuous_actions_are_sampled_from_their_box_up_to_its_bounds(monkeypatch):
    box = spaces.Box(np.array([-2.0, 0.0]), np.array([2.0, np.inf]), dtype=np.float64)
    made = (faulty.make_spaces()[0], box)
    monkeypatch.setattr(faulty, "SIMULATION", replace(faulty.SIMULATION, spaces=lambda: made))
    seen = []
    after_each_step(monkeypatch, lambda batch: seen.append(batch.action_buffer.copy()))
    monkeypatch.setattr("ludus.envs.checks.fuzz.NUM_ENVS", (8,))
    tally = fuzz("faulty", 30, 3000)
    assert tally.refusals > 0
    sampled = np.concatenate(seen)
    assert (sampled.min(axis=0) == [-2.0, 0.0]).all()
    assert (sampled.max(axis=0) == [2.0, 1000.0]).all()
    assert len(np.unique(sampled[:, 0])) > 1000


def test_command_reports_a_fault_in_one_line_with_a_command_that_finds_it_again(capsys, monkeypatch):
    with_fault(monkeypatch, faulty.ASTRAY)
    assert main(["fuzz", "test/Faulty-v0", "--seed", "3", "--steps", "50000"]) == 1
    found, again = capsys.readouterr().out.strip().splitlines()
    assert found.startswith("FAULT in test/Faulty-v0: does not hold: the place is 0 … 9 (environment ")
    assert again.startswith("again: ludus fuzz test/Faulty-v0 --seed 3 --campaign ")
    assert main(again.split()[2:]) == 1
    assert capsys.readouterr().out.strip().splitlines() == [found, again]


def test_command_ends_cleanly_when_interrupted(capsys, monkeypatch):
    def interrupted(*arguments, **keywords):
        arguments[5].steps = 1234
        raise KeyboardInterrupt

    monkeypatch.setattr("ludus.scripts.fuzz.fuzz", interrupted)
    assert main(["fuzz", "ludus/Snake-v1"]) == 130
    shown = capsys.readouterr().out
    assert "ludus/Snake-v1, seed 0: interrupted, no fault so far in 1,234 steps" in shown
    assert "one fruit lies on a free cell, and none on a full board" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["CartPole-v1"], "CartPole-v1 is not an environment of Ludus"),
        (["ludus/Snak-v1"], "did you mean 'ludus/Snake-v1'?"),
        (["ludus/Snake-v1", "--steps", "0"], "fuzz needs --steps >= 1, --seed >= 0 and --campaign >= 0"),
    ],
)
def test_command_refuses_what_it_cannot_fuzz(arguments, message, capsys):
    assert main(["fuzz", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_declaration_and_kernel_of_invariants_belong_together(monkeypatch):
    monkeypatch.setattr(faulty, "SIMULATION", replace(faulty.SIMULATION, invariants=()))
    with pytest.raises(
        ValueError, match="^faulty.py:80: the kernel invariant has nothing to report: .* have both or none"
    ):
        KernelBatch("faulty", 1)


# --- Faults of slots -------------------------------------------------------------------------------------------------


def noise_from_nowhere(monkeypatch):
    generator = np.random.default_rng(0)

    def fill(self, rows, out, last=False):
        out[...] = generator.random(out.shape)

    monkeypatch.setattr(Noisy, "fill", fill)


def endless(monkeypatch):
    monkeypatch.setattr(Blind, "fill", lambda self, rows, out, last=False: out.fill(np.inf))


def beyond(monkeypatch):
    monkeypatch.setattr(Blind, "fill", lambda self, rows, out, last=False: out.fill(250.0))


def unfilled(monkeypatch):
    monkeypatch.setattr(Told, "fill", lambda self, rows, out, last=False: None)


def last_pictures_of_others(monkeypatch):
    end = SlottedBatch._end

    def late(self, rows):
        end(self, rows)
        for name in self.each_step:
            self._final[name][rows] = self.shown(name)[rows]  # still of the episode before: of its last step but one

    monkeypatch.setattr(SlottedBatch, "_end", late)


def slots_left_out_of_snapshots(monkeypatch):
    monkeypatch.setattr(SlottedBatch, "kept", lambda self: [])


SLOT_FAULTS = {
    noise_from_nowhere: "two batches with the same seeds and actions differ in the sense",
    endless: "what slot vision shows is not finite",
    beyond: r"what slot vision shows is outside its space: number \([02],\) is 250.0, allowed -",
    unfilled: "the kernel does not write all of the (final )?sense",
    last_pictures_of_others: "two batches with the same seeds and actions differ in the final sense",
    slots_left_out_of_snapshots: "a restored batch shows another sense|[0-9]+ steps after a restore the sense",
}


@pytest.mark.parametrize(
    ("plant", "message"), {**ENGINE_FAULTS, **SLOT_FAULTS}.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_fault_of_the_engine_or_of_a_slot_is_caught(plant, message, monkeypatch):
    plant(monkeypatch)
    module, limit = ludus.ENVIRONMENTS["ludus/CartPole-v1"] if plant in SLOT_FAULTS else ("faulty", 30)
    with pytest.raises(Failure, match=f"^({message})"):
        fuzz(module, limit, 10 * STEPS)
