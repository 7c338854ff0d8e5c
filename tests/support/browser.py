"""A headless Chromium, driven over its own protocol through a pipe: pages, what goes wrong in them, and screenshots.

The messages are those of the Chrome DevTools Protocol, JSON with a zero byte behind each; Chromium reads them from file
descriptor 3 and answers on 4.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
# In the new process the ends of both pipes become 3 and 4, by way of numbers that are certainly free.
LAUNCH = """import os, sys
os.dup2(int(sys.argv[1]), 100), os.dup2(int(sys.argv[2]), 101)
os.dup2(100, 3), os.dup2(101, 4)
os.execv(sys.argv[3], sys.argv[3:])"""
PATIENCE = 60.0  # s for an answer, or for a page to load


def find_browser() -> str | None:
    """The path of a Chromium, ``None`` where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One tab of a running browser. ``faults`` are all errors so far: what pages log, what did not load."""

    def __init__(self, ask: int, hear: int) -> None:
        self._ask, self._hear, self._next, self._rest = ask, hear, 0, b""
        self.faults: list[str] = []
        self._loaded = False
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask, and wait for the answer; events that come meanwhile are looked at."""
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._ask, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._next:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def open(self, url: str) -> None:
        """Load a page, with all that it shows."""
        self._loaded = False
        self.call("Page.navigate", url=url)
        while not self._loaded:
            self._read()
        self.value("document.fonts.ready.then(() => 1)")  # and what came meanwhile is heard

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page, as plain data."""
        given = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in given, given["exceptionDetails"]
        return given["result"].get("value")

    def screenshot(self, path: Path, width: int, height: int, dark: bool = False) -> None:
        """A PNG of the page's first screen."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _read(self) -> dict[str, Any]:
        began = time.monotonic()
        while b"\0" not in self._rest:
            assert time.monotonic() - began < PATIENCE, "the browser does not answer"
            data = os.read(self._hear, 1 << 16)
            assert data, "the browser has gone"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        message = json.loads(text)
        self._look_at(message.get("method"), message.get("params", {}))
        return message

    def _look_at(self, method: str | None, said: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.exceptionThrown":
            self.faults.append(str(said["exceptionDetails"].get("exception", said["exceptionDetails"]))[:300])
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "assert"):
            self.faults.append(str([argument.get("value") for argument in said["args"]])[:300])
        elif method == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.faults.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")
        elif method == "Network.loadingFailed" and not said.get("canceled"):
            self.faults.append(f"did not load: {said['errorText']}")


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """A tab of a new Chromium with a profile of its own; both are gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        theirs, ask = os.pipe()
        hear, answers = os.pipe()

        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        flags += ["--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(theirs), str(answers), path, *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs, answers),
        )
        os.close(theirs)
        os.close(answers)
        try:
            yield Browser(ask, hear)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)
            os.close(ask)
            os.close(hear)
