"""What happens to briefs."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class BriefMade(Event):
    """The morning's brief was made; it happens once a day."""

    name = "brief.made"
    subject_kind = "brief"


@dataclass(frozen=True, kw_only=True)
class BriefRewritten(Event):
    """A model put the morning's brief into its own words, or they were refused: `after` says which, and why."""

    name = "brief.rewritten"
    subject_kind = "brief"
