"""Ludus: environments for reinforcement learning whose senses can be learned models.

``import ludus`` registers every environment with Gymnasium; it imports neither numba nor torch, pygame or
Stable-Baselines3.
"""

__version__ = "0.1.0"

# The repository's root is this package. pytest imports this file a second time under the folder's own name, where
# relative imports would fail and nothing must be registered again.
if __name__ == "ludus":
    from .envs import ENVIRONMENTS, register

    for _id, (_module, _limit) in ENVIRONMENTS.items():
        register(_id, _module, max_episode_steps=_limit)

    __all__ = ["ENVIRONMENTS", "register"]
