"""What is promised, in a real browser: the rules, and the time left where tasks are looked at."""

import re
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.domains.sla import queries
from orkwork.domains.sla.schemas import RulePatch
from orkwork.domains.sla.service import ruling
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from tests.domains.conftest import Visit, violations
from tests.domains.sla.ticking import rule, tick
from tests.factories import Company

pytestmark = pytest.mark.browser


@pytest.fixture
def at_work(company: Company) -> Company:
    """Six tasks: ready since half an hour, warned of, late, paused in review, kept and missed."""
    rule(company, "An hour", resolution_minutes=60, response_minutes=180, pauses_in=["REVIEW"])
    worker, project = company.agent("CODE"), company.project("Halyard", key_prefix="HAL")
    now = clock.now()
    for title, ago in (
        ("Reconcile payouts", 30), ("Check the budget", 55), ("Close the books", 150), ("Read the contract", 20),
        ("Pay the invoice", 40), ("Answer the bank", 100),
    ):  # fmt: skip
        with time_machine.travel(now - timedelta(minutes=ago), tick=False):
            key = company.task(project, title, ready=True).key
            if title not in ("Reconcile payouts", "Check the budget"):
                company.do(claims.assign, key, AssignIn(agent_id=worker.id))
                company.do(lifecycle.transition, key, MoveIn(to=Status.IN_PROGRESS))
        with time_machine.travel(now - timedelta(minutes=5), tick=False):
            if title in ("Read the contract", "Pay the invoice", "Answer the bank"):
                company.do(lifecycle.transition, key, MoveIn(to=Status.REVIEW))
            if title in ("Pay the invoice", "Answer the bank"):
                company.do(lifecycle.transition, key, MoveIn(to=Status.COMPLETED))
    tick()
    return company


def test_a_rule_is_added_changed_and_deleted(company: Company, visit: Visit) -> None:
    with visit("/settings/sla", company.owner) as page:
        expect(page.get_by_text("Nothing is promised yet")).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="Add rule").click()
        form = page.locator("#sla-rule")
        form.get_by_label("Name").fill("Urgent")
        form.get_by_label("Priority").select_option("urgent")
        form.get_by_label("Work begins within").fill("15")
        form.get_by_label("It is done within").fill("4 h")
        form.get_by_label("Review").check()
        assert not violations(page)
        form.get_by_role("button", name="Save rule").click()
        expect(page.get_by_text("Rule saved")).to_be_visible()
        row = page.locator("[data-row]").filter(has_text="Urgent")
        expect(row).to_contain_text("15 min")
        expect(row).to_contain_text("4 h")
        [made] = company.do(queries.rules)
        assert (made.response_minutes, made.resolution_minutes, made.pauses_in) == (15, 240, ["PLANNING", "REVIEW"])
        assert [(step.to, step.after_minutes) for step in made.escalation] == [
            ("agent", 0),
            ("manager", 30),
            ("ceo", 120),
        ]
        row.get_by_role("button", name="Edit Urgent").click()
        form.get_by_label("It is done within").fill("1 d")
        form.get_by_role("button", name="Save rule").click()
        expect(row).to_contain_text("1 d")
        row.get_by_role("button", name="Delete Urgent").click()
        page.locator("#delete-rule").get_by_role("button", name="Delete rule").click()
        expect(page.get_by_text("Nothing is promised yet")).to_be_visible()
    assert company.do(queries.rules) == []


def test_what_is_wrong_stands_beside_its_field(company: Company, visit: Visit) -> None:
    with visit("/settings/sla", company.owner) as page:
        page.get_by_role("main").get_by_role("button", name="Add rule").click()
        form = page.locator("#sla-rule")
        form.get_by_label("Name").fill("Soon")
        form.get_by_label("Work begins within").fill("soon")
        form.get_by_role("button", name="Save rule").click()
        expect(form.get_by_label("Work begins within")).to_have_attribute("aria-invalid", "true")
        form.get_by_label("Work begins within").fill("")
        form.get_by_role("button", name="Save rule").click()
        expect(form.get_by_label("It is done within")).to_have_attribute("aria-invalid", "true")
        form.get_by_label("It is done within").fill("1 h")
        form.get_by_label("And to you after").fill("10 min")
        form.get_by_role("button", name="Save rule").click()
        expect(form.get_by_label("And to you after")).to_have_attribute("aria-invalid", "true")
    assert company.do(queries.rules) == []


