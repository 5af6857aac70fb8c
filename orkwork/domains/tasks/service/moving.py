"""The one statement that moves a task: state, queue, load, execution and facts together, or nothing.

It is conditional on the version that the guards looked at, so of two concurrent moves exactly one wins.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock, events
from orkwork.core.ids import uuid7
from orkwork.core.schema import Json
from orkwork.core.work import Work
from orkwork.domains.decisions.rules import asking as questions
from orkwork.domains.decisions.schemas import Asking
from orkwork.domains.tasks import rules
from orkwork.domains.tasks.models import ExecutionStatus, Failure, Status
from orkwork.domains.tasks.queries import candidates, shapes
from orkwork.domains.tasks.schemas import TaskOut

_TEMPLATE = f"""
with queued as materialized (  -- the queue's row before the task's, as a claim locks them
  select task_id from ready_tasks where task_id = %(id)s for update),
upd as (
  update tasks t set
    status = %(to)s::text, version = t.version + 1, updated_at = %(e_now)s,
    assignee_id = case when %(keeps_assignee)s then t.assignee_id end,
    former_id = case when %(keeps_assignee)s then t.former_id else coalesce(t.assignee_id, t.former_id) end,
    auto_assigned = t.auto_assigned and %(keeps_assignee)s,
    worker_id = case when %(to)s::text = 'IN_PROGRESS' then t.assignee_id else t.worker_id end,
    fence = t.fence + %(fence_step)s,
    lease_until = %(lease_until)s,
    flagged = t.flagged and %(to)s::text not in ('READY', 'PLANNING', 'CREATED'),
    ready_at = case when %(to)s::text = 'READY' then coalesce(t.ready_at, %(e_now)s::timestamptz) else t.ready_at end,
    started_at = case when %(to)s::text = 'IN_PROGRESS' then coalesce(t.started_at, greatest(%(e_now)s::timestamptz, t.ready_at))
      else t.started_at end,
    completed_at = case when %(to)s::text = 'COMPLETED' then %(e_now)s::timestamptz end,
    reopened_count = t.reopened_count + %(reopens)s::int,
    acceptance_criteria = case when %(reopens)s then unverified(t.acceptance_criteria) else t.acceptance_criteria end,
    retry_at = %(retry_at)s,
    retry_count = case when %(begins_anew)s then 0 else t.retry_count + %(retry_step)s end,
    attempts_from = case when %(begins_anew)s then %(e_now)s else t.attempts_from end,
    waiting_since = case when %(waits)s then coalesce(%(retry_at)s, %(e_now)s) else t.waiting_since end,
    waiting_told_at = case when %(waits)s then null else t.waiting_told_at end
  where t.id = %(id)s and t.version = %(version)s and (select count(*) from queued) >= 0
  returning t.*),
offered as (
  insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit)
  select u.id, u.project_id, u.capset_id, u.priority, coalesce(u.due_at, 'infinity'), u.crit
  from upd u join projects p on p.id = u.project_id and p.status = 'active'
  where u.status = 'READY' and u.retry_at is null on conflict do nothing),
withdrawn as (
  delete from ready_tasks r using upd u where r.task_id = u.id and u.status <> 'READY'),
load as (
  update agent_load l set running = greatest(0, l.running + %(load_step)s::int)
  where l.agent_id = %(agent_id)s::uuid and %(load_step)s::int <> 0 and exists (select from upd)),
ended as (
  update task_executions x set
    status = %(run_status)s::text, ended_at = greatest(%(e_now)s::timestamptz, x.started_at), version = x.version + 1,
    progress = case when %(run_status)s::text = 'succeeded' then 100 else coalesce(%(x_progress)s, x.progress) end,
    note = coalesce(%(x_note)s, x.note), failure = %(x_failure)s, failure_detail = %(x_failure_detail)s,
    output = coalesce(%(x_output)s, x.output), input_tokens = coalesce(%(x_input_tokens)s, x.input_tokens),
    output_tokens = coalesce(%(x_output_tokens)s, x.output_tokens),
    reported_cost_usd = coalesce(%(x_reported_cost_usd)s, x.reported_cost_usd),
    duration_ms = coalesce(%(x_duration_ms)s, x.duration_ms)
  from upd u where x.task_id = u.id and x.status = 'running' and %(run_status)s::text is not null
  returning x.*),
