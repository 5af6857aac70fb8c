"""What a decision does to dates: the plan with each option, and what one reads before deciding."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.domains.decisions.schemas import Option
from orkwork.domains.forecast.rules import deciding, weighing
from orkwork.domains.forecast.rules.plans import Crew, Inputs, Plan, Run, Seen, Step
from tests.domains.decisions.asking import ask, gating, read, resolve
from tests.domains.forecast.test_api import chain, work_off
from tests.factories import Company

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = (Step("a", asks=True), Step("b", needs=(0,)), Step("c"))
PLAN = Plan(STEPS, (Crew("x", "X", 1), Crew("y", "Y", 1)))


@pytest.mark.parametrize(
    ("option", "asked_by", "does"),
    [
        (Option(id="approve", label="Yes"), "agent", "goes_on"),
        (Option(id="deny", label="No"), "agent", "held"),
        (Option(id="deny", label="No", delay_hours=24), "agent", "delayed"),
        (Option(id="retry", label="Try again", action="tasks.try_again"), None, "goes_on"),
        (Option(id="leave", label="Leave it"), None, "held"),
        (Option(id="cancel", label="Cancel", action="tasks.cancel"), None, "cut"),
        (
            Option(id="approve", label="Yes", action="tasks.transition", arguments={"body": {"to": "CANCELLED"}}),
            "agent",
            "cut",
        ),
    ],
)
def test_an_option_lets_a_task_go_on_delays_holds_or_cancels_it(option: Option, asked_by: Any, does: str) -> None:
    assert deciding.does(option, asked_by) == does


def test_the_plan_with_an_option_is_the_plan_but_for_its_task() -> None:
    later = deciding.plan_of(PLAN, 0, Option(id="deny", label="No", delay_hours=30), "delayed")
    assert later.steps[0] == Step("a", later=30) and later.steps[1:] == STEPS[1:]
    assert deciding.plan_of(PLAN, 0, Option(id="leave", label="No"), "held").steps[0] == Step("a", later=24)
    given = Option(id="y", label="Y", action="tasks.assign", arguments={"agent_id": "y"})
    assert deciding.plan_of(PLAN, 0, given, "goes_on").steps[0] == Step("a", agent="y")
    cut = deciding.plan_of(PLAN, 0, Option(id="cancel", label="Cancel", action="tasks.cancel"), "cut")
    assert [step.id for step in cut.steps] == ["c"]


def test_plans_are_weighed_with_the_same_draws() -> None:
    seen = Seen(plain=tuple(Run(1.0 + n / 100) for n in range(200)))
    plans = {
        "now": deciding.going_on(PLAN, 0),
        "again": deciding.going_on(PLAN, 0),
        "later": deciding.going_on(PLAN, 0, later=48.0),
        "spare": deciding.going_on(PLAN, 2, later=0.25),
    }
    found = weighing.weigh(Inputs(plan=PLAN, own=seen), plans)
    assert not found.cold and found.hours["now"] == found.hours["again"]
    assert found.hours["later"] - found.hours["now"] == pytest.approx(48, abs=0.5)
    assert weighing.weigh(Inputs(plan=PLAN), plans) == weighing.Weighed({}, 0, True)


def test_a_decision_says_what_each_option_does_to_the_date_of_its_project(http: TestClient, company: Company) -> None:
    with time_machine.travel(NOON, tick=False):
        worker = company.agent("CODE", max_concurrent_tasks=1)
        chain(company, 3)
        asked = ask(http, company.owner, task="HAL-3", options=gating(delay_hours=None)).json()
        cold = read(http, company.owner, f"decisions/{asked['id']}/dates")
        assert (cold["why_not"], cold["p80"], cold["options"]) == ("too_little_data", None, [])
        done = company.project("Done", key_prefix="DON")
        for n in range(30):
            company.task(done, f"Done {n}", ready=True, estimate_minutes=60, review_required=False, priority="urgent")
    for n in range(30):
        work_off(http, worker, NOON + timedelta(hours=n), 0.9)
    with time_machine.travel(NOON + timedelta(hours=40), tick=False):
        other = ask(
            http, company.owner, "Deploy to the world?", task="HAL-1",
            options=[{"id": "approve", "label": "Yes"}, {"id": "deny", "label": "Not before", "delay_hours": 72}],
        ).json()  # fmt: skip
        found = read(http, company.owner, f"decisions/{other['id']}/dates")
        assert (found["why_not"], found["project_key"], found["version"]) == (None, "HAL", other["version"])
        yes, no = found["options"]
        assert (yes["does"], yes["days"], yes["p80"]) == ("goes_on", 0, found["p80"])
        assert no["does"] == "delayed" and no["days"] == pytest.approx(3, abs=0.05)
        assert found["wait_days"] == pytest.approx(1, abs=0.05) and found["paths"] >= weighing.LEAST_PATHS
        cut, kept = read(http, company.owner, f"decisions/{asked['id']}/dates")["options"]
        assert cut["does"] == "cut" and cut["days"] < 0
        assert kept["does"] == "goes_on" or kept == {"option": "deny", "does": "held", "p80": None, "days": None}
        assert read(http, company.owner, f"decisions/{other['id']}/dates") == found
        assert resolve(http, company.owner, other["id"], option="approve").status_code == 200
        assert read(http, company.owner, f"decisions/{other['id']}/dates")["why_not"] == "decided"
        bare = ask(http, company.owner, "Rename the company?").json()
        assert read(http, company.owner, f"decisions/{bare['id']}/dates")["why_not"] == "no_task"
