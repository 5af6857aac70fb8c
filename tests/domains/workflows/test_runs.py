"""Runs: tasks in one transaction, states that follow the tasks, cancelling and going on."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from orkwork.core.actor import Role
from orkwork.core.errors import TooLarge
from orkwork.domains.executions.schemas import ExecutionPatch
from orkwork.domains.projects import service as projects
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, creating, lifecycle, runs
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.queries import drafts as draft_queries
from orkwork.domains.workflows.queries import runs as run_queries
from orkwork.domains.workflows.queries import templates
from orkwork.domains.workflows.schemas.drafts import DraftIn
from orkwork.domains.workflows.schemas.templates import WorkflowPatch
from orkwork.domains.workflows.service import drafts, editing, running
from tests.domains.workflows.flowing import (
    BASE,
    DIAMOND,
    counts,
    end,
    follow,
    rows,
    run_of,
    start,
    states,
    steps,
    workflow,
)
from tests.factories import Company


def test_a_run_makes_its_tasks_and_follows_them_to_the_end(http: TestClient, company: Company) -> None:
    worker = company.agent()
    made = http.post(
        f"{BASE}/workflows",
        json={
            "name": "Ship it!",
            "project_id": str(company.project().id),
            "inputs": [{"name": "what", "required": True}],
            "steps": [{**one, "title": f"{one['key']} {{{{input.what}}}}"} for one in DIAMOND],
        },
        headers=company.owner.headers,
    )
    assert made.status_code == 201, made.text
    assert (made.json()["key"], made.json()["steps"], made.json()["last_run"]) == ("ship-it", 4, None)
    answer = http.post(
        f"{BASE}/workflows/ship-it/runs", json={"inputs": {"what": "{{input.what}}"}}, headers=worker.headers
    )
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert [(s["step"], s["title"], s["depends_on"], s["status"]) for s in body["steps"]] == [
        ("a", "a {{input.what}}", [], "READY"),
        ("b", "b {{input.what}}", ["a"], "PLANNING"),
        ("c", "c {{input.what}}", ["a"], "PLANNING"),
        ("d", "d {{input.what}}", ["b", "c"], "PLANNING"),
    ]
    run = start(company, "ship-it", what="x")
    end(company, run, worker, "a", "b")
    found = run_of(company, run.id)
    assert (found.state, found.completed, found.tasks) == (RunState.RUNNING, 2, 4)
    assert states(found) == {"a": "COMPLETED", "b": "COMPLETED", "c": "READY", "d": "PLANNING"}
    end(company, run, worker, "c", "d")
    found = run_of(company, run.id)
    assert (found.state, found.completed, found.ended_at is not None) == (RunState.COMPLETED, 4, True)
    listed = http.get(f"{BASE}/workflows", headers=worker.headers).json()["items"][0]
    assert (listed["runs"], listed["succeeded"], listed["last_run"]["state"]) == (1, 1, "completed")
    moved = rows("select before->>'status' as b, after->>'status' as a from events where name = 'workflow_run.moved'")
    assert [(row["b"], row["a"]) for row in moved] == [("running", "completed")]
    before = counts()
    follow()
    assert counts() == before, "followed again, nothing is told again"
    numbers = [item["number"] for item in http.get(f"{BASE}/workflow-runs", headers=worker.headers).json()["items"]]
    assert numbers == [2, 1]


def test_a_left_out_steps_dependants_wait_for_what_it_waited_for(company: Company) -> None:
    template = steps(("a", ()), ("b", "a"), ("c", "b"))
    template[1]["when"] = "input.scan"
    made = workflow(company, inputs=[{"name": "scan", "type": "boolean", "default": False}], steps=template)
    run = start(company, made.id)
    assert states(run) == {"a": "READY", "b": "SKIPPED", "c": "PLANNING"}
    assert [step.depends_on for step in run.steps] == [[], ["a"], ["a"]]
    worker = company.agent()
    end(company, run, worker, "a", "c")
    found = run_of(company, run.id)
    assert (found.state, found.completed, found.tasks) == (RunState.COMPLETED, 2, 2)
    assert states(start(company, made.id, scan=True))["b"] == "PLANNING"


def release() -> list[dict[str, Any]]:
    template = steps(("build", ()), ("deploy", ["build"]), ("undo", ["build"]), ("tell", ["deploy", "undo"]))
    template[1]["when"] = 'steps.build.outcome == "completed" and steps.build.result.size < 10'
    template[2]["when"] = 'steps.build.outcome != "completed"'
    template[3]["when"] = 'steps.deploy.outcome != "skipped" or steps.undo.outcome != "skipped"'
    return template


def hand_in(company: Company, key: str, output: str) -> None:
    """What the run under way of a task says that it made."""
    [run] = rows("select x.id from task_executions x join tasks t on t.id = x.task_id where t.key = %(key)s", key=key)
    company.do(runs.update_execution, run["id"], ExecutionPatch(output=output))


def test_steps_whose_conditions_look_at_earlier_ones_become_tasks_when_those_are_over(company: Company) -> None:
    worker, made = company.agent(), workflow(company, steps=release())
    run = start(company, made.id)
    assert states(run) == {"build": "READY", "deploy": "WAITING", "undo": "WAITING", "tell": "WAITING"}
    assert (run.tasks, counts()["tasks"], run.state) == (4, 1, RunState.RUNNING)
    key = run.steps[0].task_key
    company.do(claims.assign, key, AssignIn(agent_id=worker.id))
    company.do(lifecycle.transition, key, MoveIn(to=Status.IN_PROGRESS))
    hand_in(company, str(key), '{"size": 5}')
    company.do(lifecycle.transition, key, MoveIn(to=Status.COMPLETED))
    found = run_of(company, run.id)
    assert states(found) == {"build": "COMPLETED", "deploy": "READY", "undo": "SKIPPED", "tell": "WAITING"}
    assert (found.tasks, found.state) == (3, RunState.RUNNING)
    end(company, run, worker, "deploy")
    assert states(run_of(company, run.id))["tell"] == "READY"
    end(company, run, worker, "tell")
    assert run_of(company, run.id).state is RunState.COMPLETED
    before = counts()
    follow()
    assert counts() == before


def test_a_run_goes_on_behind_a_step_that_failed_and_a_retry_judges_anew(http: TestClient, company: Company) -> None:
    worker, made = company.agent(), workflow(company, steps=release())
    run = start(company, made.id)
    end(company, run, worker, "build", to=Status.FAILED)
    found = run_of(company, run.id)
    assert states(found) == {"build": "FAILED", "deploy": "SKIPPED", "undo": "READY", "tell": "WAITING"}
    assert (found.state, found.tasks) == (RunState.RUNNING, 3)
    end(company, run, worker, "undo")
    run_of(company, run.id)
    end(company, run, worker, "tell")
    found = run_of(company, run.id)
    assert (found.state, states(found)["tell"]) == (RunState.FAILED, "COMPLETED")
    again = http.post(f"{BASE}/workflow-runs/{run.id}/retry", headers=company.owner.headers).json()
    assert {s["step"]: s["status"] for s in again["steps"]} == {
        "build": "READY",
        "deploy": "WAITING",
        "undo": "WAITING",
        "tell": "WAITING",
    }
    assert (again["state"], again["attempt"], again["tasks"], again["failed"]) == ("running", 2, 4, 0)
    end(company, run, worker, "build", to=Status.FAILED)
    assert states(run_of(company, run.id))["undo"] == "READY", "its task is open again"
    http.post(f"{BASE}/workflow-runs/{run.id}/retry", headers=company.owner.headers)
    end(company, run, worker, "build")
    found = run_of(company, run.id)
    assert states(found) == {"build": "COMPLETED", "deploy": "SKIPPED", "undo": "SKIPPED", "tell": "SKIPPED"}
    assert (found.state, found.tasks, counts()["tasks"]) == (RunState.COMPLETED, 1, 3)


def test_what_waits_behind_a_condition_is_handed_on_when_a_retry_leaves_the_step_out(company: Company) -> None:
    template = steps(("a", ()), ("b", ["a"]), ("c", ["b"]))
    template[1]["when"] = 'steps.a.outcome == "failed"'
    worker, run = company.agent(), start(company, workflow(company, steps=template).id)
    end(company, run, worker, "a", to=Status.FAILED)
    assert states(run_of(company, run.id)) == {"a": "FAILED", "b": "READY", "c": "PLANNING"}
    company.do(running.retry_run, run.id)
    end(company, run, worker, "a")
    assert states(run_of(company, run.id)) == {"a": "COMPLETED", "b": "SKIPPED", "c": "READY"}


def test_a_cancelled_run_makes_no_more_tasks_until_it_goes_on(company: Company) -> None:
    worker, run = company.agent(), start(company, workflow(company, steps=release()).id)
    company.do(running.cancel_run, run.id)
    found = run_of(company, run.id)
    assert (found.state, states(found)["undo"], counts()["tasks"]) == (RunState.CANCELLED, "WAITING", 1)
    company.do(running.retry_run, run.id)
    end(company, run, worker, "build", to=Status.FAILED)
    assert states(run_of(company, run.id))["undo"] == "READY"


def test_steps_that_can_not_become_tasks_any_more_are_cancelled_and_stop_no_other_run(
    http: TestClient, company: Company
) -> None:
    worker, made = company.agent(), workflow(company, steps=release())
    run, other = start(company, made.id), start(company, workflow(company, company.project("Other"), name="B").id)
    end(company, run, worker, "build", to=Status.FAILED)
    end(company, other, worker, "a")
    http.patch(f"{BASE}/projects/{made.project_id}", json={"status": "archived"}, headers=company.owner.headers)
    found = run_of(company, run.id)
    assert (states(found)["undo"], found.state) == ("CANCELLED", RunState.FAILED)
    assert run_of(company, other.id).completed == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"steps": steps(("a", "c"), ("b", "a"), ("c", "b"))}, "steps"),
    ({"steps": steps(("a", "a"))}, "steps.0.depends_on"),
    ({"steps": steps(("a", "z"))}, "steps.0.depends_on"),
    ({"steps": steps(("a", ())) * 2}, "steps.1.key"),
    ({"steps": steps(("a", ()), title="{{input.x}}")}, "steps.0.title"),
    ({"steps": steps(("a", ()), title="{{input.{{input.x}}}}")}, "steps.0.title"),
    ({"steps": steps(("a", ()), when="input.x ==")}, "steps.0.when"),
    ({"steps": steps(("a", ()), when="input.x")}, "steps.0.when"),
    ({"steps": steps(("a", ()), ("b", ()), when='steps.a.outcome == "failed"')}, "steps.0.when"),
    ({"inputs": [{"name": "x", "default": "{{input.x}}"}]}, "inputs.0.default"),
    ({"inputs": [{"name": "X"}]}, "inputs.0.name"),
    ({"steps": []}, "steps"),
    ({"key": "No Key"}, "key"),
    ({"project_id": "019a0000-0000-7000-8000-000000000000"}, "project_id"),
    ({"colour": "red"}, "colour"),
    ({"steps": [{"key": f"s{n}", "title": "S"} for n in range(100_000)]}, "steps"),
]


@pytest.mark.parametrize(("wrong", "field"), REFUSED, ids=[f"{n}-{field}" for n, (_, field) in enumerate(REFUSED)])
def test_a_bad_template_is_refused_by_name_and_leaves_nothing(
    http: TestClient, company: Company, wrong: dict[str, Any], field: str
) -> None:
    body = {"name": "W", "project_id": str(company.project().id), "steps": DIAMOND} | wrong
    before = counts()
    answer = http.post(f"{BASE}/workflows", json=body, headers=company.owner.headers)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text
    assert counts() == before


@pytest.mark.parametrize(
    "inputs", [{}, {"n": "5"}, {"n": 5, "m": 1}, {"n": 7}, {"n": None}, {"n": 3, "title": "x" * 400}]
)
def test_bad_inputs_are_refused_before_anything_is_made(
    http: TestClient, company: Company, inputs: dict[str, Any]
) -> None:
    known = [{"name": "n", "type": "integer", "required": True, "options": [3, 5]}, {"name": "title", "default": "t"}]
    workflow(company, inputs=known, steps=[*steps(("a", ())), *steps(("b", "a"), title="{{input.title}}")])
    before = counts()
    answer = http.post(f"{BASE}/workflows/ship-it/runs", json={"inputs": inputs}, headers=company.owner.headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].split(".")[0] == "inputs"
    assert counts() == before
    assert (
        http.post(
            f"{BASE}/workflows/ship-it/runs", json={"inputs": {"n": 5}, "version": 9}, headers=company.owner.headers
        ).status_code
        == 404
    )


def test_a_run_keeps_the_version_that_it_began_with(http: TestClient, company: Company) -> None:
    made = workflow(company)
    headers = company.owner.headers
    first = start(company, made.id)
    patch = {"steps": steps(("a", ()), ("z", "a"))}
    changed = http.patch(f"{BASE}/workflows/ship-it", json=patch, headers=headers | {"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["current_version"], changed.json()["steps"]) == (200, 2, 2)
    assert http.patch(f"{BASE}/workflows/ship-it", json=patch, headers=headers | {"If-Match": '"1"'}).status_code == 412
    same = http.patch(f"{BASE}/workflows/ship-it", json=patch, headers=headers).json()
    assert same["current_version"] == 2, "the same steps make no version"
    second = start(company, made.id)
    assert (list(states(run_of(company, first.id))), first.version_number) == (["a", "b", "c", "d"], 1)
    assert (list(states(second)), second.version_number) == (["a", "z"], 2)
    older = http.post(f"{BASE}/workflows/ship-it/runs", json={"version": 1}, headers=headers).json()
    assert (older["version_number"], len(older["steps"])) == (1, 4)
    versions = http.get(f"{BASE}/workflows/ship-it/versions", headers=headers).json()["items"]
    assert [(one["number"], one["runs"]) for one in versions] == [(2, 1), (1, 2)]
    back = http.post(f"{BASE}/workflows/ship-it/versions/1/restore", headers=headers).json()
    assert (back["current_version"], back["steps"]) == (3, 4)
    assert http.get(f"{BASE}/workflows/ship-it/versions/2", headers=headers).json()["steps"][1]["key"] == "z"


def test_a_draft_is_its_authors_and_goes_when_it_is_saved(company: Company) -> None:
    made, other = workflow(company), company.person(Role.ADMIN)
    body = DraftIn(based_on=1, inputs=[], steps=[{"key": "a", "title": "Half a"}])
    company.do(drafts.keep_draft, made.id, body)
    kept = company.do(draft_queries.draft, made.key)
    assert (kept.steps, kept.based_on) == (body.steps, 1)
    assert company.do(draft_queries.draft, made.key, actor=other.actor) is None
    company.do(editing.update_workflow, made.id, WorkflowPatch.model_validate({"name": "Renamed"}))
    again = body.model_copy(update={"steps": []})
    company.do(drafts.keep_draft, made.id, again)
    assert company.do(draft_queries.draft, made.id).steps == []
    with pytest.raises(TooLarge):
        company.do(drafts.keep_draft, made.id, body.model_copy(update={"steps": [{"key": "x" * 5_000_000}]}))
    patch = WorkflowPatch.model_validate({"steps": steps(("a", ()))})
    company.do(drafts.keep_draft, made.id, body, actor=other.actor)
    company.do(editing.update_workflow, made.id, patch)
    assert company.do(draft_queries.draft, made.id) is None
    assert company.do(draft_queries.draft, made.id, actor=other.actor) is not None


def test_a_failed_run_goes_on_from_the_failed_step(http: TestClient, company: Company) -> None:
    worker, made = company.agent(), workflow(company)
    run = start(company, made.id)
    end(company, run, worker, "a", "c")
    end(company, run, worker, "b", to=Status.FAILED)
    found = run_of(company, run.id)
    assert (found.state, found.completed, found.failed) == (RunState.FAILED, 2, 1)
    company.do(editing.update_workflow, made.id, WorkflowPatch.model_validate({"steps": steps(("other", ()))}))
    again = http.post(f"{BASE}/workflow-runs/{run.id}/retry", headers=company.owner.headers)
    assert again.status_code == 200, again.text
    body = again.json()
    assert (body["state"], body["attempt"], body["version_number"], body["failed"]) == ("running", 2, 1, 0)
    assert {s["step"]: s["status"] for s in body["steps"]} == {
        "a": "COMPLETED",
        "b": "READY",
        "c": "COMPLETED",
        "d": "PLANNING",
    }
    refused = http.post(f"{BASE}/workflow-runs/{run.id}/retry", headers=company.owner.headers)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/workflow.nothing_failed")
    end(company, run, worker, "b", "d")
    assert run_of(company, run.id).state is RunState.COMPLETED


def test_a_step_that_fails_after_its_dependants_were_done_opens_them_again(company: Company) -> None:
    worker, run = company.agent(), start(company, workflow(company).id)
    end(company, run, worker, "a", "b", "c", "d")
    assert run_of(company, run.id).state is RunState.COMPLETED
    keys = {step.step: step.task_key for step in run.steps}
    company.do(lifecycle.transition, keys["b"], MoveIn(to=Status.READY))
    assert run_of(company, run.id).state is RunState.RUNNING
    end(company, run, worker, "b", to=Status.FAILED)
    assert run_of(company, run.id).state is RunState.FAILED


def test_lists_show_runs_as_their_tasks_stand_before_the_clock_has_followed(company: Company) -> None:
    worker, made = company.agent(), workflow(company)
    run = start(company, made.id)

    def seen() -> tuple[Any, ...]:
        [one] = company.do(run_queries.runs).items
        [flow] = company.do(templates.workflows).items
        assert flow.last_run == company.do(templates.workflow, made.id).last_run
        return one.state, one.completed, one.failed, flow.last_run.state

    end(company, run, worker, "a")
    assert seen() == (RunState.RUNNING, 1, 0, RunState.RUNNING)
    end(company, run, worker, "c")
    end(company, run, worker, "b", to=Status.FAILED)
    assert seen() == (RunState.FAILED, 2, 1, RunState.FAILED)
    follow()
    assert seen() == (RunState.FAILED, 2, 1, RunState.FAILED)
    key = next(step.task_key for step in run.steps if step.step == "b")
    company.do(lifecycle.transition, key, MoveIn(to=Status.READY))
    assert seen() == (RunState.RUNNING, 2, 0, RunState.RUNNING)


def test_while_one_branch_goes_on_a_run_has_not_failed(company: Company) -> None:
    worker, run = company.agent(), start(company, workflow(company).id)
    end(company, run, worker, "a")
    end(company, run, worker, "b", to=Status.FAILED)
    found = run_of(company, run.id)
    assert (found.state, found.failed) == (RunState.RUNNING, 1)
    end(company, run, worker, "c")
    assert run_of(company, run.id).state is RunState.FAILED


def test_a_cancelled_run_cancels_what_is_not_done_and_can_go_on_later(http: TestClient, company: Company) -> None:
    worker, run = company.agent(), start(company, workflow(company).id)
    end(company, run, worker, "a")
    path = f"{BASE}/workflow-runs/{run.id}"
    assert http.post(f"{path}/cancel", headers=worker.headers).status_code == 403
    cancelled = http.post(f"{path}/cancel", headers=company.owner.headers)
    assert cancelled.status_code == 200, cancelled.text
    assert (cancelled.json()["state"], cancelled.json()["cancelled"], cancelled.json()["completed"]) == (
        "cancelled",
        3,
        1,
    )
    assert http.post(f"{path}/cancel", headers=company.owner.headers).status_code == 409
    assert run_of(company, run.id).state is RunState.CANCELLED
    again = http.post(f"{path}/retry", headers=company.owner.headers).json()
    assert {s["step"]: s["status"] for s in again["steps"]} == {
        "a": "COMPLETED",
        "b": "READY",
        "c": "READY",
        "d": "PLANNING",
    }
    assert again["state"] == "running"


def test_a_task_that_somebody_deletes_counts_as_cancelled(company: Company) -> None:
    run = start(company, workflow(company, steps=steps(("a", ()), ("b", "a"))).id)
    keys = {step.step: step.task_key for step in run.steps}
    company.do(creating.delete_task, keys["b"])
    found = run_of(company, run.id)
    assert (states(found)["b"], found.cancelled, found.state) == ("CANCELLED", 1, RunState.RUNNING)


def test_a_workflow_is_paused_archived_and_deleted(http: TestClient, company: Company) -> None:
    made, headers = workflow(company), company.owner.headers
    path = f"{BASE}/workflows/{made.id}"
    assert http.patch(path, json={"state": "paused", "name": "Later"}, headers=headers).json()["state"] == "paused"
    refused = http.post(f"{path}/runs", json={}, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/workflow.not_active")
    http.patch(path, json={"state": "active"}, headers=headers)
    start(company, made.id)
    assert http.delete(path, headers=headers).status_code == 409
    http.patch(path, json={"state": "archived"}, headers=headers)
    assert http.get(f"{BASE}/workflows", headers=headers).json()["items"] == []
    assert len(http.get(f"{BASE}/workflows?state=archived", headers=headers).json()["items"]) == 1
    other = workflow(company, company.project("Other"), name="Later", key="later")
    assert http.delete(f"{BASE}/workflows/{other.key}", headers=headers).status_code == 204
    taken = {"name": "x", "key": made.key, "project_id": str(made.project_id), "steps": DIAMOND}
    assert http.post(f"{BASE}/workflows", json=taken, headers=headers).json()["errors"][0]["field"] == "key"
    assert workflow(company, company.project("Third")).key == "ship-it-2"


def test_a_run_of_an_archived_project_leaves_nothing(http: TestClient, company: Company) -> None:
    made = workflow(company)
    http.patch(f"{BASE}/projects/{made.project_id}", json={"status": "archived"}, headers=company.owner.headers)
    before = counts()
    answer = http.post(f"{BASE}/workflows/{made.id}/runs", json={}, headers=company.owner.headers)
    assert answer.status_code in (409, 422), answer.text
    assert counts() == before


def test_a_project_with_a_workflow_is_archived_and_not_deleted(company: Company) -> None:
    made = workflow(company)
    assert company.do(projects.delete_project, made.project_id).status == "archived"
    assert company.do(templates.workflow, made.id).key == made.key


def test_the_same_request_starts_one_run(http: TestClient, company: Company) -> None:
    made, headers = workflow(company), company.owner.headers | {"Idempotency-Key": "once"}
    first, second = (http.post(f"{BASE}/workflows/{made.id}/runs", json={}, headers=headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert counts()["workflow_runs"] == 1


def test_a_thousand_steps_run_in_one_transaction(company: Company) -> None:
    template = steps(*((f"s{n}", [f"s{m}" for m in range(max(0, n - 3), n)]) for n in range(1000)))
    run = start(company, workflow(company, steps=template).id)
    assert (run.tasks, len(run.steps), counts()["tasks"]) == (1000, 1000, 1000)
