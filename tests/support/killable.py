"""A program for tests: imports everything once, then forks a training for each line it reads, to be killed at will.

Reads JSON lines {"folder": …, "config": {…}}; answers each with the child's process id, then its exit status.
"""

import json
import os
import signal
import sys
from pathlib import Path

from ludus.agents.runs.callback import Interrupted
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run


def train(folder: str, config: dict | None) -> None:
    path = Path(folder)
    if (path / "config.yaml").exists():
        run = Run.open(path)
    else:
        assert config is not None
        run = Run.start(path, configure(**config))
    try:
        run.train()
    except Interrupted:
        os._exit(130)


for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            train(order["folder"], order["config"])
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
