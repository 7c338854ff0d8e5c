"""Ludus: environments for reinforcement learning whose senses can be learned models.

``import ludus`` registers every environment with Gymnasium; it imports neither numba nor torch, pygame or
Stable-Baselines3. What a program uses beside Gymnasium stands here, and is imported when it is asked for:

    policy = ludus.train("ludus/CartPole-v1", steps=200_000)        # or ludus.load("runs/cartpole")
    env = policy.make_env()
    observation, info = env.reset(seed=0)
    action, _ = policy.predict(observation)                         # or policy.act(env)
    print(ludus.evaluate([policy, "random", "heuristic"]))
    ludus.record(policy, "cartpole.mp4")
    ludus.export(policy, "cartpole.onnx")
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .agents.api.comparing import Comparison, evaluate
    from .agents.api.exporting import export
    from .agents.api.policy import TrainedPolicy, load, load_pretrained
    from .agents.api.recording import record
    from .agents.api.training import resume, train
    from .agents.evaluation import Evaluation
    from .envs.checks.checker import check_vector_env

__version__ = "0.1.0"

# The repository's root is this package. pytest imports this file a second time under the folder's own name, where
# relative imports would fail and nothing must be registered again.
if __name__ == "ludus":
    from .utils.interrupts import end_when_interrupted, is_command

    if is_command():  # not in a program that imports Ludus, whose signals are its own
        end_when_interrupted()

    # Where colorama is installed (sacrebleu brings it), Numba's warnings and errors would begin with escape codes.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")

    from .envs import ENVIRONMENTS, register
    from .utils.torch_threads import ask_for_sleep

    ask_for_sleep()

    for _id, (_module, _limit) in ENVIRONMENTS.items():
        register(_id, _module, max_episode_steps=_limit)

    # By name, the module that has it. Imported with the package they would be most of the time of the import.
    _LATER = {
        "Comparison": ".agents.api.comparing",
        "Evaluation": ".agents.evaluation",
        "TrainedPolicy": ".agents.api.policy",
        "check_vector_env": ".envs.checks.checker",
        "evaluate": ".agents.api.comparing",
        "export": ".agents.api.exporting",
        "load": ".agents.api.policy",
        "load_pretrained": ".agents.api.policy",
        "record": ".agents.api.recording",
        "resume": ".agents.api.training",
        "train": ".agents.api.training",
    }
    __all__ = [
        "ENVIRONMENTS",
        "Comparison",
        "Evaluation",
        "TrainedPolicy",
        "check_vector_env",
        "evaluate",
        "export",
        "load",
        "load_pretrained",
        "record",
        "register",
        "resume",
        "train",
    ]

    def __getattr__(name: str) -> Any:
        """A public name, imported when it is first asked for."""
        if name not in _LATER:
            raise AttributeError(f"module 'ludus' has no attribute {name!r}")
        found = getattr(importlib.import_module(_LATER[name], __name__), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """All names of the package, those that are not imported yet included."""
        return sorted({*globals(), *__all__})
