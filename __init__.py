"""Ludus: environments for reinforcement learning whose senses can be learned models.

``import ludus`` registers every environment with Gymnasium; it imports neither numba nor torch, pygame or
Stable-Baselines3.
"""

import os
from typing import Any

__version__ = "0.1.0"

# The repository's root is this package. pytest imports this file a second time under the folder's own name, where
# relative imports would fail and nothing must be registered again.
if __name__ == "ludus":
    # torch's threads spin while they wait. Beside any other busy process they hold the processor that the others need:
    # a training that makes 10,000 steps/s made 800. Read when torch is loaded; who sets the variable decides.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Where colorama is installed (sacrebleu brings it), Numba's warnings and errors would begin with escape codes.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")

    from .envs import ENVIRONMENTS, register

    for _id, (_module, _limit) in ENVIRONMENTS.items():
        register(_id, _module, max_episode_steps=_limit)

    __all__ = ["ENVIRONMENTS", "check_vector_env", "register"]

    def __getattr__(name: str) -> Any:
        """``check_vector_env``, read when it is asked for: it would be a tenth of the time of the import."""
        if name == "check_vector_env":
            from .envs.checks.checker import check_vector_env

            return check_vector_env
        raise AttributeError(f"module 'ludus' has no attribute {name!r}")
