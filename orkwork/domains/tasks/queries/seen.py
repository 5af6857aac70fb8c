"""What only pages read, as it leaves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from orkwork.core.money import Usd
from orkwork.core.schema import Out
from orkwork.domains.sla.schemas import TimeLeft
from orkwork.domains.tasks.models import Priority, Status


class BoardCard(Out):
    """A task on the board."""

    id: UUID
    key: str
    title: str
    status: Status
    priority: Priority
    assignee_name: str | None
    due_at: datetime | None
    cost_usd: Usd
    progress: int | None
    depends: int
    """Tasks that it depends on, done or not."""
    blockers: list[str]
    """Keys of the first three unfinished ones."""
    blocked_count: int
    flagged: bool
    failure: str | None
    """Why its last run failed."""
    criteria: int
    criteria_done: int
    crit: int
    """The longest chain of tasks behind it."""
    sla: TimeLeft | None
    """The tighter of its clocks; null where nothing is promised."""
    barred: list[Status]
    """Moves of the table that its guards refuse now."""


class BoardOut(Out):
    """A project's board."""

    cards: list[BoardCard]
    counts: dict[str, int]
    """All tasks by status, shown or not."""


class TaskFact(Out):
    """One line of a task's or project's history."""

    seq: int
    name: str
    """`task.moved`, `comment.added` …"""
    occurred_at: datetime
    actor_kind: str
    actor_name: str
    task_key: str
    before: dict[str, Any]
    after: dict[str, Any]


class TaskFound(Out):
    """A task that a search found."""

    id: UUID
    key: str
    title: str
    status: Status


class TeamMember(Out):
    """An agent's part in a project."""

    agent_id: UUID
    name: str
    role: str
    runs: int
    completed: int
    """Tasks that it was the last to work on and that are completed."""
    holding: int
    """Tasks that it holds now."""
    last_at: datetime
