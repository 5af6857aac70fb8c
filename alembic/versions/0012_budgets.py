"""Budgets and reservations, corrections, all kinds of usage, sums by provider and crossed sums."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012_budgets"
down_revision = "0011_decisions"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
COUNTS = ("input_audio_tokens", "output_audio_tokens", "reasoning_tokens")
SUMS = ("cache_write_tokens", "audio_tokens", "reasoning_tokens", "requests")

PERIODS = """
create function budget_start(p_period text, p_now timestamptz, p_zone text) returns date language sql stable as $$
  select case p_period when 'total' then '0001-01-01'::date
    when 'month' then date_trunc('month', p_now at time zone p_zone)::date else (p_now at time zone p_zone)::date end
$$;
--
create function budget_end(p_period text, p_start date, p_zone text) returns timestamptz language sql stable as $$
  select case p_period when 'total' then 'infinity'::timestamptz
    when 'month' then (p_start + interval '1 month') at time zone p_zone
    else (p_start + 1)::timestamp at time zone p_zone end
$$;
--
create function budget_spent(p_scope text, p_key text, p_period text, p_start date) returns numeric language sql stable as $$
  select coalesce(sum(r.amount_usd), 0) from cost_rollup r where r.kind = p_scope and r.key = p_key and r.day >= p_start
    and r.day < case p_period when 'total' then 'infinity'::date when 'month' then (p_start + interval '1 month')::date
      else p_start + 1 end
$$;
--
create function budget_held(p_scope text, p_agent uuid, p_project uuid, p_now timestamptz) returns numeric
language plpgsql stable as $$
begin
  return case p_scope
    when 'agent' then (select coalesce(sum(estimate_usd), 0) from budget_reservations
      where agent_id = p_agent and status = 'held' and expires_at > p_now)
    when 'project' then (select coalesce(sum(estimate_usd), 0) from budget_reservations
      where project_id = p_project and status = 'held' and expires_at > p_now)
    else (select coalesce(sum(estimate_usd), 0) from budget_reservations where status = 'held' and expires_at > p_now) end;
end $$;
--
create function budget_stop(p_budget budgets, p_now timestamptz, p_zone text) returns timestamptz language plpgsql stable as $$
declare
  first date := budget_start(p_budget.period, p_now, p_zone);
begin
  if p_budget.limit_usd is null then
    return null;
  elsif p_budget.limit_usd = 0 then
    return 'infinity';
  elsif budget_spent(p_budget.scope, coalesce(p_budget.agent_id::text, p_budget.project_id::text, 'all'), p_budget.period,
      first) >= p_budget.limit_usd then
    return budget_end(p_budget.period, first, p_zone);
  end if;
  return null;
end $$;
"""
FOLLOW = """
create function budgets_follow_limit() returns trigger language plpgsql as $$
declare
  zone text;
  marks int[];
  spent numeric;
begin
  select time_zone, budget_thresholds into zone, marks from settings;
  new.stopped_until := budget_stop(new, now(), coalesce(zone, 'UTC'));
  if tg_op = 'UPDATE' and new.told > 0 and new.limit_usd > 0 then  -- what a raise puts out of reach is told of again
    spent := budget_spent(new.scope, coalesce(new.agent_id::text, new.project_id::text, 'all'), new.period, new.told_for);
    new.told := least(new.told, coalesce((select max(m) from unnest(marks) m where spent * 100 >= new.limit_usd * m), 0));
  end if;
  return new;
end $$;
--
create trigger budgets_follow_limit before insert or update of limit_usd on budgets
  for each row execute function budgets_follow_limit();
--
create function agents_have_budgets() returns trigger language plpgsql as $$
begin
  insert into budgets (id, scope, agent_id, period, limit_usd, version)
  values (gen_random_uuid(), 'agent', new.id, 'day', new.daily_budget_usd, 1)
  on conflict (agent_id, period) where agent_id is not null do update
    set limit_usd = excluded.limit_usd, version = budgets.version + 1;
  return null;
end $$;
--
create trigger agents_have_budgets after insert on agents
  for each row when (new.daily_budget_usd is not null) execute function agents_have_budgets();
--
create trigger agents_change_budgets after update of daily_budget_usd on agents
  for each row when (new.daily_budget_usd is distinct from old.daily_budget_usd) execute function agents_have_budgets();
