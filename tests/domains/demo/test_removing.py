"""A demo goes without a trace, whatever it was tangled with."""

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.core.errors import Conflict, Forbidden
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.demo import queries
from orkwork.domains.demo.schemas import DemoOut
from orkwork.domains.demo.service import removing, setup
from orkwork.domains.tasks.schemas import CommentIn, DependencyIn
from orkwork.domains.tasks.service import comments, dependencies
from tests.demo.company_state import chain_holds, demo_ids, events_of, everything, rows, sums_are_exact
from tests.factories import Company


def start() -> DemoOut:
    return door.run(system("test"), setup.start_demo, write=True)


def remove() -> None:
    door.run(system("test"), removing.remove_demo, write=True)
    for _ in range(200):  # sealing waits for writers of other databases on the same server
        door.run(system("test"), removing.sweep, write=True)
        if not door.run(system("test"), queries.present, write=False):
            return
        time.sleep(0.05)
    raise AssertionError("the demo is still here")


class Agent:
    """An agent at the HTTP door."""

    def __init__(self, http: TestClient, key: str) -> None:
        self._http, self._headers = http, {"Authorization": f"Bearer {key}"}

    def post(self, path: str, **body: Any) -> Any:
        answer = self._http.post(f"/api/v2{path}", json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json()

    def status(self, path: str) -> int:
        return self._http.get(f"/api/v2{path}", headers=self._headers).status_code


def cost(agent: Agent, **fields: Any) -> None:
    agent.post("/costs", provider="anthropic", model="claude-haiku-4-5", input_tokens=777, output_tokens=33, **fields)


def test_a_started_demo_goes_without_a_trace(company: Company, http: TestClient) -> None:
    project = company.project()
    real = company.agent()
    task = company.task(project, ready=True)
    cost(Agent(http, real.key), task_id=str(task.id))
    before = everything()
    made = start()
    lead = Agent(http, made.agents[0].key)
    tasks = [
        {"ref": "a", "title": "A", "required_capabilities": ["code:python"]},
        {"ref": "b", "title": "B", "depends_on": ["a"]},
    ]
    lead.post("/tasks/bulk", project_id=str(made.projects[0].id), ready=True, tasks=tasks)
    worker = Agent(http, made.agents[1].key)
    claim = worker.post("/tasks/claim", start=True)["claims"][0]
    cost(worker, execution_id=claim["execution"]["id"])
    gone = demo_ids()
    assert events_of(gone) > 10
    remove()
    assert worker.status("/me") == 401
    assert everything() == before
    assert events_of(gone) == 0
    assert sums_are_exact()
    assert chain_holds()


def test_what_a_demo_was_tangled_with_stays_and_lets_go(company: Company, http: TestClient) -> None:
    project = company.project()
    real = company.agent("Real")
    caller = Agent(http, real.key)
    made = start()
    demo_project, demo_agent = made.projects[0], made.agents[1]
    lead = Agent(http, made.agents[0].key)
    tasks = [{"ref": "a", "title": "A"}, {"ref": "b", "title": "B"}]
    keys = [
        t["key"] for t in lead.post("/tasks/bulk", project_id=str(demo_project.id), ready=True, tasks=tasks)["tasks"]
    ]
    # a real task waits for one of the demo's
    waiting = company.task(project, "Waits", ready=True)
    company.do(dependencies.add_dependency, waiting.key, DependencyIn(depends_on=keys[0]))
    # a real agent works on the demo's task, and pays for it
    claim = caller.post("/tasks/claim", start=True, project_id=str(demo_project.id))["claims"][0]
    cost(caller, execution_id=claim["execution"]["id"])
    cost(caller, project_id=str(project.id))
    # a person comments on it, and lets a demo agent work on a real task
    company.do(comments.add_comment, keys[1], CommentIn(body="Nice"))
    company.do(agents.update_agent, demo_agent.id, AgentPatch(project_ids=None))
    company.do(
        agents.update_agent, real.id, AgentPatch(manager_id=demo_agent.id, project_ids=[project.id, demo_project.id])
    )
    own = company.task(project, "Own", ready=True)
    worker = Agent(http, demo_agent.key)
    taken = worker.post("/tasks/claim", start=True, project_id=str(project.id))["claims"][0]
    assert taken["task"]["key"] == own.key
    cost(worker, execution_id=taken["execution"]["id"])
    worker.post(f"/tasks/{own.key}/comments", body="On it")
    gone = demo_ids()
    remove()
    found = {row["key"]: row for row in rows("select * from tasks")}
    assert set(found) == {waiting.key, own.key}
    assert (found[waiting.key]["status"], found[waiting.key]["blocked_count"]) == ("READY", 0)
    assert (found[own.key]["status"], found[own.key]["assignee_id"], found[own.key]["worker_id"]) == (
        "READY",
        None,
        None,
    )
    assert len(rows("select from ready_tasks")) == 2
    assert not rows("select from task_comments")
    assert not rows("select from task_executions")
    agent = rows("select a.*, l.running from agents a join agent_load l on l.agent_id = a.id")
    assert [(row["name"], row["manager_id"], row["project_ids"], row["running"]) for row in agent] == [
        ("Real", None, [project.id], 0)
    ]
    assert rows("select count(*) as n, count(distinct agent_id) as agents from costs") == [{"n": 1, "agents": 1}]
    assert events_of(gone) == 0
    assert sums_are_exact()
    assert chain_holds()


def test_a_demo_of_more_events_than_a_round_goes_in_rounds(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    start()
    monkeypatch.setattr(removing, "BATCH", 7)
    assert len(rows("select from events")) > 14
    remove()
    assert everything() == before
    assert chain_holds()


def test_nothing_is_erased_before_the_demo_was_ended(company: Company) -> None:
    start()
    before = everything()
    assert door.run(system("test"), removing.sweep, write=True) == 0
    assert everything() == before


def test_a_demo_that_leaves_can_not_be_started_and_one_that_runs_is_taken_over(company: Company) -> None:
    first, second = start(), start()
    assert [agent.id for agent in first.agents] == [agent.id for agent in second.agents]
    assert len(rows("select from api_keys where revoked_at is null")) == len(second.agents)
    door.run(system("test"), removing.remove_demo, write=True)
    with pytest.raises(Conflict, match="being removed"):
        start()
    remove()
    assert len(start().agents) == len(first.agents)


def test_an_agent_that_a_person_retired_is_replaced(company: Company) -> None:
    before = everything()
    first = start()
    company.do(agents.retire_agent, first.agents[2].id)
    second = start()
    assert second.agents[2].name == first.agents[2].name
    assert second.agents[2].id != first.agents[2].id
    remove()
    assert everything() == before


def test_names_and_prefixes_of_real_ones_are_left_alone(company: Company) -> None:
    company.agent("mira")
    company.project("Velocity", key_prefix="VELO")
    made = start()
    assert made.agents[0].name == "Mira 2"
    assert made.projects[0].key_prefix == "VEL"
    assert start().agents[0].name == "Mira 2"


def test_only_the_owner_removes_and_only_the_command_line_starts(company: Company) -> None:
    made = start()
    with pytest.raises(Forbidden):
        company.do(setup.start_demo)
    with pytest.raises(Forbidden):
        company.do(removing.remove_demo, actor=company.person(Role.ADMIN).actor)
    with pytest.raises(Forbidden):
        company.do(removing.sweep)
    assert company.do(removing.remove_demo).agents == len(made.agents)
    assert company.do(queries.present)
