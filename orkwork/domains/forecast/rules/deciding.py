"""What choosing an option of a decision does to the plan of its project. Pure, and light to import."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from orkwork.domains.decisions.rules.effects import FREES
from orkwork.domains.decisions.schemas import Option
from orkwork.domains.forecast.rules.changing import without
from orkwork.domains.forecast.rules.plans import Plan

Does = Literal["goes_on", "delayed", "held", "cut"]
DAY: Final = 24.0
_CANCELS: Final = frozenset({"tasks.cancel", "tasks.cancel_subtree"})


def does(option: Option, asked_by_kind: str | None) -> Does:
    """What becomes of the task: it goes on, goes on later by what the asker says, is cancelled, or stays where it is."""
    if option.action in _CANCELS or _moves_to(option.arguments) == "CANCELLED":
        return "cut"
    if option.delay_hours:
        return "delayed"
    frees = option.action in FREES or (asked_by_kind is not None and option.id != "deny")
    return "goes_on" if frees else "held"


def _moves_to(arguments: Mapping[str, Any]) -> Any:
    body = arguments.get("body")
    return body.get("to") if isinstance(body, dict) else None


def plan_of(plan: Plan, at: int, option: Option, what: Does) -> Plan:
    """The plan with an option chosen now, for the task at a place; `held` is held for one day more."""
    if what == "cut":
        return without(plan, at)
    hours = {"delayed": option.delay_hours or 0.0, "held": DAY}.get(what, 0.0)
    agent = str(option.arguments.get("agent_id", "")) if option.action == "tasks.assign" else None
    able = agent if any(crew.id == agent for crew in plan.crews) else None
    return going_on(plan, at, later=hours, agent=able)


def going_on(plan: Plan, at: int, *, later: float = 0.0, agent: str | None = None) -> Plan:
    """The plan in which nobody has to decide on a task any more, and it can begin after so many hours."""
    step = plan.steps[at]
    step = replace(step, asks=False, later=later, agent=agent or step.agent)
    return replace(plan, steps=(*plan.steps[:at], step, *plan.steps[at + 1 :]))