--
create function projects_have_budgets() returns trigger language plpgsql as $$
begin
  insert into budgets (id, scope, project_id, period, limit_usd, version)
  values (gen_random_uuid(), 'project', new.id, 'total', new.budget_usd, 1)
  on conflict (project_id) where project_id is not null do update
    set limit_usd = excluded.limit_usd, version = budgets.version + 1;
  return null;
end $$;
--
create trigger projects_have_budgets after insert on projects
  for each row when (new.budget_usd is not null) execute function projects_have_budgets();
--
create trigger projects_change_budgets after update of budget_usd on projects
  for each row when (new.budget_usd is distinct from old.budget_usd) execute function projects_have_budgets();
"""
JUDGE = """
create function tell_of_budget(p_budget budgets, p_name text, p_after jsonb, p_telling jsonb) returns void
language plpgsql as $$
declare
  told bigint;
begin
  insert into events (occurred_at, name, actor_kind, actor_id, actor_name, ip, request_id, subject_kind, subject_id,
    subject_label, project_id, before, after)
  values ((p_telling->>'now')::timestamptz, p_name, p_telling->>'actor_kind', (p_telling->>'actor_id')::uuid,
    p_telling->>'actor_name', p_telling->>'ip', p_telling->>'request_id', 'budget', p_budget.id,
    coalesce((select a.name from agents a where a.id = p_budget.agent_id),
      (select p.name from projects p where p.id = p_budget.project_id), (select s.name from settings s), ''),
    p_budget.project_id, null, p_after || jsonb_build_object('scope', p_budget.scope, 'period', p_budget.period,
      'agent_id', p_budget.agent_id, 'limit_usd', trim_scale(p_budget.limit_usd)::text))
  returning seq into told;
  insert into event_deliveries (seq, reaction, not_before)
  select told, r.reaction, (p_telling->>'now')::timestamptz
  from jsonb_array_elements_text(p_telling->'reactions'->p_name) as r(reaction);
end $$;
--
create function judge_budgets(p_agents uuid[], p_projects uuid[], p_telling jsonb) returns int language plpgsql as $$
declare
  -- with agents null all budgets are judged
  b budgets;
  moment timestamptz := (p_telling->>'now')::timestamptz;
  zone text;
  marks int[];
  mark int;
  goal int;
  first date;
  spent numeric;
  until timestamptz;
  before int;
  done int := 0;
begin
  for b in select * from budgets where limit_usd is not null
      and (p_agents is null or scope = 'company' or agent_id = any(p_agents) or project_id = any(p_projects)) order by id loop
    if zone is null then
      select s.time_zone, s.budget_thresholds into zone, marks from settings s;
    end if;
    if p_agents is not null and b.limit_usd > 0 and b.stopped_until is null then
      -- far from the next threshold nobody has to wait for anybody
      first := budget_start(b.period, moment, zone);
      goal := (select min(m) from unnest(marks) m where m > case when b.told_for = first then b.told else 0 end);
      continue when budget_spent(b.scope, coalesce(b.agent_id::text, b.project_id::text, 'all'), b.period, first) * 100
        < b.limit_usd * coalesce(goal, 100) * 0.9;
    end if;
    select * into b from budgets where id = b.id for no key update;
    continue when not found or b.limit_usd is null;
    -- a statement of its own: its snapshot is younger than the lock, so that no cost of another is missed
    first := budget_start(b.period, moment, zone);
    spent := budget_spent(b.scope, coalesce(b.agent_id::text, b.project_id::text, 'all'), b.period, first);
    until := case when b.limit_usd = 0 then 'infinity' when spent >= b.limit_usd then budget_end(b.period, first, zone) end;
    before := case when b.told_for = first then b.told else 0 end;
    mark := coalesce((select max(m) from unnest(marks) m where spent * 100 >= b.limit_usd * m and m > before), before);
    if b.stopped_until is distinct from until or mark > before then
      done := done + 1;
      update budgets set stopped_until = until, told_for = first, told = mark where id = b.id;
      if b.stopped_until is not null and until is null then
        perform tell_of_budget(b, 'budget.renewed', jsonb_build_object('spent_usd', trim_scale(spent)::text), p_telling);
      end if;
      if b.limit_usd > 0 then
        perform tell_of_budget(b, 'budget.reached', jsonb_build_object('threshold', m, 'starts_on', first,
          'spent_usd', trim_scale(spent)::text, 'ends_at', nullif(until, 'infinity')), p_telling)
        from unnest(marks) m where m > before and m <= mark order by m;
      end if;
    end if;
  end loop;
  return done;
