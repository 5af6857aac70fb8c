"""The company's settings as they enter and leave."""

from datetime import datetime
from typing import Literal
from zoneinfo import available_timezones

from pydantic import field_validator

from orkwork.core.schema import In, Name, Out, Str

Locale = Literal["en", "uk"]


class CompanyOut(Out):
    """The company."""

    name: str
    time_zone: str
    locale: str
    version: int
    updated_at: datetime


class CompanyPatch(In):
    """What to change; what is absent stays."""

    name: Name | None = None
    time_zone: Str | None = None
    """IANA name: `Europe/Kyiv`."""
    locale: Locale | None = None

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError("is not an IANA time zone, such as Europe/Kyiv")
        return value
