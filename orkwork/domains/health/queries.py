"""Reading how well it goes, in one statement for the projects and one for the company."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from orkwork.core import clock
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.forecast.queries.forecasts import PRESENT
from orkwork.domains.health import events, rules
from orkwork.domains.health.models import Cause
from orkwork.domains.health.rules import Found
from orkwork.domains.health.schemas import CauseOut, HealthReport, ProjectHealth
from orkwork.domains.jobs.rules import FAILING
from orkwork.domains.projects import queries as projects
from orkwork.domains.settings import queries as settings

LONG_WAIT: Final = timedelta(days=1)
_OWN_CAUSES = "('silent', 'agent_budget', 'project_budget', 'job')"
"""Rules of anomalies that have causes of their own, so that nothing counts twice."""
_LASTING = f"""n.over_at is null and n.closed_at is null and coalesce(n.snoozed_until <= %(now)s, true)
    and n.rule not in {_OWN_CAUSES} and not (n.rule = 'deadlock' and exists (
      select from tasks k where k.id = n.task_id and k.status = 'FAILED'))"""
_LONG = "d.status = 'pending' and (d.created_at < %(long)s or d.deadline < %(now)s)"
_PROJECTS = f"""
with tallied as (
  select project_id, sum(tasks) filter (where status not in ('COMPLETED', 'CANCELLED')) as open,
    sum(tasks) filter (where status = 'FAILED') as failed, sum(tasks) as tasks
  from task_tallies group by 1),
due as (
  select project_id, count(*) as n, min(key) as label from tasks
  where due_at < %(now)s and status not in ('COMPLETED', 'CANCELLED') group by 1),
sla as (
  select b.project_id, count(distinct b.task_id) as n, min(t.key) as label
  from sla_breaches b join sla_clocks c on c.task_id = b.task_id join tasks t on t.id = b.task_id
  where b.level = 1 and case b.clock when 'response' then c.response_ended_at else c.resolution_ended_at end is null group by 1),
asked as (select d.project_id, count(*) as n from decisions d where {_LONG} group by 1),
odd as (
  select n.project_id, n.severity, count(*) as n, min(n.subject) as label from anomalies n where {_LASTING} group by 1, 2),
odds as (select project_id, jsonb_object_agg(severity, n) as by_rank, min(label) as label from odd group by 1)
select p.id, p.key_prefix as key, coalesce(y.tasks, 0)::int as tasks, coalesce(y.open, 0)::int as open,
  coalesce(y.failed, 0)::int as failed,
  (select t.key from tasks t where t.project_id = p.id and t.status = 'FAILED' limit 1) as failed_label,
  coalesce(due.n, 0)::int as overdue, due.label as overdue_label, coalesce(sla.n, 0)::int as sla, sla.label as sla_label,
  coalesce(asked.n, 0)::int as decision, coalesce(odds.by_rank, '{{}}') as odd, odds.label as odd_label,
  coalesce(p.deadline < %(now)s, false) and coalesce(y.open, 0) > 0 as late, p.deadline, f.p80, f.p85, coalesce(f.cold, false) as cold,
  exists (select from budgets b where b.project_id = p.id and b.stopped_until > %(now)s) as stopped
from projects p left join tallied y on y.project_id = p.id left join due on due.project_id = p.id
left join sla on sla.project_id = p.id left join asked on asked.project_id = p.id left join odds on odds.project_id = p.id
left join lateral (
  select (o.figures -> 'done' ->> 'p80')::timestamptz as p80, (o.figures -> 'done' ->> 'p85')::timestamptz as p85, o.cold, o.as_of
  from forecasts o where o.project_id = p.id order by o.as_of desc, o.id desc limit 1) f on f.as_of > %(present)s
