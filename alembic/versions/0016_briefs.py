"""Briefs, and the tasks that are due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_briefs"
down_revision = "0015_forecast"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "briefs",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("activity", postgresql.JSONB(), nullable=False),
        sa.Column("sentences", postgresql.JSONB(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("rewritten", postgresql.JSONB()),
        sa.Column("model", sa.String()),
        sa.Column("refused", postgresql.JSONB()),
        sa.Column("rewrite_at", sa.DateTime(timezone=True)),
        sa.Column("rewrite_attempts", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("token", sa.Uuid()),
        sa.CheckConstraint("language in ('en','uk')", name="language"),
        sa.CheckConstraint("written_by in ('rule','model')", name="written_by"),
        sa.CheckConstraint("(written_by = 'model') = (rewritten is not null)", name="rewritten"),
    )
    op.create_index("uq_briefs_day", "briefs", ["day"], unique=True)
    waiting = sa.text("rewrite_at is not null")
    op.create_index("ix_briefs_rewrite", "briefs", ["rewrite_at"], postgresql_where=waiting)
    due = sa.text("due_at is not null and status not in ('COMPLETED','CANCELLED')")
    op.create_index("ix_tasks_due", "tasks", ["due_at", "id"], postgresql_where=due)


def downgrade() -> None:
    op.drop_index("ix_tasks_due", "tasks")
    op.drop_table("briefs")
