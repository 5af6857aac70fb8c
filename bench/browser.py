"""A headless Chromium that is signed in, and what one page load costs in it."""

import gzip
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from bench.server import Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUIET_MS = 700


@dataclass(slots=True)
class Load:
    """One first load: requests, bytes as gzip would send them, and times."""

    requests: int = 0
    scripts: int = 0
    script_gz_kb: float = 0.0
    script_sent_kb: float = 0.0
    other_sent_kb: float = 0.0
    first_paint_ms: float = 0.0
    ready_ms: float = 0.0


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of the machine, else playwright's own."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def signed_in(browser: Browser, server: Server, *, visitor: bool = False) -> Iterator[BrowserContext]:
    """A fresh profile with the owner's session, or a visitor's; the service worker stays out of the figures."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, service_workers="block")
    try:
        for pair in () if visitor else server.cookie.split("; "):
            name, value = pair.split("=", 1)
            context.add_cookies([{"name": name, "value": value, "url": server.url}])
        yield context
    finally:
        context.close()


def first_load(context: BrowserContext, url: str, ready: str) -> Load:
    """Open a page with an empty cache and wait for `ready` (a selector), then until the network is quiet."""
    page = context.new_page()
    load = Load()
    seen: list[Response] = []
    page.on("response", lambda answer: seen.append(answer))  # noqa: PLW0108 - playwright marks the function
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(ready, timeout=60_000, state="visible")
    load.ready_ms = (time.perf_counter() - began) * 1000
    page.wait_for_load_state("load")
    page.wait_for_timeout(QUIET_MS)
    _count(load, [answer for answer in seen if answer.url.startswith("http")])
    load.first_paint_ms = _paint(page)
    page.close()
    return load


def _count(load: Load, answers: list[Response]) -> None:
    for answer in answers:
        load.requests += 1
        sent = _sent_kb(answer)
        if answer.request.resource_type == "script":
            load.scripts += 1
            load.script_sent_kb += sent
            load.script_gz_kb += len(gzip.compress(answer.body(), 6)) / 1024 if answer.ok else 0
        else:
            load.other_sent_kb += sent


def _sent_kb(answer: Response) -> float:
    sizes: Any = answer.request.sizes()
    return max(0, sizes["responseBodySize"]) / 1024


def _paint(page: Page) -> float:
    entries = page.evaluate("performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)")
    return float(entries[0]) if entries else 0.0
