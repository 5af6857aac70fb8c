"""Reading the list of failures, and what clocks and policies hold for a task."""

from uuid import UUID

from orkwork.core.operation import query
from orkwork.core.work import Work
from orkwork.domains.executions.rules import limits
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.executions.schemas import BarOut, ClockOut, FailureOut, FailuresOut, LimitsOut, RetryOut
from orkwork.domains.tasks.queries.tasks import standing_row

_HOLDING = """
select t.status, t.retry_count, t.retry_at, t.max_retries, t.ready_at, t.waiting_since, t.attempts_from,
  t.limits as task_limits, p.limits as project_limits, a.limits as agent_limits, s.limits as company_limits,
  x.started_at, greatest(x.seen_at, case when x.started_at is not null then l.last_heartbeat_at end) as seen_at,
  (select jsonb_build_object('id', d.id, 'title', d.title, 'context', d.context, 'options', d.options) from decisions d
    where d.task_id = t.id and d.category = 'escalate' and d.status = 'pending' and d.asked_by_kind is null) as asked
from tasks t join projects p on p.id = t.project_id cross join settings s
  left join agents a on a.id = t.assignee_id left join agent_load l on l.agent_id = t.assignee_id
  left join task_executions x on x.task_id = t.id and x.status = 'running'
where t.id = %(id)s
"""
_BARS = """
select b.agent_id, a.name as agent_name, b.failure, b.runs, b.tripped_at from task_bars b join agents a on a.id = b.agent_id
where b.task_id = %(id)s and b.lifted_at is null order by b.tripped_at, b.agent_id
"""


@query(None)
def failures(work: Work) -> FailuresOut:
    """The list of failures: what each name means, whether it may pass by itself, and what to do about it."""
    return FailuresOut(
        items=[
            FailureOut(name=name, summary=one.summary, passing=one.passing, advice=one.advice)
            for name, one in CATALOGUE.items()
        ]
    )


@query("tasks:read")
def task_limits(work: Work, ref: str | UUID) -> LimitsOut:
    """The clocks of a task as they stand, the retry policy that holds for it, and who is kept from it; each value with
    who decided it."""
    task_id = standing_row(work, ref)["id"]
    row = work.one(_HOLDING, {"id": task_id})
    assert row is not None
    policy = limits.resolve([row[f"{level}_limits"] for level in limits.LEVELS], row["max_retries"])
    retry = {name: found.value for name, found in policy.retry.items()}
    origins = {name: found.origin for name, found in policy.retry.items()}
    return LimitsOut(
        clocks=[_clock(reading) for reading in limits.readings(policy, limits.times_of(row))],
        retry=RetryOut.model_validate(retry | {"origins": origins}),
        attempt=row["retry_count"] + 1,
        retry_at=row["retry_at"],
        barred=[BarOut.model_validate(bar) for bar in work.all(_BARS, {"id": task_id})],
        asked=row["asked"],
    )


def _clock(reading: limits.Reading) -> ClockOut:
    return ClockOut.model_validate(
        {
            "clock": reading.which.value,
            "limit_seconds": reading.limit.value,
            "origin": reading.limit.origin,
            "since": reading.since,
            "over_at": reading.over_at,
        }
    )
