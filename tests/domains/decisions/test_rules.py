"""The rules of deciding, alone: what waiting costs, what is alike, what was frozen, and what has changed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orkwork.core.errors import Conflict, Invalid
from orkwork.core.ids import uuid7
from orkwork.core.operation import OPERATIONS
from orkwork.core.paging import encode_cursor
from orkwork.domains import registry
from orkwork.domains.decisions.models import Category, DecisionStatus, Kind
from orkwork.domains.decisions.rules import asking, delay, effects, freezing, likeness
from orkwork.domains.decisions.schemas import DecisionIn, DecisionOut, Option, ResolveIn
from orkwork.domains.standing import rules as standing

registry.load_operations()
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def costs(**parts: Any) -> delay.Delay:
    usual = {"blocked": 1, "chain": 1, "idle": {}, "mean_task_usd": None, "median_task_seconds": None}
    return delay.cost(**usual | parts)


def test_without_a_record_neither_days_nor_dollars_are_made_up() -> None:
    assert costs(blocked=6, chain=3) == delay.Delay(6, (), 3, None, None)
    assert costs(mean_task_usd=Decimal(2)).usd_per_day is None


def test_work_held_up_is_spread_over_the_days_of_its_longest_chain() -> None:
    found = costs(blocked=6, chain=4, mean_task_usd=Decimal("1.50"), median_task_seconds=delay.SECONDS_A_DAY / 2)
    assert found.critical_days == 2
    assert found.usd_per_day == Decimal("4.5")


def test_a_chain_shorter_than_a_day_costs_no_more_than_its_work() -> None:
    assert costs(blocked=2, mean_task_usd=Decimal(3), median_task_seconds=60.0).usd_per_day == Decimal(6)


def test_the_larger_of_idle_agents_and_held_up_work_counts_never_both() -> None:
    idle = {"CODE": Decimal(5), "QA": Decimal(2)}
    assert costs(idle=idle).usd_per_day == Decimal(7)
    assert costs(idle=idle, mean_task_usd=Decimal(3), median_task_seconds=60.0).usd_per_day == Decimal(7)
    assert costs(idle={"NEW": Decimal(0)}).usd_per_day is None
    assert costs(idle=idle).idle_agents == ("CODE", "QA")


def test_the_dearest_comes_first_then_what_blocks_most_then_the_nearest_deadline() -> None:
    idle = (("CODE", Decimal(0)),)
    told = {
        "dear": (delay.Delay(1, (), 1, 1.0, Decimal(9)), None),
        "blocks": (delay.Delay(7), None),
        "idles": (delay.Delay(3, idle), None),
        "chain": (delay.Delay(3, (), 3), None),
        "soon": (delay.Delay(3), NOW + timedelta(hours=1)),
        "late": (delay.Delay(3), None),
    }
    keys = {name: delay.order(one, deadline, NOW, uuid7()) for name, (one, deadline) in told.items()}
    assert sorted(keys, key=keys.__getitem__) == list(told)


def test_a_cursor_holds_the_key_that_it_was_made_of_and_nothing_else() -> None:
    key = delay.order(delay.Delay(3, (("A", Decimal(0)),), 2, 1.0, Decimal("1.25")), None, NOW, uuid7())
    assert delay.place(encode_cursor(delay.told(key))) == key
    for wrong in ("x", "bm90", encode_cursor(["NaN", 1, 1, 1, str(NOW), str(NOW), str(uuid7())])):
        with pytest.raises(Invalid, match="cursor"):
            delay.place(wrong)


EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40).map(
    lambda pairs: [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
)


@given(EDGES, st.lists(st.integers(0, 12), unique=True, max_size=6))
def test_what_waits_is_what_a_walk_along_the_edges_finds(edges: list[tuple[int, int]], roots: list[int]) -> None:
    def walked(root: int) -> set[int]:
        seen, todo = {root}, [root]
        while todo:
            at = todo.pop()
            new = {behind for one, behind in edges if one == at} - seen
            seen |= new
            todo += new
        return seen

    before, after = [one for one, _ in edges], [one for _, one in edges]
    masks = delay.reached(before, after, roots, 13)
    down, up = ([12 - one for one in ends] for ends in (before, after))
    turned = delay.reached(down, up, [12 - root for root in roots], 13)
    assert turned == masks[::-1]
    for place, root in enumerate(roots):
        assert {node for node, mask in enumerate(masks) if mask >> place & 1} == walked(root)
    counts = [len(walked(root)) for root in roots]
    assert delay.counted(masks, len(roots)) == counts
    pairs = [(place, bytes([node])) for place, root in enumerate(roots) for node in walked(root)]
    assert delay.counted(delay.paired(pairs), len(roots)) == counts


def test_answering_several_counts_each_agent_and_each_work_once() -> None:
    code, qa = ("CODE", Decimal(5)), ("QA", Decimal(2))
    first = ("task", delay.Delay(3, (code,), 1, 1.0, Decimal(9)))
    again = ("task", delay.Delay(3, (code, qa), 1, 1.0, Decimal(9)))
    other = ("other", delay.Delay(2, (code,), 1, None, None))
    assert delay.gain([first, again, other], 4) == delay.Gain(3, 4, 2, Decimal(11))
    assert delay.together([first]) == Decimal(9)
    assert delay.together([("x", delay.Delay(2))]) is None
    assert delay.gain([], 0) == delay.Gain()


def alike(title: str = "Deploy MOQ 1.4.0", amount: Any = "60", **fields: Any) -> str:
    agent = fields.pop("agent", "0197f3c4-0000-7000-8000-000000000001")
    options = [
        Option(
            id=f"raise:{agent}",
            label="Raise",
            action="agents.update_agent",
            arguments={"agent_id": agent, "patch": {"daily_budget_usd": amount}},
        ),
        Option(id="keep", label="Keep"),
    ]
    named: dict[str, Any] = {
        "category": "budget",
        "kind": "choose",
        "project_id": UUID(int=1),
        "asker": None,
        "options": options,
    }
    every: dict[str, Any] = named | {"title": title} | fields
    return likeness.likeness(**every)


def test_numbers_keys_and_ids_do_not_make_decisions_unlike() -> None:
    assert alike("Deploy MOQ 1.4.0") == alike("deploy MOQ 1.4.1")
    assert alike("ORK-12 failed") == alike("ORK-907 failed")
    assert alike(agent=str(uuid7())) == alike(agent=str(uuid7()))


def test_amounts_words_askers_and_projects_do() -> None:
    unlike = {
        alike(),
        alike(amount="600"),
        alike("Delete MOQ 1.4.0"),
        alike(asker=UUID(int=2)),
        alike(project_id=UUID(int=3)),
        alike(kind="several"),
        alike(category="deploy"),
    }
    assert len(unlike) == 7


def test_a_rule_is_offered_after_so_many_like_answers_in_a_row() -> None:
    yes, no = ("approve",), ("deny",)
    assert likeness.offered([yes, yes, yes, no], 3) == yes
    assert likeness.offered([yes, yes, no], 3) is None
    assert likeness.offered([yes, yes], 3) is None
    assert likeness.offered([(), (), ()], 3) is None


def test_a_back_test_counts_what_a_rule_would_have_done() -> None:
    both = frozenset({"approve", "deny"})
    log = [
        standing.Past(both, ("approve",), "right"),
        standing.Past(both, ("approve",), "wrong"),
        standing.Past(both, ("deny",), None),
        standing.Past(frozenset({"deny"}), ("deny",), None),
    ]
    assert standing.back_test(("approve",), log) == standing.BackTest(3, 2, 1, 1, 1)


def test_a_digest_differs_when_any_argument_does_and_not_by_their_order() -> None:
    one = freezing.digest("tasks.transition", {"ref": "ORK-1", "body": {"to": "READY"}})
    assert one == freezing.digest("tasks.transition", {"body": {"to": "READY"}, "ref": "ORK-1"})
    assert one != freezing.digest("tasks.transition", {"ref": "ORK-2", "body": {"to": "READY"}})
    assert freezing.written("tasks.cancel", {"ref": "О1"}) == 'tasks.cancel(ref="О1")'


@pytest.mark.parametrize(
    "action",
    [
        "nobody.knows",
        "tasks.tasks",
        "decisions.resolve",
        "auth.invite",
        "tasks.claim",
        "sla.check",
        "agents.create_key",
        "standing.make_rule",
        "executions.add_file",
    ],
)
def test_what_no_decision_may_open_is_refused(action: str) -> None:
    with pytest.raises(Invalid) as refusal:
        freezing.operation_of(action, "options.0.action")
    assert refusal.value.errors[0].field == "options.0.action"


def test_arguments_are_read_as_the_operation_reads_them() -> None:
    entry = freezing.operation_of("tasks.transition", "a")
    taken = freezing.arguments_of(entry, {"ref": "ORK-1", "body": {"to": "READY"}}, "a")
    assert taken["body"].to == "READY"
    for wrong, field in (
        ({"ref": "ORK-1"}, "a.body"),
        ({"ref": "ORK-1", "body": {"to": "READY"}, "more": 1}, "a.more"),
        ({"ref": "ORK-1", "body": {"to": "NOWHERE"}}, "a.body.to"),
        ({"ref": "ORK-1", "body": {"to": "READY", "x": 1}}, "a.body.x"),
    ):
        with pytest.raises(Invalid) as refusal:
            freezing.arguments_of(entry, wrong, "a")
        assert refusal.value.errors[0].field == field


def test_every_operation_that_a_decision_may_gate_can_be_asked_for() -> None:
    found = 0
    for name in OPERATIONS:
        try:
            entry = freezing.operation_of(name, "a")
        except Invalid:
            continue
        found += 1
        with pytest.raises(Invalid) as refusal:
            freezing.arguments_of(entry, {"demo": True}, "a")
        assert refusal.value.errors[0].field == "a.demo"
    assert found > 40


def test_only_what_was_frozen_can_change_and_is_named() -> None:
    frozen = {"task.status": "READY", "task.assignee": None}
    assert asking.changed(frozen, frozen | {"task.title": "new"}) == []
    (one,) = asking.changed(frozen, {"task.status": "FAILED", "task.assignee": None})
    assert (one.what, one.before, one.now) == ("task.status", "READY", "FAILED")
    with pytest.raises(Conflict, match=r"task\.status was READY, is FAILED"):
        asking.check_fresh(frozen, {"task.status": "FAILED"})


def shown(kind: Kind) -> DecisionOut:
    nothing = dict.fromkeys(DecisionOut.model_fields)
    options = [] if kind is Kind.ANSWER else [Option(id="a", label="A"), Option(id="b", label="B")]
    filled: dict[str, Any] = {
        "id": uuid7(), "category": Category.APPROVE, "kind": kind, "status": DecisionStatus.PENDING, "title": "T",
        "options": options, "picked": [], "answer": "", "reasoning": "", "outcome_note": "", "created_at": NOW, "version": 1,
        "context": {}, "facts": {}, "changes": [], "asked_again": 0, "recommendations": [], "likeness": "", "rule_note": "",
    }  # fmt: skip
    return DecisionOut.model_validate(nothing | filled)


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (Kind.CHOOSE, {}, "option"),
        (Kind.CHOOSE, {"option": "c"}, "option"),
        (Kind.CHOOSE, {"options": ["a", "b"]}, "options"),
        (Kind.CHOOSE, {"answer": "words"}, "answer"),
        (Kind.SEVERAL, {"options": []}, "options"),
        (Kind.SEVERAL, {"options": ["a", "c"]}, "options"),
        (Kind.ANSWER, {}, "answer"),
        (Kind.ANSWER, {"answer": "  "}, "answer"),
        (Kind.ANSWER, {"option": "a", "answer": "words"}, "option"),
    ],
)
def test_an_answer_that_does_not_answer_names_its_field(kind: Kind, body: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        asking.picked(shown(kind), ResolveIn.model_validate(body))
    assert refusal.value.errors[0].field == field


def test_an_answer_picks_what_it_names_each_once() -> None:
    several = asking.picked(shown(Kind.SEVERAL), ResolveIn(options=["b", "a", "b"]))
    assert [option.id for option in several] == ["b", "a"]
    assert asking.picked(shown(Kind.ANSWER), ResolveIn(answer="Kyiv")) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"options": []}, "options"),
        ({"kind": "approve", "options": [{"id": "yes", "label": "Yes"}]}, "options"),
        ({"kind": "answer", "options": [{"id": "yes", "label": "Yes"}]}, "options"),
        ({"options": [{"id": "a", "label": "A"}, {"id": "a", "label": "B"}]}, "options"),
        ({"options": [{"id": "a", "label": "A"}], "recommendation": "b"}, "recommendation"),
        ({"options": [{"id": "a", "label": "A"}], "default": "b", "deadline": NOW + timedelta(hours=1)}, "default"),
        ({"options": [{"id": "a", "label": "A"}], "default": "a"}, "default"),
        ({"deadline": NOW - timedelta(seconds=1)}, "deadline"),
        ({"deadline": NOW + timedelta(days=400)}, "deadline"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_field(fields: dict[str, Any], field: str) -> None:
    if fields.get("options") == []:
        fields = fields | {"kind": "choose"}
    body = DecisionIn.model_validate({"category": "approve", "title": "T"} | fields)
    with pytest.raises(Invalid) as refusal:
        asking.check_named(body, asking.options_of(body, asking.kind_of(body)), NOW)
    assert refusal.value.errors[0].field == field


def test_what_is_not_said_follows_from_what_is() -> None:
    def body(**fields: Any) -> DecisionIn:
        return DecisionIn.model_validate({"category": "approve", "title": "T"} | fields)

    assert asking.kind_of(body()) is Kind.ANSWER
    assert asking.kind_of(body(options=[{"id": "a", "label": "A"}])) is Kind.CHOOSE
    assert [one.id for one in asking.options_of(body(kind="approve"), Kind.APPROVE)] == ["approve", "deny"]


def test_an_effect_says_what_the_record_knows_and_who_said_it() -> None:
    waits = delay.Delay(6, (("CODE", Decimal(4)),), 3, 1.5)
    agent = str(uuid7())
    record = effects.Record(None, Decimal("0.30"), {agent: Decimal("0.42")}, {agent: Decimal(40)})
    assign = Option(id="x", label="X", action="tasks.assign", arguments={"agent_id": agent})
    found = effects.effect(assign, waits, record)
    assert (found.cost_usd, found.cost_from, found.frees_tasks, found.runs_as) == (
        Decimal("0.42"),
        "agent",
        6,
        "decider",
    )
    assert found.action == f'tasks.assign(agent_id="{agent}")'
    assert effects.effect(Option(id="r", label="R", action="tasks.try_again"), waits, record).cost_usd == Decimal(
        "0.30"
    )
    nothing = effects.effect(Option(id="leave", label="Leave it"), waits, record)
    assert (nothing.cost_usd, nothing.frees_tasks, nothing.runs_as) == (None, 0, "")
    patch = {"agent_id": agent, "patch": {"daily_budget_usd": "60"}}
    raised = effects.effect(Option(id="b", label="B", action="agents.update_agent", arguments=patch), waits, record)
    assert raised.daily_usd == Decimal(20)


def test_an_agents_question_is_answered_by_anything_but_a_refusal_and_runs_as_the_agent() -> None:
    record, waits = effects.Record("agent"), delay.Delay(2)
    move = Option(
        id="approve", label="Yes", action="tasks.transition", arguments={"ref": "O-1"}, cost_usd=Decimal("0.12")
    )
    yes = effects.effect(move, waits, record)
    assert (yes.frees_tasks, yes.runs_as, yes.cost_from) == (2, "asker", "asker")
    assert effects.effect(Option(id="deny", label="No"), waits, record).frees_tasks == 0
    budget = Option(id="b", label="B", action="agents.update_agent")
    assert effects.effect(budget, waits, record).runs_as == "decider"
