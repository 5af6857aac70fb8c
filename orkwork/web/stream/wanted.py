"""What someone wants to hear."""

import fnmatch
from dataclasses import dataclass
from uuid import UUID

from orkwork.core.ids import is_uuid
from orkwork.core.work import Work
from orkwork.domains.audit.schemas import HeardEvent, WantedIn
from orkwork.domains.projects import queries as projects


@dataclass(frozen=True, slots=True)
class Wanted:
    """Patterns of names and projects; none is all."""

    names: tuple[str, ...] = ()
    projects: tuple[UUID, ...] = ()

    def takes(self, event: HeardEvent) -> bool:
        """Whether an event is one of them."""
        named = not self.names or any(fnmatch.fnmatchcase(event.name, name) for name in self.names)
        return named and (not self.projects or event.project_id in self.projects)


def read_wanted(work: Work, asked: WantedIn) -> Wanted:
    """The wish with its projects looked up; NotFound for one that the caller may not see."""
    found = [UUID(ref) if is_uuid(ref) else projects.project(work, ref).id for ref in asked.project]
    return Wanted(tuple(sorted(set(asked.name))), tuple(sorted(set(found))))