where p.status = 'active' and (%(project)s::uuid is null or p.id = %(project)s) order by p.key_prefix
"""
_COMPANY = f"""
select (select count(*) from jobs j where j.failures >= {FAILING})::int as job,
  (select min(j.operation) from jobs j where j.failures >= {FAILING}) as job_label,
  count(*) filter (where a.status = 'active')::int as active, count(*) filter (where a.status = 'paused')::int as paused,
  min(a.name) filter (where a.status = 'paused') as paused_label, min(a.id::text) filter (where a.status = 'paused') as paused_id,
  count(*) filter (where a.stopped)::int as spent, min(a.name) filter (where a.stopped) as spent_label,
  min(a.id::text) filter (where a.stopped) as spent_id,
  count(*) filter (where a.silent)::int as silent, min(a.name) filter (where a.silent) as silent_label,
  min(a.id::text) filter (where a.silent) as silent_id,
  exists (select from budgets b where b.scope = 'company' and b.stopped_until > %(now)s) as stopped,
  (select count(*) from decisions d where {_LONG})::int as decision,
  coalesce((select jsonb_object_agg(x.severity, x.n) from (
    select n.severity, count(*) as n from anomalies n where {_LASTING} group by 1) x), '{{}}') as odd,
  (select min(n.subject) from anomalies n where {_LASTING}) as odd_label
from (
  select g.*, g.status = 'active' and exists (
      select from budgets b where b.agent_id = g.id and b.stopped_until > %(now)s) as stopped,
    g.status = 'active' and exists (select from anomalies n where n.agent_id = g.id and n.rule = 'silent' and n.over_at is null
      and n.closed_at is null and coalesce(n.snoozed_until <= %(now)s, true)) as silent
  from agents g where g.status <> 'retired') a
"""
_BEFORE = """
select e.after ->> 'score' as score from events e
where e.subject_id = %(company)s and e.name = 'health.measured' and e.occurred_at < %(begin)s order by e.seq desc limit 1
"""


@query("tasks:read", agents=False)
def report(work: Work) -> HealthReport:
    """The company's health, 0 to 100, with its causes, and that of each active project by the same rule."""
    now = clock.now()
    rows, company = _rows(work, now, None), _company(work, now)
    own = [_project(row, now) for row in rows]
    judged = company["active"] + company["paused"] > 0 and any(row["tasks"] for row in rows)
    found = rules.health(_causes(company, rows, own), rules.COMPANY)
    return HealthReport.model_validate(
        _told(found if judged else None, now)
        | {"before": _before(work, now), "projects": sorted(own, key=lambda one: (_of(one), one.project_key))}
    )


@query("tasks:read", agents=False)
def project(work: Work, ref: str | UUID) -> ProjectHealth:
    """One active project's health with its causes. A project without tasks, or that is not active, has no score."""
    known, now = projects.project(work, ref), clock.now()
    rows = _rows(work, now, known.id)
    if rows:
        return _project(rows[0], now)
    none = {"project_id": known.id, "project_key": known.key_prefix, "p80": None, "p85": None, "cold": False}
    return ProjectHealth.model_validate(_told(None, now) | none)


def _rows(work: Work, now: datetime, project_id: UUID | None) -> list[dict[str, Any]]:
    return work.all(_PROJECTS, _moments(now) | {"project": project_id, "present": now - PRESENT})


def _company(work: Work, now: datetime) -> dict[str, Any]:
    row = work.one(_COMPANY, _moments(now))
    assert row is not None
    return row


def _moments(now: datetime) -> dict[str, Any]:
    return {"now": now, "long": now - LONG_WAIT}


def _of(one: ProjectHealth) -> int:
    return 101 if one.score is None else one.score


def _told(found: rules.Health | None, now: datetime) -> dict[str, Any]:
    if found is None:
        return {"score": None, "band": None, "causes": [], "as_of": now}
    causes = [
        CauseOut(
            code=one.cause, points=one.points, count=one.found.count, of=one.found.of, label=one.found.label,
            says=rules.says(one), href=one.found.href,
        )
        for one in found.taken
    ]  # fmt: skip
    return {"score": found.score, "band": rules.band(found.score), "causes": causes, "as_of": now}


