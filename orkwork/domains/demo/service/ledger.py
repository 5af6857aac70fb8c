"""Taking the demo's rows out of the cost ledger, and exactly as much out of its sums."""

from typing import Any

from orkwork.core.work import Work
from orkwork.domains.costs.service.recording import CUBE_SUMS, SUMS, cube_of, rollup_of


def _negative(names: tuple[str, ...]) -> str:
    return ", ".join(f"-{name}" for name in names)


def _added(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = r.{name} + excluded.{name}" for name in names)


_FORGET = f"""
with gone as (
  delete from costs c where c.agent_id = any(%(agents)s) or c.project_id = any(%(projects)s) or c.task_id = any(%(tasks)s)
    or c.execution_id in (select id from task_executions where agent_id = any(%(agents)s))
  returning c.*),
sums (kind, key, day, shard, {", ".join(SUMS)}) as ({rollup_of("gone")}),
pairs (day, agent, project, provider, model, shard, {", ".join(CUBE_SUMS)}) as ({cube_of("gone")}),
rolled as (  -- in the order in which recording locks them
  insert into cost_rollup as r (kind, key, day, shard, {", ".join(SUMS)})
  select kind, key, day, shard, {_negative(SUMS)} from sums order by kind, key, day
  on conflict (kind, key, day, shard) do update set {_added(SUMS)})
insert into cost_cube as r (day, agent, project, provider, model, shard, {", ".join(CUBE_SUMS)})
select day, agent, project, provider, model, shard, {_negative(CUBE_SUMS)} from pairs order by 1, 2, 3, 4, 5
on conflict (day, agent, project, provider, model, shard) do update set {_added(CUBE_SUMS)}
"""
_EMPTY = (
    """
    delete from cost_rollup r using (select kind, key, day from cost_rollup group by 1, 2, 3 having sum(calls) = 0) e
    where (r.kind, r.key, r.day) = (e.kind, e.key, e.day)
    """,
    """
    delete from cost_cube r using (select day, agent, project, provider, model from cost_cube group by 1, 2, 3, 4, 5
      having sum(calls) = 0) e
    where (r.day, r.agent, r.project, r.provider, r.model) = (e.day, e.agent, e.project, e.provider, e.model)
    """,
)


def forget(work: Work, params: dict[str, Any]) -> None:
    """Delete the costs of demo agents, projects and tasks; a sum of which nothing is left goes too."""
    work.sql(_FORGET, params)
    for statement in _EMPTY:
        work.sql(statement)