end $$;
--
create function reserve_budget(p_agent uuid, p_project uuid, p_estimate numeric, p_now timestamptz) returns jsonb
language plpgsql as $$
declare
  locked uuid[];
  zone text;
begin
  select array_agg(l.id) into locked from (select id from budgets where limit_usd is not null
    and (scope = 'company' or agent_id = p_agent or project_id = p_project) order by id for no key update) l;
  select time_zone into zone from settings;
  -- a statement of its own: its snapshot is younger than the locks, so that it sees what the one before left
  return (select coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'scope', x.scope, 'period', x.period,
      'agent_id', x.agent_id, 'project_id', x.project_id, 'limit_usd', trim_scale(x.limit_usd)::text,
      'spent_usd', trim_scale(x.spent)::text, 'reserved_usd', trim_scale(x.held)::text, 'ends_at', nullif(x.ends_at, 'infinity'),
      'has_room', x.spent < x.limit_usd and x.spent + x.held + p_estimate <= x.limit_usd) order by x.id), '[]')
    from (select b.*, budget_spent(b.scope, coalesce(b.agent_id::text, b.project_id::text, 'all'), b.period, f.first) as spent,
        budget_held(b.scope, b.agent_id, b.project_id, p_now) as held, budget_end(b.period, f.first, zone) as ends_at
      from budgets b cross join lateral (select budget_start(b.period, p_now, zone) as first) f
      where b.id = any(locked)) x);
end $$;
"""
FUNCTIONS = (
    "reserve_budget(uuid, uuid, numeric, timestamptz)",
    "judge_budgets(uuid[], uuid[], jsonb)",
    "tell_of_budget(budgets, text, jsonb, jsonb)",
    "projects_have_budgets()",
    "agents_have_budgets()",
    "budgets_follow_limit()",
    "budget_stop(budgets, timestamptz, text)",
    "budget_held(text, uuid, uuid, timestamptz)",
    "budget_spent(text, text, text, date)",
    "budget_end(text, date, text)",
    "budget_start(text, timestamptz, text)",
)
FILL = """
insert into cost_rollup (kind, key, day, shard, amount_usd, catalogue_usd, caller_usd, difference_usd, calls, unpriced,
  differing, input_tokens, output_tokens, cached_tokens)
select 'provider', provider, day, 0, coalesce(sum(amount_usd), 0), coalesce(sum(catalogue_usd), 0),
  coalesce(sum(caller_usd), 0), coalesce(sum(caller_usd - catalogue_usd), 0), count(*), sum(unpriced),
  count(*) filter (where caller_usd <> catalogue_usd), sum(input_tokens), sum(output_tokens), sum(cached_tokens)
from costs group by provider, day;
--
update cost_rollup r set requests = x.calls, cache_write_tokens = x.tokens from (
  select k.kind, k.key, k.day, count(*) as calls, sum(c.cache_write_tokens) as tokens
  from costs c cross join lateral (values ('company', 'all', c.day), ('agent', c.agent_id::text, c.day),
    ('project', c.project_id::text, c.day), ('model', c.model, c.day), ('provider', c.provider, c.day),
    ('task', c.task_id::text, '0001-01-01'::date), ('execution', c.execution_id::text, '0001-01-01'::date)) k(kind, key, day)
  where k.key is not null group by 1, 2, 3) x where (r.kind, r.key, r.day) = (x.kind, x.key, x.day);
--
insert into cost_cube (day, agent, project, provider, model, shard, amount_usd, calls, unpriced, input_tokens, output_tokens,
  cached_tokens)
select day, coalesce(agent_id::text, ''), coalesce(project_id::text, ''), provider, model, 0, coalesce(sum(amount_usd), 0),
  count(*), sum(unpriced), sum(input_tokens), sum(output_tokens), sum(cached_tokens)
from costs group by 1, 2, 3, 4, 5;
--
insert into budgets (id, scope, agent_id, period, limit_usd, version)
select gen_random_uuid(), 'agent', id, 'day', daily_budget_usd, 1 from agents where daily_budget_usd is not null;
--
insert into budgets (id, scope, project_id, period, limit_usd, version)
select gen_random_uuid(), 'project', id, 'total', budget_usd, 1 from projects where budget_usd is not null;
"""
REOPENED = """
update tasks t set reopened_count = least(e.n, 30000) from (
  select subject_id, count(*) as n from events where name = 'task.moved' and before ->> 'status' = 'COMPLETED'
  group by subject_id) e where e.subject_id = t.id
