"""Debian's Chromium, or another that is installed, driven by Playwright: one tab, and what it reported."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, sync_playwright

BINARY = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Chromium:
    """A running browser with one tab; a context manager.

    A page that is busy may take `patience` seconds to answer.
    """

    def __init__(self, profile: Path, patience: float = 30):
        self._playwright = sync_playwright().start()
        self._context = self._playwright.chromium.launch_persistent_context(
            profile, executable_path=BINARY, args=["--disable-gpu", "--disable-quic"], timeout=patience * 1000
        )
        self._context.set_default_timeout(patience * 1000)
        self._page = self._context.pages[0]
        self._session = self._context.new_cdp_session(self._page)
        self._asked: list[str] = []
        self._wrong: list[str] = []
        self._page.on("request", lambda request: self._asked.append(request.url))
        self._page.on("pageerror", lambda error: self._wrong.append(str(error)))
        self._page.on("console", self._said)

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()
        self._playwright.stop()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._wrong.append(message.text)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command of the DevTools protocol and wait for its answer."""
        return dict(self._session.send(method, parameters))

    def open(self, address: str) -> None:
        """Go to an address and wait until the page has loaded."""
        self._asked.clear()
        self._wrong.clear()
        self._page.goto(address)

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        return self._page.evaluate(script)

    def wait(self, condition: str, seconds: float = 10) -> None:
        """Wait until a JavaScript expression is true; Playwright's own way needs what the page's policy forbids."""
        end = time.monotonic() + seconds
        while not self._holds(condition):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.02)

    def _holds(self, condition: str) -> bool:
        with suppress(Error):  # the page that was asked is giving way to another
            return bool(self.run(f"!!({condition})"))
        return False

    def size(self, width: int, height: int) -> None:
        """Set the window's inner size in CSS pixels."""
        self._page.set_viewport_size({"width": width, "height": height})

    def scheme(self, name: str) -> None:
        """Prefer "light" or "dark"."""
        self._page.emulate_media(color_scheme="dark" if name == "dark" else "light")

    def click(self, x: float, y: float) -> None:
        """Press and release the left button at a place of the window."""
        self._page.mouse.click(x, y)

    def press(self, key: str) -> None:
        """Press and release a key by its name ("Enter", "ArrowDown", "/")."""
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Enter text where the focus is."""
        self._page.keyboard.insert_text(text)

    def screenshot(self, path: Path) -> None:
        """Save what the window shows as PNG."""
        self._page.screenshot(path=path)

    def requests(self) -> list[str]:
        """Addresses that the page asked for, itself and what it carries inside left out."""
        return [url for url in self._asked if not url.startswith(("data:", "blob:", "file:", "about:"))]

    def errors(self) -> list[str]:
        """Console errors and warnings, a breach of the page's policy among them, and uncaught exceptions."""
        return list(self._wrong)
