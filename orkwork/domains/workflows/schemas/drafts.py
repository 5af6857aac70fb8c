"""Drafts of the builder: forms' texts, which may be wrong for a while."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from orkwork.core.schema import In, Int, Out
from orkwork.domains.workflows.schemas.templates import MAX_INPUTS, MAX_STEPS

Rows = list[dict[str, Any]]


class DraftIn(In):
    """What to keep."""

    based_on: Annotated[Int, Field(ge=1)]
    """The version that it began with."""
    inputs: Annotated[Rows, Field(max_length=2 * MAX_INPUTS)]
    steps: Annotated[Rows, Field(max_length=MAX_STEPS)]


class DraftOut(Out):
    """What was kept."""

    based_on: int
    inputs: Rows
    steps: Rows
    kept_at: datetime
