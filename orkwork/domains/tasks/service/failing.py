"""What follows when a run fails: another try, or a failed task and a question; and the breaker of loops.

One statement, so that the end of the run, the move, the question and the facts are there together or not at all.
"""

from typing import Any

from orkwork.core import clock
from orkwork.core.work import Work
from orkwork.domains.decisions.models import Category
from orkwork.domains.decisions.schemas import Asking, Option
from orkwork.domains.executions.rules import limits, loops
from orkwork.domains.executions.rules.failures import CATALOGUE
from orkwork.domains.tasks.models import ExecutionStatus, Failure, Status
from orkwork.domains.tasks.service import moving

_FACTS = """
select t.id, t.title, t.retry_count, t.max_retries, coalesce(t.attempts_from, t.ready_at) as began_at, t.limits as task_limits,
  p.limits as project_limits, a.limits as agent_limits, s.limits as company_limits, s.loop_breaker_runs, a.name as agent_name,
  run.run, run.progress, array(select jsonb_build_object('failure', x.failure, 'progress', x.progress)
    from task_executions x where x.task_id = t.id and x.agent_id = t.assignee_id and x.status <> 'running'
      and x.run > coalesce((select b.run from task_bars b where b.task_id = t.id and b.agent_id = t.assignee_id), 0)
    order by x.run desc limit 100) as before
from tasks t join projects p on p.id = t.project_id cross join settings s
  left join agents a on a.id = t.assignee_id
  left join lateral (select x.run, x.progress from task_executions x
    where x.task_id = t.id and x.status = 'running') run on true
where t.id = %(id)s
"""


def end_run(work: Work, row: dict[str, Any], failure: Failure, report: dict[str, Any]) -> moving.Moved | None:
    """End the running execution of a task as failed. The task is tried again, later, when that may help and attempts
    are left; else it FAILs and a person is asked."""
    facts = work.one(_FACTS, row)
    assert facts is not None
    policy = policy_of(facts)
    total = policy.seconds(limits.Clock.TOTAL)
    over_at = clock.later(facts["began_at"], total) if facts["began_at"] and total else None
    verdict = limits.after_failure(policy, failure, facts["retry_count"], clock.now(), over_at)
    looped = _is_loop(facts, failure, report)
    told = {"reason": failure.value}
    shared: dict[str, Any] = {"report": report | {"failure": failure}, "told": told, "bar_runs": looped}
    if verdict.retry_at is not None:
        asking = _loop(row, facts, failure, looped) if looped else None
        again = None if row["blocked_count"] else verdict.retry_at  # a blocked one waits for what blocks it
        extra = moving.Extra(retry_at=again, is_retry=True, run_status=ExecutionStatus.FAILED, asking=asking, **shared)
        return moving.move(work, row, Status.READY, extra)
    asking = _failed(row, facts, failure, report, verdict.why_not, looped)
    return moving.move(work, row, Status.FAILED, moving.Extra(asking=asking, **shared))


def lose_run(work: Work, row: dict[str, Any]) -> moving.Moved | None:
    """Give back the task of an agent that fell silent; a run under way ends as lost, and costs no attempt."""
    told = {"reason": "lease lapsed"}
    if row["status"] != Status.IN_PROGRESS:
        return moving.move(work, row, Status.READY, moving.Extra(told=told))
    facts = work.one(_FACTS, row)
    assert facts is not None
    looped = _is_loop(facts, Failure.LOST, {}) if facts["run"] else None
    extra = moving.Extra(
        run_status=ExecutionStatus.LOST,
        told=told,
        report={"failure": Failure.LOST},
        bar_runs=looped,
        asking=_loop(row, facts, Failure.LOST, looped) if looped else None,
    )
    return moving.move(work, row, Status.READY, extra)


def asked_by_agent(work: Work, row: dict[str, Any]) -> Asking:
    """What a person is asked when an agent calls a task failed without ending its run."""
    facts = work.one(_FACTS, row)
    assert facts is not None
    return _failed(row, facts, Failure.OTHER, {}, "not_passing", None)


def policy_of(facts: dict[str, Any]) -> limits.Policy:
    """What holds for a task, out of a row with the limits of each level."""
    return limits.resolve([facts[f"{level}_limits"] for level in limits.LEVELS], facts["max_retries"])


def _is_loop(facts: dict[str, Any], failure: Failure, report: dict[str, Any]) -> int | None:
    """After how many runs alike the loop breaker trips now; None when it does not."""
    progress = report.get("progress", facts["progress"]) or 0
    before = [loops.Ended(run["failure"], run["progress"]) for run in reversed(facts["before"])]
    runs = [*before, loops.Ended(failure.value, progress)]
    limit = facts["loop_breaker_runs"]
    return limit if loops.is_loop(runs, limit) else None


_AGAIN = Option(id="retry", label="Try again", action="tasks.try_again")
_CANCEL = Option(id="cancel", label="Cancel the task", action="tasks.cancel")


def _lift(facts: dict[str, Any]) -> Option:
    return Option(id="lift", label=f"Let {facts['agent_name']} try again", action="tasks.lift_bar")


def _failed(
    row: dict[str, Any],
    facts: dict[str, Any],
    failure: Failure,
    report: dict[str, Any],
    why_not: limits.Why | None,
    looped: int | None,
) -> Asking:
    context = _context("failed", facts, failure, looped) | {
        "why_not_again": why_not,
        "detail": (report.get("failure_detail") or "")[:2000],
        "attempts": facts["retry_count"] + 1,
    }
    again = [_AGAIN, _lift(facts)] if looped else [_AGAIN]
    return Asking(
        category=Category.ESCALATE,
        title=f"{row['key']} failed: {CATALOGUE[failure].summary}",
        context=context,
        options=[*again, _CANCEL, Option(id="leave", label="Leave it failed")],
        recommendation="retry" if CATALOGUE[failure].passing and not looped else None,
    )


def _loop(row: dict[str, Any], facts: dict[str, Any], failure: Failure, looped: int | None) -> Asking:
    return Asking(
        category=Category.ESCALATE,
        title=f"{facts['agent_name']} goes in circles at {row['key']}",
        context=_context("loop", facts, failure, looped),
        options=[_lift(facts), _CANCEL, Option(id="leave", label="Leave it to other agents")],
        recommendation="leave",
    )


def _context(about: str, facts: dict[str, Any], failure: Failure, looped: int | None) -> dict[str, Any]:
    meaning = CATALOGUE[failure]
    return {
        "about": about,
        "task_title": facts["title"],
        "failure": failure.value,
        "summary": meaning.summary,
        "advice": meaning.advice,
        "agent_name": facts["agent_name"],
        "alike": looped,
    }
