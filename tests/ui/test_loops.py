"""Browser tests and others share a process."""

import asyncio

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_a_browser_keeps_an_event_loop_in_this_thread(browser: Browser) -> None:
    assert browser.is_connected()
    assert asyncio.get_running_loop().is_running()


def test_the_tests_behind_it_run_loops_of_their_own() -> None:
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"
