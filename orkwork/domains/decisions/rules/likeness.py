"""Which decisions are alike, and when a standing rule is offered.

Two decisions are alike when they have the same category, kind, project and asker, the same title but for numbers and
task keys, and the same options: ids up to a colon, actions, and arguments but for ids and task keys. So 'Deploy MOQ
1.4.0' is like 'Deploy MOQ 1.4.1', and 'raise the budget to 60' is not like 'raise it to 600', which gates another
amount.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from orkwork.domains.decisions.models import Outcome
from orkwork.domains.decisions.schemas import Precedents

_NUMBERS: Final = re.compile(r"\b[a-z][a-z0-9]*-\d+\b|\d+(?:[.,:]\d+)*")
_IDS: Final = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[A-Z][A-Z0-9]*-\d+\b", re.IGNORECASE
)
Picked = tuple[str, ...]


def likeness(
    *, category: str, kind: str, title: str, options: Iterable[Any], project_id: UUID | None, asker: UUID | None
) -> str:
    """The same text for decisions that are alike; options have `id`, `action` and `arguments`."""
    shapes = {
        f"{option.id.partition(':')[0]}={option.action or ''}/{option.runs_as or ''}"
        f"{_IDS.sub('#', json.dumps(option.arguments, sort_keys=True, default=str))}"
        for option in options
    }
    parts = [category, kind, _NUMBERS.sub("#", title.lower()), sorted(shapes), str(project_id), str(asker)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def offered(answers: Sequence[Picked], after: int) -> Picked | None:
    """What a standing rule would choose: the answer of the last so many, when all of them are the same.

    `answers` are those that people gave to decisions alike, the newest first.
    """
    latest = answers[:after]
    return latest[0] if after and len(latest) == after and latest[0] and len(set(latest)) == 1 else None


def summed(past: Sequence[dict[str, Any]], after: int) -> Precedents:
    """How decisions alike went, the latest first, and what a rule would choose; none is offered when `after` is 0."""
    answers: list[Picked] = [tuple(sorted(one["picked"])) for one in past]
    judged = [one["outcome"] for one in past if one["outcome"]]
    right = judged.count(Outcome.RIGHT)
    return Precedents(
        decided=len(past),
        answers=Counter(option for answer in answers for option in answer),
        right=right,
        wrong=len(judged) - right,
        offers=list(offered(answers, after) or ()),
    )
