"""Reading briefs: one of any moment, and those of the mornings."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from orkwork.core import clock
from orkwork.core.errors import NotFound, invalid
from orkwork.core.operation import query
from orkwork.core.paging import Order, after, order_by, page_of
from orkwork.core.schema import PageOut
from orkwork.core.words import Language
from orkwork.core.work import Work
from orkwork.domains.briefs.models import Gravity, Writer
from orkwork.domains.briefs.queries import gathering
from orkwork.domains.briefs.rules import telling
from orkwork.domains.briefs.rules.mornings import USUAL
from orkwork.domains.briefs.schemas import BriefItem, BriefOut, BriefSentence, Refused, Rewritten, Summary
from orkwork.domains.settings import queries as settings

LONGEST: Final = timedelta(days=366)
SAID: Final = 5
"""How many sentences a summary has."""


@query(None, agents=False)
def brief(work: Work, since: datetime | None = None, language: Language | None = None) -> BriefOut:
    """What happened since a moment, a day ago unless said, and what is the matter now, the gravest first; written by rule.

    `since` lies in the past, by a year at most. `language` is the company's unless said.
    """
    now, company = clock.now(), settings.company(work)
    since = now - USUAL if since is None else since
    if not timedelta(0) <= now - since <= LONGEST:
        raise invalid("since", f"must lie in the past, by {LONGEST.days} days at most")
    chosen: Language = language or _language(company.locale)
    found = gathering.facts(work, since, now, company.time_zone)
    said = telling.sentences(found, chosen)
    return BriefOut(
        id=None,
        day=clock.day_of(now, company.time_zone),
        since=since,
        made_at=now,
        time_zone=company.time_zone,
        language=chosen,
        activity=telling.activity(found),
        sentences=said,
        summary=_by_rule(said, chosen),
    )


@query(None, agents=False)
def kept(work: Work, day: date, language: Language | None = None) -> BriefOut:
    """The brief of a morning, as it was read that day. A model's summary is in the company's language of then."""
    row = work.one("select * from briefs where day = %(day)s", {"day": day})
    if row is None:
        raise NotFound("brief.not_found", f"There is no brief of {day}", "GET /intelligence/briefs lists them.")
    return _out(row, language or row["language"])


_KEYS: Final = [Order("b.day", "date", True)]


@query(None, agents=False)
def briefs(
    work: Work, *, language: Language | None = None, cursor: str | None = None, limit: int = 50
) -> PageOut[BriefItem]:
    """The mornings' briefs, the latest first."""
    behind, params = after(_KEYS, cursor)
    rows = work.all(
        f"select b.* from briefs b where {behind} order by {order_by(_KEYS)} limit {int(limit) + 1}", params
    )
    found, following = page_of(rows, limit, ["day"])
    return PageOut(items=[_item(row, language or row["language"]) for row in found], next_cursor=following)


def _item(row: dict[str, Any], language: Language) -> BriefItem:
    whole = _out(row, language)
    graver = [one.severity for one in whole.sentences]
    tally = {"bad": graver.count(Gravity.BAD), "warn": graver.count(Gravity.WARN)}
    return BriefItem.model_validate(row | tally | {"summary": whole.summary})


def _out(row: dict[str, Any], language: Language) -> BriefOut:
    said = [telling.in_language(BriefSentence.model_validate(one), language) for one in row["sentences"]]
    return BriefOut.model_validate(
        row | {"language": language, "sentences": said, "summary": _summary(row, said, language)}
    )


def _summary(row: dict[str, Any], said: list[BriefSentence], language: Language) -> Summary:
    refused = Refused.model_validate(row["refused"]) if row["refused"] else None
    if row["written_by"] != Writer.MODEL or language != row["language"]:
        return _by_rule(said, language).model_copy(
            update={"model": row["model"] if refused else None, "refused": refused}
        )
    words = [Rewritten.model_validate(one) for one in row["rewritten"]]
    chosen = telling.for_card(said, SAID)
    texts = {one.sentence: one.text for one in words}
    return Summary(
        text=" ".join(texts[said.index(one) + 1] for one in chosen),
        language=language,
        written_by=Writer.MODEL,
        model=row["model"],
        rewritten=words,
        refused=None,
    )


def _by_rule(said: list[BriefSentence], language: Language) -> Summary:
    text = " ".join(one.texts[language] for one in telling.for_card(said, SAID))
    return Summary(text=text, language=language, written_by=Writer.RULE, model=None, rewritten=[], refused=None)


def _language(locale: str) -> Language:
    return "uk" if locale == "uk" else "en"
