"""The program that steps EnvPool in a virtual environment of its own, so it imports nothing of Ludus.

Reads one JSON object per line, ``{"id": …, "num_envs": …, "threads": …, "steps": …}``, makes that environment if it has
not yet, takes so many steps with random actions, and answers with one line, ``{"seconds": …}``. The first line that it
writes holds its versions.
"""

import json
import os
import sys
import time
from typing import Any

import numpy as np


def main() -> None:
    # EnvPool writes to standard output now and then; the answers get a channel of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import envpool

    def answer(message: dict) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    answer({"envpool": envpool.__version__, "numpy": np.__version__})
    made: dict = {}
    for line in sys.stdin:
        order = json.loads(line)
        key = order["id"], order["num_envs"], order["threads"]
        if key not in made:
            env = envpool.make(key[0], env_type="gymnasium", num_envs=key[1], num_threads=key[2])
            env.reset()
            rng = np.random.default_rng(0)
            made[key] = env, [random_actions(rng, env.action_space, key[1]) for _ in range(16)]
        env, actions = made[key]
        start = time.perf_counter()
        for k in range(order["steps"]):
            env.step(actions[k % 16])
        answer({"seconds": time.perf_counter() - start})


def random_actions(rng: np.random.Generator, space: Any, num_envs: int) -> np.ndarray:
    """Uniform over a Discrete or a Box, in the types that EnvPool takes."""
    if hasattr(space, "n"):
        return rng.integers(0, space.n, num_envs).astype(np.int32)
    return rng.uniform(space.low, space.high, (num_envs, *space.shape)).astype(space.dtype)


if __name__ == "__main__":
    main()
