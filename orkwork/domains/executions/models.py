"""Tables of what runs leave: lines of log, artifacts, and the files behind them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class LogLevel(StrEnum):
    """How grave a line of log is; kept as its place in this list."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 is the least grave."""
        return list(LogLevel).index(self)


class LogLine(SQLModel, table=True):
    """One line of a run's log."""

    __tablename__ = "execution_logs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("level between 0 and 3", name="level"),)

    execution_id: UUID = Field(sa_column=Column(ForeignKey("task_executions.id", ondelete="CASCADE"), primary_key=True))
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """1 for the first line of its run."""
    level: int = Field(sa_column=Column(SmallInteger, nullable=False))
    at: datetime
    text: str


class Artifact(SQLModel, table=True):
    """Something that a run leaves: a link, or a file that is kept here."""

    __tablename__ = "execution_artifacts"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("(url is null) <> (file_key is null)", name="link_or_file"),
        Index("ix_execution_artifacts_execution", "execution_id", "id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    execution_id: UUID = Field(sa_column=Column(ForeignKey("task_executions.id", ondelete="CASCADE"), nullable=False))
    name: str
    url: str | None = None
    file_key: str | None = Field(None, unique=True)
    media_type: str | None = None
    size_bytes: int | None = Field(None, sa_column=Column(BigInteger))
    sha256: str | None = None
    """Of the content, as 64 hexadecimal digits."""
    created_at: datetime = Field(default_factory=clock.now)


class StoredFile(SQLModel, table=True):
    """What lies in the storage: noted before it is written there, so that nothing lies there that nobody knows of."""

    __tablename__ = "stored_files"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_stored_files_loose", "keep_until", postgresql_where=text("artifact_id is null")),)

    key: str = Field(primary_key=True)
    artifact_id: UUID | None = Field(
        None, sa_column=Column(ForeignKey("execution_artifacts.id", ondelete="SET NULL"), index=True)
    )
    """None while it is on its way, and again when its artifact is gone."""
    keep_until: datetime
    """A file without an artifact is deleted from the storage after this."""
