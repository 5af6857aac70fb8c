"""A project's forecast in the browser: it comes by itself, changes are tried, made and undone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.domains.forecast.service import keeping
from orkwork.domains.projects.schemas import ProjectOut
from tests.demo.company_state import rows
from tests.domains.conftest import Visit, violations
from tests.factories import Company

pytestmark = pytest.mark.browser
Shoot = Callable[[Page, str], None]


def filled(company: Company) -> ProjectOut:
    """A project with a deadline, a budget and six tasks that wait for each other in two chains."""
    due = (clock.now() + timedelta(days=3)).isoformat()
    project = company.project("Halyard", deadline=due, budget_usd="5")
    for n in range(6):
        needs: dict[str, Any] = {"depends_on": [f"HAL-{n - 1}"]} if n > 1 else {}
        company.task(project, f"Step {n} of the rigging", ready=True, estimate_minutes=60 * (n + 1), **needs)
    company.agent("CODE", max_concurrent_tasks=1)
    return project


def test_a_forecast_comes_by_itself_and_changes_are_tried_made_and_undone(company: Company, visit: Visit) -> None:
    project = filled(company)
    with visit("/projects/HAL", company.owner) as page:
        panel = page.locator(".foreseen")
        expect(panel.get_by_text("No forecast yet")).to_be_visible()
        company.do(keeping.take_forecast, project.id)  # elsewhere: the page hears of it
        expect(panel.get_by_text("Done by, P50–P85")).to_be_visible()
        expect(panel.get_by_text("No finished run to go by")).to_be_visible()
        expect(panel.get_by_text("none can be judged yet")).to_be_visible()
        expect(panel.get_by_role("img", name="in 50 to 85 of 100 paths")).to_be_visible()
        expect(panel.get_by_role("link", name="critical in").first).to_be_visible()
        panel.get_by_role("button", name="What if…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("More tasks").fill("1000000")
        dialog.get_by_role("button", name="Try it").click()
        expect(dialog.get_by_role("alert")).to_be_visible()
        dialog.get_by_label("More tasks").fill("")
        dialog.get_by_label("Cancel this task and all that waits for it").fill("HAL-6")
        dialog.get_by_label("Budget, $").fill("80")
        dialog.get_by_role("button", name="Try it").click()
        expect(dialog.get_by_text("With the changes")).to_be_visible()
        assert violations(page) == []
        assert rows("select status from tasks where key = 'HAL-6'") != [{"status": "CANCELLED"}]
        dialog.get_by_role("button", name="Make these changes").click()
        expect(page.get_by_text("Changes made")).to_be_visible()
        made = (
            "select t.status, p.budget_usd::float8 as budget from tasks t join projects p on p.id = t.project_id "
            "where t.key = 'HAL-6'"
        )
        assert rows(made) == [{"status": "CANCELLED", "budget": 80}]
        expect(panel.get_by_text("budget $80.00")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Changes undone")).to_be_visible()
        assert rows(made) == [{"status": "PLANNING", "budget": 5}]
        page.goto("/projects/HAL/graph")
        expect(page.locator(".graphfigures").get_by_text("Done by, P50–P85")).to_be_visible()


def test_the_forecast_reads_well_for_everybody_everywhere(company: Company, visit: Visit) -> None:
    company.do(keeping.take_forecast, filled(company).id)
    viewer = company.person(Role.VIEWER)
    looks = (
        ("wide", "dark", "en-GB"),
        ("wide", "light", "uk-UA"),
        ("phone", "dark", "uk-UA"),
        ("phone", "light", "en-GB"),
    )
    for size, scheme, locale in looks:
        with visit("/projects/HAL", viewer, size=size, color_scheme=scheme, locale=locale) as page:
            panel = page.locator(".foreseen")
            expect(panel.get_by_text("P50–P85").first).to_be_visible()
            now = "Forecast now" if locale == "en-GB" else "Зробити прогноз"
            expect(panel.get_by_role("button", name=now)).to_have_count(0)
            assert violations(page) == [], (size, scheme, locale)
