"""Reading the ledger row by row."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, encode_cursor, order_by
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.costs.models import Basis
from orkwork.domains.costs.schemas.ledger import CostOut


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
    provider: str | None = None
    model: str | None = None
    basis: Basis | None = None
    corrects_id: UUID | None = None
    day_from: date | None = None
    day_to: date | None = None
    """The company's days, both included."""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[str]:
        """The conditions on `costs c`; the parameters are the fields themselves."""
        tests = {
            "agent_id": "c.agent_id = %(agent_id)s",
            "project_id": "c.project_id = %(project_id)s",
            "task_id": "c.task_id = %(task_id)s",
            "execution_id": "c.execution_id = %(execution_id)s",
            "provider": "c.provider = %(provider)s",
            "model": "c.model = %(model)s",
            "basis": "c.basis = %(basis)s",
            "corrects_id": "c.corrects_id = %(corrects_id)s",
            "day_from": "c.day >= %(day_from)s and c.occurred_at >= %(day_from)s::timestamp at time zone 'UTC' - interval '15 hours'",
            "day_to": "c.day <= %(day_to)s and c.occurred_at < %(day_to)s::timestamp at time zone 'UTC' + interval '39 hours'",
            "since": "c.occurred_at >= %(since)s",
            "until": "c.occurred_at < %(until)s",
        }
        # no zone is further from UTC than 14 hours, so the index on the moment serves the days
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


@query("costs:read")
def cost(work: Work, cost_id: UUID) -> CostOut:
    """One row of the ledger."""
    row = work.one(
        "select c.* from costs c where c.id = %(id)s and (%(visible)s::uuid[] is null or c.project_id = any(%(visible)s))",
        {"id": cost_id, "visible": work.actor.projects},
    )
    if row is None:
        raise missing(cost_id)
    return cost_out(row)


def missing(cost_id: UUID) -> NotFound:
    """The error for an id that leads nowhere."""
    return NotFound("cost.not_found", f"There is no cost {cost_id}", "GET /costs lists them.")


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMED = """
select c.id, c.occurred_at, c.day, a.name as agent, p.key_prefix as project, t.key as task, c.provider, c.model,
  c.input_tokens, c.output_tokens, c.cached_tokens, c.cache_write_tokens, c.input_audio_tokens, c.output_audio_tokens,
  c.reasoning_tokens, c.requests, trim_scale(c.amount_usd)::text as amount_usd, c.basis, c.corrects_id, c.reason,
  c.external_id
from costs c left join agents a on a.id = c.agent_id left join projects p on p.id = c.project_id
left join tasks t on t.id = c.task_id
"""


@query("costs:read")
def costs_csv(work: Work, filters: CostFilter) -> Iterator[str]:
    """The filtered rows as CSV, the latest first, a few at a time from one snapshot; no text begins as a formula would."""
    visible = "(%(visible)s::uuid[] is null or c.project_id = any(%(visible)s))"
    where = " and ".join([visible, *filters.conditions()])
    with work.conn.transaction(), work.conn.cursor("costs_csv", row_factory=dict_row) as cursor:
        cursor.itersize = 1000
        statement = f"{_NAMED} where {where} order by c.occurred_at desc, c.id desc"
        cursor.execute(statement, {"visible": work.actor.projects} | vars(filters))  # pyright: ignore[reportArgumentType]
        yield _line([column.name for column in cursor.description or ()])
        for row in cursor:
            yield _line([_cell(name, value) for name, value in row.items()])


def _cell(name: str, value: object) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if name != "amount_usd" and text.startswith(_FORMULA) else text


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
