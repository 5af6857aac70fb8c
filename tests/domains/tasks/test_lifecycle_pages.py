"""Holding, verifying and cancelling in a browser."""

import re

import pytest
from playwright.sync_api import expect

from orkwork.core.actor import SCOPES, Actor, ActorKind, Level, Role
from orkwork.domains.executions.schemas import ExecutionPatch
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects import service as project_service
from orkwork.domains.settings import queries as settings
from orkwork.domains.settings.schemas import HoldIn
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.schemas import AssignIn, ClaimIn, MoveIn
from orkwork.domains.tasks.service import claims, criteria, lifecycle, runs
from orkwork.domains.tasks.service.judging import EvidenceIn
from tests.domains.conftest import Visit, violations
from tests.factories import Company, Worker

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=window.pwned=1> [x](javascript:window.pwned=1)"


def acting(worker: Worker) -> Actor:
    return Actor(ActorKind.AGENT, worker.id, worker.out.name, scopes=frozenset(SCOPES), level=Level.SUPERVISED)


def test_the_ceo_holds_a_project_and_the_company_and_lets_go(visit: Visit, company: Company) -> None:
    project, worker = company.project(), company.agent("CODE")
    task = company.task(project, "Waits", ready=True)
    company.do(claims.assign, task.key, AssignIn(agent_id=worker.id))
    with visit("/projects/HAL", company.owner) as page:
        page.get_by_role("button", name="Hold…").click()
        page.get_by_label("Why?").fill(HOSTILE)
        page.get_by_role("button", name="Hold the project").click()
        banner = page.get_by_role("status").filter(has_text="This project is on hold.")
        expect(banner).to_contain_text(HOSTILE)
        assert not violations(page)
        for place in ("/projects/HAL/board", "/projects/HAL/graph", "/tasks?project=hal"):
            page.goto(place)
            expect(banner).to_contain_text(HOSTILE)
        assert not violations(page)
        company.do(project_service.resume_project, "HAL")
        expect(banner).to_have_count(0)
        company.do(project_service.hold_project, "HAL", HoldIn(reason="Audit"))
        expect(banner).to_contain_text("Audit")
        page.goto(f"/tasks/{task.key}")
        expect(banner).to_be_visible()
        moves = page.get_by_role("group", name="State")
        expect(moves.get_by_role("button", name="Start")).to_have_count(0)
        banner.get_by_role("button", name="Resume").click()
        expect(moves.get_by_role("button", name="Start")).to_be_visible()
        expect(banner).to_have_count(0)
        page.goto("/")
        page.get_by_role("button", name="Hold…").click()
        page.get_by_label("Why?").fill("Audit")
        page.get_by_role("button", name="Hold the company").click()
        banner = page.get_by_role("status").filter(has_text="The company is on hold.")
        expect(banner).to_contain_text("Audit")
        expect(page.get_by_role("button", name="Hold…")).to_have_count(0)
        assert company.do(settings.company).hold is not None
        with visit("/tasks", company.person(Role.ADMIN), size="phone") as other:
            seen = other.get_by_role("status").filter(has_text="The company is on hold.")
            expect(seen).to_be_visible()
            expect(seen.get_by_role("button")).to_have_count(0)
            assert not violations(other)
            banner.get_by_role("button", name="Resume the company").click()
            expect(seen).to_have_count(0)
        expect(banner).to_have_count(0)
    assert company.do(projects.project, "HAL").hold is None


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_criteria_are_shown_and_verified_one_by_one(visit: Visit, company: Company, size: str) -> None:
    project, worker = company.project(), company.agent("CODE")
    task = company.task(project, ready=True, acceptance_criteria=[{"text": "Adds up"}, {"text": HOSTILE}])
    [claim] = company.do(claims.claim, ClaimIn(start=True), actor=acting(worker)).parse().claims
    first, _ = claim.task.acceptance_criteria
    shown = EvidenceIn(evidence=f"[Run 41](https://ci.example/41) {HOSTILE}", fence=claim.fence)
    company.do(criteria.give_evidence, task.key, first.id, shown, actor=acting(worker))
    done = ExecutionPatch.model_validate({"fence": claim.fence, "status": "succeeded"})
    company.do(runs.update_execution, claim.execution.id, done, actor=acting(worker))
    with visit(f"/tasks/{task.key}", company.owner, size=size) as page:
        moves, lines = page.get_by_role("group", name="State"), page.locator(".criterion")
        expect(lines).to_have_count(2)
        expect(moves.get_by_role("button", name="Approve")).to_have_count(0)
        expect(lines.nth(0).get_by_role("link", name="Run 41")).to_be_visible()
        expect(lines.nth(1).get_by_role("button", name="Mark verified")).to_have_count(0)
        lines.nth(0).get_by_role("button", name="Mark verified").click()
        expect(lines.nth(0)).to_contain_text("Owner verified it")
        lines.nth(1).get_by_role("button", name="Add evidence").click()
        page.get_by_label("Evidence").fill("Tried it **by hand**")
        page.get_by_role("button", name="Save evidence").click()
        expect(lines.nth(1)).to_contain_text("Tried it by hand")
        lines.nth(1).get_by_role("button", name="Not met").click()
        expect(lines.nth(1)).to_contain_text("Owner did not find it met")
        assert not violations(page)
        lines.nth(1).get_by_role("button", name="Take back").click()
        lines.nth(1).get_by_role("button", name="Mark verified").click()
        expect(page.get_by_text("2 of 2 verified")).to_be_visible()
        moves.get_by_role("button", name="Approve").click()
        expect(lines.nth(0).get_by_role("button")).to_have_count(0)
    assert company.do(queries.task, task.key).parse().status is Status.COMPLETED


