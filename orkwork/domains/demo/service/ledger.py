"""Taking the demo's rows out of the cost ledger, and exactly as much out of its sums."""

from typing import Any

from orkwork.core.work import Work

_FORGET = """
with gone as (
  delete from costs c where c.agent_id = any(%(agents)s) or c.project_id = any(%(projects)s) or c.task_id = any(%(tasks)s)
    or c.execution_id in (select id from task_executions where agent_id = any(%(agents)s))
  returning c.*),
sums as (
  select k.kind, k.key, k.day, coalesce(sum(g.amount_usd), 0) as amount_usd,
    coalesce(sum(g.catalogue_usd), 0) as catalogue_usd, coalesce(sum(g.caller_usd), 0) as caller_usd,
    coalesce(sum(g.caller_usd - g.catalogue_usd), 0) as difference_usd, count(*) as calls,
    count(*) filter (where g.amount_usd is null) as unpriced,
    count(*) filter (where g.caller_usd <> g.catalogue_usd) as differing,
    sum(g.input_tokens) as input_tokens, sum(g.output_tokens) as output_tokens, sum(g.cached_tokens) as cached_tokens
  from gone g cross join lateral (
    values ('company', 'all', g.day), ('agent', g.agent_id::text, g.day), ('project', g.project_id::text, g.day),
      ('model', g.model, g.day), ('task', g.task_id::text, '0001-01-01'::date),
      ('execution', g.execution_id::text, '0001-01-01'::date)) k(kind, key, day)
  where k.key is not null group by 1, 2, 3),
locked as materialized (  -- in the order in which recording locks them
  select r.kind, r.key, r.day from cost_rollup r join sums s using (kind, key, day)
  where r.shard = 0 order by r.kind, r.key, r.day for update of r)
update cost_rollup r set
  amount_usd = r.amount_usd - s.amount_usd, catalogue_usd = r.catalogue_usd - s.catalogue_usd,
  caller_usd = r.caller_usd - s.caller_usd, difference_usd = r.difference_usd - s.difference_usd,
  calls = r.calls - s.calls, unpriced = r.unpriced - s.unpriced, differing = r.differing - s.differing,
  input_tokens = r.input_tokens - s.input_tokens, output_tokens = r.output_tokens - s.output_tokens,
  cached_tokens = r.cached_tokens - s.cached_tokens
from sums s where r.kind = s.kind and r.key = s.key and r.day = s.day and r.shard = 0
  and (select count(*) from locked) >= 0
"""


def forget(work: Work, params: dict[str, Any]) -> None:
    """Delete the costs of demo agents, projects and tasks; a sum of which nothing is left goes too."""
    work.sql(_FORGET, params)
    work.sql("delete from cost_rollup where calls = 0")
