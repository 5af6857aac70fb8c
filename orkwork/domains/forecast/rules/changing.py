"""What would be if: the inputs of a forecast with changes made to them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from orkwork.core.errors import invalid
from orkwork.domains.forecast.rules.plans import Crew, Inputs, Plan, Step
from orkwork.domains.forecast.schemas import (
    AddAgent,
    AddTasks,
    BudgetChange,
    Change,
    Concurrency,
    CutTask,
    EstimateChange,
    PriorityChange,
    RemoveAgent,
)

MOST_STEPS = 25_000


@dataclass(frozen=True, slots=True)
class Tried:
    """The inputs, the budget, and where the tasks that the caller knows stand in the plan."""

    inputs: Inputs
    budget_usd: Decimal | None
    places: Mapping[str, str]
    """The id of the step by a task's key and id."""


def changed(tried: Tried, changes: Sequence[Change]) -> Tried:
    """Make the changes one after the other; Invalid names the one that can't be made."""
    for n, change in enumerate(changes):
        tried = _one(tried, change, f"changes.{n}")
    if len(tried.inputs.plan.steps) > MOST_STEPS:
        raise invalid("changes", f"make more than {MOST_STEPS:,} open tasks")
    return tried


def _one(tried: Tried, change: Change, where: str) -> Tried:
    plan = tried.inputs.plan
    match change:
        case AddAgent():
            made = Crew(f"new-{len(plan.crews)}", "", change.max_concurrent_tasks)
            return _with(tried, replace(plan, crews=(*plan.crews, made)))
        case RemoveAgent():
            _crew(plan, change.agent_id, where)
            left = tuple(crew for crew in plan.crews if crew.id != str(change.agent_id))
            freed = tuple(_free(step, str(change.agent_id)) for step in plan.steps)
            return _with(tried, Plan(freed, left))
        case Concurrency():
            _crew(plan, change.agent_id, where)
            slots = change.max_concurrent_tasks
            crews = (replace(crew, slots=slots) if crew.id == str(change.agent_id) else crew for crew in plan.crews)
            return _with(tried, replace(plan, crews=tuple(crews)))
        case BudgetChange():
            return replace(tried, budget_usd=change.budget_usd)
        case AddTasks():
            return _with(tried, _grown(plan, change))
        case PriorityChange() | EstimateChange() | CutTask():
            return _with(tried, _task_changed(tried, change, where))


def _with(tried: Tried, plan: Plan) -> Tried:
    return replace(tried, inputs=replace(tried.inputs, plan=plan))


def _crew(plan: Plan, agent_id: object, where: str) -> None:
    if not any(crew.id == str(agent_id) for crew in plan.crews):
        raise invalid(f"{where}.agent_id", f"no active agent {agent_id} works in this project")


def _free(step: Step, agent: str) -> Step:
    """A task that its agent gives back begins anew."""
    return replace(step, agent=None, state="waiting", elapsed=0.0) if step.agent == agent else step


def _grown(plan: Plan, change: AddTasks) -> Plan:
    hours = change.estimate_minutes / 60 if change.estimate_minutes else None
    last = max((step.order for step in plan.steps), default=(0.0,))
    review = sum(step.review for step in plan.steps) * 2 >= max(len(plan.steps), 1)
    begin = len(plan.steps)
    fresh = (Step(f"new-{begin + n}", estimate=hours, order=last, review=review) for n in range(change.tasks))
    return replace(plan, steps=(*plan.steps, *fresh))


def _task_changed(tried: Tried, change: PriorityChange | EstimateChange | CutTask, where: str) -> Plan:
    plan = tried.inputs.plan
    wanted = tried.places.get(change.task.upper()) or tried.places.get(change.task.lower())
    at = next((n for n, step in enumerate(plan.steps) if step.id == wanted), None)
    if at is None:
        raise invalid(f"{where}.task", f"there is no open task {change.task} in this project")
    if isinstance(change, CutTask):
        return without(plan, at)
    step = plan.steps[at]
    if isinstance(change, PriorityChange):
        step = replace(step, order=(float(change.priority.rank), *step.order[1:]))
    else:
        step = replace(step, estimate=change.estimate_minutes / 60 if change.estimate_minutes else None)
    return replace(plan, steps=(*plan.steps[:at], step, *plan.steps[at + 1 :]))


def without(plan: Plan, root: int) -> Plan:
    """Without a step and all that waits for it, however far behind."""
    behind: dict[int, list[int]] = {}
    for n, step in enumerate(plan.steps):
        for need in step.needs:
            behind.setdefault(need, []).append(n)
    gone, ahead = {root}, [root]
    while ahead:
        fresh = [n for n in behind.get(ahead.pop(), ()) if n not in gone]
        gone.update(fresh)
        ahead.extend(fresh)
    kept = [n for n in range(len(plan.steps)) if n not in gone]
    place = {old: new for new, old in enumerate(kept)}
    steps = (replace(plan.steps[n], needs=tuple(place[need] for need in plan.steps[n].needs)) for n in kept)
    return replace(plan, steps=tuple(steps))
