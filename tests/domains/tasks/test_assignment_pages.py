"""Why a task has its agent, and who gets it when nobody suits, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from jobs.run import _operate
from orkwork.core.actor import Role
from orkwork.domains.projects import queries as projects
from orkwork.domains.tasks.queries import tasks as queries
from tests.domains.conftest import Visit, violations
from tests.factories import Company

pytestmark = pytest.mark.browser


@pytest.fixture
def staffed(company: Company) -> Company:
    """A switched-on project with a task for three candidates, and one for nobody."""
    project = company.project("Halyard", key_prefix="HAL", auto_assign=True)
    for name, level in (("CLAUDE", "0.95"), ("CODE", "0.92"), ("CTO", "0.78")):
        company.agent(name, capabilities={"code:python": level}, max_concurrent_tasks=3)
    company.task(project, "Budget check under a lock", ready=True, required_capabilities=["code:python"])
    company.task(project, "Escalation chain", ready=True, required_capabilities=["db:postgres"])
    _operate("tasks.assign_ready")
    return company


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_task_page_says_why_this_agent(staffed: Company, visit: Visit, size: str, scheme: str) -> None:
    with visit("/tasks/HAL-1", staffed.owner, size=size, color_scheme=scheme) as page:
        table = page.get_by_role("table", name="Candidates and their scores")
        expect(table.get_by_role("row")).to_have_count(4)
        expect(table.get_by_role("row").nth(1)).to_contain_text("CLAUDE")
        expect(page.get_by_text(re.compile("CTO 0.068 points behind, most by capability"))).to_be_visible()
        assert violations(page) == []


def test_an_owner_decides_on_the_task_page(staffed: Company, visit: Visit) -> None:
    with visit("/tasks/HAL-2", staffed.owner) as page:
        expect(page.get_by_role("heading", name="Nobody suits")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Assign to CODE").click()
        expect(page.get_by_role("heading", name="Nobody suits")).to_have_count(0)
    assert staffed.do(queries.task, "HAL-2").parse().assignee_name == "CODE"


def test_a_member_sees_the_decision_without_its_buttons(staffed: Company, visit: Visit) -> None:
    with visit("/tasks/HAL-2", staffed.person(Role.MEMBER)) as page:
        expect(page.get_by_text("An owner or admin decides.")).to_be_visible()
        expect(page.get_by_role("button", name="Assign to CODE")).to_have_count(0)


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_dashboard_asks_and_is_answered_where_it_stands(staffed: Company, visit: Visit, size: str) -> None:
    with visit("/", staffed.owner, size=size, locale="uk-UA" if size == "phone" else "en-GB") as page:
        needs = page.locator("#needs")
        expect(needs).to_contain_text("HAL-2")
        expect(needs).to_contain_text(re.compile("CLAUDE (lacks|не має:) db:postgres"))
        assert violations(page) == []
        needs.get_by_role("button", name=re.compile("CLAUDE")).click()
        expect(needs).not_to_contain_text("HAL-2")
    assert staffed.do(queries.task, "HAL-2").parse().assignee_name == "CLAUDE"


def test_a_task_is_given_by_score_with_one_click(company: Company, visit: Visit) -> None:
    company.task(company.project(), ready=True)
    company.agent("CLAUDE")
    with visit("/tasks/HAL-1", company.owner) as page:
        page.get_by_role("button", name="By score").click()
        expect(page.get_by_role("heading", name="Why this agent?")).to_be_visible()


def test_the_projects_form_switches_it_on_and_off(company: Company, visit: Visit) -> None:
    company.project()
    with visit("/projects/HAL", company.owner) as page:
        for wanted in (True, False):
            page.get_by_role("button", name="Edit", exact=True).first.click()
            page.get_by_label("Assign tasks by score").set_checked(wanted)
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(page.get_by_text("Project changed").first).to_be_visible()
            assert company.do(projects.project, "HAL").auto_assign is wanted
