"""The table of standing rules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from orkwork.core import clock
from orkwork.core.ids import uuid7


class StandingRule(SQLModel, table=True):
    """How decisions of one likeness are made without asking, until somebody revokes it."""

    __tablename__ = "decision_rules"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("uq_decision_rules_live", "likeness", unique=True, postgresql_where=text("revoked_at is null")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    category: str
    title: str
    """The title of the decision that it was made from."""
    project_id: UUID | None = Field(None, sa_column=Column(ForeignKey("projects.id", ondelete="CASCADE"), index=True))
    likeness: str
    """The decisions that it makes: `decisions.rules.likeness`."""
    picked: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """The ids of the options that it chooses."""
    label: str
    reasoning: str = ""
    made_by_id: UUID | None = Field(None, sa_column=Column(ForeignKey("users.id", ondelete="SET NULL"), index=True))
    """In whose name it decides; without that person, or their right to decide, it decides nothing."""
    made_by_name: str
    uses: int = 0
    last_used_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)
    revoked_at: datetime | None = None
    revoked_by_name: str | None = None
