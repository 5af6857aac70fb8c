"""The ended lanes of a board are read from an index, latest first."""

import sqlalchemy as sa
from alembic import op

revision = "0003_ended_lanes"
down_revision = "0002_encrypted_answers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_tasks_ended",
        "tasks",
        ["project_id", "status", "updated_at", "id"],
        postgresql_where=sa.text("status in ('COMPLETED','FAILED','CANCELLED')"),
    )


def downgrade() -> None:
    op.drop_index("ix_tasks_ended", table_name="tasks")
