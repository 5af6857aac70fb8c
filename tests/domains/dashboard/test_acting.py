"""Quick acts of the first page in a real browser, and the lines that it draws."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from playwright.sync_api import expect

from orkwork.core import clock
from orkwork.domains.agents import queries as agents
from orkwork.domains.costs.schemas.reports import ForecastDay, ForecastOut
from orkwork.domains.dashboard.ui.spending import BASE, TOP, WIDTH, drawing
from orkwork.domains.sla import queries as sla
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import offers
from orkwork.domains.tasks.queries import tasks as task_queries
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle
from tests.domains.conftest import Visit, violations
from tests.domains.sla.ticking import rule, tick
from tests.factories import Company, Worker


def _month(spent: list[int], budget: int | None, band: tuple[int, int] | None) -> ForecastOut:
    first, days = date(2026, 6, 1), []
    for n in range(30):
        ahead = band if band and n >= len(spent) - 1 else (None, None)
        day = {"spent_usd": spent[n] if n < len(spent) else None, "p50_usd": ahead[0], "p85_usd": ahead[1]}
        days.append(ForecastDay.model_validate({"day": first + timedelta(days=n)} | day))
    return ForecastOut(
        month=first, spent_usd=Decimal(spent[-1]), days_left=30 - len(spent), history_days=0, enough=band is not None,
        p50_usd=Decimal(band[0]) if band else None, p85_usd=Decimal(band[1]) if band else None, certain=None,
        budget_usd=None if budget is None else Decimal(budget), days=days,
    )  # fmt: skip


def _points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_the_month_is_drawn_from_nothing_to_the_most_with_its_band_ahead() -> None:
    drawn = drawing(_month([0, 10, 20], 100, (60, 80)))
    spent = _points(drawn["spent"])
    assert spent[0] == (0, BASE) and len(spent) == 3
    assert (float(drawn["x"]), float(drawn["y"])) == spent[-1]
    assert float(drawn["budget_y"]) == TOP
    band = _points(drawn["band"])
    assert band[0] == spent[-1] and max(x for x, _ in band) == WIDTH
    assert {y for x, y in band if x == WIDTH} == {BASE - 0.6 * (BASE - TOP), round(BASE - 0.8 * (BASE - TOP), 1)}


@pytest.mark.parametrize("spent", [[0], [0, 0, 0], list(range(30))])
def test_a_month_without_band_budget_or_costs_is_drawn_too(spent: list[int]) -> None:
    drawn = drawing(_month(spent, None, None))
    assert (drawn["band"], drawn["edges"], drawn["budget_y"]) == ("", "", "")
    assert all(0 <= x <= WIDTH and TOP <= y <= BASE for x, y in _points(drawn["spent"]))


def test_what_is_ready_is_offered_with_the_agent_that_suits_it_best(company: Company) -> None:
    project, given = company.project("Halyard", key_prefix="HAL"), company.project("Mast", auto_assign=True)
    company.agent("CODE", capabilities={"code:python": "0.9"})
    company.agent("QA", capabilities={"code:python": "0.3"})
    company.task(project, "Second", ready=True, required_capabilities=["code:python"])
    company.task(project, "First", ready=True, priority="urgent", required_capabilities=["art:oil"])
    company.task(given, "Goes by itself", ready=True)
    found = company.do(offers.offers)
    assert [(one.key, one.agent_name, one.suited) for one in found] == [("HAL-2", "", 0), ("HAL-1", "CODE", 2)]


@pytest.fixture
def busy(company: Company) -> Worker:
    """One task late since nine minutes, of which its agent knows, and one ready that nobody has."""
    chief = company.agent("CTO", max_concurrent_tasks=1)
    worker = company.agent("CODE", manager_id=chief.id)
    project = company.project("Halyard", key_prefix="HAL", deadline=(clock.now() - timedelta(days=1)).isoformat())
    rule(company, resolution_minutes=1)
    with time_machine.travel(clock.now() - timedelta(minutes=10), tick=False):
        company.task(project, "Late", ready=True)
        company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
        company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.IN_PROGRESS))
    tick()
    company.task(project, "Write the notes", ready=True)
    return worker


@pytest.mark.browser
def test_work_is_given_raised_and_halted_where_it_stands(busy: Worker, company: Company, visit: Visit) -> None:
    with visit("/", company.owner) as page:
        health = page.locator("#health")
        expect(health.get_by_role("img", name=re.compile("Health \\d+ of 100"))).to_be_visible()
        expect(health.get_by_role("link", name="HAL is past its date")).to_have_attribute("href", "/projects/HAL")
        expect(health.get_by_role("link", name="HAL-1 is late by its SLA")).to_be_visible()
        assert not violations(page)

        ready = page.locator("#ready [data-row]").filter(has_text="Write the notes")
        ready.get_by_role("button", name=re.compile("Assign")).click()
        expect(page.get_by_text(re.compile("HAL-2 goes to"))).to_be_visible()
        expect(page.locator("#ready")).to_have_count(0)
        assert company.do(task_queries.task, "HAL-2").parse().status is Status.ASSIGNED
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#ready")).to_be_visible()

        page.get_by_role("button", name="Escalate").click()
        expect(page.get_by_text("HAL-1 is escalated to CTO")).to_be_visible()
        expect(page.get_by_text("CTO knows")).to_have_count(0)
        assert company.do(sla.task_sla, "HAL-1").next_level == 3

        page.get_by_role("button", name="Pause CODE").click()
        expect(page.get_by_role("button", name="Resume CODE")).to_be_visible()
        assert {one.name: one.status for one in company.do(agents.agents)}["CODE"] == "paused"
        page.get_by_role("button", name="Undo").last.click()
        expect(page.get_by_role("button", name="Pause CODE")).to_be_visible()
        assert {one.name: one.status for one in company.do(agents.agents)}["CODE"] == "active"
