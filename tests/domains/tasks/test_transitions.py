"""The lifecycle: every pair of states for every kind of actor, against the contract's table written by hand."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest

from orkwork.core import db, door
from orkwork.core.actor import Actor, ActorKind, Level, Role
from orkwork.core.errors import Conflict, Forbidden, Invalid, OrkworkError
from orkwork.core.ids import uuid7
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries import graph as edges
from orkwork.domains.tasks.queries import tasks as queries
from orkwork.domains.tasks.rules import Standing
from orkwork.domains.tasks.schemas import AssignIn, ClaimIn, DependencyIn, MoveIn
from orkwork.domains.tasks.service import claims, dependencies, lifecycle
from tests.factories import Company, Worker

TABLE = """
CREATED      PLANNING CANCELLED
PLANNING     READY CREATED CANCELLED
READY        ASSIGNED PLANNING CANCELLED
ASSIGNED     IN_PROGRESS READY CANCELLED
IN_PROGRESS  REVIEW COMPLETED READY FAILED CANCELLED
REVIEW       COMPLETED IN_PROGRESS FAILED CANCELLED
COMPLETED    READY
FAILED       READY CANCELLED
CANCELLED    CREATED
"""
LEGAL = {line.split()[0]: set(line.split()[1:]) for line in TABLE.strip().splitlines()}
STATES = list(LEGAL)
PAIRS = list(product(STATES, STATES))
HOLDER, CREATOR, STRANGER = uuid7(), uuid7(), uuid7()
NEEDS_NOTHING_OPEN = {"READY", "ASSIGNED", "IN_PROGRESS", "REVIEW", "COMPLETED"}


def agent(agent_id: UUID) -> Actor:
    return Actor(ActorKind.AGENT, agent_id, "A", scopes=frozenset({"tasks:write"}), level=Level.SUPERVISED)


ACTORS = {
    "member": Actor(ActorKind.USER, uuid7(), "M", role=Role.MEMBER),
    "holder": agent(HOLDER),
    "creator": agent(CREATOR),
    "stranger": agent(STRANGER),
}


def standing(state: str, **fields: Any) -> Standing:
    held = state in ("ASSIGNED", "IN_PROGRESS", "REVIEW", "COMPLETED", "FAILED")
    usual = {
        "key": "HAL-1",
        "review_required": True,
        "blocked_count": 0,
        "assignee_id": HOLDER if held else None,
        "worker_id": HOLDER if held and state != "ASSIGNED" else None,
        "fence": 3,
        "created_by_id": CREATOR,
    }
    return Standing(status=Status(state), **(usual | fields))


def verdict(row: Standing, to: str, actor: Actor, fence: int | None = 3) -> str:
    try:
        rules.check_move(row, Status(to), actor, fence)
    except OrkworkError as refusal:
        return refusal.code
    return "moves"


def test_the_table_is_the_contracts() -> None:
    assert {s.value: {t.value for t in targets} for s, targets in rules.TRANSITIONS.items()} == LEGAL
    assert {(a.value, b.value) for a, b in rules.ACTIONS} == {
        (a, b) for a, targets in LEGAL.items() for b in targets if b != "CANCELLED"
    }


@pytest.mark.parametrize(("before", "to"), PAIRS)
@pytest.mark.parametrize("who", ACTORS)
def test_each_move_is_made_by_those_who_may(who: str, before: str, to: str) -> None:
    found = verdict(standing(before), to, ACTORS[who])
    if to not in LEGAL[before]:
        assert found == "task.illegal_move"
    elif (before, to) == ("IN_PROGRESS", "COMPLETED"):
        assert found == "task.review_required"
    elif who == "member":
        assert found == "moves"
    elif before in ("ASSIGNED", "IN_PROGRESS"):
        assert found == ("task.not_yours" if who != "holder" else "task.cancel" if to == "CANCELLED" else "moves")
    elif before == "REVIEW":
        assert found == ("task.own_review" if who == "holder" else "moves")
    elif before in ("COMPLETED", "FAILED", "CANCELLED"):
        assert found == "task.reopen"
    elif to == "CANCELLED":
        assert found == ("moves" if who == "creator" else "task.cancel")
    else:
        assert found == "moves"


@pytest.mark.parametrize(("before", "to"), [(a, b) for a, b in PAIRS if b in LEGAL[a]])
def test_open_dependencies_stop_all_that_follows_planning_but_a_release(before: str, to: str) -> None:
    found = verdict(standing(before, blocked_count=1, review_required=False), to, ACTORS["member"])
    release = before in ("ASSIGNED", "IN_PROGRESS") and to == "READY"
    assert found == ("task.blocked" if to in NEEDS_NOTHING_OPEN and not release else "moves")


@pytest.mark.parametrize(("before", "to"), [(a, b) for a, b in PAIRS if b in LEGAL[a]])
def test_a_hold_stops_what_begins_and_nothing_else(before: str, to: str) -> None:
    for scope in ("company", "project"):
        found = verdict(standing(before, held=scope, review_required=False), to, ACTORS["member"])
        assert found == ("task.held" if to == "ASSIGNED" or (before, to) == ("ASSIGNED", "IN_PROGRESS") else "moves")


@pytest.mark.parametrize(("before", "to"), [(a, b) for a, b in PAIRS if b in LEGAL[a]])
def test_open_criteria_stop_a_completion_and_are_named(before: str, to: str) -> None:
    criteria = tuple({"id": str(n), "text": f"No. {n}", "state": "open"} for n in range(5))
    row = standing(before, open_criteria=criteria, review_required=False)
    found = verdict(row, to, ACTORS["member"])
    assert found == ("task.criteria_open" if to == "COMPLETED" else "moves")
    if to == "COMPLETED":
        with pytest.raises(Conflict, match=r"'No\. 0', 'No\. 1', 'No\. 2' and 2 more") as refusal:
            rules.check_move(row, Status.COMPLETED, ACTORS["member"], None)
        assert refusal.value.extra["open_criteria"] == list(criteria)


def test_who_held_a_cancelled_task_is_told_so_by_its_old_fence() -> None:
    row = standing("CANCELLED", fence=4)
    for to in STATES:
        assert verdict(row, to, ACTORS["holder"]) == "task.cancelled"
        assert verdict(row, to, ACTORS["member"]) != "task.cancelled"


def test_without_review_work_completes_at_once_and_with_it_never() -> None:
    for actor in ("member", "holder"):
        assert verdict(standing("IN_PROGRESS", review_required=False), "COMPLETED", ACTORS[actor]) == "moves"
        assert verdict(standing("IN_PROGRESS"), "COMPLETED", ACTORS[actor]) == "task.review_required"


def test_an_agent_needs_the_present_fence_and_a_person_may_name_it() -> None:
    row = standing("IN_PROGRESS")
    assert verdict(row, "REVIEW", ACTORS["holder"], None) == "task.fence_missing"
    for who in ("holder", "member"):
        for stale in (2, 4):
            assert verdict(row, "REVIEW", ACTORS[who], stale) == "task.fence"
    assert verdict(row, "REVIEW", ACTORS["member"], None) == "moves"


def test_a_refusal_names_the_legal_moves() -> None:
    with pytest.raises(Conflict) as refusal:
        rules.check_move(standing("READY"), Status.COMPLETED, ACTORS["member"], None)
    assert refusal.value.extra == {"task_status": "READY", "allowed": ["ASSIGNED", "PLANNING", "CANCELLED"]}
    assert "ASSIGNED, PLANNING, CANCELLED" in refusal.value.hint


# --- the same on the real rows, with what each move brings about ---


def state(ref: str) -> dict[str, Any]:
    with db.engine().connect() as connection:
        row = connection.exec_driver_sql("select t.* from tasks t where key = %(key)s", {"key": ref}).mappings().one()
        return dict(row)


def load(worker: Worker) -> int:
    with db.engine().connect() as connection:
        statement = "select running from agent_load where agent_id = %(id)s"
        return connection.exec_driver_sql(statement, {"id": worker.id}).scalar_one()


def queued() -> set[str]:
    with db.engine().connect() as connection:
        statement = "select t.key from ready_tasks r join tasks t on t.id = r.task_id"
        return set(connection.exec_driver_sql(statement).scalars())


def move(company: Company, to: str, ref: str = "HAL-1", **fields: Any) -> Any:
    return company.do(lifecycle.transition, ref, MoveIn(to=Status(to), **fields)).parse()


def bring(company: Company, worker: Worker, before: str) -> None:
    """Bring HAL-1 into a state by legal moves of the owner."""
    paths = {
        "CREATED": [],
        "PLANNING": ["PLANNING"],
        "READY": ["PLANNING", "READY"],
        "ASSIGNED": ["PLANNING", "READY", "ASSIGNED"],
        "IN_PROGRESS": ["PLANNING", "READY", "ASSIGNED", "IN_PROGRESS"],
        "REVIEW": ["PLANNING", "READY", "ASSIGNED", "IN_PROGRESS", "REVIEW"],
        "COMPLETED": ["PLANNING", "READY", "ASSIGNED", "IN_PROGRESS", "REVIEW", "COMPLETED"],
        "FAILED": ["PLANNING", "READY", "ASSIGNED", "IN_PROGRESS", "FAILED"],
        "CANCELLED": ["CANCELLED"],
    }
    for to in paths[before]:
        if to == "ASSIGNED":
            company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
        else:
            move(company, to)


@pytest.mark.parametrize("before", STATES)
def test_every_target_is_tried_on_a_real_row_and_leaves_load_queue_and_run_right(company: Company, before: str) -> None:
    worker = company.agent()
    company.task(company.project())
    bring(company, worker, before)
    assert state("HAL-1")["status"] == before
    snapshot = state("HAL-1")
    for to in STATES:
        if to == "ASSIGNED" or to not in LEGAL[before] or (before, to) == ("IN_PROGRESS", "COMPLETED"):
            with pytest.raises(Invalid if to == "ASSIGNED" else Conflict):
                move(company, to)
            assert state("HAL-1") == snapshot
    moves = company.do(queries.moves, "HAL-1")
    assert {s.value for s in moves.allowed} == LEGAL[before] - ({"COMPLETED"} if before == "IN_PROGRESS" else set())
    assert load(worker) == (before in ("ASSIGNED", "IN_PROGRESS"))
    assert queued() == ({"HAL-1"} if before == "READY" else set())
    target = sorted(LEGAL[before] - {"ASSIGNED"} - ({"COMPLETED"} if before == "IN_PROGRESS" else set()))[0]
    after = move(company, target)
    assert after.status == target
    assert load(worker) == (target in ("ASSIGNED", "IN_PROGRESS"))
    assert queued() == ({"HAL-1"} if target == "READY" else set())


def test_changes_requested_give_the_task_back_to_its_worker_with_the_load(company: Company) -> None:
    worker = company.agent()
    company.task(company.project())
    bring(company, worker, "REVIEW")
    assert load(worker) == 0
    again = move(company, "IN_PROGRESS")
    assert (again.assignee_id, load(worker)) == (worker.id, 1)
    body = ClaimIn(start=True)
    [claim] = company.do(claims.claim, body, actor=agent(worker.id)).parse().claims
    assert claim.task.key == "HAL-1"
    assert claim.execution is not None
    assert claim.execution.run == 2
    assert load(worker) == 1


def test_a_task_that_a_person_started_is_taken_up_by_its_agent_with_the_same_run(company: Company) -> None:
    worker = company.agent()
    company.task(company.project())
    bring(company, worker, "IN_PROGRESS")
    [claim] = company.do(claims.claim, ClaimIn(start=True), actor=agent(worker.id)).parse().claims
    assert claim.execution is not None
    assert (claim.execution.run, claim.execution.status, load(worker)) == (1, "running", 1)


def test_a_release_frees_the_agent_ends_the_run_and_outdates_the_fence(company: Company) -> None:
    worker = company.agent()
    company.task(company.project(), ready=True)
    actor = agent(worker.id)
    [claim] = company.do(claims.claim, ClaimIn(start=True), actor=actor).parse().claims
    released = company.do(
        lifecycle.transition, "HAL-1", MoveIn(to=Status.READY, fence=claim.fence), actor=actor
    ).parse()
    assert (released.assignee_id, released.lease_until, load(worker)) == (None, None, 0)
    with db.engine().connect() as connection:
        assert connection.exec_driver_sql("select status from task_executions").scalar_one() == "cancelled"
    [again] = company.do(claims.claim, ClaimIn(), actor=actor).parse().claims
    assert again.fence > claim.fence
    with pytest.raises(Conflict, match="given on"):
        company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.IN_PROGRESS, fence=claim.fence), actor=actor)


def test_cancelling_ends_the_run_and_restoring_begins_anew(company: Company) -> None:
    worker = company.agent()
    company.task(company.project())
    bring(company, worker, "IN_PROGRESS")
    move(company, "CANCELLED")
    assert load(worker) == 0
    assert (state("HAL-1")["assignee_id"], state("HAL-1")["worker_id"]) == (None, worker.id)
    assert move(company, "CREATED").status == "CREATED"


def test_reopening_sends_ready_dependants_back_and_flags_started_ones(company: Company) -> None:
    worker, project = company.agent(), company.project()
    company.task(project)
    bring(company, worker, "COMPLETED")
    for title in ("ready", "started", "done"):
        company.task(project, title, ready=True, depends_on=["HAL-1"], review_required=False)
    company.do(claims.assign, "HAL-3", AssignIn(agent_id=worker.id))
    move(company, "IN_PROGRESS", "HAL-3")
    company.do(claims.assign, "HAL-4", AssignIn(agent_id=worker.id))
    move(company, "IN_PROGRESS", "HAL-4")
    move(company, "COMPLETED", "HAL-4")
    move(company, "READY")
    found = {
        key: (state(key)["status"], state(key)["flagged"], state(key)["blocked_count"])
        for key in ("HAL-2", "HAL-3", "HAL-4")
    }
    assert found == {
        "HAL-2": ("PLANNING", False, 1),
        "HAL-3": ("IN_PROGRESS", True, 1),
        "HAL-4": ("COMPLETED", True, 1),
    }
    assert queued() == {"HAL-1"}
    with pytest.raises(Conflict, match="waits for 1"):
        move(company, "REVIEW", "HAL-3")
    company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
    for to in ("IN_PROGRESS", "REVIEW", "COMPLETED"):
        move(company, to)
    assert [(state(k)["status"], state(k)["flagged"]) for k in ("HAL-2", "HAL-3", "HAL-4")] == [
        ("READY", False),
        ("IN_PROGRESS", False),
        ("COMPLETED", False),
    ]


def test_a_cancelled_or_failed_dependency_satisfies_nothing(company: Company) -> None:
    worker, project = company.agent(), company.project()
    for n in range(2):
        company.task(project, f"need {n}")
    waits = company.task(project, "waits", ready=True, depends_on=["HAL-1", "HAL-2"])
    assert waits.status == "PLANNING"
    bring(company, worker, "FAILED")
    move(company, "CANCELLED", "HAL-2")
    assert (state("HAL-3")["status"], state("HAL-3")["blocked_count"]) == ("PLANNING", 2)
    shown = company.do(edges.dependencies, "HAL-3")
    assert {(d.key, d.status.value) for d in shown} == {("HAL-1", "FAILED"), ("HAL-2", "CANCELLED")}
    company.do(dependencies.remove_dependency, "HAL-3", "HAL-1")
    company.do(dependencies.remove_dependency, "HAL-3", "HAL-2")
    assert state("HAL-3")["status"] == "READY"


def test_a_new_blocker_sends_a_ready_task_back_and_is_refused_to_a_started_one(company: Company) -> None:
    worker, project = company.agent(), company.project()
    company.task(project)
    company.task(project)
    bring(company, worker, "READY")
    company.do(dependencies.add_dependency, "HAL-1", DependencyIn(depends_on="hal-2"))
    assert (state("HAL-1")["status"], queued()) == ("PLANNING", set())
    company.do(dependencies.remove_dependency, "HAL-1", "HAL-2")
    company.do(claims.assign, "HAL-1", AssignIn(agent_id=worker.id))
    with pytest.raises(Conflict, match="has started"):
        company.do(dependencies.add_dependency, "HAL-1", DependencyIn(depends_on="HAL-2"))
    assert state("HAL-1")["blocked_count"] == 0
    company.do(
        dependencies.add_dependency, "HAL-1", DependencyIn.model_validate({"depends_on": "HAL-2", "kind": "relates"})
    )
    assert state("HAL-1")["blocked_count"] == 0


def test_the_worker_reviews_nothing_of_its_own_and_another_agent_may(company: Company) -> None:
    worker, other = company.agent(), company.agent()
    company.task(company.project())
    bring(company, worker, "REVIEW")
    for to in ("COMPLETED", "IN_PROGRESS", "FAILED"):
        with pytest.raises(Forbidden, match="can't review"):
            company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status(to)), actor=agent(worker.id))
    done = company.do(lifecycle.transition, "HAL-1", MoveIn(to=Status.COMPLETED), actor=agent(other.id)).parse()
    assert done.status == "COMPLETED"


def test_nobody_commits_a_move_of_a_refused_request(company: Company) -> None:
    company.task(company.project())
    with pytest.raises(Conflict):
        door.run(
            company.owner.actor,
            lambda work: (
                lifecycle.transition(work, "HAL-1", MoveIn(to=Status.PLANNING)),
                lifecycle.transition(work, "HAL-1", MoveIn(to=Status.REVIEW)),
            ),
            write=True,
        )
    assert state("HAL-1")["status"] == "CREATED"


def test_a_flagged_task_that_is_released_waits_in_planning_and_its_run_ends(company: Company) -> None:
    worker, project = company.agent(), company.project()
    company.task(project)
    bring(company, worker, "COMPLETED")
    company.task(project, "started", ready=True, depends_on=["HAL-1"])
    company.do(claims.assign, "HAL-2", AssignIn(agent_id=worker.id))
    move(company, "IN_PROGRESS", "HAL-2")
    move(company, "READY")
    move(company, "READY", "HAL-2")
    assert state("HAL-2")["status"] == "PLANNING"
    with db.engine().connect() as connection:
        query = "select x.status from task_executions x join tasks t on t.id = x.task_id where t.key = 'HAL-2'"
        assert connection.exec_driver_sql(query).scalars().all() == ["cancelled"]
