"""The clock's part: following the record, and telling each level once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.operation import operation
from orkwork.core.work import Work
from orkwork.domains.projects.events import ProjectArchived, ProjectChanged
from orkwork.domains.sla import events, rules
from orkwork.domains.sla.models import Clock
from orkwork.domains.sla.service import keeping
from orkwork.domains.tasks.events import TaskChanged, TaskCreated, TaskMoved

FOLLOWED = 1000
"""Events, or open tasks under changed rules, of one round."""
CHECKED = 200
"""Clocks of one round."""
_OF_TASKS = (TaskCreated.name, TaskMoved.name, TaskChanged.name)
_OF_RULES = (
    events.RuleCreated.name,
    events.RuleChanged.name,
    events.RuleDeleted.name,
    ProjectArchived.name,
    ProjectChanged.name,
)
_WORDS = {rules.WARNING: "warned", rules.BREACH: "breached"}
_FIRST = UUID(int=0)
_FOLLOWER = "select pos, retarget_after from sla_follower for update"
_BEGIN = "insert into sla_follower (id, pos) values (1, 0) on conflict do nothing"
_NEWS = """
select l.pos, e.name, e.subject_id from event_log l left join events e on e.seq = l.seq
where l.pos > %(pos)s order by l.pos limit %(limit)s
"""
_OPEN = """
select id from tasks where id > %(after)s and ready_at is not null and status not in ('COMPLETED', 'CANCELLED')
order by id limit %(limit)s
"""
_FOLLOWED = "update sla_follower set pos = %(pos)s, retarget_after = %(retarget_after)s"


@operation(None, users=False, agents=False)
def follow(work: Work, limit: int = FOLLOWED) -> int:
    """Bring the clocks up to the sealed record: tasks that were made, moved or changed, and all open ones when rules
    or the life of projects changed. How much there was; two at once wait for each other."""
    work.sql(_BEGIN)
    known = work.one(_FOLLOWER)
    assert known is not None
    news = work.all(_NEWS, {"pos": known["pos"], "limit": limit})
    after = _FIRST if any(row["name"] in _OF_RULES for row in news) else known["retarget_after"]
    ids = {row["subject_id"] for row in news if row["name"] in _OF_TASKS}
    held = [row["id"] for row in work.all(_OPEN, {"after": after, "limit": limit})] if after is not None else []
    if ids or held:
        keeping.refresh(work, sorted(ids.union(held)))
    if after is not None:
        after = held[-1] if len(held) == limit else None
    if news or after != known["retarget_after"]:
        work.sql(_FOLLOWED, {"pos": news[-1]["pos"] if news else known["pos"], "retarget_after": after})
    return max(len(news), len(held))


_DUE = """
select task_id from sla_clocks where next_at <= %(now)s order by next_at, task_id limit %(limit)s for update skip locked
"""
# A move that is under way holds its task: it is looked at again at the next tick, when it is known.
_STILL = "select id from tasks where id = any(%(ids)s) for share skip locked"
CLOCKS = """
select c.*, t.key, coalesce(t.assignee_id, t.worker_id) as agent_id,
  (select a.manager_id from agents a where a.id = coalesce(t.assignee_id, t.worker_id)) as manager_id
from sla_clocks c join tasks t on t.id = c.task_id where c.task_id = any(%(ids)s) order by c.task_id
"""
TELL = """
insert into sla_breaches (task_id, clock, level, project_id, concerns, agent_id, at, recorded_at)
select r.*, %(now)s from jsonb_to_recordset(%(rows)s) as r(task_id uuid, clock text, level int, project_id uuid,
  concerns text, agent_id uuid, at timestamptz)
on conflict do nothing returning *
"""
NEXT = """
update sla_clocks c set next_at = r.next_at
from jsonb_to_recordset(%(rows)s) as r(task_id uuid, next_at timestamptz)
where c.task_id = r.task_id and c.next_at is distinct from r.next_at
"""


@operation(None, users=False, agents=False)
def check(work: Work, limit: int = CHECKED) -> int:
    """Tell every level that was reached: the warning, the breach, each escalation, once each however often and late
    this runs. How many clocks were looked at."""
    now = clock.now()
    due = [row["task_id"] for row in work.all(_DUE, {"now": now, "limit": limit})]
    ids = [row["id"] for row in work.all(_STILL, {"ids": due})] if due else []
    if not ids:
        return 0
    keeping.refresh(work, ids)
    rows = {row["task_id"]: row for row in work.all(CLOCKS, {"ids": ids})}
    told = keeping.told_of(work, ids)
    fresh = [one for row in rows.values() for one in _reached(row, told, now)]
    for breach in work.all(TELL, {"rows": Jsonb(fresh), "now": now}) if fresh else ():
        told[breach["task_id"], breach["clock"]].add(breach["level"])
        tell(work, breach, rows[breach["task_id"]])
    following = [{"task_id": row["task_id"], "next_at": keeping.next_at(row, told)} for row in rows.values()]
    work.sql(NEXT, {"rows": Jsonb(following)})
    return len(ids)


def _reached(row: dict[str, Any], told: keeping.Told, now: datetime) -> list[dict[str, Any]]:
    """The levels of one task that are to be told, as the table takes them."""
    escalation, fresh = keeping.steps_of(row["escalation"]), []
    for one in Clock:
        reading = keeping.reading_of(row, one)
        for level, at in rules.reached(reading, escalation, told.get((row["task_id"], one), ()), now):
            concerns, agent_id = rules.concerned(rules.whom(escalation, level), row["agent_id"], row["manager_id"])
            fresh.append(
                {
                    "task_id": row["task_id"],
                    "clock": one,
                    "level": level,
                    "project_id": row["project_id"],
                    "concerns": concerns,
                    "agent_id": agent_id,
                    "at": at,
                }
            )
    return fresh


def tell(work: Work, breach: dict[str, Any], row: dict[str, Any], **more: Any) -> None:
    """Tell one level of a task, which `row` names with its rule."""
    kind = events.SlaWarned if breach["level"] == rules.WARNING else events.SlaBreached
    after = {name: breach[name] for name in ("clock", "level", "concerns", "agent_id", "at")} | more
    work.emit(
        kind(
            subject_id=row["task_id"],
            subject_label=row["key"],
            project_id=row["project_id"],
            after=after | {"rule_id": row["rule_id"], "status": _WORDS.get(breach["level"], "escalated")},
        )
    )
