"""The kit's pages, built once and served with a made-up company."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from orkwork.ui.build import SERVING

expect.set_options(timeout=20_000)  # speed is measured in bench/; a test shares its machine
ROOT = Path(__file__).resolve().parents[2]
WEB = ".web-kit"
NAMES = (os.environ.get("ORKWORK_CHROMIUM"), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if name and (path := shutil.which(name))), "/usr/bin/chromium")
"""As deploy/chromium.sh finds it."""
START_SECONDS = 150.0
"""How long a server may take to load; speed is measured in bench/."""
BUILD_SECONDS = 400
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """A running kit."""

    port: int
    news: Path
    revoked: Path

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://localhost:{self.port}"

    def tell(self, count: int) -> None:
        """Change something in the company, outside of every browser."""
        self.news.write_text(str(count))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(port: int, news: Path, revoked: Path) -> dict[str, str]:
    kit = {"ORKWORK_KIT": "1", "REFLEX_WEB_WORKDIR": WEB, "ORKWORK_PORT": str(port)}
    outside = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "ORKWORK_REDIS_URL")}
    if redis := os.environ.get("ORKWORK_KIT_REDIS"):
        kit["REDIS_URL"] = redis
    return {**outside, **SERVING, **kit, "ORKWORK_KIT_NEWS": str(news), "ORKWORK_KIT_REVOKED": str(revoked)}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The kit on a free port."""
    folder = tmp_path_factory.mktemp("kit")
    site = Site(_free_port(), folder / "news", folder / "revoked")
    env = _environment(site.port, site.news, site.revoked)
    building = {name: value for name, value in env.items() if not name.startswith("__REFLEX")}
    build = "from orkwork.ui.build import ensure_built; ensure_built(print)"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, env=building, check=True, timeout=BUILD_SECONDS)
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--factory",
        "--workers",
        "1",
        "--port",
        str(site.port),
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, "orkwork.orkwork:serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        _wait(site.url + "/kit", server, folder / "log")
        yield site
    finally:
        server.terminate()
        server.wait(10)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the kit did not start:\n" + log.read_text()[-3000:])


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's own Chromium."""
    return {"executable_path": CHROMIUM, "args": FLAGS}


def signed_in(browser: Browser, site: Site, session: str = "good", **options: Any) -> BrowserContext:
    """A browser with a session's cookie."""
    context = browser.new_context(base_url=site.url, **options)
    context.add_cookies([{"name": "orkwork_session", "value": session, "url": site.url}])
    return context


@pytest.fixture
def kit(browser: Browser, site: Site) -> Iterator[Page]:
    """The gallery in a wide, light, English browser, already alive; broken script fails the test."""
    context = signed_in(browser, site, viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto("/kit")
    page.locator("table tbody tr").first.wait_for()
    yield page
    context.close()
    assert not faults
