"""Decisions that anyone asks: kinds, frozen facts, deadlines, outcomes, and standing rules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_decisions"
down_revision = "0010_workflows"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB()
TEXTS = postgresql.ARRAY(sa.Text())
CHECKS = {"kind": "kind in ('approve','choose','several','answer')", "outcome": "outcome in ('right','wrong','mixed')"}
COLUMNS = (
    sa.Column("kind", sa.Text(), server_default="choose", nullable=False),
    sa.Column("picked", TEXTS, server_default="{}", nullable=False),
    sa.Column("answer", sa.Text(), server_default="", nullable=False),
    sa.Column("asked_by_kind", sa.String()),
    sa.Column("asked_by_id", sa.Uuid()),
    sa.Column("asked_by_name", sa.String()),
    sa.Column("asked_scopes", TEXTS),
    sa.Column("facts", JSONB, server_default="{}", nullable=False),
    sa.Column("changes", JSONB, server_default="[]", nullable=False),
    sa.Column("asked_again", sa.SmallInteger(), server_default="0", nullable=False),
    sa.Column("deadline", MOMENT),
    sa.Column("default_option", sa.String()),
    sa.Column("recommendations", JSONB, server_default="[]", nullable=False),
    sa.Column("likeness", sa.Text(), server_default="", nullable=False),
    sa.Column("rule_id", sa.Uuid(), sa.ForeignKey("decision_rules.id", ondelete="SET NULL")),
    sa.Column("rule_note", sa.Text(), server_default="", nullable=False),
    sa.Column("outcome", sa.String()),
    sa.Column("outcome_note", sa.Text(), server_default="", nullable=False),
    sa.Column("outcome_by_name", sa.String()),
    sa.Column("outcome_at", MOMENT),
)


def upgrade() -> None:
    _rules()
    for column in COLUMNS:
        op.add_column("decisions", column.copy())
    op.execute("update decisions set picked = array[chosen] where chosen is not null")
    for name, check in CHECKS.items():
        op.create_check_constraint(name, "decisions", check)
    op.drop_index("uq_decisions_pending", table_name="decisions")
    _pending("status = 'pending' and asked_by_kind is null")
    op.create_index(
        "uq_decisions_asked",
        "decisions",
        ["asked_by_id", "task_id", "title"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("status = 'pending' and asked_by_kind is not null"),
    )
    op.create_index("ix_decisions_asked_by_id", "decisions", ["asked_by_id"])
    op.create_index("ix_decisions_rule_id", "decisions", ["rule_id"])
    op.create_index(
        "ix_decisions_likeness", "decisions", ["likeness", "resolved_at"], postgresql_where=sa.text("likeness <> ''")
    )
    op.create_index(
        "ix_decisions_resolved", "decisions", ["resolved_at", "id"], postgresql_where=sa.text("status <> 'pending'")
    )
    op.create_index(
        "ix_decisions_by",
        "decisions",
        ["decided_by_kind", "resolved_at", "id"],
        postgresql_where=sa.text("status <> 'pending'"),
    )
    op.create_index(
        "ix_decisions_deadline",
        "decisions",
        ["deadline"],
        postgresql_where=sa.text("status = 'pending' and deadline is not null"),
    )
    op.add_column("settings", sa.Column("offer_rule_after", sa.SmallInteger(), server_default="3", nullable=False))
    op.create_check_constraint("offer_rule_after", "settings", "offer_rule_after between 2 and 100")


def _pending(where: str) -> None:
    op.create_index(
        "uq_decisions_pending", "decisions", ["category", "task_id"], unique=True, postgresql_where=sa.text(where)
    )


def _rules() -> None:
    op.create_table(
        "decision_rules",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("project_id", sa.Uuid(), sa.ForeignKey("projects.id", ondelete="CASCADE"), index=True),
        sa.Column("likeness", sa.String(), nullable=False),
        sa.Column("picked", TEXTS, nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("reasoning", sa.String(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="SET NULL"), index=True),
        sa.Column("made_by_name", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("last_used_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_by_name", sa.String()),
    )
    op.create_index(
        "uq_decision_rules_live",
        "decision_rules",
        ["likeness"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
    )


def downgrade() -> None:
    op.drop_constraint("offer_rule_after", "settings", type_="check")
    op.drop_column("settings", "offer_rule_after")
    op.execute("delete from decisions where status = 'pending' and asked_by_kind is not null")
    for name in ("uq_decisions_pending", "uq_decisions_asked", "ix_decisions_likeness", "ix_decisions_deadline"):
        op.drop_index(name, table_name="decisions")
    for name in ("ix_decisions_asked_by_id", "ix_decisions_rule_id", "ix_decisions_resolved", "ix_decisions_by"):
        op.drop_index(name, table_name="decisions")
    for name in CHECKS:
        op.drop_constraint(name, "decisions", type_="check")
    for column in COLUMNS:
        op.drop_column("decisions", column.name)
    _pending("status = 'pending'")
    op.drop_table("decision_rules")
