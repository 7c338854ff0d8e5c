"""The cost of a filled slot: a learned model in front of a camera, for a whole batch and environment by environment."""

import time
from typing import Any

import gymnasium
import numpy as np
import torch
from torch import nn

from ..components.composition import adapt
from .race import OURS, Config, Row, Side, make_row, race, vector_side

ID, SLOT, NUM_ENVS = "ludus/Sorter-v0", "perception", 256


def camera_model(raw: Any, truth: Any) -> Any:
    """A CNN of 0.3 M parameters from Sorter's camera to its kinds, untrained: only its time counts here."""
    channels, kinds = raw.shape[2], truth.shape[0]
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(channels, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.LazyLinear(184),
        nn.ReLU(),
        nn.Linear(184, kinds),
        nn.Softmax(dim=1),
    )
    layers(torch.zeros(1, channels, *raw.shape[:2]))
    layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return adapt(layers, raw, truth, before=lambda x: x.permute(0, 3, 1, 2).float() / 255.0)


def slots(config: Config) -> list[Row]:
    """One forward pass for 256 environments against 256 passes; and what of a step is not the pass."""
    torch.set_num_threads(1)
    space = gymnasium.make(ID, perception="raw").observation_space[SLOT]  # type: ignore[index]
    truth = gymnasium.make(ID).observation_space[SLOT]  # type: ignore[index]
    model = camera_model(space, truth)
    size = sum(parameter.numel() for parameter in model.parameters())
    filled: Any = gymnasium.make_vec(ID, num_envs=NUM_ENVS, perception=model)
    singles = [gymnasium.make(ID, perception=model) for _ in range(NUM_ENVS)]
    generator = np.random.default_rng(0)
    actions = generator.integers(0, int(filled.single_action_space.n), (64, NUM_ENVS))
    filled.reset(seed=0)
    for i, env in enumerate(singles):
        env.reset(seed=i)

    def together(steps: int) -> float:
        start = time.perf_counter()
        for t in range(steps):
            filled.step(actions[t % 64])
        return time.perf_counter() - start

    def one_by_one(steps: int) -> float:
        start = time.perf_counter()
        for t in range(steps):
            for env, action in zip(singles, actions[t % 64].tolist(), strict=True):
                _, _, terminated, truncated, _ = env.step(action)
                if terminated or truncated:
                    env.reset()
        return time.perf_counter() - start

    work = f"Sorter with a CNN of {size / 1e6:.2f} M parameters in its slot"
    sides = [Side(OURS, together, NUM_ENVS), Side("the same model, one by one", one_by_one, NUM_ENVS)]
    rows = race(work, NUM_ENVS, sides, config, "steps/s", "10 x")
    own, outside = shares(filled, model, config)
    rows.append(make_row("… of a step, the slot but for the forward pass", OURS, NUM_ENVS, own, "%", target="<= 5"))
    rows.append(make_row("… of a step, all but the forward pass", OURS, NUM_ENVS, outside, "%"))
    filled.close()
    return rows + reset_slot(model, config) + keyed_slot(config)


BATTERY, MANY = "ludus/BatteryDiscrete-v0", 1024


def keyed_slot(config: Config) -> list[Row]:
    """Battery with the truth in its slot, and with a model that has answered for each day of the market already."""
    torch.set_num_threads(1)
    space = gymnasium.make(BATTERY, forecast="raw").observation_space["forecast"]  # type: ignore[index]
    truth = gymnasium.make(BATTERY).observation_space["forecast"]  # type: ignore[index]
    torch.manual_seed(0)
    model = adapt(nn.Linear(space.shape[0], truth.shape[0]), space, truth)
    told: Any = gymnasium.make_vec(BATTERY, num_envs=MANY)
    learned: Any = gymnasium.make_vec(BATTERY, num_envs=MANY, forecast=model)
    learned.reset(seed=0)
    batch = learned.unwrapped.batch
    for day in range(0, len(batch.world.prices), MANY):  # each is answered once, and kept
        batch.store["day"] = np.minimum(day + np.arange(MANY), len(batch.world.prices) - 1)
        batch.refresh()
    work = "Battery, with a forecast for each day"
    sides = [vector_side(OURS, told), vector_side("a model whose days are known (0.8 of it or more)", learned)]
    rows = race(work, MANY, sides, config, "steps/s", "5 M")
    told.close()
    learned.close()
    return rows


STEPS = 50  # in which no episode ends: a delivery has 100 items


def reset_slot(model: Any, config: Config) -> list[Row]:
    """Steps without a reset, with a slot that is filled when episodes begin alone, and without any slot.

    No registered environment declares such a slot, so Sorter's is taken for one.
    """
    once: Any = gymnasium.make_vec(ID, num_envs=NUM_ENVS, perception=model)
    once.unwrapped.batch.each_step.remove(SLOT)  # as Slot(refresh="reset") does
    bare: Any = gymnasium.make_vec(ID, num_envs=NUM_ENVS, perception=None)
    actions = np.full(NUM_ENVS, 12)

    def side(name: str, env: Any) -> Side:
        def run(steps: int) -> float:
            spent = 0.0
            for first in range(0, steps, STEPS):
                env.reset(seed=0)
                start = time.perf_counter()
                for _ in range(min(STEPS, steps - first)):
                    env.step(actions)
                spent += time.perf_counter() - start
            return spent

        return Side(name, run, NUM_ENVS)

    work = "Sorter, steps without a reset, its slot filled when episodes begin"
    rows = race(work, NUM_ENVS, [side(OURS, once), side("no slot", bare)], config, "steps/s")
    once.close()
    bare.close()
    return rows


def shares(env: Any, model: Any, config: Config) -> tuple[list[float], list[float]]:
    """What the slot does and what ``env`` does in a step, both but for the forward pass: percent of the step.

    The slot senses, hands over, checks and copies; the rest is simulation and Gymnasium's interface. Both of each of
    several rounds, timed in the same steps.
    """
    inside, filling = [0.0], [0.0]
    hooks = [
        model.register_forward_pre_hook(lambda *_: inside.append(time.perf_counter())),
        model.register_forward_hook(lambda *_: inside.append(time.perf_counter() - inside.pop())),
    ]
    slot = env.unwrapped.batch.fillings[SLOT]
    fill = slot.fill

    def timed_fill(*arguments: Any, **keywords: Any) -> None:
        start = time.perf_counter()
        fill(*arguments, **keywords)
        filling.append(time.perf_counter() - start)

    slot.fill = timed_fill
    actions = np.full(NUM_ENVS, 12)  # to chute 0 at the normal speed
    own, outside = [], []
    for _ in range(max(config.rounds, 3)):
        inside.clear()
        filling.clear()
        start = time.perf_counter()
        for _ in range(50):
            env.step(actions)
        whole = time.perf_counter() - start
        own.append(100.0 * (sum(filling) - sum(inside)) / whole)
        outside.append(100.0 * (whole - sum(inside)) / whole)
    slot.fill = fill
    for hook in hooks:
        hook.remove()
    return own, outside
