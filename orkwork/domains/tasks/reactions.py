"""What tasks do when others speak, and what can wait until after the commit."""

from orkwork.core.events import EventRow, on
from orkwork.core.work import Work
from orkwork.domains.agents.events import AgentPaused, AgentRetired
from orkwork.domains.agents.models import AgentStatus
from orkwork.domains.decisions.events import DecisionResolved
from orkwork.domains.decisions.models import Category
from orkwork.domains.tasks.events import DependencyAdded
from orkwork.domains.tasks.models import ExecutionStatus, NoticeKind, Status
from orkwork.domains.tasks.queries import next_work
from orkwork.domains.tasks.service import moving, noticing

_HELD = """
select t.id, t.key, t.status, t.review_required, t.blocked_count, t.assignee_id, t.worker_id, t.fence, t.created_by_id, t.version
from tasks t join agents a on a.id = t.assignee_id and a.status = any(%(while)s)  -- it may go on again meanwhile
where t.assignee_id = %(agent)s and t.status = any(%(statuses)s) order by t.id for no key update of t
"""
_RAISE_CRIT = """
with recursive up(id, crit) as (
  select d.depends_on_id, t.crit + 1 from task_dependencies d join tasks t on t.id = d.task_id
  where d.task_id = %(task)s and d.kind = 'blocks'
  union
  select d.depends_on_id, up.crit + 1 from up join task_dependencies d on d.task_id = up.id and d.kind = 'blocks'
    join tasks n on n.id = d.depends_on_id where n.crit < up.crit + 1),
raised as (
  update tasks t set crit = u.crit from (select id, max(crit) as crit from up group by id) u
  where t.id = u.id and t.crit < u.crit returning t.id, t.crit)
update ready_tasks r set crit = raised.crit from raised where r.task_id = raised.id
"""


@on(AgentPaused, AgentRetired)
def give_back(work: Work, event: EventRow) -> None:
    """Give back what a paused agent has not started, and everything that a retired one holds."""
    retired = event.name == AgentRetired.name
    statuses = [Status.ASSIGNED.value, *([Status.IN_PROGRESS.value] if retired else [])]
    ended = [AgentStatus.RETIRED.value, *([] if retired else [AgentStatus.PAUSED.value])]
    for row in work.all(_HELD, {"agent": event.subject_id, "statuses": statuses, "while": ended}):
        lost = ExecutionStatus.LOST if row["status"] == Status.IN_PROGRESS else None
        told = {"reason": "the agent was retired" if retired else "the agent was paused"}
        moving.move(work, row, Status.READY, moving.Extra(run_status=lost, told=told))


_DECIDED = """
select agent_id, task_id, category, case when asked_by_kind = 'agent' then asked_by_id end as asker_id
from decisions where id = %(id)s
"""


@on(DecisionResolved)
def tell_whom_it_concerns(work: Work, event: EventRow) -> None:
    """Let the agents whose task or request was decided about notice it; who gets the task by it hears of that anyway."""
    decision = work.one(_DECIDED, {"id": event.subject_id})
    if decision is None:
        return
    assigns = decision["category"] == Category.TASK_ASSIGN
    concerned = {} if decision["task_id"] is None else next_work.task_agents(work, decision["task_id"])
    if assigns:
        concerned.pop("assignee_id", None)
    else:
        concerned["named"] = decision["agent_id"]
    concerned["asker"] = decision["asker_id"]
    noticing.notice(
        work,
        [agent_id for agent_id in concerned.values() if agent_id],
        NoticeKind.DECISION_RESOLVED,
        task_id=decision["task_id"],
        project_id=event.project_id,
        decision_id=event.subject_id,
    )


@on(DependencyAdded)
def raise_critical_length(work: Work, event: EventRow) -> None:
    """Carry a longer chain up to the tasks that it waits for, so that claims take the critical path first."""
    work.sql(_RAISE_CRIT, {"task": event.subject_id})
