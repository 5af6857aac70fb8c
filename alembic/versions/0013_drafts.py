"""What somebody has typed into the builder of a workflow and not saved; a pause after a failure ends when its task waits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_drafts"
down_revision = "0012_budgets"
branch_labels = None
depends_on = None

BEFORE = "version = t.version + 1,"
AFTER = f"retry_at = case when not p_completed and t.status = 'READY' then null else t.retry_at end, {BEFORE}"


def _settle(old: str, new: str) -> None:
    """Replace a part of the function that settles dependants, whatever else has been changed in it."""
    quoted = [text.replace("'", "''") for text in (old, new)]
    op.execute(
        f"do $$ begin execute replace(pg_get_functiondef('settle_dependants(uuid,boolean,jsonb)'::regprocedure), "
        f"'{quoted[0]}', '{quoted[1]}'); end $$"
    )


def upgrade() -> None:
    _settle(BEFORE, AFTER)
    op.execute("update tasks set retry_at = null where retry_at is not null and status <> 'READY'")
    op.create_table(
        "workflow_drafts",
        sa.Column("workflow_id", sa.Uuid(), sa.ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("workflow_drafts")
    _settle(AFTER, BEFORE)
