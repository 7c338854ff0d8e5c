"""Cases of the decision-value study, an environment each: a file here, and a line in the table."""

from importlib import import_module

from ....utils.wording import did_you_mean
from ..case import Case

MODULES = {  # id -> module, whose ``CASE`` it is
    "ludus/Battery-v0": "battery",
    "ludus/Maintenance-v0": "maintenance",
}


def case_of(env: str) -> Case:
    """The case of an environment; ``ValueError`` where there is none."""
    if env not in MODULES:
        raise ValueError(
            f"no decision-value study of {env!r}{did_you_mean(env, MODULES)}; there are {', '.join(MODULES)}, and of "
            "any environment with a slot `ludus study regret`"
        )
    found: Case = import_module(f".{MODULES[env]}", __name__).CASE
    return found
