"""Making a forecast out of what stands in the database; nothing is written."""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from orkwork.core.work import Work
from orkwork.domains.forecast.models import Method
from orkwork.domains.forecast.queries.inputs import gathered
from orkwork.domains.forecast.rules.changing import Tried, changed
from orkwork.domains.forecast.rules.plans import Inputs
from orkwork.domains.forecast.schemas import (
    Amounts,
    Bottleneck,
    Change,
    Empty,
    Figures,
    ForecastOut,
    Moments,
    MonthBand,
    TaskFigure,
)
from orkwork.domains.projects.schemas import ProjectOut

if TYPE_CHECKING:
    from orkwork.domains.forecast.rules.answering import Answer

SHOWN_TASKS = 100
LEAST_DAYS = 0.01
"""Waits shorter than this hold nothing up."""
MOST_HOURS = 24 * 365 * 200
"""Later is never: no date is further away."""
TRACKED = 10
"""Imported tasks from which on a project without runs is forecast as a tracker."""
_HISTORY = """
select t.created_at, case when t.status = 'COMPLETED' then coalesce(t.completed_at, t.updated_at)
  when t.status = 'CANCELLED' then t.updated_at end as closed_at
from tasks t where t.project_id = %(project)s and t.kind <> 'pull_request'
  and not exists (select from task_executions x where x.project_id = %(project)s)
"""


def made(work: Work, project: ProjectOut, now: datetime) -> ForecastOut:
    """A forecast of a project as it stands."""
    tracked = _tracked(work, project, now)
    if tracked is not None:
        return tracked
    inputs, tasks = gathered(work, project, now)
    return told(project, Tried(inputs, project.budget_usd, {}), tasks, now)


def tried(work: Work, project: ProjectOut, changes: list[Change], now: datetime) -> tuple[ForecastOut, ForecastOut]:
    """A forecast as things stand, and one with the changes; both with the same seed."""
    inputs, tasks = gathered(work, project, now)
    places = {name: str(row["id"]) for row in tasks if not row["outside"] for name in (row["key"], str(row["id"]))}
    before = Tried(inputs, project.budget_usd, places)
    after = changed(before, changes)
    return told(project, before, tasks, now), told(project, after, tasks, now)


def told(project: ProjectOut, what: Tried, tasks: list[dict[str, Any]], now: datetime) -> ForecastOut:
    """The forecast of inputs, with its tasks and agents named."""
    inputs = what.inputs
    seed = project.id.int % 2**31
    base = {
        "id": None,
        "project_id": project.id,
        "project_key": project.key_prefix,
        "as_of": now,
        "seed": seed,
        "fingerprint": fingerprint(inputs),
        "held": None,
    }
    empty = _empty(project, inputs)
    if empty is not None:
        none = {"method": None, "figures": None, "cold": True, "own_runs": 0, "other_runs": 0, "paths": 0}
        return ForecastOut.model_validate(base | none | {"empty": empty})
    engine: Any = import_module("orkwork.domains.forecast.rules.answering")  # numpy, for those who ask
    deadline = project.deadline and (project.deadline - now).total_seconds() / 3600
    budget = None if what.budget_usd is None else float(what.budget_usd)
    answer: Answer = engine.answer(inputs, seed=seed, deadline_hours=deadline, budget_usd=budget)
    return ForecastOut(
        **base,
        method=Method.SIMULATION,
        empty=None,
        figures=_figures(project, what, answer, tasks, now),
        cold=answer.cold,
        own_runs=answer.own_runs,
        other_runs=answer.other_runs,
        paths=answer.paths,
    )


def _empty(project: ProjectOut, inputs: Inputs) -> Empty | None:
    if not any(not step.outside for step in inputs.plan.steps):
        return "done" if project.completed else "no_tasks"
    return None if inputs.plan.crews else "no_agents"


def fingerprint(inputs: Inputs) -> str:
    """The same for the same inputs; how long a run lasts by now is left out."""
    steps = tuple(replace(step, elapsed=0.0) for step in inputs.plan.steps)
    plain = asdict(replace(inputs, plan=replace(inputs.plan, steps=steps)))
    return hashlib.sha256(json.dumps(plain, default=sorted, sort_keys=True).encode()).hexdigest()


