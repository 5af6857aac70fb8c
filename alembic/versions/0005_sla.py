"""Service levels: rules, clocks, and what was told of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_sla"
down_revision = "0004_jobs"
branch_labels = None
depends_on = None


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(name: str, table: str, ondelete: str, *, nullable: bool = True, primary_key: bool = False) -> sa.Column:
    key = sa.ForeignKey(f"{table}.id", ondelete=ondelete)
    return sa.Column(name, sa.Uuid(), key, nullable=nullable, primary_key=primary_key)


def _escalation() -> sa.Column:
    return sa.Column("escalation", postgresql.JSONB(), server_default="[]", nullable=False)


def upgrade() -> None:
    op.create_table(
        "sla_rules",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        _reference("project_id", "projects", "CASCADE"),
        sa.Column("priority", sa.String()),
        sa.Column("label", sa.String()),
        sa.Column("kind", sa.String()),
        sa.Column("response_minutes", sa.Integer()),
        sa.Column("resolution_minutes", sa.Integer()),
        sa.Column("pauses_in", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        _escalation(),
        _moment("created_at", nullable=False),
        _moment("updated_at", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("response_minutes > 0", name="response_minutes"),
        sa.CheckConstraint("resolution_minutes > 0", name="resolution_minutes"),
        sa.CheckConstraint("response_minutes is not null or resolution_minutes is not null", name="promises"),
        sa.CheckConstraint("priority in ('urgent','high','medium','low','none')", name="priority"),
    )
    op.create_index("ix_sla_rules_project", "sla_rules", ["project_id"])
    op.create_table(
        "sla_clocks",
        _reference("task_id", "tasks", "CASCADE", nullable=False, primary_key=True),
        _reference("project_id", "projects", "CASCADE", nullable=False),
        _reference("rule_id", "sla_rules", "SET NULL"),
        sa.Column("response_limit_seconds", sa.Integer()),
        sa.Column("resolution_limit_seconds", sa.Integer()),
        _escalation(),
        _moment("started_at", nullable=False),
        sa.Column("counted_seconds", sa.Float(), nullable=False),
        _moment("running_since"),
        sa.Column("response_seconds", sa.Float()),
        *map(_moment, ("response_ended_at", "resolution_ended_at", "response_warns_at", "response_due_at")),
        *map(_moment, ("resolution_warns_at", "resolution_due_at", "next_at")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("ix_sla_clocks_next", "sla_clocks", ["next_at"], postgresql_where=sa.text("next_at is not null"))
    op.create_index("ix_sla_clocks_rule", "sla_clocks", ["rule_id"])
    op.create_index("ix_sla_clocks_response_ended", "sla_clocks", ["response_ended_at"])
    op.create_index("ix_sla_clocks_resolution_ended", "sla_clocks", ["resolution_ended_at"])
    op.create_table(
        "sla_breaches",
        _reference("task_id", "tasks", "CASCADE", nullable=False, primary_key=True),
        sa.Column("clock", sa.String(), primary_key=True),
        sa.Column("level", sa.SmallInteger(), primary_key=True, autoincrement=False),
        _reference("project_id", "projects", "CASCADE", nullable=False),
        sa.Column("concerns", sa.String(), nullable=False),
        _reference("agent_id", "agents", "SET NULL"),
        _moment("at", nullable=False),
        _moment("recorded_at", nullable=False),
        sa.CheckConstraint("clock in ('response','resolution')", name="clock"),
        sa.CheckConstraint("level >= 0", name="level"),
        sa.CheckConstraint("concerns in ('agent','manager','ceo')", name="concerns"),
    )
    op.create_index("ix_sla_breaches_at", "sla_breaches", ["at"], postgresql_where=sa.text("level = 1"))
    op.create_table(
        "sla_follower",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("pos", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("retarget_after", sa.Uuid()),
        sa.CheckConstraint("id = 1", name="one_row"),
    )


def downgrade() -> None:
    for table in ("sla_follower", "sla_breaches", "sla_clocks", "sla_rules"):
        op.drop_table(table)
