"""Facts as sentences in the order of their consequence. Pure.

A template's `[…]` are its links, in the order of the addresses that go with it; a translation has as many, and may put them
elsewhere in the sentence but not among each other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from orkwork.core.money import plain
from orkwork.core.words import LANGUAGES, Language, Text, fill, form, plural, t
from orkwork.domains.briefs.models import Gravity, Section
from orkwork.domains.briefs.rules.facts import BudgetFact, DeadlineFact, Facts, MonthFact, Rows
from orkwork.domains.briefs.schemas import Activity, BriefSentence, Piece

UNLIKELY: Final = 0.2
"""A deadline that is held in fewer of the paths is as good as lost."""
TEMPLATES: Final[dict[str, Text]] = {
    "budgets.used_up_day": t("[{name}] has used up its budget of {limit_usd} for today."),
    "budgets.used_up_month": t("[{name}] has used up its budget of {limit_usd} for this month."),
    "budgets.used_up_total": t("[{name}] has used up its budget of {limit_usd}."),
    "agents.silent": plural(
        "[{n} agent] gives no sign of life: [{first}].", "[{n} agents] give no sign of life, first [{first}]."
    ),
    "decisions.pressing": plural(
        "[{n} decision] passes its deadline within a day.", "[{n} decisions] pass their deadline within a day."
    ),
    "tasks.failing": plural("[{n} failed task] goes no further.", "[{n} failed tasks] go no further."),
    "tasks.sla_late": plural("{n} task broke its SLA: [{first}].", "{n} tasks broke their SLA, first [{first}]."),
    "tasks.overdue": plural(
        "[{n} task] is past its due date: [{first}].", "[{n} tasks] are past their due date, first [{first}]."
    ),
    "tasks.deadline_unlikely": t(
        "[{name}] holds its deadline of {deadline_day} with a chance of only {in_time_share}."
    ),
    "anomalies.grave": plural(
        "[{n} grave anomaly] is open, about {first}.", "[{n} grave anomalies] are open, first about {first}."
    ),
    "decisions.waiting": plural("[{n} decision] waits for you.", "[{n} decisions] wait for you."),
    "tasks.reviewing": plural("[{n} task] waits for a review.", "[{n} tasks] wait for a review."),
    "agents.paused_holding": plural(
        "[{n} paused agent] has tasks in hand: [{first}].", "[{n} paused agents] have tasks in hand, first [{first}]."
    ),
    "budgets.near_day": t("[{name}] has spent {spent_usd} of its {limit_usd} for today."),
    "budgets.near_month": t("[{name}] has spent {spent_usd} of its {limit_usd} for this month."),
    "budgets.near_total": t("[{name}] has spent {spent_usd} of its {limit_usd}."),
    "budgets.more": plural(
        "[{n} more budget] is nearly or wholly spent.", "[{n} more budgets] are nearly or wholly spent."
    ),
    "budgets.month_likely_over": t("[The month] ends at {p50_usd} to {p85_usd}, against a budget of {limit_usd}."),
    "tasks.deadline_doubtful": t("[{name}] holds its deadline of {deadline_day} with a chance of {in_time_share}."),
    "tasks.sla_near": plural(
        "{n} task is close to its SLA limit: [{first}].", "{n} tasks are close to their SLA limit, first [{first}]."
    ),
    "tasks.due_soon": plural(
        "[{n} task] is due within a day: [{first}].", "[{n} tasks] are due within a day, first [{first}]."
    ),
    "anomalies.odd": plural(
        "[{n} thing] is out of line, about {first}.", "[{n} things] are out of line, first about {first}."
    ),
    "activity.finished_for": plural(
        "The agents finished [{n} task], and the work cost [{spent_usd}].",
        "The agents finished [{n} tasks], and the work cost [{spent_usd}].",
    ),
    "activity.finished": plural("The agents finished [{n} task].", "The agents finished [{n} tasks]."),
    "activity.spent": t("Nothing was finished; the work cost [{spent_usd}]."),
    "activity.nothing": t("Nothing was finished and nothing was spent."),
    "activity.handed_in": plural("[{n} task] was handed in.", "[{n} tasks] were handed in."),
    "activity.failed": plural("[{n} task] failed.", "[{n} tasks] failed."),
    "agents.working": plural("[{n} agent] is at work.", "[{n} agents] are at work."),
    "agents.paused": plural("[{n} agent] is paused.", "[{n} agents] are paused."),
    "decisions.calm": t("Nothing waits for you."),
}
"""What can be said, within a severity the more consequential first: what stops work before what is late, and that before
what only may be."""
_ORDER: Final = {name: place for place, name in enumerate(TEMPLATES)}
_GRAVER: Final = {severity: place for place, severity in enumerate(Gravity)}
_MARK: Final = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One sentence before it is put into words."""

    template: str
    severity: Gravity
    rows: Rows
    href: str
    links: tuple[str, ...]
    params: dict[str, Any]


