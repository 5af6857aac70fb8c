"""Templates, conditions, graphs of steps and schedules, without a database."""

import itertools
import random
import string
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from orkwork.core.errors import Invalid
from orkwork.domains.workflows.models import RunState
from orkwork.domains.workflows.rules import (
    conditions,
    filling,
    outcomes,
    recorded,
    standing,
    steps,
    templates,
    timetable,
    turns,
)
from orkwork.domains.workflows.schemas.templates import InputDef, StepDef
from orkwork.domains.workflows.ui import drafting

KYIV = "Europe/Kyiv"


def step(key: str, *needs: str, **fields: Any) -> StepDef:
    return StepDef.model_validate({"key": key, "title": key.title(), "depends_on": list(needs)} | fields)


def wanted(name: str, **fields: Any) -> InputDef:
    return InputDef.model_validate({"name": name} | fields)


def fault(field: str, *words: str) -> Any:
    """Expects a refusal that names the field and says these words."""

    class Expected:
        def __enter__(self) -> None:
            self.inner = pytest.raises(Invalid)
            self.found = self.inner.__enter__()

        def __exit__(self, *raised: Any) -> Any:
            done = self.inner.__exit__(*raised)
            [first, *_] = self.found.value.errors
            assert first.field == field, first
            assert all(word in first.message for word in words), first
            return done

    return Expected()


# --- the graph -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [2, 3, 7, 40])
def test_a_cycle_of_any_length_is_refused_and_named(length: int) -> None:
    ring = [step(f"s{n}", f"s{(n + 1) % length}") for n in range(length)]
    tail = [step("free"), step("behind", "s0", "free")]
    with fault("steps", "in a circle", "s0", "→"):
        templates.check([], [*tail, *ring])


def test_a_step_that_waits_for_itself_or_for_nobody_known_is_refused() -> None:
    with fault("steps.1.depends_on", "b waits for itself"):
        templates.check([], [step("a"), step("b", "b")])
    with fault("steps.0.depends_on", "no step c"):
        templates.check([], [step("a", "c")])
    with fault("steps.1.key", "a is there twice"):
        templates.check([], [step("a"), step("a")])


def graph(size: int, seed: int) -> dict[str, list[str]]:
    chance = random.Random(seed)
    return {f"s{n}": [f"s{m}" for m in range(n) if chance.random() < 0.3] for n in range(size)}


@given(st.integers(0, 12), st.integers(0, 10_000))
@effort(max_examples=60, deadline=None)
def test_cycles_orders_and_what_is_behind_agree_with_networkx(size: int, seed: int) -> None:
    needs, chance = graph(size, seed), random.Random(seed)
    whole = nx.DiGraph([(need, key) for key, found in needs.items() for need in found])
    whole.add_nodes_from(needs)
    placed = {key: n for n, key in enumerate(steps.order(needs))}
    assert set(placed) == set(needs)
    assert all(placed[need] < placed[key] for key, found in needs.items() for need in found)
    start = {key for key in needs if chance.random() < 0.3}
    assert steps.behind(needs, start) == {d for key in start for d in nx.descendants(whole, key)} - start
    assert steps.cycle(needs) is None
    if size > 1:
        a, b = chance.sample(list(needs), 2)
        closed = {key: [*found, b] if key == a else found for key, found in needs.items()}
        ring = steps.cycle(closed)
        assert (ring is not None) is nx.has_path(whole, a, b)
        if ring:
            assert ring[0] == ring[-1]
            assert all(after in closed[before] for before, after in itertools.pairwise(ring))


@given(st.integers(1, 12), st.integers(0, 10_000))
@effort(max_examples=60, deadline=None)
def test_left_out_steps_keep_every_order_between_the_others(size: int, seed: int) -> None:
    needs, chance = graph(size, seed), random.Random(seed)
    gone = {key for key in needs if chance.random() < 0.4}
    kept = steps.without(needs, gone)
    assert set(kept) == set(needs) - gone

    def before(of: dict[str, list[str]], key: str) -> set[str]:
        return {one for need in of[key] for one in {need} | before(of, need)}

    for key in kept:
        assert before(kept, key) == before(needs, key) - gone


