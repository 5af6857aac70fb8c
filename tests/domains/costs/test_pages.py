"""The pages of costs in a browser: figures that open their rows, budgets that are set, live, in both languages."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.domains.costs.queries import budgets as queries
from orkwork.domains.costs.schemas.budgets import AgentBudgetIn
from orkwork.domains.costs.schemas.ledger import CostIn
from orkwork.domains.costs.service import budgeting, recording
from tests.domains.conftest import Visit, violations
from tests.domains.tasks.racing import acting
from tests.factories import Company, Worker

pytestmark = pytest.mark.browser


def spend(company: Company, worker: Worker, amount: str | None, **fields: Any) -> None:
    body = {"provider": "acme", "model": "home-made", "amount_usd": amount} | fields
    company.do(recording.record_cost, CostIn.model_validate(body), actor=acting(worker))


def figure(page: Page, label: str) -> Any:
    return page.locator(".kf", has_text=label).first.locator(".v")


def test_an_empty_company_is_told_what_will_be_here(company: Company, visit: Visit) -> None:
    with visit("/costs", company.owner) as page:
        expect(page.get_by_role("heading", name="What the company spends will be shown here")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("link", name="Set budgets").click()
        expect(page).to_have_url(re.compile("/settings/budgets"))
        expect(page.get_by_text("The company has no limit.")).to_be_visible()


def test_every_figure_opens_its_rows_and_changes_live(company: Company, visit: Visit) -> None:
    code, qa = company.agent("CODE"), company.agent("QA")
    project = company.project()
    company.do(budgeting.set_agent_budget, code.id, AgentBudgetIn(daily_usd=Decimal(20)))
    for days in range(12):
        at = clock.now() - timedelta(days=days)
        spend(company, code, "7.5", occurred_at=at, project_id=str(project.id))
        spend(company, qa, "2.25", occurred_at=at, model="other")
    spend(company, qa, None)
    with visit("/costs", company.owner) as page:
        expect(figure(page, "Today")).to_have_text("$9.75")
        expect(page.locator(".chartbox[data-drawn=stacked]")).to_be_visible()
        expect(page.locator(".chartbox[data-drawn=band]")).to_be_visible()
        expect(page.get_by_text("1 call of this month has no price")).to_be_visible()
        assert violations(page) == []
        spend(company, code, "13")
        expect(figure(page, "Today")).to_have_text("$22.75", timeout=3000)
        budget = page.locator(".budget", has_text="CODE")
        expect(budget.get_by_text("Stopped")).to_be_visible(timeout=3000)
        expect(budget.get_by_text("102%")).to_be_visible()
        page.get_by_role("button", name="Model", exact=True).click()
        expect(page).to_have_url(re.compile("by=model"))
        expect(page.get_by_role("heading", name="Spent by model")).to_be_visible()
        row = page.get_by_role("row", name=re.compile("^other"))
        expect(row.get_by_role("link", name="$27.00")).to_be_visible()
        row.get_by_role("link", name="$27.00").click()
        expect(page).to_have_url(re.compile(r"/costs/rows\?model=other"))
        expect(page.get_by_role("heading", name="Ledger", exact=True)).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(12)
        assert violations(page) == []
        page.locator("tbody tr").first.locator("button").click()
        dialog = page.get_by_role("dialog", name="One call")
        dialog.get_by_label("It should have been, $").fill("1,25")
        dialog.get_by_label("Why?").fill("the invoice")
        dialog.get_by_role("button", name="Correct").click()
        expect(page.locator("tbody tr")).to_have_count(13)
        expect(page.get_by_text("-$1.0000")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("link", name="$26.00").first).to_be_visible()


def test_limits_and_alerts_are_set_by_those_who_may(company: Company, visit: Visit) -> None:
    worker, admin = company.agent("CODE"), company.person(Role.ADMIN)
    company.project()
    with visit("/settings/budgets", admin) as page:
        expect(page.get_by_text("Only an owner sets the company's budget.")).to_be_visible()
        page.get_by_role("button", name="Edit the budget of CODE").click()
        dialog = page.get_by_role("dialog", name="Budget of CODE")
        dialog.get_by_label("A day, $").fill("abc")
        dialog.get_by_role("button", name="Save budget").click()
        expect(dialog.get_by_text("must be an amount in dollars")).to_be_visible()
        dialog.get_by_label("A day, $").fill("12,5")
        dialog.get_by_label("A month, $").fill("200")
        dialog.get_by_role("button", name="Save budget").click()
        expect(page.get_by_text("of $12.50")).to_be_visible()
        page.get_by_label("Tell at, %").fill("90, 100")
        page.get_by_role("button", name="Save alerts").click()
        expect(page.get_by_text("Budget saved").first).to_be_visible()
        assert violations(page) == []
    found = {one.period: one.limit_usd for one in company.do(queries.budgets)}
    assert found == {"day": Decimal("12.5"), "month": Decimal(200)}
    spend(company, worker, "10")
    with visit("/settings/budgets", company.owner, size="phone") as page:
        page.get_by_label("The company's month, $").fill("9")
        page.get_by_role("button", name="Save the company's budget").click()
        expect(page.get_by_text("Stopped")).to_be_visible()
        assert violations(page) == []


def test_phone_and_dark_and_ukrainian_have_no_fault(company: Company, visit: Visit) -> None:
    worker = company.agent("CODE", daily_budget_usd=Decimal(1))
    for days in range(9):
        spend(company, worker, "3.5", occurred_at=clock.now() - timedelta(days=days))
    ukrainian = {"locale": "uk-UA", "color_scheme": "dark", "size": "phone"}
    for path, words in (("/costs", "Бюджети"), ("/costs/rows", "Книга витрат"), ("/settings/budgets", "Сповіщення")):
        with visit(path, company.owner, **ukrainian) as page:
            expect(page.get_by_role("heading", name=words, exact=True)).to_be_visible()
            assert violations(page) == [], path
