"""The same trials on a Ray cluster: who samples, prunes and keeps them stays here, who trains them is anywhere.

    ludus tune fit vision/classify --data cifar-100 --trials 200 --out /shared/tune --ray auto

The folder of the search lies where all nodes see it under the same path; the storage of trials is touched by this
process and one actor beside it alone, so that no SQLite file is shared over a network. A trial is one task on one core
(and one GPU, where it is trained on one). When its node is taken away, Ray begins the task anew on another; it finds
the trial's checkpoint and goes on with the same bits as if nothing had happened. Ludus and Ray are installed on all
nodes, in the same versions.
"""

import os
import socket
from pathlib import Path
from typing import Any, Protocol

from ...envs.command_line import import_all
from ...utils.interrupts import Interrupted, watch_signals
from ...utils.processors import usable_processors
from ...utils.wording import counted, in_line, in_one_line
from .search import SETTINGS, Search, Tasks
from .subject import Pruned
from .training import train_trial
from .trials import PLACES, Claimed, Ended, Trials

LOCAL = "local"  # in the place of an address: a cluster of this machine alone, which ends with the search
POLL_SECONDS = 0.5
REACH_SECONDS = 10.0
FOR_EVER = -1  # Ray's number of tries after a worker or a node has gone


class Work(Protocol):
    """What the cluster asks of the work on a search, `work.Work`."""

    search: Search
    tasks: dict[str, tuple[str, str]]
    imports: tuple[str, ...]
    workers: int
    wanted: int
    trials: Trials

    def end(self, claimed: Claimed, how: Ended) -> None:
        """Keep how a trial has ended."""

    def tell(self, said: str) -> None:
        """Show how far the search is."""


class Judge:
    """The actor that prunes: it alone, and the process that began it, open the storage."""

    def __init__(self, folder: Path, home: str, tasks: Tasks, imports: tuple[str, ...]) -> None:
        _prepare(home, imports)
        self.trials = Search.open(folder, tasks).trials()

    def is_behind(self, number: int, step: int, value: float) -> bool:
        """Note the figure of a trial's round; whether the trial is to be pruned."""
        return self.trials.judge(number, step, value)


def train_apart(
    folder: Path,
    home: str,
    tasks: Tasks,
    imports: tuple[str, ...],
    number: int,
    place: str,
    values: dict[str, Any],
    judge: Any,
) -> Ended:
    """A trial, on whatever node this runs. ``home``: the folder that paths of data are below."""
    import ray

    _prepare(home, imports)
    if not (folder / SETTINGS).exists():
        raise FileNotFoundError(f"{folder} is not there on {os.uname().nodename}; --out must be seen by all nodes")
    subject = Search.open(folder, tasks).subject
    subject.share(usable_processors())  # one thread: the same bits on every node of a kind

    def judged(step: int, value: float) -> None:
        if ray.get(judge.is_behind.remote(number, step, value)):
            raise Pruned(f"behind the others after round {step}")

    return train_trial(subject, folder / PLACES / place, values, judged, lambda progress: None)


def _prepare(home: str, imports: tuple[str, ...]) -> None:
    if os.path.isdir(home):
        os.chdir(home)
    import_all(imports)


class _Signals:
    """What notes a signal."""

    interrupted: str | None = None


def take_all(work: Work, address: str) -> None:
    """Train the trials of a search on the cluster, as many at a time as it has cores, until none is left to be taken.

    Raises:
        ImportError: Ray is not installed.
        ConnectionError: there is no cluster at this address.
        Interrupted: stopped by Ctrl-C or SIGTERM; the trials are put back, with their checkpoints.
        RuntimeError: a trial failed on its node, for a reason that lies not in its values.
    """
    ray = _import_ray()
    began = not ray.is_initialized()
    if began:
        _join(ray, address)
    try:
        _take_all(ray, work)
    finally:
        if began:
            ray.shutdown()


def _join(ray: Any, address: str) -> None:
    """Become a part of the cluster, or begin one of this machine's alone."""
    nobody = ConnectionError(
        f"there is no Ray cluster at {in_line(address, 60)}; begin one with `ray start --head`, and run this on one of "
        "its machines with --ray auto"
    )
    options = {"include_dashboard": False} if address == LOCAL else {"address": address}
    if address not in (LOCAL, "auto"):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=REACH_SECONDS).close()  # Ray itself asks for minutes
        except (OSError, ValueError, OverflowError):
            raise nobody from None
    try:
        ray.init(log_to_driver=False, logging_level="error", **options)
    except ConnectionError:
        raise nobody from None


def _take_all(ray: Any, work: Work) -> None:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    search, folder = work.search, work.search.folder.resolve()
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    common = (folder, os.getcwd(), work.tasks, work.imports)
    judge = ray.remote(Judge).options(num_cpus=0, scheduling_strategy=here).remote(*common)
    gpus = 0 if search.subject.device == "cpu" else 1
    task = ray.remote(train_apart).options(
        num_cpus=1, num_gpus=gpus, max_retries=FOR_EVER, retry_exceptions=[Interrupted]
    )
    at_once = work.workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)
    running: dict[Any, Claimed] = {}
    signals = _Signals()
    try:
        with watch_signals(signals):
            while True:
                while len(running) < at_once and (claimed := work.trials.claim(work.wanted)) is not None:
                    future = task.remote(*common, claimed.number, claimed.place, claimed.values, judge)
                    running[future] = claimed
                if not running:
                    return
                ready, _ = ray.wait(list(running), timeout=POLL_SECONDS)
                if signals.interrupted:
                    raise Interrupted(signals.interrupted)
                for future in ready:
                    how = ray.get(future)
                    work.end(running.pop(future), how)
                work.tell(f" · {counted(len(running), 'trial')} on Ray")
    except ray.exceptions.RayError as fault:
        raise RuntimeError(f"a trial failed on Ray: {in_one_line(_cause(fault))}") from fault
    finally:
        for future, claimed in running.items():
            ray.cancel(future, force=True)
            work.trials.put_back(claimed)


def _cause(fault: Any) -> BaseException:
    return getattr(fault, "cause", None) or fault


def _import_ray() -> Any:
    try:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ludus sends nothing anywhere unless it is asked to
        import ray
    except ImportError:
        raise ImportError("--ray needs Ray, which is not installed here: pip install ray") from None
    return ray
