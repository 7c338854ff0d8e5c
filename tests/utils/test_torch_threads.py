"""Threads of torch that sleep while they wait: what is set, whatever was imported first."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ludus.utils import torch_threads

# torch reads the policy when it is loaded, so that each order needs a process of its own.
TORCH_FIRST = """
import os, threading, torch
torch.set_num_threads(2)
product = torch.full((300, 300), 0.1) @ torch.full((300, 300), 0.3)
import ludus
from ludus.utils.torch_threads import let_sleep
before = len(os.listdir("/proc/self/task"))
from ludus.agents.vecenv.vecenv import make_vec_env
make_vec_env("ludus/CartPole-v1", 2)
assert [thread.name[:6] for thread in threading.enumerate()[1:]] == ["ludus:"]
extra = let_sleep()  # not a second time
assert threading.active_count() == 2
more = len(os.listdir("/proc/self/task")) - before
assert torch.get_num_threads() == 2
assert torch.equal(product, torch.full((300, 300), 0.1) @ torch.full((300, 300), 0.3))
assert more >= extra, (more, extra)  # libgomp made all that were asked for
print(extra)
"""


def run(code: str, **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:ludus", "-c", code],
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc, which is Linux's")
def test_torch_before_ludus_gets_more_threads_than_processors():
    assert int(run(TORCH_FIRST)) == len(os.sched_getaffinity(0)) + 1


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(torch_threads, "_late", False)
    monkeypatch.setattr(torch_threads, "_extra", 0)
    monkeypatch.delenv(torch_threads.POLICY, raising=False)
    return monkeypatch


def test_ludus_before_torch_sets_the_policy_alone(fresh):
    fresh.delitem(sys.modules, "torch", raising=False)
    torch_threads.ask_for_sleep()
    assert os.environ[torch_threads.POLICY] == "PASSIVE"
    assert torch_threads.let_sleep() == 0


def test_who_has_set_the_policy_decides(fresh):
    pytest.importorskip("torch")
    fresh.setenv(torch_threads.POLICY, "ACTIVE")
    torch_threads.ask_for_sleep()
    assert os.environ[torch_threads.POLICY] == "ACTIVE"
    assert torch_threads.let_sleep() == 0


def test_one_thread_waits_for_nobody(fresh):
    torch = pytest.importorskip("torch")
    torch_threads.ask_for_sleep()
    fresh.setattr(torch, "get_num_threads", lambda: 1)
    assert torch_threads.let_sleep() == 0
    fresh.setattr(torch_threads, "_extra", 3)  # made before: not once more
    assert torch_threads.let_sleep() == 3


def test_a_thread_that_cannot_be_made_keeps_nobody_waiting(fresh):
    torch = pytest.importorskip("torch")
    fresh.setattr(torch_threads, "_late", True)
    fresh.setattr(torch, "get_num_threads", lambda: 2)
    fresh.setattr(torch, "set_num_threads", lambda count: None)

    def refuse(*_, **__):
        raise RuntimeError("no memory")

    fresh.setattr(torch, "empty", refuse)
    fresh.setattr(threading, "excepthook", lambda fault: None)
    assert torch_threads.let_sleep() > 0


def test_threads_are_given_back_after_a_fault_too():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    seen = []

    @torch_threads.using_threads(before + 1)
    def fail():
        seen.append(torch.get_num_threads())
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (seen, torch.get_num_threads()) == ([before + 1], before)