def _project(row: Mapping[str, Any], now: datetime) -> ProjectHealth:
    key, at_risk = (
        row["key"],
        rules.is_at_risk(late=row["late"], cold=row["cold"], p80=row["p80"], deadline=row["deadline"]),
    )
    page, tasks = f"/projects/{key}", f"/tasks?project={key}"
    found = {
        Cause.LATE: Found(count=int(row["late"]), label=key, href=page),
        Cause.BUDGET: Found(count=int(row["stopped"]), label=key, href=page),
        Cause.AT_RISK: Found(count=int(at_risk), label=key, href=page),
        Cause.SLA: _tasks(row, "sla", row["open"], f"{tasks}&status=open&sort=due_at"),
        Cause.FAILED: _tasks(row, "failed", row["open"], f"{tasks}&status=FAILED"),
        Cause.OVERDUE: _tasks(row, "overdue", row["open"], f"{tasks}&status=open&sort=due_at"),
        Cause.DECISION: Found(count=row["decision"], href="/decisions"),
        Cause.ANOMALY: _odd(row),
    }
    health = rules.health(found, rules.PROJECT) if row["tasks"] else None
    forecast = {name: row[name] for name in ("p80", "p85", "cold")}
    return ProjectHealth.model_validate(_told(health, now) | {"project_id": row["id"], "project_key": key} | forecast)


def _tasks(row: Mapping[str, Any], name: str, of: int, href: str) -> Found:
    count, label = row[name], row[f"{name}_label"] or ""
    return Found(count=count, of=of, label=label, href=f"/tasks/{label}" if count == 1 and label else href)


def _odd(row: Mapping[str, Any]) -> Found:
    by_rank = {int(rank): int(n) for rank, n in row["odd"].items()}
    return Found(
        count=sum(by_rank.values()), weight=rules.severity(by_rank), label=row["odd_label"] or "", href="/anomalies"
    )


def _causes(company: Mapping[str, Any], rows: list[dict[str, Any]], own: list[ProjectHealth]) -> dict[Cause, Found]:
    """What takes points from the company: its own, and those of its projects counted together."""
    dated = {Cause.LATE: "late", Cause.BUDGET: "stopped"}
    flagged = {cause: [row["key"] for row in rows if row[name]] for cause, name in dated.items()}
    flagged[Cause.AT_RISK] = [one.project_key for one in own if any(c.code is Cause.AT_RISK for c in one.causes)]
    agents, summed = company["active"], _summed(rows)
    open_tasks = sum(row["open"] for row in rows)
    return {
        Cause.STOPPED: Found(count=int(company["stopped"]), href="/costs"),
        Cause.JOB: Found(count=company["job"], label=company["job_label"] or "", href="/settings/jobs"),
        **{cause: _projects(keys, len(rows)) for cause, keys in flagged.items()},
        **{cause: _agents(company, cause, agents) for cause in (Cause.SILENT, Cause.SPENT)},
        Cause.SLA: _tasks(summed, "sla", open_tasks, "/tasks?status=open&sort=due_at"),
        Cause.FAILED: _tasks(summed, "failed", open_tasks, "/tasks?status=FAILED"),
        Cause.OVERDUE: _tasks(summed, "overdue", open_tasks, "/tasks?status=open&sort=due_at"),
        Cause.DECISION: Found(count=company["decision"], href="/decisions"),
        Cause.ANOMALY: _odd(company),
        Cause.PAUSED: _agents(company, Cause.PAUSED, agents + company["paused"]),
    }


def _summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = defaultdict(int)
    for name in ("sla", "failed", "overdue"):
        found[name] = sum(row[name] for row in rows)
        found[f"{name}_label"] = next((row[f"{name}_label"] for row in rows if row[name]), None)
    return found


def _projects(keys: list[str], of: int) -> Found:
    label = keys[0] if len(keys) == 1 else ""
    return Found(count=len(keys), of=of, label=label, href=f"/projects/{label}" if label else "/projects")


def _agents(row: Mapping[str, Any], cause: Cause, of: int) -> Found:
    count, one = row[cause], f"/agents/{row[f'{cause}_id']}"
    return Found(count=count, of=of, label=row[f"{cause}_label"] or "", href=one if count == 1 else "/agents")


def _before(work: Work, now: datetime) -> int | None:
    zone = settings.company(work).time_zone
    begin = clock.start_of(clock.day_of(now, zone), zone)
    row = work.one(_BEFORE, {"company": events.COMPANY, "begin": begin})
    return int(row["score"]) if row is not None and row["score"] is not None else None
