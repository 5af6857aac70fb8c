"""The first page in a real browser."""

import re
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Locator, Page, expect

from orkwork.core import clock, door
from orkwork.core.actor import SCOPES, Actor, ActorKind, Level, Role, system
from orkwork.core.ids import uuid7
from orkwork.core.work import Work
from orkwork.domains.agents import queries as agent_queries
from orkwork.domains.agents import service as agent_service
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.costs.schemas.ledger import CostIn
from orkwork.domains.costs.service import recording as costs
from orkwork.domains.executions.schemas import ExecutionPatch, StartIn
from orkwork.domains.jobs import service as jobs
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.queries import runs as run_queries
from orkwork.domains.tasks.queries import tasks as task_queries
from orkwork.domains.tasks.schemas import AssignIn
from orkwork.domains.tasks.service import claims, runs
from tests.domains.conftest import Visit, violations
from tests.factories import Company, Worker

pytestmark = pytest.mark.browser
SCRIPT = "<img src=x onerror=window.pwned=1> {what} {n}"


def _run(company: Company, worker: Worker, project: ProjectOut, title: str, status: str, **report: str) -> str:
    """A task that the agent has handed in, or failed."""
    key = company.task(project, title, ready=True).key
    company.do(claims.assign, key, AssignIn(agent_id=worker.id))
    run = company.do(runs.start_execution, key, StartIn()).parse()
    company.do(runs.update_execution, run.id, ExecutionPatch.model_validate({"status": status} | report))
    return key


def _spend(company: Company, worker: Worker, amount: str) -> None:
    own = Actor(ActorKind.AGENT, worker.id, worker.out.name, scopes=frozenset(SCOPES), level=Level.SUPERVISED)
    company.do(costs.record_cost, CostIn(provider="openai", model="gpt-5", amount_usd=Decimal(amount)), actor=own)


def _status(company: Company, key: str) -> str:
    return company.do(task_queries.task, key).parse().status.value


@pytest.fixture
def busy(company: Company) -> dict[str, str]:
    """A company with work handed in, a failure, an agent over its budget and one that is paused."""
    code, qa = company.agent("CODE"), company.agent("QA", daily_budget_usd=Decimal(10))
    pm, project = company.agent("PM"), company.project("Halyard", key_prefix="HAL")
    keys = {
        "review": _run(company, code, project, "Release 1.4.0", "succeeded"),
        "failed": _run(company, qa, project, SCRIPT, "failed", failure="tests_failed", failure_detail=SCRIPT),
    }
    _spend(company, qa, "11.87")
    company.do(agent_service.update_agent, pm.id, AgentPatch(status=AgentStatus.PAUSED))
    return keys | {"qa": str(qa.id), "pm": str(pm.id), "project": str(project.id)}


def _need(page: Page, words: str) -> Locator:
    return page.locator("#needs [data-row]").filter(has_text=words)


@pytest.mark.parametrize(
    ("size", "scheme"), [("wide", "light"), ("wide", "dark"), ("phone", "light"), ("phone", "dark")]
)
@pytest.mark.parametrize("locale", ["en-GB", "uk-UA"])
def test_the_first_page_can_be_read(
    busy: dict[str, str], company: Company, visit: Visit, size: str, scheme: str, locale: str
) -> None:
    with visit("/", company.owner, size=size, color_scheme=scheme, locale=locale) as page:
        expect(page.locator("#needs [data-row]")).to_have_count(4)
        expect(page.locator(".since")).to_be_visible()
        assert not violations(page)


def test_nothing_moves_while_it_loads(busy: dict[str, str], company: Company, visit: Visit) -> None:
    for size in ("wide", "phone"):
        with visit("/login", company.owner, size=size) as page:
            page.add_init_script(
                "window.moved=0;new PerformanceObserver(l=>{for(const e of l.getEntries())if(!e.hadRecentInput)window.moved+=e.value})"
                ".observe({type:'layout-shift',buffered:true})"
            )
            page.goto("/")
            expect(page.locator(".since")).to_be_visible()
            page.wait_for_timeout(300)
            assert page.evaluate("window.moved") < 0.05


def test_the_brief_says_what_happened_and_leads_to_it(busy: dict[str, str], company: Company, visit: Visit) -> None:
    with visit("/", company.owner) as page:
        brief = page.locator(".say")
        expect(brief).to_contain_text(
            "Nothing was finished; the work cost $11.87. QA has used up its budget of $10.00 for today."
        )
        expect(brief).to_contain_text("1 task waits for a review.")
        expect(brief.get_by_role("link", name="1 failed task")).to_have_attribute("href", "/tasks?status=FAILED")
        expect(page.locator(".since")).to_contain_text(re.compile(r"1\s*handed in"))
        expect(page.locator(".since")).to_contain_text("$11.87")


