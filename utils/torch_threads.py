"""Threads of torch that sleep while they wait, whatever was imported first.

OpenMP's threads (torch brings GNU's libgomp along) spin for milliseconds before they sleep. Beside any other busy
process they hold the processor that the others need, and a training becomes ten to a hundred times slower.
``OMP_WAIT_POLICY=PASSIVE`` forbids it, but is read when torch is loaded, and nobody promises that ``ludus`` is imported
before that. libgomp's manual names another way, which works at any time: once there are more OpenMP threads than
processors, each spins 100 times only. So where torch came first, threads beyond the processors are made and lie still.
Neither torch's number of threads nor a single bit of what it computes changes by it.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from .processors import usable_processors

POLICY = "OMP_WAIT_POLICY"
GRAIN = 1 << 15  # elements that torch gives one thread at least

_late = False  # torch was loaded before anybody had set the policy
_extra = 0  # threads that lie still


def ask_for_sleep() -> None:
    """Set ``OMP_WAIT_POLICY`` for a torch that is loaded later; who has set it already decides."""
    global _late
    _late = _late or (POLICY not in os.environ and "torch" in sys.modules)
    os.environ.setdefault(POLICY, "PASSIVE")


def let_sleep() -> int:
    """Make threads that spin sleep, where torch came first and uses several; call it before torch has to work.

    Once is enough for a process, and calls after the first cost nothing.

    Returns:
        How many threads lie still for it; 0 where none is needed.
    """
    global _extra
    if not _late or _extra:
        return _extra
    import torch

    used = torch.get_num_threads()
    if used == 1:  # it waits for nobody
        return 0
    count = usable_processors() + 1
    made = threading.Event()

    def lie_still() -> None:
        try:
            torch.set_num_threads(count)  # an OpenMP thread's own; but torch notes it for threads that begin later
            torch.empty(count * GRAIN, dtype=torch.uint8).fill_(0)  # work for all, so that they are made
        finally:  # where a thread may not be made, nobody waits for ever
            made.set()
        threading.Event().wait()

    threading.Thread(target=lie_still, name="ludus: OpenMP threads that lie still", daemon=True).start()
    made.wait()
    torch.set_num_threads(used)
    _extra = count
    return _extra


@contextlib.contextmanager
def using_threads(count: int) -> Iterator[None]:
    """A block in which torch computes with ``count`` threads; then with as many as before, for whoever called."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
