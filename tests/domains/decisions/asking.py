"""Questions of agents and people over HTTP."""

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.domains.standing import service as standing

BASE = "/api/v2"
SAY = {"action": "tasks.add_comment", "arguments": {"ref": "HAL-1", "body": {"body": "Shipping."}}}
MOVE = {"action": "tasks.transition", "arguments": {"ref": "HAL-1", "body": {"to": "CANCELLED"}}}


def ask(http: TestClient, who: Any, title: str = "Deploy 1.4.0?", **fields: Any) -> Any:
    """Ask as somebody."""
    body = {"category": "approve", "kind": "approve", "title": title} | fields
    return http.post(f"{BASE}/decisions", json=body, headers=who.headers)


def gating(**more: Any) -> list[dict[str, Any]]:
    """Approve cancels HAL-1 in the name of who decides, deny does nothing."""
    yes = {"id": "approve", "label": "Cancel it", "runs_as": "decider", **MOVE}
    return [yes | more, {"id": "deny", "label": "Keep it"}]


def saying() -> list[dict[str, Any]]:
    """Approve comments on HAL-1 in the name of the asking agent."""
    return [{"id": "approve", "label": "Ship it", "cost_usd": "0.12", **SAY}, {"id": "deny", "label": "Hold"}]


def resolve(http: TestClient, who: Any, decision_id: str, **body: Any) -> Any:
    """Decide as somebody."""
    return http.post(f"{BASE}/decisions/{decision_id}/resolve", json=body, headers=who.headers)


def read(http: TestClient, who: Any, path: str) -> Any:
    """What a read answers."""
    answer = http.get(f"{BASE}/{path}", headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def keep() -> int:
    """Ticks of the clock until nothing waits for it; how many decisions it looked after."""
    done = 0
    while door.run(system("clock"), standing.keep, write=True):
        done += 1
    return done


def in_hours(hours: float) -> str:
    """That much later, as JSON says it."""
    return (clock.now() + timedelta(hours=hours)).isoformat()


def rows(statement: str) -> list[tuple[Any, ...]]:
    """What the database holds."""
    with db.engine().connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]
