"""A headless Chromium for tests, spoken to over two pipes (Chrome DevTools Protocol): no port, no driver."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BINARY = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)

# The browser reads from descriptor 3 and writes to 4; whatever the pipes are here, they must not overwrite each other.
_LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for target, end in zip((3, 4), ends):
    os.dup2(end, target)
os.execv(sys.argv[3], sys.argv[3:])
"""
_OPTIONS = ("--headless", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-pipe")


class Tab:
    """A page. ``trouble``: what the console said of errors; ``requests``: addresses that it asked for."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def send(self, method: str, **parameters: Any) -> Any:
        return self._browser.send(method, self._session, **parameters)

    def open(self, url: str) -> None:
        before = len(self._browser.events)
        if "loaderId" in self.send("Page.navigate", url=url):
            self._browser.wait("Page.loadEventFired", self._session, before)
        else:
            self.settle()  # only the fragment changed

    def settle(self) -> None:
        """What was to happen next has happened."""
        self.run("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 10))")

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def look(self, *, width: int = 1280, dark: bool = False, script: bool = True) -> None:
        """What the page is seen with."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=600, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Emulation.setScriptExecutionDisabled", value=not script)

    def picture(self, width: int, height: int) -> bytes:
        """The upper left of what is seen, as PNG."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        data: str = self.send("Page.captureScreenshot", format="png", clip=clip)["data"]
        return base64.b64decode(data)

    def _of(self, method: str) -> list[Any]:
        return [e["params"] for e in self._browser.events if e["method"] == method and e["sessionId"] == self._session]

    @property
    def trouble(self) -> list[Any]:
        logged = [e["entry"]["text"] for e in self._of("Log.entryAdded")]
        return logged + self._of("Runtime.exceptionThrown") + self._of("Page.javascriptDialogOpening")

    @property
    def requests(self) -> list[str]:
        return [each["request"]["url"] for each in self._of("Network.requestWillBeSent")]


class Browser:
    """One process with its profile in ``folder``."""

    def __init__(self, folder: Path) -> None:
        assert BINARY is not None
        there, self._out = os.pipe()
        self._in, here = os.pipe()
        root = ("--no-sandbox",) if os.getuid() == 0 else ()
        launch = [sys.executable, "-c", _LAUNCH, str(there), str(here), BINARY]
        self._process = subprocess.Popen(
            [*launch, *_OPTIONS, *root, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(there, here),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(there)
        os.close(here)
        self._number = 0
        self._buffer = b""
        self.events: list[Any] = []

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        tab = Tab(self, self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.send(f"{domain}.enable")
        try:
            yield tab
        finally:
            self.send("Target.closeTarget", targetId=target)

    def send(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {} if session is None else {"sessionId": session}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        number = self._number
        while (answer := self._next()).get("id") != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def wait(self, method: str, session: str, since: int) -> None:
        """Reads on until there is such an event behind the first ``since``."""
        while not any(e["method"] == method and e["sessionId"] == session for e in self.events[since:]):
            self._next()

    def _next(self) -> Any:
        end = time.monotonic() + 60
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self._in, 1 << 20) if ready else b""
            assert data, "the browser does not answer"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(line)
        if "method" in message:
            self.events.append({"sessionId": None, **message})
        return message

    def close(self) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(30)
