"""The inputs of a forecast as they stand: open tasks with what they wait for, who can work, and what is on record."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import log
from typing import Any
from uuid import UUID

from orkwork.core.errors import Conflict
from orkwork.core.work import Work
from orkwork.domains.agents.rules import LEAST_LEVEL
from orkwork.domains.forecast.rules import plans
from orkwork.domains.forecast.rules.plans import Crew, Inputs, Plan, Run, Seen, Step
from orkwork.domains.projects.schemas import ProjectOut

MOST_TASKS = 20_000
RUNS = 4_000
"""The latest finished runs that are looked at."""
DAYS = 28
"""How far back new tasks are counted."""
_TASKS = """
with recursive needed(id, outside) as (
  select t.id, false from tasks t where t.project_id = %(project)s and t.status not in ('COMPLETED', 'CANCELLED')
  union
  select d.depends_on_id, true from needed n join task_dependencies d on d.task_id = n.id and d.kind = 'blocks'
    join tasks t on t.id = d.depends_on_id and t.status not in ('COMPLETED', 'CANCELLED') and t.project_id <> %(project)s)
select t.id, t.key, t.title, t.project_id <> %(project)s as outside, t.status, t.priority, t.due_at, t.crit, t.created_at,
  t.estimate_minutes, t.review_required, t.required_capabilities, t.assignee_id,
  case when t.status = 'IN_PROGRESS' then extract(epoch from %(now)s - coalesce(
    (select x.started_at from task_executions x where x.task_id = t.id and x.status = 'running'), t.started_at))::float8
  end as elapsed
from tasks t where t.id in (select id from needed) order by t.project_id <> %(project)s, t.number, t.id limit %(limit)s
"""
_EDGES = """
select d.task_id, d.depends_on_id from task_dependencies d
where d.task_id = any(%(ids)s) and d.kind = 'blocks' and d.depends_on_id = any(%(ids)s)
"""
_AGENTS = f"""
select a.id, a.name, a.max_concurrent_tasks,
  array(select c.name from agent_capabilities ac join capabilities c on c.id = ac.capability_id where ac.agent_id = a.id) as can
from agents a where a.status = 'active' and a.autonomy_level >= {LEAST_LEVEL:d}
  and (a.project_ids is null or %(project)s = any(a.project_ids)) order by lower(a.name), a.id
"""
_RUNS = """
select x.project_id = %(project)s as own, x.agent_id, x.status,
  greatest(extract(epoch from x.ended_at - x.started_at), 1)::float8 / 3600 as hours, t.estimate_minutes,
  coalesce((select sum(r.amount_usd) from cost_rollup r where r.kind = 'execution' and r.key = x.id::text),
    x.reported_cost_usd)::float8 as usd
from task_executions x join tasks t on t.id = x.task_id
where x.status in ('succeeded', 'failed', 'lost') order by x.started_at desc, x.id desc limit %(limit)s
"""
_REVIEWS = """
with moved as (
  select e.subject_id, e.project_id, e.occurred_at, e.actor_kind, e.after ->> 'status' as status, e.seq
  from events e where e.name = 'task.moved' and e.seq > (select coalesce(max(seq), 0) - 100000 from events)),
paired as (
  select *, lead(status) over w as became, lead(actor_kind) over w as by, lead(occurred_at) over w as at
  from moved window w as (partition by subject_id order by seq))
select project_id = %(project)s as own, became, by, extract(epoch from at - occurred_at)::float8 / 3600 as hours
from paired where status = 'REVIEW' and became in ('COMPLETED', 'IN_PROGRESS', 'READY') order by seq desc limit 2000
"""
_DECISIONS = """
select d.project_id is not distinct from %(project)s as own, extract(epoch from d.resolved_at - d.created_at)::float8 / 3600 as hours
from decisions d where d.status = 'resolved' and d.decided_by_kind = 'user' order by d.id desc limit 500
"""
_ARRIVALS = """
select floor(extract(epoch from %(now)s - t.created_at) / 86400)::int as days_ago, count(*)::int as tasks
from tasks t where t.project_id = %(project)s and t.status <> 'CANCELLED' and t.source is null and t.created_at > %(since)s
group by 1
"""
_OTHERS_WAIT = """
select exists (select from projects p join task_tallies y on y.project_id = p.id where p.status = 'active' and p.id <> %(project)s
  and y.status not in ('COMPLETED', 'CANCELLED', 'FAILED') group by p.id having sum(y.tasks) > 0) as others
