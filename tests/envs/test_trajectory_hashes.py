"""Every environment does, bit for bit, what it did when the table beside this file was written.

``trajectory_hashes.json`` has a row for each variant of each registered environment: every autoreset mode, parameters
fixed, randomised and drifting, other sizes, every choice and kind of filling of a slot, every reference policy, and
the single wrapper. A row's actions are a function of its name (a reference policy's: of the state). What is shown on
the way is hashed, a hash for each kind of thing, so that a failure says what has changed.

So the code can be moved and rewritten, but not the rules. The table may only change together with them:

    python tests/envs/test_trajectory_hashes.py
        adds what is declared and not in the table yet (a new environment, size, slot), drops what is gone, and leaves
        all other rows as they are
    python tests/envs/test_trajectory_hashes.py --replace ludus/Snake-v1
        makes all rows of this environment anew: only in the commit that changes its rules (or its picture) on purpose,
        whose body says what changed

The bits are those of x86-64 Linux with the pinned versions. Most rules are exact arithmetic and the engine's own sine
and cosine; what calls other functions of a library may round otherwise elsewhere: ``noisy`` fillings of numbers
(NumPy's log1p and cos), Rover's beams (NumPy's sin and cos), random normal numbers, and atan2, tan, hypot and exp in
heuristics and pictures. The table holds a hash of what these functions return; where they return something else, only
what does not depend on them is compared.
"""

import hashlib
import json
import math
import random
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import ludus

TABLE = Path(__file__).with_name("trajectory_hashes.json")
MODES = ("NextStep", "SameStep", "Disabled")
NUM_ENVS, LIMIT = 32, 40  # a low time limit, so that all kinds of ends occur
SHORT, LONG = 200, 1000  # steps
DIGITS = 12  # of a hash
# Other sets of images, and the corpus, are not on every machine.
ALWAYS = {
    "ludus/Sorter-v0": {"images": "parcels"},
    "ludus/Picker-v0": {"images": "parcels"},
    "ludus/Helpdesk-v0": {"data": "grammar"},
}
SIZES = {  # one more for each environment that has some; where possible one that other tests compile, too
    "ludus/Rover-v0": {"blocks": 2, "discs": 3, "crowd": 2},
    "ludus/Snake-v1": {"size": 4},
    "ludus/Breakout-v0": {"rows": 3, "columns": 7},
    "ludus/FrozenLake-v1": {"size": 8},
    "ludus/Bandit-v0": {"arms": 3},
    "ludus/Elevator-v0": {"lifts": 2, "floors": 9},
    "ludus/Battery-v0": {"lookback": 336},
    "ludus/BatteryDiscrete-v0": {"lookback": 336},
    "ludus/Maintenance-v0": {"samples": 2},
}

# --- All that is asked of the engine beyond Gymnasium's interface; a rename there is mended here. ---


def declaration(id):
    with_batch = gymnasium.make_vec(id, num_envs=1, **ALWAYS.get(id, {})).unwrapped.batch
    return with_batch.simulation, with_batch.policies


def policy_actions(env, name):
    return env.unwrapped.batch.heuristic(name=name)


def broken_invariants(env):
    return env.unwrapped.batch.broken_invariants()


def reward_terms(env):
    return env.unwrapped.batch.buffers.terms


def random_states(env):
    return env.unwrapped.batch.records["rng"]


def small_frames(env):
    frames = np.empty((env.num_envs, 60, 84, 3), np.uint8)
    env.unwrapped.batch.render_many(np.arange(env.num_envs), frames)
    return frames


# --- What other libraries compute ---

LIBRARY = {"ludus/Rover-v0", "ludus/Bandit-v0", "ludus/Maintenance-v0"}  # environments whose states depend on it


def probe():
    """A hash of what NumPy and the C library return; other processors and versions may round otherwise."""
    x = np.linspace(-7.0, 7.0, 4097)
    scalar = [[f(v) for v in x.tolist()] for f in (math.exp, math.tan, math.sin, math.cos, math.atan)]
    scalar += [[math.atan2(v, 0.3), math.hypot(v, 0.7), math.log(abs(v) + 0.1)] for v in x.tolist()]
    parts = [np.sin(x), np.cos(x), np.log1p(np.abs(x)), np.log(np.abs(x) + 0.1), *map(np.array, scalar)]
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:DIGITS]


def independent(id, name, hashes):
    """Those of ``hashes`` that do not depend on what other libraries compute."""
    if id in LIBRARY or "noisy" in name or name.startswith("policy"):
        return {}
    return {kind: value for kind, value in hashes.items() if kind != "frames" and not kind.startswith("policy")}