def test_the_critical_path_is_the_longest_chain() -> None:
    needs = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    assert steps.critical_seconds(needs, {"a": 1, "b": 5, "c": 2.5, "d": 1}) == 7
    assert steps.critical_seconds({}, {}) == 0


# --- texts -----------------------------------------------------------------------------------------------------------


def test_values_are_filled_in_once_and_never_read_again() -> None:
    data = {"input": {"a": "{{input.b}}", "b": "{{input.a}}", "n": 5, "no": None}}
    assert filling.fill("{{input.a}} and {{ input.n }}{{input.no}}", data) == "{{input.b}} and 5"
    assert filling.fill_value("{{input.n}}", data) == 5
    assert filling.fill_value("n={{input.n}}", data) == "n=5"
    assert filling.fill_value("{{input.a}}", data) == "{{input.b}}"


@given(st.text(alphabet="{}input.ab \n", max_size=60))
def test_a_filled_text_holds_exactly_what_was_given(value: str) -> None:
    assert filling.fill("<{{input.a}}>", {"input": {"a": value}}) == f"<{value}>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{input.{{input.a}}}}", "nesting"),
        ("{{7*7}}", "{{7*7}}"),
        ("{{a}}", "only {{input.name}}"),
        ("{{input.a.__class__}}", "no input"),
        ("{{input.zzz}}", "there is no input zzz; there are: a"),
        ("{{config.secret}}", "only {{input.name}}"),
        ("{{ input.a | upper }}", "without calculation"),
        ("{{input.a", "other half"),
        ("input.a}}", "other half"),
        ("{% for x in y %}{{input.a}}{{loop.index}}", "only {{input.name}}"),
    ],
)
def test_only_a_name_is_filled_in(text: str, words: str) -> None:
    with fault("steps.0.title", words):
        templates.check([wanted("a")], [step("s", title=text)])


def test_a_default_that_refers_to_an_input_is_refused_as_it_would_recurse() -> None:
    with fault("inputs.0.default", "not a template"):
        templates.check([wanted("a", default="x {{input.a}}")], [step("s", title="{{input.a}}")])
    with fault("inputs.0.options.1", "not a template"):
        templates.check([wanted("a", options=["x", "{{input.a}}"])], [step("s")])


# --- inputs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", ["", "x", "{{input.a}}"], [5, True, ["x"], {}, "a\x00", "\ud800", "x" * 10_001]),
        ("integer", [0, -5], [1.5, "5", True, 10**400]),
        ("number", [0, 1.5], ["5", True, float("inf"), float("nan")]),
        ("boolean", [True, False], [0, "true"]),
    ],
)
def test_an_input_takes_only_what_its_type_holds(kind: str, good: list[Any], bad: list[Any]) -> None:
    one = wanted("a", type=kind)
    for value in good:
        assert templates.read_inputs([one], {"a": value}) == {"a": value}
    for value in bad:
        with fault("inputs.a", "must"):
            templates.read_inputs([one], {"a": value})


def test_inputs_are_complete_before_anything_is_made() -> None:
    known = [wanted("a", required=True), wanted("b", default="x", options=["x", "y"]), wanted("c")]
    assert templates.read_inputs(known, {"a": "1"}) == {"a": "1", "b": "x", "c": None}
    with pytest.raises(Invalid) as refusal:
        templates.read_inputs(known, {"b": "z", "d": 1})
    assert [one.field for one in refusal.value.errors] == ["inputs.d", "inputs.a", "inputs.b"]
    with fault("inputs.1.name", "twice"):
        templates.check([wanted("a"), wanted("a")], [step("s")])
    with fault("inputs.0.default", "one of: x, y"):
        templates.check([wanted("b", default="z", options=["x", "y"])], [step("s")])


