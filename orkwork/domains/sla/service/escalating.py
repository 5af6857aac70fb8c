"""Raising a late task by hand: the next level of its escalation now, not when its time comes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.errors import Conflict
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.sla import queries, rules
from orkwork.domains.sla.schemas import EscalateIn, TaskSla
from orkwork.domains.sla.service import keeping, watching
from orkwork.domains.tasks.queries.tasks import standing_row

_HOLD = "select from sla_clocks where task_id = %(id)s for no key update"
_TOLD = "select clock, level, concerns from sla_breaches where task_id = %(id)s and level >= 1"


@operation("tasks:write", agents=False)
def escalate(work: Work, ref: str | UUID, body: EscalateIn) -> TaskSla:
    """Escalate a late task now, to the next level of its rule, and behind the last one to the CEO.

    With `level` a level that was told already changes nothing. 409 when the task is not late, or the CEO knows.
    """
    task = standing_row(work, ref)
    work.sql(_HOLD, task)
    told = work.all(_TOLD, task)
    if body.level is None or all(row["level"] != body.level for row in told):
        _raise(work, task, body, told)
    return queries.task_sla(work, task["id"])


def _raise(work: Work, task: dict[str, Any], body: EscalateIn, told: list[dict[str, Any]]) -> None:
    now = clock.now()
    rows = work.all(watching.CLOCKS, {"ids": [task["id"]]})
    row = rows[0] if rows else None
    late = rules.late_clock(row, now) if row else None
    if row is None or late is None or not told:
        raise Conflict("sla.not_late", f"{task['key']} is not late by its SLA", "Only what is late can be escalated.")
    known = {one["level"]: one["concerns"] for one in told if one["clock"] == late}
    following = rules.by_hand(keeping.steps_of(row["escalation"]), known)
    if following is None:
        raise Conflict(
            "sla.at_the_top", f"{task['key']} was escalated to the CEO already", "It stands under Needs you."
        )
    level, whom = following
    if body.level not in (None, level):
        raise Conflict("sla.not_next", f"The next level of {task['key']} is {level}", f"Ask for level {level}.")
    concerns, agent_id = rules.concerned(whom, row["agent_id"], row["manager_id"])
    fresh = {"clock": late, "level": level, "concerns": concerns, "agent_id": agent_id, "at": now}
    _keep(work, row, fresh, now)


def _keep(work: Work, row: dict[str, Any], fresh: dict[str, Any], now: datetime) -> None:
    named = {"task_id": row["task_id"], "project_id": row["project_id"]}
    for breach in work.all(watching.TELL, {"rows": Jsonb([named | fresh]), "now": now}):
        watching.tell(work, breach, row, by_hand=True)
    following = keeping.next_at(row, keeping.told_of(work, [row["task_id"]]))
    work.sql(watching.NEXT, {"rows": Jsonb([{"task_id": row["task_id"], "next_at": following}])})
