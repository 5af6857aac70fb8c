"""Performance scores of each day, and anomalies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_performance"
down_revision = "0013_drafts"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WEIGHTS = {"completion": "0.30", "speed": "0.20", "quality": "0.25", "defects": "0.15", "cost": "0.10"}
WHOLE = (
    "score_completion + score_speed + score_quality + score_defects + score_cost = 1 and score_completion >= 0 "
    "and score_speed >= 0 and score_quality >= 0 and score_defects >= 0 and score_cost >= 0"
)
RULES = (
    "silent", "tokens", "failures", "deadlock", "agent_budget", "project_budget", "review", "task_cost", "price", "job",
)  # fmt: skip


def upgrade() -> None:
    for name, usual in WEIGHTS.items():
        op.add_column("settings", sa.Column(f"score_{name}", sa.Numeric(4, 3), nullable=False, server_default=usual))
    op.create_check_constraint("score_weights", "settings", WHOLE)
    op.add_column("settings", sa.Column("anomaly_rules", postgresql.JSONB(), nullable=False, server_default="{}"))
    _performance()
    _anomalies()


def _performance() -> None:
    op.create_table(
        "performance_days",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("closed", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("counted_at", MOMENT, nullable=False),
    )
    day = sa.ForeignKey("performance_days.day", ondelete="CASCADE")
    agent = sa.ForeignKey("agents.id", ondelete="CASCADE")
    op.create_table(
        "performance_scores",
        sa.Column("day", sa.Date(), day, primary_key=True),
        sa.Column("agent_id", sa.Uuid(), agent, primary_key=True),
        *[sa.Column(name, sa.Numeric(7, 4), nullable=False) for name in ("score", "low", "high")],
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("0 <= low and low <= score and score <= high and high <= 100", name="score"),
        sa.CheckConstraint("samples >= 0", name="samples"),
    )
    op.create_index("ix_performance_scores_agent", "performance_scores", ["agent_id", "day"])


def _subject(name: str, table: str) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=True)


def _anomalies() -> None:
    named = ",".join(f"'{rule}'" for rule in RULES)
    op.create_table(
        "anomalies",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        _subject("agent_id", "agents"),
        _subject("project_id", "projects"),
        _subject("task_id", "tasks"),
        _subject("execution_id", "task_executions"),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        *[
            sa.Column(f"{name}_at", MOMENT, nullable=name not in ("first_seen", "last_seen"))
            for name in ("first_seen", "last_seen", "over", "acknowledged", "closed")
        ],
        sa.Column("snoozed_until", MOMENT, nullable=True),
        *[
            sa.Column(name, sa.String(), nullable=True)
            for name in ("acknowledged_by", "closed_by", "action", "undone_by")
        ],
        sa.Column("close_reason", sa.String(), nullable=False, server_default=""),
        sa.Column("decision_id", sa.Uuid(), sa.ForeignKey("decisions.id", ondelete="SET NULL"), nullable=True),
        sa.Column("undo", postgresql.JSONB(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"rule in ({named})", name="rule"),
        sa.CheckConstraint("severity between 0 and 2", name="severity"),
        sa.CheckConstraint("action in ('pause_agent','give_back')", name="action"),
    )
    op.create_index(
        "uq_anomalies_lasting", "anomalies", ["rule", "key"], unique=True, postgresql_where=sa.text("over_at is null")
    )
    op.create_index("ix_anomalies_severity", "anomalies", ["severity", "id"])
    for name in ("agent_id", "project_id", "task_id", "execution_id", "decision_id"):
        op.create_index(f"ix_anomalies_{name}", "anomalies", [name])


def downgrade() -> None:
    op.drop_table("anomalies")
    op.drop_table("performance_scores")
    op.drop_table("performance_days")
    op.drop_column("settings", "anomaly_rules")
    for name in WEIGHTS:
        op.drop_column("settings", f"score_{name}")
