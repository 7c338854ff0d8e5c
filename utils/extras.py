"""The extras of this package: libraries that only a part of it needs, and the command that installs them."""

import functools
from importlib import metadata

PACKAGE = __name__.partition(".")[0]  # as it is imported; under which name it is distributed, pyproject.toml says


@functools.lru_cache(maxsize=1)
def distribution() -> str:
    """The name under which this package was installed; ``.``, its folder, where it was not."""
    found = metadata.packages_distributions().get(PACKAGE, ["."])
    return found[0]


def install(extra: str) -> str:
    """The command that installs an extra of this package."""
    return f"pip install '{distribution()}[{extra}]'"