def test_a_plan_fills_in_leaves_out_and_closes_the_gap() -> None:
    template = [
        step("build", title="Build {{input.name}}", labels=["{{input.name}}", "{{input.none}}"]),
        step("scan", "build", when='input.region == "eu"'),
        step("ship", "scan", acceptance_criteria=["{{input.name}} is live", "{{input.none}}"]),
    ]
    known = [wanted("name", required=True), wanted("region", default="us"), wanted("none")]
    templates.check(known, template)
    plan = templates.plan(known, template, {"name": "A\nB"})
    assert [(t.ref, t.title, t.depends_on) for t in plan.tasks] == [
        ("build", "Build A B", []),
        ("ship", "Ship", ["build"]),
    ]
    assert (plan.skipped, plan.tasks[0].labels) == (["scan"], ["A\nB"])
    assert [one.text for one in plan.tasks[1].acceptance_criteria] == ["A\nB is live"]
    assert [t.ref for t in templates.plan(known, template, {"name": "x", "region": "eu"}).tasks] == [
        "build",
        "scan",
        "ship",
    ]
    with fault("inputs", "title of the step build is wrong"):
        templates.plan(known, template, {"name": "x" * 400})
    with fault("inputs", "nothing to do"):
        templates.plan([], [step("a", when="false")], {})


# --- conditions ------------------------------------------------------------------------------------------------------

DATA = {"input": {"x": "y", "n": 5, "yes": True, "none": None}}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('input.x == "y"', True),
        ("input.x == 'y' and input.n >= 5", True),
        ('input.x != "y" or input.n in [1, 5]', True),
        ("not input.yes", False),
        ("not (input.n < 5 or input.n > 5)", True),
        ("input.yes and not input.none", True),
        ('input.n == "5"', False),
        ("input.n == 5.0", True),
        ("input.yes == 1", False),
        ("input.none == null", True),
        ("input.missing == null", True),
        ('input.x < 5 or input.missing > "a"', False),
        ('input.x not in ["a", "b"]', True),
        ("input.x", False),
        ("true", True),
    ],
)
def test_a_condition_is_judged(text: str, holds: bool) -> None:
    assert conditions.read(text, ("input",), "when").holds(DATA) is holds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends where a value"),
        ("input", "knows no 'input'"),
        ("x == 1", "knows no 'x'"),
        ("event.x == 1", "knows no 'event.x'"),
        ("input.x ==", "ends where a value"),
        ("input.x = 1", "can't be read"),
        ("__import__('os')", "knows no '__import__'"),
        ("input.x.y() == 1", "does not expect '('"),
        ("(input.yes", "expects ')'"),
        ("input.x in 5", "expects '['"),
        ("input.x in []", "expects a value"),
        ("input.yes and and input.yes", "does not expect 'and'"),
        ("1 2", "does not expect '2'"),
        ('input.x == "a', "can't be read"),
        ("(" * 60 + "true" + ")" * 60, "nested deeper"),
        ("not " * 60 + "true", "nested deeper"),
        ("input.yes and " * 100, "longer than"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_place(text: str, words: str) -> None:
    with fault("when", words):
        conditions.read(text, ("input",), "when")


@given(st.text(alphabet=string.printable + "є\u202e", max_size=80))
@effort(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        condition = conditions.read(text, ("input",), "when")
    except Invalid as refusal:
        assert refusal.errors[0].field == "when"
    else:
        assert condition.holds(DATA) in (True, False)


# --- what earlier steps came to --------------------------------------------------------------------------------------

Came = outcomes.Came
RELEASE = [
    step("build"),
    step("deploy", "build", when='steps.build.result.ok and input.region == "eu"'),
    step("undo", "build", when='steps.build.outcome in ["failed", "cancelled"]'),
    step("watch", "deploy"),
    step("tell", "deploy", "undo", when='steps.deploy.outcome != "completed" or steps.undo.outcome == "completed"'),
]


def ended(status: str, output: str | None = None) -> outcomes.Came:
    return Came(status, output, has_task=True)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ('steps.audit.outcome == "failed"', "waits for (build, a.b)"),
        ('steps.build.state == "failed"', "steps.key.outcome"),
        ("steps.build", "is not known"),
        ("steps.build.result", None),
        ("steps.build.result.a.0.b == 1", None),
        ('steps.a.b.outcome == "failed"', None),
        ('steps.a.outcome == "failed"', "is not known"),
        ('steps.build.outcome == "failed" and input.x', "there is no input x"),
        ("event.x == 1", "input.name and steps.name"),
    ],
)
def test_a_condition_looks_only_at_steps_that_it_waits_for(when: str, words: str | None) -> None:
    template = [step("build"), step("a.b"), step("a"), step("audit"), step("last", "build", "a.b", when=when)]
    if words is None:
        return templates.check([], template)
    with fault("steps.4.when", words):
        templates.check([], template)


