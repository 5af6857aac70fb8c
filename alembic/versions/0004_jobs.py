"""The clock's jobs: when each is due and how its last run went."""

import sqlalchemy as sa
from alembic import op

revision = "0004_jobs"
down_revision = "0003_ended_lanes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("every_seconds", sa.Float(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint("every_seconds > 0", name="every_seconds"),
        sa.PrimaryKeyConstraint("operation", name="pk_jobs"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("ix_jobs_next", "jobs", ["next_at"])


def downgrade() -> None:
    op.drop_table("jobs")