"""


def gathered(work: Work, project: ProjectOut, now: datetime) -> tuple[Inputs, list[dict[str, Any]]]:
    """The inputs, and the rows of the tasks in the order of the plan's steps. Conflict when there are too many tasks."""
    params = {"project": project.id, "now": now, "limit": MOST_TASKS + 1}
    tasks = work.all(_TASKS, params)
    if len(tasks) > MOST_TASKS:
        raise Conflict(
            "forecast.too_large",
            f"{project.name} has more than {MOST_TASKS:,} open tasks",
            "Forecast its parts as projects of their own.",
        )
    runs = work.all(_RUNS, params | {"limit": RUNS})
    reviews = work.all(_REVIEWS, params)
    decisions = work.all(_DECISIONS, params)
    inputs = Inputs(
        plan=Plan(_steps(work, tasks), _crews(work, params, runs)),
        own=_seen(runs, reviews, decisions, own=True),
        others=_seen(runs, reviews, decisions, own=False),
        people_review=_people(reviews),
        arrivals=_arrivals(work, project, now),
        spent_usd=float(project.spent_usd),
    )
    return inputs, tasks


def _steps(work: Work, tasks: list[dict[str, Any]]) -> tuple[Step, ...]:
    place = {row["id"]: n for n, row in enumerate(tasks)}
    needs: dict[UUID, list[int]] = {}
    for edge in work.all(_EDGES, {"ids": list(place)}):
        needs.setdefault(edge["task_id"], []).append(place[edge["depends_on_id"]])
    return tuple(step_of(row, tuple(sorted(needs.get(row["id"], ())))) for row in tasks)


def step_of(row: dict[str, Any], needs: tuple[int, ...]) -> Step:
    """A row of an open task as a step."""
    states = {"IN_PROGRESS": "running", "REVIEW": "review"}
    due = row["due_at"].timestamp() if row["due_at"] else float("inf")
    return Step(
        id=str(row["id"]),
        needs=needs,
        state=states.get(row["status"], "waiting"),  # pyright: ignore[reportArgumentType]
        elapsed=max(row["elapsed"] or 0.0, 0.0) / 3600,
        estimate=row["estimate_minutes"] / 60 if row["estimate_minutes"] else None,
        order=(float(row["priority"]), due, -float(row["crit"]), row["created_at"].timestamp()),
        review=row["review_required"],
        wants=frozenset(row["required_capabilities"]),
        agent=str(row["assignee_id"]) if row["status"] in ("ASSIGNED", "IN_PROGRESS") and row["assignee_id"] else None,
        asks=row["status"] == "FAILED",
        outside=row["outside"],
    )


def _crews(work: Work, params: dict[str, Any], runs: list[dict[str, Any]]) -> tuple[Crew, ...]:
    others = work.one(_OTHERS_WAIT, params)
    shared = others is not None and others["others"]
    done = [row for row in runs if row["status"] == "succeeded"]
    usual = plans.mean_log([row["hours"] for row in done])
    crews = []
    for row in work.all(_AGENTS, params):
        own = [run["own"] for run in runs if run["agent_id"] == row["id"]]
        logs = [log(max(run["hours"], 1 / 3600)) for run in done if run["agent_id"] == row["id"]]
        share = max(sum(own) / len(own), 0.05) if shared and len(own) >= plans.PACE_TRUST else 1.0
        pace = plans.pace(logs, usual)
        crews.append(Crew(str(row["id"]), row["name"], row["max_concurrent_tasks"], frozenset(row["can"]), share, pace))
    return tuple(crews)


def _seen(
    runs: list[dict[str, Any]], reviews: list[dict[str, Any]], decisions: list[dict[str, Any]], *, own: bool
) -> Seen:
    mine = [row for row in runs if row["own"] is own]
    done = [row for row in mine if row["status"] == "succeeded"]
    judged = [row for row in reviews if row["own"] is own]
    return Seen(
        plain=tuple(Run(row["hours"], row["usd"]) for row in done),
        scaled=tuple(_scaled(done)),
        reviews=tuple(row["hours"] for row in judged),
        decisions=tuple(row["hours"] for row in decisions if row["own"] is own),
        failed=(len(mine) - len(done), len(mine)),
        changed=(sum(row["became"] != "COMPLETED" for row in judged), len(judged)),
    )


def _scaled(done: list[dict[str, Any]]) -> Iterable[Run]:
    for row in done:
        if row["estimate_minutes"]:
            estimate = row["estimate_minutes"] / 60
            yield Run(row["hours"] / estimate, None if row["usd"] is None else row["usd"] / estimate)


def _people(reviews: list[dict[str, Any]]) -> float:
    """The share of reviews that people make; without any on record, all."""
    by = Counter(row["by"] for row in reviews)
    return by["user"] / len(reviews) if reviews else 1.0


def _arrivals(work: Work, project: ProjectOut, now: datetime) -> tuple[int, ...]:
    """New tasks by day. The first day of a project is its planning, and an import is no new work."""
    since = max(now - timedelta(days=DAYS), project.created_at + timedelta(days=1))
    days = (now - since).days
    if days < 1:
        return ()
    rows = work.all(_ARRIVALS, {"project": project.id, "now": now, "since": now - timedelta(days=days)})
    by_day = {row["days_ago"]: row["tasks"] for row in rows}
    return tuple(by_day.get(n, 0) for n in range(days))
