"""Rows as the JSON that leaves: PostgreSQL writes it, so that no row is decoded only to be encoded again.

A test holds each shape against its schema.
"""

from orkwork.domains.projects.queries import hold_of

_ITEM = """
  {t}.id, {t}.key, {t}.project_id, {t}.title, {t}.kind, {t}.status,
  (array['urgent','high','medium','low','none'])[{t}.priority + 1] as priority,
  {t}.labels, {t}.required_capabilities, {t}.review_required, {t}.auto_assigned, {t}.assignee_id,
  (select a.name from agents a where a.id = {t}.assignee_id) as assignee_name,
  {t}.worker_id, {t}.lease_until, {t}.blocked_count, {t}.flagged, {t}.retry_count, {t}.max_retries, {t}.retry_at,
  {t}.estimate_minutes, {t}.due_at,
  coalesce((select trim_scale(r.amount_usd)::text from cost_rollup r where r.kind = 'task' and r.key = {t}.id::text
    and r.day = '0001-01-01' and r.shard = 0), '0') as cost_usd,
  case when {t}.status = 'IN_PROGRESS' then (select x.progress from task_executions x
    where x.task_id = {t}.id and x.status = 'running' limit 1) end as progress,
  {t}.source, {t}.external_id, {t}.external_url, {t}.created_by_kind, {t}.created_by_id,
  {t}.created_at, {t}.updated_at, {t}.ready_at, {t}.started_at, {t}.completed_at, {t}.version
"""


def item(table: str = "t") -> str:
    """The columns of `TaskItem`."""
    return _ITEM.format(t=table)


def task(table: str = "t") -> str:
    """The columns of `TaskOut`."""
    return f"{item(table)}, {table}.description, {table}.acceptance_criteria, {table}.limits"


def execution(run: str = "x", task_table: str = "t") -> str:
    """The columns of `ExecutionOut`."""
    return f"""
  {run}.id, {run}.task_id, {task_table}.key as task_key, {task_table}.title as task_title, {run}.project_id, {run}.agent_id,
  (select a.name from agents a where a.id = {run}.agent_id) as agent_name, {run}.run, {run}.status, {run}.progress,
  {run}.note, {run}.failure, {run}.failure_detail, {run}.output, {run}.input_tokens, {run}.output_tokens,
  trim_scale({run}.reported_cost_usd)::text as reported_cost_usd,
  coalesce((select trim_scale(r.amount_usd)::text from cost_rollup r where r.kind = 'execution' and r.key = {run}.id::text
    and r.day = '0001-01-01' and r.shard = 0), '0') as cost_usd,
  coalesce({run}.duration_ms, (extract(epoch from {run}.ended_at - {run}.started_at) * 1000)::bigint) as duration_ms,
  case when {run}.status = 'running' then {hold_of(f"{run}.project_id")} end as hold,
  {run}.started_at, {run}.ended_at, {run}.version
"""


def as_json(columns: str) -> str:
    """The columns as one JSON object."""
    return f"(select to_json(o) from (select {columns}) o)"
