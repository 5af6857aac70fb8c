"""The record in a real browser."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.domains.audit import service
from tests.domains.conftest import Visit, violations
from tests.factories import Company

pytestmark = pytest.mark.browser
SCRIPT = "<img src=x onerror=window.pwned=1> {what}"


@pytest.fixture
def history(company: Company) -> Company:
    """A company with a past, one part of which would like to be a script."""
    company.agent("CODE")
    company.agent(SCRIPT)
    company.task(company.project(SCRIPT), SCRIPT)
    door.run(system("test"), service.seal, write=True)
    return company


def _entries(page: Page) -> int:
    page.locator("details summary").first.wait_for()
    return page.locator("main details").count()


@pytest.mark.parametrize(
    ("size", "scheme"), [("wide", "light"), ("wide", "dark"), ("phone", "light"), ("phone", "dark")]
)
def test_every_change_can_be_read_and_opened(history: Company, visit: Visit, size: str, scheme: str) -> None:
    with visit("/audit", history.owner, size=size, color_scheme=scheme) as page:
        page.get_by_text("started the project").click()
        expect(page.get_by_role("table", name="What changed").first).to_be_visible()
        assert not violations(page)


def test_filters_stand_in_the_address(history: Company, visit: Visit) -> None:
    with visit("/audit", history.owner) as page:
        everything = _entries(page)
        page.get_by_label("Of").select_option("key")
        expect(page).to_have_url(re.compile("resource=key"))
        expect(page.get_by_text("key.created").first).to_be_visible()
        expect(page.locator("main details")).to_have_count(2)
        page.reload()
        expect(page.locator("main details")).to_have_count(2)
        page.get_by_role("button", name="Clear filters").click()
        expect(page.locator("main details")).to_have_count(everything)
    with visit("/audit?from=2001-01-01&to=2001-01-02", history.owner) as page:
        expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    with visit("/audit?from=nonsense&cursor=x", history.owner) as page:
        assert _entries(page) == everything


def test_the_record_is_taken_along(history: Company, visit: Visit) -> None:
    with visit("/audit?resource=agent", history.owner) as page:
        _entries(page)
        with page.expect_download() as caught:
            page.get_by_role("link", name="JSONL").click()
        lines = Path(caught.value.path()).read_text().splitlines()
    assert {json.loads(line)["subject_kind"] for line in lines} == {"agent"}


def test_the_chain_is_checked(history: Company, visit: Visit) -> None:
    with visit("/audit", history.owner) as page:
        page.get_by_role("button", name="Verify").click()
        expect(page.get_by_text("The chain holds")).to_be_visible()
        assert not violations(page)


def test_news_do_not_move_what_is_read(history: Company, visit: Visit) -> None:
    with visit("/audit", history.owner) as page:
        before = _entries(page)
        history.agent("LATER")
        page.get_by_role("button", name=re.compile("new$")).click(timeout=3000)
        expect(page.locator("main details")).to_have_count(before + 2)


def test_only_owners_and_admins_read_it(history: Company, visit: Visit) -> None:
    with visit("/audit", history.person(Role.MEMBER)) as page:
        expect(page.get_by_role("heading", name="Only owners and admins read the record")).to_be_visible()
        assert SCRIPT not in page.content() and not violations(page)
