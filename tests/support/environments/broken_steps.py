"""Environments that break one rule each: what they say about themselves, what comes back, autoreset."""

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from line import BOX, EDGE, Line

NEXT_STEP, SAME_STEP, DISABLED = AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP, AutoresetMode.DISABLED
BROKEN = []  # (the class, the mode in which it is checked, the rules that must be reported and no other)


def breaks(*rules, mode=NEXT_STEP):
    """Decorator: the rules that this class breaks."""

    def add(cls):
        BROKEN.append((cls, mode, rules))
        return cls

    return add


# --- What an environment says about itself ---------------------------------------------------------------------------


@breaks("type")
class NoVectorEnv:
    def __init__(self, **keywords):
        self.num_envs, self.render_mode = 3, None

    def close(self):
        pass


@breaks("num_envs")
class NumberAsText(Line):
    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.num_envs = "3"


@breaks("metadata.autoreset_mode")
class ModeAsText(Line):
    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.metadata = {**self.metadata, "autoreset_mode": "NextStep"}


@breaks("metadata.render_modes")
class UnlistedRenderMode(Line):
    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.metadata = {**self.metadata, "render_modes": ["human"]}


@breaks("spaces.single")
class NoSingleSpace(Line):
    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.single_action_space = None


@breaks("spaces.observation")
class UnbatchedObservationSpace(Line):
    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.observation_space = BOX


@breaks("spaces.action")
class UnbatchedActionSpace(Line):
    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.action_space = spaces.Discrete(2)


# --- What comes back -------------------------------------------------------------------------------------------------


@breaks("runs")
class Crashes(Line):
    def move(self, actions, selected):
        raise KeyError("gravity")


@breaks("reset.returns")
class ResetWithoutInfo(Line):
    def reset(self, **keywords):
        return super().reset(**keywords)[0]


@breaks("step.returns")
class OldStep(Line):
    def step(self, actions):
        observation, reward, terminated, truncated, info = super().step(actions)
        return observation, reward, terminated | truncated, info


@breaks("observation.shape")
class EnvironmentsLast(Line):
    def observe(self):
        return super().observe().T.copy()


@breaks("observation.dtype")
class DoublePrecision(Line):
    def observe(self):
        return super().observe().astype(np.float64)


@breaks("observation.space")
class OutOfBounds(Line):
    def observe(self):
        return super().observe() * np.float32(1.5)


@breaks("reward.array")
class WholeRewards(Line):
    def step(self, actions):
        observation, reward, *rest = super().step(actions)
        return observation, reward.astype(int), *rest


@breaks("reward.finite")
class NotANumber(Line):
    def step(self, actions):
        observation, reward, *rest = super().step(actions)
        return observation, np.where(self.x > EDGE - 1, np.nan, reward), *rest


@breaks("terminated.array")
class WholeTerminations(Line):
    def step(self, actions):
        observation, reward, terminated, *rest = super().step(actions)
        return observation, reward, terminated.astype(np.int8), *rest


@breaks("truncated.array")
class ListedTruncations(Line):
    def step(self, actions):
        *rest, truncated, info = super().step(actions)
        return *rest, truncated.tolist(), info


@breaks("info.mask")
class NoMask(Line):
    def info(self, selected):
        return {"age": np.where(selected, self.age, 0)}


@breaks("info.mask")
class WholeMask(Line):
    def info(self, selected):
        return {"age": np.where(selected, self.age, 0), "_age": selected.astype(int)}


@breaks("info.value")
class ScalarInfo(Line):
    def step(self, actions):
        *rest, info = super().step(actions)
        return *rest, {**info, "mean": [0.0] * self.num_envs, "_mean": np.ones(self.num_envs, bool)}


# --- Autoreset -------------------------------------------------------------------------------------------------------


@breaks("autoreset.next_step.reward")
class RewardForReset(Line):
    def step(self, actions):
        again = self.ended
        observation, reward, *rest = super().step(actions)
        return observation, np.where(again, 1.0, reward), *rest


@breaks("autoreset.next_step.flags")
class EndsTwice(Line):
    twice = np.zeros(3, bool)

    def step(self, actions):
        self.twice = self.ended & ~self.twice
        *rest, truncated, info = super().step(actions)
        self.ended = self.ended | self.twice
        return *rest, truncated | self.twice, info


@breaks("autoreset.next_step.observation")
class ShowsTheEndAgain(Line):
    def step(self, actions):
        again, before = self.ended, self.observe()
        observation, *rest = super().step(actions)
        return np.where(again[:, None], before, observation), *rest


@breaks("autoreset.next_step.action")
class ActsAfterTheEnd(Line):
    def step(self, actions):
        again = self.ended
        result = super().step(actions)
        self.x[again] += np.asarray(actions)[again] / 2
        return self.observe(), *result[1:]


@breaks("autoreset.new_episode")
class ClockGoesOn(Line):
    def start(self, selected):
        age = self.age.copy()
        super().start(selected)
        if self.ended.any():
            self.age[selected] = age[selected]

    def observe(self):
        return np.minimum(super().observe(), np.float32([5, 1]))


@breaks("autoreset.same_step.final_obs", mode=SAME_STEP)
class NoFinalObservation(Line):
    def finish(self, ended):
        info = super().finish(ended)
        info["final_observation"], info["_final_observation"] = info.pop("final_obs"), info.pop("_final_obs")
        return info


@breaks("autoreset.same_step.final_obs.space", mode=SAME_STEP)
class FinalObservationAsList(Line):
    def finish(self, ended):
        info = super().finish(ended)
        info["final_obs"][:] = [None if row is None else row.tolist() for row in info["final_obs"]]
        return info


@breaks("autoreset.same_step.final_obs.mask", mode=SAME_STEP)
class EveryFinalObservation(Line):
    def finish(self, ended):
        return {**super().finish(ended), "_final_obs": np.ones(self.num_envs, bool)}


@breaks("autoreset.same_step.final_info", mode=SAME_STEP)
class NoFinalInfo(Line):
    def finish(self, ended):
        return {key: value for key, value in super().finish(ended).items() if "final_info" not in key}


@breaks("autoreset.same_step.final_info.mask", mode=SAME_STEP)
class EveryFinalInfo(Line):
    def finish(self, ended):
        return {**super().finish(ended), "_final_info": ~ended}


@breaks("autoreset.same_step.observation", mode=SAME_STEP)
class FinalObservationAfterReset(Line):
    def step(self, actions):
        observation, *rest, info = super().step(actions)
        for i in np.flatnonzero(info.get("_final_obs", [])):
            info["final_obs"][i] = observation[i].copy()
        return observation, *rest, info


@breaks("autoreset.disabled.observation", mode=DISABLED)
class ObservesBeforeReset(Line):
    def reset(self, *, seed=None, options=None):
        before = self.observe()
        observation, info = super().reset(seed=seed, options=options)
        return before if options else observation, info


@breaks("autoreset.disabled.others", "autoreset.disabled.refused", mode=DISABLED)
class ResetsEverybody(Line):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)


@breaks("autoreset.disabled.refused", mode=DISABLED)
class TakesAnyMask(Line):
    def reset(self, *, seed=None, options=None):
        if options:
            options = {"reset_mask": np.resize(np.append(options["reset_mask"], True), self.num_envs)}
        return super().reset(seed=seed, options=options)
