"""A model's words for the morning's brief: asked for outside of every transaction, and kept only if they add nothing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from orkwork.core import clock
from orkwork.core.operation import operation
from orkwork.core.words import Language
from orkwork.core.work import Work
from orkwork.domains.briefs.events import BriefRewritten
from orkwork.domains.briefs.rules import rewriting as rules
from orkwork.domains.briefs.schemas import BriefSentence, Refused

ATTEMPTS: Final = 3
PAUSE: Final = timedelta(minutes=5)
LEASE: Final = timedelta(minutes=3)
"""Longer than a model may take: what a killed worker had asked for is asked again."""

_TAKE = """
with due as materialized (
  select id from briefs where rewrite_at <= %(now)s order by rewrite_at limit 1 for update skip locked)
update briefs b set rewrite_at = %(until)s, token = %(token)s, rewrite_attempts = b.rewrite_attempts + 1
from due where b.id = due.id returning b.id, b.language, b.sentences
"""
_LATER = "update briefs set rewrite_at = %(at)s, token = null where id = %(id)s"
_KEEP = """
update briefs set rewrite_at = null, token = null, model = %(model)s, written_by = %(written_by)s, rewritten = %(rewritten)s,
  refused = %(refused)s
where id = %(id)s
"""
_KNOWN = """
(select name from agents order by id desc limit 2000) union (select name from projects order by id desc limit 1000)
union (select name from users order by id desc limit 1000)
"""


@dataclass(frozen=True)
class Asked:
    """A brief that a model is to rewrite."""

    brief_id: UUID
    messages: list[dict[str, str]]


@operation(None, users=False, agents=False)
def take_rewrite(work: Work, token: UUID) -> Asked | None:
    """Take the brief that a model is to be asked for next, for this worker alone; None when there is none."""
    now = clock.now()
    row = work.one(_TAKE, {"now": now, "until": now + LEASE, "token": token})
    if row is None:
        return None
    said, language = _sentences(row)
    return Asked(row["id"], rules.messages(said, language))


@operation(None, users=False, agents=False)
def keep_rewrite(work: Work, brief_id: UUID, token: UUID, model: str, answer: str | None) -> bool:
    """Keep a model's words if they say nothing that the brief does not, else why they were refused; None is no answer, after
    which it is asked again, three times in all. Whether its words stand there now."""
    row = work.one(
        "select id, day, language, sentences, rewrite_attempts from briefs where id = %(id)s and token = %(token)s for update",
        {"id": brief_id, "token": token},
    )
    if row is None:
        return False
    if answer is None and row["rewrite_attempts"] < ATTEMPTS:
        work.sql(_LATER, {"id": brief_id, "at": clock.now() + PAUSE})
        return False
    said, language = _sentences(row)
    if answer is None:
        found = Refused(code="away", detail="")
    else:
        found = rules.read(answer, said, language, [one["name"] for one in work.all(_KNOWN)])
    refused = found if isinstance(found, Refused) else None
    words = None if isinstance(found, Refused) else [one.model_dump(mode="json") for one in found]
    kept: dict[str, Any] = {"model": model, "written_by": "rule" if refused else "model"}
    reason = refused.model_dump(mode="json") if refused else None
    params = {"id": brief_id, "rewritten": words and Jsonb(words), "refused": reason and Jsonb(reason)}
    work.sql(_KEEP, kept | params)
    told = kept | ({"status": "refused", "refused": reason} if reason else {"status": "kept"})
    work.emit(BriefRewritten(subject_id=brief_id, subject_label=row["day"].isoformat(), after=told))
    return refused is None


def _sentences(row: dict[str, Any]) -> tuple[list[BriefSentence], Language]:
    return [BriefSentence.model_validate(one) for one in row["sentences"]], row["language"]
