"""A real browser without a window, for tests of pages; skips them where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Visit:
    """A page that a browser shows, and what it said and asked for on the way.

    Attributes:
        page: to look at and to act on.
        said: messages of the console, and errors.
        asked_for: addresses of all requests.
    """

    page: Page
    said: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; one at a time in a process."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium here: install the package chromium to test pages in a browser")
    # Chromium refuses its sandbox to root, as whom CI runs in a container
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser, file: Path, *, scheme: Literal["light", "dark"] = "light", width: int = 1280
) -> Iterator[Visit]:
    """Open a file in a window of its own, and wait until its charts are drawn.

    Args:
        browser: that runs.
        file: an HTML file.
        scheme: of the system.
        width: of the window.
    """
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    seen = Visit(page)
    page.on("console", lambda message: seen.said.append(message.text))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on("request", lambda request: seen.asked_for.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-drawn]")
    yield seen
    page.close()
