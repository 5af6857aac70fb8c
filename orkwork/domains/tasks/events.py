"""What happens to tasks and to the work on them."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TaskCreated(Event):
    """A task was created."""

    name = "task.created"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskChanged(Event):
    """Something about a task changed, other than its state."""

    name = "task.changed"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskMoved(Event):
    """A task went from one state to another."""

    name = "task.moved"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskBlocked(Event):
    """A dependency was re-opened or added, so the task waits again or is flagged."""

    name = "task.blocked"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskUnblocked(Event):
    """A task that had started before a dependency was re-opened waits for nothing any more."""

    name = "task.unblocked"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class EvidenceGiven(Event):
    """Someone showed that an acceptance criterion is met."""

    name = "task.evidence_given"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class CriterionVerified(Event):
    """Someone other than the worker judged an acceptance criterion."""

    name = "task.criterion_verified"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class AgentNoticed(Event):
    """There is something for an agent to notice: it was mentioned, or a decision that concerns it was made."""

    name = "agent.noticed"
    subject_kind = "agent"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskDeleted(Event):
    """A task that nobody had worked on was deleted."""

    name = "task.deleted"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class DependencyAdded(Event):
    """A task now waits for another."""

    name = "dependency.added"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class DependencyRemoved(Event):
    """A task no longer waits for another."""

    name = "dependency.removed"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class CommentAdded(Event):
    """Someone said something about a task."""

    name = "comment.added"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ExecutionStarted(Event):
    """An agent began a run."""

    name = "execution.started"
    subject_kind = "execution"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ExecutionChanged(Event):
    """A run reported progress."""

    name = "execution.changed"
    subject_kind = "execution"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ExecutionEnded(Event):
    """A run ended: succeeded, failed, cancelled or lost."""

    name = "execution.ended"
    subject_kind = "execution"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskLooping(Event):
    """An agent failed at a task again and again in the same way, and is kept from it."""

    name = "task.looping"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskUnbarred(Event):
    """A person let an agent try a task again that the loop breaker kept from it."""

    name = "task.unbarred"
    subject_kind = "task"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TrackerImported(Event):
    """A tracker's issues were imported."""

    name = "tracker.imported"
    subject_kind = "project"
    heard_with = "tasks:read"
