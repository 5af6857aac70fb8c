"""What agents are to notice: kept once for each, and marked when it was told."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from orkwork.core import clock
from orkwork.core.actor import Level
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.tasks.events import AgentNoticed
from orkwork.domains.tasks.models import NoticeKind
from orkwork.domains.tasks.service import judging

KEPT_DAYS = 30
_NOTICE = """
insert into agent_notices (agent_id, kind, task_id, comment_id, decision_id, created_at)
select a.id, %(kind)s, %(task_id)s, %(comment_id)s, %(decision_id)s, %(now)s
from agents a where a.id = any(%(agents)s) and a.status <> 'retired'
  and (%(project)s::uuid is null or a.project_ids is null or %(project)s = any(a.project_ids))
order by a.id returning agent_id, (select name from agents where id = agent_id) as name
"""


def notice(
    work: Work,
    agents: Iterable[UUID],
    kind: NoticeKind,
    *,
    task_id: UUID | None,
    project_id: UUID | None,
    comment_id: UUID | None = None,
    decision_id: UUID | None = None,
) -> None:
    """Keep something for agents to notice, those that may see the project."""
    named = sorted(set(agents))
    if not named:
        return
    about: dict[str, Any] = {"task_id": task_id, "comment_id": comment_id, "decision_id": decision_id}
    rows = work.all(_NOTICE, about | {"agents": named, "kind": kind, "project": project_id, "now": clock.now()})
    for row in rows:
        told = {"kind": kind.value} | {name: value for name, value in about.items() if value}
        work.emit(
            AgentNoticed(subject_id=row["agent_id"], subject_label=row["name"], project_id=project_id, after=told)
        )


_MENTIONED = """
select id, name from agents where status <> 'retired' and id is distinct from %(author)s
  and position('@' || lower(name) in lower(%(body)s)) > 0
"""


def mention(work: Work, body: str, *, task_id: UUID, project_id: UUID, comment_id: UUID) -> None:
    """Tell the agents that a comment names as @agent, other than its author."""
    if "@" not in body:
        return
    rows = work.all(_MENTIONED, {"author": work.actor.id, "body": body})
    named = judging.mentioned(body, {row["id"]: row["name"] for row in rows})
    notice(work, named, NoticeKind.MENTIONED, task_id=task_id, project_id=project_id, comment_id=comment_id)


@operation("tasks:read", users=False, level=Level.TOOL, atomic=True)
def mark_delivered(work: Work, notice_id: int) -> None:
    """Note that the calling agent was told."""
    work.sql(
        "update agent_notices set delivered_at = %(now)s where id = %(id)s and agent_id = %(agent)s and delivered_at is null",
        {"id": notice_id, "agent": work.actor.id, "now": clock.now()},
    )


@operation(None, users=False, agents=False)
def forget_notices(work: Work) -> int:
    """Forget what agents were told, or did not ask for, in 30 days; how much it was."""
    return work.sql(
        "delete from agent_notices where created_at < %(now)s::timestamptz - make_interval(days => %(days)s)",
        {"now": clock.now(), "days": KEPT_DAYS},
    ).rowcount
