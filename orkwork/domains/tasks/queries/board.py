"""Reading a project's board: the first cards of each lane, and how many there are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.sla import rules as sla
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.queries.seen import BoardCard, BoardOut
from orkwork.domains.tasks.queries.tasks import HELD, OPEN_CRITERIA, TaskFilter, standing_of

LANE = 50
"""Cards of a lane at first."""
MOST = 2000
"""Cards of a lane at most."""
_ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
_COLUMNS = f"""
  t.id, t.project_id, t.key, t.title, t.status, (array['urgent','high','medium','low','none'])[t.priority + 1] as priority,
  t.review_required, t.blocked_count, t.flagged, t.assignee_id, t.worker_id, t.fence, t.created_by_id, t.due_at, t.crit,
  {HELD}, {OPEN_CRITERIA},
  (select a.name from agents a where a.id = t.assignee_id) as assignee_name,
  coalesce((select r.amount_usd from cost_rollup r where r.kind = 'task' and r.key = t.id::text
    and r.day = '0001-01-01' and r.shard = 0), 0) as cost_usd,
  case when t.status = 'IN_PROGRESS' then (select x.progress from task_executions x
    where x.task_id = t.id and x.status = 'running' limit 1) end as progress,
  (select count(*) from task_dependencies d where d.task_id = t.id) as depends,
  case when t.blocked_count > 0 then (select array_agg(b.key order by b.number) from (
    select n.key, n.number from task_dependencies d join tasks n on n.id = d.depends_on_id
    where d.task_id = t.id and d.kind = 'blocks' and n.status <> 'COMPLETED' limit 3) b) end as blockers,
  case when t.status = 'FAILED' then (select x.failure from task_executions x
    where x.task_id = t.id order by x.run desc limit 1) end as failure,
  jsonb_array_length(t.acceptance_criteria) as criteria,
  case when t.acceptance_criteria <> '[]' then
    (select count(*) from jsonb_array_elements(t.acceptance_criteria) c where c ->> 'state' = 'met') else 0 end as criteria_done,
  k.response_limit_seconds, k.response_seconds, k.response_ended_at, k.response_due_at, k.resolution_limit_seconds,
  k.resolution_ended_at, k.resolution_due_at, k.counted_seconds, k.running_since
"""
_TASKS = "tasks t left join sla_clocks k on k.task_id = t.id"
_OPEN_LANES = f"""
select c.* from unnest(%(statuses)s::text[], %(takes)s::int[]) as s(status, take)
cross join lateral (
  select {_COLUMNS} from {_TASKS} where t.project_id = %(project)s and t.status = s.status and {{where}}
  order by t.priority, t.id limit s.take) c
"""
# A status that stands in the text lets the planner read the index that holds the ended tasks alone.
_ENDED_LANE = f"""
(select {_COLUMNS} from {_TASKS} where t.project_id = %(project)s and t.status = '{{status}}' and {{where}}
 order by t.updated_at desc, t.id desc limit %({{status}})s)
"""
_TALLY = "select status, sum(tasks)::int as tasks from task_tallies where project_id = %(project)s group by status"
_COUNT = "select t.status, count(*)::int as tasks from tasks t where t.project_id = %(project)s and {where} group by t.status"


@query("tasks:read")
def board(
    work: Work, project_id: UUID, filters: TaskFilter | None = None, shown: dict[str, int] | None = None
) -> BoardOut:
    """The first cards of each lane with their legal moves, open lanes by priority, ended ones latest first, and the
    number of tasks in each. `shown` asks for more than 50 of a status."""
    if work.actor.projects is not None and project_id not in work.actor.projects:
        raise NotFound("project.not_found", f"There is no project {project_id}")
    conditions, params = (filters or TaskFilter()).conditions()
    where = " and ".join(["true", *conditions])
    takes = {status.value: min(MOST, max(LANE, (shown or {}).get(status, LANE))) for status in Status}
    going = [status.value for status in Status if status not in _ENDED]
    params |= {"project": project_id, "statuses": going, "takes": [takes[status] for status in going]} | takes
    ended = " union all ".join(_ENDED_LANE.format(status=status.value, where=where) for status in _ENDED)
    rows = work.all(_OPEN_LANES.format(where=where), params) + work.all(ended, params)
    now = clock.now()
    counted = work.all(_COUNT.format(where=where) if conditions else _TALLY, params)
    return BoardOut(
        cards=[_card(row, now) for row in rows], counts={row["status"]: row["tasks"] for row in counted if row["tasks"]}
    )


def _card(row: dict[str, Any], now: datetime) -> BoardCard:
    standing = standing_of(row)
    legal = rules.legal(standing)
    barred = [to for to in rules.TRANSITIONS[standing.status] if to not in legal]
    told = {"barred": barred, "blockers": row["blockers"] or [], "sla": sla.tighter(row, now)}
    return BoardCard.model_validate(row | told)


@query("tasks:read")
def open_tasks(work: Work) -> int:
    """How many tasks are neither completed, failed nor cancelled, in projects that go on."""
    row = work.one(
        "select coalesce(sum(y.tasks), 0)::int as tasks from task_tallies y join projects p on p.id = y.project_id "
        "where p.status <> 'archived' and not y.status = any(%(ended)s) "
        "and (%(visible)s::uuid[] is null or p.id = any(%(visible)s))",
        {"ended": [s.value for s in _ENDED], "visible": work.actor.projects},
    )
    return row["tasks"] if row else 0