def test_steps_whose_conditions_look_at_steps_wait_until_those_are_over() -> None:
    plan = templates.plan([wanted("region", default="eu")], RELEASE, {})
    assert [task.ref for task in plan.tasks] == ["build"]
    assert (plan.skipped, plan.waiting) == ([], ["deploy", "undo", "watch", "tell"])
    with fault("inputs", "title"):  # also what waits is filled in before anything is created
        long = step("later", "build", title="{{input.region}}", when="steps.build.result.ok")
        templates.plan([wanted("region")], [step("build"), long], {"region": "x" * 400})


@pytest.mark.parametrize(
    ("build", "make", "skip"),
    [
        (ended("IN_PROGRESS"), {}, []),
        (ended("COMPLETED", '{"ok": true}'), {"deploy": ["build"], "watch": ["deploy"]}, ["undo"]),
        (ended("COMPLETED", "no JSON"), {"watch": ["build"], "tell": []}, ["deploy", "undo"]),
        (ended("FAILED"), {"undo": [], "watch": ["build"]}, ["deploy"]),
        (Came("CANCELLED"), {"undo": []}, ["deploy"]),
    ],
)
def test_a_condition_is_judged_when_what_it_names_is_over(
    build: outcomes.Came, make: dict[str, list[str]], skip: list[str]
) -> None:
    waiting = {one.key: Came("WAITING") for one in RELEASE}
    found = turns.due(RELEASE, waiting | {"build": build}, {"region": "eu"})
    assert (found.make, sorted(found.skip)) == (make, sorted(skip))


def test_what_a_condition_dealt_with_holds_nothing_up_and_the_rest_is_waited_for() -> None:
    template = [step("a"), step("b"), step("c", "a", "b", when='steps.a.outcome == "failed"')]
    came = {"a": ended("FAILED"), "b": ended("READY"), "c": Came("WAITING")}
    assert turns.due(template, came, {}) == turns.Turns({"c": ["b"]}, [])


def test_a_step_that_is_renamed_keeps_its_name_in_conditions() -> None:
    when = 'steps.build.outcome == "failed" or steps.build.x.outcome == "failed" or input.build == "steps.build"'
    steps_ = [
        drafting.draft_of(one) for one in (step("build"), step("build.x"), step("c", "build", "build.x", when=when))
    ]
    made = drafting.renamed(steps_, "build", "make it")
    assert made[2]["depends_on"] == ["make-it", "build.x"]
    assert made[2]["when"] == when.replace("steps.build.outcome", "steps.make-it.outcome")


@given(st.integers(0, 2**32))
@effort(max_examples=150, deadline=None)
def test_every_history_of_a_template_ends_with_each_step_decided_once(seed: int) -> None:
    draw = random.Random(seed)
    keys = [f"s{n}" for n in range(draw.randint(1, 9))]
    template = []
    for n, key in enumerate(keys):
        needs = draw.sample(keys[:n], min(n, draw.randint(0, 3)))
        looks = [f'steps.{need}.outcome == "{draw.choice(("completed", "failed", "skipped"))}"' for need in needs]
        template.append(step(key, *needs, when=" or ".join(draw.sample(looks, draw.randint(0, len(looks))))))
    templates.check([], template)
    came, decided = {key: Came("WAITING") for key in keys}, Counter[str]()
    while True:
        found = turns.due(template, came, {})
        decided.update([*found.make, *found.skip])
        came |= {key: Came("SKIPPED") for key in found.skip}
        came |= {key: Came("PLANNING", has_task=True) for key in found.make}
        assert turns.due(template, came, {}) == turns.Turns({}, [])
        going = [key for key in keys if came[key].status == "PLANNING"]
        if not going:
            break
        came[draw.choice(going)] = ended(draw.choice(("COMPLETED", "FAILED", "CANCELLED")))
    assert decided == Counter(keys)


