"""Which events a trigger may wait for."""

from orkwork.core.events import EVENTS


def names_of(pattern: str) -> list[str]:
    """The events that a pattern means. What triggers tell of themselves is not among them: a refusal would be refused again."""
    known = [name for name in EVENTS if not name.startswith("workflow_trigger.")]
    if pattern.endswith(".*"):
        return [name for name in known if name.startswith(pattern[:-1])]
    return [pattern] if pattern in known else []