<more parts>
started as (
  insert into task_executions (id, task_id, project_id, agent_id, run, fence, status, note, started_at, version)
  select %(run_id)s, u.id, u.project_id, u.assignee_id,
    (select coalesce(max(run), 0) + 1 from task_executions o where o.task_id = u.id), u.fence, 'running', '',
    greatest(%(e_now)s::timestamptz, u.ready_at), 1
  from upd u where %(run_id)s::uuid is not null
  returning *),
facts as (
  select 'task.moved' as name, 'task' as subject_kind, u.id as subject_id, u.key as subject_label, u.project_id,
    jsonb_build_object('status', %(before)s::text) as before,
    jsonb_build_object('status', u.status, 'agent_id', %(agent_id)s::uuid) || %(told)s as after
  from upd u
  union all
  select 'execution.ended', 'execution', x.id, u.key, x.project_id, '{{"status": "running"}}',
    jsonb_build_object('status', x.status, 'task_id', x.task_id, 'agent_id', x.agent_id, 'failure', x.failure)
  from ended x, upd u
  <more facts>
  union all
  select 'execution.started', 'execution', x.id, u.key, x.project_id, null,
    jsonb_build_object('status', x.status, 'task_id', x.task_id, 'agent_id', x.agent_id, 'run', x.run)
  from started x, upd u),
{events.EMIT}
select {shapes.as_json(shapes.task("u"))}::text as body, u.version, u.id, u.key, u.project_id, u.fence, u.lease_until,
  (select {shapes.as_json(shapes.execution("x", "u"))}::text from (select * from started union all select * from ended) x) as run,
  case when %(settles)s::boolean is not null then settle_dependants(u.id, %(settles)s, %(telling)s) end as settled
from upd u
"""
_MOVE = _TEMPLATE.replace("<more parts>\n", "").replace("  <more facts>\n", "")
_FAIL = _TEMPLATE.replace(
    "<more parts>",
    """
asked as (  -- one question about a task at a time: a newer one takes the place of the older
  insert into decisions (id, category, status, title, task_id, agent_id, project_id, context, options, recommendation,
    reasoning, created_at, version, likeness, facts)
  select %(d_id)s, 'escalate', 'pending', %(d_title)s, u.id, %(agent_id)s, u.project_id, %(d_context)s, %(d_options)s,
    %(d_recommendation)s, '', %(e_now)s, 1, %(d_likeness)s,
    case when u.status = 'FAILED' then jsonb_build_object('task.status', u.status) else '{}' end
  from upd u where %(d_id)s::uuid is not null
  on conflict (category, task_id) where status = 'pending' and asked_by_kind is null do update set title = excluded.title,
    agent_id = excluded.agent_id, context = excluded.context, options = excluded.options,
    recommendation = excluded.recommendation, created_at = excluded.created_at, likeness = excluded.likeness, facts = excluded.facts,
    rule_note = '', version = decisions.version + 1
  returning *),