# --- schedules -------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 0 30 2 *", "can't be read"),
        ("0 0 31 2,4,6 *", "can't be read"),
        ("0 0 31 4 */7,*", "can't be read"),
        ("61 * * * *", "can't be read"),
        ("* * * *", "five fields"),
        ("* * * * * *", "five fields"),
        ("@daily", "five fields"),
        ("0 9 * * MON-", "can't be read"),
        ("x y z a b", "can't be read"),
        ("*/0 * * * *", "can't be read"),
        ("0 0 * * ٣", "can't be read"),
    ],
)
def test_a_cron_that_never_fires_or_is_none_is_refused(cron: str, words: str) -> None:
    with fault("cron", words):
        timetable.check(cron, at("2026-03-01T00:00:00+00:00"), "UTC")


def test_a_leap_days_cron_fires_and_extra_spaces_go() -> None:
    assert timetable.check("  0  0  29 2 * ", at("2026-03-01T00:00:00+00:00"), "UTC") == "0 0 29 2 *"
    assert timetable.following("0 0 29 2 *", at("2026-03-01T00:00:00+00:00"), "UTC") == at("2028-02-29T00:00:00+00:00")


def test_nine_in_the_morning_is_nine_across_both_changes_of_the_clock() -> None:
    spring = timetable.next_ticks("0 9 * * *", at("2026-03-27T12:00:00+02:00"), KYIV)
    assert spring[:3] == [
        at("2026-03-28T09:00:00+02:00"),
        at("2026-03-29T09:00:00+03:00"),
        at("2026-03-30T09:00:00+03:00"),
    ]
    autumn = timetable.next_ticks("0 9 * * *", at("2026-10-24T12:00:00+03:00"), KYIV)
    assert autumn[:2] == [at("2026-10-25T09:00:00+02:00"), at("2026-10-26T09:00:00+02:00")]


def test_an_hour_that_is_left_out_fires_late_and_one_that_comes_twice_fires_once() -> None:
    missing = timetable.next_ticks("30 3 * * *", at("2026-03-28T12:00:00+02:00"), KYIV, 2)
    assert missing == [at("2026-03-29T04:00:00+03:00"), at("2026-03-30T03:30:00+03:00")]
    twice = timetable.next_ticks("30 3 * * *", at("2026-10-24T12:00:00+03:00"), KYIV, 2)
    assert twice == [at("2026-10-25T03:30:00+03:00"), at("2026-10-26T03:30:00+02:00")]


def test_every_quarter_of_an_hour_goes_on_through_the_hour_that_comes_twice() -> None:
    ticks = timetable.next_ticks("*/15 * * * *", at("2026-10-25T02:50:00+03:00"), KYIV, 10)
    assert all(b - a == timedelta(minutes=15) for a, b in itertools.pairwise(ticks))


@given(
    st.sampled_from(["0 9 * * *", "*/10 * * * *", "30 3 * * *", "15 */2 * * 1-5", "0 0 1 * *", "0 3 29 3 *"]),
    st.sampled_from(["UTC", KYIV, "America/New_York", "Australia/Lord_Howe"]),
    st.integers(0, 400 * 24 * 60),
    st.integers(1, 10 * 24 * 60),
    st.integers(1, 50),
)
@effort(max_examples=80, deadline=None)
def test_the_ticks_that_were_missed_are_the_last_of_those_that_were_due(
    cron: str, zone: str, start: int, gap: int, keep: int
) -> None:
    before = at("2026-01-01T00:00:00+00:00") + timedelta(minutes=start)
    due = timetable.following(cron, before, zone)
    now = due + timedelta(minutes=gap)
    every = timetable.between(cron, due, now, zone, 100_000)
    kept, lost = timetable.missed(cron, due, now, zone, keep)
    assert kept == every[-keep:]
    assert (lost > 0) is (len(every) > keep)


