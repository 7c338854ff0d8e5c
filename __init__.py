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
    # Where colorama is installed (sacrebleu brings it), Numba's warnings and errors would begin with escape codes.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")

    from .envs import ENVIRONMENTS, register
    from .utils.torch_threads import ask_for_sleep

    ask_for_sleep()

    for _id, (_module, _limit) in ENVIRONMENTS.items():
        register(_id, _module, max_episode_steps=_limit)

    __all__ = ["ENVIRONMENTS", "check_vector_env", "register"]

    def __getattr__(name: str) -> Any:
        """``check_vector_env``, read when it is asked for: it would be a tenth of the time of the import."""
        if name == "check_vector_env":
            from .envs.checks.checker import check_vector_env

            return check_vector_env
        raise AttributeError(f"module 'ludus' has no attribute {name!r}")
