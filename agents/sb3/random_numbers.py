"""The global random numbers of torch, NumPy and Python, which SB3's algorithms seed and sample from."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch


def random_tree() -> dict[str, Any]:
    """Their states, for a checkpoint."""
    _, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002
    version, words, spare = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "numpy": {"keys": keys, "position": position, "has_gauss": has_gauss, "gauss": gauss},
        "python": {"version": version, "words": np.array(words), "spare": spare},
    }


def set_random_tree(tree: dict[str, Any]) -> None:
    """Put them back to where ``random_tree`` found them."""
    torch.set_rng_state(tree["torch"])
    numpy, python = tree["numpy"], tree["python"]
    keys = numpy["keys"].numpy().astype(np.uint32)
    np.random.set_state(("MT19937", keys, numpy["position"], numpy["has_gauss"], numpy["gauss"]))  # noqa: NPY002
    random.setstate((python["version"], tuple(python["words"].tolist()), python["spare"]))


@contextlib.contextmanager
def left_alone() -> Iterator[None]:
    """A block after which they stand where they stood before it: an agent that only acts takes none from its caller."""
    numpy, python = np.random.get_state(), random.getstate()  # noqa: NPY002
    with torch.random.fork_rng():
        try:
            yield
        finally:
            np.random.set_state(numpy)  # noqa: NPY002
            random.setstate(python)
