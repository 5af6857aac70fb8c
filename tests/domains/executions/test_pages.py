"""A run's page with its live log, the task's clocks and questions, and the forms that set limits, in a browser."""

import hashlib
from typing import Any

import pytest
import time_machine
from playwright.sync_api import expect

from orkwork.domains.agents import queries as agents
from orkwork.domains.executions import clients
from orkwork.domains.executions.queries import holding
from orkwork.domains.executions.schemas import LinkIn, LogIn
from orkwork.domains.executions.service import leaving
from orkwork.domains.projects import queries as projects
from orkwork.domains.settings import queries as settings
from orkwork.domains.tasks.service import lifecycle
from tests.domains.conftest import Visit, violations
from tests.domains.executions.runs import claim, fail, later, report, task, tick
from tests.domains.tasks.racing import acting
from tests.factories import Company, Worker

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"


def write(company: Company, worker: Worker, held: Any, *texts: str, level: str = "info") -> None:
    """Lines of log."""
    body = {"fence": held.fence, "lines": [{"text": text, "level": level} for text in texts]}
    company.do(leaving.write_log, held.execution.id, LogIn.model_validate(body), actor=acting(worker))


def test_a_runs_page_follows_its_log_and_shows_what_it_left(visit: Visit, company: Company) -> None:
    worker = company.agent("CODE")
    company.task(company.project(limits={"running_seconds": 3600}), "Price table", ready=True)
    held = claim(company, worker, lease_seconds=3600)
    write(company, worker, held, *(f"line {n}" for n in range(1, 451)))
    with visit("/tasks/HAL-1/runs/1", company.owner) as page:
        log = page.get_by_role("region", name="Log of the run")
        expect(log.get_by_text("line 450", exact=True)).to_be_in_viewport()
        expect(log.get_by_text("line 250", exact=True)).to_have_count(0)
        expect(page.get_by_text("Running time")).to_be_visible()
        write(company, worker, held, f"\x1b[31m{HOSTILE}\x1b[0m", level="error")
        expect(log.get_by_text(HOSTILE)).to_be_in_viewport(timeout=2000)
        page.get_by_role("button", name="Show earlier lines").click()
        expect(log.get_by_text("line 250", exact=True)).to_have_count(1)
        page.get_by_role("button", name="Show earlier lines").click()
        expect(log.get_by_text("line 1", exact=True)).to_have_count(1)
        expect(page.get_by_role("button", name="Show earlier lines")).to_have_count(0)
        log.evaluate("box => box.scrollTo(0, 0)")
        expect(page.get_by_role("button", name="Newest")).to_be_visible()
        write(company, worker, held, "while somebody reads above")
        expect(log.get_by_text("while somebody reads above")).to_have_count(1)
        expect(log.get_by_text("line 1", exact=True)).to_be_in_viewport()
        page.get_by_role("button", name="Newest").click()
        expect(log.get_by_text("while somebody reads above")).to_be_in_viewport()
        assert log.locator("time").count() == 452
        link = LinkIn(fence=held.fence, name="Pull request 41", url="https://example.com/41")
        company.do(leaving.add_link, held.execution.id, link, actor=acting(worker))
        content = HOSTILE.encode()
        key = company.do(leaving.reserve_file, held.execution.id, len(content), held.fence, actor=acting(worker))
        clients.put(key, content)
        told = {"name": "report.html", "media_type": "text/html", "fence": held.fence}
        company.do(leaving.add_file, held.execution.id, key, content, actor=acting(worker), **told)
        expect(page.get_by_role("link", name="Pull request 41")).to_have_attribute("href", "https://example.com/41")
        with page.expect_download() as kept:
            page.get_by_role("link", name="report.html").click()
        assert kept.value.suggested_filename == "report.html"
        assert hashlib.sha256(kept.value.path().read_bytes()).digest() == hashlib.sha256(content).digest()
        page.get_by_role("button", name="Remove Pull request 41").click()
        page.locator("#remove-artifact").get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Remove Pull request 41").click()
        page.locator("#remove-artifact").get_by_role("button", name="Remove it").click()
        expect(page.locator(".toast", has_text="Artifact removed")).to_be_visible()
        expect(page.get_by_role("link", name="Pull request 41")).to_have_count(0)
        expect(page.get_by_role("link", name="report.html")).to_have_count(1)
        fail(company, worker, held, "context_too_long", failure_detail=HOSTILE, input_tokens=5200)
        expect(page.get_by_text("The conversation outgrew the model's window")).to_be_visible()
        expect(page.get_by_text("take a model with a longer window")).to_be_visible()
        expect(page.get_by_text("5,200")).to_be_visible()
        assert not violations(page)


