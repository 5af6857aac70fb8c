"""`python -m bench.screenshots --owner-link LINK`: the pictures of the README, out of a running orkwork.

Start `orkwork demo` beside it and let it work for a few minutes first; a picture shows what is there.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from bench.browser import chromium
from bench.replay.setup import base_of

FOLDER = Path(__file__).parent.parent / "docs" / "images"
SIZE: ViewportSize = {"width": 1440, "height": 900}
SETTLED_MS = 1500


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.screenshots", description=__doc__)
    parser.add_argument("--owner-link", required=True, help="a one-time owner link: `orkwork owner-link`")
    parser.add_argument("--board", help="key prefix of the project whose board is shown (default: the first project)")
    parser.add_argument("--only", choices=("dashboard", "board"), help="one picture instead of both")
    return parser


def shoot(page: Page, url: str, ready: str, name: str) -> None:
    """One page, once it shows what it is for."""
    page.goto(url)
    page.wait_for_selector(ready, timeout=30_000)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/images/{name}.png shows {url}")


def main() -> None:
    """Sign in once and take the pictures."""
    options = arguments().parse_args()
    base = base_of(options.owner_link)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, browser.new_context(viewport=SIZE) as context:
        page = context.new_page()
        page.goto(options.owner_link)
        page.wait_for_load_state("load")
        if options.only != "board":
            shoot(page, base + "/", "h2", "dashboard")
        if options.only != "dashboard":
            found = context.request.get(f"{base}/api/v2/projects").json()["items"]
            prefix = options.board or found[0]["key_prefix"]
            shoot(page, f"{base}/projects/{prefix}/board", ".kc", "board")


if __name__ == "__main__":
    main()
