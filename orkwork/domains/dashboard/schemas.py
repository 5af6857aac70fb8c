"""What the dashboard reads."""

from datetime import date, datetime
from uuid import UUID

from orkwork.core.money import Usd
from orkwork.core.schema import Out


class SpentDay(Out):
    """What the company spent on one of its days."""

    day: date
    amount_usd: Usd


class Spend(Out):
    """What the company spends, against the periods before."""

    today_usd: Usd
    yesterday_usd: Usd
    month_usd: Usd
    month_before_usd: Usd
    """The same days of the month before."""
    days: list[SpentDay]
    """The last 30 days, today last."""


class WaitingTask(Out):
    """A task that waits for a person: handed in, or failed."""

    id: UUID
    key: str
    title: str
    status: str
    since: datetime
    project_key: str
    worker_id: UUID | None
    worker: str | None
    behind: int
    """Unfinished tasks that wait for it."""
    cost_usd: Usd
    failure: str | None
    failure_detail: str | None


class FailedTask(Out):
    """One task of many that failed alike."""

    id: UUID
    key: str
    title: str


class Failures(Out):
    """Many tasks of one project that failed in one way."""

    project_key: str
    failure: str
    """The kind of failure; empty where none was given."""
    tasks: int
    at_least: bool
    """Whether there are more failures than were looked at, so that `tasks` may be too few."""
    since: datetime
    """When the first of them failed."""
    behind: int
    """Unfinished tasks that wait for any of them."""
    cost_usd: Usd
    first: list[FailedTask]


class Waiting(Out):
    """The tasks that wait for a person: the first of them, and how many there are."""

    tasks: list[WaitingTask]
    alike: list[Failures]
    """Failures that would fill the list with the same line; their tasks are not among `tasks`."""
    in_review: int
    failed: int


class Beginnings(Out):
    """How far a fresh company has come."""

    agents: int
    seen: bool
    """Whether any agent gave a sign of life."""
    tasks: bool
    started: bool
    """Whether any run was ever started."""
