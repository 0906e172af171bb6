"""Serves a service to a browser, and watches what a page does that it should not."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from shutil import which
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from liftstream.platform.app import create_app
from liftstream.platform.service import PlatformService

CHROMIUM = which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OpenPage = Callable[..., Page]
PAGE = {"Accept": "text/html"}


@contextmanager
def served(service: PlatformService, port: int = 0) -> Iterator[str]:
    """The address of a service's pages, while they are served."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(create_app(service), log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        service.changes.close()
        thread.join(300)
        listening.close()


class Watch:
    """Collects what a page should not do."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.allowed: list[str] = []
        """Beginnings of console errors that a test means to cause."""

    def over(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(tuple(self.allowed)):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        host = urlsplit(request.url).hostname
        if host not in {"127.0.0.1", None}:
            self.faults.append(f"asked {request.url}")


def unfold(page: Page) -> None:
    """Opens everything that is folded on the page."""
    page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")


def violations(page: Page, options: dict[str, Any]) -> list[tuple[str, str]]:
    """What axe-core finds: its rule and the element."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [(violation["id"], node["html"]) for violation in found for node in violation["nodes"]]


def text_of(html: str) -> str:
    """What a page says, without its elements."""
    bare = re.sub(r"<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(bare))
