"""Looking for what is wrong by itself: silence, failures, what nobody can move, overrun budgets, stuck reviews, jobs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.anomalies import rules
from orkwork.domains.anomalies.models import AnomalyRule, Severity
from orkwork.domains.anomalies.schemas import Evidence, Finding
from orkwork.domains.jobs.rules import FAILING
from orkwork.domains.settings.schemas import AnomalyRules

SHOWN = 20
"""The most rows of evidence of one anomaly."""
MOST = 1000
"""The most findings of one rule."""
OF_A_KIND = 5
"""So many tasks that wait for one thing make it grave."""


def agent_evidence(row: Mapping[str, Any], at: datetime | None = None) -> Evidence:
    """An agent, from `agent_id` and `agent_name`."""
    agent_id = str(row["agent_id"])
    return Evidence(kind="agent", id=agent_id, label=row["agent_name"], href=f"/agents/{agent_id}", at=at)


def task_evidence(row: Mapping[str, Any], *, at: datetime | None = None, says: str = "") -> Evidence:
    """A task, from `id`, `key` and `title`."""
    label = f"{row['key']} {row['title']}"
    return Evidence(kind="task", id=str(row["id"]), label=label, href=f"/tasks/{row['key']}", at=at, says=says)


def run_evidence(row: Mapping[str, Any], at: datetime | None = None) -> Evidence:
    """A run, from `id`, `key` and `run`."""
    label, href = f"{row['key']} #{row['run']}", f"/tasks/{row['key']}/runs/{row['run']}"
    return Evidence(kind="execution", id=str(row["id"]), label=label, href=href, at=at)


_SILENT = """
select a.id as agent_id, a.name as agent_name, l.running, greatest(g.sign, s.resumed_at) as since, g.sign,
  coalesce((select jsonb_agg(jsonb_build_object('id', t.id, 'key', t.key, 'title', t.title) order by t.key) from tasks t
    where t.assignee_id = a.id and t.status in ('ASSIGNED', 'IN_PROGRESS')), '[]') as held
from agents a join agent_load l on l.agent_id = a.id cross join settings s
cross join lateral (select greatest(l.last_heartbeat_at,
    (select max(k.last_used_at) from api_keys k where k.agent_id = a.id),
    (select max(greatest(x.seen_at, x.started_at)) from task_executions x where x.agent_id = a.id and x.status = 'running'))
  as given) k
cross join lateral (select coalesce(k.given, case when l.running > 0 then greatest(l.last_assigned_at, a.created_at) end)
  as sign) g
