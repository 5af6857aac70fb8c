"""The graph page in a browser: what is drawn, what a click does, and the same tasks as a list."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bench.bulk import made_up
from bench.graphs.load import Graph, load_graph
from orkwork.core.actor import SCOPES, Actor, ActorKind, Level
from orkwork.core.errors import NotFound
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.outline import outline
from orkwork.domains.tasks.schemas import BulkIn, BulkTask, MoveIn
from orkwork.domains.tasks.service import bulk, lifecycle
from tests.bench.real_data import DAGS, needs_data
from tests.domains.conftest import Visit, violations
from tests.factories import Company

HOSTILE = "<img src=x onerror=window.pwned=1><a href='javascript:window.pwned=1'>x</a><script>window.pwned=1</script>"
DRAWN = "[data-drawn]"
browser = pytest.mark.browser


@pytest.fixture
def project(company: Company) -> ProjectOut:
    """Seven tasks: a chain of four, a shortcut, a task apart, and one with a hostile title."""
    project = company.project("Halyard", key_prefix="HAL")
    company.agent("CODE")
    company.task(project, "Schema, migrations", ready=True, labels=["backend"], estimate_minutes=60)
    company.task(project, "Task lifecycle", depends_on=["HAL-1"], ready=True, estimate_minutes=120)
    company.task(project, "Audit and events", depends_on=["HAL-1"], ready=True, estimate_minutes=10)
    company.task(project, HOSTILE, depends_on=["HAL-2"], ready=True, estimate_minutes=60)
    company.task(project, "Dashboard", depends_on=["HAL-4", "HAL-3", "HAL-1"], ready=True, estimate_minutes=30)
    company.task(project, "Nothing waits for it", labels=["docs"])
    company.task(project, "Nor for this", priority="urgent")
    return project


def fill(company: Company, graph: Graph, prefix: str = "BIG") -> ProjectOut:
    """A project with a whole graph."""
    project = company.project(f"Graph {graph.name}", key_prefix=prefix)
    tasks = [BulkTask(ref=n.ref, title=n.title, depends_on=list(n.depends_on)) for n in graph.nodes]
    company.do(bulk.create_tasks, BulkIn(project_id=project.id, ready=True, tasks=tasks))
    return project


def click(page: Page, key: str) -> None:
    """On a node of the picture."""
    page.mouse.click(*page.evaluate("key => document.querySelector('.graphcanvas').whereIs(key)", key))


def text_of(page: Page) -> str:
    """All that is written in the picture."""
    return page.evaluate("[...document.querySelectorAll('.graphplot text')].map(t => t.textContent).join(' | ')")


def titles(page: Page) -> Any:
    """The lines of the list."""
    return page.locator(".graphlist .taskrow")


@browser
@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?task=HAL-4", "?status=FAILED"])
def test_the_page_has_no_fault_of_access_and_runs_no_stored_script(
    visit: Visit, company: Company, project: ProjectOut, size: str, theme: str, query: str
) -> None:
    with visit(f"/projects/HAL/graph{query}", company.owner, size=size, color_scheme=theme) as page:
        page.locator(".main .none" if "status" in query else DRAWN).wait_for()
        if query == "?task=HAL-4":
            expect(page.get_by_role("complementary", name="The chosen task")).to_contain_text("<img src=x")
        if not query:
            expect(titles(page)).to_have_count(7)
            assert "<img src=x" in text_of(page)
        assert not violations(page)


@browser
def test_a_click_shows_the_task_beside_the_picture_and_a_second_one_opens_it(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    with visit("/projects/HAL/graph", company.owner) as page:
        page.locator(DRAWN).wait_for()
        click(page, "HAL-2")
        expect(page).to_have_url(re.compile("task=HAL-2"))
        panel = page.get_by_role("complementary", name="The chosen task")
        expect(panel).to_contain_text("Task lifecycle")
        expect(panel).to_contain_text("1 unfinished task")
        panel.get_by_role("button", name="HAL-4").click()
        expect(page).to_have_url(re.compile("task=HAL-4"))
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_have_count(0)
        expect(page).to_have_url(re.compile("/graph$"))
        click(page, "HAL-3")
        expect(panel).to_contain_text("Audit and events")
        click(page, "HAL-3")
        expect(page).to_have_url(re.compile("/tasks/HAL-3$"))
        page.go_back()
        expect(panel).to_contain_text("Audit and events")
        panel.get_by_role("link", name="Open task").click()
        expect(page).to_have_url(re.compile("/tasks/HAL-3$"))
        page.get_by_role("link", name="Open graph").click()
        expect(page).to_have_url(re.compile(r"/projects/HAL/graph\?task=HAL-3$"))
        expect(panel).to_contain_text("Audit and events")


@browser
def test_the_critical_path_and_what_holds_work_up_are_told(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/projects/HAL/graph", company.owner) as page:
        figures = page.locator(".graphfigures")
        expect(figures).to_contain_text("4 tasks, 4 h 30 min")
        expect(figures).to_contain_text("4 of them not done yet")
        expect(figures.get_by_role("button", name="HAL-1")).to_be_visible()
        expect(figures).to_contain_text("blocks 4 tasks")
        expect(figures).to_contain_text("1 more is ready to start")
        expect(titles(page).filter(has_text="Critical path")).to_have_count(4)


@browser
def test_filters_stand_in_the_address_and_change_picture_and_list(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    company.do(lifecycle.transition, "HAL-6", MoveIn(to=Status.CANCELLED))
    for query, rows in (
        ("critical=1", 4),
        ("open=1", 6),
        ("label=backend", 1),
        ("status=READY,CANCELLED", 2),
        ("assignee=none", 7),
        ("open=1&critical=1&status=READY", 1),
    ):
        with visit(f"/projects/HAL/graph?{query}", company.owner) as page:
            expect(titles(page), query).to_have_count(rows)
    with visit("/projects/HAL/graph", company.owner) as page:
        expect(titles(page)).to_have_count(7)
        page.get_by_role("button", name="Critical path only").click()
        expect(page).to_have_url(re.compile("critical=1"))
        expect(titles(page)).to_have_count(4)
        expect(page.get_by_role("button", name="Critical path only")).to_have_attribute("aria-pressed", "true")
        page.reload()
        expect(titles(page)).to_have_count(4)
        page.get_by_role("button", name="Clear").click()
        expect(titles(page)).to_have_count(7)
        page.go_back()
        expect(titles(page)).to_have_count(4)


@browser
def test_a_change_made_elsewhere_is_drawn_where_the_task_stands(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    with visit("/projects/HAL/graph", company.owner) as page:
        page.locator(DRAWN).wait_for()
        expect(page.locator(".legend")).not_to_contain_text("Cancelled")
        before = page.evaluate("document.querySelector('.graphcanvas').whereIs('HAL-1')")
        company.do(lifecycle.transition, "HAL-6", MoveIn(to=Status.CANCELLED))
        expect(page.locator(".legend")).to_contain_text("Cancelled")
        assert page.evaluate("document.querySelector('.graphcanvas').whereIs('HAL-1')") == before


@browser
def test_the_picture_is_moved_and_sized_by_keyboard_and_buttons(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    where = "document.querySelector('.graphcanvas').whereIs('HAL-1')"
    with visit("/projects/HAL/graph", company.owner) as page:
        page.locator(DRAWN).wait_for()
        page.locator(".graphcanvas").focus()
        x, y = page.evaluate(where)
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"{where}[0] < {x} - 40")
        page.mouse.move(700, 700)
        page.mouse.down()
        page.mouse.move(760, 720, steps=6)
        page.mouse.up()
        page.wait_for_function(f"{where}[0] > {x} - 60 && {where}[1] > {y} + 10")
        expect(page).to_have_url(re.compile("/graph$"))
        page.get_by_role("button", name="Zoom out").click()
        expect(page.get_by_role("button", name="Show at 100%")).to_have_text("80%")
        page.get_by_role("button", name="Show at 100%").click()
        expect(page.get_by_role("button", name="Show at 100%")).to_have_text("100%")


@browser
def test_it_speaks_ukrainian(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/projects/HAL/graph?task=HAL-1", company.owner, locale="uk-UA") as page:
        page.locator(DRAWN).wait_for()
        expect(page.locator(".graphfigures")).to_contain_text("Критичний шлях")
        assert not violations(page)


@browser
def test_an_empty_project_says_what_will_be_here(visit: Visit, company: Company) -> None:
    company.project("Empty", key_prefix="EMP")
    with visit("/projects/EMP/graph", company.owner) as page:
        expect(page.locator(".none")).to_contain_text("The project's tasks will stand here by what waits for what")
        expect(page.get_by_role("link", name="Create task").last).to_be_visible()
        assert not violations(page)


@browser
def test_more_tasks_than_can_be_told_apart_are_parts_that_open(visit: Visit, company: Company) -> None:
    fill(company, made_up(2_500, 11_000))  # bench/ measures 10,000
    with visit("/projects/BIG/graph", company.owner) as page:
        page.locator("[data-drawn^=boxes]").wait_for(timeout=120_000)  # speed is measured in bench/
        expect(page.locator(".graphlist h2")).to_have_text("Parts of the graph")
        assert "Step" in text_of(page)
        page.locator(".partrow button").first.click()
        expect(page).to_have_url(re.compile(r"part=\d+"))
        expect(page.locator(".graphlist h2")).to_have_text("Tasks in the graph")
        page.get_by_role("button", name="All parts").click()
        expect(page.locator(".graphlist h2")).to_have_text("Parts of the graph")
        click(page, "part:1")
        expect(page).to_have_url(re.compile("part=1"))
        page.goto("/projects/BIG/graph?task=BIG-1250")
        expect(page.get_by_role("complementary", name="The chosen task")).to_contain_text("BIG-1250")
        expect(page.get_by_role("button", name="All parts")).to_be_visible()
        assert not violations(page)


@browser
@pytest.mark.realdata
@needs_data
def test_debians_829_packages_are_drawn_whole(visit: Visit, company: Company) -> None:
    fill(company, load_graph(DAGS / "debian" / "dag-800.edges.tsv.gz"), "DEB")
    with visit("/projects/DEB/graph", company.owner) as page:
        page.locator("[data-drawn^=dots]").wait_for()
        drawn = "Math.max(...document.querySelector('.graphplot').data.map(t => t.mode === 'markers' ? t.x.length : 0))"
        assert page.evaluate(drawn) == 829
        click(page, "DEB-400")
        expect(page.get_by_role("complementary", name="The chosen task")).to_contain_text("DEB-400")


def test_the_outline_holds_a_projects_own_tasks_and_edges(company: Company, project: ProjectOut) -> None:
    other = company.project("Moqup", key_prefix="MOQ")
    company.task(other, "Elsewhere", depends_on=["HAL-1"])
    found = company.do(outline, project.id)
    assert [task.key for task in found.tasks] == [f"HAL-{n}" for n in range(1, 8)]
    assert sorted(found.edges) == [(0, 1), (0, 2), (0, 4), (1, 3), (2, 4), (3, 4)]
    assert company.do(outline, other.id).edges == []


def test_an_agent_of_another_project_gets_no_outline(company: Company, project: ProjectOut) -> None:
    shut = company.agent("SHUT")
    scopes = frozenset(SCOPES)
    actor = Actor(ActorKind.AGENT, shut.id, "SHUT", scopes=scopes, level=Level.STRATEGIC, project_ids=())
    with pytest.raises(NotFound):
        company.do(outline, project.id, actor=actor)
