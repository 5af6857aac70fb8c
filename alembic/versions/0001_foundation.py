"""The foundation: people, agents, projects, tasks, executions, costs, events and the chain over them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from orkwork.core.events import Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = """
create function events_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('orkwork.erase', true) = 'on' then
    return old;
  end if;
  raise exception 'events are append-only';
end $$;
--
create trigger events_append_only before update or delete on events
  for each row execute function events_append_only();
"""

TALLY = """
create function tally_tasks() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into task_tallies (project_id, status, tasks)
      select project_id, status, count(*) from new_rows group by 1, 2;
  elsif tg_op = 'DELETE' then
    insert into task_tallies (project_id, status, tasks)
      select project_id, status, -count(*) from old_rows o
      where exists (select from projects p where p.id = o.project_id) group by 1, 2;
  else
    insert into task_tallies (project_id, status, tasks)
      select project_id, status, sum(n) from (
        select n.project_id, n.status, 1 as n from new_rows n join old_rows o using (id) where n.status <> o.status
        union all
        select o.project_id, o.status, -1 from new_rows n join old_rows o using (id) where n.status <> o.status) d
      group by 1, 2 having sum(n) <> 0;
  end if;
  return null;
end $$;
--
create trigger tally_inserted after insert on tasks referencing new table as new_rows
  for each statement execute function tally_tasks();
--
create trigger tally_updated after update on tasks referencing old table as old_rows new table as new_rows
  for each statement execute function tally_tasks();
--
create trigger tally_deleted after delete on tasks referencing old table as old_rows
  for each statement execute function tally_tasks();
"""

SETTLE = """
create function settle_dependants(p_task uuid, p_completed boolean, p_telling jsonb) returns uuid[]
language plpgsql as $$
declare
  moved uuid[];
begin
  -- A statement of its own: its snapshot is younger than the lock on p_task, so no edge that was added meanwhile is missed.
  with locked as materialized (
    select t.id, t.status as was, t.flagged as was_flagged
    from task_dependencies d join tasks t on t.id = d.task_id
    where d.depends_on_id = p_task and d.kind = 'blocks' order by t.id for no key update of t),
  upd as (
    update tasks t set
      blocked_count = t.blocked_count + case when p_completed then -1 else 1 end,
      status = case when p_completed and t.status = 'PLANNING' and t.blocked_count = 1 then 'READY'
                    when not p_completed and t.status = 'READY' then 'PLANNING' else t.status end,
      flagged = case when p_completed then t.flagged and t.blocked_count > 1
                     else t.flagged or t.status in ('ASSIGNED', 'IN_PROGRESS', 'REVIEW', 'COMPLETED') end,
      ready_at = case when p_completed and t.status = 'PLANNING' and t.blocked_count = 1
                      then coalesce(t.ready_at, (p_telling->>'now')::timestamptz) else t.ready_at end,
      version = t.version + 1, updated_at = (p_telling->>'now')::timestamptz
    from locked where t.id = locked.id
    returning t.*, locked.was, locked.was_flagged),
  offered as (
    insert into ready_tasks (task_id, project_id, capset_id, priority, due_at, crit)
    select u.id, u.project_id, u.capset_id, u.priority, coalesce(u.due_at, 'infinity'), u.crit
    from upd u join projects p on p.id = u.project_id and p.status = 'active'
    where u.status = 'READY' and u.was <> 'READY' on conflict do nothing),
  withdrawn as (
    delete from ready_tasks r using upd u where r.task_id = u.id and u.was = 'READY' and u.status <> 'READY'),
  facts as (
    select case when u.status <> u.was then 'task.moved' else 'task.blocked' end as name, u.*
    from upd u where u.status <> u.was or (u.flagged and not u.was_flagged)),
  ev as (
    insert into events (occurred_at, name, actor_kind, actor_id, actor_name, ip, request_id,
                        subject_kind, subject_id, subject_label, project_id, before, after)
    select (p_telling->>'now')::timestamptz, f.name, p_telling->>'actor_kind', (p_telling->>'actor_id')::uuid,
           p_telling->>'actor_name', p_telling->>'ip', p_telling->>'request_id', 'task', f.id, f.key, f.project_id,
           jsonb_build_object('status', f.was),
           jsonb_build_object('status', f.status, 'blocked_count', f.blocked_count, 'because_of', p_task)
    from facts f returning seq, name),
  dl as (
    insert into event_deliveries (seq, reaction, not_before)
    select ev.seq, r.reaction, (p_telling->>'now')::timestamptz
    from ev cross join lateral jsonb_array_elements_text(p_telling->'reactions'->ev.name) as r(reaction))
  select array_agg(f.id) into moved from facts f;
  return coalesce(moved, '{}');
