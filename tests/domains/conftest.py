"""The real application in a real browser, served over the database of the tests."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from orkwork.ui.build import SERVING
from tests.factories import Person
from tests.ui.conftest import BUILD_SECONDS, ROOT, _free_port, _wait, browser_type_launch_args

__all__ = ["browser_type_launch_args"]
SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 780}}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def serving(folder: Path, port: int | None = None, **extra: str) -> Iterator[str]:
    """The application's address, over the database of the environment. Its build is the ordinary one, so nothing is
    built where it is fresh."""
    port, log = port or _free_port(), folder / "log"
    build = "from orkwork.ui.build import ensure_built; ensure_built(print)"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, timeout=BUILD_SECONDS)
    env = os.environ | SERVING | {"ORKWORK_PORT": str(port)} | extra
    command = ["granian", "--interface", "asgi", "--factory", "--workers", "1", "--port", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, "orkwork.orkwork:serve"], cwd=ROOT, env=env, stdout=out, stderr=out
        )
    try:
        _wait(f"http://localhost:{port}/login", server, log)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def served(environment: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application's address."""
    with serving(tmp_path_factory.mktemp("served")) as address:
        yield address


Visit = Callable[..., Any]


class Contexts:
    """Browser contexts that are used again, so that only the first visit of a kind loads and compiles every script."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.free: dict[str, list[BrowserContext]] = {}

    @contextmanager
    def one(self, **options: Any) -> Iterator[BrowserContext]:
        """A context that nobody else uses meanwhile, and that remembers nothing but what its cache holds."""
        free = self.free.setdefault(repr(sorted(options.items())), [])
        context = free.pop() if free else self.browser.new_context(base_url=self.address, **options)
        yield context
        context.clear_cookies()
        kept = {"origin": self.address, "storageTypes": "local_storage"}
        context.new_cdp_session(context.pages[0]).send("Storage.clearDataForOrigin", kept)
        for page in context.pages:
            page.close()
        free.append(context)


@pytest.fixture(scope="session")
def contexts(browser: Browser, served: str) -> Contexts:
    """The contexts of this worker; they end with the browser."""
    return Contexts(browser, served)


@pytest.fixture
def visit(contexts: Contexts) -> Visit:
    """Open a page as somebody: `with visit("/agents", person) as page`. Broken script fails the test."""

    @contextmanager
    def opened(path: str, who: Person | None = None, *, size: str = "wide", **options: Any) -> Iterator[Page]:
        screen = {"viewport": SIZES[size], "has_touch": size == "phone", "reduced_motion": "reduce"}
        settled = {"locale": "en-GB"} | screen | options
        with contexts.one(**settled) as context:
            if who is not None:
                context.add_cookies([{"name": "orkwork_session", "value": who.token, "url": contexts.address}])
            page, faults = context.new_page(), []
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            page.goto(path)
            yield page
            pwned = page.evaluate("window.pwned")
        assert not faults
        assert pwned is None, "a stored text ran as script"

    return opened


_STILL = """Promise.allSettled(document.getAnimations()
    .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime)).map((one) => one.finished))"""


def violations(page: Page) -> list[Any]:
    """What axe finds on a page once nothing fades any more, and whether it can be scrolled sideways."""
    page.evaluate(_STILL)
    report = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    found: list[Any] = [(bad["id"], [node["html"][:160] for node in bad["nodes"]][:3]) for bad in report]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found + ([f"{wide} px too wide"] if wide > 0 else [])
