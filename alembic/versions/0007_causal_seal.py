"""The seal goes by the events' own numbers: the cursor says from which on none is sealed."""

from alembic import op

revision = "0007_causal_seal"
down_revision = "0006_assignment"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("update event_log_cursor set seq = coalesce((select max(seq) + 1 from event_log), 0)")


def downgrade() -> None:
    op.execute(
        "update event_log_cursor set xid = last.xid, seq = last.seq from (select e.xid::text as xid, e.seq from event_log l "
        "join events e on e.seq = l.seq order by e.xid desc, e.seq desc limit 1) last"
    )