end $$
"""

FIRST_ROWS = """
insert into settings (id, name, time_zone, locale, version, updated_at) values (1, 'My company', 'UTC', 'en', 1, now());
--
insert into event_log_cursor (id, pos, hash, xid, seq) values (1, 0, decode(repeat('00', 32), 'hex'), '0', 0);
--
insert into capability_sets (capability_ids) values ('{}');
"""


def upgrade() -> None:
    """Apply."""
    op.execute("create extension if not exists vector")
    op.create_table(
        "agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column(
            "config",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("manager_id", sa.Uuid(), nullable=True),
        sa.Column("autonomy_level", sa.SmallInteger(), nullable=False),
        sa.Column("daily_budget_usd", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("max_concurrent_tasks", sa.Integer(), nullable=False),
        sa.Column("heartbeat_timeout_seconds", sa.Integer(), nullable=True),
        sa.Column("project_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status in ('active','paused','retired')", name=op.f("ck_agents_status")),
        sa.CheckConstraint("autonomy_level between 0 and 4", name=op.f("ck_agents_autonomy_level")),
        sa.CheckConstraint("daily_budget_usd >= 0", name=op.f("ck_agents_daily_budget_usd")),
        sa.CheckConstraint("manager_id <> id", name=op.f("ck_agents_own_manager")),
        sa.CheckConstraint(
            "max_concurrent_tasks between 1 and 1000",
            name=op.f("ck_agents_max_concurrent_tasks"),
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["agents.id"], name=op.f("fk_agents_manager_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
    )
    op.create_index(op.f("ix_agents_manager_id"), "agents", ["manager_id"], unique=False)
    op.create_index(
        "uq_agents_name",
        "agents",
        [sa.literal_column("lower(name)")],
        unique=True,
        postgresql_where=sa.text("status <> 'retired'"),
    )
    op.create_table(
        "capabilities",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capabilities")),
        sa.UniqueConstraint("name", name=op.f("uq_capabilities_name")),
    )
    op.create_table(
        "capability_sets",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("capability_ids", sa.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capability_sets")),
        sa.UniqueConstraint("capability_ids", name=op.f("uq_capability_sets_capability_ids")),
    )
    op.create_table(
        "cost_rollup",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_usd", sa.Numeric(precision=24, scale=12), nullable=False),
        sa.Column("catalogue_usd", sa.Numeric(precision=24, scale=12), nullable=False),
        sa.Column("caller_usd", sa.Numeric(precision=24, scale=12), nullable=False),
        sa.Column("difference_usd", sa.Numeric(precision=24, scale=12), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("unpriced", sa.BigInteger(), nullable=False),
        sa.Column("differing", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "day", "shard", name=op.f("pk_cost_rollup")),
        postgresql_with={"fillfactor": "60"},
    )
    op.create_index("ix_cost_rollup_day", "cost_rollup", ["kind", "day"], unique=False)
    op.create_table(
        "event_log",
        sa.Column("pos", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pos", name=op.f("pk_event_log")),
        sa.UniqueConstraint("seq", name=op.f("uq_event_log_seq")),
    )
    op.create_table(
        "event_log_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("xid", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_log_cursor")),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "xid",
            Xid8(),
            server_default=sa.text("pg_current_xact_id()"),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("subject_label", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
    )
    op.create_index("ix_events_actor", "events", ["actor_id", "seq"], unique=False)
    op.create_index("ix_events_project", "events", ["project_id", "seq"], unique=False)
    op.create_index("ix_events_subject", "events", ["subject_id", "seq"], unique=False)
    op.create_index("ix_events_tail", "events", ["xid", "seq"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("headers", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"),
        "idempotency_keys",
        ["created_at"],
        unique=False,
    )
    op.create_table(
        "owner_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_owner_links_token_hash")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_prefix", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("budget_usd", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("health_score", sa.SmallInteger(), nullable=True),
        sa.Column("risk_level", sa.String(), nullable=True),
        sa.Column("github_repository", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("key_prefix ~ '^[A-Z][A-Z0-9]{1,9}$'", name=op.f("ck_projects_key_prefix")),
        sa.CheckConstraint(
            "status in ('active','paused','completed','archived')",
            name=op.f("ck_projects_status"),
        ),
        sa.CheckConstraint("budget_usd >= 0", name=op.f("ck_projects_budget_usd")),
        sa.CheckConstraint("health_score between 0 and 100", name=op.f("ck_projects_health_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("key_prefix", name=op.f("uq_projects_key_prefix")),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_settings_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("github_id", sa.BigInteger(), nullable=True),
        sa.Column("github_login", sa.String(), nullable=True),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("role in ('owner','admin','member','viewer')", name=op.f("ck_users_role")),
        sa.CheckConstraint(
            "status in ('active','contributor','deactivated')",
            name=op.f("ck_users_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("github_id", name=op.f("uq_users_github_id")),
    )
    op.create_index("uq_users_email", "users", [sa.literal_column("lower(email)")], unique=True)
    op.create_index(
        "uq_users_github_login",
        "users",
        [sa.literal_column("lower(github_login)")],
        unique=True,
    )
    op.create_table(
        "agent_capabilities",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("capability_id", sa.Integer(), nullable=False),
        sa.Column("proficiency", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.CheckConstraint(
            "proficiency between 0 and 1",
            name=op.f("ck_agent_capabilities_proficiency"),
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_agent_capabilities_agent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["capability_id"],
            ["capabilities.id"],
            name=op.f("fk_agent_capabilities_capability_id"),
        ),
        sa.PrimaryKeyConstraint("agent_id", "capability_id", name=op.f("pk_agent_capabilities")),
    )
    op.create_index(
        op.f("ix_agent_capabilities_capability_id"),
        "agent_capabilities",
        ["capability_id"],
        unique=False,
    )
    op.create_table(
        "agent_load",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("max_concurrent", sa.Integer(), nullable=False),
        sa.Column("last_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("running >= 0", name=op.f("ck_agent_load_running")),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_agent_load_agent_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_load")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_api_keys_agent_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_agent_id"), "api_keys", ["agent_id"], unique=False)
    op.create_table(
        "event_deliveries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["events.seq"],
            name=op.f("fk_event_deliveries_seq"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("seq", "reaction", name=op.f("pk_event_deliveries")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_event_deliveries_due",
        "event_deliveries",
        ["not_before", "seq"],
        unique=False,
        postgresql_where=sa.text("state = 0"),
    )
    op.create_table(
        "invites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("github_login", sa.String(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('owner','admin','member','viewer')", name=op.f("ck_invites_role")),
        sa.ForeignKeyConstraint(["accepted_by"], ["users.id"], name=op.f("fk_invites_accepted_by")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_invites_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invites")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invites_token_hash")),
    )
    op.create_table(
        "labels",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("color", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_labels_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_labels")),
    )
    op.create_table(
        "project_counters",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_project_counters_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_counters")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_sessions_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "task_tallies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_task_tallies_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_tallies")),
    )
    op.create_index(
        "ix_task_tallies_project",
        "task_tallies",
        ["project_id", "status"],
        unique=False,
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("labels", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "acceptance_criteria",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column(
            "required_capabilities",
            sa.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("capset_id", sa.Integer(), nullable=False),
        sa.Column("review_required", sa.Boolean(), nullable=False),
        sa.Column("auto_assigned", sa.Boolean(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_count", sa.Integer(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("crit", sa.Integer(), nullable=False),
        sa.Column("retry_count", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("max_retries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimate_minutes", sa.Integer(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("external_url", sa.String(), nullable=True),
        sa.Column("created_by_kind", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', key || ' ' || title || ' ' || left(description, 4000))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "blocked_count = 0 or status in ('CREATED','PLANNING','FAILED','CANCELLED') or flagged",
            name=op.f("ck_tasks_blocked"),
        ),
        sa.CheckConstraint(
            "status in ('CREATED','PLANNING','READY','ASSIGNED','IN_PROGRESS','REVIEW','COMPLETED','FAILED','CANCELLED')",
            name=op.f("ck_tasks_status"),
        ),
        sa.CheckConstraint("blocked_count >= 0", name=op.f("ck_tasks_blocked_count")),
        sa.CheckConstraint("priority between 0 and 4", name=op.f("ck_tasks_priority")),
        sa.ForeignKeyConstraint(["assignee_id"], ["agents.id"], name=op.f("fk_tasks_assignee_id")),
        sa.ForeignKeyConstraint(["capset_id"], ["capability_sets.id"], name=op.f("fk_tasks_capset_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_tasks_project_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["agents.id"], name=op.f("fk_tasks_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_tasks_key")),
        postgresql_with={"fillfactor": "85"},
    )
    op.create_index("ix_tasks_assignee", "tasks", ["assignee_id", "status"], unique=False)
    op.create_index("ix_tasks_created", "tasks", ["created_at", "id"], unique=False)
    op.create_index("ix_tasks_labels", "tasks", ["labels"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_tasks_lease",
        "tasks",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("lease_until is not null"),
    )
    op.create_index(
        "ix_tasks_project_status",
        "tasks",
        ["project_id", "status", "priority", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_retry",
        "tasks",
        ["retry_at"],
        unique=False,
        postgresql_where=sa.text("retry_at is not null"),
    )
    op.create_index("ix_tasks_search", "tasks", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_tasks_status", "tasks", ["status", "id"], unique=False)
    op.create_index(
        "uq_tasks_external",
        "tasks",
        ["source", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    op.create_table(
        "ready_tasks",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("capset_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("crit", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
            name=op.f("fk_ready_tasks_task_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_ready_tasks")),
    )
    op.create_index(
        "ix_ready_tasks_head",
        "ready_tasks",
        ["capset_id", "priority", "due_at", sa.literal_column("crit desc"), "task_id"],
        unique=False,
    )
    op.create_table(
        "task_comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("author_kind", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
            name=op.f("fk_task_comments_task_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_comments")),
    )
    op.create_index(
        "ix_task_comments_task",
        "task_comments",
        ["task_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_task_comments_external",
        "task_comments",
        ["source", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    op.create_table(
        "task_contributors",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
            name=op.f("fk_task_contributors_task_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_task_contributors_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", "user_id", "part", name=op.f("pk_task_contributors")),
    )
    op.create_index(
        op.f("ix_task_contributors_user_id"),
        "task_contributors",
        ["user_id"],
        unique=False,
    )
    op.create_table(
        "task_dependencies",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("depends_on_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('blocks','relates')", name=op.f("ck_task_dependencies_kind")),
        sa.CheckConstraint("task_id <> depends_on_id", name=op.f("ck_task_dependencies_itself")),
        sa.ForeignKeyConstraint(
            ["depends_on_id"],
            ["tasks.id"],
            name=op.f("fk_task_dependencies_depends_on_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
            name=op.f("fk_task_dependencies_task_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("task_id", "depends_on_id", name=op.f("pk_task_dependencies")),
    )
    op.create_index(
        "ix_task_dependencies_depends_on",
        "task_dependencies",
        ["depends_on_id", "task_id"],
        unique=False,
    )
    op.create_table(
        "task_executions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("progress", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("failure_detail", sa.String(), nullable=True),
        sa.Column("output", sa.String(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("reported_cost_usd", sa.Numeric(precision=24, scale=12), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status in ('running','succeeded','failed','cancelled','lost')",
            name=op.f("ck_task_executions_status"),
        ),
        sa.CheckConstraint("progress between 0 and 100", name=op.f("ck_task_executions_progress")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_task_executions_agent_id")),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
            name=op.f("fk_task_executions_task_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_executions")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_task_executions_agent",
        "task_executions",
        ["agent_id", "started_at"],
        unique=False,
    )
    op.create_index(
        "ix_task_executions_started",
        "task_executions",
        ["started_at", "id"],
        unique=False,
    )
    op.create_index("uq_task_executions_run", "task_executions", ["task_id", "run"], unique=True)
    op.create_index(
        "uq_task_executions_running",
        "task_executions",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "costs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("amount_usd", sa.Numeric(precision=24, scale=12), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("caller_usd", sa.Numeric(precision=24, scale=12), nullable=True),
        sa.Column("catalogue_usd", sa.Numeric(precision=24, scale=12), nullable=True),
        sa.Column("price", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("request_hash", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(amount_usd is null) = (basis = 'unpriced')", name=op.f("ck_costs_amount")),
        sa.CheckConstraint("basis in ('caller','catalogue','unpriced')", name=op.f("ck_costs_basis")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_costs_agent_id")),
        sa.ForeignKeyConstraint(["execution_id"], ["task_executions.id"], name=op.f("fk_costs_execution_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_costs_project_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_costs_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_costs")),
    )
    op.create_index("ix_costs_agent", "costs", ["agent_id", "occurred_at"], unique=False)
    op.create_index("ix_costs_execution", "costs", ["execution_id", "occurred_at"], unique=False)
    op.create_index("ix_costs_occurred", "costs", ["occurred_at", "id"], unique=False)
    op.create_index("ix_costs_project", "costs", ["project_id", "occurred_at"], unique=False)
    op.create_index("ix_costs_task", "costs", ["task_id", "occurred_at"], unique=False)
    op.create_index(
        "uq_costs_external",
        "costs",
        ["agent_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
        postgresql_nulls_not_distinct=True,
    )
    for script in (APPEND_ONLY, TALLY, SETTLE, FIRST_ROWS):
        for statement in script.split("\n--\n"):
            op.execute(statement)


def downgrade() -> None:
    """Take back."""
    op.execute("drop function settle_dependants(uuid, boolean, jsonb)")
    op.execute("drop trigger events_append_only on events")
    op.execute("drop function events_append_only()")
    for name in ("tally_inserted", "tally_updated", "tally_deleted"):
        op.execute(f"drop trigger {name} on tasks")
    op.execute("drop function tally_tasks()")
    op.drop_index(
        "uq_costs_external",
        table_name="costs",
        postgresql_where=sa.text("external_id is not null"),
    )
    op.drop_index("ix_costs_task", table_name="costs")
    op.drop_index("ix_costs_project", table_name="costs")
    op.drop_index("ix_costs_occurred", table_name="costs")
    op.drop_index("ix_costs_execution", table_name="costs")
    op.drop_index("ix_costs_agent", table_name="costs")
    op.drop_table("costs")
    op.drop_index("uq_task_executions_running", table_name="task_executions")
    op.drop_index("uq_task_executions_run", table_name="task_executions")
    op.drop_index("ix_task_executions_started", table_name="task_executions")
    op.drop_index("ix_task_executions_agent", table_name="task_executions")
    op.drop_table("task_executions")
    op.drop_index("ix_task_dependencies_depends_on", table_name="task_dependencies")
    op.drop_table("task_dependencies")
    op.drop_index(op.f("ix_task_contributors_user_id"), table_name="task_contributors")
    op.drop_table("task_contributors")
    op.drop_index(
        "uq_task_comments_external",
        table_name="task_comments",
        postgresql_where=sa.text("external_id is not null"),
    )
    op.drop_index("ix_task_comments_task", table_name="task_comments")
    op.drop_table("task_comments")
    op.drop_index("ix_ready_tasks_head", table_name="ready_tasks")
    op.drop_table("ready_tasks")
    op.drop_index(
        "uq_tasks_external",
        table_name="tasks",
        postgresql_where=sa.text("external_id is not null"),
    )
    op.drop_index("ix_tasks_status", table_name="tasks")
    op.drop_index("ix_tasks_search", table_name="tasks", postgresql_using="gin")
    op.drop_index(
        "ix_tasks_retry",
        table_name="tasks",
        postgresql_where=sa.text("retry_at is not null"),
    )
    op.drop_index("ix_tasks_project_status", table_name="tasks")
    op.drop_index(
        "ix_tasks_lease",
        table_name="tasks",
        postgresql_where=sa.text("lease_until is not null"),
    )
    op.drop_index("ix_tasks_labels", table_name="tasks", postgresql_using="gin")
    op.drop_index("ix_tasks_created", table_name="tasks")
    op.drop_index("ix_tasks_assignee", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index("ix_task_tallies_project", table_name="task_tallies")
    op.drop_table("task_tallies")
    op.drop_index(op.f("ix_sessions_user_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("project_counters")
    op.drop_table("labels")
    op.drop_table("invites")
    op.drop_index(
        "ix_event_deliveries_due",
        table_name="event_deliveries",
        postgresql_where=sa.text("state = 0"),
    )
    op.drop_table("event_deliveries")
    op.drop_index(op.f("ix_api_keys_agent_id"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_table("agent_load")
    op.drop_index(op.f("ix_agent_capabilities_capability_id"), table_name="agent_capabilities")
    op.drop_table("agent_capabilities")
    op.drop_index("uq_users_github_login", table_name="users")
    op.drop_index("uq_users_email", table_name="users")
    op.drop_table("users")
    op.drop_table("settings")
    op.drop_table("projects")
    op.drop_table("owner_links")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_events_tail", table_name="events")
    op.drop_index("ix_events_subject", table_name="events")
    op.drop_index("ix_events_project", table_name="events")
    op.drop_index("ix_events_actor", table_name="events")
    op.drop_table("events")
    op.drop_table("event_log_cursor")
    op.drop_table("event_log")
    op.drop_index("ix_cost_rollup_day", table_name="cost_rollup")
    op.drop_table("cost_rollup")
    op.drop_table("capability_sets")
    op.drop_table("capabilities")
    op.drop_index(
        "uq_agents_name",
        table_name="agents",
        postgresql_where=sa.text("status <> 'retired'"),
    )
    op.drop_index(op.f("ix_agents_manager_id"), table_name="agents")
    op.drop_table("agents")
