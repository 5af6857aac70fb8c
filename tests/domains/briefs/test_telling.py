"""What a brief says, in both languages, and in which order; and when it is due."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from orkwork.core.words import LANGUAGES, Language, form
from orkwork.domains.briefs.models import Gravity
from orkwork.domains.briefs.rules import mornings, telling
from orkwork.domains.briefs.rules.facts import Facts
from orkwork.domains.briefs.schemas import BriefSentence
from tests.domains.briefs.saying import NOW, budget, deadline, everything, facts, rows, tasks

MARK = re.compile(r"\[[^\]]*\]")


def told(known: Facts, language: Language = "en") -> list[str]:
    return [one.text for one in telling.sentences(known, language)]


def said(known: Facts, template: str) -> BriefSentence:
    return next(one for one in telling.sentences(known, "en") if one.template == template)


@pytest.mark.parametrize(
    ("n", "finished", "overdue", "deciding"),
    [
        (1, "Агенти завершили 1 задачу.", "Прострочено 1 задачу, зокрема HAL-3.", "На вас чекає 1 рішення."),
        (2, "Агенти завершили 2 задачі.", "Прострочено 2 задачі, зокрема HAL-3.", "На вас чекають 2 рішення."),
        (5, "Агенти завершили 5 задач.", "Прострочено 5 задач, зокрема HAL-3.", "На вас чекають 5 рішень."),
        (11, "Агенти завершили 11 задач.", "Прострочено 11 задач, зокрема HAL-3.", "На вас чекають 11 рішень."),
        (21, "Агенти завершили 21 задачу.", "Прострочено 21 задачу, зокрема HAL-3.", "На вас чекає 21 рішення."),
        (112, "Агенти завершили 112 задач.", "Прострочено 112 задач, зокрема HAL-3.", "На вас чекають 112 рішень."),
    ],
)
def test_ukrainian_counts_as_ukrainians_do(n: int, finished: str, overdue: str, deciding: str) -> None:
    known = facts(completed=tasks(n), overdue=tasks(n), deciding=rows(n, "decision", "Deploy?", "/decisions"))
    assert set(told(known, "uk")) == {finished, overdue, deciding}


def test_english_has_one_and_many_and_writes_money_shares_and_days_as_english_does() -> None:
    known = facts(
        completed=tasks(1), spent_usd=Decimal("1238.204"), overdue=tasks(2),
        deadlines=[deadline("Halyard", 0.07)], budgets=[budget("CODE", "day", "10.5", "10"), budget("QA", "total", "8", "10")],
    )  # fmt: skip
    assert told(known) == [
        "CODE has used up its budget of $10.00 for today.",
        "2 tasks are past their due date, first HAL-3.",
        "Halyard holds its deadline of 27 March with a chance of only 7%.",
        "QA has spent $8.00 of its $10.00.",
        "The agents finished 1 task, and the work cost $1,238.20.",
    ]
    assert told(known, "uk")[-1] == "Агенти завершили 1 задачу, і робота коштувала 1\xa0238,20\xa0$."
    assert "27 березня з імовірністю лише 7\xa0%" in " ".join(told(known, "uk"))
    assert told(facts(spent_usd=Decimal("0.004")))[0] == "Nothing was finished; the work cost <$0.01."


def test_the_gravest_consequences_come_first_whatever_the_counts() -> None:
    found = telling.sentences(everything(), "en")
    graver = list(Gravity)
    assert [graver.index(one.severity) for one in found] == sorted(graver.index(one.severity) for one in found)
    assert [one.template for one in found][:4] == [
        "budgets.used_up_day", "budgets.used_up_total", "agents.silent", "decisions.pressing",
    ]  # fmt: skip
    more = facts(overdue=tasks(900), silent=rows(1, "agent", "CODE", "/agents/x"))
    assert [one.template for one in telling.sentences(more, "en")][:2] == ["agents.silent", "tasks.overdue"]


def test_the_same_facts_give_the_same_words() -> None:
    known = everything()
    assert telling.sentences(known, "uk") == telling.sentences(known, "uk")


def test_every_sentence_links_to_its_rows_and_names_the_first_of_them() -> None:
    for one in telling.sentences(everything(), "en"):
        for language in LANGUAGES:
            links = [part.href for part in one.parts[language] if part.href]
            assert links, one.template
            assert all(link.startswith("/") for link in links)
        assert "".join(part.text for part in one.parts["en"]) == one.text
        assert one.refs or one.template.startswith(("budgets.month", "budgets.more"))
    overdue = said(everything(), "tasks.overdue")
    assert [(part.text, part.href) for part in overdue.parts["en"] if part.href] == [
        ("21 tasks", "/tasks?due=past&sort=due_at"), ("HAL-3", "/tasks/HAL-3"),
    ]  # fmt: skip
    assert (overdue.count, overdue.refs[0].key) == (21, "HAL-3")


def test_what_is_told_makes_no_link_of_its_own() -> None:
    known = facts(silent=rows(1, "agent", "[pay](https://evil) {n} <b>", "/agents/x"))
    found = said(known, "agents.silent")
    assert found.text == "1 agent gives no sign of life: [pay](https://evil) {n} <b>."
    assert {part.href for part in found.parts["uk"]} == {None, "/anomalies?rule=silent", "/agents/x"}


def test_every_template_has_as_many_links_in_every_language_and_form() -> None:
    for name, text in telling.TEMPLATES.items():
        wanted = len(MARK.findall(text.one))
        for language in LANGUAGES:
            for n in (1, 2, 5, 21):
                assert len(MARK.findall(form(text, n, language))) == wanted, (name, language)
    assert {one.template for one in telling.sentences(everything(), "en")} >= set(telling.TEMPLATES) - {
        "activity.finished", "activity.spent", "activity.nothing", "decisions.calm", "budgets.used_up_month",
        "budgets.near_day", "budgets.near_total",
    }  # fmt: skip


def test_a_quiet_company_is_told_so_in_two_sentences() -> None:
    assert told(facts()) == ["Nothing was finished and nothing was spent.", "Nothing waits for you."]
    assert told(facts(), "uk") == ["Нічого не завершено й нічого не витрачено.", "Ніщо на вас не чекає."]
    assert "Nothing waits for you." not in told(facts(reviewing=tasks(1)))


def test_a_card_says_what_was_done_and_then_the_gravest() -> None:
    found = telling.for_card(telling.sentences(everything(), "en"), 5)
    assert [one.template for one in found] == [
        "activity.finished_for", "budgets.used_up_day", "budgets.used_up_total", "agents.silent", "decisions.pressing",
    ]  # fmt: skip
    quiet = telling.for_card(telling.sentences(facts(working=rows(2, "agent", "CODE", "/agents/x")), "en"), 5)
    assert [one.template for one in quiet] == ["activity.nothing", "decisions.calm", "agents.working"]


KYIV = "Europe/Kyiv"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-01-15T06:59:59+00:00", None),  # 08:59:59 in winter
        ("2026-01-15T07:00:00+00:00", date(2026, 1, 15)),
        ("2026-07-15T05:59:59+00:00", None),  # 08:59:59 in summer
        ("2026-07-15T06:00:00+00:00", date(2026, 7, 15)),
        ("2026-03-29T05:59:00+00:00", None),  # the clocks went forward this night
        ("2026-03-29T06:00:00+00:00", date(2026, 3, 29)),
        ("2026-10-25T06:59:00+00:00", None),  # and back
        ("2026-10-25T07:00:00+00:00", date(2026, 10, 25)),
        ("2026-07-15T20:59:00+00:00", date(2026, 7, 15)),  # a late start still makes the day's
        ("2026-07-15T21:30:00+00:00", None),  # and none before the next nine
    ],
)
def test_a_brief_is_due_from_nine_on_by_the_clocks_of_the_zone(now: str, day: date | None) -> None:
    assert mornings.due_day(datetime.fromisoformat(now), KYIV) == day


def test_a_brief_tells_from_the_last_one_on() -> None:
    assert mornings.told_since(NOW, None) == NOW - timedelta(days=1)
    assert mornings.told_since(NOW, NOW - timedelta(days=3)) == NOW - timedelta(days=3)
    assert mornings.told_since(NOW, NOW - timedelta(days=300)) == NOW - timedelta(days=31)
