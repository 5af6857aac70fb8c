"""The pages of projects in a browser."""

import re

import pytest
from playwright.sync_api import expect

from orkwork.core.actor import Role
from tests.domains.conftest import Visit, violations
from tests.factories import Company

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/projects", "/projects?new=1", "/projects/HAL", "/projects/HAL/board"])
@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("filled", [True, False])
def test_a_page_has_no_fault_of_access(visit: Visit, company: Company, path: str, size: str, filled: bool) -> None:
    project = company.project(
        "Halyard", key_prefix="HAL", budget_usd="600", description="# Goal\n<b onclick=x>bold</b>"
    )
    if filled:
        company.task(project, "Cost ledger", ready=True)
    with visit(path, company.owner, size=size, color_scheme="dark" if filled else "light", locale="uk-UA") as page:
        page.get_by_text("Halyard").locator("visible=true").first.wait_for()
        page.wait_for_timeout(500)
        assert not violations(page)


def test_a_project_is_begun_changed_paused_and_archived(visit: Visit, company: Company) -> None:
    with visit("/projects", company.owner) as page:
        expect(page.get_by_text("Projects will be listed here")).to_be_visible()
        page.get_by_role("button", name="New project").first.click()
        form = page.locator("#project-form")
        form.get_by_label("Name").fill("Moqup Studio")
        form.get_by_label("Budget, $").fill("a lot")
        form.get_by_role("button", name="Create project").click()
        expect(form.get_by_role("alert")).to_have_text("must be an amount in dollars")
        form.get_by_label("Budget, $").fill("600")
        form.get_by_role("button", name="Create project").click()
        expect(page).to_have_url(re.compile("/projects/MOQ$"))
        expect(page.locator(".kfs")).to_contain_text("$600.00")
        page.get_by_role("button", name="Edit").click()
        form.get_by_label("Deadline").fill("2030-01-31")
        form.get_by_role("button", name="Save").click()
        expect(page.locator(".kfs")).to_contain_text("2030")
        page.get_by_role("button", name="Hold…").click()
        page.locator("#hold-project").get_by_role("button", name="Hold the project").click()
        expect(page.get_by_text("This project is on hold.")).to_be_visible()
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("button", name="Hold…")).to_be_visible()
        page.locator("main summary").click()
        page.get_by_role("button", name="Archive the project").click()
        page.locator("#archive-project").get_by_role("button", name="Archive the project").click()
        expect(page).to_have_url(re.compile("/projects$"))


def test_a_member_begins_no_project(visit: Visit, company: Company) -> None:
    company.project("Halyard")
    with visit("/projects", company.person(Role.MEMBER)) as page:
        expect(page.locator(".prow", has_text="Halyard")).to_be_visible()
        expect(page.locator("main").get_by_role("button", name="New project")).to_have_count(0)


def test_the_sidebar_and_the_palette_lead_to_projects(visit: Visit, company: Company) -> None:
    project = company.project("Halyard", key_prefix="HAL")
    company.task(project, "Rollups equal the raw sum")
    with visit("/projects", company.owner) as page:
        page.locator(".side .projs a", has_text="HAL").click()
        expect(page).to_have_url(re.compile("/projects/HAL$"))
        expect(page.get_by_role("heading", level=1, name="Halyard")).to_be_visible()
        page.keyboard.press("Control+k")
        page.keyboard.type("rollups")
        page.locator(".pi", has_text="HAL-1").click()
        expect(page).to_have_url(re.compile("/tasks/HAL-1$"))
