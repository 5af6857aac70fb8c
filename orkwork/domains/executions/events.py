"""What happens inside runs."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LogWritten(Event):
    """A run wrote lines of log."""

    name = "execution.logged"
    subject_kind = "execution"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ArtifactAdded(Event):
    """A run left a file or a link."""

    name = "artifact.added"
    subject_kind = "execution"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class ArtifactRemoved(Event):
    """A file or a link that a run left was taken away; `before` says what it was."""

    name = "artifact.removed"
    subject_kind = "execution"
    heard_with = "tasks:read"


@dataclass(frozen=True, kw_only=True)
class TaskWaiting(Event):
    """A task waited to be started for longer than its clock allows."""

    name = "task.waiting"
    subject_kind = "task"
    heard_with = "tasks:read"