barred as (
  insert into task_bars (agent_id, task_id, failure, runs, run, tripped_at)
  select %(agent_id)s, u.id, %(x_failure)s, %(bar_runs)s, x.run, %(e_now)s from upd u, ended x where %(bar_runs)s::int is not null
  on conflict (agent_id, task_id) do update set failure = excluded.failure, runs = excluded.runs, run = excluded.run,
    tripped_at = excluded.tripped_at, lifted_at = null
  returning *),""",
).replace(
    "<more facts>",
    """union all
  select 'decision.needed', 'decision', d.id, d.title, d.project_id, null,
    jsonb_build_object('category', d.category, 'task_id', d.task_id,
      'options', (select jsonb_agg(o ->> 'label') from jsonb_array_elements(d.options) o)) from asked d
  union all
  select 'task.looping', 'task', u.id, u.key, u.project_id, null,
    jsonb_build_object('agent_id', b.agent_id, 'failure', b.failure, 'runs', b.runs) from barred b, upd u""",
)


@dataclass(frozen=True, kw_only=True)
class Extra:
    """What a move may carry beside its target."""

    lease_until: datetime | None = None
    retry_at: datetime | None = None
    is_retry: bool = False
    run_status: ExecutionStatus | None = None
    """How the running execution ends, where it differs from the rule."""
    report: dict[str, Any] = field(default_factory=dict)
    """The last report of the execution that ends."""
    told: dict[str, Any] = field(default_factory=dict)
    """What the fact says beside the states: a reason."""
    asking: Asking | None = None
    """What a person is asked in the same breath."""
    bar_runs: int | None = None
    """After so many failures alike the loop breaker keeps the task from its agent."""


@dataclass(frozen=True)
class Moved:
    """What became of the task."""

    task: Json[TaskOut]
    fence: int
    lease_until: datetime | None
    run: str | None
    """The execution that started or ended, as JSON."""


REPORT = (
    "progress",
    "note",
    "failure",
    "failure_detail",
    "output",
    "input_tokens",
    "output_tokens",
    "reported_cost_usd",
    "duration_ms",
)


def move(work: Work, row: dict[str, Any], to: Status, extra: Extra | None = None) -> Moved | None:
    """Move the task of a standing row; None when it changed since the row was read."""
    before, extra = Status(row["status"]), extra or Extra()
    if to is Status.READY and row["blocked_count"]:
        to = Status.PLANNING
    settles = {Status.COMPLETED: True}.get(to, False if before is Status.COMPLETED else None)
    run_status = extra.run_status or (rules.RUN_ENDS_AS.get(to) if before is Status.IN_PROGRESS else None)
    starts = before is Status.ASSIGNED and to is Status.IN_PROGRESS
    if starts:
        candidates.check_budgets(work, row["assignee_id"], row["project_id"])
    params = work.telling() | {
        "id": row["id"],
        "version": row["version"],
        "before": before,
        "to": to,
        "keeps_assignee": to in (*rules.STARTED, Status.FAILED),
        "fence_step": 1 if before in rules.HELD and to not in rules.STARTED else 0,
        "lease_until": extra.lease_until,
        "retry_at": extra.retry_at,
        "retry_step": int(extra.is_retry),
        "begins_anew": before in (Status.FAILED, Status.COMPLETED) and to in (Status.READY, Status.PLANNING),
        "waits": to is Status.READY and before is not Status.ASSIGNED,
        "agent_id": row["assignee_id"],
        "load_step": (to in rules.HELD) - (before in rules.HELD),
        "run_status": run_status,
        "run_id": uuid7() if starts else None,
        "told": Jsonb(extra.told),
        "settles": settles,
        "reopens": before is Status.COMPLETED,  # what was accepted is looked at again
        "telling": work.telling_json() if settles is not None else None,
    }
    params |= {f"x_{name}": extra.report.get(name) for name in REPORT}
    if run_status is ExecutionStatus.FAILED:
        params["x_failure"] = params["x_failure"] or Failure.OTHER
    says_more = extra.asking is not None or extra.bar_runs is not None
    moved = work.one(_FAIL, params | _asking(extra, row["project_id"])) if says_more else work.one(_MOVE, params)
    return None if moved is None else _heard(work, moved)


def _asking(extra: Extra, project_id: UUID) -> dict[str, Any]:
    asking = extra.asking
    if asking is None:
        nothing = dict.fromkeys(("d_id", "d_title", "d_context", "d_options", "d_recommendation", "d_likeness"))
        return nothing | {"bar_runs": extra.bar_runs}
    return {
        "d_id": uuid7(),
        "d_title": asking.title,
        "d_context": Jsonb(asking.context),
        "d_options": Jsonb(questions.frozen(asking.options)),
        "d_recommendation": asking.recommendation,
        "d_likeness": questions.likeness_of(asking, project_id),
        "bar_runs": extra.bar_runs,
    }


def _heard(work: Work, moved: dict[str, Any]) -> Moved:
    work.hint("task.moved", "task", moved["id"], moved["project_id"])
    if moved["run"]:
        work.hint("execution.changed", "execution", None, moved["project_id"])
        work.hint("decision.needed", "decision", None, moved["project_id"])
    for dependant in moved["settled"] or ():
        work.hint("task.moved", "task", dependant, moved["project_id"])
    return Moved(Json(TaskOut, moved["body"], moved["version"]), moved["fence"], moved["lease_until"], moved["run"])


def lease(seconds: int | None) -> datetime:
    """When silence from now on gives the task back."""
    until = clock.later(clock.now(), seconds or rules.LEASE_SECONDS)
    assert until is not None
    return until
