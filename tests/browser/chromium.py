"""Headless Chromium as the tests of pages start it: nothing of its own asks the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

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
