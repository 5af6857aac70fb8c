"""`python -m bench.screenshots RUN [--issues FILE]`: the README's pictures, out of a recorded run worked again.

It starts an orkwork of its own, replays the run through the API, holds the replay once most of it is done, so that the
pictures show a company at work, and lets it finish. With `--owner-link` it pictures an orkwork that runs already.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from bench.browser import chromium
from bench.replay.setup import base_of, cookie_of
from bench.server import Server

FOLDER = Path(__file__).parent.parent / "docs" / "images"
SIZE: ViewportSize = {"width": 1440, "height": 900}
PROJECT = "ACR"
MOST = 0.6
"""The share of the run's tasks that have ended when the pictures are taken."""
LONGEST_WAIT = 900.0


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.screenshots", description=__doc__)
    parser.add_argument("run", type=Path, nargs="?", help="the recorded run: folder or .tar.gz")
    parser.add_argument("--issues", type=Path, action="append", default=[], help="its issues as JSON lines, gz or not")
    parser.add_argument("--owner-link", help="picture this orkwork, as it is, instead: `orkwork owner-link`")
    parser.add_argument("--board", help=f"key prefix of the project whose board is shown (default {PROJECT})")
    parser.add_argument("--only", choices=("dashboard", "board"), help="one picture instead of both")
    return parser


def shoot(page: Page, url: str, ready: str, name: str) -> None:
    """One page, once it shows what it is for."""
    page.goto(url)
    page.locator(ready).first.wait_for(timeout=30_000)
    expect(page.locator("main .skel:visible")).to_have_count(0, timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    print(f"docs/images/{name}.png shows {url}")


def pictures(base: str, cookie: str, only: str | None, board: str) -> None:
    """Sign in and take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, browser.new_context(viewport=SIZE, locale="en-GB") as context:
        _sign_in(context, base, cookie)
        page = context.new_page()
        if only != "board":
            shoot(page, base + "/", ".since", "dashboard")
        if only != "dashboard":
            shoot(page, f"{base}/projects/{board}/board", ".kc", "board")


def _sign_in(context: BrowserContext, base: str, cookie: str) -> None:
    for pair in cookie.split("; "):
        name, value = pair.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": base}])


@contextmanager
def at_work(server: Server, run: Path, issues: list[Path]) -> Iterator[None]:
    """The replay of a run: held while the pictures are taken, once most of it is done, and then let finish."""
    command = [sys.executable, "-m", "bench.replay", str(run), "--url", server.url, "--owner-cookie", server.cookie]
    command += ["--project", PROJECT, *(part for path in issues for part in ("--issues", str(path)))]
    with subprocess.Popen(command, start_new_session=True) as replay:
        try:
            _await_most(server, replay)
            os.killpg(replay.pid, signal.SIGSTOP)
            try:
                yield
            finally:
                os.killpg(replay.pid, signal.SIGCONT)
        except BaseException:
            replay.terminate()
            raise
        if replay.wait(LONGEST_WAIT):
            raise SystemExit("The replay did not agree with the run: see above.")


def _await_most(server: Server, replay: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    with httpx.Client(base_url=server.url, headers={"Cookie": server.cookie}, timeout=30) as http:
        while replay.poll() is None and time.monotonic() < deadline:
            answer = http.get(f"/api/v2/projects/{PROJECT}")
            tally = answer.json()["tasks"] if answer.is_success else {}
            if tally and _ended(tally) >= MOST * sum(tally.values()):
                return
            time.sleep(0.2)
    raise SystemExit("The replay ended, or took too long, before there was something to picture.")


def _ended(tally: dict[str, int]) -> int:
    return sum(tally.get(status, 0) for status in ("COMPLETED", "FAILED", "CANCELLED"))


def main() -> None:
    """Picture a running orkwork, or one that works a recorded run."""
    parser = arguments()
    options = parser.parse_args()
    if options.owner_link:
        pictures(base_of(options.owner_link), cookie_of(options.owner_link), options.only, options.board or PROJECT)
    elif options.run is None:
        parser.error("name a recorded run, or give an --owner-link")
    else:
        with Server() as server, at_work(server, options.run, options.issues):
            pictures(server.url, server.cookie, options.only, options.board or PROJECT)


if __name__ == "__main__":
    main()
