"""No write without an event: every transaction of every route and job that wrote a row told a fact."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from jobs import outbox
from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.core.operation import OPERATIONS
from tests.factories import Company

BASE = "/api/v2"
QUIET = {
    "event_deliveries": "the outbox's own bookkeeping",
    "event_log": "the seal over the events",
    "event_log_cursor": "the seal over the events",
    "idempotency_keys": "kept answers; the change that they tell of has its own event",
    "agent_load": "the last sign of life, which is told only after a silence",
    "api_keys": "when a key was last used",
    "sessions": "when a session was last used",
    "users": "when a person was last seen",
    "task_tallies": "counts folded together; their sums stay",
    "project_counters": "the next number",
    "jobs": "when each job ran last; what is news of it has events",
    "agent_notices": "when an agent was told what it is to notice",
    "stored_files": "files on their way into the storage; their artifacts have events",
    "owner_links": "links that are long over are swept",
    "workflow_drafts": "what somebody types; saved, it is a version with its event",
    "cost_checks": "the report of a comparison; what it finds wrong has an event",
    "anomalies": "when each was last seen; what is news of it has events",
    "workflow_follower": "how far workflows have read the record",
}
"""What may be written without an event, and why."""


class Watch:
    """Finds tables that a transaction wrote without telling a fact, by the rows' xmin."""

    def __init__(self) -> None:
        with db.engine().connect() as connection:
            names = connection.exec_driver_sql("select tablename from pg_tables where schemaname = 'public'").scalars()
            self._tables = sorted(set(names) - set(QUIET) - {"alembic_version", "events"})
            self._since = connection.exec_driver_sql("select pg_current_xact_id()::text::bigint").scalar_one()

    def untold(self) -> set[str]:
        """Tables with rows of transactions that left no event."""
        found = set()
        with db.engine().connect() as connection:
            for table in self._tables:
                silent = connection.exec_driver_sql(
                    f'select count(*) from "{table}" t where t.xmin::text::bigint > %(since)s and not exists '
                    "(select from events e where e.xid::text::bigint %% 4294967296 = t.xmin::text::bigint)",
                    {"since": self._since},
                ).scalar_one()
                if silent:
                    found.add(table)
        return found


@pytest.fixture
def watch(company: Company) -> Iterator[Watch]:
    """Watches from here to the end of the test, whatever it does."""
    watched = Watch()
    yield watched
    assert watched.untold() == set()


def tick(name: str) -> Any:
    return door.run(system(name), OPERATIONS[name].fn, write=True)


