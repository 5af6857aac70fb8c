"""The brief on the first page and on its own, in a real browser."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from playwright.sync_api import expect
from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import Category, Kind
from orkwork.domains.decisions.schemas import DecisionIn
from orkwork.domains.settings import service as settings
from orkwork.domains.settings.schemas import CompanyPatch
from orkwork.domains.tasks.models import Status
from tests.domains.briefs.test_making import execute, make, move, spend
from tests.domains.conftest import Visit, violations
from tests.factories import Company

pytestmark = pytest.mark.browser


def at_work(company: Company) -> None:
    """A company with work done, work failed, tasks past their date, a decision, and an agent over its budget."""
    code, project = company.agent("CODE", daily_budget_usd=Decimal(10)), company.project("Halyard", key_prefix="HAL")
    past = clock.now() - timedelta(days=2)
    for n in range(12):
        company.task(project, f"Case {n}", ready=True, due_at=past + timedelta(hours=n) if n > 4 else None)
    move(company, "HAL-1", code, Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED)
    move(company, "HAL-2", code, Status.IN_PROGRESS, Status.REVIEW)
    move(company, "HAL-3", code, Status.IN_PROGRESS, Status.FAILED)
    spend(company, code, "12.5")
    soon = clock.now() + timedelta(hours=3)
    asked = DecisionIn(category=Category.APPROVE, kind=Kind.APPROVE, title="<b>Deploy</b> 1.4?", deadline=soon)
    company.do(decisions.create_decision, asked)


def test_the_card_leads_to_the_rows_and_the_page_shows_all_of_it(company: Company, visit: Visit) -> None:
    at_work(company)
    with visit("/", company.owner) as page:
        card = page.locator(".briefcard")
        said = card.locator(".say [data-sentence]")
        expect(said).to_have_text(
            [
                " The agents finished 1 task, and the work cost $12.50.",
                " CODE has used up its budget of $10.00 for today.",
                " 1 decision passes its deadline within a day.",
                " 1 failed task goes no further.",
                " 7 tasks are past their due date, first HAL-6.",
            ]
        )
        expect(card.get_by_role("link", name="HAL-6")).to_have_attribute("href", "/tasks/HAL-6")
        move(company, "HAL-4", company.agent("QA"), Status.IN_PROGRESS, Status.REVIEW, Status.COMPLETED)
        expect(said.first).to_have_text(" The agents finished 2 tasks, and the work cost $12.50.")
        card.get_by_role("link", name="7 tasks", exact=True).click()
        expect(page.locator(".taskrow")).to_have_count(7)
        expect(page.locator("label.chip.on select").first).to_have_value("past")
        page.go_back()
        card.get_by_role("link", name="Whole brief").click()
        tasks = page.locator("section.card").filter(has_text="Tasks and deadlines")
        overdue = tasks.get_by_role("listitem").filter(has_text="past their due date")
        expect(overdue.locator(".brefs")).to_have_text("HAL-6HAL-7HAL-8HAL-9HAL-10and 2 more")
        expect(page.get_by_role("link", name="<b>Deploy</b> 1.4?").first).to_be_visible()
        expect(page.get_by_text("Each morning at 09:00")).to_be_visible()
        assert not violations(page)


def test_mornings_are_kept_in_both_languages_and_live(company: Company, visit: Visit) -> None:
    company.do(settings.update_company, CompanyPatch(locale="uk"))
    nine = clock.now().replace(hour=9, minute=0)
    with time_machine.travel(nine - timedelta(days=1), tick=False):
        assert make() == 1
    at_work(company)
    day = (nine - timedelta(days=1)).date()
    with visit("/brief", company.owner, size="phone", locale="uk-UA", color_scheme="dark") as page:
        expect(page.get_by_text("Прострочено 7 задач, зокрема HAL-6.")).to_be_visible()
        mornings = page.locator("a[href^='/brief?day=']")
        expect(mornings).to_have_count(1)
        with time_machine.travel(datetime.combine(nine.date(), nine.timetz()) + timedelta(hours=1), tick=False):
            assert make() == 1
        expect(mornings).to_have_count(2)
        words = [
            {"sentence": 1, "text": "Щоб ви знали: <i>усе тихо</i>."},
            {"sentence": 2, "text": "Ніщо на вас не чекає."},
        ]
        statement = (
            "update briefs set written_by = 'model', model = 'tiny-1', rewritten = %(words)s where day = %(day)s"
        )
        execute(statement, words=Jsonb(words), day=day)
        reason = Jsonb({"code": "number", "detail": "8"})
        execute("update briefs set model = 'tiny-1', refused = %(reason)s where day <> %(day)s", reason=reason, day=day)
        mornings.first.click()
        expect(
            page.get_by_text("Слова tiny-1 не взято. Вона додала, загубила або переставила число. 8")
        ).to_be_visible()
        mornings.last.click()
        expect(page).to_have_url(f"/brief?day={day}")
        expect(page.get_by_text("Написала tiny-1, звірено з рядками")).to_be_visible()
        expect(page.get_by_text("Щоб ви знали: <i>усе тихо</i>.")).to_be_visible()
        expect(page.get_by_text("Прострочено 7 задач")).to_have_count(0)
        assert not violations(page)
        page.goto("/brief?since=2999-01-01T00:00:00Z")
        expect(page.get_by_text("Прострочено 7 задач, зокрема HAL-6.")).to_be_visible()
        page.goto("/brief?day=2020-01-01")
        expect(page.get_by_text("Зведення за той день немає")).to_be_visible()
