"""Reading the logs and artifacts of runs."""

from typing import Any
from uuid import UUID

from orkwork.core.errors import NotFound
from orkwork.core.operation import query
from orkwork.core.paging import decode_cursor, encode_cursor
from orkwork.core.schema import Json, PageOut
from orkwork.core.work import Work
from orkwork.domains.executions.models import LogLevel
from orkwork.domains.executions.schemas import ArtifactOut, LogLineOut, LogOut
from orkwork.domains.tasks.queries import shapes
from orkwork.domains.tasks.queries.tasks import VISIBLE, standing_row
from orkwork.domains.tasks.schemas import ExecutionOut

_RUN = f"""
select x.id, x.log_seq, x.status = 'running' as running from task_executions x join tasks t on t.id = x.task_id
where x.id = %(id)s and {VISIBLE}
"""
_LINES = "select seq, level, at, text from execution_logs where execution_id = %(id)s and level >= %(level)s and "
_AFTER = _LINES + "seq > %(seq)s order by seq limit %(limit)s"
_BEFORE = _LINES + "seq < %(seq)s order by seq desc limit %(limit)s"
_ARTIFACT = """a.id, a.execution_id, a.name, case when a.url is null then 'file' else 'link' end as kind, a.url, a.media_type,
  a.size_bytes, a.sha256, a.created_at"""


def _run(work: Work, execution_id: UUID) -> dict[str, Any]:
    row = work.one(_RUN, {"id": execution_id, "visible": work.actor.projects})
    if row is None:
        raise NotFound("execution.not_found", f"There is no execution {execution_id}", "GET /executions lists them.")
    return row


@query("tasks:read")
def numbered(work: Work, ref: str | UUID, number: int) -> Json[ExecutionOut]:
    """One run of a task by its number, 1 for the first."""
    row = work.one(
        f"select {shapes.as_json(shapes.execution())}::text as body, x.version from task_executions x "
        "join tasks t on t.id = x.task_id where x.task_id = %(task)s and x.run = %(run)s",
        {"task": standing_row(work, ref)["id"], "run": number},
    )
    if row is None:
        raise NotFound("execution.not_found", f"{ref} has no run {number}", "Its page lists its runs.")
    return Json(ExecutionOut, row["body"], row["version"])


@query("tasks:read")
def log(
    work: Work,
    execution_id: UUID,
    *,
    after: int = 0,
    cursor: str | None = None,
    level: LogLevel = LogLevel.DEBUG,
    limit: int = 200,
) -> LogOut:
    """The lines of a run's log that follow a line's number, the oldest first. Asking for what follows the last one
    costs one look at an index."""
    run = _run(work, execution_id)
    seq = int(decode_cursor(cursor, ["bigint"])[0]) if cursor is not None else after
    rows: list[dict[str, Any]] = []
    if run["log_seq"] > seq:
        rows = work.all(_AFTER, {"id": execution_id, "seq": seq, "level": level.rank, "limit": limit + 1})
    kept = rows[:limit]
    following = encode_cursor([kept[-1]["seq"]]) if len(rows) > limit else None
    return LogOut(items=_lines(kept), next_cursor=following, last=run["log_seq"], running=run["running"])


@query("tasks:read")
def log_before(work: Work, execution_id: UUID, *, before: int = 2**62, limit: int = 200) -> LogOut:
    """The lines of a run's log just before a line's number, or its last ones, the oldest first; `next_cursor` is set
    while there are earlier ones."""
    run = _run(work, execution_id)
    rows = work.all(_BEFORE, {"id": execution_id, "seq": before, "level": 0, "limit": limit + 1})
    kept = rows[:limit][::-1]
    earlier = encode_cursor([kept[0]["seq"]]) if len(rows) > limit else None
    return LogOut(items=_lines(kept), next_cursor=earlier, last=run["log_seq"], running=run["running"])


def _lines(rows: list[dict[str, Any]]) -> list[LogLineOut]:
    levels = list(LogLevel)
    return [LogLineOut(sequence=row["seq"], level=levels[row["level"]], at=row["at"], text=row["text"]) for row in rows]


@query("tasks:read")
def artifacts(work: Work, execution_id: UUID) -> PageOut[ArtifactOut]:
    """What a run left, the oldest first; there are at most as many as a run may leave."""
    _run(work, execution_id)
    rows = work.all(
        f"select {_ARTIFACT} from execution_artifacts a where a.execution_id = %(id)s order by a.id",
        {"id": execution_id},
    )
    return PageOut(items=[ArtifactOut.model_validate(row) for row in rows], next_cursor=None)


@query("tasks:read")
def artifact(work: Work, artifact_id: UUID) -> ArtifactOut:
    """One thing that a run left."""
    return ArtifactOut.model_validate(artifact_row(work, artifact_id))


@query("tasks:read")
def stored(work: Work, artifact_id: UUID) -> tuple[ArtifactOut, str]:
    """A file that a run left, and where it lies in the storage; NotFound for a link."""
    row = artifact_row(work, artifact_id)
    if row["file_key"] is None:
        raise NotFound("artifact.link", f"{row['name']} is a link: {row['url']}", "Open it where it is.")
    return ArtifactOut.model_validate(row), row["file_key"]


def artifact_row(work: Work, artifact_id: UUID) -> dict[str, Any]:
    """The row of an artifact that the actor may see, with where its file lies; NotFound."""
    row = work.one(
        f"select {_ARTIFACT}, a.file_key from execution_artifacts a join task_executions x on x.id = a.execution_id "
        f"join tasks t on t.id = x.task_id where a.id = %(id)s and {VISIBLE}",
        {"id": artifact_id, "visible": work.actor.projects},
    )
    if row is None:
        raise missing_artifact(artifact_id)
    return row


def missing_artifact(artifact_id: UUID) -> NotFound:
    """The error for an artifact that is not there."""
    return NotFound("artifact.not_found", f"There is no artifact {artifact_id}", "GET an execution's artifacts.")
