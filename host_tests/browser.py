"""Headless Chromium for tests that look at a page: console errors and foreign requests are kept."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TIMEOUT_MS = 10_000


@dataclass
class Browsing:
    """A playwright page, what its console complained of, and requests to any other host."""

    page: Any
    console_errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)


def require_chromium() -> str:
    """Path of the browser; skips the test with a reason when there is none."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("no chromium on PATH: tried " + ", ".join(NAMES))


@contextmanager
def running_browser() -> Iterator[Any]:
    """A playwright Browser. For sync tests only: no async one may run in this process until it ends."""
    executable = require_chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip("no playwright package in this Python")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def browser_page(
    browser: Any,
    url: str,
    *,
    language: str = "en-US",
    dark: bool = False,
    width: int = 1280,
    height: int = 900,
) -> Iterator[Browsing]:
    """Open `url` in a fresh profile; yields a Browsing."""
    context = browser.new_context(
        locale=language,
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": height},
    )
    try:
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        browsing = Browsing(page)
        page.on("console", lambda message: _console(browsing, message))
        page.on("pageerror", lambda error: browsing.console_errors.append(str(error)))
        context.on("request", lambda request: _request(browsing, url, request.url))
        page.goto(url)
        yield browsing
    finally:
        context.close()


def _console(browsing: Browsing, message: Any) -> None:
    if message.type in ("error", "warning"):
        browsing.console_errors.append(message.text)


def _request(browsing: Browsing, own: str, requested: str) -> None:
    parts = urlsplit(requested)
    if parts.scheme in ("data", "blob"):
        return
    if parts.netloc != urlsplit(own).netloc:
        browsing.foreign_requests.append(requested)
