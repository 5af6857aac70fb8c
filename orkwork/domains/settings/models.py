"""The one row of the company's settings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, SmallInteger
from sqlmodel import Field, SQLModel

from orkwork.core import clock


class Company(SQLModel, table=True):
    """The company; exactly one row, with id 1."""

    __tablename__ = "settings"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    name: str = "My company"
    time_zone: str = "UTC"
    """IANA name; days, crons and budgets count in it."""
    locale: str = "en"
    version: int = 1
    updated_at: datetime = Field(default_factory=clock.now)
