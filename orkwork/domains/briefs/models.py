"""The table of briefs: one a day, as it was read that morning."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from orkwork.core.ids import uuid7


class Section(StrEnum):
    """What a sentence is about."""

    ACTIVITY = "activity"
    TASKS = "tasks"
    BUDGETS = "budgets"
    AGENTS = "agents"
    DECISIONS = "decisions"
    ANOMALIES = "anomalies"


class Gravity(StrEnum):
    """What a sentence asks of its reader."""

    BAD = "bad"
    """Something is lost or stands still until somebody acts."""
    WARN = "warn"
    """It will be, or somebody is waited for."""
    INFO = "info"
    """Good to know."""


class Writer(StrEnum):
    """Who wrote a summary."""

    RULE = "rule"
    MODEL = "model"


class Brief(SQLModel, table=True):
    """The brief of one day of the company's zone."""

    __tablename__ = "briefs"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        CheckConstraint("language in ('en','uk')", name="language"),
        CheckConstraint("written_by in ('rule','model')", name="written_by"),
        CheckConstraint("(written_by = 'model') = (rewritten is not null)", name="rewritten"),
        Index("uq_briefs_day", "day", unique=True),
        Index("ix_briefs_rewrite", "rewrite_at", postgresql_where=text("rewrite_at is not null")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    day: date = Field(sa_column=Column(Date, nullable=False))
    since: datetime
    """What it tells of happened from then on."""
    made_at: datetime
    time_zone: str
    language: str
    """The company's, in which its summary is written."""
    activity: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """As `schemas.Activity` has it."""
    sentences: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """Each as `schemas.BriefSentence`."""
    written_by: str = Writer.RULE
    rewritten: list[dict[str, Any]] | None = Field(None, sa_column=Column(JSONB(none_as_null=True)))
    """A model's words, each as `schemas.Rewritten`; null while the sentences speak for themselves."""
    model: str | None = None
    """The model that wrote, or whose words were refused."""
    refused: dict[str, Any] | None = Field(None, sa_column=Column(JSONB(none_as_null=True)))
    """Why no model's words stand here, as `schemas.Refused`; null when none was asked, or its words do."""
    rewrite_at: datetime | None = None
    """When a model is to be asked next; null when none is, or no more."""
    rewrite_attempts: int = Field(0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    token: UUID | None = None
    """Of the worker that asks a model now."""
