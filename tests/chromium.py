"""A headless Chromium without a network, for tests of pages; skips where there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Gives sizes of the JavaScript heap that are not rounded.
    "--enable-precise-memory-info",
)
SECONDS = 120_000


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def opened_browser() -> Iterator[Any]:
    """Start a browser, each time with an empty profile."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright; it is in the dev extra")
    if (path := find_chromium()) is None:
        pytest.skip("needs Chromium; apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def open_page(browser: Any, path: Path, hash_: str = "", **context: Any) -> tuple[Any, list[str]]:
    """Open a file without a network; the list gets what a page must not do: errors, requests."""
    page = browser.new_context(offline=True, **({"locale": "en-US"} | context)).new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on(
        "request", lambda sent: None if sent.url.startswith(("file:", "blob:")) else faults.append(sent.url)
    )
    page.goto(path.as_uri() + hash_)
    page.wait_for_selector("body[data-ready]", timeout=SECONDS)
    return page, faults
