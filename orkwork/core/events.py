"""Events: facts in the past tense, written in the transaction of the change that they tell.

`events` is append-only and is the audit log; `event_deliveries` is the outbox of the reactions.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

from orkwork.core.actor import Actor, ActorKind, Role

if TYPE_CHECKING:
    from orkwork.core.work import Work


EVENTS: dict[str, type["Event"]] = {}
"""Every fact by its name."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """The base of all facts; a subclass names the fact and the kind of its subject."""

    name: ClassVar[str]
    subject_kind: ClassVar[str]
    heard_with: ClassVar[str | None] = None
    """The scope with which agents hear of it; None when none does."""
    heard_by: ClassVar[Role] = Role.VIEWER
    """The least role of the people who hear of it."""

    subject_id: UUID | None
    subject_label: str = ""
    """What a person calls the subject: a task's key, an agent's name."""
    project_id: UUID | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    def __init_subclass__(cls) -> None:
        """Make the fact known by its name."""
        EVENTS[cls.name] = cls

    def fact(self) -> dict[str, Any]:
        """The fields that differ from event to event, as the insert takes them."""
        return {"name": self.name, "subject_kind": self.subject_kind} | asdict(self)


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The column's type."""
        return "xid8"


class EventRow(SQLModel, table=True):
    """One fact as it is kept. `xid` lets readers stop before transactions that are still open."""

    __tablename__ = "events"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_events_tail", "xid", "seq"),
        Index("ix_events_subject", "subject_id", "seq"),
        Index("ix_events_actor", "actor_id", "seq"),
        Index("ix_events_project", "project_id", "seq"),
    )

    seq: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    xid: int = Field(sa_column=Column(Xid8, nullable=False, server_default=text("pg_current_xact_id()")))
    occurred_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    name: str = Field(sa_type=Text)
    actor_kind: str = Field(sa_type=Text)
    actor_id: UUID | None = None
    actor_name: str = Field(sa_type=Text)
    ip: str | None = Field(None, sa_type=Text)
    request_id: str | None = Field(None, sa_type=Text)
    subject_kind: str = Field(sa_type=Text)
    subject_id: UUID | None = None
    subject_label: str = Field("", sa_type=Text)
    project_id: UUID | None = None
    before: dict[str, Any] | None = Field(None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(None, sa_type=JSONB)


class Delivery(SQLModel, table=True):
    """One reaction that still has to hear of one event; the row goes when it has."""

    __tablename__ = "event_deliveries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("ix_event_deliveries_due", "not_before", "seq", postgresql_where=text("state = 0")),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    seq: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("events.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False
        )
    )
    reaction: str = Field(primary_key=True, sa_type=Text)
    not_before: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    attempts: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    state: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    """0 waits, 2 is parked after too many failures."""
    token: UUID | None = None
    last_error: str | None = Field(None, sa_type=Text)


@dataclass(frozen=True)
class Reaction:
    """What one domain does when another speaks: idempotent, after commit, at least once."""

    name: str
    fn: Callable[["Work", EventRow], None]


REACTIONS: dict[str, Reaction] = {}
_BY_EVENT: dict[str, list[str]] = {}


def on(*events: type[Event]) -> Callable[[Callable[["Work", EventRow], None]], Callable[["Work", EventRow], None]]:
    """Register a reaction to events; it runs in a Work of its own, as the system."""

    def wrap(fn: Callable[["Work", EventRow], None]) -> Callable[["Work", EventRow], None]:
        name = f"{fn.__module__.split('.')[2]}.{fn.__name__}"
        REACTIONS[name] = Reaction(name, fn)
        for event in events:
            _BY_EVENT.setdefault(event.name, []).append(name)
        return fn

    return wrap


def may_hear(actor: Actor, name: str, project_id: UUID | None) -> bool:
    """Whether an actor may learn that this happened: people by their role, agents by scope and projects."""
    event = EVENTS.get(name)
    match actor.kind:
        case ActorKind.SYSTEM:
            return True
        case ActorKind.USER:
            return event is not None and actor.role is not None and actor.role.covers(event.heard_by)
        case ActorKind.AGENT:
            seen = actor.project_ids is None or project_id is None or project_id in actor.project_ids
            return event is not None and event.heard_with in actor.scopes and seen


EMIT = """
ev as (
  insert into events (occurred_at, name, actor_kind, actor_id, actor_name, ip, request_id,
                      subject_kind, subject_id, subject_label, project_id, before, after)
  select %(e_now)s, f.name, %(e_actor_kind)s, %(e_actor_id)s, %(e_actor_name)s, %(e_ip)s, %(e_request_id)s,
         f.subject_kind, f.subject_id, f.subject_label, f.project_id, f.before, f.after
  from facts f
  returning seq, name),
dl as (
  insert into event_deliveries (seq, reaction, not_before)
  select ev.seq, r.reaction, %(e_now)s
  from ev cross join lateral jsonb_array_elements_text(%(e_reactions)s -> ev.name) as r(reaction))
"""
"""The CTEs that write events and deliveries out of a CTE `facts` of the caller's; parameters from `Work.telling()`."""

_EMIT_FACTS = f"""
with facts as (
  select * from jsonb_to_recordset(%(e_facts)s) as f(name text, subject_kind text, subject_id uuid,
    subject_label text, project_id uuid, before jsonb, after jsonb)),
{EMIT}
select seq from ev
"""


def emit_statement() -> str:
    """The statement that writes the buffered events of a Work."""
    return _EMIT_FACTS


def reactions() -> dict[str, list[str]]:
    """The reactions by event name."""
    return _BY_EVENT


def reactions_param() -> Jsonb:
    """The reactions by event name, as the statements take them."""
    return Jsonb(_BY_EVENT)
