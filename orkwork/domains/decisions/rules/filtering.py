"""Which decisions to list, as a condition. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from orkwork.domains.decisions.models import Category, DecisionStatus, Outcome

VISIBLE: Final = "(%(visible)s::uuid[] is null or d.project_id = any(%(visible)s))"
"""What a caller sees of `decisions d`."""


@dataclass(frozen=True, kw_only=True)
class DecisionFilter:
    """What to list; an empty filter lets everything through."""

    statuses: Sequence[DecisionStatus] = ()
    categories: Sequence[Category] = ()
    task_ids: Sequence[UUID] = ()
    agent_ids: Sequence[UUID] = ()
    project_ids: Sequence[UUID] = ()
    decided_by: Sequence[str] = ()
    """Kinds: user, agent, rule, system."""
    decided_by_ids: Sequence[UUID] = ()
    outcomes: Sequence[Outcome] = ()
    since: datetime | None = None
    """Decided from then on."""
    until: datetime | None = None
    """Decided before."""
    beside: Sequence[str] = ()
    """What the product asked about, `failed` or `loop`, that is shown elsewhere and left out here."""
    text: str = ""
    """In the title, the reasoning or the answer."""

    def where(self) -> tuple[str, dict[str, Any]]:
        """The condition on `decisions d` and its parameters."""
        named = {
            "status": [s.value for s in self.statuses],
            "category": [c.value for c in self.categories],
            "task_id": list(self.task_ids),
            "project_id": list(self.project_ids),
            "decided_by_kind": list(self.decided_by),
            "decided_by_id": list(self.decided_by_ids),
            "outcome": [o.value for o in self.outcomes],
        }
        parts = [VISIBLE, *(f"d.{column} = any(%(f_{column})s)" for column, values in named.items() if values)]
        params: dict[str, Any] = {f"f_{column}": values for column, values in named.items() if values}
        if self.agent_ids:
            parts.append("(d.agent_id = any(%(f_agent)s) or d.asked_by_id = any(%(f_agent)s))")
            params["f_agent"] = list(self.agent_ids)
        for name, moment, sign in (("since", self.since, ">="), ("until", self.until, "<")):
            if moment is not None:
                parts.append(f"d.resolved_at {sign} %(f_{name})s")
                params[f"f_{name}"] = moment
        if self.beside:
            parts.append("coalesce(d.context ->> 'about', '') <> all(%(f_beside)s)")
            params["f_beside"] = list(self.beside)
        if self.text.strip():
            parts.append("(d.title || ' ' || d.reasoning || ' ' || d.answer) ilike %(f_text)s")
            escaped = self.text.strip().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            params["f_text"] = f"%{escaped}%"
        return " and ".join(parts), params
