"""Puts a recorded run into the database as it would stand after a replay, without the hours that one takes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from bench.replay.run import Run, Trajectory
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.ids import uuid7
from orkwork.domains.projects.schemas import ProjectOut

_TASKS = """
insert into tasks (id, project_id, number, key, title, description, kind, status, priority, capset_id, review_required,
  auto_assigned, assignee_id, worker_id, fence, blocked_count, flagged, crit, retry_count, created_by_kind, created_at, updated_at,
  ready_at, started_at, completed_at, version)
select r.task_id, %(project)s, r.n, 'ACR-' || r.n, r.title, '', 'task', r.status, 2,
  (select id from capability_sets where capability_ids = '{}'), true, false, r.agent_id, r.agent_id, 0, 0, false, 0, 0, 'system',
  r.began, r.ended, r.began, r.began, case when r.status = 'COMPLETED' then r.ended end, 1
from rows r
"""
_RUNS = """
insert into task_executions (id, task_id, project_id, agent_id, run, fence, status, note, failure, input_tokens, output_tokens,
  duration_ms, started_at, ended_at, version)
select r.run_id, r.task_id, %(project)s, r.agent_id, 1, 0, case when r.status = 'COMPLETED' then 'succeeded' else 'failed' end, '',
  case when r.status <> 'COMPLETED' then 'other' end, r.input, r.output, r.ms, r.began, r.ended, 1
from rows r
"""
_COSTS = """
insert into costs (id, agent_id, project_id, task_id, execution_id, provider, model, occurred_at, day, input_tokens, output_tokens,
  cached_tokens, cache_write_tokens, amount_usd, basis, caller_usd, created_at)
select r.cost_id, r.agent_id, %(project)s, r.task_id, r.run_id, 'openai', 'gpt-4-0125-preview', r.ended, r.ended::date, r.input,
  r.output, 0, 0, r.cost, 'caller', r.cost, r.ended
from rows r where r.cost > 0
"""
_EVENTS = """
insert into events (occurred_at, name, actor_kind, actor_name, subject_kind, subject_id, subject_label, project_id, before, after)
select r.ended, 'task.moved', 'system', 'replay', 'task', r.task_id, '', %(project)s, jsonb_build_object('status', m.before),
  jsonb_build_object('status', m.after, 'agent_id', r.agent_id)
from rows r cross join lateral (values (1, 'IN_PROGRESS', case when r.reviewed then 'REVIEW' else r.status end),
  (2, 'REVIEW', case when r.reviewed then r.status end)) m(n, before, after) where m.after is not null
order by r.ended, r.n, m.n
"""
_ROWS = """
with rows as materialized (select * from jsonb_to_recordset(%(rows)s) as r(n int, task_id uuid, run_id uuid, cost_id uuid,
  agent_id uuid, title text, status text, reviewed boolean, input bigint, output bigint, ms bigint, cost numeric,
  began timestamptz, ended timestamptz))
"""


def load(run: Run, project: ProjectOut, agents: Sequence[UUID]) -> list[tuple[UUID, Trajectory]]:
    """Every trajectory as a task with one run, its cost and its moves; the agents take turns. The runs' ids.

    What was resolved was reviewed and completed, other patches were refused by the review, the rest failed before it.
    """
    rows = [_row(n, agents[n % len(agents)], one) for n, one in enumerate(run.trajectories)]
    params = {"rows": Jsonb(rows), "project": project.id}

    def write(work: Any) -> None:
        for statement in (_TASKS, _RUNS, _COSTS, _EVENTS):
            work.sql(_ROWS + statement, params)

    door.run(system("replay"), write, write=True)
    return [(row["run_id"], one) for row, one in zip(rows, run.trajectories, strict=True)]


def ended_at(one: Trajectory) -> datetime:
    """When a trajectory was over."""
    return one.started_at + timedelta(milliseconds=one.duration_ms)


def _row(n: int, agent_id: UUID, one: Trajectory) -> dict[str, Any]:
    return {
        "n": n + 1,
        "task_id": uuid7(),
        "run_id": uuid7(),
        "cost_id": uuid7(),
        "agent_id": agent_id,
        "title": one.name,
        "status": "COMPLETED" if one.resolved else "FAILED",
        "reviewed": one.resolved or one.outcome == "APPLICABLE_PATCH",
        "input": one.input_tokens,
        "output": one.output_tokens,
        "ms": one.duration_ms,
        "cost": str(one.charged),
        "began": one.started_at,
        "ended": ended_at(one),
    }
