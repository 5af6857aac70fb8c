"""The clock's bookkeeping: which job is due, who runs it, how it went."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.core.errors import NotFound
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.jobs import events, queries, rules
from orkwork.domains.jobs.schemas import JobOut, JobPatch

_REGISTER = """
insert into jobs (operation, every_seconds, paused, requested, next_at, failures)
select name, every, false, false, %(now)s, 0 from unnest(%(names)s::text[], %(every)s::float[]) as s(name, every)
on conflict (operation) do update set every_seconds = excluded.every_seconds
where jobs.every_seconds <> excluded.every_seconds
"""
_CLAIM = """
with due as materialized (
  select operation from jobs where next_at <= %(now)s and (not paused or requested)
    and (lease_until is null or lease_until <= %(now)s)
  order by next_at limit 1 for update skip locked)
update jobs j set token = %(token)s, lease_until = %(until)s, started_at = %(now)s, requested = false,
  next_at = case when j.next_at + make_interval(secs => j.every_seconds) > %(now)s then j.next_at else %(now)s end
    + make_interval(secs => j.every_seconds)
from due where j.operation = due.operation returning j.operation
"""
_FINISH = """
with was as materialized (
  select operation, failures from jobs where operation = %(operation)s and token = %(token)s for update)
update jobs j set token = null, lease_until = null, ended_at = %(now)s, duration_ms = %(duration_ms)s, done = %(done)s,
  error = %(error)s, failures = case when %(error)s::text is null then 0 else was.failures + 1 end
from was where j.operation = was.operation returning was.failures as failures_before, j.failures
"""


@operation(None, users=False, agents=False)
def register(work: Work, schedule: Mapping[str, float]) -> None:
    """Make the clock hold exactly these jobs, by operation and seconds between two runs; what is kept of each stays."""
    names = list(schedule)
    work.sql(_REGISTER, {"names": names, "every": [schedule[name] for name in names], "now": clock.now()})
    work.sql("delete from jobs where not operation = any(%(names)s)", {"names": names})


@operation(None, users=False, agents=False, atomic=True)
def claim_due(work: Work, token: UUID) -> str | None:
    """Take the job that is due longest, for this run alone; its operation, or None when nothing is due.

    Two claims never get the same tick, on however many machines. A run that gives no sign for a lease is lost and
    the job due again. Ticks that nobody took are not made up for.
    """
    now = clock.now()
    params = {"now": now, "until": clock.later(now, rules.LEASE_SECONDS), "token": token}
    row = work.one(_CLAIM, params)
    return row["operation"] if row else None


@operation(None, users=False, agents=False, atomic=True)
def prolong(work: Work, name: str, token: UUID) -> bool:
    """Say that a claimed run goes on; whether it still is the run that the clock knows of."""
    until = clock.later(clock.now(), rules.LEASE_SECONDS)
    statement = "update jobs set lease_until = %(until)s where operation = %(name)s and token = %(token)s"
    return work.sql(statement, {"until": until, "name": name, "token": token}).rowcount > 0


@operation(None, users=False, agents=False)
def finish(
    work: Work, name: str, token: UUID, *, duration_ms: int, done: int | None = None, error: str | None = None
) -> None:
    """Report how a claimed run went; tells when a job begins to keep failing, and when it works again."""
    params: dict[str, Any] = {"operation": name, "token": token, "now": clock.now(), "duration_ms": duration_ms}
    row = work.one(_FINISH, params | {"done": done, "error": error})
    if row is None:
        return
    if row["failures"] == rules.FAILING:
        work.emit(events.JobFailing(subject_id=None, subject_label=name, after={"error": error}))
    elif row["failures"] == 0 and row["failures_before"] >= rules.FAILING:
        work.emit(events.JobRecovered(subject_id=None, subject_label=name, before={"failures": row["failures_before"]}))


@operation(None, role=Role.ADMIN, agents=False)
def run_now(work: Work, name: str) -> JobOut:
    """Have a job run at the next tick, also a paused one."""
    params = {"name": name, "now": clock.now()}
    if not work.one(
        "update jobs set requested = true, next_at = least(next_at, %(now)s) where operation = %(name)s returning operation",
        params,
    ):
        raise _missing(name)
    work.emit(events.JobRequested(subject_id=None, subject_label=name))
    return _job(work, name)


@operation(None, role=Role.ADMIN, agents=False)
def update_job(work: Work, name: str, patch: JobPatch) -> JobOut:
    """Pause a job, or let it go on."""
    row = work.one("select paused from jobs where operation = %(name)s for update", {"name": name})
    if row is None:
        raise _missing(name)
    if row["paused"] != patch.paused:
        work.sql(
            "update jobs set paused = %(paused)s, next_at = greatest(next_at, %(now)s) where operation = %(name)s",
            {"paused": patch.paused, "name": name, "now": clock.now()},
        )
        before, after = {"paused": row["paused"]}, {"paused": patch.paused}
        work.emit(events.JobChanged(subject_id=None, subject_label=name, before=before, after=after))
    return _job(work, name)


def _job(work: Work, name: str) -> JobOut:
    return next(job for job in queries.jobs(work) if job.operation == name)


def _missing(name: str) -> NotFound:
    return NotFound("job.not_found", f"There is no job {name}", "GET /jobs lists them.")
