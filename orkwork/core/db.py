"""The database of this process: one pool, shared by SQLModel sessions and prepared SQL."""

import logging
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlmodel import SQLModel

from orkwork.core.settings import settings

log = logging.getLogger(__name__)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
metadata: MetaData = SQLModel.metadata


def sqlalchemy_url(url: str) -> str:
    """The same address with the driver that SQLAlchemy needs."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)


@cache
def engine() -> Engine:
    """The engine of this process, made on first use."""
    url = settings().database_url
    if not url:
        raise RuntimeError("DATABASE_URL is not set; `orkwork up` sets it for the processes that it starts")
    made = create_engine(
        sqlalchemy_url(url),
        pool_size=settings().db_pool_size,
        max_overflow=4,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={
            "prepare_threshold": 2,
            "options": "-c timezone=UTC -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s",
            "connect_timeout": 5,
        },
    )
    event.listen(made, "connect", _prepare)
    return made


def _prepare(connection: DBAPIConnection, _record: Any) -> None:
    assert isinstance(connection, psycopg.Connection)
    connection.prepared_max = 400


def dispose() -> None:
    """Close the pool: after a fork, at shutdown, between tests."""
    if engine.cache_info().currsize:
        engine().dispose()
        engine.cache_clear()
