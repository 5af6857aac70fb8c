"""What choosing an option means for money and for what waits, as far as the record can tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from orkwork.core.actor import ActorKind
from orkwork.core.operation import OPERATIONS
from orkwork.domains.decisions.rules import freezing
from orkwork.domains.decisions.rules.delay import Delay
from orkwork.domains.decisions.schemas import Effect, Option

FREES: Final = frozenset({"tasks.assign", "tasks.try_again", "tasks.lift_bar"})
"""Actions after which the task goes on."""


@dataclass(frozen=True)
class Record:
    """What the record says of one decision."""

    asked_by_kind: str | None = None
    mean_run_usd: Decimal | None = None
    """What a run of the task cost on average."""
    mean_task_usd: Mapping[str, Decimal] = field(default_factory=dict)
    """By agent: what each of its completed tasks cost on average."""
    daily_budget_usd: Mapping[str, Decimal] = field(default_factory=dict)
    """By agent."""


def effect(option: Option, delay: Delay, record: Record) -> Effect:
    """What choosing it means."""
    cost, source = _cost(option, record)
    return Effect(
        option=option.id,
        cost_usd=cost,
        cost_from=source,
        daily_usd=_daily(option, record),
        delay_hours=option.delay_hours,
        frees_tasks=delay.blocked_tasks if _frees(option, record) else 0,
        runs_as=runs_as(option, record.asked_by_kind),
        action=freezing.written(option.action, option.arguments) if option.action else "",
    )


def runs_as(option: Option, asked_by_kind: str | None) -> str:
    """In whose name an action is carried out: the asking agent's where agents may do it and it does not say otherwise,
    else the decider's."""
    if option.action is None:
        return ""
    entry = OPERATIONS.get(option.action)
    may = asked_by_kind == ActorKind.AGENT and entry is not None and entry.agents
    return "asker" if may and option.runs_as != "decider" else "decider"


def _frees(option: Option, record: Record) -> bool:
    """A question is answered by anything but a refusal; what the product asks needs an act."""
    return option.action in FREES or (record.asked_by_kind is not None and option.id != "deny")


def _cost(option: Option, record: Record) -> tuple[Decimal | None, str]:
    if option.cost_usd is not None:
        return option.cost_usd, "asker"
    named = str(option.arguments.get("agent_id", ""))
    if option.action == "tasks.assign" and named in record.mean_task_usd:
        return record.mean_task_usd[named], "agent"
    if option.action in ("tasks.try_again", "tasks.lift_bar") and record.mean_run_usd is not None:
        return record.mean_run_usd, "task"
    return None, ""


def _daily(option: Option, record: Record) -> Decimal | None:
    if option.action != "agents.update_agent":
        return None
    patch: Any = option.arguments.get("patch")
    before = record.daily_budget_usd.get(str(option.arguments.get("agent_id", "")))
    if before is None or not isinstance(patch, dict) or patch.get("daily_budget_usd") is None:
        return None
    try:
        return Decimal(str(patch["daily_budget_usd"])) - before
    except InvalidOperation:
        return None