def test_years_of_missed_minutes_are_not_walked_one_by_one() -> None:
    now = at("2026-06-01T00:00:30+00:00")
    kept, lost = timetable.missed("* * * * *", at("1970-01-01T00:00:00+00:00"), now, "UTC", 3)
    assert kept == [
        at(f"2026-{day}T{time}:00+00:00") for day, time in (("05-31", "23:58"), ("05-31", "23:59"), ("06-01", "00:00"))
    ]
    assert 0 < lost < 1000


# --- recorded workflows ----------------------------------------------------------------------------------------------


def test_a_recorded_workflow_becomes_steps() -> None:
    document = {
        "workflow": {
            "specification": {
                "tasks": [
                    {"name": "a", "id": "a 1", "parents": [], "children": ["b"]},
                    {"name": "b", "id": "b", "parents": ["a 1"]},
                ]
            },
            "execution": {
                "tasks": [
                    {"id": "a 1", "runtimeInSeconds": 61, "command": {"program": "awk", "arguments": ["{{x}}", 1]}},
                    {"id": "b", "runtimeInSeconds": "long", "command": None},
                ]
            },
        }
    }
    found = recorded.read(document)
    templates.check([], found)
    assert [(s.key, s.title, s.depends_on, s.estimate_minutes) for s in found] == [
        ("a-1", "a", [], 2),
        ("b", "b", ["a-1"], None),
    ]
    assert found[0].description == "awk { {x} } 1"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "document.workflow"),
        ({"workflow": []}, "document.workflow"),
        ({"workflow": {"specification": 5}}, "document.workflow.specification"),
        ({"workflow": {}}, "document.workflow.specification.tasks"),
        ({"workflow": {"tasks": [5]}}, "document.workflow.specification.tasks.0"),
        ({"workflow": {"tasks": [{"id": 5}]}}, "document.workflow.specification.tasks.0.id"),
        ({"workflow": {"tasks": [{"id": "a", "parents": ["z"]}]}}, "document.workflow.specification.tasks.0.parents"),
        ({"workflow": {"tasks": [{"id": "a", "parents": 5}]}}, "document.workflow.specification.tasks.0.parents"),
        ({"workflow": {"tasks": [{"id": "a", "name": "\x00"}]}}, "document.workflow.specification.tasks.0"),
        ({"workflow": {"tasks": [{"id": str(n)} for n in range(1001)]}}, "document.workflow.specification.tasks"),
    ],
)
def test_what_is_no_recorded_workflow_is_refused_by_place(document: dict[str, Any], field: str) -> None:
    with fault(field):
        recorded.read(document)


# --- how a run stands ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps_by_state", "before", "after"),
    [
        ({"COMPLETED": 3}, "running", "completed"),
        ({"COMPLETED": 2, "PLANNING": 1}, "running", "running"),
        ({"COMPLETED": 2, "READY": 1}, "failed", "running"),
        ({"FAILED": 1, "PLANNING": 2}, "running", "failed"),
        ({"FAILED": 1, "IN_PROGRESS": 1}, "running", "running"),
        ({"CANCELLED": 1, "COMPLETED": 2}, "running", "failed"),
        ({"CANCELLED": 2, "COMPLETED": 1}, "cancelled", "cancelled"),
        ({"CANCELLED": 1, "READY": 1}, "cancelled", "running"),
    ],
)
def test_a_runs_state_follows_from_its_steps(steps_by_state: dict[str, int], before: str, after: str) -> None:
    assert standing.state_of(Counter(steps_by_state), RunState(before)) == after
