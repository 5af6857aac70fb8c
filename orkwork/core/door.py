"""The door's side of a Work: the only place that commits.

REST, browser, MCP, clock and command line each find out who calls and hand the rest to `run`.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg import errors as pg
from sqlalchemy import CheckConstraint
from sqlalchemy import exc as sa
from sqlalchemy.pool import PoolProxiedConnection

from orkwork.core import db, failpoints, live
from orkwork.core.actor import Actor
from orkwork.core.credentials import Identify
from orkwork.core.errors import Conflict, FieldError, Invalid, OrkworkError, Unavailable
from orkwork.core.lookup import Lookup
from orkwork.core.work import Work

log = logging.getLogger(__name__)
R = TypeVar("R")

TRIES = 4
_AGAIN = (pg.DeadlockDetected, pg.SerializationFailure)


def run(
    who: Actor | Identify,
    body: Callable[[Work], R],
    *,
    write: bool,
    atomic: bool = False,
    begins_with: Lookup | None = None,
) -> R:
    """Run `body` in one Work and commit; a deadlock or a lost connection before any effect is tried again.

    `atomic`: the body's writes are one statement, so no transaction is put around it. `begins_with`: what the body
    looks up first, read in the statement that finds out who calls.
    """
    for attempt in range(TRIES):
        try:
            with _opened(who, begins_with, transaction=write and not atomic) as work:
                return body(work)
        except OrkworkError:
            raise
        except (psycopg.Error, sa.SQLAlchemyError) as error:
            cause = _cause(error)
            if attempt + 1 < TRIES and (isinstance(cause, _AGAIN) or (_lost(cause) and not (write and atomic))):
                continue
            raise translated(cause) from error
    raise AssertionError("unreachable")


@contextmanager
def _opened(who: Actor | Identify, begins_with: Lookup | None, *, transaction: bool) -> Iterator[Work]:
    pooled = db.engine().raw_connection()
    try:
        raw = pooled.driver_connection
        assert isinstance(raw, psycopg.Connection)
        raw.autocommit = not transaction
        if isinstance(who, Actor):
            work = Work(who, pooled)
        else:
            found = who(raw, begins_with)
            work = Work(found.actor, pooled, begins_with and (begins_with, found.row))
        if transaction:
            failpoints.hit("door.opened")
        yield work
        work.flush()
        if transaction:
            failpoints.hit("door.flushed")
            _commit(raw)
            failpoints.hit("door.committed")
        work.close()
        if work.hints:
            live.tell(work.hints)
            failpoints.hit("door.told")
    except BaseException:
        _give_up(pooled)
        raise
    finally:
        _give_back(pooled)


def _commit(raw: psycopg.Connection) -> None:
    try:
        raw.commit()
    except psycopg.OperationalError as error:
        raise Unavailable(
            "database.unknown",
            "The database went away during the commit; whether it happened is not known",
            "Send it again with the same Idempotency-Key: it happens once.",
        ) from error


def _give_up(pooled: PoolProxiedConnection) -> None:
    raw = pooled.driver_connection
    if isinstance(raw, psycopg.Connection) and (raw.broken or raw.closed):
        pooled.invalidate()
    else:
        pooled.rollback()


def _give_back(pooled: PoolProxiedConnection) -> None:
    raw = pooled.driver_connection if pooled.is_valid else None
    if isinstance(raw, psycopg.Connection) and raw.autocommit and not raw.closed:
        raw.autocommit = False
    pooled.close()


def _cause(error: Exception) -> Exception:
    """The driver's error behind SQLAlchemy's."""
    if isinstance(error, sa.DBAPIError) and isinstance(error.orig, psycopg.Error):
        return error.orig
    return error


def _lost(error: Exception) -> bool:
    return isinstance(error, pg.AdminShutdown | pg.CrashShutdown) or (
        isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    )


def translated(error: Exception) -> OrkworkError:
    """What a database error means to a caller; anything that is nobody's fault but ours is raised as it is."""
    match error:
        case pg.UniqueViolation():
            return Conflict("request.duplicate", f"This already exists ({_constraint(error)})", "Use another value.")
        case pg.ForeignKeyViolation():
            return Conflict(
                "request.reference", f"Something it names is not there, or is in use ({_constraint(error)})"
            )
        case pg.CheckViolation() | psycopg.DataError() | pg.NotNullViolation():
            return _out_of_range(error)
        case pg.QueryCanceled() | pg.LockNotAvailable():
            return Unavailable("database.slow", "The database took too long", "Try again in a moment.")
        case psycopg.OperationalError() | sa.TimeoutError():
            log.warning("database: %s", error)
            return Unavailable("database.away", "The database can't be reached", "Try again in a moment.")
    raise error


def _out_of_range(error: psycopg.Error) -> Invalid:
    """The refusal of a value that only the database refused, naming its column where the database says which."""
    column = _column(error.diag)
    what = column or _constraint(error) or type(error).__name__
    fields = [FieldError(column, "is missing, or outside of what can be kept")] if column else []
    return Invalid("request.value", f"A value is out of range ({what})", "Correct it and send it again.", fields)


def _column(diag: psycopg.errors.Diagnostic) -> str | None:
    """The column of a violated constraint: as the database says, else by its name, else the first that it speaks of."""
    table = db.metadata.tables.get(diag.table_name or "")
    if diag.column_name or table is None:
        return diag.column_name
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and constraint.name == diag.constraint_name:
            words = [
                str(constraint.name).removeprefix(f"ck_{table.name}_"),
                *re.findall(r"\w+", str(constraint.sqltext)),
            ]
            return next((word for word in words if word in table.columns), None)
    return None


def _constraint(error: Exception) -> str:
    return (isinstance(error, psycopg.Error) and error.diag.constraint_name) or ""