def test_a_rule_that_was_changed_meanwhile_is_not_overwritten(company: Company, visit: Visit) -> None:
    made = rule(company)
    with visit("/settings/sla", company.owner) as page:
        page.get_by_role("button", name="Edit An hour").click()
        expect(page.locator("#sla-rule").get_by_label("Name")).to_be_visible()
        company.do(ruling.update_rule, made.id, RulePatch(resolution_minutes=30))
        page.locator("#sla-rule").get_by_label("Name").fill("Mine")
        page.locator("#sla-rule").get_by_role("button", name="Save rule").click()
        expect(page.get_by_text("Somebody changed this meanwhile")).to_be_visible()
    assert company.do(queries.rule, made.id).name == "An hour"


@pytest.mark.parametrize(
    ("size", "scheme", "locale"), [("wide", "dark", "uk-UA"), ("phone", "light", "en-GB"), ("phone", "dark", "uk-UA")]
)
def test_the_rules_can_be_read(company: Company, visit: Visit, size: str, scheme: str, locale: str) -> None:
    rule(company, "Urgent bugs", priority="urgent", label="bug", project_id=str(company.project("Halyard").id))
    rule(company, "Everything else", response_minutes=480)
    with visit("/settings/sla", company.person(Role.VIEWER), size=size, color_scheme=scheme, locale=locale) as page:
        expect(page.locator("[data-row]").first).to_contain_text("Urgent bugs")
        expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
        assert not violations(page)


def test_the_board_shows_the_time_left(at_work: Company, visit: Visit) -> None:
    with visit("/projects/HAL/board", at_work.owner) as page:

        def left(title: str) -> str:
            return page.locator(".kc").filter(has_text=title).locator(".sla").inner_text()

        expect(page.locator(".kc .sla")).to_have_count(6)
        assert re.fullmatch(r"\s*29 min|30 min", left("Reconcile payouts"))
        assert re.fullmatch(r"[45] min", left("Check the budget"))
        assert re.fullmatch(r"Breached 1 h 30 min", left("Close the books"))
        assert left("Read the contract") == "45 min, paused"
        assert left("Pay the invoice") == "Met"
        assert left("Answer the bank") == "Missed 35 min"
        assert not violations(page)


def test_the_time_left_comes_live(company: Company, visit: Visit) -> None:
    rule(company)
    key = company.task(company.project("Halyard", key_prefix="HAL"), ready=True).key
    with visit(f"/tasks/{key}", company.owner) as page:
        expect(page.get_by_role("heading", name="Time and money")).to_be_visible()
        expect(page.locator(".usage .sla")).to_have_count(0)
        tick()
        expect(page.locator(".usage .sla")).to_have_text(re.compile("59 min|1 h"))


@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("phone", "dark")])
def test_a_task_shows_both_clocks(at_work: Company, visit: Visit, size: str, scheme: str) -> None:
    with visit("/tasks/HAL-3", at_work.owner, size=size, color_scheme=scheme) as page:
        usage = page.locator(".usage", has_text="Time and money")
        expect(usage).to_contain_text("Resolution SLA")
        expect(usage).to_contain_text("Breached 1 h 30 min")
        expect(usage).to_contain_text("Response SLA")
        expect(usage).to_contain_text("Met")
        expect(page.get_by_text("saw its SLA breached").first).to_be_visible()
        assert not violations(page)


def test_the_dashboard_says_what_was_kept_what_is_late_and_what_is_next(at_work: Company, visit: Visit) -> None:
    with visit("/", at_work.owner) as page:
        panel = page.locator("section").filter(has_text="Within SLA, 7 days").last
        expect(panel).to_contain_text("71%")
        expect(panel).to_contain_text("5 of 7 promises kept")
        expect(panel.get_by_role("link", name="Next at risk")).to_have_attribute("href", "/tasks/HAL-2")
        need = page.locator("#needs [data-row]").filter(has_text="Close the books is late")
        expect(need.get_by_role("link", name="Open task")).to_have_attribute("href", "/tasks/HAL-3")
        expect(page.locator(".feed")).to_contain_text("breach its SLA")
        assert not violations(page)
