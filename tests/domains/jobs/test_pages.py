"""The clock's page in a real browser."""

import pytest
from playwright.sync_api import expect

from jobs.beat import SCHEDULE
from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.core.ids import uuid7
from orkwork.domains.jobs import queries, service
from tests.domains.conftest import Visit, violations
from tests.factories import Company

pytestmark = pytest.mark.browser


@pytest.fixture
def ticking(company: Company) -> Company:
    """A company whose clock has run a job, badly."""
    who, token = system("test"), uuid7()
    schedule = {one.operation: one.every_seconds for one in SCHEDULE}
    door.run(who, lambda work: service.register(work, schedule), write=True)
    name = door.run(who, lambda work: service.claim_due(work, token), write=True, atomic=True)
    assert name is not None
    fault = "<img src=x onerror=window.pwned=1>"
    door.run(who, lambda work: service.finish(work, name, token, duration_ms=12, error=fault), write=True)
    return company


@pytest.mark.parametrize(
    ("size", "scheme"), [("wide", "light"), ("wide", "dark"), ("phone", "light"), ("phone", "dark")]
)
def test_the_jobs_can_be_read(ticking: Company, visit: Visit, size: str, scheme: str) -> None:
    with visit("/settings/jobs", ticking.owner, size=size, color_scheme=scheme) as page:
        expect(page.get_by_text("Seal the audit log")).to_be_visible()
        expect(page.get_by_text("Failed last time")).to_be_visible()
        assert page.locator("tbody tr").count() == len(SCHEDULE)
        assert not violations(page)


def test_a_job_is_run_paused_and_resumed(ticking: Company, visit: Visit) -> None:
    with visit("/settings/jobs", ticking.owner) as page:
        row = page.locator("tbody tr", has_text="Seal the audit log")
        row.get_by_role("button", name="Pause").click()
        expect(row.get_by_text("Paused")).to_be_visible()
        row.get_by_role("button", name="Run now").click()
        expect(page.get_by_text("It runs within a second or two")).to_be_visible()
        row.get_by_role("button", name="Resume").click()
        expect(row.get_by_text("On time")).to_be_visible()
    [found] = [one for one in ticking.do(queries.jobs) if one.operation == "audit.seal"]
    assert not found.paused


def test_a_viewer_changes_nothing(ticking: Company, visit: Visit) -> None:
    with visit("/settings/jobs", ticking.person(Role.VIEWER)) as page:
        expect(page.get_by_text("Seal the audit log")).to_be_visible()
        expect(page.get_by_role("button", name="Run now")).to_have_count(0)


def test_the_jobs_are_there_in_ukrainian(ticking: Company, visit: Visit) -> None:
    with visit("/settings/jobs", ticking.owner, locale="uk-UA") as page:
        expect(page.get_by_text("Запечатати журнал аудиту")).to_be_visible()