# --- Which variants there are ---


def near(parameter):
    """Two values of a parameter about its default: both ends of a switch, else 15 % below and above."""
    low, high, default = parameter.low, parameter.high, parameter.default
    if (low, high) == (0.0, 1.0):
        return low, high
    if default == 0.0:
        return max(low, 0.0), min(high, 2.0)
    ends = sorted((0.85 * default, 1.15 * default))
    return max(low, ends[0]), min(high, ends[1])


def variants(id):
    """{name: what decides the row} of every variant of an environment."""
    simulation, policies = declaration(id)
    rows = {}

    def add(name, mode="SameStep", actions="legal", wrapper="vector", steps=SHORT, **keywords):
        keywords = {**ALWAYS.get(id, {}), **keywords}
        rows[name] = {"wrapper": wrapper, "mode": mode, "actions": actions, "steps": steps, "keywords": keywords}

    for mode in MODES:
        add(mode, mode, "any", max_episode_steps=LIMIT)
    add("single", "Disabled", wrapper="single", max_episode_steps=LIMIT)
    add("long", steps=LONG)
    for policy in policies:
        add(f"policy {policy}", actions=policy, steps=LONG)
    ends = {name: near(parameter) for name, parameter in simulation.parameters.items()}
    if ends:
        drifts = {name: {"to": high, "at": 20, "over": 60} for name, (_, high) in ends.items()}
        add("fixed", "NextStep", **{name: high for name, (_, high) in ends.items()})
        for k, what in enumerate(("even", "odd")):  # the other half drifts
            sampled, moved = list(ends)[k::2], list(ends)[1 - k :: 2]
            randomize = {name: list(ends[name]) for name in sampled}
            drift = {name: drifts[name] for name in moved}
            add(f"{what} randomised", "NextStep", "any", max_episode_steps=LIMIT, randomize=randomize, drift=drift)
    if simulation.sizes:
        assert set(SIZES[id]) == set(simulation.sizes), f"give every size of {id} in SIZES"
        for mode in MODES:
            add(f"sizes {mode}", mode, max_episode_steps=LIMIT, **SIZES[id])
        add("sizes policy", actions=policies[0], steps=LONG, **SIZES[id])
    for name, choice in simulation.choices.items():
        for value in set(choice.values) - {choice.default}:
            add(f"{name}={value}", **{name: value})
    for name, slot in simulation.slots.items():
        for filling in ("truth", "raw", "blind", "noisy:0.3", *slot.baselines):
            add(f"{name}={filling}", "SameStep", max_episode_steps=LIMIT, **{name: filling})
        for mode in ("NextStep", "Disabled"):
            add(f"{name}=noisy:0.3 {mode}", mode, max_episode_steps=LIMIT, **{name: "noisy:0.3"})
    return rows


# --- Playing one ---


class Hashes:
    """A running hash for each kind of thing that was shown."""

    def __init__(self):
        self._running = {}

    def add(self, kind, value):
        running = self._running.setdefault(kind, hashlib.sha256())
        if isinstance(value, dict):
            for key in sorted(value):
                running.update(key.encode())
                self.add(kind, value[key])
        elif (isinstance(value, np.ndarray) and value.dtype == object) or isinstance(value, (list, tuple)):
            for part in value:
                self.add(kind, part)
        elif value is not None:
            array = np.asarray(value)
            running.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())

    def add_info(self, info):
        for key, value in info.items():
            kind = "final" if "final" in key else "mask" if key.endswith("action_mask") else "sums"
            self.add(kind, {key: value})

    def digests(self):
        return {kind: running.hexdigest()[:DIGITS] for kind, running in sorted(self._running.items())}


class Actions:
    """Actions that are a function of ``name``: uniform, over the legal ones if there is a mask that shall be kept."""

    def __init__(self, name, space):
        # Python promises that this sequence stays as it is in all its versions; NumPy's generators do not.
        self._random, self._space = random.Random(name), space

    def sample(self, num_envs, mask):
        numbers = np.array([self._random.random() for _ in range(num_envs * int(np.prod(self._space.shape)))])
        if isinstance(self._space, gymnasium.spaces.Box):
            low, high = self._space.low.astype(float), self._space.high.astype(float)
            sampled = low + (high - low) * numbers.reshape(num_envs, *self._space.shape)
            return sampled.astype(self._space.dtype)
        if mask is None or not mask.any(axis=-1).all():
            return (numbers * self._space.n).astype(np.int64)
        counts = mask.sum(axis=1)
        ranks = np.minimum((numbers * counts).astype(np.int64), counts - 1)
        return (mask.cumsum(axis=1) > ranks[:, None]).argmax(axis=1)