def _figures(project: ProjectOut, what: Tried, answer: "Answer", tasks: list[dict[str, Any]], now: datetime) -> Figures:
    rows = {str(row["id"]): row for row in tasks}
    steps = what.inputs.plan.steps
    shown = [
        TaskFigure(
            task_id=row["id"],
            key=row["key"],
            title=row["title"],
            criticality=answer.criticality[n],
            done_by=_after(now, answer.finish[n]),
        )
        for n in sorted(range(len(steps)), key=lambda n: -answer.criticality[n])
        if not steps[n].outside and (row := rows.get(steps[n].id)) is not None
    ]
    return Figures(
        open_tasks=sum(not step.outside for step in steps),
        done=Moments.model_validate(
            dict(zip(Moments.model_fields, (_after(now, h) for h in answer.hours), strict=True))
        ),
        cost=Amounts.model_validate(dict(zip(Amounts.model_fields, map(_usd, answer.usd), strict=True))),
        deadline=project.deadline,
        in_time=answer.in_time,
        budget_usd=what.budget_usd,
        in_budget=answer.in_budget,
        tasks=shown[:SHOWN_TASKS],
        bottlenecks=_bottlenecks(what.inputs, answer),
        work_days=answer.work_hours / 24,
        unable=[rows[steps[n].id]["key"] for n in answer.unable if not steps[n].outside and steps[n].id in rows][:50],
        new_tasks_a_day=answer.arrivals_a_day,
        endless=answer.endless,
        prior_weight=answer.prior_weight,
        months=[],
    )


def _after(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=min(hours, MOST_HOURS))


def _usd(amount: float) -> Decimal:
    return Decimal(str(round(amount, 4)))


def _bottlenecks(inputs: Inputs, answer: "Answer") -> list[Bottleneck]:
    """What holds the end up, the worst first."""
    people = answer.people_review
    names = {crew.id: crew.name for crew in inputs.plan.crews}
    known = [
        *(("agent", crew, names[crew], hours) for crew, hours in answer.crew_hours.items()),
        ("reviews", None, "", answer.review_hours * (1 - people)),
        ("ceo", None, "", answer.review_hours * people + answer.decision_hours),
        ("again", None, "", answer.again_hours),
        ("arrivals", None, "", answer.arrival_hours),
    ]
    found = [
        {
            "kind": kind,
            "agent_id": None if crew is None or crew.startswith("new-") else crew,
            "name": name,
            "days": h / 24,
        }
        for kind, crew, name, h in known
        if h / 24 >= LEAST_DAYS
    ]
    return [Bottleneck.model_validate(one) for one in sorted(found, key=lambda one: -one["days"])]


def _tracked(work: Work, project: ProjectOut, now: datetime) -> ForecastOut | None:
    """The forecast of an imported tracker in which no agent ever worked; None of any other project."""
    if project.github_repository is None:
        return None
    rows = work.all(_HISTORY, {"project": project.id})
    if len(rows) < TRACKED:
        return None
    engine: Any = import_module("orkwork.domains.forecast.rules.closing")
    pairs = [(row["created_at"], row["closed_at"]) for row in rows]
    seed = project.id.int % 2**31
    found = engine.closings(engine.history(pairs), now.timestamp() / 86_400, seed=seed)
    facts = json.dumps(sorted(str(pair) for pair in pairs))
    figures = Figures(
        open_tasks=found.open, done=None, cost=None, deadline=project.deadline, in_time=None, budget_usd=project.budget_usd,
        in_budget=None, tasks=[], bottlenecks=[], work_days=0, unable=[], new_tasks_a_day=0, endless=0, prior_weight=0,
        months=[MonthBand.model_validate(asdict(band)) for band in found.bands],
    )  # fmt: skip
    return ForecastOut(
        id=None, project_id=project.id, project_key=project.key_prefix, as_of=now, method=Method.CLOSING,
        empty=None if found.open else "done", figures=figures if found.open else None, cold=found.cold, own_runs=0,
        other_runs=0, paths=engine.PATHS, seed=seed, fingerprint=hashlib.sha256(facts.encode()).hexdigest(), held=None,
    )  # fmt: skip
