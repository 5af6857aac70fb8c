"""Workflows in a real browser: the list, the builder, what starts them, and a run that is followed live."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from orkwork.core import db
from orkwork.core.actor import Role
from orkwork.domains.tasks.models import Status
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.queries import runs as run_queries
from orkwork.domains.workflows.queries import starting as starting_queries
from orkwork.domains.workflows.queries import templates
from tests.domains.conftest import Visit, violations
from tests.domains.workflows.flowing import end, start, steps, workflow
from tests.domains.workflows.test_recorded import SMALL
from tests.factories import Company

pytestmark = pytest.mark.browser


def drawn(page: Page) -> None:
    """Wait until a picture is drawn."""
    expect(page.locator(".graphcanvas[data-drawn]")).to_be_visible(timeout=15_000)


def adds(panel: Locator) -> None:
    """Open the menu of what can be added."""
    if not panel.locator(".ch details[open]").count():
        panel.locator(".ch summary").click()


def test_a_workflow_is_made_built_and_run(company: Company, visit: Visit) -> None:
    company.project("Halyard", key_prefix="HAL")
    with visit("/workflows", company.owner) as page:
        expect(page.get_by_text("Workflows will be listed here")).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="New workflow").first.click()
        form = page.locator("#new-workflow")
        form.get_by_label("Name").fill("Release")
        form.get_by_role("button", name="Create workflow").click()
        expect(form.get_by_label("Project")).to_have_attribute("aria-invalid", "true")
        form.get_by_label("Project").select_option(label="HAL Halyard")
        form.get_by_label("First step").fill("Build {{input.version}}")
        form.get_by_role("button", name="Create workflow").click()
        page.wait_for_url("**/workflows/release/edit")
        page.get_by_role("button", name="Add input").click()
        page.locator(".inputrow").nth(1).get_by_label("Name").fill("where")
        page.get_by_label("Title").fill("Build {{input.version}} in {{input.here}}")
        page.get_by_label("Title").blur()
        expect(page.get_by_text("there is no input here; there are: version, where")).to_be_visible()
        expect(page.get_by_role("button", name="Save version")).to_be_disabled()
        page.get_by_label("Title").fill("Build {{input.version}}")
        page.get_by_role("button", name="Remove where").click()
        expect(page.get_by_text("there is no input here")).to_have_count(0)
        page.get_by_role("button", name="Add step").click()
        page.get_by_label("Title").fill("Test it")
        page.keyboard.press("Tab")
        expect(page.locator(".fstep").nth(1)).to_contain_text("Test it")
        page.get_by_label("Key", exact=True).fill("test it")
        page.get_by_label("Needs a review").uncheck()
        expect(page.locator(".fstep").nth(1)).to_contain_text("test-it")
        page.get_by_role("button", name="Add step").click()
        page.get_by_label("Title").fill("Ship it")
        page.get_by_label("Waits for").select_option("step-1")
        expect(page.locator(".fstep").nth(2)).to_contain_text("after test-it, step-1")
        page.get_by_role("button", name="Wait no longer for test-it").click()
        page.get_by_label("How an earlier step ended").select_option("step-1 failed")
        expect(page.get_by_label("Only when")).to_have_value('steps.step-1.outcome == "failed"')
        expect(page.locator(".fstep").nth(2)).to_contain_text('steps.step-1.outcome == "failed"')
        drawn(page)
        assert not violations(page)
        page.get_by_role("button", name="Save version").click()
        expect(page.get_by_text("Saved as version 2")).to_be_visible()
        made = company.do(templates.workflow, "release").template
        assert [(step.key, step.depends_on, step.when) for step in made.steps] == [
            ("step-1", [], ""),
            ("test-it", ["step-1"], ""),
            ("step-3", ["step-1"], 'steps.step-1.outcome == "failed"'),
        ]
        assert (made.inputs[0].name, made.inputs[0].required, made.steps[1].review_required) == ("version", True, False)
        page.get_by_role("button", name="Remove step-1").click()
        expect(page.locator(".fstep").first).to_contain_text("begins at once")
        expect(page.get_by_text("of the steps that it waits for (nothing)")).to_be_visible()
        page.goto("/workflows")
        page.goto("/workflows/release/edit")
        expect(page.get_by_text("You left a draft here")).to_be_visible()
        assert not violations(page)
        page.get_by_role("button", name="Continue the draft").click()
        expect(page.locator(".fstep")).to_have_count(2)
        expect(page.get_by_text("Not saved yet")).to_be_visible()
        page.get_by_role("button", name="Discard").click()
        expect(page.locator(".fstep")).to_have_count(3)
        page.reload()
        expect(page.locator(".fstep")).to_have_count(3)
        expect(page.get_by_text("You left a draft here")).to_have_count(0)
        page.get_by_role("link", name="Back").click()
        page.get_by_role("button", name="Run now").click()
        form = page.locator("#run-workflow")
        form.get_by_role("button", name="Run now").click()
        expect(form.get_by_text("is required")).to_be_visible()
        form.locator("input").fill("v1")
        form.get_by_role("button", name="Run now").click()
        page.wait_for_url("**/workflows/runs/*")
        expect(page.get_by_role("link", name="Build v1")).to_be_visible()


def test_a_run_is_followed_live_and_goes_on_from_what_failed(company: Company, visit: Visit) -> None:
    worker = company.agent("CODE")
    made = workflow(company, steps=steps(("a", ()), ("b", "a"), ("c", "b")))
    run = start(company, made.id)
    with visit(f"/workflows/runs/{run.id}", company.owner) as page:
        drawn(page)
        expect(page.get_by_text("0 of 3 steps").first).to_be_visible()
        with visit("/workflows", company.owner) as other:
            expect(other.locator(".frun").get_by_text("0 of 3 steps")).to_be_visible()
            end(company, run, worker, "a")  # no clock runs here, so what the list shows is the tasks' own
            expect(other.locator(".frun").get_by_text("1 of 3 steps")).to_be_visible()
        expect(page.locator(".taskrow").first).to_contain_text("Completed")
        expect(page.get_by_text("1 of 3 steps").first).to_be_visible()
        end(company, run, worker, "b", to=Status.FAILED)
        expect(page.get_by_role("button", name="Retry from the failed step")).to_be_visible()
        assert not violations(page)
        page.get_by_role("button", name="Retry from the failed step").click()
        expect(page.locator(".taskrow").nth(1)).to_contain_text("Ready")
        page.get_by_role("button", name="Cancel run").click()
        page.locator("#cancel-run").get_by_role("button", name="Cancel run").click()
        expect(page.get_by_text("Run cancelled")).to_be_visible()
        expect(page.locator(".head").get_by_text("Cancelled")).to_be_visible()
    assert company.do(run_queries.run, run.id).state is RunState.CANCELLED
    with visit(f"/workflows/{made.key}", company.owner, locale="uk-UA") as page:
        start_it = page.get_by_role("button", name="Запустити зараз")
        expect(start_it).to_be_visible()
        with db.engine().begin() as connection:  # without a word to the page
            connection.exec_driver_sql("update workflows set state = 'paused'")
        start_it.click()
        expect(page.locator(".toast")).to_contain_text("Ship it має стан «Зупинено»")
        expect(page.locator(".toast")).to_contain_text("Спершу поновіть його.")


def test_what_starts_it_is_added_tried_and_deleted(company: Company, visit: Visit) -> None:
    made = workflow(company, inputs=[{"name": "day"}])
    with visit(f"/workflows/{made.key}", company.owner) as page:
        panel = page.locator(".starters")
        adds(panel)
        panel.get_by_role("button", name="Schedule").click()
        form = page.locator("#schedule-form")
        form.get_by_label("Name").fill("Mornings")
        expect(form.locator(".ticks li")).to_have_count(5)
        form.get_by_label("Cron").fill("0 0 30 2 *")
        expect(form.get_by_text("can't be read")).to_be_visible()
        form.get_by_label("When", exact=True).select_option("0 9 * * 1")
        expect(form.locator(".ticks li").first).to_contain_text("Monday")
        form.locator("#schedule-day").fill("{{schedule.day}}")
        assert not violations(page)
        form.get_by_role("button", name="Save schedule").click()
        expect(panel.locator(".ticks li")).to_have_count(5)
        [one] = company.do(starting_queries.schedules, made.id)
        assert (one.name, one.cron, one.inputs) == ("Mornings", "0 9 * * 1", {"day": "{{schedule.day}}"})
        adds(panel)
        panel.get_by_role("button", name="Webhook").click()
        page.locator("#hook-form").get_by_label("Name").fill("GitHub")
        page.locator("#hook-form").get_by_role("button", name="Save webhook").click()
        expect(page.locator("#secret-form").get_by_text("whsec_")).to_be_visible()
        page.locator("#secret-form").get_by_role("button", name="Done").click()
        expect(panel).to_contain_text("/api/v2/hooks/")
        adds(panel)
        panel.get_by_role("button", name="Event trigger").click()
        form = page.locator("#trigger-form")
        form.get_by_label("Name").fill("On failure")
        form.get_by_label("Event").fill("task.moved")
        form.get_by_label("Only when").fill("event.after.status =")
        form.get_by_role("button", name="Save trigger").click()
        expect(form.get_by_label("Only when")).to_have_attribute("aria-invalid", "true")
        form.get_by_label("Only when").fill('event.after.status == "FAILED"')
        form.get_by_role("button", name="Save trigger").click()
        expect(panel).to_contain_text("On failure")
        assert not violations(page)
        panel.get_by_label("Act on Mornings").click()
        panel.locator("details[open]").get_by_role("button", name="Delete").click()
        page.locator("#delete-starter").get_by_role("button", name="Delete").click()
        expect(panel.get_by_text("Mornings")).to_have_count(0)


def test_a_recorded_workflow_is_imported_and_can_be_read_anywhere(
    company: Company, visit: Visit, tmp_path: Path
) -> None:
    company.project("Halyard", key_prefix="HAL")
    path = tmp_path / "small.json"
    path.write_text(json.dumps(SMALL))
    with visit("/workflows", company.owner) as page:
        page.get_by_role("button", name="Import").click()
        form = page.locator("#import-workflow")
        form.get_by_label("Project").select_option(label="HAL Halyard")
        form.get_by_label("Or paste it").fill('{"workflow": 5}')
        form.get_by_role("button", name="Import workflow").click()
        expect(form.get_by_text("must be an object")).to_be_visible()
        form.get_by_label("File").set_input_files(path)
        form.get_by_role("button", name="Import workflow").click()
        page.wait_for_url("**/workflows/fork-and-join")
        drawn(page)
        expect(page.get_by_text("4 steps").first).to_be_visible()
    start(company, "fork-and-join")
    viewer = company.person(Role.VIEWER)
    for at, size, scheme, locale in (
        ("/workflows", "phone", "dark", "uk-UA"),
        ("/workflows/fork-and-join", "phone", "light", "en-GB"),
        ("/workflows/fork-and-join", "wide", "dark", "uk-UA"),
    ):
        with visit(at, viewer, size=size, color_scheme=scheme, locale=locale) as page:
            expect(page.locator("[data-row]").first).to_be_visible()
            expect(page.get_by_role("button", name="Run now")).to_have_count(0)
            assert not violations(page)
