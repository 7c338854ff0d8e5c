"""A run of the clients' tests can be repeated: what is installed is what the constraints say, and nothing else."""

import re
import sys
import sysconfig
from importlib.metadata import distributions
from pathlib import Path

from ludus.utils.extras import distribution


def test_what_is_installed_is_what_the_constraints_say():
    environment = Path(sys.prefix).name
    assert environment.startswith(".venv-clients-"), f"run by {sys.prefix}; `make test-clients` runs this"
    constraints = Path(__file__).with_name(environment.removeprefix(".venv-clients-")) / "constraints.txt"
    lines = [line for line in constraints.read_text().splitlines() if not line.startswith("#")]
    pinned = {normal(name): version for name, version in (line.split("==") for line in lines)}
    site = [sysconfig.get_path("purelib")]  # not all of sys.path, to which Ray adds what it brings
    installed = {normal(each.name): each.version.partition("+")[0] for each in distributions(path=site)}
    del installed["pip"], installed[normal(distribution())]
    assert installed == pinned, f"rm -rf {environment} && make clients, or make constraints-clients"


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()
