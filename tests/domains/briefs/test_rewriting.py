"""Which of a model's words may stand: those that say nothing that the sentence does not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orkwork.core.words import LANGUAGES, Language
from orkwork.domains.briefs.rules import rewriting, telling
from orkwork.domains.briefs.schemas import BriefSentence, Refused, Rewritten
from tests.domains.briefs.saying import everything

ALL = telling.sentences(everything(), "en")
BY_NAME = {one.template: one for one in ALL}


def why(template: str, text: str, language: Language = "en", known: tuple[str, ...] = ()) -> str | None:
    found = rewriting.check(text, BY_NAME[template], language, known)
    return found and found.code


def answered(texts: list[str], **more: Any) -> str:
    return json.dumps({"sentences": [{"sentence": n, "text": text} for n, text in enumerate(texts, 1)]} | more)


@pytest.mark.parametrize(
    ("template", "text", "language"),
    [
        ("activity.finished_for", "Your agents finished 14 tasks, and their work cost $1,238.20.", "en"),
        ("activity.finished_for", "Fourteen tasks were finished by the agents for 1238.20 dollars.", "en"),
        ("budgets.used_up_day", "CODE has used up its whole budget of $10 for today.", "en"),
        ("tasks.overdue", "There are 21 tasks past their due date; HAL-3 comes first.", "en"),
        ("tasks.overdue", "Twenty-one tasks are past their due date, beginning with HAL-3.", "en"),
        (
            "tasks.deadline_unlikely",
            "Halyard will hold its deadline of 27 March with a chance of only 7 percent.",
            "en",
        ),
        ("agents.silent", "The agent CODE gives no sign of life; this is 1 agent.", "en"),
        ("activity.finished_for", "Агенти завершили 14 задач, і ця робота коштувала 1238,20 $.", "uk"),
        ("activity.finished_for", "Чотирнадцять задач завершили агенти за 1 238,20 долара.", "uk"),
        ("tasks.overdue", "Є 21 задача, яку прострочено, зокрема HAL-3.", "uk"),
    ],
)
def test_other_words_for_the_same_stand(template: str, text: str, language: Language) -> None:
    assert rewriting.check(text, BY_NAME[template], language) is None


@pytest.mark.parametrize(
    ("template", "text", "code"),
    [
        ("activity.finished_for", "The agents finished 15 tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost $1,238.21.", "number"),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost 1,238.20.", "number"),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost $1.23820.", "number"),
        ("activity.finished_for", "The agents finished 14% of tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished -14 tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished 14k tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished 14th tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The work cost $1,238.20, and the agents finished 14 tasks.", "number"),
        ("activity.finished_for", "The agents finished tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished 14 tasks and 3 more, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished forty tasks, and the work cost $1,238.20.", "number"),
        (
            "activity.finished_for",
            "The agents finished 14 tasks, eight of them small, and the work cost $1,238.20.",
            "number",
        ),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost €1,238.20.", "markup"),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost 1,238.20 euros.", "number"),
        ("activity.finished_for", "The agents finished ١٤ tasks, and the work cost $1,238.20.", "markup"),
        ("activity.finished_for", "The agents finished １５ tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished ½ of 14 tasks, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "The agents finished 14 tasks at 09:00, and the work cost $1,238.20.", "number"),
        ("activity.finished_for", "Bob finished 14 tasks, and the work cost $1,238.20.", "name"),
        ("activity.finished_for", "The agents and Bob finished 14 tasks, and the work cost $1,238.20.", "name"),
        ("activity.finished_for", "The agents finished 14 tasks. Bob paid, and the work cost $1,238.20.", "name"),
        ("activity.finished_for", "The agents finished 14 tasks on GPT, and the work cost $1,238.20.", "name"),
        ("activity.finished_for", "The аgents finished 14 tasks, and the work cost $1,238.20.", "name"),
        ("activity.finished_for", "The agents finished 14 tasks, with 小明, and the work cost $1,238.20.", "name"),
        ("activity.finished_for", "The agents finished 14 tasks, one HAL-9 too, and the work cost $1,238.20.", "key"),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost $1,238.20 overnight.", "day"),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost $1,238.20 by yesterday.", "day"),
        ("activity.finished_for", "The agents finished 14 tasks, and the work cost $1,238.20 this march.", None),
        (
            "activity.finished_for",
            "The agents finished 14 tasks, half of what is open, and the work cost $1,238.20.",
            "word",
        ),
        ("activity.finished_for", "The agents finished all 14 tasks, and the work cost $1,238.20.", "word"),
        ("activity.finished_for", "The agents have not finished 14 tasks, and the work cost $1,238.20.", "negation"),
        ("activity.finished_for", "The agents didn't finish 14 tasks, and the work cost $1,238.20.", "negation"),
        ("activity.finished_for", "The agents finished <b>14</b> tasks, and the work cost $1,238.20.", "markup"),
        ("activity.finished_for", "The agents finished [14 tasks](x), and the work cost $1,238.20.", "markup"),
        ("activity.finished_for", "The agents finished 14\u200b5 tasks, and the work cost $1,238.20.", "markup"),
        ("activity.finished_for", "The agents finished 14\ntasks, and the work cost $1,238.20.", "markup"),
        ("activity.finished_for", "", "length"),
        (
            "activity.finished_for",
            "The agents finished 14 tasks, and the work cost $1,238.20." + " and so on" * 20,
            "length",
        ),
        ("tasks.overdue", "There are 21 tasks past their due date, first hal-3.", "key"),
        ("tasks.overdue", "There are 21 tasks past their due date, first HAL-33.", "key"),
        ("tasks.overdue", "There are 21 tasks past their due date, first HAL-3 and HAL-4.", "key"),
        ("tasks.overdue", "There are 21 tasks past their due date of May.", "name"),
        ("budgets.near_month", "QA has spent $99.50 of its $80.00 for this month.", "number"),
        ("budgets.near_month", "QA has spent $80.00 of its $99.50 for this week.", "day"),
        ("budgets.near_month", "CODE has spent $80.00 of its $99.50 for this month.", "name"),
        ("agents.silent", "The 1 agent gives a sign of life: CODE.", "negation"),
        ("tasks.deadline_unlikely", "Halyard holds its deadline of 28 March with a chance of only 7%.", "number"),
        ("tasks.deadline_unlikely", "Halyard holds its deadline of 27 April with a chance of only 7%.", "day"),
        ("tasks.deadline_unlikely", "Halyard holds its deadline of 27 March with a chance of only $7.", "markup"),
    ],
)
def test_what_the_sentence_does_not_say_is_refused(template: str, text: str, code: str | None) -> None:
    assert why(template, text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Агенти завершили 15 задач, і робота коштувала 1 238,20 $.", "number"),
        ("Агенти завершили сорок задач, і робота коштувала 1 238,20 $.", "number"),
        ("Агенти завершили двадцять одну задачу, і робота коштувала 1 238,20 $.", "number"),
        ("Агенти завершили 14 задач, і робота коштувала 1 238,20 гривень.", "number"),
        ("Агенти завершили 14 задач, і робота коштувала 1 238,20 $ за тиждень.", "day"),
        ("Агенти завершили 14 задач учора, і робота коштувала 1 238,20 $.", "day"),
        ("Агенти завершили 14 задач у березні, і робота коштувала 1 238,20 $.", "day"),
        ("Агенти завершили половину, 14 задач, і робота коштувала 1 238,20 $.", "word"),
        ("Агенти не завершили 14 задач, і робота коштувала 1 238,20 $.", "negation"),
        ("Остап завершив 14 задач, і робота коштувала 1 238,20 $.", "name"),
        ("Агенти з Остапом завершили 14 задач, і робота коштувала 1 238,20 $.", "name"),
        ("Агенти завершили 14 задач через bob, і робота коштувала 1 238,20 $.", "name"),
        ("Агенти завершили 14 задач, зокрема HAL-4, і робота коштувала 1 238,20 $.", "key"),
    ],
)
def test_the_same_in_ukrainian(text: str, code: str) -> None:
    assert why("activity.finished_for", text, "uk") == code


def test_a_name_of_the_company_is_refused_in_any_case_where_its_sentence_has_it_not() -> None:
    text = "The agents finished 14 tasks for scout, and the work cost $1,238.20."
    assert why("activity.finished_for", text) is None
    assert why("activity.finished_for", text, known=("Scout",)) == "name"
    assert why("budgets.used_up_day", "CODE has used up its budget of $10 for today.", known=("CODE", "QA")) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_may_stand_for_itself(language: Language) -> None:
    texts = [one.texts[language] for one in ALL]
    found = rewriting.read(answered(texts), ALL, language, ["CODE", "QA", "Ops", "Halyard", "Moqup Studio"])
    assert found == [Rewritten(sentence=n, text=text) for n, text in enumerate(texts, 1)]
    fenced = f"```json\n{answered(texts)}\n```"
    assert rewriting.read(fenced, ALL, language) == found


def refusal(answer: str) -> str:
    found = rewriting.read(answer, ALL, "en")
    assert isinstance(found, Refused)
    return found.code


def test_an_answer_that_is_not_one_text_for_each_sentence_is_refused() -> None:
    texts = [one.texts["en"] for one in ALL]
    for answer in (
        "",
        "Good morning! All is well.",
        "[]",
        "{}",
        '{"sentences": 1}',
        '{"sentences": [{"sentence": "1"}]}',
        "{" * 900,
    ):
        assert refusal(answer) == "not_json"
    assert refusal(answered(texts[:-1])) == "left_out"
    assert refusal(answered([*texts, "And one more."])) == "left_out"
    assert refusal(json.dumps({"sentences": [{"sentence": 1, "text": texts[0]}] * len(ALL)})) == "left_out"
    swapped = [texts[1], texts[0], *texts[2:]]
    assert refusal(answered(swapped)) in ("number", "name", "key")
    assert refusal(" " * 70_000) == "length"


def test_the_model_is_given_the_sentences_as_data() -> None:
    system, user = rewriting.messages(ALL, "uk")
    assert "Ukrainian" in system["content"]
    assert json.loads(user["content"])["sentences"][0] == {"sentence": 1, "text": ALL[0].texts["uk"]}


PLACES = st.sampled_from([(one, language) for one in ALL for language in LANGUAGES])


@given(PLACES, st.integers(0, 10**9), st.data())
def test_a_number_more_is_always_found(place: tuple[BriefSentence, Language], number: int, data: st.DataObject) -> None:
    sentence, language = place
    words = sentence.texts[language].split(" ")
    at = data.draw(st.integers(0, len(words)))
    text = " ".join([*words[:at], str(number), *words[at:]])
    assert rewriting.check(text, sentence, language) is not None


LETTERS = st.characters(categories=["Ll"], max_codepoint=0x52F)


@given(PLACES, st.text(LETTERS, min_size=2, max_size=12), st.data())
def test_a_capital_word_more_is_always_found(
    place: tuple[BriefSentence, Language], name: str, data: st.DataObject
) -> None:
    sentence, language = place
    source = sentence.texts[language]
    words, name = source.split(" "), name.capitalize()
    at = data.draw(st.integers(1, len(words)))
    if name[0].islower() or name in source:
        return
    text = " ".join([*words[:at], name, *words[at:]])
    assert rewriting.check(text, sentence, language) is not None


@given(PLACES, st.text(max_size=200))
def test_no_answer_whatever_breaks_the_check(place: tuple[BriefSentence, Language], text: str) -> None:
    sentence, language = place
    found = rewriting.check(text, sentence, language)
    assert found is None or found.code
    assert isinstance(rewriting.read(text, ALL, language), Refused)
