"""What is out of line, and how well the agents do, in a real browser."""

from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.domains.settings import queries as settings
from orkwork.domains.settings import service
from orkwork.domains.settings.schemas import CompanyPatch
from orkwork.domains.tasks.models import Status
from tests.domains.anomalies.test_watching import failing, take, watch
from tests.domains.conftest import Visit, violations
from tests.domains.performance.test_scores import count
from tests.factories import Company

pytestmark = pytest.mark.browser


def test_an_anomaly_is_seen_live_acknowledged_and_what_was_done_is_taken_back(company: Company, visit: Visit) -> None:
    project, worker = company.project(), company.agent("CODE")
    actions = {"anomaly_rules": {"actions": {"failures": "pause_agent"}}}
    company.do(service.update_company, CompanyPatch.model_validate(actions))
    company.task(project, ready=True)
    with visit("/", company.owner) as page:
        panel = page.locator("#anomalies")
        expect(panel).to_contain_text("Nothing is out of line")
        failing(company, worker, "HAL-1", 3)
        watch()
        panel.get_by_role("link", name="CODE failed 3 times in 24 h").click()
        row = page.get_by_role("article")
        row.get_by_role("button", name="3 pieces of evidence").click()
        expect(row.get_by_role("link", name="HAL-1 #10")).to_have_attribute("href", "/tasks/HAL-1/runs/10")
        assert not violations(page)
        row.get_by_role("button", name="Take back").click()
        expect(row).to_contain_text("Taken back by Owner.")
        row.get_by_role("button", name="Acknowledge").click()
        expect(row).to_contain_text("Seen by Owner")
        row.get_by_role("button", name="Snooze a day").click()
        expect(page.get_by_text("Nothing is out of line")).to_be_visible()
        page.get_by_role("link", name="Snoozed").click()
        expect(row).to_contain_text("Snoozed until")
        page.goto("/settings/anomalies")
        page.get_by_label("Failures of one kind").fill("1")
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_label("Failures of one kind")).to_have_attribute("aria-invalid", "true")
        page.get_by_label("Failures of one kind").fill("4")
        page.get_by_label("When an agent is silent").select_option("give_back")
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_text("Settings saved")).to_be_visible()
        kept = company.do(settings.company).anomaly_rules
        assert (kept.failures, kept.actions) == (4, {"failures": "pause_agent", "silent": "give_back"})
    with visit("/anomalies?view=snoozed", company.person(Role.MEMBER), size="phone", locale="uk-UA") as page:
        expect(page.get_by_role("article")).to_contain_text("CODE: збоїв за 24 год")
        expect(page.get_by_role("article").get_by_role("button", name="Закрити")).to_have_count(0)
        assert not violations(page)


def test_a_score_stands_on_card_page_and_leaderboard_with_what_would_raise_it(company: Company, visit: Visit) -> None:
    project, fine, rough = company.project(), company.agent("FINE"), company.agent("ROUGH")
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False):
        for n, (worker, ends) in enumerate(
            ((fine, Status.COMPLETED), (rough, Status.FAILED), (fine, Status.COMPLETED)), 1
        ):
            company.task(project, f"T{n}", ready=True)
            take(company, f"HAL-{n}", worker, Status.IN_PROGRESS, Status.REVIEW, ends)
    with visit("/agents", company.owner) as page:
        card = page.get_by_role("article").filter(has_text="ROUGH")
        expect(card).to_be_visible()
        count()
        expect(card.get_by_role("img", name="Score")).to_be_visible()
        page.get_by_role("link", name="Leaderboard").click()
        first = page.locator("tbody tr").first
        expect(first).to_contain_text("FINE")
        assert not violations(page)
        page.goto(f"/agents/{rough.id}")
        panel = page.get_by_text("What would raise it").locator("xpath=ancestor::section")
        expect(panel).to_contain_text("Tasks that fail take")
        expect(panel).to_contain_text("0% of 1 were completed")
        expect(panel).to_contain_text("95% sure")
        assert not violations(page)
        page.goto("/settings/assignment")
        page.get_by_label("Stayed closed").fill("25")
        expect(page.get_by_role("button", name="Save weights")).to_be_disabled()
        page.get_by_label("Completed", exact=True).fill("20")
        page.get_by_role("button", name="Save weights").click()
        expect(page.get_by_text("Settings saved")).to_be_visible()
        assert str(company.do(settings.company).performance_weights.defects) == "0.250"
        page.get_by_role("button", name="Save settings").click()  # the other form is no older for it
        news = page.locator(".toast").filter(has_text="Settings saved", has_not_text="Scores follow")
        expect(news).to_be_visible()
