"""The public face: each name resolves, is explained, and costs nothing before it is used; `python -m ludus`."""

import subprocess
import sys

import pytest

import ludus


@pytest.mark.parametrize("name", ludus.__all__)
def test_each_public_name_is_there_and_explained(name):
    found = getattr(ludus, name)
    assert name in dir(ludus)
    if callable(found):
        assert len(found.__doc__.splitlines()[0]) > 20


def test_an_unknown_name_is_none():
    with pytest.raises(AttributeError, match="module 'ludus' has no attribute 'trian'"):
        _ = ludus.trian


def test_the_package_is_the_command():
    result = subprocess.run([sys.executable, "-m", "ludus", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"ludus {ludus.__version__}\n"
