"""Asking, deciding, recommending and judging through the API, on a real PostgreSQL."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from jobs import outbox
from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.core.errors import Conflict
from orkwork.core.work import Work
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.decisions import service
from orkwork.domains.decisions.schemas import ResolveIn
from orkwork.domains.executions.service import watching
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.queries import tasks as task_queries
from orkwork.domains.tasks.schemas import MoveIn, TaskPatch
from orkwork.domains.tasks.service import assignment, creating, lifecycle
from tests.domains.decisions.asking import BASE, MOVE, ask, gating, in_hours, keep, read, resolve, rows, saying
from tests.domains.tasks.racing import at_once
from tests.factories import Company, Worker


@pytest.fixture
def project(company: Company) -> ProjectOut:
    """A project with a ready task."""
    made = company.project("Halyard", key_prefix="HAL")
    company.task(made, "Release", ready=True)
    return made


@pytest.fixture
def code(company: Company, project: ProjectOut) -> Worker:
    """An agent."""
    return company.agent("CODE")


def status(company: Company, ref: str = "HAL-1") -> str:
    return company.do(task_queries.task, ref).parse().status.value


def test_an_agents_question_is_asked_once_decided_once_and_carried_out_as_the_agent(
    http: TestClient, company: Company, code: Worker
) -> None:
    asked = ask(http, code, task="HAL-1", options=saying(), recommendation="approve", context="All **pass**.")
    assert asked.status_code == 201, asked.text
    again = ask(http, code, task="HAL-1", options=saying())
    assert again.json()["id"] == asked.json()["id"]
    made = asked.json()
    assert made["asked_by_name"] == "CODE" and made["agent_id"] == str(code.id)
    assert made["context"] == {"text": "All **pass**."} and len(made["options"][0]["digest"]) == 64
    (waits,) = read(http, code, "decisions/pending")["items"]
    assert waits["effects"][0] == {
        "option": "approve", "cost_usd": "0.12", "cost_from": "asker", "daily_usd": None, "delay_hours": None,
        "frees_tasks": 1, "runs_as": "asker",
        "action": 'tasks.add_comment(ref="HAL-1", body={"body": "Shipping."})',
    }  # fmt: skip
    done = resolve(http, company.owner, made["id"], option="approve", reasoning="go")
    assert done.status_code == 200, done.text
    assert (done.json()["status"], done.json()["picked"]) == ("resolved", ["approve"])
    assert rows("select actor_name from events where name = 'comment.added'") == [("CODE",)]
    assert rows("select actor_name from events where name = 'decision.resolved'") == [("Owner",)]
    assert resolve(http, company.owner, made["id"], option="approve").status_code == 409
    assert read(http, company.owner, "decisions/pending")["items"] == []


def test_the_same_key_asks_once(http: TestClient, company: Company, code: Worker) -> None:
    body = {"category": "deploy", "title": "Which region?", "kind": "answer"}
    head = code.headers | {"Idempotency-Key": "one"}
    first, second = (http.post(f"{BASE}/decisions", json=body, headers=head) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    done = resolve(http, company.owner, first.json()["id"], answer="eu-central", reasoning="nearest")
    assert (done.json()["answer"], done.json()["chosen"]) == ("eu-central", None)
    third = ask(http, code, "Which region?", category="deploy", kind="answer")
    assert third.json()["id"] != first.json()["id"]


def test_several_may_be_chosen_and_each_is_carried_out(http: TestClient, company: Company, project: ProjectOut) -> None:
    company.task(project, "Second", ready=True)
    options = [
        {
            "id": ref,
            "label": f"Drop {ref}",
            "action": "tasks.transition",
            "arguments": {"ref": ref, "body": {"to": "CANCELLED"}},
        }
        for ref in ("HAL-1", "HAL-2")
    ]
    asked = ask(
        http, company.owner, "What to drop?", kind="several", options=options, project_id=str(project.id)
    ).json()
    assert resolve(http, company.owner, asked["id"], options=[]).status_code == 422
    done = resolve(http, company.owner, asked["id"], options=["HAL-2", "HAL-1"])
    assert done.json()["picked"] == ["HAL-2", "HAL-1"]
    assert (status(company), status(company, "HAL-2")) == ("CANCELLED", "CANCELLED")


def test_two_browsers_at_once_have_one_effect(http: TestClient, company: Company, code: Worker) -> None:
    asked = ask(http, code, task="HAL-1", options=gating()).json()
    admin = company.person(Role.ADMIN)

    def decide(who: Any) -> Any:
        return lambda: company.do(service.resolve, asked["id"], ResolveIn(option="approve"), actor=who.actor)

    answers = at_once(decide(who) for who in (company.owner, admin) * 4)
    assert sum(isinstance(one, Conflict) for one in answers) == len(answers) - 1
    assert rows("select count(*) from events where name = 'decision.resolved'") == [(1,)]
    assert rows("select count(*) from events where name = 'task.moved' and after ->> 'status' = 'CANCELLED'") == [(1,)]


def test_what_fails_or_crashes_half_way_leaves_the_decision_and_its_effect_undone(
    http: TestClient, company: Company, code: Worker
) -> None:
    asked = ask(http, code, task="HAL-1", options=saying()).json()

    def crashes(work: Work) -> None:
        service.resolve(work, asked["id"], ResolveIn(option="approve"))
        raise RuntimeError("the process is gone")

    with pytest.raises(RuntimeError):
        door.run(company.owner.actor, crashes, write=True)
    assert rows("select count(*) from task_comments") == [(0,)]
    company.do(agents.retire_agent, code.id)
    refused = resolve(http, company.owner, asked["id"], option="approve")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "decision.asker_gone")
    assert read(http, company.owner, f"decisions/{asked['id']}")["status"] == "pending"
    assert rows("select count(*) from task_comments") == [(0,)]


def test_an_agents_action_has_the_rights_of_its_key_and_no_more(
    http: TestClient, company: Company, project: ProjectOut
) -> None:
    weak = company.agent("WEAK", scopes=["decisions:write", "tasks:read", "decisions:read"])
    asked = ask(http, weak, task="HAL-1", options=saying()).json()
    refused = resolve(http, company.owner, asked["id"], option="approve")
    assert refused.status_code == 403 and "tasks:write" in refused.text
    assert (status(company), read(http, company.owner, f"decisions/{asked['id']}")["status"]) == ("READY", "pending")


def test_what_agents_may_not_is_done_in_the_name_of_who_decides(
    http: TestClient, company: Company, code: Worker
) -> None:
    patch = {"agent_id": str(code.id), "patch": {"daily_budget_usd": "60"}}
    company.do(agents.update_agent, code.id, AgentPatch.model_validate({"daily_budget_usd": "40"}))
    options = [
        {"id": "approve", "label": "Raise", "action": "agents.update_agent", "arguments": patch},
        {"id": "deny", "label": "Keep $40"},
    ]
    asked = ask(http, code, "Raise my budget to $60", category="budget", options=options).json()
    (waits,) = read(http, company.owner, "decisions/pending")["items"]
    assert (waits["effects"][0]["daily_usd"], waits["effects"][0]["runs_as"]) == ("20", "decider")
    assert resolve(http, company.owner, asked["id"], option="approve").status_code == 200
    assert rows("select daily_budget_usd from agents") == [(60,)]
    assert rows("select actor_name from events where name = 'agent.changed' order by seq desc limit 1") == [("Owner",)]


def test_what_has_changed_is_asked_again_and_never_decided_blindly(
    http: TestClient, company: Company, code: Worker
) -> None:
    asked = ask(http, code, task="HAL-1", options=gating()).json()
    company.do(creating.update_task, "HAL-1", TaskPatch(title="Release 1.5"))
    refused = resolve(http, company.owner, asked["id"], option="approve")
    assert refused.status_code == 409
    assert refused.json()["changes"] == [{"what": "task.title", "before": "Release", "now": "Release 1.5"}]
    (waits,) = read(http, company.owner, "decisions/pending")["items"]
    assert waits["stale"][0]["what"] == "task.title" and status(company) == "READY"
    assert keep() == 1 and keep() == 0
    (again,) = read(http, company.owner, "decisions/pending")["items"]
    assert (again["asked_again"], again["version"], again["stale"]) == (1, 2, [])
    assert again["changes"][0]["now"] == "Release 1.5"
    assert resolve(http, company.owner, asked["id"], option="approve", version=1).status_code == 409
    assert resolve(http, company.owner, asked["id"], option="approve", version=2).status_code == 200
    assert status(company) == "CANCELLED"


def test_members_recommend_admins_decide_and_agents_do_neither(
    http: TestClient, company: Company, code: Worker
) -> None:
    asked, member = ask(http, code, task="HAL-1").json(), company.person(Role.MEMBER, "Mara")
    path = f"{BASE}/decisions/{asked['id']}"
    for option in ("deny", "approve"):
        said = http.post(f"{path}/recommendation", json={"option": option, "note": "tested"}, headers=member.headers)
        assert said.status_code == 200
    assert [(r["by_name"], r["option"]) for r in said.json()["recommendations"]] == [("Mara", "approve")]
    assert http.post(f"{path}/recommendation", json={"option": "x"}, headers=member.headers).status_code == 422
    for who, action in ((member, "resolve"), (code, "resolve"), (code, "recommendation")):
        assert http.post(f"{path}/{action}", json={"option": "approve"}, headers=who.headers).status_code == 403
    assert resolve(http, company.person(Role.ADMIN), asked["id"], option="deny").status_code == 200
    late = http.post(f"{path}/recommendation", json={"option": "approve"}, headers=member.headers)
    assert late.status_code == 409


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"options": []}, "options"),
        ({"options": [{"id": f"o{n}", "label": "x"} for n in range(1000)]}, "options"),
        ({"kind": "choose", "options": [{"id": "a", "label": "A", "action": "rm.everything"}]}, "options.0.action"),
        (
            {"kind": "choose", "options": [{"id": "a", "label": "A", **MOVE, "arguments": {"ref": "X"}}]},
            "options.0.arguments.body",
        ),
        ({"kind": "choose", "options": [{"id": "a", "label": "A", "arguments": {"ref": "X"}}]}, "options.0.arguments"),
        ({"kind": "choose", "options": [{"id": "a b", "label": "A"}]}, "options.0.id"),
        ({"kind": "choose", "options": [{"id": "a", "label": "A\x00"}]}, "options.0.label"),
        ({"options": gating(), "default": "approve", "deadline": in_hours(1)}, "default"),
        ({"default": "later", "deadline": in_hours(1)}, "default"),
        ({"deadline": in_hours(-1)}, "deadline"),
        ({"deadline": "soon"}, "deadline"),
        ({"recommendation": "maybe"}, "recommendation"),
        ({"category": "whatever"}, "category"),
        ({"project_id": "0197f3c4-0000-7000-8000-000000000001"}, "project_id"),
        ({"agent_id": "0197f3c4-0000-7000-8000-000000000001"}, "agent_id"),
        ({"title": ""}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_question_names_its_field_and_leaves_nothing(
    http: TestClient, code: Worker, fields: dict[str, Any], field: str
) -> None:
    refused = ask(http, code, **fields)
    assert refused.status_code == 422, refused.text
    assert field in [bad["field"] for bad in refused.json()["errors"]]
    assert rows("select count(*) from decisions") == [(0,)]


def test_a_bad_answer_names_its_field_and_leaves_it_pending(http: TestClient, company: Company, code: Worker) -> None:
    asked = ask(http, code, "<script>window.pwned=1</script> {what} %(x)s ' or 1=1").json()
    for body, field in (
        ({}, "option"),
        ({"option": "nope"}, "option"),
        ({"answer": "x"}, "answer"),
        ({"version": 0}, "version"),
    ):
        refused = resolve(http, company.owner, asked["id"], **body)
        assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == field
    assert read(http, company.owner, "decisions/pending")["total"] == 1


def test_an_agent_asks_about_its_own_projects_only(http: TestClient, company: Company, project: ProjectOut) -> None:
    own = company.project("Other", key_prefix="OTH")
    shut = company.agent("SHUT", project_ids=[own.id])
    assert ask(http, shut, task="HAL-1").status_code == 404
    assert ask(http, shut).json()["errors"][0]["field"] == "project_id"
    assert ask(http, shut, project_id=str(project.id)).status_code == 422
    assert ask(http, shut, project_id=str(own.id)).status_code == 201
    ask(http, company.owner, "Secret?", project_id=str(project.id))
    page = read(http, shut, "decisions/pending")
    assert (page["total"], len(page["items"])) == (1, 1)


def test_the_asking_agent_learns_the_answer(http: TestClient, company: Company, code: Worker) -> None:
    asked = ask(http, code, "Which one?", kind="choose", options=[{"id": "a", "label": "The first"}]).json()
    resolve(http, company.owner, asked["id"], option="a", reasoning="it is shorter")
    outbox.drain()
    heard = read(http, code, "agents/me/next")
    assert heard["reason"] == "decision_resolved"
    assert (heard["decision"]["chosen"], heard["decision"]["reasoning"]) == ("The first", "it is shorter")


def test_the_log_is_filtered_by_who_what_when_and_how_it_went(http: TestClient, company: Company, code: Worker) -> None:
    project = read(http, company.owner, "projects")["items"][0]["id"]
    first = ask(http, code, "Ship 1_4?", task="HAL-1").json()["id"]
    second = ask(http, company.owner, "Spend more?", category="budget").json()["id"]
    waiting = ask(http, company.owner, "Later?").json()["id"]
    resolve(http, company.owner, first, option="approve", reasoning="tests pass")
    resolve(http, company.person(Role.ADMIN, "Ada"), second, option="deny")
    for outcome in ("wrong", "right"):
        judged = http.put(
            f"{BASE}/decisions/{first}/outcome",
            json={"outcome": outcome, "note": "no roll-back"},
            headers=company.owner.headers,
        )
        assert judged.status_code == 200 and judged.json()["outcome"] == outcome
    bad = http.put(f"{BASE}/decisions/{waiting}/outcome", json={"outcome": "right"}, headers=company.owner.headers)
    assert bad.status_code == 409

    def found(query: str = "") -> list[str]:
        return [item["id"] for item in read(http, company.owner, f"decisions/log?{query}")["items"]]

    assert found() == [second, first]
    assert found("limit=1") == [second]
    for query in (
        "category=approve", f"agent={code.id}", f"project={project}", "outcome=right", "text=1_4", "text=TESTS",
        f"decided_by_id={company.owner.actor.id}",
    ):  # fmt: skip
        assert found(query) == [first], query
    assert found("text=x%25") == found("decided_by=rule") == found("outcome=wrong") == []
    assert found("from=2999-01-01T00:00:00Z") == [] and len(found("to=2999-01-01T00:00:00Z&decided_by=user")) == 2
    stats = read(http, company.owner, "decisions/stats")
    assert (stats["pending"], stats["decided"], stats["judged"], stats["right"]) == (1, 2, 1, 1)
    assert stats["median_answer_seconds"] is None


def test_the_dearest_comes_first_and_pages_go_through_all_once(
    http: TestClient, company: Company, project: ProjectOut
) -> None:
    owner = company.owner
    hub = company.task(project, "Hub", ready=True)
    for n in range(3):
        company.task(project, f"Behind {n}", depends_on=[hub.key])
    company.task(project, "Last", depends_on=["HAL-3"])
    asked = [ask(http, owner, f"About nothing {'abc'[n]}?").json()["id"] for n in range(3)]
    small = ask(http, owner, "About one?", task="HAL-1").json()["id"]
    large = ask(http, owner, "About the hub?", task=hub.key).json()["id"]
    page = read(http, owner, "decisions/pending?limit=2")
    assert [item["id"] for item in page["items"]] == [large, small], [item["delay"] for item in page["items"]]
    assert [item["delay"]["blocked_tasks"] for item in page["items"]] == [5, 1]
    assert page["items"][0]["delay"]["usd_per_day"] is None
    assert (page["total"], page["first_three"]["tasks"], page["first_three"]["decisions"]) == (5, 6, 3)
    ids = [item["id"] for item in page["items"]]
    while page["next_cursor"]:
        page = read(http, owner, f"decisions/pending?limit=2&cursor={page['next_cursor']}")
        ids += [item["id"] for item in page["items"]]
    assert ids == [large, small, *asked]
    assert http.get(f"{BASE}/decisions/pending?cursor=eA", headers=owner.headers).status_code == 422


def test_a_finished_task_blocks_nothing_and_an_idle_agent_is_named(
    http: TestClient, company: Company, code: Worker
) -> None:
    ask(http, code, task="HAL-1")
    (waits,) = read(http, company.owner, "decisions/pending")["items"]
    assert (waits["delay"]["blocked_tasks"], waits["delay"]["idle_agents"]) == (1, ["CODE"])
    company.do(lifecycle.transition, "HAL-1", MoveIn.model_validate({"to": "CANCELLED"}))
    (waits,) = read(http, company.owner, "decisions/pending")["items"]
    assert waits["delay"]["blocked_tasks"] == 0


def test_questions_of_agents_stand_beside_those_of_the_product_itself(
    http: TestClient, company: Company, code: Worker
) -> None:
    other = company.agent("QA")
    for who, category in ((code, "escalate"), (other, "escalate"), (code, "task_assign")):
        assert ask(http, who, f"{category}?", category=category, kind="answer", task="HAL-1").status_code == 201
    for part in ("limits", "assignment"):
        assert http.get(f"{BASE}/tasks/HAL-1/{part}", headers=company.owner.headers).status_code == 200
    company.do(lifecycle.transition, "HAL-1", MoveIn.model_validate({"to": "PLANNING"}))
    for job in (assignment.assign_ready, watching.check_clocks):
        door.run(system("clock"), job, write=True)
    assert read(http, company.owner, "decisions/pending")["total"] == 3


def test_an_agent_hears_of_every_answer_that_it_asked_for(http: TestClient, company: Company, code: Worker) -> None:
    about = company.agent("QA")
    options = [{"id": one, "label": one.upper()} for one in "abc"]
    several = ask(http, code, "Which ones?", kind="several", options=options, agent_id=str(about.id)).json()["id"]
    resolve(http, company.owner, several, options=["c", "a"])
    words = ask(http, code, "What name?", kind="answer").json()["id"]
    resolve(http, company.owner, words, answer="Halyard")
    outbox.drain()
    heard = [read(http, code, "agents/me/next")["decision"]["chosen"] for _ in range(2)]
    assert heard == ["C, A", "Halyard"]
