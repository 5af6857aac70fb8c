"""What a run leaves: lines of log, links and files."""

import hashlib
from typing import Any
from uuid import UUID

from orkwork.core import clock, events
from orkwork.core.actor import Role
from orkwork.core.errors import Conflict, TooLarge, invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import operation
from orkwork.core.settings import settings
from orkwork.core.work import Work
from orkwork.domains.executions.events import ArtifactAdded, ArtifactRemoved
from orkwork.domains.executions.queries import leavings
from orkwork.domains.executions.rules import files
from orkwork.domains.executions.schemas import ArtifactOut, LinkIn, LogIn, LogWrittenOut
from orkwork.domains.tasks.service import moving
from orkwork.domains.tasks.service.runs import check_running, run_row

MOST = 100
"""Artifacts that one run may leave."""
UNDER_WAY_SECONDS = 3600
"""How long a file may lie in the storage before its artifact is recorded."""
_WRITE = f"""
with run as materialized (
  select x.id, x.log_seq, x.log_bytes from task_executions x where x.id = %(run)s and x.status = 'running'
  for no key update),
fresh as materialized (
  select coalesce(l.seq, run.log_seq + l.n) as seq, l.level, l.at, l.text
  from run cross join unnest(%(seqs)s::bigint[], %(levels)s::int[], %(ats)s::timestamptz[], %(texts)s::text[])
    with ordinality as l(seq, level, at, text, n)
  where l.seq is null or l.seq > run.log_seq),
size as materialized (select count(*) as lines, coalesce(sum(octet_length(text)), 0) as bytes, max(seq) as last from fresh),
upd as (
  update task_executions x set log_seq = s.last, log_bytes = x.log_bytes + s.bytes, seen_at = %(e_now)s
  from run r cross join size s where x.id = r.id and s.lines > 0 and r.log_bytes + s.bytes <= %(cap)s returning x.*),
written as (
  insert into execution_logs (execution_id, seq, level, at, text)
  select u.id, f.seq, f.level, f.at, f.text from upd u cross join fresh f returning seq),
prolonged as (
  update tasks t set lease_until = greatest(t.lease_until, %(until)s)
  from upd where t.id = upd.task_id and %(until)s::timestamptz is not null and t.lease_until is not null),
facts as (
  select 'execution.logged' as name, 'execution' as subject_kind, u.id as subject_id, t.key as subject_label, u.project_id,
    null::jsonb as before, jsonb_build_object('lines', s.lines, 'last', s.last, 'task_id', u.task_id) as after
  from upd u join tasks t on t.id = u.task_id cross join size s),
{events.EMIT}
select r.log_seq as was, s.lines, s.last, (select count(*) from upd) as fits from run r cross join size s
"""


@operation("tasks:write", atomic=True)
def write_log(work: Work, execution_id: UUID, body: LogIn) -> LogWrittenOut:
    """Write lines to a run's log and prolong its lease. Lines whose sequence is there already are left out. 409 when
    the run has ended, 413 when its log is full."""
    row = run_row(work, execution_id)
    check_running(work, execution_id, row, body.fence)
    now = clock.now()
    params = {
        "run": execution_id,
        "seqs": [line.sequence for line in body.lines],
        "levels": [line.level.rank for line in body.lines],
        "ats": [line.at or now for line in body.lines],
        "texts": [line.text for line in body.lines],
        "cap": settings().log_bytes,
        "until": moving.lease(body.lease_seconds) if work.actor.is_agent else None,
    }
    found = work.one(_WRITE, work.telling() | params)
    if found is None:
        raise Conflict("execution.ended", f"The execution {execution_id} has ended", "Stop working on it; claim again.")
    if not found["lines"]:
        return LogWrittenOut(written=0, last=found["was"])
    if not found["fits"]:
        raise TooLarge(
            "execution.log_full",
            f"The log of the execution {execution_id} would be larger than {settings().log_bytes} bytes",
            "Write less, or leave the rest as an artifact.",
        )
    work.hint("execution.logged", "execution", execution_id, row["project_id"])
    return LogWrittenOut(written=found["lines"], last=found["last"])


_COUNT = "select count(*)::int as n from execution_artifacts where execution_id = %(id)s"
_ADD = """
insert into execution_artifacts (id, execution_id, name, url, file_key, media_type, size_bytes, sha256, created_at)
values (%(id)s, %(execution_id)s, %(name)s, %(url)s, %(file_key)s, %(media_type)s, %(size_bytes)s, %(sha256)s, %(now)s)
"""
_SEEN = "update task_executions set seen_at = %(now)s where id = %(execution_id)s"


