"""Holds, what agents are to notice, and acceptance criteria that are verified one by one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from orkwork.core.events import Xid8

revision = "0008_lifecycle"
down_revision = "0007_causal_seal"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# A task that its agent let go while it waits is told to that agent when nothing blocks it any more.
FUNCTIONS = """
create function held_by(p_project uuid) returns text language plpgsql stable as $$
begin
  return (select case when s.hold is not null then 'company' when p.hold is not null then 'project' end
    from settings s cross join projects p where p.id = p_project);
end $$;

create function holds_on(p_agent uuid) returns jsonb language plpgsql stable as $$
begin
  if not exists (select from settings where hold is not null) and not exists (select from projects where hold is not null) then
    return '[]';
  end if;
  return (select coalesce(jsonb_agg(h.hold), '[]') from (
    select s.hold || '{"scope": "company", "project_id": null}' as hold from settings s where s.hold is not null
    union all
    select p.hold || jsonb_build_object('scope', 'project', 'project_id', p.id) from projects p
    where p.hold is not null and exists (select from tasks t
      where t.project_id = p.id and t.assignee_id = p_agent and t.status in ('ASSIGNED', 'IN_PROGRESS'))) h);
end $$;

create function unverified(p_criteria jsonb) returns jsonb language plpgsql immutable as $$
begin
  return (select coalesce(jsonb_agg(c || '{"state": "open", "note": "", "verified_at": null, "verified_by_kind": null,
      "verified_by_id": null, "verified_by_name": null}' order by n), '[]')
    from jsonb_array_elements(p_criteria) with ordinality as x(c, n));
end $$;
"""
"""Functions, so that a statement that seldom needs them does not prepare for it each time."""
SETTLE = """
create or replace function settle_dependants(p_task uuid, p_completed boolean, p_telling jsonb) returns uuid[]
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
  noticed as (  -- whose it is, or was: who holds it, held it last, or worked on it last
    insert into agent_notices (agent_id, kind, task_id, created_at)
    select distinct n.agent_id, 'unblocked', u.id, (p_telling->>'now')::timestamptz
    from upd u cross join lateral unnest(case when u.assignee_id is null then array[u.former_id, u.worker_id]
      else array[u.assignee_id] end) as n(agent_id)
    where p_completed and n.agent_id is not null
      and (u.status <> u.was or (u.was_flagged and not u.flagged and u.status in ('ASSIGNED', 'IN_PROGRESS')))),
  facts as (
    select case when u.status <> u.was then 'task.moved' when u.flagged then 'task.blocked' else 'task.unblocked' end as name, u.*
    from upd u where u.status <> u.was or u.flagged <> u.was_flagged),
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
SETTLE_BEFORE = """
create or replace function settle_dependants(p_task uuid, p_completed boolean, p_telling jsonb) returns uuid[]
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
VERIFIED = """
update tasks t set acceptance_criteria = (
  select jsonb_agg(jsonb_build_object('id', gen_random_uuid(), 'text', c ->> 'text',
    'state', case when (c ->> 'done')::boolean then 'met' else 'open' end,
    'evidence', '', 'evidence_at', null, 'evidence_by_kind', null, 'evidence_by_id', null, 'evidence_by_name', null,
    'verified_at', case when (c ->> 'done')::boolean then to_jsonb(t.updated_at) end,
    'verified_by_kind', case when (c ->> 'done')::boolean then 'system' end, 'verified_by_id', null,
    'verified_by_name', case when (c ->> 'done')::boolean then 'orkwork' end, 'note', '') order by n)
  from jsonb_array_elements(t.acceptance_criteria) with ordinality as x(c, n))
where t.acceptance_criteria <> '[]'
"""
TICKED = """
update tasks t set acceptance_criteria = (
  select jsonb_agg(jsonb_build_object('text', c ->> 'text', 'done', c ->> 'state' = 'met') order by n)
  from jsonb_array_elements(t.acceptance_criteria) with ordinality as x(c, n))
where t.acceptance_criteria <> '[]'
"""


def upgrade() -> None:
    for table in ("settings", "projects"):
        op.add_column(table, sa.Column("hold", postgresql.JSONB(), nullable=True))
        op.add_column(table, sa.Column("resumed_at", MOMENT, nullable=True))
    op.execute(
        "update projects set hold = jsonb_build_object('reason', '', 'since', updated_at, 'by_kind', 'system', "
        "'by_id', null, 'by_name', 'orkwork') where status = 'paused'"
    )
    op.create_check_constraint("hold", "projects", "(status = 'paused') = (hold is not null)")
    op.add_column(
        "tasks",
        sa.Column("former_id", sa.Uuid(), sa.ForeignKey("agents.id", ondelete="SET NULL"), nullable=True),
    )
    _notices()
    op.execute(FUNCTIONS)
    op.execute(SETTLE)
    op.execute(VERIFIED)


def _notices() -> None:
    def reference(name: str, table: str, *, nullable: bool = True) -> sa.Column:
        return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=nullable)

    op.create_table(
        "agent_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        reference("agent_id", "agents", nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        reference("task_id", "tasks"),
        reference("comment_id", "task_comments"),
        reference("decision_id", "decisions"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT),
        sa.CheckConstraint("kind in ('unblocked','mentioned','decision_resolved')", name="kind"),
    )
    op.create_index("ix_agent_notices_agent", "agent_notices", ["agent_id", "xid", "id"])
    op.create_index(
        "ix_agent_notices_waiting",
        "agent_notices",
        ["agent_id", "id"],
        postgresql_where=sa.text("delivered_at is null"),
    )
    for column in ("task_id", "comment_id", "decision_id"):
        op.create_index(f"ix_agent_notices_{column}", "agent_notices", [column])


def downgrade() -> None:
    op.execute(TICKED)
    op.execute(SETTLE_BEFORE)
    op.execute("drop function held_by(uuid), holds_on(uuid), unverified(jsonb)")
    op.drop_table("agent_notices")
    op.drop_column("tasks", "former_id")
    op.drop_constraint("hold", "projects", type_="check")
    for table in ("projects", "settings"):
        op.drop_column(table, "resumed_at")
        op.drop_column(table, "hold")
