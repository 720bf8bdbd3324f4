"""Headless Chromium as the tests of pages start it: nothing of its own asks the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

NET_MILLISECONDS = 300_000
"""A page that does not show what is looked for by then never will."""
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def launched(*arguments: str, hosts: str = "") -> Iterator[Browser]:
    """A browser that resolves no name but 127.0.0.1 and what ``hosts`` maps; without Chromium the test is skipped."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: no page is looked at")
    resolver = f"--host-resolver-rules={hosts}MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments, resolver])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """A page of a fresh profile; the test fails where it asks for anything from outside the server."""
    context = browser.new_context(
        base_url=url, viewport={"width": 1300, "height": 900}, locale="en-US", timezone_id="America/Mexico_City"
    )
    context.set_default_timeout(NET_MILLISECONDS)
    expect.set_options(timeout=NET_MILLISECONDS)
    outside: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: outside.append(request.url))
    yield page
    context.close()
    assert [asked for asked in outside if not asked.startswith((url, "data:", "blob:"))] == []
