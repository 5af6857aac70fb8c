"""Forecasts, and the change sets made out of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015_forecast"
down_revision = "0014_performance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    project = sa.ForeignKey("projects.id", ondelete="CASCADE")
    op.create_table(
        "forecasts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("project_id", sa.Uuid(), project, nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("paths", sa.Integer(), nullable=False),
        sa.Column("own_runs", sa.Integer(), nullable=False),
        sa.Column("other_runs", sa.Integer(), nullable=False),
        sa.Column("cold", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Boolean()),
        sa.Column("truth_at", sa.DateTime(timezone=True)),
        sa.Column("scored_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("method in ('simulation','closing')", name="method"),
        sa.CheckConstraint("(scored_at is null) = (held is null)", name="scored"),
    )
    op.create_index("ix_forecasts_project", "forecasts", ["project_id", "as_of", "id"])
    op.create_index("ix_forecasts_open", "forecasts", ["project_id"], postgresql_where=sa.text("scored_at is null"))
    op.create_table(
        "forecast_change_sets",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("project_id", sa.Uuid(), sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("made_by_name", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_forecast_change_sets_project", "forecast_change_sets", ["project_id", "id"])


def downgrade() -> None:
    op.drop_table("forecast_change_sets")
    op.drop_table("forecasts")
