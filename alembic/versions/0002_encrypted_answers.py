"""Kept answers that hold a secret are encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0002_encrypted_answers"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "idempotency_keys", sa.Column("encrypted", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )


def downgrade() -> None:
    op.execute("delete from idempotency_keys where encrypted")
    op.drop_column("idempotency_keys", "encrypted")