"""
FORGET = """
delete from cost_rollup where kind = 'provider';
--
with gone as (delete from cost_rollup where shard > 0 returning *)
insert into cost_rollup as r (kind, key, day, shard, amount_usd, catalogue_usd, caller_usd, difference_usd, calls, unpriced,
  differing, input_tokens, output_tokens, cached_tokens)
select kind, key, day, 0, sum(amount_usd), sum(catalogue_usd), sum(caller_usd), sum(difference_usd), sum(calls),
  sum(unpriced), sum(differing), sum(input_tokens), sum(output_tokens), sum(cached_tokens)
from gone group by kind, key, day
on conflict (kind, key, day, shard) do update set amount_usd = r.amount_usd + excluded.amount_usd,
  catalogue_usd = r.catalogue_usd + excluded.catalogue_usd, caller_usd = r.caller_usd + excluded.caller_usd,
  difference_usd = r.difference_usd + excluded.difference_usd, calls = r.calls + excluded.calls,
  unpriced = r.unpriced + excluded.unpriced, differing = r.differing + excluded.differing,
  input_tokens = r.input_tokens + excluded.input_tokens, output_tokens = r.output_tokens + excluded.output_tokens,
  cached_tokens = r.cached_tokens + excluded.cached_tokens;
--
update cost_rollup r set amount_usd = r.amount_usd - x.amount, unpriced = r.unpriced - x.unpriced,
  input_tokens = r.input_tokens - x.input_tokens, output_tokens = r.output_tokens - x.output_tokens,
  cached_tokens = r.cached_tokens - x.cached_tokens
from (
  select k.kind, k.key, k.day, sum(c.amount_usd) as amount, sum(c.unpriced) as unpriced, sum(c.input_tokens) as input_tokens,
    sum(c.output_tokens) as output_tokens, sum(c.cached_tokens) as cached_tokens
  from costs c cross join lateral (values ('company', 'all', c.day), ('agent', c.agent_id::text, c.day),
    ('project', c.project_id::text, c.day), ('model', c.model, c.day), ('task', c.task_id::text, '0001-01-01'::date),
    ('execution', c.execution_id::text, '0001-01-01'::date)) k(kind, key, day)
  where c.corrects_id is not null and k.key is not null group by 1, 2, 3) x