def test_work_is_approved_where_it_stands(busy: dict[str, str], company: Company, visit: Visit) -> None:
    with visit("/", company.owner) as page:
        _need(page, "Review Release 1.4.0").get_by_role("button", name="Approve").click()
        expect(page.get_by_text(f"Approved {busy['review']}", exact=True)).to_be_visible()
        expect(_need(page, "Review Release 1.4.0")).to_have_count(0)
    assert _status(company, busy["review"]) == "COMPLETED"


def test_changes_are_asked_for_with_words(busy: dict[str, str], company: Company, visit: Visit) -> None:
    with visit("/", company.owner) as page:
        _need(page, "Review Release 1.4.0").get_by_role("button", name="Ask for changes").click()
        page.locator("#say-why").get_by_role("button", name="Ask for changes").click()
        expect(page.locator("#say-why").get_by_role("alert")).to_have_text("say what should change")
        page.get_by_label("What should change?").fill("Keep the roll-back under a minute.")
        assert not violations(page)
        page.locator("#say-why").get_by_role("button", name="Ask for changes").click()
        expect(page.get_by_text("for changes", exact=False).first).to_be_visible()
        expect(_need(page, "Review Release 1.4.0")).to_have_count(0)
    assert _status(company, busy["review"]) == "IN_PROGRESS"
    said = company.do(run_queries.comments, busy["review"]).items
    assert [comment.body for comment in said] == ["Keep the roll-back under a minute."]


def test_a_failure_is_tried_again_or_given_up_and_taken_back(
    busy: dict[str, str], company: Company, visit: Visit
) -> None:
    with visit("/", company.owner) as page:
        _need(page, "failed").get_by_role("button", name="Cancel task").click()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        page.wait_for_timeout(300)
    assert _status(company, busy["failed"]) == "CREATED"


def test_agents_that_cannot_go_on_are_helped(busy: dict[str, str], company: Company, visit: Visit) -> None:
    with visit("/", company.owner) as page:
        _need(page, "QA has spent").get_by_role("button", name=re.compile("Raise to")).click()
        expect(_need(page, "QA has spent")).to_have_count(0)
        _need(page, "PM is paused").get_by_role("button", name="Resume").click()
        expect(_need(page, "PM is paused")).to_have_count(0)
    agents = {agent.name: agent for agent in company.do(agent_queries.agents)}
    assert agents["QA"].daily_budget_usd == Decimal(15) and agents["PM"].status == "active"


def test_a_viewer_watches_and_acts_on_nothing(busy: dict[str, str], company: Company, visit: Visit) -> None:
    with visit("/", company.person(Role.VIEWER)) as page:
        expect(page.locator("#needs [data-row]")).to_have_count(4)
        expect(page.locator("#needs").get_by_role("button")).to_have_count(0)


def test_news_are_on_screen_within_a_second_and_wait_for_the_pointer(
    busy: dict[str, str], company: Company, visit: Visit
) -> None:
    with visit("/", company.owner) as page:
        feed = page.locator(".feed")
        expect(feed.locator("li").first).to_be_visible()
        company.agent("FIRST")
        expect(feed.locator("li.flash").filter(has_text="FIRST")).not_to_have_count(0, timeout=1000)
        feed.hover()
        page.wait_for_timeout(300)
        company.agent("SECOND")
        pill = page.get_by_role("button", name=re.compile("new$"))
        expect(pill).to_be_visible(timeout=1500)
        expect(feed).not_to_contain_text("SECOND")
        pill.click()
        expect(feed).to_contain_text("SECOND")


@pytest.fixture
def many_failures(company: Company) -> ProjectOut:
    """Seven tasks that failed in one way, one that failed in another."""
    worker, project = company.agent("CODE"), company.project("Halyard", key_prefix="HAL")
    for n in range(7):
        _run(company, worker, project, f"Case {n}", "failed", failure="tool_failed")
    _run(company, worker, project, "Another story", "failed", failure="tests_failed")
    return project


@pytest.mark.parametrize(("size", "scheme"), [("wide", "dark"), ("phone", "light")])
def test_failures_of_one_kind_are_one_row_that_opens(
    many_failures: ProjectOut, company: Company, visit: Visit, size: str, scheme: str
) -> None:
    with visit("/", company.owner, size=size, color_scheme=scheme) as page:
        expect(page.locator("#needs [data-row]")).to_have_count(2)
        row = _need(page, "7 tasks of HAL failed: A tool that the agent called failed")
        expect(row).not_to_contain_text("Case 0")
        row.get_by_role("button", name="7 tasks of HAL failed").click()
        expect(row.get_by_role("listitem")).to_have_count(7)
        expect(row.get_by_role("link", name="Case 0")).to_have_attribute("href", "/tasks/HAL-1")
        expect(row.get_by_role("link", name="All failed tasks of HAL")).to_have_attribute(
            "href", "/tasks?project=HAL&status=FAILED"
        )
        assert not violations(page)
        row.get_by_role("button", name="7 tasks of HAL failed").click()
        expect(row.get_by_role("listitem")).to_have_count(0)