def test_a_whole_day_leaves_no_silent_write(http: TestClient, company: Company, watch: Watch) -> None:
    owner, worker = company.owner.headers, company.agent("CODE")

    def send(method: str, path: str, body: Any = None, headers: dict[str, str] = owner) -> Any:
        answer = http.request(method, BASE + path, json=body, headers=headers)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    def claimed(**body: Any) -> Any:
        return send("POST", "/tasks/claim", body, worker.headers)["claims"]

    project = send("POST", "/projects", {"name": "Halyard"})["id"]
    send("PATCH", "/projects/HAL", {"description": "x", "status": "paused"})
    send("PATCH", "/projects/HAL", {"status": "active"})
    send("PATCH", "/settings", {"name": "Acme", "time_zone": "Europe/Kyiv"})
    send("PATCH", "/me", {"name": "Ann"})
    send("PATCH", f"/agents/{worker.id}", {"capabilities": {"code:python": "0.5"}, "max_concurrent_tasks": 9})
    send("PUT", f"/agents/{worker.id}/autonomy", {"level": 3})
    key = send("POST", f"/agents/{worker.id}/keys", {"name": "x"})["id"]
    send("DELETE", f"/agents/{worker.id}/keys/{key}")
    invited = send("POST", "/invites", {"role": "viewer"})["id"]
    send("DELETE", f"/invites/{invited}")
    body = {
        "project_id": project,
        "title": "T",
        "ready": True,
        "labels": ["a"],
        "required_capabilities": ["code:python"],
    }
    for n in range(4):
        send("POST", "/tasks", body | {"title": f"T{n}", "max_retries": 1, "review_required": n % 2 == 0})
    send("POST", "/tasks/bulk", {"project_id": project, "tasks": [{"ref": "a", "title": "A", "depends_on": ["HAL-1"]}]})
    send("PATCH", "/tasks/HAL-1", {"labels": ["b"], "priority": "high"})
    send("POST", "/tasks/HAL-1/dependencies", {"depends_on": "HAL-2"})
    send("DELETE", "/tasks/HAL-1/dependencies/HAL-2")
    send("POST", "/projects/HAL/forecasts")
    wanted = {"project": "HAL", "changes": [{"kind": "priority", "task": "HAL-1", "priority": "low"}]}
    made = send("POST", "/intelligence/forecast/changes", wanted)["id"]
    send("POST", f"/intelligence/forecast/changes/{made}/undo")
    send("POST", "/tasks/HAL-1/comments", {"body": "x"})
    send("POST", "/agents/me/heartbeat", {}, worker.headers)
    [held] = claimed(start=True)
    run, fence = held["execution"]["id"], held["fence"]
    call = {"provider": "openai", "model": "gpt-4o", "execution_id": run}
    cost = send("POST", "/costs", call, worker.headers)["id"]
    send("PUT", f"/budgets/agents/{worker.id}", {"daily_usd": "50", "monthly_usd": "500"})
    send("PUT", "/budgets/company", {"monthly_usd": "5000"})
    for end, body in (("settle", {"input_tokens": 5}), ("release", None)):
        kept = send("POST", "/budgets/reservations", call | {"estimate_usd": "0.5"}, worker.headers)["id"]
        send("POST", f"/budgets/reservations/{kept}/{end}", body, worker.headers)
    send("POST", f"/costs/{cost}/corrections", {"amount_usd": "40", "reason": "the invoice"})
    send("PATCH", f"/executions/{run}", {"fence": fence, "progress": 5}, worker.headers)
    send("POST", f"/executions/{run}/logs", {"fence": fence, "lines": [{"text": "x"}]}, worker.headers)
    send("POST", f"/executions/{run}/artifacts", {"fence": fence, "name": "x", "url": "https://x.io"}, worker.headers)
    kept = send("POST", f"/executions/{run}/files?name=x&fence={fence}", {"any": "content"}, worker.headers)["id"]
    send("DELETE", f"/artifacts/{kept}?fence={fence}", None, worker.headers)
    send("PATCH", f"/executions/{run}", {"fence": fence, "status": "failed"}, worker.headers)
    for held in claimed(limit=3, start=True):
        end = {"fence": held["fence"], "status": "succeeded"}
        send("PATCH", f"/executions/{held['execution']['id']}", end, worker.headers)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert tick("tasks.offer_retries") == 1
        assert len(claimed()) == 1
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert tick("tasks.give_back_lapsed") == 1
    flow = {"name": "Flow", "project_id": project, "steps": [{"key": "a", "title": "A"}, {"key": "b", "title": "B"}]}
    send("POST", "/workflows", flow)
    send("PATCH", "/workflows/flow", {"steps": flow["steps"][:1], "name": "Flow!"})
    schedule = send("POST", "/workflows/flow/schedules", {"cron": "* * * * *", "overlap": "queue"})["id"]
    send("PATCH", f"/workflow-schedules/{schedule}", {"catch_up": 2})
    trigger = send("POST", "/workflows/flow/triggers", {"pattern": "task.created"})["id"]
    hook = send("POST", "/workflows/flow/hooks", {})["id"]
    send("POST", f"/workflow-hooks/{hook}/secret")
    flow_run = send("POST", "/workflows/flow/runs", {})["id"]
    for name in ("audit.seal", "workflows.follow", "audit.seal", "workflows.follow"):
        tick(name)
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        tick("workflows.tick")
        tick("workflows.forget_requests")
    with time_machine.travel(clock.now() + timedelta(days=400)):
        assert (tick("forecast.take_daily"), tick("forecast.score")) == (1, 1)
    with time_machine.travel(clock.now().replace(hour=20) + timedelta(days=1)):
        assert tick("briefs.make_daily") == 1
    send("POST", f"/workflow-runs/{flow_run}/cancel")
    send("POST", f"/workflow-runs/{flow_run}/retry")
    for path in (f"/workflow-schedules/{schedule}", f"/workflow-triggers/{trigger}", f"/workflow-hooks/{hook}"):
        send("DELETE", path)
    outbox.drain()
    for name in (
        "executions.check_clocks",
        "executions.sweep_files",
        "audit.seal",
        "projects.fold_tallies",
        "auth.forget_expired",
        "performance.count_scores",
        "anomalies.watch_closely",
        "anomalies.watch",
    ):
        tick(name)
    send("POST", "/tasks/HAL-1/transition", {"to": "CANCELLED"})
    send("DELETE", f"/agents/{worker.id}")
    outbox.drain()
    send("DELETE", "/projects/HAL")


def test_a_silent_write_would_be_found(company: Company) -> None:
    watched = Watch()
    company.project()
    assert watched.untold() == set()
    door.run(system("test"), lambda work: work.sql("update projects set name = 'x'"), write=True)
    assert watched.untold() == {"projects"}


REFUSED: list[tuple[str, str, Any]] = [
    ("POST", "/tasks", {"title": "x"}),
    ("POST", "/tasks/HAL-1/transition", {"to": "REVIEW"}),
    ("POST", "/tasks/HAL-1/dependencies", {"depends_on": "HAL-1"}),
    ("PATCH", "/tasks/NO-1", {"title": "x"}),
    ("POST", "/agents", {"name": "CODE"}),
    ("POST", "/projects", {"name": "x", "key_prefix": "HAL"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_a_refused_write_leaves_no_event(http: TestClient, company: Company, method: str, path: str, body: Any) -> None:
    company.agent("CODE")
    company.task(company.project())
    before = _count()
    assert http.request(method, BASE + path, json=body, headers=company.owner.headers).status_code >= 400
    assert _count() == before


def _count() -> int:
    with db.engine().connect() as connection:
        return connection.exec_driver_sql("select count(*) from events").scalar_one()
