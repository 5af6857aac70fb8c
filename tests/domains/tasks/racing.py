"""Running things at once, and recounting what is kept incrementally."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from orkwork.core import db
from orkwork.core.actor import SCOPES, Actor, ActorKind, Level
from orkwork.core.errors import OrkworkError
from tests.factories import Worker


def at_once(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """Start all calls at the same moment; results or refusals, in their order. Anything else is raised."""
    todo = list(calls)
    gate = threading.Barrier(len(todo))

    def one(call: Callable[[], Any]) -> Any:
        gate.wait(30)
        try:
            return call()
        except OrkworkError as refusal:
            return refusal

    with ThreadPoolExecutor(len(todo)) as pool:
        return list(pool.map(one, todo))


def acting(worker: Worker) -> Actor:
    """The agent as a door sees it."""
    return Actor(ActorKind.AGENT, worker.id, worker.out.name, scopes=frozenset(SCOPES), level=Level.SUPERVISED)


WRONG: dict[str, str] = {
    "blocked_count": """
        select t.key, t.blocked_count, count(n.id) from tasks t
        left join task_dependencies d on d.task_id = t.id and d.kind = 'blocks'
        left join tasks n on n.id = d.depends_on_id and n.status <> 'COMPLETED'
        group by t.id having t.blocked_count <> count(n.id)""",
    "a state that its blockers forbid": """
        select key from tasks where blocked_count > 0 and not flagged
        and status not in ('CREATED', 'PLANNING', 'FAILED', 'CANCELLED')""",
    "the queue": """
        select coalesce(t.key, r.task_id::text) from ready_tasks r
        full join (select t.* from tasks t join projects p on p.id = t.project_id and p.status = 'active'
                   where t.status = 'READY' and t.retry_at is null) t on t.id = r.task_id
        where r.task_id is null or t.id is null""",
    "an agent's load": """
        select l.agent_id, l.running, count(t.id) from agent_load l
        left join tasks t on t.assignee_id = l.agent_id and t.status in ('ASSIGNED', 'IN_PROGRESS')
        group by l.agent_id having l.running <> count(t.id)""",
    "tallies": """
        select * from (select project_id, status, sum(tasks) from task_tallies group by 1, 2 having sum(tasks) <> 0) a
        full join (select project_id, status, count(*) from tasks group by 1, 2) b using (project_id, status)
        where a.sum is distinct from b.count""",
    "a running execution of a task that does not run": """
        select x.id from task_executions x join tasks t on t.id = x.task_id
        where x.status = 'running' and t.status <> 'IN_PROGRESS'""",
    "a cycle": """
        with recursive up(start, id) as (
          select task_id, depends_on_id from task_dependencies where kind = 'blocks' union
          select up.start, d.depends_on_id from up join task_dependencies d on d.task_id = up.id and d.kind = 'blocks')
        select start from up where start = id""",
}


def faults() -> dict[str, list[Any]]:
    """What is kept incrementally and differs from a recount; empty when all is well."""
    with db.engine().connect() as connection:
        found = {name: list(connection.exec_driver_sql(statement).all()) for name, statement in WRONG.items()}
    return {name: rows for name, rows in found.items() if rows}
