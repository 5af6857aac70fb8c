"""What happens to the record itself."""

from dataclasses import dataclass

from orkwork.core.actor import Role
from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class EventsErased(Event):
    """Events of a removed demo were erased; their hashes stay, so the chain stays whole."""

    name = "audit.erased"
    subject_kind = "company"
    heard_by = Role.ADMIN
