"""Environments that break one rule each: seeding, memory, frames, actions, closing, the promises of ``ludus``."""

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from broken_steps import DISABLED, breaks
from line import Line, SingleLine

BROKEN_LUDUS = []  # (class, rules that must be reported, others that it cannot help breaking with them)


def breaks_ludus(*rules, also=()):
    """Decorator: the rules of the profile ``ludus`` that this class breaks."""

    def add(cls):
        BROKEN_LUDUS.append((cls, rules, also))
        return cls

    return add


# --- Seeding ---------------------------------------------------------------------------------------------------------


@breaks("seeding.same")
class IgnoresSeed(Line):
    def seed(self, seeds):
        super().seed(None)


@breaks("seeding.history")
class RemembersEnds(Line):
    def reset(self, *, seed=None, options=None):
        ended = self.ended
        result = super().reset(seed=seed, options=options)
        self.ended = ended
        return result


@breaks("seeding.different")
class OneSeedForAll(Line):
    def seeds_of(self, seed):
        return None if seed is None else range(self.num_envs)


@breaks("seeding.environments")
class AllAlike(Line):
    def seeds_of(self, seed):
        return [seed] * self.num_envs if isinstance(seed, int) else seed


@breaks("seeding.continues")
class SeedsAgain(Line):
    last = 0

    def seeds_of(self, seed):
        self.last = self.last if seed is None else seed
        return super().seeds_of(self.last)


# --- Memory ----------------------------------------------------------------------------------------------------------


@breaks("memory.observation")
class OneBufferForObservations(Line):
    buffer = None

    def observe(self):
        self.buffer = np.empty((self.num_envs, 2), np.float32) if self.buffer is None else self.buffer
        self.buffer[:] = super().observe()
        return self.buffer


@breaks("memory.reward")
class OneBufferForTerminations(Line):
    buffer = None

    def step(self, actions):
        observation, reward, terminated, *rest = super().step(actions)
        self.buffer = np.empty_like(terminated) if self.buffer is None else self.buffer
        self.buffer[:] = terminated
        return observation, reward, self.buffer, *rest


@breaks("memory.info")
class OneBufferForInfos(Line):
    buffer = None

    def info(self, selected):
        info = super().info(selected)
        self.buffer = np.empty_like(info["age"]) if self.buffer is None else self.buffer
        self.buffer[:] = info["age"]
        return {**info, "age": self.buffer}


@breaks("memory.written")
class FlagsAreState(Line):
    def step(self, actions):
        observation, reward, terminated, _, info = super().step(actions)
        self.ended = self.ended.copy()
        truncated = self.ended  # the very array that says who is to be reset
        return observation, reward, terminated, truncated, info


@breaks("memory.actions")
class WritesIntoActions(Line):
    def move(self, actions, selected):
        super().move(actions, selected)
        actions[:] = 0


class Steered(Line):
    """Actions stand in a Dict."""

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.single_action_space = spaces.Dict(way=spaces.Discrete(2))
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def step(self, actions):
        return super().step(actions["way"])


class SingleSteered(SingleLine):
    def __init__(self, max_episode_steps=12):
        super().__init__(max_episode_steps)
        self.action_space = spaces.Dict(way=spaces.Discrete(2))

    def step(self, action):
        return super().step(action["way"])


@breaks("memory.actions")
class WritesIntoDicts(Steered):
    def move(self, actions, selected):
        super().move(actions, selected)
        actions[:] = 0


# --- Frames, actions, closing ----------------------------------------------------------------------------------------


@breaks("render.frames")
class FirstFrameOnly(Line):
    def render(self):
        return super().render()[0]


@breaks("render.frames")
class FloatFrames(Line):
    def render(self):
        return tuple(frame / 255 for frame in super().render())


@breaks("render.pure")
class RenderSamples(Line):
    def render(self):
        self.generators[0].random()
        return super().render()


class Lenient(Line):
    def check(self, actions):
        if np.shape(actions) != (self.num_envs,) or np.asarray(actions).dtype.kind not in "iu":
            raise ValueError("one whole number per environment")


@breaks("actions.value")
class TakesAnyNumber(Lenient):
    def move(self, actions, selected):
        super().move(np.clip(actions, 0, 1), selected)


@breaks("actions.dtype")
class RoundsDown(Line):
    def step(self, actions):
        return super().step(np.asarray(actions).astype(int))


@breaks("actions.shape")
class TakesTheFirst(Line):
    def step(self, actions):
        return super().step(actions[: self.num_envs])


@breaks("close.twice")
class ClosesOnce(Line):
    def close(self):
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


# --- What only the profile ludus asks for ----------------------------------------------------------------------------


@breaks_ludus("ludus.num_envs", also=("ludus.single", "ludus.disabled.others"))
class SharedGenerator(Line):
    def seed(self, seeds):
        super().seed(seeds)
        self.generators = self.generators[:1] * self.num_envs


@breaks_ludus("ludus.seeding", also=("ludus.num_envs",))
class ReversesLists(Line):
    def seeds_of(self, seed):
        return super().seeds_of(seed) if seed is None or isinstance(seed, int) else list(seed)[::-1]


