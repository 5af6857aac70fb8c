"""The clock's part: one row for each anomaly while it lasts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.anomalies import events
from orkwork.domains.anomalies.models import AnomalyRule
from orkwork.domains.anomalies.queries import comparing, finding
from orkwork.domains.anomalies.schemas import Finding
from orkwork.domains.anomalies.service import acting
from orkwork.domains.settings import queries as settings
from orkwork.domains.settings.schemas import AnomalyRules

Finder = Callable[[Work, datetime, AnomalyRules], list[Finding]]
LOCK = "select pg_advisory_xact_lock(14, 2)"
"""One watch at a time; a statement of its own, since a lock does not refresh the snapshot of the one that takes it."""
CLOSELY: dict[AnomalyRule, Finder] = {
    AnomalyRule.SILENT: finding.silent,
    AnomalyRule.DEADLOCK: finding.deadlocks,
    AnomalyRule.AGENT_BUDGET: finding.agent_budgets,
    AnomalyRule.PROJECT_BUDGET: finding.project_budgets,
    AnomalyRule.JOB: finding.jobs,
}
"""What costs little to look for."""
SLOWLY: dict[AnomalyRule, Finder] = {
    AnomalyRule.TOKENS: comparing.tokens,
    AnomalyRule.FAILURES: finding.failures,
    AnomalyRule.REVIEW: finding.reviews,
    AnomalyRule.TASK_COST: comparing.task_costs,
    AnomalyRule.PRICE: comparing.prices,
}


@operation(None, users=False, agents=False)
def watch_closely(work: Work) -> int:
    """Look for silent agents, overrun budgets, jobs that fail and tasks that nobody can move; how many last."""
    return _watch(work, CLOSELY)


@operation(None, users=False, agents=False)
def watch(work: Work) -> int:
    """Look for runs, tasks and prices out of line, repeated failures and stuck reviews; how many last."""
    return _watch(work, SLOWLY)


_LASTING = "select * from anomalies where over_at is null and rule = any(%(rules)s) order by id for update"
_FOUND = """
insert into anomalies (id, rule, key, severity, subject, agent_id, project_id, task_id, execution_id, figures, evidence,
  first_seen_at, last_seen_at, version)
select r.*, %(now)s, %(now)s, 1 from jsonb_to_recordset(%(rows)s) as r(id uuid, rule text, key text, severity int, subject text,
  agent_id uuid, project_id uuid, task_id uuid, execution_id uuid, figures jsonb, evidence jsonb)
on conflict (rule, key) where over_at is null do nothing returning *
"""
_SEEN = """
update anomalies n set last_seen_at = %(now)s, severity = r.severity, subject = r.subject, project_id = r.project_id,
  figures = r.figures, evidence = r.evidence,
  acknowledged_at = case when r.severity <= n.severity then n.acknowledged_at end,
  acknowledged_by = case when r.severity <= n.severity then n.acknowledged_by end,
  snoozed_until = case when r.severity <= n.severity then n.snoozed_until end,
  closed_at = case when r.severity <= n.severity then n.closed_at end,
  closed_by = case when r.severity <= n.severity then n.closed_by end,
  version = n.version + (r.severity > n.severity)::int
from jsonb_to_recordset(%(rows)s) as r(id uuid, severity int, subject text, project_id uuid, figures jsonb, evidence jsonb)
where n.id = r.id
"""
_OVER = "update anomalies set over_at = %(now)s, version = version + 1 where id = any(%(ids)s)"


def _watch(work: Work, finders: dict[AnomalyRule, Finder]) -> int:
    work.sql(LOCK)
    now, limits = clock.now(), settings.company(work).anomaly_rules
    found = {(one.rule.value, one.key): one for finder in finders.values() for one in finder(work, now, limits)}
    lasting = {
        (row["rule"], row["key"]): row for row in work.all(_LASTING, {"rules": [rule.value for rule in finders]})
    }
    fresh = [_row(one) | {"id": uuid7()} for key, one in found.items() if key not in lasting]
    again = [_row(one) | {"id": lasting[key]["id"]} for key, one in found.items() if key in lasting]
    made = work.all(_FOUND, {"rows": Jsonb(fresh), "now": now}) if fresh else []
    if again:
        work.sql(_SEEN, {"rows": Jsonb(again), "now": now})
    gone = [row for key, row in lasting.items() if key not in found]
    if gone:
        work.sql(_OVER, {"ids": [row["id"] for row in gone], "now": now})
    for row in made:
        _tell(work, events.AnomalyFound, row)
        acting.act(work, row, limits.actions.get(AnomalyRule(row["rule"])))
    for row in again:
        before = lasting[row["rule"], row["key"]]
        if row["severity"] > before["severity"]:
            _tell(work, events.AnomalyWorsened, before | row)
    for row in gone:
        _tell(work, events.AnomalyOver, row)
    return len(found)


def _row(one: Finding) -> dict[str, Any]:
    """A finding as the table takes it."""
    kept = {
        name: getattr(one, name) for name in ("key", "subject", "agent_id", "project_id", "task_id", "execution_id")
    }
    evidence = [shown.model_dump(mode="json") for shown in one.evidence]
    return kept | {
        "rule": one.rule.value,
        "severity": one.severity.rank,
        "figures": one.figures,
        "evidence": evidence,
    }


def _tell(work: Work, kind: type[events.Event], row: dict[str, Any]) -> None:
    after = {name: row[name] for name in ("rule", "severity", "agent_id", "task_id", "figures")}
    work.emit(kind(subject_id=row["id"], subject_label=row["subject"][:200], project_id=row["project_id"], after=after))
