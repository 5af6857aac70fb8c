"""Workflows: templates and their versions, runs, and what starts them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_workflows"
down_revision = "0009_executions"
branch_labels = None
depends_on = None

SWITCHED = "state in ('active','paused')"


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(name: str, table: str, *, primary_key: bool = False) -> sa.Column:
    key = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Uuid(), key, nullable=False, primary_key=primary_key)


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=nullable, primary_key=primary_key)


def _whole(name: str, *, primary_key: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False, primary_key=primary_key, autoincrement=False)


def upgrade() -> None:
    _templates()
    _runs()
    _starters()
    op.create_table(
        "workflow_follower",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("pos", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )


def _templates() -> None:
    op.create_table(
        "workflows",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(), nullable=False, unique=True),
        _text("name"),
        _text("description"),
        _reference("project_id", "projects"),
        _text("state"),
        _whole("current"),
        _whole("next_run"),
        _moment("created_at"),
        _moment("updated_at"),
        _whole("version"),
        sa.CheckConstraint("state in ('active','paused','archived')", name="state"),
    )
    op.create_index("ix_workflows_project", "workflows", ["project_id"])
    op.create_table(
        "workflow_versions",
        _reference("workflow_id", "workflows", primary_key=True),
        _whole("number", primary_key=True),
        _json("inputs"),
        _json("steps"),
        _whole("step_count"),
        _text("created_by_name"),
        _moment("created_at"),
    )


def _runs() -> None:
    op.create_table(
        "workflow_runs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("workflow_id", sa.Uuid(), nullable=False),
        _reference("project_id", "projects"),
        _whole("number"),
        _whole("version_number"),
        _json("inputs"),
        _text("trigger"),
        sa.Column("trigger_id", sa.Uuid()),
        _text("trigger_key", nullable=True),
        sa.Column("chain", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        _text("state"),
        *map(_whole, ("attempt", "tasks", "completed", "failed", "cancelled")),
        _text("started_by_kind"),
        _text("started_by_name"),
        _moment("created_at"),
        _moment("started_at", nullable=True),
        _moment("ended_at", nullable=True),
        _whole("version"),
        sa.ForeignKeyConstraint(
            ["workflow_id", "version_number"],
            ["workflow_versions.workflow_id", "workflow_versions.number"],
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("state in ('queued','running','completed','failed','cancelled')", name="state"),
        sa.CheckConstraint("trigger in ('manual','schedule','event','webhook')", name="trigger"),
        sa.UniqueConstraint("workflow_id", "number", name="uq_workflow_runs_number"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "uq_workflow_runs_once",
        "workflow_runs",
        ["trigger_id", "trigger_key"],
        unique=True,
        postgresql_where=sa.text("trigger_key is not null"),
    )
    op.create_index("ix_workflow_runs_newest", "workflow_runs", ["workflow_id", "id"])
    op.create_index("ix_workflow_runs_project", "workflow_runs", ["project_id"])
    op.create_index(
        "ix_workflow_runs_open",
        "workflow_runs",
        ["trigger_id"],
        postgresql_where=sa.text("state in ('queued','running')"),
    )
    op.create_table(
        "workflow_run_steps",
        _reference("run_id", "workflow_runs", primary_key=True),
        _text("step", primary_key=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("tasks.id", ondelete="SET NULL")),
        _text("status"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_workflow_run_steps_task",
        "workflow_run_steps",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("task_id is not null"),
    )
    op.create_index(
        "ix_workflow_run_steps_lost",
        "workflow_run_steps",
        ["run_id"],
        postgresql_where=sa.text("task_id is null and status not in ('SKIPPED', 'CANCELLED')"),
    )


def _starter(table: str, *columns: sa.Column, constraints: tuple[sa.CheckConstraint, ...] = ()) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), primary_key=True),
        _reference("workflow_id", "workflows"),
        _text("name"),
        *columns,
        _json("inputs"),
        _text("state"),
        _moment("created_at"),
        _moment("updated_at"),
        _whole("version"),
        sa.CheckConstraint(SWITCHED, name="state"),
        *constraints,
    )
    op.create_index(f"ix_{table}_workflow", table, ["workflow_id"])


def _starters() -> None:
    _starter(
        "workflow_schedules",
        _text("cron"),
        _text("overlap"),
        *map(_whole, ("catch_up", "pause_after", "failures")),
        _moment("next_at", nullable=True),
        _moment("last_at", nullable=True),
        constraints=(sa.CheckConstraint("overlap in ('skip','queue','allow')", name="overlap"),),
    )
    op.create_index(
        "ix_workflow_schedules_next", "workflow_schedules", ["next_at"], postgresql_where=sa.text("state = 'active'")
    )
    _starter("workflow_triggers", _text("pattern"), _text("filter"), _whole("max_per_hour"))
    _starter("workflow_hooks", sa.Column("secret", sa.LargeBinary(), nullable=False), _moment("last_at", nullable=True))
    op.create_table(
        "workflow_hook_deliveries",
        _reference("hook_id", "workflow_hooks", primary_key=True),
        sa.Column("webhook_id", sa.Text(), primary_key=True),
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("workflow_runs.id", ondelete="SET NULL"), index=True),
        _moment("received_at"),
    )
    op.create_index("ix_workflow_hook_deliveries_at", "workflow_hook_deliveries", ["received_at"])


def downgrade() -> None:
    for table in (
        "workflow_follower",
        "workflow_hook_deliveries",
        "workflow_hooks",
        "workflow_triggers",
        "workflow_schedules",
        "workflow_run_steps",
        "workflow_runs",
        "workflow_versions",
        "workflows",
    ):
        op.drop_table(table)