where (r.kind, r.key, r.day) = (x.kind, x.key, x.day);
--
delete from costs where corrects_id is not null;
"""


def _run(script: str) -> None:
    for statement in script.split("\n--\n"):
        op.execute(statement)


def _count(name: str, default: str = "0") -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)


def _of(name: str, table: str, *, nullable: bool = True, ondelete: str = "CASCADE") -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{table}.id", ondelete=ondelete), nullable=nullable)


def upgrade() -> None:
    _ledger()
    _sums()
    _budgets()
    _reservations()
    op.add_column("tasks", sa.Column("reopened_count", sa.SmallInteger(), nullable=False, server_default="0"))
    op.execute(REOPENED)
    thresholds = sa.Column("budget_thresholds", sa.ARRAY(sa.Integer()), nullable=False, server_default="{50,80,100}")
    op.add_column("settings", thresholds)
    _run(PERIODS)
    _run(FOLLOW)
    _run(JUDGE)
    _run(FILL)


def _ledger() -> None:
    for name in COUNTS:
        op.add_column("costs", _count(name))
    op.add_column("costs", _count("requests", "1"))
    op.add_column("costs", sa.Column("corrects_id", sa.Uuid(), sa.ForeignKey("costs.id"), nullable=True))
    op.add_column("costs", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("costs", sa.Column("unpriced", sa.SmallInteger(), nullable=False, server_default="0"))
    op.execute("update costs set unpriced = 1 where amount_usd is null")
    op.drop_constraint("basis", "costs", type_="check")
    op.create_check_constraint("basis", "costs", "basis in ('caller','catalogue','unpriced','correction')")
    op.create_check_constraint("corrects_id", "costs", "(basis = 'correction') = (corrects_id is not null)")
    op.create_check_constraint("amount_usd", "costs", "amount_usd >= 0 or basis = 'correction'")
    named = sa.text("corrects_id is not null")
    op.create_index("ix_costs_corrects", "costs", ["corrects_id"], postgresql_where=named)


def _sums() -> None:
    for name in SUMS:
        op.add_column("cost_rollup", _count(name))
    op.create_table(
        "cost_cube",
        sa.Column("day", sa.Date(), primary_key=True),
        *[sa.Column(name, sa.String(), primary_key=True) for name in ("agent", "project", "provider", "model")],
        sa.Column("shard", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("amount_usd", sa.Numeric(24, 12), nullable=False),
        *[_count(name) for name in ("calls", "unpriced", "input_tokens", "output_tokens", "cached_tokens")],
        postgresql_with={"fillfactor": "60"},
    )
    op.create_table(
        "cost_checks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        *[_count(name) for name in ("calls", "sums", "differing")],
        sa.Column("examples", postgresql.JSONB(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
    )


def _budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("scope", sa.String(), nullable=False),
        _of("agent_id", "agents"),
        _of("project_id", "projects"),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("limit_usd", sa.Numeric(18, 6), nullable=True),
        sa.Column("stopped_until", MOMENT, nullable=True),
        sa.Column("told_for", sa.Date(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "case scope when 'company' then agent_id is null and project_id is null and period = 'month' "
            "when 'agent' then agent_id is not null and project_id is null and period in ('day','month') "
            "when 'project' then project_id is not null and agent_id is null and period = 'total' else false end",
            name="scope",
        ),
        sa.CheckConstraint("limit_usd >= 0", name="limit_usd"),
        postgresql_with={"fillfactor": "50"},
    )
    for name, columns in (("agent", ["agent_id", "period"]), ("project", ["project_id"])):
        where = sa.text(f"{name}_id is not null")
        op.create_index(f"uq_budgets_{name}", "budgets", columns, unique=True, postgresql_where=where)
    company = sa.text("scope = 'company'")
    op.create_index("uq_budgets_company", "budgets", ["scope"], unique=True, postgresql_where=company)
    stopped = sa.text("stopped_until is not null")
    op.create_index("ix_budgets_stopped", "budgets", ["stopped_until"], postgresql_where=stopped)


def _reservations() -> None:
    op.create_table(
        "budget_reservations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _of("agent_id", "agents", nullable=False),
        _of("project_id", "projects"),
        _of("task_id", "tasks"),
        _of("execution_id", "task_executions"),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("estimate_usd", sa.Numeric(24, 12), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("request_hash", sa.String(), nullable=False),
        _of("cost_id", "costs", ondelete="SET NULL"),
        sa.Column("amount_usd", sa.Numeric(24, 12), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("status in ('held','settled','released','lapsed')", name="status"),
        sa.CheckConstraint("estimate_usd >= 0", name="estimate_usd"),
    )
    held = sa.text("status = 'held'")
    for name, column in (("agent", "agent_id"), ("project", "project_id"), ("expires", "expires_at")):
        op.create_index(f"ix_budget_reservations_{name}", "budget_reservations", [column], postgresql_where=held)
    op.create_index("ix_budget_reservations_made", "budget_reservations", ["agent_id", "id"])
    op.create_index(
        "uq_budget_reservations_external",
        "budget_reservations",
        ["agent_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )


def downgrade() -> None:
    for table in ("agents", "projects"):
        op.execute(f"drop trigger {table}_have_budgets on {table}")
        op.execute(f"drop trigger {table}_change_budgets on {table}")
    op.execute("drop trigger budgets_follow_limit on budgets")
    for function in FUNCTIONS:
        op.execute(f"drop function {function}")
    for table in ("budget_reservations", "budgets", "cost_checks", "cost_cube"):
        op.drop_table(table)
    _run(FORGET)
    for name in SUMS:
        op.drop_column("cost_rollup", name)
    op.drop_index("ix_costs_corrects", table_name="costs")
    for name in ("amount_usd", "corrects_id", "basis"):
        op.drop_constraint(name, "costs", type_="check")
    op.create_check_constraint("basis", "costs", "basis in ('caller','catalogue','unpriced')")
    for name in (*COUNTS, "requests", "corrects_id", "reason", "unpriced"):
        op.drop_column("costs", name)
    op.drop_column("settings", "budget_thresholds")
    op.drop_column("tasks", "reopened_count")
