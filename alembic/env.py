"""Runs the migrations against DATABASE_URL."""

from alembic import context

from orkwork.core import db
from orkwork.domains.registry import load_models

load_models()


def ours(_obj: object, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:
    """Leave tables alone that are not in the models."""
    return not (kind == "table" and reflected and name not in db.metadata.tables)


def run() -> None:
    """Apply each migration in a transaction of its own, one process at a time."""
    with db.engine().connect() as connection:
        connection.exec_driver_sql("select pg_advisory_lock(727001)")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=ours,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.exec_driver_sql("select pg_advisory_unlock(727001)")
        connection.commit()


run()
