"""What happens to projects."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ProjectCreated(Event):
    """A project began."""

    name = "project.created"
    subject_kind = "project"
    heard_with = "projects:read"


@dataclass(frozen=True, kw_only=True)
class ProjectChanged(Event):
    """Something about a project changed."""

    name = "project.changed"
    subject_kind = "project"
    heard_with = "projects:read"


@dataclass(frozen=True, kw_only=True)
class ProjectHeld(Event):
    """Nothing begins in a project until it is resumed."""

    name = "project.held"
    subject_kind = "project"
    heard_with = "projects:read"


@dataclass(frozen=True, kw_only=True)
class ProjectResumed(Event):
    """Work goes on in a project."""

    name = "project.resumed"
    subject_kind = "project"
    heard_with = "projects:read"


@dataclass(frozen=True, kw_only=True)
class ProjectArchived(Event):
    """A project left the lists; its history stays."""

    name = "project.archived"
    subject_kind = "project"
    heard_with = "projects:read"


@dataclass(frozen=True, kw_only=True)
class ProjectDeleted(Event):
    """An empty project was deleted."""

    name = "project.deleted"
    subject_kind = "project"
    heard_with = "projects:read"
