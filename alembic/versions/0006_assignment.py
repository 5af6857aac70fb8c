"""Decisions, and assignment by score: its weights, its switch, what it remembers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_assignment"
down_revision = "0005_sla"
branch_labels = None
depends_on = None

WEIGHTS = {"weight_capability": "0.40", "weight_performance": "0.30", "weight_workload": "0.20", "weight_cost": "0.10"}
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name, default in WEIGHTS.items():
        op.add_column("settings", sa.Column(name, sa.Numeric(4, 3), nullable=False, server_default=default))
    op.add_column("settings", sa.Column("take_up_seconds", sa.Integer(), nullable=False, server_default="600"))
    together, least = " + ".join(WEIGHTS), " and ".join(f"{name} >= 0" for name in WEIGHTS)
    op.create_check_constraint("weights", "settings", f"{together} = 1 and {least}")
    op.create_check_constraint("take_up_seconds", "settings", "take_up_seconds between 10 and 86400")
    op.add_column("projects", sa.Column("auto_assign", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("tasks", sa.Column("give_back_at", MOMENT, nullable=True))
    op.create_index(
        "ix_tasks_give_back",
        "tasks",
        ["give_back_at"],
        postgresql_where=sa.text("status = 'ASSIGNED' and lease_until is null and give_back_at is not null"),
    )
    op.create_index("ix_tasks_completed", "tasks", ["completed_at"], postgresql_where=sa.text("status = 'COMPLETED'"))
    _memory()
    _decisions()


def _memory() -> None:
    op.create_table(
        "task_passes",
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("agent_id", sa.Uuid(), sa.ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("passed_at", MOMENT, nullable=False),
    )
    op.create_table(
        "agent_means",
        sa.Column("agent_id", sa.Uuid(), sa.ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("amount_usd", sa.Numeric(24, 12), nullable=False),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("tasks.id", ondelete="CASCADE")),
        sa.Column("agent_id", sa.Uuid(), sa.ForeignKey("agents.id", ondelete="SET NULL"), index=True),
        sa.Column("project_id", sa.Uuid(), sa.ForeignKey("projects.id", ondelete="CASCADE"), index=True),
        sa.Column("context", postgresql.JSONB(), nullable=False),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("recommendation", sa.String()),
        sa.Column("chosen", sa.String()),
        sa.Column("reasoning", sa.String(), nullable=False),
        sa.Column("decided_by_kind", sa.String()),
        sa.Column("decided_by_id", sa.Uuid()),
        sa.Column("decided_by_name", sa.String()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("category in ('task_assign','deploy','escalate','approve','budget')", name="category"),
        sa.CheckConstraint("status in ('pending','resolved','expired','recorded')", name="status"),
        sa.CheckConstraint("(status = 'pending') = (resolved_at is null)", name="resolved_at"),
    )
    op.create_index(
        "uq_decisions_pending",
        "decisions",
        ["category", "task_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_decisions_status", "decisions", ["status", "id"])
    op.create_index("ix_decisions_task", "decisions", ["task_id", "id"])


def downgrade() -> None:
    for table in ("decisions", "agent_means", "task_passes"):
        op.drop_table(table)
    op.drop_index("ix_tasks_completed", table_name="tasks")
    op.drop_index("ix_tasks_give_back", table_name="tasks")
    op.drop_column("tasks", "give_back_at")
    op.drop_column("projects", "auto_assign")
    op.drop_column("settings", "take_up_seconds")
    for name in WEIGHTS:
        op.drop_column("settings", name)
