"""The sealed chain over the events."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel

from orkwork.core import clock


class LogEntry(SQLModel, table=True):
    """One link: the event's place in the one order of all events, and the hash over it and the link before.

    `leaf` is the hash of the event alone, so that an erased event (a removed demo) leaves the chain whole.
    """

    __tablename__ = "event_log"  # pyright: ignore[reportAssignmentType]

    pos: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_at: datetime = Field(default_factory=clock.now)
    erased: bool = False


class LogCursor(SQLModel, table=True):
    """The end of the chain, locked while it grows; exactly one row."""

    __tablename__ = "event_log_cursor"  # pyright: ignore[reportAssignmentType]

    id: int = Field(1, primary_key=True)
    pos: int = Field(0, sa_column=Column(BigInteger, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    xid: str = "0"
    """An event of a transaction before this one is sealed, if its `seq` is before the one here."""
    seq: int = Field(0, sa_column=Column(BigInteger, nullable=False))
    """Of the events from here on none is sealed."""
