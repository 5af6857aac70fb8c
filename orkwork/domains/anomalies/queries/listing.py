"""Reading anomalies."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.work import Work
from orkwork.domains.anomalies import rules
from orkwork.domains.anomalies.models import AnomalyRule, AnomalyState, Severity
from orkwork.domains.anomalies.schemas import AnomalyOut

_VISIBLE = """(%(visible)s::uuid[] is null or n.project_id = any(%(visible)s)) and (%(person)s or n.rule <> 'job')"""
_IN_STATE = {
    AnomalyState.OVER: "n.over_at is not null",
    AnomalyState.CLOSED: "n.over_at is null and n.closed_at is not null",
    AnomalyState.SNOOZED: "n.over_at is null and n.closed_at is null and n.snoozed_until > %(now)s",
    AnomalyState.ACKNOWLEDGED: "n.over_at is null and n.closed_at is null and n.acknowledged_at is not null "
    "and coalesce(n.snoozed_until, '-infinity') <= %(now)s",
    AnomalyState.OPEN: "n.over_at is null and n.closed_at is null and n.acknowledged_at is null "
    "and coalesce(n.snoozed_until, '-infinity') <= %(now)s",
}
_KEYS = [Order("n.severity", "smallint", True), Order("n.id", "uuid", True)]


@dataclass(frozen=True, kw_only=True)
class AnomalyFilter:
    """What to list; an empty filter lets everything through."""

    states: list[AnomalyState] = field(default_factory=list)
    rules: list[AnomalyRule] = field(default_factory=list)
    severities: list[Severity] = field(default_factory=list)
    agent_ids: list[UUID] = field(default_factory=list)
    project_ids: list[UUID] = field(default_factory=list)

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition on `anomalies n` and its parameters."""
        named = {
            "rule": [one.value for one in self.rules],
            "severity": [one.rank for one in self.severities],
            "agent_id": self.agent_ids,
            "project_id": self.project_ids,
        }
        asked = {column: values for column, values in named.items() if values}
        tests = [_VISIBLE, *(f"n.{column} = any(%(f_{column})s)" for column in asked)]
        if self.states:
            tests.append("(" + " or ".join(f"({_IN_STATE[state]})" for state in self.states) + ")")
        return " and ".join(tests), {f"f_{column}": values for column, values in asked.items()}


def _params(work: Work) -> dict[str, Any]:
    return {"visible": work.actor.projects, "person": not work.actor.is_agent, "now": clock.now()}


@query("agents:read")
def anomalies(work: Work, filters: AnomalyFilter, *, cursor: str | None = None, limit: int = 50) -> PageOut[AnomalyOut]:
    """One page of anomalies, the gravest first, then the latest."""
    where, asked = filters.where()
    behind, placed = after(_KEYS, cursor)
    params = _params(work) | asked | placed
    rows = work.all(
        f"select n.* from anomalies n where {where} and {behind} order by {order_by(_KEYS)} limit {int(limit) + 1}",
        params,
    )
    kept, following = page_of(rows, limit, ["severity", "id"])
    return PageOut(items=[_out(row) for row in kept], next_cursor=following)


@query("agents:read")
def anomaly(work: Work, anomaly_id: UUID) -> AnomalyOut:
    """One anomaly with its evidence."""
    row = work.one(
        f"select n.* from anomalies n where n.id = %(id)s and {_VISIBLE}", _params(work) | {"id": anomaly_id}
    )
    if row is None:
        raise NotFound(
            "anomaly.not_found", f"There is no anomaly {anomaly_id}", "GET /intelligence/anomalies lists them."
        )
    return _out(row)


@query("agents:read")
def tally(work: Work) -> dict[Severity, int]:
    """How many are open, by severity."""
    where, _ = AnomalyFilter(states=[AnomalyState.OPEN]).where()
    rows = work.all(f"select n.severity, count(*) as n from anomalies n where {where} group by 1", _params(work))
    found = {row["severity"]: row["n"] for row in rows}
    return {severity: found.get(severity.rank, 0) for severity in Severity}


def _out(row: dict[str, Any]) -> AnomalyOut:
    until = row["snoozed_until"]
    state = rules.state_of(
        is_over=row["over_at"] is not None,
        is_closed=row["closed_at"] is not None,
        is_snoozed=until is not None and until > clock.now(),
        is_acknowledged=row["acknowledged_at"] is not None,
    )
    says = rules.says(AnomalyRule(row["rule"]), row["subject"], row["figures"])
    return AnomalyOut.model_validate(row | {"state": state, "severity": list(Severity)[row["severity"]], "says": says})