@pytest.mark.parametrize(("size", "scheme", "locale"), [("wide", "light", "en-GB"), ("phone", "dark", "uk-UA")])
def test_the_tasks_page_shows_clocks_tries_and_the_question_and_acts_on_it(
    visit: Visit, company: Company, size: str, scheme: str, locale: str
) -> None:
    worker = company.agent("CODE")
    company.task(
        company.project(limits={"waiting_seconds": 3600}),
        "Price table",
        ready=True,
        limits={"retry": {"initial_seconds": 1, "factor": 1.0, "attempts": 9}},
    )
    for n in range(3):
        with time_machine.travel(later(seconds=5 * n)):
            tick(lifecycle.offer_retries)
            fail(company, worker, claim(company, worker), "network")
    uk = locale == "uk-UA"
    look = {"size": size, "color_scheme": scheme, "locale": locale}
    with visit("/tasks/HAL-1", company.owner, **look) as page:
        lift = page.get_by_role("button", name="Дати спробувати ще: CODE" if uk else "Let CODE try again")
        expect(lift).to_be_visible()
        expect(page.get_by_text("4 із 9" if uk else "4 of 9")).to_be_visible()
        expect(page.get_by_text("Наступна спроба" if uk else "Next try", exact=True)).to_be_visible()
        expect(page.get_by_text("Чекання на початок" if uk else "Waiting to start").first).to_be_visible()
        assert not violations(page)
        lift.click()
        expect(lift).to_have_count(0)
        assert company.do(holding.task_limits, "HAL-1").barred == []
        if not uk:
            page.get_by_role("link", name="Run 3").click()
            expect(page).to_have_url(f"{page.url.split('/tasks')[0]}/tasks/HAL-1/runs/3")
            expect(page.get_by_text("Why it failed")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert not violations(page)


def test_limits_are_set_on_tasks_projects_agents_and_the_company(visit: Visit, company: Company) -> None:
    worker = company.agent("CODE")
    company.task(company.project(), "Price table", ready=True)
    with visit("/tasks?new=1", company.owner) as page:
        form = page.locator("#new-task")
        form.get_by_label("Title").fill("With limits")
        form.locator("summary").click()
        form.get_by_label("Running time").fill("soon")
        form.get_by_role("button", name="Create task").click()
        expect(form.get_by_role("alert")).to_have_text("must be a duration, as 90s, 15m, 2h or 1d")
        form.get_by_label("Running time").fill("1h 30m")
        form.get_by_label("Never try again after").fill("network")
        form.get_by_label("Attempts").fill("2")
        form.get_by_role("button", name="Create task").click()
        expect(page.locator(".toast", has_text="Created HAL-2")).to_be_visible()
        made = task(company, "HAL-2")
        assert made.limits and made.limits.kept() == {
            "running_seconds": 5400,
            "retry": {"non_retryable": ["network"]},
        }
        assert made.max_retries == 1
        page.goto("/tasks/HAL-1")
        page.get_by_role("button", name="Edit", exact=True).last.click()
        own = page.locator("#task-limits")
        own.locator("summary").click()
        own.get_by_label("Silence").fill("15m")
        own.get_by_role("button", name="Save").click()
        expect(page.get_by_text("does not run now, its own")).to_be_visible()
        page.goto("/settings")
        page.locator("summary", has_text="Limits").click()
        page.get_by_label("Waiting to start").fill("2h")
        page.get_by_label("Loop breaker, runs").fill("1")
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        page.get_by_label("Loop breaker, runs").fill("4")
        page.get_by_role("button", name="Save settings").click()
        expect(page.locator(".toast", has_text="Settings saved")).to_be_visible()
        page.goto(f"/agents/{worker.id}/edit")
        page.locator("summary", has_text="Limits").click()
        page.get_by_label("Total").fill("1d")
        page.get_by_role("button", name="Save agent").click()
        expect(page.locator(".toast", has_text="Agent saved")).to_be_visible()
        page.goto("/projects/HAL")
        page.get_by_role("button", name="Edit").first.click()
        project = page.locator("#project-form")
        project.locator("summary").click()
        project.get_by_label("Longest pause").fill("10m")
        project.get_by_role("button", name="Save").click()
        expect(page.locator(".toast", has_text="Project changed")).to_be_visible()
    found = company.do(settings.company)
    assert (found.limits.waiting_seconds, found.loop_breaker_runs) == (7200, 4)
    assert company.do(agents.agent, worker.id).limits.total_seconds == 86_400
    assert company.do(projects.project, "HAL").limits.retry.cap_seconds == 600
    held = claim(company, worker)
    report(company, worker, held, progress=5)
    assert {clock.clock for clock in company.do(holding.task_limits, held.task.id).clocks} >= {"waiting", "total"}
