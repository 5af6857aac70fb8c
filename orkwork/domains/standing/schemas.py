"""Standing rules as they enter and leave."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from orkwork.core.schema import In, Out, Str
from orkwork.domains.decisions.models import Category
from orkwork.domains.decisions.schemas import MOST_OPTIONS, DecisionItem, OptionId


class RuleIn(In):
    """A standing rule, after the example of a decision."""

    decision_id: UUID
    options: Annotated[list[OptionId], Field(min_length=1, max_length=MOST_OPTIONS)]
    """What it chooses for every decision like that one."""
    reasoning: Annotated[Str, StringConstraints(max_length=2000, strip_whitespace=True)] = ""


class BackTestOut(Out):
    """What a standing rule would have done in the last 30 days."""

    picked: list[str]
    decided: int
    """How many it would have decided."""
    alike: int
    """Those that it would have decided as the person did."""
    otherwise: int
    wrong: int
    """Of those alike, how many turned out wrong or mixed."""
    not_offered: int
    """Those that did not offer what it chooses, which it would have left to a person."""
    differing: list[DecisionItem]
    """The latest that it would have decided otherwise."""


class RuleOut(Out):
    """A standing rule."""

    id: UUID
    category: Category
    title: str
    """The title of the decision that it was made from."""
    project_id: UUID | None
    project_key: str | None
    picked: list[str]
    label: str
    reasoning: str
    made_by_name: str
    uses: int
    last_used_at: datetime | None
    created_at: datetime
    revoked_at: datetime | None
    revoked_by_name: str | None
