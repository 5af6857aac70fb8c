"""Executions: clocks, retry policies, names of failures, logs, artifacts, the loop breaker."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009_executions"
down_revision = "0008_lifecycle"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NAMES = (
    "rate_limited", "provider_unavailable", "network", "lost", "timed_out_running", "timed_out_silent", "timed_out_start",
    "timed_out_total", "invalid_output", "tool_failed", "tests_failed", "context_too_long", "permission_denied",
    "budget_exhausted", "bad_request", "refused", "cancelled", "other",
)  # fmt: skip
RENAMED = {"lease_lapsed": "lost", "tool_error": "tool_failed"}
SETTLES = "version = t.version + 1, updated_at = (p_telling->>'now')::timestamptz"
WAITS = """waiting_since = case when p_completed and t.status = 'PLANNING' and t.blocked_count = 1
                      then (p_telling->>'now')::timestamptz else t.waiting_since end,
      waiting_told_at = case when p_completed and t.status = 'PLANNING' and t.blocked_count = 1
                      then null else t.waiting_told_at end,
      """


def upgrade() -> None:
    _limits()
    _failures()
    _runs()
    _bars()
    _rewrite("settle_dependants(uuid, boolean, jsonb)", SETTLES, WAITS + SETTLES)


def _limits() -> None:
    op.add_column("settings", sa.Column("limits", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.add_column("settings", sa.Column("loop_breaker_runs", sa.SmallInteger(), nullable=False, server_default="3"))
    op.create_check_constraint("loop_breaker_runs", "settings", "loop_breaker_runs between 2 and 100")
    for table in ("projects", "agents", "tasks"):
        op.add_column(table, sa.Column("limits", postgresql.JSONB(), nullable=True))
    for name in ("waiting_since", "waiting_told_at", "attempts_from"):
        op.add_column("tasks", sa.Column(name, MOMENT, nullable=True))
    op.alter_column("tasks", "max_retries", nullable=True, server_default=None)
    op.execute("update tasks set max_retries = null where max_retries = 0")  # nobody said so: it was the default
    op.execute(
        "update tasks set waiting_since = greatest(retry_at, ready_at, updated_at) where status in ('READY', 'ASSIGNED')"
    )
    waits = "status in ('READY','ASSIGNED') and waiting_told_at is null"
    op.create_index("ix_tasks_waiting", "tasks", ["project_id", "waiting_since"], postgresql_where=sa.text(waits))
    op.create_index(
        "ix_tasks_waiting_own", "tasks", ["waiting_since"], postgresql_where=sa.text(f"limits is not null and {waits}")
    )


def _failures() -> None:
    """Give every failure a name of the list; what it was called before stays in its words."""
    for before, after in RENAMED.items():
        op.execute(f"update task_executions set failure = '{after}' where failure = '{before}'")
    known = ", ".join(f"'{name}'" for name in NAMES)
    op.execute(
        "update task_executions set failure_detail = concat_ws(E'\\n', failure, failure_detail), failure = 'other' "
        f"where failure is not null and failure not in ({known})"
    )
    op.execute("update task_executions set failure = 'other' where failure is null and status = 'failed'")


def _runs() -> None:
    op.add_column("task_executions", sa.Column("seen_at", MOMENT, nullable=True))
    for name in ("log_seq", "log_bytes"):
        op.add_column("task_executions", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "execution_logs",
        sa.Column("execution_id", sa.Uuid(), sa.ForeignKey("task_executions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.CheckConstraint("level between 0 and 3", name="level"),
    )
    op.create_table(
        "execution_artifacts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("execution_id", sa.Uuid(), sa.ForeignKey("task_executions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String()),
        sa.Column("file_key", sa.String(), unique=True),
        sa.Column("media_type", sa.String()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("sha256", sa.String()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("(url is null) <> (file_key is null)", name="link_or_file"),
    )
    op.create_index("ix_execution_artifacts_execution", "execution_artifacts", ["execution_id", "id"])
    op.create_table(
        "stored_files",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("artifact_id", sa.Uuid(), sa.ForeignKey("execution_artifacts.id", ondelete="SET NULL"), index=True),
        sa.Column("keep_until", MOMENT, nullable=False),
    )
    op.create_index(
        "ix_stored_files_loose", "stored_files", ["keep_until"], postgresql_where=sa.text("artifact_id is null")
    )


def _bars() -> None:
    op.create_table(
        "task_bars",
        sa.Column("agent_id", sa.Uuid(), sa.ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("tripped_at", MOMENT, nullable=False),
        sa.Column("lifted_at", MOMENT),
    )


def _rewrite(function: str, old: str, new: str) -> None:
    """Replace a part of a function that an earlier migration made."""
    found = op.get_bind().exec_driver_sql(f"select pg_get_functiondef('{function}'::regprocedure)").scalar_one()
    if found.count(old) != 1:
        raise RuntimeError(f"{function} is not as this migration knows it")
    op.get_bind().exec_driver_sql(found.replace(old, new).replace("%", "%%"))


def downgrade() -> None:
    _rewrite("settle_dependants(uuid, boolean, jsonb)", WAITS + SETTLES, SETTLES)
    for table in ("task_bars", "stored_files", "execution_artifacts", "execution_logs"):
        op.drop_table(table)
    for name in ("log_bytes", "log_seq", "seen_at"):
        op.drop_column("task_executions", name)
    for name in ("ix_tasks_waiting_own", "ix_tasks_waiting"):
        op.drop_index(name, table_name="tasks")
    op.execute("update tasks set max_retries = 0 where max_retries is null")
    op.alter_column("tasks", "max_retries", nullable=False, server_default="0")
    for name in ("attempts_from", "waiting_told_at", "waiting_since"):
        op.drop_column("tasks", name)
    for table in ("tasks", "agents", "projects", "settings"):
        op.drop_column(table, "limits")
    op.drop_constraint("loop_breaker_runs", "settings", type_="check")
    op.drop_column("settings", "loop_breaker_runs")
