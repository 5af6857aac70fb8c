"""What a decision does to the dates of its project; simulated for one decision at a time, and kept while nothing changes."""

from collections import OrderedDict
from datetime import datetime, timedelta
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import Conflict
from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.decisions import queries as decisions
from orkwork.domains.decisions.models import DecisionStatus
from orkwork.domains.decisions.schemas import DecisionOut
from orkwork.domains.forecast.queries.inputs import gathered
from orkwork.domains.forecast.queries.making import MOST_HOURS, fingerprint
from orkwork.domains.forecast.rules import deciding
from orkwork.domains.forecast.rules.plans import Inputs, Plan
from orkwork.domains.forecast.schemas import DecisionDates, OptionDates
from orkwork.domains.projects import queries as projects
from orkwork.domains.projects.schemas import ProjectOut

if TYPE_CHECKING:
    from orkwork.domains.forecast.rules.weighing import Weighed

NOW: Final = "now"
WAIT: Final = "wait"
KEPT: Final = 64
_kept: "OrderedDict[tuple[Any, ...], Weighed]" = OrderedDict()
_lock = Lock()


@query("decisions:read")
def dates(work: Work, decision_id: UUID) -> DecisionDates:
    """What each option of a pending decision about a task does to the P80 of its project, and what a day of waiting does.

    Nothing is written. `why_not` says why nothing can be said.
    """
    decision, now = decisions.decision(work, decision_id), clock.now()
    if decision.task_id is None or decision.project_id is None:
        return _nothing(decision, "no_task", now)
    if decision.status is not DecisionStatus.PENDING:
        return _nothing(decision, "decided", now)
    project = projects.project(work, decision.project_id)
    try:
        inputs, tasks = gathered(work, project, now)
    except Conflict:
        return _nothing(decision, "too_large", now, project)
    at = next((n for n, row in enumerate(tasks) if row["id"] == decision.task_id), None)
    if at is None:
        return _nothing(decision, "finished", now, project)
    if not inputs.plan.crews:
        return _nothing(decision, "no_agents", now, project)
    found = _weighed(decision, inputs, _plans(decision, inputs.plan, at))
    if found.cold:
        return _nothing(decision, "too_little_data", now, project)
    return _told(decision, project, found, now)


def _nothing(decision: DecisionOut, why: str, now: datetime, project: ProjectOut | None = None) -> DecisionDates:
    return DecisionDates.model_validate(
        {
            "decision_id": decision.id,
            "version": decision.version,
            "why_not": why,
            "project_key": project.key_prefix if project else "",
            "deadline": project.deadline if project else None,
            "p80": None,
            "wait_days": None,
            "options": [],
            "paths": 0,
            "as_of": now,
        }
    )


def _plans(decision: DecisionOut, plan: Plan, at: int) -> dict[str, Plan]:
    """The plan in which the task goes on now, the one a day later, and those of options that are neither."""
    plans = {NOW: deciding.going_on(plan, at), WAIT: deciding.going_on(plan, at, later=deciding.DAY)}
    for option in decision.options:
        what = deciding.does(option, decision.asked_by_kind)
        changed = deciding.plan_of(plan, at, option, what)
        if what != "held" and changed != plans[NOW]:
            plans[f"option {option.id}"] = changed
    return plans


def _weighed(decision: DecisionOut, inputs: Inputs, plans: dict[str, Plan]) -> "Weighed":
    """Simulated once for the same question about the same plan, whoever looks at it."""
    key = (decision.id, decision.version, fingerprint(inputs))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    engine: Any = import_module("orkwork.domains.forecast.rules.weighing")  # numpy, for those who ask
    found: Weighed = engine.weigh(inputs, plans)
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _told(decision: DecisionOut, project: ProjectOut, found: "Weighed", now: datetime) -> DecisionDates:
    base = found.hours[NOW]

    def moment(hours: float) -> datetime:
        return now + timedelta(hours=min(hours, MOST_HOURS))

    options = []
    for option in decision.options:
        what = deciding.does(option, decision.asked_by_kind)
        hours = None if what == "held" else found.hours.get(f"option {option.id}", base)
        if what == "cut" and hours is not None:
            hours = min(hours, base)  # other draws: less to do is not later
        told = {"p80": None, "days": None} if hours is None else {"p80": moment(hours), "days": (hours - base) / 24}
        options.append(OptionDates.model_validate({"option": option.id, "does": what} | told))
    return DecisionDates(
        decision_id=decision.id, version=decision.version, why_not=None, project_key=project.key_prefix,
        deadline=project.deadline, p80=moment(base), wait_days=(found.hours[WAIT] - base) / 24, options=options,
        paths=found.paths, as_of=now,
    )  # fmt: skip