def make(id, row):
    if row["wrapper"] == "single":
        return gymnasium.make(id, render_mode="rgb_array", **row["keywords"])
    mode = gymnasium.vector.AutoresetMode(row["mode"])
    keywords = {"autoreset_mode": mode, "render_mode": "rgb_array", **row["keywords"]}
    return gymnasium.make_vec(id, num_envs=NUM_ENVS, **keywords)


def play(id, name, row):
    """{kind: hash} of the variant ``name``."""
    env, shown = make(id, row), Hashes()
    single, policy = row["wrapper"] == "single", row["actions"]
    actions = Actions(f"{id} {name}", env.action_space if single else env.single_action_space)
    policies = declaration(id)[1]
    if "raw" in row["keywords"].values():  # no estimate, and policies that read need one
        policies = [name for name in policies if name not in declaration(id)[0].policies]
    observation, info = env.reset(seed=1234)
    shown.add("observation", observation)
    shown.add_info(info)
    for t in range(row["steps"]):
        legal = info.get("action_mask") if policy != "any" else None
        if policy in policies:
            action = policy_actions(env, policy).copy()
        elif single:
            action = actions.sample(1, None if legal is None else legal[None])[0]
        else:
            action = actions.sample(env.num_envs, legal)
        observation, reward, terminated, truncated, info = env.step(action)
        shown.add("observation", observation)
        shown.add("reward", reward)
        shown.add("terms", reward_terms(env))
        shown.add("ends", [terminated, truncated])
        shown.add("random", random_states(env))
        shown.add_info(info)
        broken = broken_invariants(env)
        assert not broken.any(), f"invariant {broken.max()} of {id} does not hold in {name}, step {t}"
        if t % 10 == 0:
            for other in policies:
                shown.add(f"policy {other}", policy_actions(env, other))
        if t % 80 == 35 and not single:
            shown.add("frames", small_frames(env))
        if t == 35 and (single or name in MODES):
            shown.add("frames", env.render())
        ended = np.logical_or(terminated, truncated)
        if row["mode"] == "Disabled" and ended.any():
            observation, info = env.reset() if single else env.reset(options={"reset_mask": ended})
            shown.add("observation", observation)
            shown.add_info(info)
    env.close()
    return shown.digests()


def read():
    return json.loads(TABLE.read_text()) if TABLE.exists() else {}


ROWS = [(id, name) for id, rows in read().items() if id != "probe" for name in rows]


@pytest.mark.parametrize(("id", "name"), ROWS, ids=lambda part: part.removeprefix("ludus/").replace(" ", "-"))
def test_what_is_shown_is_what_the_table_says(id, name):
    row = read()[id][name]
    expected, found = row["hashes"], play(id, name, row)
    if read()["probe"] != probe():
        expected, found = independent(id, name, expected), independent(id, name, found)
    assert found == expected


@pytest.mark.parametrize("id", list(ludus.ENVIRONMENTS))
def test_the_table_has_every_variant(id):
    decided = {
        name: {key: value for key, value in row.items() if key != "hashes"} for name, row in read().get(id, {}).items()
    }
    assert decided == variants(id), "bring the table up to date with: python tests/envs/test_trajectory_hashes.py"


def main(arguments):
    replaced = set(arguments[1:]) if arguments[:1] == ["--replace"] else set()
    if len(arguments) != len(replaced) + bool(replaced) or not replaced <= set(ludus.ENVIRONMENTS):
        sys.exit(f"error: got {' '.join(arguments)}; expected nothing, or --replace and ids of environments")
    before, after = read(), {}
    if before and before["probe"] != probe():
        sys.exit("error: NumPy or the C library compute otherwise here than where the table was made; make it there")
    for id in ludus.ENVIRONMENTS:
        known = {} if id in replaced else before.get(id, {})
        for name, row in variants(id).items():
            hashes = known.get(name, {}).get("hashes")
            if hashes is None or {**row, "hashes": hashes} != known[name]:
                hashes = play(id, name, row)
                print(id, name)
            after.setdefault(id, {})[name] = {**row, "hashes": hashes}
    lines = [
        f"{json.dumps(id)}: {{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
        for id, rows in after.items()
    ]
    TABLE.write_text(f'{{\n"probe": "{probe()}",\n' + "\n},\n".join(lines) + "\n}\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