def test_a_task_is_cancelled_with_all_that_depends_on_it(visit: Visit, company: Company) -> None:
    project, worker = company.project(), company.agent("CODE")
    root = company.task(project, "Root", ready=True)
    behind = company.task(project, "Behind", ready=True, depends_on=[root.key])
    company.do(claims.claim, ClaimIn(start=True), actor=acting(worker))
    with visit(f"/tasks/{root.key}", company.owner) as page:
        page.get_by_label("More").first.click()
        page.get_by_role("button", name="Cancel with all that depends on it…").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("2 tasks go.")
        expect(dialog).to_contain_text("1 of them is worked on")
        expect(dialog.get_by_role("listitem")).to_have_count(2)
        assert not violations(page)
        third = company.task(project, "Third", depends_on=[behind.key])
        dialog.get_by_label("Why?").fill("Too dear")
        dialog.get_by_role("button", name="Cancel 2 tasks").click()
        expect(dialog).to_contain_text("3 tasks go.")
        dialog.get_by_role("button", name="Cancel 3 tasks").click()
        expect(page.locator(".toast", has_text="Tasks cancelled: 3")).to_be_visible()
        expect(page.get_by_role("group", name="State")).to_contain_text("Cancelled")
    for key in (root.key, behind.key, third.key):
        assert company.do(queries.task, key).parse().status is Status.CANCELLED


def test_a_reopened_dependency_is_seen_on_the_card_and_on_the_task(visit: Visit, company: Company) -> None:
    project, worker = company.project(), company.agent("CODE")
    first = company.task(project, "First", ready=True, review_required=False)
    second = company.task(project, "Second", ready=True, depends_on=[first.key])
    third = company.task(project, "Third", ready=True, depends_on=[first.key])
    [claim] = company.do(claims.claim, ClaimIn(start=True), actor=acting(worker)).parse().claims
    done = ExecutionPatch.model_validate({"fence": claim.fence, "status": "succeeded"})
    company.do(runs.update_execution, claim.execution.id, done, actor=acting(worker))
    company.do(claims.claim, ClaimIn(start=True), actor=acting(worker))
    with visit("/projects/HAL/board", company.owner) as page:
        ready = page.locator("[data-lane=READY]")
        expect(ready).to_contain_text(third.key)
        company.do(lifecycle.transition, first.key, MoveIn(to=Status.READY))
        expect(page.locator("[data-lane=PLANNING]")).to_contain_text(third.key)
        card = page.locator("[data-card]", has=page.get_by_text(second.key, exact=True))
        expect(card).to_contain_text(f"Flagged: {first.key} was re-opened")
        page.goto(f"/tasks/{second.key}")
        expect(page.get_by_role("group", name="State")).to_contain_text(re.compile("A dependency was re-opened"))