where a.status = 'active' and s.hold is null and greatest(g.sign, s.resumed_at) < %(before)s and g.sign is not null
order by a.name, a.id limit 1000
"""


def silent(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Active agents that gave signs of life, or hold tasks, and have been silent for long; no hold counts."""
    found = []
    for row in work.all(_SILENT, {"before": now - timedelta(minutes=limits.silent_minutes)}):
        minutes = int((now - row["since"]).total_seconds() // 60)
        held = [task_evidence(task) for task in row["held"][: SHOWN - 1]]
        found.append(
            Finding(
                rule=AnomalyRule.SILENT,
                key=str(row["agent_id"]),
                severity=Severity.HIGH if row["held"] else Severity.LOW,
                subject=row["agent_name"],
                agent_id=row["agent_id"],
                figures={"minutes": minutes, "limit": limits.silent_minutes, "tasks": len(row["held"])},
                evidence=[agent_evidence(row, row["sign"]), *held],
            )
        )
    return found


_FAILURES = """
select x.agent_id, a.name as agent_name, x.failure, count(*)::int as count, array_agg(distinct x.project_id) as projects,
  (array_agg(jsonb_build_object('id', x.id, 'key', t.key, 'run', x.run, 'at', x.ended_at)
    order by x.ended_at desc))[1:20] as runs
from task_executions x join tasks t on t.id = x.task_id join agents a on a.id = x.agent_id
where x.started_at > %(since)s::timestamptz - interval '7 days' and x.ended_at > %(since)s
  and x.status in ('failed', 'lost') and x.failure is not null
group by 1, 2, 3 having count(*) >= %(least)s order by 4 desc limit 1000
"""


def failures(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Agents whose runs failed again and again in one way."""
    found = []
    since = now - timedelta(hours=limits.failures_hours)
    for row in work.all(_FAILURES, {"since": since, "least": limits.failures}):
        figures = {"count": row["count"], "hours": limits.failures_hours, "failure": row["failure"]}
        found.append(
            Finding(
                rule=AnomalyRule.FAILURES,
                key=f"{row['agent_id']}:{row['failure']}",
                severity=rules.graver(row["count"] / limits.failures, 3),
                subject=row["agent_name"],
                agent_id=row["agent_id"],
                project_id=row["projects"][0] if len(row["projects"]) == 1 else None,
                figures=figures | {"limit": limits.failures},
                evidence=[run_evidence(run, run["at"]) for run in row["runs"]],
            )
        )
    return found


_STUCK = """
select b.id, b.key, b.title, b.status, b.project_id, p.status as project_status, a.status as agent_status, a.name as agent_name,
  w.waiting
from tasks b join projects p on p.id = b.project_id left join agents a on a.id = b.assignee_id
cross join lateral (
  select jsonb_agg(jsonb_build_object('id', t.id, 'key', t.key, 'title', t.title) order by t.key) as waiting
  from task_dependencies d join tasks t on t.id = d.task_id join projects o on o.id = t.project_id
  where d.depends_on_id = b.id and d.kind = 'blocks' and o.status = 'active'
    and t.status not in ('COMPLETED', 'FAILED', 'CANCELLED')) w
where w.waiting is not null and b.status <> 'COMPLETED' and p.status <> 'completed'
  and (b.status in ('FAILED', 'CANCELLED') or p.status in ('paused', 'archived')
    or (b.status = 'ASSIGNED' and a.status <> 'active'))
order by b.key limit 1000
"""
_EDGES = """
with recursive held(id) as (
  select t.id from tasks t where t.blocked_count > 0 and t.status in ('ASSIGNED', 'IN_PROGRESS')
  union
  select d.depends_on_id from held h join task_dependencies d on d.task_id = h.id and d.kind = 'blocks'
    join tasks t on t.id = d.depends_on_id and t.status <> 'COMPLETED'),
edges as (
  select d.task_id as waits, d.depends_on_id as waits_for from held h join task_dependencies d on d.task_id = h.id
    and d.kind = 'blocks' join held o on o.id = d.depends_on_id
  union  -- given to an agent that is full, so it begins when one of the others ends
  select t.id, o.id from held h join tasks t on t.id = h.id and t.status = 'ASSIGNED'
    join agent_load l on l.agent_id = t.assignee_id and l.running >= l.max_concurrent
    join tasks o on o.assignee_id = t.assignee_id and o.status = 'IN_PROGRESS' and o.blocked_count > 0)
select waits, waits_for from edges limit 20000
"""
_TASKS = "select id, key, title, project_id from tasks where id = any(%(ids)s) order by key"


def deadlocks(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Tasks that others wait for and that nobody will move, and tasks that wait on each other."""
    found = []
    for row in work.all(_STUCK):
        waiting = row["waiting"]
        found.append(
            Finding(
                rule=AnomalyRule.DEADLOCK,
                key=str(row["id"]),
                severity=rules.graver(len(waiting), OF_A_KIND),
                subject=row["key"],
                task_id=row["id"],
                project_id=row["project_id"],
                figures={"count": len(waiting), "why": _why(row)},
                evidence=[
                    task_evidence(row, says=row["status"]),
                    *(task_evidence(task) for task in waiting[: SHOWN - 1]),
                ],
            )
        )
    edges = [(row["waits"], row["waits_for"]) for row in work.all(_EDGES)]
    return found + [_knot(work, ids) for ids in rules.knots(edges)[:MOST]]


def _why(row: Mapping[str, Any]) -> str:
    if row["status"] in ("FAILED", "CANCELLED"):
        return f"it {'failed' if row['status'] == 'FAILED' else 'was cancelled'}"
    if row["project_status"] != "active":
        return "project on hold" if row["project_status"] == "paused" else "project archived"
    return f"assigned to {row['agent_name']}, which is {row['agent_status']}"


def _knot(work: Work, ids: list[UUID]) -> Finding:
    tasks = work.all(_TASKS, {"ids": ids})
    first = tasks[0]
    projects = {task["project_id"] for task in tasks}
    return Finding(
        rule=AnomalyRule.DEADLOCK,
        key=":".join(map(str, ids))[:400],
        severity=Severity.HIGH,
        subject=first["key"],
        task_id=first["id"],
        project_id=first["project_id"] if len(projects) == 1 else None,
        figures={"count": len(tasks), "why": "they wait on each other"},
        evidence=[task_evidence(task) for task in tasks[:SHOWN]],
    )


_AGENT_BUDGETS = """
select a.id as agent_id, a.name as agent_name, a.daily_budget_usd as budget, sum(r.amount_usd) as spent
from agents a cross join settings s join cost_rollup r on r.kind = 'agent' and r.key = a.id::text
  and r.day = (%(now)s at time zone s.time_zone)::date
where a.status <> 'retired' and a.daily_budget_usd is not null
group by 1, 2, 3 having sum(r.amount_usd) > a.daily_budget_usd order by a.name, a.id limit 1000
"""
_PROJECT_BUDGETS = """
select p.id, p.key_prefix, p.name, p.budget_usd as budget, sum(r.amount_usd) as spent
from projects p join cost_rollup r on r.kind = 'project' and r.key = p.id::text
where p.status in ('active', 'paused') and p.budget_usd is not null
group by 1 having sum(r.amount_usd) > p.budget_usd order by p.key_prefix limit 1000
"""
_FAR_OVER = 1.2


def _money(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: plain(row[name]) for name in ("spent", "budget")}


def _over(row: Mapping[str, Any]) -> float:
    return float(row["spent"] / row["budget"]) if row["budget"] else _FAR_OVER


def agent_budgets(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Agents that spent more than their budget of the company's day."""
    return [
        Finding(
            rule=AnomalyRule.AGENT_BUDGET,
            key=str(row["agent_id"]),
            severity=rules.graver(_over(row), _FAR_OVER),
            subject=row["agent_name"],
            agent_id=row["agent_id"],
            figures=_money(row),
            evidence=[agent_evidence(row)],
        )
        for row in work.all(_AGENT_BUDGETS, {"now": now})
    ]


def project_budgets(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Projects that spent more than their budget."""
    found = []
    for row in work.all(_PROJECT_BUDGETS):
        name, href = f"{row['key_prefix']} {row['name']}", f"/projects/{row['key_prefix']}"
        found.append(
            Finding(
                rule=AnomalyRule.PROJECT_BUDGET,
                key=str(row["id"]),
                severity=Severity.HIGH,
                subject=row["name"],
                project_id=row["id"],
                figures=_money(row),
                evidence=[Evidence(kind="project", id=str(row["id"]), label=name, href=href)],
            )
        )
    return found


_REVIEWS = """
select t.id, t.key, t.title, t.project_id, coalesce(e.since, t.updated_at) as since
from tasks t join projects p on p.id = t.project_id and p.status = 'active'
left join lateral (select max(o.occurred_at) as since from events o where o.subject_id = t.id and o.name = 'task.moved'
  and o.after ->> 'status' = 'REVIEW') e on true
where t.status = 'REVIEW' and coalesce(e.since, t.updated_at) < %(before)s order by 5, t.id limit 1000
"""


def reviews(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Tasks that wait long for their review."""
    found = []
    for row in work.all(_REVIEWS, {"before": now - timedelta(hours=limits.review_hours)}):
        hours = int((now - row["since"]).total_seconds() // 3600)
        found.append(
            Finding(
                rule=AnomalyRule.REVIEW,
                key=str(row["id"]),
                severity=rules.graver(hours / limits.review_hours, 3),
                subject=row["key"],
                task_id=row["id"],
                project_id=row["project_id"],
                figures={"hours": hours, "limit": limits.review_hours},
                evidence=[task_evidence(row, at=row["since"])],
            )
        )
    return found


_JOBS = "select operation, failures, error from jobs where failures >= %(least)s order by failures desc, operation"


def jobs(work: Work, now: datetime, limits: AnomalyRules) -> list[Finding]:
    """Jobs of the clock that keep failing."""
    return [
        Finding(
            rule=AnomalyRule.JOB,
            key=row["operation"],
            severity=Severity.HIGH,
            subject=row["operation"],
            figures={"count": row["failures"]},
            evidence=[
                Evidence(
                    kind="job",
                    id=row["operation"],
                    label=row["operation"],
                    href="/settings/jobs",
                    says=row["error"] or "",
                )
            ],
        )
        for row in work.all(_JOBS, {"least": FAILING})
    ]
