"""Removing the demo: first it stops, at once; then a job erases it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orkwork.core.actor import Role
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.agents import service as agents
from orkwork.domains.audit import service as audit
from orkwork.domains.demo import queries
from orkwork.domains.demo.events import DemoRemoved
from orkwork.domains.demo.schemas import RemovalOut
from orkwork.domains.demo.service import erasing, ledger
from orkwork.domains.projects import service as projects
from orkwork.domains.projects.models import ProjectStatus
from orkwork.domains.projects.schemas import ProjectPatch
from orkwork.domains.tasks.models import ExecutionStatus, Status
from orkwork.domains.tasks.queries.tasks import standing_row
from orkwork.domains.tasks.service import moving
from orkwork.domains.tasks.service.dependencies import EDGE_LOCK

BATCH = 20_000
"""Events erased at once; what is more waits for the next round."""
_HELD = """
select t.id, t.status from tasks t join projects p on p.id = t.project_id
where t.status in ('ASSIGNED', 'IN_PROGRESS') and {which} order by t.id for no key update of t
"""
_BY_DEMO = "t.assignee_id in (select id from agents where demo)"
_EVENTS = "e.project_id = any(%(projects)s) or e.actor_id = any(%(agents)s) or e.subject_id = any(%(subjects)s)"


@dataclass(frozen=True, slots=True)
class _Demo:
    """The ids of all that goes; its rows are locked."""

    agents: list[UUID]
    projects: list[UUID]
    tasks: list[UUID]
    keys: list[UUID]

    @property
    def params(self) -> dict[str, Any]:
        """As the statements take them."""
        subjects = [*self.agents, *self.projects, *self.keys]
        return {"agents": self.agents, "projects": self.projects, "tasks": self.tasks, "subjects": subjects}


@operation(None, role=Role.OWNER, agents=False)
def remove_demo(work: Work) -> RemovalOut:
    """End the demo: its agents retire, their keys die, its projects are archived. Its rows go within seconds."""
    work.sql("select pg_advisory_xact_lock(7, 4)")
    _give_back(work, f"(p.demo or {_BY_DEMO})")
    leaving = work.all("select id from agents where demo and status <> 'retired' order by id")
    for row in leaving:
        agents.retire_agent(work, row["id"])
    closing = work.all("select id from projects where demo and status <> 'archived' order by id")
    for row in closing:
        projects.update_project(work, row["id"], ProjectPatch(status=ProjectStatus.ARCHIVED))
    return RemovalOut(agents=len(leaving), projects=len(closing))


def _give_back(work: Work, which: str) -> None:
    """Release what is held, so that real agents are free again and real tasks find another."""
    for held in work.all(_HELD.format(which=which)):
        lost = ExecutionStatus.LOST if held["status"] == Status.IN_PROGRESS else None
        extra = moving.Extra(run_status=lost, told={"reason": "the demo was removed"})
        moving.move(work, standing_row(work, held["id"]), Status.READY, extra)


@operation(None, users=False, agents=False)
def sweep(work: Work) -> int:
    """Erase a demo that was ended, once the log is sealed; how many events went, 0 when there is nothing to do yet."""
    if not queries.leaving(work):
        return 0
    mine = work.one("select pg_try_advisory_xact_lock(7, 6) as mine")
    if mine is None or not mine["mine"]:
        return 0
    while audit.seal(work) == audit.BATCH:
        pass
    demo = _locked(work)
    if _is_unsealed(work, demo):
        return 0
    some = f"e.seq in (select e.seq from events e where {_EVENTS} limit {BATCH})"
    gone = audit.erase(work, some, demo.params, "demo")
    if gone < BATCH:
        _delete(work, demo)
        work.emit(DemoRemoved(subject_id=None, after={"agents": len(demo.agents), "projects": len(demo.projects)}))
    return gone


def _locked(work: Work) -> _Demo:
    """Lock agents, projects and tasks: whoever still writes is waited for, and nobody begins to."""
    work.sql(EDGE_LOCK)
    _give_back(work, f"not p.demo and {_BY_DEMO}")
    rows = {
        name: [row["id"] for row in work.all(statement)]
        for name, statement in (
            ("agents", "select id from agents where demo order by id for update"),
            ("projects", "select id from projects where demo order by id for update"),
            (
                "tasks",
                "select t.id from tasks t where t.project_id in (select id from projects where demo) "
                "order by t.id for update",
            ),
            ("keys", "select k.id from api_keys k join agents a on a.id = k.agent_id where a.demo"),
        )
    }
    return _Demo(**rows)


def _is_unsealed(work: Work, demo: _Demo) -> bool:
    """Whether an event is younger than the sealing; it waits for the next round, since its hash has to stay."""
    return (
        work.one(
            f"select from events e where ({_EVENTS}) "
            "and not exists (select from event_log l where l.seq = e.seq) limit 1",
            demo.params,
        )
        is not None
    )


def _delete(work: Work, demo: _Demo) -> None:
    ledger.forget(work, demo.params)
    erasing.let_go(work, demo.params)
    erasing.delete(work, demo.params)
    for kind in ("agent", "project", "task", "cost"):
        work.hint("demo.removed", kind, None, None)
