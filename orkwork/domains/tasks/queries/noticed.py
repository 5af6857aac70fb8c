"""What an agent hears when it asks for its next work, as it leaves."""

from typing import Literal
from uuid import UUID

from orkwork.core.schema import Out
from orkwork.domains.settings.schemas import HoldOut
from orkwork.domains.tasks.schemas import CommentOut, TaskItem


class NoticedDecision(Out):
    """How a decision went that concerns the agent."""

    id: UUID
    title: str
    chosen: str | None
    """The labels of the chosen options, or the answer in words; null when it closed by itself."""
    reasoning: str


class NextOut(Out):
    """What waits for an agent."""

    reason: Literal["assigned", "changes_requested", "unblocked", "mentioned", "decision_resolved", "ready"] | None = (
        None
    )
    task: TaskItem | None = None
    comment: CommentOut | None = None
    """Where the agent was mentioned."""
    decision: NoticedDecision | None = None
    cursor: str | None = None
    """With `unblocked`, `mentioned` and `decision_resolved`: send it as `after` to hear what came behind."""
    on_hold: list[HoldOut] = []
    """The holds that concern the agent now: nothing begins there."""
