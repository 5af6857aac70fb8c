"""Reading the ledger and its sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orkwork.core.operation import query
from orkwork.core.paging import Order, after, decode_cursor, encode_cursor, order_by
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.costs.schemas import CostGroup, CostOut, CostReport, CostSum, GroupBy


def cost_out(row: Mapping[str, Any]) -> CostOut:
    """A ledger row with the difference between caller and catalogue."""
    caller, catalogue = row["caller_usd"], row["catalogue_usd"]
    difference = caller - catalogue if caller is not None and catalogue is not None else None
    return CostOut.model_validate(dict(row) | {"difference_usd": difference})


@dataclass(frozen=True, kw_only=True)
class CostFilter:
    """What part of the ledger to list."""

    agent_id: UUID | None = None
    project_id: UUID | None = None
    task_id: UUID | None = None
    execution_id: UUID | None = None
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[str]:
        """The conditions on `costs c`; the parameters are the fields themselves."""
        tests = {
            "agent_id": "c.agent_id = %(agent_id)s",
            "project_id": "c.project_id = %(project_id)s",
            "task_id": "c.task_id = %(task_id)s",
            "execution_id": "c.execution_id = %(execution_id)s",
            "model": "c.model = %(model)s",
            "since": "c.occurred_at >= %(since)s",
            "until": "c.occurred_at < %(until)s",
        }
        return [test for name, test in tests.items() if getattr(self, name) is not None]


@query("costs:read")
def costs(work: Work, filters: CostFilter, *, cursor: str | None = None, limit: int = 50) -> PageOut[CostOut]:
    """Rows of the ledger, the latest first."""
    keys = [Order("c.occurred_at", "timestamptz", True), Order("c.id", "uuid", True)]
    behind, params = after(keys, cursor)
    visible = "(%(visible)s::uuid[] is null or c.project_id = any(%(visible)s))"
    where = " and ".join([visible, behind, *filters.conditions()])
    rows = work.all(
        f"select c.*, c.occurred_at::text as k0 from costs c where {where} order by {order_by(keys)} limit {int(limit) + 1}",
        {"visible": work.actor.projects} | vars(filters) | params,
    )
    kept = rows[:limit]
    following = encode_cursor([kept[-1]["k0"], str(kept[-1]["id"])]) if len(rows) > limit else None
    return PageOut(items=[cost_out(row) for row in kept], next_cursor=following)


_COLUMNS = (
    "amount_usd",
    "catalogue_usd",
    "caller_usd",
    "difference_usd",
    "calls",
    "unpriced",
    "differing",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
)
_SUMS = ", ".join(f"coalesce(sum(r.{name}), 0) as {name}" for name in _COLUMNS)
_LABELS = {
    "agent": "(select name from agents where id = g.key::uuid)",
    "project": "(select name from projects where id = g.key::uuid)",
    "task": "(select key || ' ' || title from tasks where id = g.key::uuid)",
    "execution": "(select t.key || ' run ' || x.run from task_executions x join tasks t on t.id = x.task_id where x.id = g.key::uuid)",
    "model": "g.key",
    "day": "g.key",
}
_VISIBLE = {
    "project": "r.key = any(%(visible)s::text[])",
    "task": "exists (select from tasks t where t.id = r.key::uuid and t.project_id::text = any(%(visible)s::text[]))",
    "execution": "exists (select from task_executions x where x.id = r.key::uuid and x.project_id::text = any(%(visible)s::text[]))",
}


@query("costs:read")
def report(
    work: Work,
    group_by: GroupBy,
    *,
    since: date | None = None,
    until: date | None = None,
    project_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 200,
) -> CostReport:
    """Sums by agent, project, task, execution, model or day (days of the company's zone, both included).

    Sums by task and execution hold all days. Read from rollups, never from the ledger.
    """
    kind = "company" if group_by == "day" else group_by
    key = "r.day::text" if group_by == "day" else "r.key"
    conditions, params = ["r.kind = %(kind)s"], {"kind": kind, "since": since, "until": until, "visible": None}
    if group_by not in ("task", "execution"):
        conditions += ["r.day >= %(since)s"] * (since is not None) + ["r.day <= %(until)s"] * (until is not None)
    if project_id is not None:
        conditions.append(_of_project(group_by))
        params["project"] = project_id
    if work.actor.projects is not None:
        conditions.append(_VISIBLE.get(group_by, "false"))
        params["visible"] = [str(p) for p in work.actor.projects]
    params["after"] = decode_cursor(cursor, ["text"])[0] if cursor else ""
    where = " and ".join(conditions)
    rows = work.all(
        f"select g.*, coalesce({_LABELS[group_by]}, g.key) as label from (select {key} as key, {_SUMS} from cost_rollup r "
        f"where {where} and {key} > %(after)s group by 1 order by 1 limit {int(limit) + 1}) g order by g.key",
        params,
    )
    total = work.one(f"select {_SUMS} from cost_rollup r where {where}", params)
    items = [CostGroup.model_validate(row) for row in rows[:limit]]
    following = encode_cursor([items[-1].key]) if len(rows) > limit else None
    return CostReport(group_by=group_by, items=items, total=CostSum.model_validate(total), next_cursor=following)


def _of_project(group_by: GroupBy) -> str:
    return {
        "project": "r.key = %(project)s::text",
        "task": "r.key in (select id::text from tasks where project_id = %(project)s)",
        "execution": "r.key in (select id::text from task_executions where project_id = %(project)s)",
    }.get(group_by, "false")


@query("costs:read")
def spend_today(work: Work, today: date) -> CostSum:
    """What the company spent on one of its days."""
    row = work.one(f"select {_SUMS} from cost_rollup r where r.kind = 'company' and r.day = %(day)s", {"day": today})
    return CostSum.model_validate(row)
