"""What a policy does about an anomaly, recorded as a decision, and taking it back."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import BudgetExceeded, Conflict
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.agents import service as agents
from orkwork.domains.agents.models import Agent, AgentStatus
from orkwork.domains.agents.schemas import AgentPatch
from orkwork.domains.anomalies import events, rules
from orkwork.domains.anomalies.models import Anomaly, AnomalyAction, AnomalyRule
from orkwork.domains.anomalies.queries import listing
from orkwork.domains.anomalies.schemas import AnomalyOut
from orkwork.domains.decisions.events import DecisionRecorded
from orkwork.domains.decisions.models import Category
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import AssignIn, MoveIn
from orkwork.domains.tasks.service import claims, lifecycle

_HELD = """
select id, key from tasks where assignee_id = %(agent)s and status in ('ASSIGNED', 'IN_PROGRESS') order by id limit 1000
"""
_PASS = """
insert into task_passes (task_id, agent_id, passed_at) values (%(task)s, %(agent)s, %(now)s)
on conflict (task_id, agent_id) do update set passed_at = excluded.passed_at
"""
_DECIDED = """
insert into decisions (id, category, status, title, agent_id, project_id, context, options, reasoning, decided_by_kind,
  decided_by_id, decided_by_name, created_at, resolved_at, version)
values (%(id)s, %(category)s, 'recorded', %(title)s, %(agent_id)s, %(project_id)s, %(context)s, '[]', %(reasoning)s, %(kind)s,
  %(by)s, %(name)s, %(now)s, %(now)s, 1)
"""
_ACTED = "update anomalies set action = %(action)s, decision_id = %(decision)s, undo = %(undo)s where id = %(id)s"
_DOES = {AnomalyAction.PAUSE_AGENT: "{name} paused", AnomalyAction.GIVE_BACK: "Tasks of {name} given back: {keys}"}


def act(work: Work, row: dict[str, Any], action: AnomalyAction | None) -> None:
    """Do at once what the policy says about an anomaly that was just found; nothing where there is nothing to do."""
    if action is None or row["agent_id"] is None:
        return
    agent = work.get(Agent, row["agent_id"], lock=True)
    if agent.status != AgentStatus.ACTIVE:
        return
    if action is AnomalyAction.PAUSE_AGENT:
        agents.update_agent(work, agent.id, AgentPatch(status=AgentStatus.PAUSED))
        undo: dict[str, Any] = {"resumes": str(agent.id)}
        keys: list[str] = []
    else:
        held = _give_back(work, agent.id)
        if not held:
            return
        keys = [task["key"] for task in held]
        undo = {"agent_id": str(agent.id), "tasks": [str(task["id"]) for task in held]}
    title = _DOES[action].format(name=agent.name, keys=", ".join(keys[:5]))
    decision_id = _record(work, row, title, "the policy for this anomaly", {"action": action.value, "tasks": keys})
    work.sql(_ACTED, {"action": action, "decision": decision_id, "undo": Jsonb(undo), "id": row["id"]})
    told = {"action": action.value, "decision_id": decision_id, "tasks": keys}
    work.emit(
        events.AnomalyActed(
            subject_id=row["id"], subject_label=row["subject"][:200], project_id=row["project_id"], after=told
        )
    )


def _give_back(work: Work, agent_id: UUID) -> list[dict[str, Any]]:
    held = work.all(_HELD, {"agent": agent_id})
    for task in held:
        lifecycle.transition(work, task["id"], MoveIn(to=Status.READY, reason="anomaly"))
        work.sql(_PASS, {"task": task["id"], "agent": agent_id, "now": clock.now()})
    return held


def _record(work: Work, row: dict[str, Any], title: str, reasoning: str, about: dict[str, Any]) -> UUID:
    """Keep a decision that was carried out already, with what it rests on."""
    decision_id, actor = uuid7(), work.actor
    says = rules.says(AnomalyRule(row["rule"]), row["subject"], row["figures"])
    context = {"about": "anomaly", "anomaly_id": str(row["id"]), "rule": row["rule"], "says": says} | about
    params = {
        "id": decision_id,
        "category": Category.ESCALATE,
        "title": title[:300],
        "agent_id": row["agent_id"],
        "project_id": row["project_id"],
        "context": Jsonb(context),
        "reasoning": reasoning,
        "kind": actor.kind.value,
        "by": actor.id,
        "name": actor.name,
        "now": clock.now(),
    }
    work.sql(_DECIDED, params)
    told = {"category": Category.ESCALATE, "agent_id": row["agent_id"]} | about
    work.emit(DecisionRecorded(subject_id=decision_id, subject_label=title, project_id=row["project_id"], after=told))
    return decision_id


@operation(None, role=Role.ADMIN, agents=False)
def undo(work: Work, anomaly_id: UUID) -> AnomalyOut:
    """Take back what the system did about an anomaly: the agent works again, or gets back those of its tasks that are
    still free. 409 when there is nothing to take back, or it was taken back already."""
    row = work.get(Anomaly, listing.anomaly(work, anomaly_id).id, lock=True)
    if row.undo is None or row.undone_at is not None:
        raise Conflict(
            "anomaly.nothing_to_undo",
            "There is nothing to take back" if row.undo is None else "It was taken back already",
            "Read the anomaly again: `action` and `undone_at` say what happened.",
        )
    done = _take_back(work, row.undo)
    row.sqlmodel_update({"undone_at": clock.now(), "undone_by": work.actor.name, "version": row.version + 1})
    work.session.flush()
    _record(work, row.model_dump(), f"Taken back: {row.subject}"[:300], "a person took it back", done)
    work.emit(
        events.AnomalyUndone(subject_id=row.id, subject_label=row.subject[:200], project_id=row.project_id, after=done)
    )
    return listing.anomaly(work, anomaly_id)


def _take_back(work: Work, kept: dict[str, Any]) -> dict[str, Any]:
    if "resumes" in kept:
        agent = work.get(Agent, UUID(kept["resumes"]), lock=True)
        if agent.status == AgentStatus.PAUSED:
            agents.update_agent(work, agent.id, AgentPatch(status=AgentStatus.ACTIVE))
        return {"resumed": agent.name}
    given = []
    for task_id in kept["tasks"]:
        try:
            claims.assign(work, task_id, AssignIn(agent_id=UUID(kept["agent_id"])))
        except (Conflict, BudgetExceeded):  # somebody else has it by now, or the agent has no room
            continue
        given.append(task_id)
    return {"given_again": given}