@breaks_ludus("ludus.single")
class PaysMore(Line):
    def step(self, actions):
        observation, reward, *rest = super().step(actions)
        return observation, reward * 2, *rest


@breaks_ludus("ludus.mode")
class OneMode(Line):
    def __init__(self, autoreset_mode=None, **keywords):
        super().__init__(autoreset_mode=AutoresetMode.NEXT_STEP, **keywords)


@breaks_ludus("ludus.mode")
class RefusesModes(Line):
    def __init__(self, autoreset_mode=AutoresetMode.NEXT_STEP, **keywords):
        if autoreset_mode != AutoresetMode.NEXT_STEP:
            raise ValueError("only NEXT_STEP")
        super().__init__(**keywords)


@breaks_ludus("ludus.disabled.others", also=("ludus.num_envs", "ludus.single"))
class SamplesForEverybody(Line):
    def start(self, selected):
        super().start(selected)
        for generator in self.generators:
            generator.random()


@breaks_ludus("ludus.disabled.refused")
class StepsTheDead(Line):
    def check(self, actions):
        ended, self.ended = self.ended, self.ended & False
        super().check(actions)
        self.ended = ended


@breaks_ludus("ludus.disabled.refused")
class StumblesOverTheDead(Line):
    """Stops there, but by an accident that nobody can tell from another one."""

    def check(self, actions):
        if self.mode == DISABLED and self.ended.any():
            raise IndexError("list index out of range")
        super().check(actions)


@breaks_ludus("ludus.order")
class StumblesWithoutReset(Line):
    def check(self, actions):
        if self.generators is None:
            raise TypeError("'NoneType' object is not subscriptable")
        super().check(actions)


@breaks_ludus("ludus.order")
class StartsByItself(Line):
    def step(self, actions):
        if self.generators is None:
            self.reset()
        return super().step(actions)


@breaks_ludus("ludus.actions.short")
class RepeatsTheLast(Line):
    def step(self, actions):
        return super().step(np.append(actions, actions[-1:]) if len(actions) == self.num_envs - 1 else actions)


class Pushed(Line):
    """Actions are pushes of -1 … 1, too strong ones are taken as they are."""

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.single_action_space = spaces.Box(-1, 1, (1,), np.float64)
        self.action_space = self.accepted = batch_space(self.single_action_space, self.num_envs)

    def move(self, actions, selected):
        super().move((actions[:, 0] + 1) / 2, selected)


class SinglePushed(SingleLine):
    def __init__(self, max_episode_steps=12):
        super().__init__(max_episode_steps)
        self.line = Pushed(num_envs=1, autoreset_mode=DISABLED, max_episode_steps=max_episode_steps)


@breaks_ludus("ludus.actions.box")
class PushedTooHard(Pushed):
    single = SinglePushed

    def check(self, actions):
        clipped = np.clip(np.nan_to_num(actions), -1, 1)
        super().check(clipped)
        actions[:] = clipped


class OnlyTheFirst(Line):
    """Looks at the first environment's action alone, and at how many there are."""

    def check(self, actions):
        actions = np.asarray(actions)
        super().check(np.repeat(actions[:1], len(actions), axis=0))


@breaks_ludus("actions.value")
class ChecksTheFirst(OnlyTheFirst):
    pass


@breaks_ludus("ludus.actions.box")
class ChecksTheFirstPush(OnlyTheFirst, Pushed):
    single = SinglePushed


@breaks_ludus("ludus.actions.unmoved")
class MovesBeforeItChecks(Line):
    def check(self, actions):
        if self.generators is not None and not self.accepted.contains(np.asarray(actions)):
            self.age[0] += 1
        super().check(actions)


@breaks_ludus("ludus.render.tuple")
class ListOfFrames(Line):
    def render(self):
        return list(super().render())


@breaks_ludus("ludus.snapshot")
class SnapshotAsText(Line):
    def snapshot(self):
        return super().snapshot().decode()

    def restore(self, data):
        super().restore(data.encode())


@breaks_ludus("ludus.snapshot", also=("ludus.restore", "ludus.actions.unmoved"))
class SnapshotSamples(Line):
    def snapshot(self):
        data = super().snapshot()
        self.generators[0].random()
        return data


@breaks_ludus("ludus.restore")
class ForgetsTheAge(Line):
    def restore(self, data):
        age = self.age
        super().restore(data)
        self.age = age


@breaks_ludus("ludus.restore.refused")
class TakesAnySnapshot(Line):
    def restore(self, data):
        try:
            super().restore(data)
        except ValueError:
            self.seed([0] * self.num_envs)


class Gymnasiums(gymnasium.vector.SyncVectorEnv):
    """Gymnasium's own, which has no snapshots."""

    def __init__(self, num_envs=3, autoreset_mode=AutoresetMode.NEXT_STEP, max_episode_steps=12, render_mode=None):
        super().__init__([lambda: SingleLine(max_episode_steps)] * num_envs, autoreset_mode=autoreset_mode)
