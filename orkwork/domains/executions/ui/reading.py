"""What the page of one run reads."""

from typing import Any

from orkwork.core import clock
from orkwork.core.money import plain
from orkwork.core.work import Work
from orkwork.domains.executions.queries import leavings
from orkwork.domains.executions.schemas import ArtifactOut, LogLineOut
from orkwork.domains.tasks.schemas import ExecutionOut
from orkwork.domains.tasks.ui import clocks, shown

PAGE = 200
"""Lines of log that are read at once."""


def run(work: Work, ref: str, number: int) -> dict[str, Any]:
    """The run, its clocks while it is under way, and what it left."""
    found = leavings.numbered(work, ref, number).parse()
    running = found.status == "running"
    held = clocks.read(work, found.task_id)["clocks"] if running else []
    return {
        "run": _run(found),
        "clocks": [one for one in held if one["clock"] != "waiting"],
        "artifacts": [_artifact(one) for one in leavings.artifacts(work, found.id).items],
    }


def _run(found: ExecutionOut) -> dict[str, Any]:
    running = found.status == "running"
    seconds = (clock.now() - found.started_at).total_seconds() if running else (found.duration_ms or 0) / 1000
    return {
        "id": str(found.id),
        "task_id": str(found.task_id),
        "key": found.task_key,
        "title": found.task_title,
        "number": found.run,
        "status": found.status.value,
        "agent": found.agent_name,
        "agent_href": f"/agents/{found.agent_id}",
        "progress": found.progress,
        "tone": {"succeeded": "ok", "failed": "bad", "lost": "bad", "running": ""}.get(found.status.value, "idle"),
        "note": found.note,
        "failure": found.failure.value if found.failure else "",
        "summary": shown.FAILURES.get(found.failure or "", ""),
        "advice": shown.ADVICE.get(found.failure or "", ""),
        "detail": found.failure_detail or "",
        "output": found.output or "",
        "tokens_in": found.input_tokens,
        "tokens_out": found.output_tokens,
        "cost": plain(found.cost_usd),
        "reported": "" if found.reported_cost_usd is None else plain(found.reported_cost_usd),
        "started": found.started_at.isoformat(),
        "ended": found.ended_at.isoformat() if found.ended_at else "",
        "seconds": seconds,
    }


def _artifact(one: ArtifactOut) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "link": one.kind == "link",
        "href": one.url or f"/api/v2/artifacts/{one.id}/content",
        "kind": one.media_type or "",
        "size": one.size_bytes or 0,
        "sha256": one.sha256 or "",
        "at": one.created_at.isoformat(),
    }


def lines(found: list[LogLineOut]) -> list[dict[str, Any]]:
    """Lines of log as the browser holds them."""
    return [{"n": one.sequence, "level": one.level.value, "at": one.at.isoformat(), "text": one.text} for one in found]