def test_failures_of_one_kind_are_tried_again_together_after_one_question(
    many_failures: ProjectOut, company: Company, visit: Visit
) -> None:
    with visit("/", company.owner) as page:
        row = _need(page, "7 tasks of HAL failed")
        row.get_by_role("button", name="Try all again").click()
        ask = page.locator("#retry-all")
        expect(ask).to_contain_text("Try 7 tasks of HAL again?")
        ask.get_by_role("button", name="Cancel").click()
        expect(ask).to_be_hidden()
        expect(row).to_be_visible()
        row.get_by_role("button", name="Try all again").click()
        ask.get_by_role("button", name="Try all again").click()
        expect(page.get_by_text("Tasks ready again: 7")).to_be_visible()
        expect(page.locator("#needs [data-row]")).to_have_count(1)
    assert [_status(company, f"HAL-{n}") for n in range(1, 9)] == ["READY"] * 7 + ["FAILED"]


@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("phone", "dark")])
def test_a_fresh_company_is_led_to_its_first_task(company: Company, visit: Visit, size: str, scheme: str) -> None:
    with visit("/", company.owner, size=size, color_scheme=scheme) as page:
        expect(page.get_by_role("heading", name="Your company has no agents yet")).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="Python").click()
        expect(page.get_by_text("httpx.Client")).to_be_visible()
        assert not violations(page)


def test_the_starter_agents_are_one_button_away(company: Company, visit: Visit) -> None:
    with visit("/", company.owner) as page:
        page.get_by_role("button", name="Add the five starter agents").click()
        expect(page.get_by_text("Added 5 agents")).to_be_visible()
    assert len(company.do(agent_queries.agents)) == 5


def test_a_job_that_keeps_failing_needs_the_ceo_until_it_succeeds(company: Company, visit: Visit) -> None:
    def run(error: str | None) -> None:
        def body(work: Work) -> None:
            token = uuid7()
            assert jobs.claim_due(work, token) == "audit.seal"
            jobs.finish(work, "audit.seal", token, duration_ms=1, error=error)
            work.sql("update jobs set next_at = %(now)s", {"now": clock.now()})

        door.run(system("clock"), body, write=True)

    company.task(company.project(), ready=True)
    company.agent()
    door.run(system("clock"), lambda work: jobs.register(work, {"audit.seal": 1.0}), write=True)
    for _ in range(2):
        run("OSError: the disk is full")
    with visit("/", company.owner) as page:
        needs = page.locator("#needs")
        expect(needs).to_be_visible()
        expect(needs.get_by_text("keeps failing")).to_have_count(0)
        run("OSError: the disk is full")
        line = needs.locator("[data-row]", has_text="The job audit.seal keeps failing")
        expect(line).to_contain_text("3 runs failed in a row")
        expect(line).to_contain_text("OSError: the disk is full")
        line.get_by_role("button", name="Run now").click()
        expect(page.get_by_text("The job runs within seconds")).to_be_visible()
        assert not violations(page)
        run(None)
        expect(line).to_have_count(0)
        expect(page.get_by_text("work again").first).to_be_visible()


def test_every_decision_that_waits_is_here_the_dearest_first_to_decide_or_to_open(
    http: TestClient, busy: dict[str, str], company: Company, visit: Visit
) -> None:
    def ask(title: str, **fields: Any) -> str:
        body = {"category": "approve", "kind": "approve", "title": title} | fields
        answer = http.post("/api/v2/decisions", json=body, headers=company.owner.headers)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    gate = {"action": "tasks.add_comment", "arguments": {"ref": busy["review"], "body": {"body": "Shipped."}}}
    options = [{"id": "approve", "label": "Ship it", **gate}, {"id": "deny", "label": "Hold"}]
    plain, gated = ask("May QA test on Friday?"), ask("Ship 1.4.0?", task=busy["review"], options=options)
    with visit("/", company.owner) as page:
        rows = page.locator("#needs [data-row]")
        expect(rows).to_have_count(6)
        expect(rows.nth(0)).to_contain_text("Ship 1.4.0?")
        expect(rows.nth(1)).to_contain_text("May QA test on Friday?")
        _need(page, "May QA test").get_by_role("button", name="Deny").click()
        expect(rows).to_have_count(5)
        rows.nth(0).get_by_role("link", name="Open").click()
        expect(page).to_have_url(re.compile(f"/decisions.*open={gated}"))
        expect(page.locator("[data-opened]")).to_contain_text("tasks.add_comment")
    found = http.get(f"/api/v2/decisions/{plain}", headers=company.owner.headers).json()
    assert (found["status"], found["picked"]) == ("resolved", ["deny"])