@operation("tasks:write")
def add_link(work: Work, execution_id: UUID, body: LinkIn) -> ArtifactOut:
    """Leave a link with a run: a pull request, a preview, a report elsewhere."""
    return _add(work, execution_id, body.fence, {"name": body.name, "url": body.url})


@operation("tasks:write")
def reserve_file(work: Work, execution_id: UUID, size_bytes: int, fence: int | None) -> str:
    """Note where a file of a run is going to lie, before it does, and answer where; 413 when it is too large."""
    _writable(work, execution_id, fence)
    if not size_bytes:
        raise invalid("body", "is empty; send the file's content as the body")
    if size_bytes > settings().artifact_bytes:
        raise TooLarge(
            "artifact.too_large",
            f"The file has {size_bytes} bytes; at most {settings().artifact_bytes} are taken",
            "Keep it elsewhere and leave a link.",
        )
    key = files.new_key(execution_id)
    params = {"key": key, "until": clock.later(clock.now(), UNDER_WAY_SECONDS)}
    work.sql("insert into stored_files (key, keep_until) values (%(key)s, %(until)s)", params)
    return key


@operation("tasks:write")
def add_file(
    work: Work, execution_id: UUID, key: str, content: bytes, *, name: str, media_type: str | None, fence: int | None
) -> ArtifactOut:
    """Record a file that lies in the storage as an artifact of its run."""
    told = {
        "name": name,
        "file_key": key,
        "media_type": files.media_type(media_type),
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    made = _add(work, execution_id, fence, told)
    work.sql(
        "update stored_files set artifact_id = %(id)s, keep_until = %(now)s where key = %(key)s",
        {"id": made.id, "key": key, "now": clock.now()},
    )
    return made


def _writable(work: Work, execution_id: UUID, fence: int | None) -> dict[str, Any]:
    row = run_row(work, execution_id)
    check_running(work, execution_id, row, fence)
    return row


def _locked(work: Work, execution_id: UUID, fence: int | None) -> dict[str, Any]:
    """The same behind the run's lock, since it may end meanwhile."""
    work.sql("select from task_executions where id = %(id)s for no key update", {"id": execution_id})
    return _writable(work, execution_id, fence)


def _add(work: Work, execution_id: UUID, fence: int | None, told: dict[str, Any]) -> ArtifactOut:
    fields = dict.fromkeys(("url", "file_key", "media_type", "size_bytes", "sha256")) | told
    made = uuid7()
    params = fields | {"id": made, "execution_id": execution_id, "now": clock.now()}
    row = _locked(work, execution_id, fence)
    counted = work.one(_COUNT, {"id": execution_id})
    if counted and counted["n"] >= MOST:
        raise Conflict("artifact.many", f"The run has left {MOST} artifacts", "Put several files into one archive.")
    work.sql(_ADD, params)
    work.sql(_SEEN, params)
    shown = {name: value for name, value in told.items() if name != "file_key"}
    work.emit(
        ArtifactAdded(
            subject_id=execution_id,
            subject_label=row["key"],
            project_id=row["project_id"],
            after=shown | {"artifact_id": made, "task_id": row["id"]},
        )
    )
    return leavings.artifact(work, made)


@operation("tasks:write", role=Role.ADMIN)
def remove_artifact(work: Work, artifact_id: UUID, fence: int | None = None) -> None:
    """Take away a file or a link that a run left: as the agent whose run is under way, with its fence, or as an admin or
    owner at any time. A file's content goes after the commit."""
    row = leavings.artifact_row(work, artifact_id)
    run = _locked(work, row["execution_id"], fence) if work.actor.is_agent else run_row(work, row["execution_id"])
    if not work.sql("delete from execution_artifacts where id = %(id)s", row).rowcount:
        raise leavings.missing_artifact(artifact_id)
    before = {name: row[name] for name in ("name", "kind", "url", "media_type", "size_bytes", "sha256")}
    work.emit(
        ArtifactRemoved(
            subject_id=row["execution_id"],
            subject_label=run["key"],
            project_id=run["project_id"],
            before=before | {"artifact_id": artifact_id, "task_id": run["id"]},
        )
    )
