"""From an environment id to a batch."""

from typing import Any

import gymnasium

from ..errors import did_you_mean
from .engine.batch import KernelBatch
from .engine.foreign import ForeignBatch


def make_batch(id: str, num_envs: int, **keywords: Any) -> KernelBatch | ForeignBatch:
    """``num_envs`` environments of any registered id, under SAME_STEP autoreset.

    Args:
        id: A Ludus id such as ``ludus/Snake-v1``, or any other that Gymnasium knows.
        **keywords: Parameters, sizes, ``randomize``, ``drift``, ``threads``, ``max_episode_steps``; for other
            environments whatever they take.

    Raises:
        ValueError: unknown id or parameter, spaces that no agent can use.
    """
    spec = find_spec(id)
    for key in ("autoreset_mode", "module", "num_envs"):
        if key in keywords:
            raise ValueError(f"{key} is not a parameter of the environment and cannot be set here")
    if not is_ludus(spec):
        return ForeignBatch(id, num_envs, **keywords)
    keywords.setdefault("max_episode_steps", spec.max_episode_steps)
    return KernelBatch(num_envs=num_envs, **{**spec.kwargs, **keywords})


def find_spec(id: str) -> gymnasium.envs.registration.EnvSpec:
    """The registration of ``id``; ``ValueError`` with the nearest known id if there is none."""
    if id in gymnasium.registry:
        return gymnasium.registry[id]
    try:
        return gymnasium.spec(id)  # imports "module:id", knows newer versions
    except gymnasium.error.Error:
        known = [name for name in gymnasium.registry if name.startswith("ludus/")]
        others = did_you_mean(id, gymnasium.registry)
        hint = others if others.startswith("; did you mean") else did_you_mean(id, known)
        raise ValueError(f"unknown environment {id!r}{hint}") from None


def is_ludus(spec: gymnasium.envs.registration.EnvSpec) -> bool:
    """Whether the environment is a file of kernels (ours, or a stranger's made with ``ludus.register``)."""
    return spec.vector_entry_point == "ludus.envs.engine.vector:VectorEnv"
