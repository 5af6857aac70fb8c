"""Deleting the demo's rows. Real rows that point at them let go first."""

from typing import Any

from orkwork.core.work import Work
from orkwork.domains.tasks.service import dependencies

_DEPENDANTS = """
select d.task_id, d.depends_on_id from task_dependencies d
where d.depends_on_id = any(%(tasks)s) and not d.task_id = any(%(tasks)s) order by 1, 2
"""
_LET_GO = (
    # real agents that hold a task of the demo are free again
    """
    update agent_load l set running = greatest(0, l.running - h.n) from (
      select assignee_id, count(*) as n from tasks where id = any(%(tasks)s) and status in ('ASSIGNED', 'IN_PROGRESS')
      group by 1) h where l.agent_id = h.assignee_id
    """,
    """
    update tasks set version = version + 1,
      assignee_id = case when assignee_id = any(%(agents)s) then null else assignee_id end,
      worker_id = case when worker_id = any(%(agents)s) then null else worker_id end,
      created_by_kind = case when created_by_id = any(%(agents)s) then 'system' else created_by_kind end,
      created_by_id = case when created_by_id = any(%(agents)s) then null else created_by_id end
    where not id = any(%(tasks)s)
      and (assignee_id = any(%(agents)s) or worker_id = any(%(agents)s) or created_by_id = any(%(agents)s))
    """,
    "update agents set manager_id = null, version = version + 1 where manager_id = any(%(agents)s)",
    """
    update agents set version = version + 1, project_ids = array(
      select p from unnest(project_ids) with ordinality as u(p, n) where not p = any(%(projects)s) order by n)
    where project_ids && %(projects)s and not demo
    """,
)
_DELETE = (
    "delete from task_executions where agent_id = any(%(agents)s) or task_id = any(%(tasks)s)",
    "delete from task_comments where author_kind = 'agent' and author_id = any(%(agents)s)",
    "delete from ready_tasks where project_id = any(%(projects)s)",
    "delete from tasks where id = any(%(tasks)s)",
    "delete from projects where id = any(%(projects)s)",  # with labels, counters and tallies
    "delete from agents where id = any(%(agents)s)",  # with keys, load and capabilities
    "delete from idempotency_keys where actor_id = any(%(agents)s)",
    "delete from capability_sets s where s.id = any(%(sets)s) and not exists (select from tasks where capset_id = s.id)",
    """
    delete from capabilities c where c.id = any(%(capabilities)s)
      and not exists (select from agent_capabilities where capability_id = c.id)
      and not exists (select from capability_sets where c.id = any(capability_ids))
    """,
)


def let_go(work: Work, params: dict[str, Any]) -> None:
    """Let real tasks wait no longer for the demo's, and real agents and tasks forget its agents and projects."""
    for edge in work.all(_DEPENDANTS, params):
        dependencies.remove_dependency(work, edge["task_id"], edge["depends_on_id"])
    for statement in _LET_GO:
        work.sql(statement, params)


def delete(work: Work, params: dict[str, Any]) -> None:
    """Delete the demo's rows, and the capabilities that nobody else has or needs."""
    sets = work.all(
        "select distinct s.id, s.capability_ids from capability_sets s join tasks t on t.capset_id = s.id "
        "where t.id = any(%(tasks)s) and s.capability_ids <> '{}'",
        params,
    )
    had = work.all("select capability_id as id from agent_capabilities where agent_id = any(%(agents)s)", params)
    capabilities = {row["id"] for row in had} | {one for row in sets for one in row["capability_ids"]}
    found = params | {"sets": [row["id"] for row in sets], "capabilities": sorted(capabilities)}
    for statement in _DELETE:
        work.sql(statement, found)
