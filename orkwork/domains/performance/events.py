"""What happens to scores."""

from dataclasses import dataclass

from orkwork.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ScoresCounted(Event):
    """The agents' scores of a day were counted; `after` says of which day and how many changed."""

    name = "performance.counted"
    subject_kind = "performance"
    heard_with = "agents:read"
