"""The pages of tasks in a browser: the list, the form, one task, the board."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from orkwork.core.actor import SCOPES, Actor, ActorKind, Level, Role
from orkwork.domains.agents import queries as agents
from orkwork.domains.executions.schemas import StartIn
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, CommentIn, DependencyIn, MoveIn
from orkwork.domains.tasks.service import claims, comments, dependencies, lifecycle, runs
from tests.domains.conftest import Visit, violations
from tests.factories import Company, Worker

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script> [x](javascript:window.pwned=1)"


def started(company: Company, project: ProjectOut, worker: Worker, title: str, **fields: Any) -> str:
    """The key of a task in progress."""
    task = company.task(project, title, ready=True, **fields)
    who = Actor(ActorKind.AGENT, worker.id, worker.out.name, scopes=frozenset(SCOPES), level=Level.STRATEGIC)
    [held] = company.do(claims.assign, task.key, AssignIn(agent_id=worker.id), actor=who).parse().claims
    company.do(runs.start_execution, task.key, StartIn(fence=held.fence), actor=who)
    return task.key


@pytest.fixture
def project(company: Company) -> ProjectOut:
    """A project with a task in most states."""
    project, worker = company.project("Halyard", key_prefix="HAL"), company.agent("CODE")
    started(company, project, worker, "Price table for 14 models", description=HOSTILE)
    started(company, project, worker, "Alert settings page", review_required=False)
    company.task(project, "Cost ledger, append-only", ready=True, labels=["backend"], priority="urgent")
    company.task(project, HOSTILE, description=HOSTILE, depends_on=["HAL-1"], ready=True)
    company.do(comments.add_comment, "HAL-1", CommentIn(body=HOSTILE))
    return project


def lane(page: Page, status: str) -> Locator:
    """One lane of the board."""
    return page.locator(f"[data-lane={status}]")


def card(page: Page, key: str) -> Locator:
    """One card of the board."""
    return page.locator("[data-card]", has=page.get_by_text(key, exact=True))


def drag(page: Page, key: str, status: str) -> None:
    """By mouse, as a hand does it."""
    start, end = card(page, key).locator(".k").bounding_box(), lane(page, status).bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 60, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + 16, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 160, steps=12)
    page.wait_for_timeout(250)
    page.mouse.up()
    page.wait_for_timeout(400)


@pytest.mark.parametrize("path", ["/tasks", "/tasks?new=1", "/tasks/HAL-1", "/tasks/HAL-4", "/projects/HAL/board"])
@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_has_no_fault_of_access_and_runs_no_stored_script(
    visit: Visit, company: Company, project: ProjectOut, path: str, size: str, theme: str
) -> None:
    with visit(path, company.owner, size=size, color_scheme=theme) as page:
        page.get_by_text("HAL-1").or_(page.locator("textarea[name=title]")).first.wait_for()
        page.wait_for_timeout(500)
        assert not violations(page)


def test_the_address_holds_the_filters(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/tasks?status=READY&label=backend", company.owner) as page:
        expect(page.locator(".taskrow")).to_have_count(1)
        expect(page.locator(".taskrow")).to_contain_text("Cost ledger, append-only")
        page.get_by_role("button", name="Clear").click()
        expect(page).to_have_url(re.compile("/tasks$"))
        expect(page.locator(".taskrow")).to_have_count(4)
        page.get_by_label("Search tasks").fill("HAL-2")
        page.get_by_label("Search tasks").press("Enter")
        expect(page).to_have_url(re.compile("q=HAL-2"))
        expect(page.locator(".taskrow")).to_have_count(1)
        page.go_back()
        expect(page.locator(".taskrow")).to_have_count(4)


def test_a_task_is_created_by_hand(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/tasks?new=1&project=HAL", company.owner) as page:
        form = page.locator("#new-task")
        form.get_by_label("Title").fill("Written by hand")
        form.get_by_label("Estimate, hours").fill("much")
        form.get_by_role("button", name="Create task").click()
        expect(form.get_by_role("alert")).to_have_text("must be a number of hours")
        form.get_by_label("Estimate, hours").fill("1.5")
        form.get_by_label("Due").fill("2027-12-24")
        form.get_by_label("Acceptance criteria").fill("- Adds up\n\nHas a test\n")
        form.get_by_label("Waits for").fill("HAL-3")
        form.get_by_role("button", name="HAL-3").click()
        form.get_by_role("button", name="Create task").click()
        expect(page.locator(".toast", has_text="Created HAL-5")).to_be_visible()
        expect(page.locator(".taskrow").first).to_contain_text("Written by hand")
    with visit("/tasks/HAL-5", company.owner) as page:
        expect(page.locator(".dep", has_text="HAL-3")).to_be_visible()
        expect(page.get_by_text("0 of 2 verified")).to_be_visible()
        expect(page.get_by_label("Estimate, hours")).to_have_value("1.5")
        expect(page.get_by_label("Due", exact=True)).to_have_value("2027-12-24")


def test_several_tasks_move_at_once_by_keyboard(visit: Visit, company: Company, project: ProjectOut) -> None:
    company.task(project, "Another", ready=True)
    with visit("/tasks?status=READY", company.owner) as page:
        expect(page.locator(".taskrow")).to_have_count(2)
        page.wait_for_timeout(1000)
        for n in range(2):
            page.keyboard.press("j")
            expect(page.locator(".taskrow").nth(n)).to_be_focused()
            page.keyboard.press("x")
            expect(page.locator(".taskrow").nth(n).locator("input")).to_be_checked()
        expect(page.get_by_text("2 tasks selected")).to_be_visible()
        page.get_by_label("Move the selected tasks").select_option("PLANNING")
        expect(page.locator(".toast", has_text="Tasks changed: 2")).to_be_visible()


def test_a_task_is_edited_where_it_stands(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/tasks/HAL-1", company.owner) as page:
        title = page.get_by_label("Title", exact=True)
        title.fill("Price table")
        title.press("Enter")
        page.get_by_label("Priority", exact=True).select_option("urgent")
        expect(page.locator(".ev", has_text="changed: priority")).to_be_visible()
        page.get_by_label("Add a criterion").fill("It adds up")
        page.get_by_label("Add a criterion").press("Enter")
        expect(page.get_by_text("0 of 1 verified")).to_be_visible()
        page.get_by_label("Criterion", exact=True).fill("It adds up to the cent")
        page.get_by_label("Criterion", exact=True).blur()
        page.locator("textarea[name=body]").fill("Looks **good**")
        page.get_by_role("button", name="Comment", exact=True).click()
        expect(page.locator(".cmt strong")).to_have_text("good")
        page.reload()
        expect(title).to_have_value("Price table")
        expect(page.get_by_label("Criterion", exact=True)).to_have_value("It adds up to the cent")
        expect(page.get_by_label("Priority", exact=True)).to_have_value("urgent")


def test_exactly_the_legal_moves_are_offered_and_can_be_undone(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    with visit("/tasks/HAL-1", company.owner) as page:
        moves = page.locator(".moves > button")
        expect(moves).to_have_text(["Hand in for review", "Release", "Mark failed", "Cancel task"])
        expect(page.locator(".moves > .solid")).to_have_text("Hand in for review")
        moves.first.click()
        expect(moves).to_have_text(["Approve", "Ask for changes", "Mark failed", "Cancel task"])
        page.locator(".toast").get_by_role("button", name="Undo").click()
        expect(moves.first).to_have_text("Hand in for review")


def test_a_dependency_that_would_close_a_cycle_is_refused_in_words(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    company.do(dependencies.add_dependency, "HAL-4", DependencyIn(depends_on="HAL-3"))
    with visit("/tasks/HAL-3", company.owner) as page:
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_label("Task", exact=True).fill("HAL-4")
        expect(page.locator(".depadd .pickrow")).to_have_count(0)  # it stands beside the task already
        page.get_by_label("Task", exact=True).fill("HAL-1")
        page.locator(".depadd .pickrow").first.click()
        expect(page.locator(".dep", has_text="HAL-1")).to_be_visible()
        page.locator(".dep", has_text="HAL-1").hover()
        page.get_by_role("button", name="Remove the dependency on HAL-1").click()
        expect(page.locator(".dep", has_text="HAL-1")).to_have_count(0)


def test_a_viewer_reads_and_changes_nothing(visit: Visit, company: Company, project: ProjectOut) -> None:
    viewer = company.person(Role.VIEWER)
    with visit("/tasks/HAL-1", viewer) as page:
        expect(page.locator(".status-pill, .pill").first).to_be_visible()
        expect(page.locator(".moves > button")).to_have_count(0)
        expect(page.locator("main > :not(dialog) :is(input:enabled, textarea, select)")).to_have_count(0)
    with visit("/projects/HAL/board", viewer) as page:
        card(page, "HAL-1").wait_for()
        drag(page, "HAL-1", "REVIEW")
        expect(lane(page, "IN_PROGRESS").get_by_text("HAL-1", exact=True)).to_be_visible()


def test_a_card_is_dragged_along_a_legal_move(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/projects/HAL/board", company.owner) as page:
        card(page, "HAL-1").wait_for()
        drag(page, "HAL-1", "REVIEW")
        expect(lane(page, "REVIEW").get_by_text("HAL-1", exact=True)).to_be_visible()
        page.reload()
        expect(lane(page, "REVIEW").get_by_text("HAL-1", exact=True)).to_be_visible()


def test_a_refused_card_springs_back_and_says_why(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/projects/HAL/board", company.owner) as page:
        card(page, "HAL-1").wait_for()
        drag(page, "HAL-1", "COMPLETED")
        refused = lane(page, "IN_PROGRESS").locator("[data-card]", has_text="HAL-1")
        expect(refused.get_by_text("Review first: this task needs it.")).to_be_visible()


def test_a_card_that_is_dropped_on_assigned_asks_who_gets_it(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    with visit("/projects/HAL/board", company.owner) as page:
        card(page, "HAL-3").wait_for()
        drag(page, "HAL-3", "ASSIGNED")
        page.locator("#assign-card").get_by_role("button", name="CODE").wait_for()
        page.keyboard.press("Escape")
        expect(lane(page, "READY").get_by_text("No agent was chosen.")).to_be_visible()
        drag(page, "HAL-3", "ASSIGNED")
        page.locator("#assign-card").get_by_role("button", name="CODE").click()
        expect(lane(page, "ASSIGNED").locator("[data-card]", has_text="HAL-3")).to_be_visible()


def test_a_move_made_elsewhere_is_on_the_board_within_a_second(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    with visit("/projects/HAL/board", company.owner) as page:
        card(page, "HAL-2").wait_for()
        page.wait_for_timeout(500)
        company.do(lifecycle.transition, "HAL-2", MoveIn(to=Status.COMPLETED))
        expect(lane(page, "COMPLETED").get_by_text("HAL-2", exact=True)).to_be_visible(timeout=1000)


def test_a_lane_brings_more_cards_as_it_is_scrolled(visit: Visit, company: Company, project: ProjectOut) -> None:
    for n in range(70):
        company.task(project, f"Filler {n}", ready=True)
    with visit("/projects/HAL/board", company.owner) as page:
        expect(lane(page, "READY").locator(".count")).to_have_text("71")
        for _ in range(6):
            lane(page, "READY").locator(".lane-list").evaluate("x => x.scrollTo(0, x.scrollHeight)")
            page.wait_for_timeout(250)
        expect(lane(page, "READY").locator("[data-card]")).to_have_count(71)


def test_changes_are_asked_for_only_with_words(visit: Visit, company: Company, project: ProjectOut) -> None:
    company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.REVIEW))
    with visit("/tasks/HAL-1", company.owner) as page:
        page.locator(".moves").get_by_role("button", name="Ask for changes").click()
        ask = page.locator("#say-why")
        expect(ask.get_by_label("What should change?")).to_be_focused()
        ask.get_by_role("button", name="Ask for changes").click()
        expect(ask.get_by_role("alert")).to_have_text("say what should change")
        assert not violations(page)
        ask.get_by_label("What should change?").fill("Cover **cached** tokens.")
        ask.get_by_role("button", name="Ask for changes").click()
        expect(page.locator(".moves .pill")).to_have_text("In progress")
        expect(page.locator(".cmt strong", has_text="cached")).to_be_visible()


def test_a_task_that_is_marked_failed_keeps_what_went_wrong(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    with visit("/tasks/HAL-1", company.owner) as page:
        page.locator(".moves").get_by_role("button", name="Mark failed").click()
        page.get_by_label("What went wrong?").fill("The price list is not public.")
        page.locator("#say-why").get_by_role("button", name="Mark failed").click()
        expect(page.locator(".moves .pill")).to_have_text("Failed")
        expect(page.locator(".log")).to_contain_text("The price list is not public.")
        expect(page.locator(".cmt", has_text="The price list is not public.")).to_be_visible()


def test_a_card_dropped_back_into_work_asks_what_should_change(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.REVIEW))
    with visit("/projects/HAL/board", company.owner) as page:
        card(page, "HAL-1").wait_for()
        drag(page, "HAL-1", "IN_PROGRESS")
        page.get_by_label("What should change?").wait_for()
        page.keyboard.press("Escape")
        expect(lane(page, "REVIEW").get_by_text("Nothing was said.")).to_be_visible()
        drag(page, "HAL-1", "IN_PROGRESS")
        page.get_by_label("What should change?").fill("Round half up.")
        page.locator("#say-why").get_by_role("button", name="Ask for changes").click()
        expect(lane(page, "IN_PROGRESS").get_by_text("HAL-1", exact=True)).to_be_visible()
    with visit("/tasks/HAL-1", company.owner) as page:
        expect(page.locator(".cmt", has_text="Round half up.")).to_be_visible()


def test_a_filter_takes_several_values_by_keyboard_and_gives_each_back(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    with visit("/tasks", company.owner) as page:
        expect(page.locator(".taskrow")).to_have_count(4)
        page.get_by_role("button", name="State", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("checkbox", name="All open")).to_be_focused()
        assert not violations(page)
        page.get_by_role("checkbox", name="Ready").focus()
        page.keyboard.press("Space")
        expect(page).to_have_url(re.compile("status=READY$"))
        expect(page.locator(".taskrow")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("checkbox", name="In progress")).to_be_focused()
        page.keyboard.press("Space")
        expect(page).to_have_url(re.compile("status=READY,IN_PROGRESS$"))
        expect(page.locator(".taskrow")).to_have_count(3)
        page.keyboard.press("Escape")
        expect(page.get_by_role("checkbox", name="Ready")).to_be_hidden()
        page.reload()
        expect(page.locator(".taskrow")).to_have_count(3)
        page.get_by_role("button", name="Take Ready away").press("Enter")
        expect(page).to_have_url(re.compile("status=IN_PROGRESS$"))
        expect(page.locator(".taskrow")).to_have_count(2)
        page.go_back()
        expect(page.locator(".taskrow")).to_have_count(3)


def test_filters_of_every_kind_take_several_values(visit: Visit, company: Company, project: ProjectOut) -> None:
    other = company.project("Moqup", key_prefix="MOQ")
    company.task(other, "Two labels, one with a comma", labels=["a, b", "50%"], priority="low")
    code = next(agent.id for agent in company.do(agents.agents) if agent.name == "CODE")
    for query, rows in (
        ("project=HAL,MOQ", 5),
        ("project=HAL,MOQ&priority=urgent,low", 2),
        (f"assignee=none,{code}", 5),
        ("assignee=none", 3),
        ("status=open,COMPLETED", 5),
    ):
        with visit(f"/tasks?{query}", company.owner) as page:
            expect(page.locator(".taskrow"), query).to_have_count(rows)
    with visit("/tasks", company.owner) as page:
        page.get_by_role("button", name="Label", exact=True).click()
        page.get_by_role("checkbox", name="a, b").check()
        page.get_by_role("checkbox", name="50%").check()
        expect(page).to_have_url(re.compile("label=a.+50%25"))
        expect(page.locator(".taskrow")).to_have_count(1)
        page.reload()
        expect(page.locator(".taskrow")).to_have_text(re.compile("Two labels, one with a comma"))
        expect(page.locator(".choose .chip.on")).to_have_text(["a, b", "50%"])


def test_lanes_with_tasks_are_open_and_what_is_folded_stays_so_in_its_project(
    visit: Visit, company: Company, project: ProjectOut
) -> None:
    company.task(project, "Just an idea")
    company.task(company.project("Moqup", key_prefix="MOQ"), "Another idea")
    with visit("/projects/HAL/board", company.owner) as page:
        expect(lane(page, "CREATED").get_by_text("Just an idea")).to_be_visible()
        expect(lane(page, "COMPLETED")).to_have_attribute("aria-expanded", "false")
        page.get_by_role("button", name="Fold Created").click()
        expect(lane(page, "CREATED")).to_have_attribute("aria-expanded", "false")
        page.reload()
        card(page, "HAL-1").wait_for()
        expect(lane(page, "CREATED")).to_have_attribute("aria-expanded", "false")
        page.goto("/projects/MOQ/board")
        expect(lane(page, "CREATED").get_by_text("Another idea")).to_be_visible()


def test_the_keys_work_on_the_list_and_on_the_board(visit: Visit, company: Company, project: ProjectOut) -> None:
    with visit("/tasks", company.owner) as page:
        rows = page.locator(".taskrow")
        expect(rows).to_have_count(4)
        for keys, row in (("j", 0), ("j", 1), ("k", 0)):
            page.keyboard.press(keys)
            expect(rows.nth(row)).to_be_focused()
        page.keyboard.press("/")
        expect(page.get_by_label("Search tasks")).to_be_focused()
        page.get_by_label("Search tasks").blur()
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        page.keyboard.press("j")
        expect(page.locator(".taskrow:focus")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/tasks/HAL-"))
        page.get_by_text("Properties").first.wait_for()
        for _ in range(20):  # a busy machine may take longer between two keys than they may be apart
            page.keyboard.press("g")
            page.keyboard.press("a")
            page.wait_for_timeout(500)
            if page.url.endswith("/agents"):
                break
        expect(page).to_have_url(re.compile("/agents$"))
    with visit("/projects/HAL/board", company.owner) as page:
        card(page, "HAL-1").wait_for()
        cards = page.locator("[data-card]")
        page.keyboard.press("j")
        expect(cards.nth(0)).to_be_focused()
        page.keyboard.press("j")
        expect(cards.nth(1)).to_be_focused()
        page.keyboard.press("k")
        expect(cards.nth(0)).to_be_focused()
        page.keyboard.press("/")
        expect(page.get_by_label("Search tasks")).to_be_focused()
        page.get_by_label("Search tasks").blur()
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        expect(page.locator("#new-task")).to_be_visible()
