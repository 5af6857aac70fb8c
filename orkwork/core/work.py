"""Work: one actor, one transaction.

Operations and queries get a Work and nothing else. Hot paths run prepared SQL through `sql`, everything else uses the
SQLModel `session`; both are the same connection in the same transaction. Only doors commit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb, set_json_dumps
from pydantic_core import to_json
from sqlalchemy.engine import Connection as SqlConnection
from sqlalchemy.pool import PoolProxiedConnection
from sqlmodel import Session, SQLModel, select

from orkwork.core import clock, db, events, live
from orkwork.core.actor import Actor
from orkwork.core.errors import NotFound, Stale
from orkwork.core.lookup import Lookup

set_json_dumps(lambda value: to_json(value).decode())

Params = Mapping[str, Any]
T = TypeVar("T", bound=SQLModel)


class Work:
    """One actor's transaction."""

    def __init__(
        self, actor: Actor, pooled: PoolProxiedConnection, read: tuple[Lookup, DictRow | None] | None = None
    ) -> None:
        """Wrap a connection from the pool; the door that opened it closes it, and may have `read` a first row."""
        self.actor = actor
        self._read = read
        self._pooled = pooled
        connection = pooled.driver_connection
        assert isinstance(connection, Connection)
        self.conn: Connection = connection
        self._session: Session | None = None
        self._pending: list[events.Event] = []
        self.hints: list[live.Hint] = []

    @property
    def session(self) -> Session:
        """The SQLModel session of this transaction."""
        if self._session is None:
            bind = SqlConnection(db.engine(), connection=self._pooled)
            self._session = Session(bind=bind, expire_on_commit=False, autoflush=True)
        return self._session

    def sql(self, statement: str, params: Params | None = None) -> Cursor[DictRow]:
        """Run one statement; rows are dicts."""
        if self._session is not None:
            self._session.flush()
        return self.conn.cursor(row_factory=dict_row).execute(statement, params)  # pyright: ignore[reportArgumentType]

    def one(self, statement: str, params: Params | None = None) -> DictRow | None:
        """The first row, or None."""
        return self.sql(statement, params).fetchone()

    def all(self, statement: str, params: Params | None = None) -> list[DictRow]:
        """All rows."""
        return self.sql(statement, params).fetchall()

    def look_up(self, lookup: Lookup) -> DictRow | None:
        """The row of a lookup, or None; the first time perhaps what the door has read already."""
        read, self._read = self._read, None
        if read is not None and read[0] == lookup:
            return read[1]
        return self.one(lookup.alone(), {**lookup.params, "projects": self.actor.projects})

    def get(self, model: type[T], row_id: UUID, *, lock: bool = False, if_match: int | None = None) -> T:
        """One row by id, locked until commit if asked; NotFound, or Stale when its version is not `if_match`."""
        statement = select(model).where(model.id == row_id)  # pyright: ignore[reportAttributeAccessIssue]
        if lock:
            statement = statement.with_for_update(key_share=True)
        row = self.session.exec(statement.execution_options(populate_existing=lock)).first()
        if row is None:
            kind = model.__name__.lower()
            raise NotFound(f"{kind}.not_found", f"There is no {kind} {row_id}", "Check the id.")
        check_version(getattr(row, "version", None), if_match)
        return row

    def add(self, row: SQLModel) -> None:
        """Insert a row now, so that its constraints speak here."""
        self.session.add(row)
        self.session.flush()

    def emit(self, event: events.Event) -> None:
        """Tell a fact; it is written at the end of this transaction and heard after commit."""
        self._pending.append(event)
        self.hint(event.name, event.subject_kind, event.subject_id, event.project_id)

    def hint(self, name: str, subject_kind: str, subject_id: UUID | None, project_id: UUID | None) -> None:
        """Note a fact that a statement of its own writes, so that screens hear of it after commit."""
        self.hints.append(live.Hint(name, subject_kind, subject_id, project_id))

    def telling(self) -> dict[str, Any]:
        """The parameters of `events.EMIT`."""
        actor = self.actor
        return {
            "e_now": clock.now(),
            "e_actor_kind": actor.kind.value,
            "e_actor_id": actor.id,
            "e_actor_name": actor.name,
            "e_ip": actor.ip,
            "e_request_id": actor.request_id,
            "e_reactions": events.reactions_param(),
        }

    def telling_json(self) -> Jsonb:
        """The same for database functions that tell facts."""
        facts = {name.removeprefix("e_"): value for name, value in self.telling().items()}
        return Jsonb(facts | {"reactions": events.reactions()})

    def flush(self) -> None:
        """Write what is still in memory: rows of the session, then the events."""
        if self._session is not None:
            self._session.flush()
        if self._pending:
            facts = Jsonb([event.fact() for event in self._pending])
            self.sql(events.emit_statement(), self.telling() | {"e_facts": facts})
            self._pending.clear()

    @contextmanager
    def acting_as(self, actor: Actor) -> Iterator[None]:
        """Let what follows be checked, done and told as somebody else: a decision is carried out in someone's name."""
        self.flush()
        before, self.actor = self.actor, actor
        try:
            yield
            self.flush()
        finally:
            self.actor = before

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A savepoint: what fails inside is undone together with its events, and the Work may go on."""
        self.flush()
        heard = len(self.hints)
        try:
            with self.conn.transaction():
                yield
                self.flush()
        except BaseException:
            self._pending.clear()
            del self.hints[heard:]
            self.close()
            raise

    def close(self) -> None:
        """Forget the session; the connection is the door's."""
        if self._session is not None:
            self._session.expunge_all()


def check_version(version: int | None, if_match: int | None) -> None:
    """Refuse a write whose reader saw another version."""
    if if_match is not None and version != if_match:
        raise Stale(
            "request.stale",
            f"Version {if_match} was named, the row is at version {version}",
            "Read it again, apply your change to what you find, and send its version in If-Match.",
            extra={"current_version": version},
        )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The part of two states in which they differ, for an event's before and after."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
