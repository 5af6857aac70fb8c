"""Every address opened cold: it comes to its content, and nothing jumps on the way."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from jobs.beat import SCHEDULE
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.domains import registry
from orkwork.domains.costs.schemas.ledger import CostIn
from orkwork.domains.costs.service import recording
from orkwork.domains.decisions import service as decisions
from orkwork.domains.decisions.models import Category, Kind
from orkwork.domains.decisions.schemas import DecisionIn
from orkwork.domains.jobs import service as jobs
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, CommentIn, MoveIn
from orkwork.domains.tasks.service import claims, comments, lifecycle
from orkwork.ui.page import PAGES
from tests.domains.conftest import Visit
from tests.domains.tasks.racing import acting
from tests.domains.workflows.flowing import start, workflow
from tests.factories import Company

pytestmark = pytest.mark.browser
SHIFTS = (
    "window.moved=[];new PerformanceObserver(list=>{for(const one of list.getEntries())if(!one.hadRecentInput)"
    "window.moved.push([one.value,...one.sources.map(s=>(s.node?.outerHTML??String(s.node?.textContent)).slice(0,120))])})"
    ".observe({type:'layout-shift',buffered:true})"
)
MOST_SHIFT = 0.05
SHOWS: dict[str, tuple[str, str]] = {
    # route: (address, what stands there)
    "/": ("/", "#needs"),
    "/agents": ("/agents", "main >> text=CODE >> nth=0"),
    "/agents/[id]": ("/agents/{agent}", "main >> text=Capabilities"),
    "/agents/[id]/edit": ("/agents/{agent}/edit", "main form"),
    "/agents/new": ("/agents/new", "main form"),
    "/anomalies": ("/anomalies", "main >> text=Nothing is out of line"),
    "/brief": ("/brief", "main .bline >> nth=0"),
    "/audit": ("/audit", "main [data-row] >> nth=0"),
    "/decisions": ("/decisions", "main [data-decision] >> nth=0"),
    "/costs": ("/costs", "main >> text=Spent by agent"),
    "/costs/rows": ("/costs/rows", "main tbody tr >> nth=0"),
    "/invite": ("/invite", "main h1"),
    "/login": ("/login", "main h1"),
    "/projects": ("/projects", ".prow >> text=Halyard"),
    "/projects/[ref]": ("/projects/HAL", ".pfigures"),
    "/projects/[ref]/board": ("/projects/HAL/board", "[data-card] >> nth=0"),
    "/projects/[ref]/graph": ("/projects/HAL/graph", "main .graphlist .taskrow >> nth=0"),
    "/settings": ("/settings", "main .card form"),
    "/settings/anomalies": ("/settings/anomalies", "main .card form"),
    "/settings/appearance": ("/settings/appearance", "main .seg >> nth=0"),
    "/settings/assignment": ("/settings/assignment", "main .card form >> nth=1"),
    "/settings/budgets": ("/settings/budgets", "main .card form >> nth=0"),
    "/settings/jobs": ("/settings/jobs", "main tbody tr >> nth=0"),
    "/settings/people": ("/settings/people", "main >> text=Owner >> nth=0"),
    "/settings/sessions": ("/settings/sessions", "main .card .r >> nth=0"),
    "/settings/sla": ("/settings/sla", "main .card >> nth=0"),
    "/tasks": ("/tasks", ".taskrow >> nth=0"),
    "/tasks/[ref]": ("/tasks/HAL-1", ".cmt"),
    "/tasks/[ref]/runs/[run]": ("/tasks/HAL-1/runs/1", "main >> text=Time and money"),
    "/workflows": ("/workflows", ".frow >> text=Ship it"),
    "/workflows/[ref]": ("/workflows/ship-it", ".frun >> nth=0"),
    "/workflows/[ref]/edit": ("/workflows/ship-it/edit", ".fstep >> nth=3"),
    "/workflows/runs/[id]": ("/workflows/runs/{run}", "main .graphlist .taskrow >> nth=3"),
}


@pytest.fixture
def address(company: Company) -> Callable[[str], str]:
    """The address of a route in a company that has something to show everywhere."""
    worker, project = company.agent("CODE"), company.project("Halyard", key_prefix="HAL", description="A **ship**.")
    _fill(company, project)
    company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
    company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.IN_PROGRESS))
    company.do(decisions.create_decision, DecisionIn(category=Category.APPROVE, title="Ship it?", kind=Kind.APPROVE))
    run = start(company, workflow(company, project).id)
    spent = CostIn(provider="acme", model="home-made", amount_usd=Decimal(3), project_id=project.id)
    company.do(recording.record_cost, spent, actor=acting(worker))
    return lambda route: SHOWS[route][0].format(agent=worker.id, run=run.id)


def _fill(company: Company, project: ProjectOut) -> None:
    schedule = {job.operation: job.every_seconds for job in SCHEDULE}
    door.run(system("test"), lambda work: jobs.register(work, schedule), write=True)
    for n in range(12):
        company.task(
            project, f"Task {n}", ready=n % 2 == 0, labels=["backend"], acceptance_criteria=[{"text": "It adds up"}]
        )
    company.do(comments.add_comment, "HAL-1", CommentIn(body="Said **so**."))


def test_every_page_has_its_line_here() -> None:
    registry.load("ui")
    assert {page.route for page in PAGES if not page.route.startswith("/kit")} == set(SHOWS)


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("route", sorted(SHOWS))
def test_an_address_opened_cold_shows_its_content_and_does_not_jump(
    visit: Visit, company: Company, address: Callable[[str], str], route: str, size: str
) -> None:
    who: Any = None if route in ("/login", "/invite") else company.owner
    with visit("/offline.html", who, size=size) as page:
        page.add_init_script(SHIFTS)
        page.goto(address(route))
        expect(page.locator(SHOWS[route][1])).to_be_visible()
        expect(page.locator("main .skel:visible")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        moved = page.evaluate("window.moved")
        assert sum(one[0] for one in moved) < MOST_SHIFT, moved
