"""EnvPool as a side of a race. It needs older packages than Ludus, so it runs in an environment of its own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .race import Side

MAKE_PEERS = "python -m venv .venv-peers && .venv-peers/bin/pip install envpool==1.2.5 numpy"


class EnvPool:
    """A process of EnvPool's virtual environment, which waits while others have their turn."""

    def __init__(self, python: Path) -> None:
        command = [str(python), str(Path(__file__).with_name("envpool_process.py"))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        self.versions = self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, said = self.process.communicate()
            last = said.strip().splitlines()[-1] if said.strip() else f"exit status {self.process.returncode}"
            raise RuntimeError(f"EnvPool's process has ended: {last}; make its environment anew: {MAKE_PEERS}")
        return json.loads(line)

    def sides(self, id: str, num_envs: int) -> list[Side]:
        """One side per number of threads: 1, 2, 4 … and all cores."""
        cores = os.cpu_count() or 1
        counts = sorted({cores, *(2**k for k in range(cores.bit_length()) if 2**k <= cores)})
        return [self._side(id, num_envs, threads) for threads in counts if threads <= num_envs]

    def _side(self, id: str, num_envs: int, threads: int) -> Side:
        def run(steps: int) -> float:
            assert self.process.stdin is not None
            order = {"id": id, "num_envs": num_envs, "threads": threads, "steps": steps}
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return self._answer()["seconds"]

        return Side(f"EnvPool {self.versions['envpool']}, {threads} thread{'s' * (threads > 1)}", run, num_envs)

    def close(self) -> None:
        self.process.communicate()  # the end of its input is its end
