"""Reading what the ledger adds up to: from sums that are kept, never from its rows."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from orkwork.core.errors import invalid
from orkwork.core.operation import query
from orkwork.core.paging import decode_cursor, encode_cursor
from orkwork.core.work import Work
from orkwork.domains.costs.schemas.reports import (
    CostGroup,
    CostReport,
    CostSum,
    CrossGroup,
    CrossReport,
    Dimension,
    FullSum,
    GroupBy,
)

TIMES: Final = ("day", "week", "month")
_WITHOUT_DAYS: Final = ("task", "execution")
_SUMS = ", ".join(f"coalesce(sum(r.{name}), 0) as {name}" for name in FullSum.model_fields)
_CROSS_SUMS = ", ".join(f"coalesce(sum(r.{name}), 0) as {name}" for name in CostSum.model_fields)


def _label(by: str, key: str) -> str:
    texts = {
        "agent": f"(select name from agents where id::text = {key})",
        "project": f"(select name from projects where id::text = {key})",
        "task": f"(select key || ' ' || title from tasks where id = {key}::uuid)",
        "execution": f"(select t.key || ' run ' || x.run from task_executions x join tasks t on t.id = x.task_id "
        f"where x.id = {key}::uuid)",
    }
    return f"coalesce({texts.get(by, key)}, {key})"


def _period(by: str, day: str) -> str:
    if by == "day":
        return f"{day}::text"
    first = (
        f"{day} - (extract(isodow from {day})::int - 1)"
        if by == "week"
        else f"{day} - (extract(day from {day})::int - 1)"
    )
    return f"({first})::text"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part of the ledger to sum: days of the company's zone, both included, and whose."""

    since: date | None = None
    until: date | None = None
    agent_id: UUID | None = None
    project_id: UUID | None = None
    provider: str | None = None
    model: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether it is more than a stretch of days."""
        return any((self.agent_id, self.project_id, self.provider, self.model))

    def days(self, day: str) -> list[str]:
        """The conditions on the days."""
        return [f"{day} >= %(since)s"] * (self.since is not None) + [f"{day} <= %(until)s"] * (self.until is not None)

    def owners(self) -> list[str]:
        """The conditions on the crossed sums."""
        tests = {
            "agent_id": "r.agent = %(agent_id)s::text",
            "project_id": "r.project = %(project_id)s::text",
            "provider": "r.provider = %(provider)s",
            "model": "r.model = %(model)s",
        }
        return [test for name, test in tests.items() if getattr(self, name) is not None]

    def values(self) -> dict[str, Any]:
        """The parameters."""
        return dict(vars(self))


@query("costs:read")
def report(
    work: Work, group_by: GroupBy, part: Part | None = None, *, cursor: str | None = None, limit: int = 200
) -> CostReport:
    """Sums by agent, project, task, execution, model, provider, day, week or month.

    Sums by task and execution hold all days, and are narrowed only by a project.
    """
    part = part or Part()
    kind = "company" if group_by in TIMES else group_by
    key = _period(group_by, "r.day") if group_by in TIMES else "r.key"
    conditions, params = ["r.kind = %(kind)s"], part.values() | {"kind": kind, "visible": None}
    if group_by in _WITHOUT_DAYS:
        _check_whole(part)
        if part.project_id is not None:
            conditions.append(_OF_PROJECT[group_by])
    else:
        conditions += part.days("r.day")
    if group_by == "project" and part.project_id is not None:
        conditions.append("r.key = %(project_id)s::text")
    elif part.is_narrowed and group_by not in _WITHOUT_DAYS:
        raise invalid(_first(part), f"goes with by and across, or with by={'project' if part.project_id else 'agent'}")
    if work.actor.projects is not None:
        conditions.append(_VISIBLE.get(group_by, "false"))
        params["visible"] = [str(p) for p in work.actor.projects]
    params["after"] = decode_cursor(cursor, ["text"])[0] if cursor else ""
    where = " and ".join(conditions)
    rows = work.all(
        f"select g.*, {_label(group_by, 'g.key')} as label from (select {key} as key, {_SUMS} from cost_rollup r "
        f"where {where} and {key} > %(after)s group by 1 order by 1 limit {int(limit) + 1}) g order by g.key",
        params,
    )
    total = work.one(f"select {_SUMS} from cost_rollup r where {where}", params)
    items = [CostGroup.model_validate(row) for row in rows[:limit]]
    following = encode_cursor([items[-1].key]) if len(rows) > limit else None
    return CostReport(group_by=group_by, items=items, total=FullSum.model_validate(total), next_cursor=following)


_VISIBLE = {
    "project": "r.key = any(%(visible)s::text[])",
    "task": "exists (select from tasks t where t.id = r.key::uuid and t.project_id::text = any(%(visible)s::text[]))",
    "execution": "exists (select from task_executions x where x.id = r.key::uuid and x.project_id::text = any(%(visible)s::text[]))",
}
_OF_PROJECT = {
    "task": "r.key in (select id::text from tasks where project_id = %(project_id)s)",
    "execution": "r.key in (select id::text from task_executions where project_id = %(project_id)s)",
}


def _check_whole(part: Part) -> None:
    for name in ("agent_id", "provider", "model"):
        if getattr(part, name) is not None:
            raise invalid(name, "does not go with tasks and executions alone; give across")


def _first(part: Part) -> str:
    return next(
        name for name in ("project_id", "agent_id", "provider", "model") if getattr(part, name) is not None
    ).removesuffix("_id")


@query("costs:read")
def crossed(work: Work, by: Dimension, across: Dimension | None, part: Part, *, limit: int = 1000) -> CrossReport:
    """Sums by one thing, crossed with another: agent by week, project by model, …; of part of the ledger where one is named.

    Tasks are crossed out of their rows, so give a project, an agent or few days with them; everything else out of sums.
    """
    across = across or by
    params = part.values() | {"visible": work.actor.projects and [str(one) for one in work.actor.projects]}
    source, conditions = _source(by, across, part, restricted=work.actor.projects is not None)
    where = " and ".join(conditions) or "true"
    keys = (_key(by, source), _key(across, source))
    rows = work.all(
        f"select g.*, {_label(by, 'g.key')} as label, {_label(across, 'g.across_key')} as across_label from ("
        f"select {keys[0]} as key, {keys[1]} as across_key, {_CROSS_SUMS} from {_FROM[source]} r where {where} "
        f"group by 1, 2 order by 1, 2 limit {int(limit) + 1}) g order by g.key, g.across_key",
        params,
    )
    if len(rows) > limit:
        raise invalid(
            "by", f"gives more than {limit} pairs: name fewer days, an agent, a project or a model", "costs.too_many"
        )
    items = [CrossGroup.model_validate(row) for row in rows]
    whole = {name: sum((getattr(one, name) for one in items), 0) for name in CostSum.model_fields}
    return CrossReport(by=by, across=across, items=items, total=CostSum.model_validate(whole))


_FROM = {
    "rollup": "cost_rollup",
    "cube": "cost_cube",
    "ledger": "(select c.day, c.task_id::text as task, coalesce(c.agent_id::text, '') as agent, "
    "coalesce(c.project_id::text, '') as project, c.provider, c.model, c.amount_usd, "
    "(c.corrects_id is null)::int as calls, c.unpriced, c.input_tokens, c.output_tokens, c.cached_tokens "
    "from costs c where c.task_id is not null)",
}


def _source(by: str, across: str, part: Part, *, restricted: bool) -> tuple[str, list[str]]:
    """What holds these sums already, the narrowest first, and the conditions on it."""
    named = {by, across} - set(TIMES)
    seen = ["r.project = any(%(visible)s::text[])"] * restricted
    seen += [f"r.{one} <> ''" for one in ("agent", "project") if one in named]  # what has none is in neither
    if "task" in named:
        return "ledger", [*part.days("r.day"), *part.owners(), *seen]
    if len(named) < 2 and not restricted and not part.is_narrowed:
        kind = next(iter(named), "company")
        return "rollup", [f"r.kind = '{kind}'", *part.days("r.day")]
    return "cube", [*part.days("r.day"), *part.owners(), *seen]


def _key(by: str, source: str) -> str:
    if by in TIMES:
        return _period(by, "r.day")
    return "r.key" if source == "rollup" else f"r.{by}"


@query("costs:read")
def spend_today(work: Work, today: date) -> FullSum:
    """What the company spent on one of its days."""
    row = work.one(f"select {_SUMS} from cost_rollup r where r.kind = 'company' and r.day = %(day)s", {"day": today})
    return FullSum.model_validate(row)
