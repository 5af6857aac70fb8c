"""Keeping forecasts, and holding them against the truth."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.errors import Conflict
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.forecast import events
from orkwork.domains.forecast.models import Forecast, Method
from orkwork.domains.forecast.queries import making
from orkwork.domains.forecast.queries.forecasts import kept
from orkwork.domains.forecast.schemas import ForecastOut
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects.schemas import ProjectOut

MONTH = timedelta(days=365.25 / 12)
JUDGED = (1, 2, 3, 6)
"""Months after which a tracker's forecast is held against what was closed."""
_EMPTY = {
    "no_tasks": ("it has no tasks", "Create its tasks first."),
    "no_agents": ("no active agent may work in it", "Add an agent, or let one work in this project."),
    "done": ("nothing is open in it", "There is nothing left to forecast."),
}


@operation("tasks:write")
def take_forecast(work: Work, ref: str | UUID) -> ForecastOut:
    """Forecast a project now and keep it, to be held against the truth later. 409 when there is nothing to forecast."""
    project = projects.project(work, ref)
    found = making.made(work, project, clock.now())
    if found.empty is not None:
        what, hint = _EMPTY[found.empty]
        raise Conflict(f"forecast.{found.empty}", f"{project.name} can't be forecast: {what}", hint)
    _keep(work, project, found)
    present = kept(work, project.id)
    assert present is not None
    return present


def _keep(work: Work, project: ProjectOut, found: ForecastOut) -> None:
    assert found.figures is not None
    assert found.method is not None
    done = found.figures.done
    row = Forecast(
        project_id=project.id,
        as_of=found.as_of,
        method=found.method,
        figures=found.figures.model_dump(mode="json"),
        fingerprint=found.fingerprint,
        seed=found.seed,
        paths=found.paths,
        own_runs=found.own_runs,
        other_runs=found.other_runs,
        cold=found.cold,
        due_at=done.p80 if done else found.as_of + JUDGED[0] * MONTH,
    )
    work.add(row)
    told: dict[str, Any] = {"method": row.method, "cold": row.cold, "open_tasks": found.figures.open_tasks}
    if done is not None:
        told |= {"p50": done.p50, "p85": done.p85}
    work.emit(events.ForecastMade(subject_id=row.id, subject_label=project.name, project_id=project.id, after=told))


_DUE = """
select p.id from projects p cross join settings s
where p.status = 'active'
  and exists (select from tasks t where t.project_id = p.id and t.status not in ('COMPLETED', 'CANCELLED'))
  and (p.github_repository is not null or exists (select from agents a where a.status = 'active' and a.autonomy_level >= 1
    and (a.project_ids is null or p.id = any(a.project_ids))))
  and not exists (select from forecasts f where f.project_id = p.id
    and (f.as_of at time zone s.time_zone)::date >= (%(now)s at time zone s.time_zone)::date)
order by random() limit %(limit)s for no key update of p skip locked
"""


@operation(None, users=False, agents=False)
def take_daily(work: Work, limit: int = 20) -> int:
    """Forecast one active project that has no forecast of today yet; how many it was.

    Those that can't be forecast now keep none of the others waiting.
    """
    now = clock.now()
    for row in work.all(_DUE, {"now": now, "limit": limit}):
        project = projects.project(work, row["id"])
        with suppress(Conflict):
            found = making.made(work, project, now)
            if found.empty is None:
                _keep(work, project, found)
                return 1
    return 0


_SCORABLE = """
select f.id, f.project_id, f.as_of, f.method, f.due_at, f.figures, p.name,
  exists (select from tasks t where t.project_id = f.project_id and t.status not in ('COMPLETED', 'CANCELLED')) as is_open,
  (select max(t.completed_at) from tasks t where t.project_id = f.project_id and t.status = 'COMPLETED') as done_at
from forecasts f join projects p on p.id = f.project_id
where f.scored_at is null and (f.due_at <= %(now)s or (f.method = 'simulation' and not exists (
  select from tasks t where t.project_id = f.project_id and t.status not in ('COMPLETED', 'CANCELLED'))))
order by f.id limit %(limit)s for no key update of f skip locked
"""
_CLOSED = """
select count(*)::int as closed from tasks t where t.project_id = %(project_id)s and t.created_at <= %(as_of)s
  and t.kind <> 'pull_request'
  and case when t.status = 'COMPLETED' then coalesce(t.completed_at, t.updated_at)
    when t.status = 'CANCELLED' then t.updated_at end between %(as_of)s and %(until)s
"""


@operation(None, users=False, agents=False)
def score(work: Work, limit: int = 200) -> int:
    """Hold forecasts against the truth as soon as it is known: done by the P80, or not done when it passes; for a tracker,
    what one, two, three and six months closed."""
    now = clock.now()
    rows = work.all(_SCORABLE, {"now": now, "limit": limit})
    for row in rows:
        told = _judge_months(work, row, now) if row["method"] == Method.CLOSING else _judge_end(work, row, now)
        work.emit(
            events.ForecastScored(
                subject_id=row["id"], subject_label=row["name"], project_id=row["project_id"], after=told
            )
        )
    return len(rows)


def _judge_end(work: Work, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Whether a project was done by the P80; it is known, or the P80 has passed."""
    truth = None if row["is_open"] else row["done_at"] or now
    held = truth is not None and truth <= row["due_at"]
    work.sql(
        "update forecasts set held = %(held)s, truth_at = %(truth)s, scored_at = %(now)s where id = %(id)s",
        {"held": held, "truth": truth, "now": now, "id": row["id"]},
    )
    return {"held": held, "truth_at": truth, "p80": row["due_at"]}


def _judge_months(work: Work, row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Whether what the months that are over closed lies in their bands; the forecast is scored with the last of them."""
    bands, told = row["figures"]["months"], {}
    for band in bands:
        until = row["as_of"] + band["months"] * MONTH
        if band["months"] in JUDGED and until <= now and band.get("held") is None:
            found = work.one(_CLOSED, row | {"until": until})
            band["closed"] = found["closed"] if found else 0
            band["held"] = band["p10"] <= band["closed"] <= band["p90"]
            told = {name: band[name] for name in ("months", "closed", "held")}
    due = [end for months in JUDGED if (end := row["as_of"] + months * MONTH) > now]
    work.sql(
        "update forecasts set figures = %(figures)s, due_at = %(due)s, held = %(held)s, scored_at = %(scored)s where id = %(id)s",
        {
            "figures": Jsonb(row["figures"]),
            "due": due[0] if due else row["due_at"],
            "held": None if due else bands[-1]["held"],
            "scored": None if due else now,
            "id": row["id"],
        },
    )
    return told