def parts(text: Text, n: int, params: dict[str, Any], links: tuple[str, ...], language: Language) -> list[Piece]:
    """A sentence in a language, taken apart at its links. What is filled in makes no links, whatever it holds."""
    found, begin, waiting = [], 0, list(links)
    pattern = form(text, n, language)
    for mark in _MARK.finditer(pattern):
        if mark.start() > begin:
            found.append(Piece(text=fill(pattern[begin : mark.start()], params, language)))
        found.append(Piece(text=fill(mark[1], params, language), href=waiting.pop(0) if waiting else None))
        begin = mark.end()
    if begin < len(pattern):
        found.append(Piece(text=fill(pattern[begin:], params, language)))
    return found


def in_language(sentence: BriefSentence, language: Language) -> BriefSentence:
    """The same sentence for a reader of a language."""
    return sentence.model_copy(update={"text": sentence.texts[language]})


def sentences(facts: Facts, language: Language) -> list[BriefSentence]:
    """Everything that there is to say, the most consequential first."""
    said = [*_tasks(facts), *_budgets(facts), *_agents(facts), *_decisions(facts), *_anomalies(facts)]
    if all(one.severity is Gravity.INFO for one in said):
        said.append(_plainly("decisions.calm", Gravity.INFO))
    said += _activity(facts)
    said.sort(key=lambda one: (_GRAVER[one.severity], _ORDER[one.template], -one.rows.count))
    return [_sentence(one, language) for one in said]


def activity(facts: Facts) -> Activity:
    """The counts of what happened."""
    return Activity(
        completed=facts.completed.count,
        handed_in=facts.handed_in.count,
        failed=facts.failed.count,
        spent_usd=facts.spent_usd,
    )


def _sentence(one: Saying, language: Language) -> BriefSentence:
    text, params = TEMPLATES[one.template], one.params | ({"n": one.rows.count} if one.rows.count else {})
    spoken: dict[Language, list[Piece]] = {
        name: parts(text, one.rows.count, params, one.links, name) for name in LANGUAGES
    }
    texts: dict[Language, str] = {name: "".join(part.text for part in spoken[name]) for name in LANGUAGES}
    return BriefSentence(
        section=Section(one.template.partition(".")[0]),
        severity=one.severity,
        template=one.template,
        params=params,
        count=one.rows.count,
        refs=list(one.rows.refs),
        href=one.href,
        parts=spoken,
        texts=texts,
        text=texts[language],
    )


def _plainly(template: str, severity: Gravity) -> Saying:
    return Saying(template=template, severity=severity, rows=Rows(), href="", links=(), params={})


def _of_rows(template: str, severity: Gravity, rows: Rows, href: str, *, list_linked: bool = True) -> Iterator[Saying]:
    """A sentence about rows, which links to their list and, where it names it, to the first."""
    if not rows.count:
        return
    named = "{first}" in TEMPLATES[template].one
    linked = named and "[{first}]" in TEMPLATES[template].one
    links = ((href,) if list_linked else ()) + ((rows.refs[0].href,) if linked and rows.refs else ())
    params = {"first": rows.refs[0].key} if named and rows.refs else {}
    yield Saying(template=template, severity=severity, rows=rows, href=href, links=links, params=params)


def _activity(facts: Facts) -> Iterator[Saying]:
    done, spent = facts.completed, {"spent_usd": plain(facts.spent_usd)} if facts.spent_usd else {}
    href = "/tasks?status=COMPLETED&sort=-updated_at"
    if done.count:
        template = "activity.finished_for" if spent else "activity.finished"
        links = (href, "/costs") if spent else (href,)
        yield Saying(template=template, severity=Gravity.INFO, rows=done, href=href, links=links, params=spent)
    elif spent:
        yield Saying(
            template="activity.spent", severity=Gravity.INFO, rows=done, href="/costs", links=("/costs",), params=spent
        )
    else:
        yield _plainly("activity.nothing", Gravity.INFO)
    yield from _of_rows("activity.handed_in", Gravity.INFO, facts.handed_in, "/tasks?status=REVIEW&sort=-updated_at")
    yield from _of_rows("activity.failed", Gravity.INFO, facts.failed, "/tasks?status=FAILED&sort=-updated_at")


