"""The answers kept under Idempotency-Key, byte for byte, for two days."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, LargeBinary, SmallInteger, false
from sqlmodel import Field, SQLModel

from orkwork.core import clock


class IdempotencyKey(SQLModel, table=True):
    """One answer, kept in the transaction of the change that it tells of."""

    __tablename__ = "idempotency_keys"  # pyright: ignore[reportAssignmentType]

    actor_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    status: int | None = Field(None, sa_column=Column(SmallInteger))
    headers: str = ""
    """A JSON object."""
    body: bytes | None = Field(None, sa_column=Column(LargeBinary))
    encrypted: bool = Field(False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    """Whether the body holds a secret, and is kept encrypted for that."""
    created_at: datetime = Field(default_factory=clock.now, index=True)
