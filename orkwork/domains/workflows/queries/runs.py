"""Reading runs."""

from collections import Counter
from typing import Any
from uuid import UUID

from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.queries import rows
from orkwork.domains.workflows.rules import standing
from orkwork.domains.workflows.rules import steps as graph
from orkwork.domains.workflows.rules.outcomes import SKIPPED, WAITING
from orkwork.domains.workflows.schemas.templates import RunItem, RunOut, RunStepOut

_ITEM = """
r.id, r.workflow_id, w.key as workflow_key, w.name as workflow_name, r.project_id, r.number, r.version_number, r.state,
r.trigger, coalesce((select s.name from workflow_schedules s where s.id = r.trigger_id),
  (select t.name from workflow_triggers t where t.id = r.trigger_id),
  (select h.name from workflow_hooks h where h.id = r.trigger_id)) as trigger_name,
r.trigger_key, r.attempt, r.tasks, r.completed, r.failed, r.cancelled, r.started_by_kind, r.started_by_name, r.created_at,
r.started_at, r.ended_at, r.version
"""
_FROM = """
from workflow_runs r join workflows w on w.id = r.workflow_id
where (%(visible)s::uuid[] is null or r.project_id = any(%(visible)s))
"""
_NEWEST = [Order("r.id", "uuid", True)]


@query("tasks:read")
def runs(
    work: Work,
    *,
    ref: str | UUID | None = None,
    states: list[RunState] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> PageOut[RunItem]:
    """One page of runs, the newest first; of one workflow, or of all. Those that go on stand as their tasks do now; `states`
    looks at what was counted, which is up to two seconds old."""
    behind, keys = after(_NEWEST, cursor)
    workflow_id = None if ref is None else rows.workflow_row(work, ref)["id"]
    named = {"visible": work.actor.projects, "workflow": workflow_id, "states": [s.value for s in states or RunState]}
    found = work.all(
        f"select {_ITEM} {_FROM} and (%(workflow)s::uuid is null or r.workflow_id = %(workflow)s) "
        f"and r.state = any(%(states)s) and {behind} order by {order_by(_NEWEST)} limit {int(limit) + 1}",
        named | keys,
    )
    kept, following = page_of(found, limit, ["id"])
    now = rows.live(work, {row["id"]: row["state"] for row in kept})
    items = [RunItem.model_validate(row | now.get(row["id"], {})) for row in kept]
    return PageOut(items=items, next_cursor=following)


_STEPS = """
select s.step, s.task_id, s.status as known, t.key as task_key, t.title, t.status, t.started_at, t.completed_at,
  a.name as assignee_name
from workflow_run_steps s left join tasks t on t.id = s.task_id left join agents a on a.id = t.assignee_id
where s.run_id = %(id)s order by s.position
"""
_COST = """
select coalesce(sum(c.amount_usd), 0) as cost_usd from workflow_run_steps s
join cost_rollup c on c.kind = 'task' and c.key = s.task_id::text where s.run_id = %(id)s
"""


@query("tasks:read")
def run(work: Work, run_id: UUID) -> RunOut:
    """One run with its steps as their tasks stand now, and its state as it follows from them, counted or not yet."""
    found = work.one(
        f"select {_ITEM}, r.inputs {_FROM} and r.id = %(id)s", {"visible": work.actor.projects, "id": run_id}
    )
    if found is None:
        raise rows.missing_run(run_id)
    made = work.all(_STEPS, {"id": run_id})
    cost = work.one(_COST, {"id": run_id})
    steps = _steps(rows.version_row(work, found["workflow_id"], found["version_number"])["steps"], made)
    return RunOut.model_validate(found | (cost or {}) | _standing(found, steps) | {"steps": steps})


def _standing(row: dict[str, Any], steps: list[RunStepOut]) -> dict[str, Any]:
    if row["state"] == RunState.QUEUED or not row["started_at"]:
        return {}
    counts = Counter(step.status for step in steps if step.status != SKIPPED)
    state = standing.state_of(counts, RunState(row["state"]))
    return standing.numbers_of(counts) | {"state": state}


def _steps(template: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> list[RunStepOut]:
    """The steps of the version; before a run begins they wait."""
    made = {row["step"]: row for row in tasks}
    skipped = [key for key, row in made.items() if row["known"] == SKIPPED]
    whole = {step["key"]: step["depends_on"] for step in template}
    needs = graph.without(whole, skipped)
    found = []
    for step in template:
        row = made.get(step["key"], {})
        kept = row["known"] if row.get("known") in (SKIPPED, WAITING) else None
        lost = "CANCELLED" if row else "CREATED"
        found.append(
            RunStepOut(
                step=step["key"],
                title=row.get("title") or step["title"],
                depends_on=needs[step["key"]] if step["key"] in needs else whole[step["key"]],
                status=kept or row.get("status") or lost,
                **{name: row.get(name) for name in RunStepOut.model_fields if name in _OF_TASK},
            )
        )
    return found


_OF_TASK = ("task_id", "task_key", "assignee_name", "started_at", "completed_at")
