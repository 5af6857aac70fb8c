"""Taking the demo's rows out of the cost ledger, and exactly as much out of its sums."""

from typing import Any

from orkwork.core.work import Work
from orkwork.domains.costs.service.recording import CUBE_SUMS, SUMS, cube_of, rollup_of


def _less(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = r.{name} - s.{name}" for name in names)


_FORGET = f"""
with gone as (
  delete from costs c where c.agent_id = any(%(agents)s) or c.project_id = any(%(projects)s) or c.task_id = any(%(tasks)s)
    or c.execution_id in (select id from task_executions where agent_id = any(%(agents)s))
  returning c.*),
sums (kind, key, day, shard, {", ".join(SUMS)}) as ({rollup_of("gone")}),
pairs (day, agent, project, provider, model, {", ".join(CUBE_SUMS)}) as ({cube_of("gone")}),
locked as materialized (  -- in the order in which recording locks them
  select r.kind, r.key, r.day from cost_rollup r join sums s using (kind, key, day)
  where r.shard = 0 order by r.kind, r.key, r.day for update of r),
rolled as (
  update cost_rollup r set {_less(SUMS)}
  from sums s where r.kind = s.kind and r.key = s.key and r.day = s.day and r.shard = 0
    and (select count(*) from locked) >= 0 returning true as yes),
also_locked as materialized (
  select c.day from cost_cube c join pairs s using (day, agent, project, provider, model)
  where (select count(*) from rolled) >= 0 order by day, agent, project, provider, model for update of c)
update cost_cube r set {_less(CUBE_SUMS)}
from pairs s where (r.day, r.agent, r.project, r.provider, r.model) = (s.day, s.agent, s.project, s.provider, s.model)
  and (select count(*) from also_locked) >= 0
"""


def forget(work: Work, params: dict[str, Any]) -> None:
    """Delete the costs of demo agents, projects and tasks; a sum of which nothing is left goes too."""
    work.sql(_FORGET, params)
    work.sql("delete from cost_rollup where calls = 0")
    work.sql("delete from cost_cube where calls = 0")