def _tasks(facts: Facts) -> Iterator[Saying]:
    yield from _of_rows("tasks.failing", Gravity.BAD, facts.failing, "/tasks?status=FAILED")
    yield from _of_rows("tasks.sla_late", Gravity.BAD, facts.sla_late, "", list_linked=False)
    yield from _of_rows("tasks.overdue", Gravity.BAD, facts.overdue, "/tasks?due=past&sort=due_at")
    yield from _of_rows("tasks.sla_near", Gravity.WARN, facts.sla_near, "", list_linked=False)
    yield from _of_rows("tasks.due_soon", Gravity.WARN, facts.due_soon, "/tasks?due=day&sort=due_at")
    yield from _of_rows("tasks.reviewing", Gravity.WARN, facts.reviewing, "/tasks?status=REVIEW")
    yield from (_deadline(one) for one in facts.deadlines)


def _deadline(one: DeadlineFact) -> Saying:
    lost = one.in_time < UNLIKELY
    return Saying(
        template="tasks.deadline_unlikely" if lost else "tasks.deadline_doubtful",
        severity=Gravity.BAD if lost else Gravity.WARN,
        rows=Rows(1, (one.ref,)),
        href=one.ref.href,
        links=(one.ref.href,),
        params={"name": one.ref.key, "deadline_day": one.deadline.isoformat(), "in_time_share": one.in_time},
    )


def _budgets(facts: Facts) -> Iterator[Saying]:
    for one in facts.budgets:
        yield _budget(one)
    yield from _of_rows("budgets.more", Gravity.WARN, Rows(facts.more_budgets), "/settings/budgets")
    if facts.month is not None:
        yield _month(facts.month)


def _budget(one: BudgetFact) -> Saying:
    spent = {} if one.is_used_up else {"spent_usd": plain(one.spent_usd)}
    return Saying(
        template=f"budgets.{'used_up' if one.is_used_up else 'near'}_{one.period}",
        severity=Gravity.BAD if one.is_used_up else Gravity.WARN,
        rows=Rows(1, (one.ref,)),
        href=one.ref.href,
        links=(one.ref.href,),
        params={"name": one.ref.key, "limit_usd": plain(one.limit_usd)} | spent,
    )


def _month(month: MonthFact) -> Saying:
    band = {"p50_usd": plain(month.p50_usd), "p85_usd": plain(month.p85_usd), "limit_usd": plain(month.limit_usd)}
    return Saying(
        template="budgets.month_likely_over",
        severity=Gravity.WARN,
        rows=Rows(),
        href="/costs",
        links=("/costs",),
        params=band,
    )


def _agents(facts: Facts) -> Iterator[Saying]:
    yield from _of_rows("agents.silent", Gravity.BAD, facts.silent, "/anomalies?rule=silent")
    yield from _of_rows("agents.paused_holding", Gravity.WARN, facts.paused_holding, "/agents")
    yield from _of_rows("agents.working", Gravity.INFO, facts.working, "/agents")
    yield from _of_rows("agents.paused", Gravity.INFO, facts.paused, "/agents")


def _decisions(facts: Facts) -> Iterator[Saying]:
    yield from _of_rows("decisions.pressing", Gravity.BAD, facts.pressing, "/decisions")
    yield from _of_rows("decisions.waiting", Gravity.WARN, facts.deciding, "/decisions")


def _anomalies(facts: Facts) -> Iterator[Saying]:
    yield from _of_rows("anomalies.grave", Gravity.BAD, facts.grave, "/anomalies?severity=high")
    yield from _of_rows("anomalies.odd", Gravity.WARN, facts.odd, "/anomalies")


def for_card(said: list[BriefSentence], most: int) -> list[BriefSentence]:
    """What a card has room for: what was done, then what has the gravest consequences; the calm sentence before what is
    only good to know."""
    begin = [
        one for one in said if one.template.startswith(("activity.finished", "activity.spent", "activity.nothing"))
    ]
    rest = [one for one in said if one not in begin]
    grave = [one for one in rest if one.severity is not Gravity.INFO]
    calm = [one for one in rest if one.severity is Gravity.INFO]
    calm.sort(key=lambda one: one.template != "decisions.calm")
    return (begin + grave + calm)[:most]
