"""The page of decisions in a real browser."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Locator, Page, expect

from orkwork.core import clock
from orkwork.core.actor import Role
from orkwork.domains.projects.schemas import ProjectOut
from orkwork.domains.tasks.schemas import TaskPatch
from orkwork.domains.tasks.service import creating
from tests.domains.conftest import Visit, violations
from tests.domains.decisions.asking import ask, gating, in_hours, keep, read, resolve, rows
from tests.domains.forecast.test_api import work_off
from tests.factories import Company

pytestmark = pytest.mark.browser
SCRIPT = "<img src=x onerror=window.pwned=1> {what}"


@pytest.fixture
def project(company: Company) -> ProjectOut:
    """A project with a chain of tasks."""
    made = company.project("Halyard", key_prefix="HAL")
    for n in range(10):
        company.task(made, f"Step {n}", ready=n == 0, depends_on=[f"HAL-{n}"] if n else [])
    return made


def opened(page: Page) -> Locator:
    return page.locator("[data-opened]")


def test_ten_decisions_of_every_kind_are_gone_through_without_the_mouse(
    http: TestClient, company: Company, project: ProjectOut, visit: Visit
) -> None:
    code = company.agent("CODE")
    choices = [{"id": f"o{n}", "label": f"Way {n}"} for n in range(1, 4)]
    asked = [
        ask(http, code, f"{SCRIPT} {n}", task=f"HAL-{n}", context="**Why** " + SCRIPT).json()["id"] for n in range(1, 5)
    ]
    asked += [
        ask(http, code, f"Which way {c}?", kind="choose", options=choices, recommendation="o2").json()["id"]
        for c in "abc"
    ]
    asked += [ask(http, code, f"Which ones {c}?", kind="several", options=choices).json()["id"] for c in "ab"]
    asked.append(ask(http, code, "What name?", kind="answer").json()["id"])
    with visit("/decisions", company.owner) as page:
        expect(page.locator("[data-decision]")).to_have_count(10)
        expect(page.get_by_role("link", name="Decisions").first).to_contain_text("10")
        assert not violations(page)
        for _ in range(4):
            page.keyboard.press("d")
            page.keyboard.press("Enter")
        expect(opened(page)).to_contain_text("Which way a?")
        for key in ("1", "3", ""):
            if key:
                page.keyboard.press(key)
            page.keyboard.press("Enter")
        expect(opened(page)).to_contain_text("Which ones a?")
        page.keyboard.press("j")
        expect(opened(page)).to_contain_text("Which ones b?")
        expect(opened(page).locator("article")).to_be_focused()
        page.keyboard.press("ArrowUp")
        for keys in ("13", "2"):
            for key in keys:
                page.keyboard.press(key)
            page.keyboard.press("Enter")
        page.keyboard.press("r")
        page.keyboard.type("halyard j k")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nothing waits for you")).to_be_visible()
        assert not violations(page)
    found = {str(row[0]): row[1:] for row in rows("select id, picked, answer from decisions")}
    assert [found[one] for one in asked[:4]] == [(["deny"], "")] * 4
    assert [found[one][0] for one in asked[4:9]] == [["o1"], ["o3"], ["o2"], ["o1", "o3"], ["o2"]]
    assert found[asked[9]] == ([], "halyard j k")


@pytest.mark.parametrize(
    ("size", "scheme", "locale"), [("wide", "dark", "uk-UA"), ("phone", "light", "en-GB"), ("phone", "dark", "uk-UA")]
)
def test_what_one_has_to_know_stands_on_the_card_before_the_click(
    http: TestClient, company: Company, project: ProjectOut, visit: Visit, size: str, scheme: str, locale: str
) -> None:
    code, member = company.agent("CODE"), company.person(Role.MEMBER, "Mara")
    fields: dict[str, Any] = {
        "options": gating(cost_usd="0.12", delay_hours=4, detail="At once"),
        "recommendation": "approve",
    }
    made = ask(http, code, "Deploy 1.4?", task="HAL-1", context=SCRIPT, deadline=in_hours(1), default="deny", **fields)
    assert made.status_code == 201, made.text
    said = {"option": "approve", "note": "All tests pass"}
    path = f"/api/v2/decisions/{made.json()['id']}/recommendation"
    assert http.post(path, json=said, headers=member.headers).status_code == 200
    ask(http, code, "Which way?", kind="choose", options=[{"id": "a", "label": "North"}, {"id": "b", "label": "South"}])
    company.do(creating.update_task, "HAL-1", TaskPatch(title="Step one"))
    keep()
    with visit("/decisions", company.owner, size=size, color_scheme=scheme, locale=locale) as page:
        card = opened(page)
        expect(card).to_contain_text("Deploy 1.4?")
        for text in (
            "CODE",
            "HAL-1",
            "$",
            "0",
            "Mara",
            'tasks.transition(ref="HAL-1", body={"to": "CANCELLED"})',
            "Step one",
        ):
            expect(card).to_contain_text(text)
        expect(card.get_by_text("Which way?")).to_have_count(0)
        assert not violations(page)
        for button in page.locator("main button:visible").all() if size == "phone" else []:
            box = button.bounding_box()
            assert box is not None and box["height"] >= 43.5, button.inner_text()
        page.locator("[data-decision] .dquick").get_by_role("button", name="North").click()
        expect(page.locator("[data-decision]")).to_have_count(1)
        expect(page.locator(".tabbar .n" if size == "phone" else ".side .n.hot")).to_have_text("1")
    assert rows("select picked from decisions where status = 'resolved'") == [(["a"],)]


def test_a_refusal_comes_back_on_its_card_and_a_new_question_within_a_second(
    http: TestClient, company: Company, project: ProjectOut, visit: Visit
) -> None:
    weak = company.agent("WEAK", scopes=["decisions:write", "tasks:read"])
    ask(http, weak, "Cancel it?", task="HAL-1", options=gating(runs_as="asker"))
    with visit("/decisions", company.owner) as page:
        expect(opened(page)).to_contain_text("Cancel it?")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("tasks:write")
        asked = ask(http, company.owner, "Something new?").json()["id"]
        expect(page.get_by_text("Something new?")).to_be_visible(timeout=1000)
        resolve(http, company.owner, asked, option="deny")
        expect(page.locator(".triage").get_by_text("Something new?")).to_have_count(0, timeout=1000)
        page.keyboard.press("d")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    with visit("/decisions", company.person(Role.MEMBER)) as page:
        ask(http, weak, "And this?")
        expect(opened(page)).to_contain_text("And this?")
        opened(page).get_by_role("button", name="Recommend Approve").click()
        expect(page.get_by_text("Recommended", exact=True).first).to_be_visible()
        expect(opened(page)).to_contain_text("Member recommends it")


def test_the_log_is_filtered_judged_and_made_into_a_rule(
    http: TestClient, company: Company, project: ProjectOut, visit: Visit
) -> None:
    code = company.agent("CODE")
    for n in range(3):
        resolve(http, company.owner, ask(http, code, f"Ship {n}?").json()["id"], option="approve", reasoning=SCRIPT)
    resolve(http, company.owner, ask(http, code, "Spend?", category="budget").json()["id"], option="deny")
    ask(http, code, "Ship 4?")
    with visit("/decisions", company.owner) as page:
        opened(page).get_by_role("button", name="Always answer Approve").click()
        dialog = page.locator("#standing-rule")
        expect(dialog).to_contain_text("It would have decided 3 decisions of the last 30 days.")
        assert not violations(page)
        dialog.get_by_label("Reason, kept with the rule").fill("always so")
        dialog.get_by_role("button", name="Make standing rule").click()
        expect(page.get_by_text("Standing rule made")).to_be_visible()
        page.goto("/decisions?tab=rules")
        expect(page.locator(".dlog")).to_contain_text("always Approve")
        assert not violations(page)
        page.get_by_role("button", name="Revoke").click()
        expect(page.locator(".dlog")).to_contain_text("Revoked")
        page.goto("/decisions?tab=decided")
        expect(page.locator(".dlog")).to_have_count(4)
        page.get_by_label(re.compile("^Kind")).select_option("budget")
        expect(page).to_have_url(re.compile("category=budget"))
        expect(page.locator(".dlog")).to_have_count(1)
        page.locator(".dlog").get_by_role("button", name="Was it right?").click()
        page.locator("#outcome").get_by_label("Was it right?").select_option("wrong")
        page.locator("#outcome").get_by_label("What showed it").fill("too little")
        assert not violations(page)
        page.locator("#outcome").get_by_role("button", name="Keep outcome").click()
        expect(page.locator(".doutcome")).to_contain_text("Wrong")
        page.reload()
        expect(page.locator(".dlog")).to_have_count(1)
        assert not violations(page)
    assert read(http, company.owner, "decisions/stats")["judged"] == 1


def test_what_a_decision_does_to_dates_stands_there_before_the_click(
    http: TestClient, company: Company, project: ProjectOut, visit: Visit
) -> None:
    worker = company.agent("CODE", max_concurrent_tasks=1)
    options = [
        {"id": "now", "label": "Go on"},
        {"id": "later", "label": "After the audit", "delay_hours": 72},
        {"id": "deny", "label": "Leave it"},
    ]
    ask(http, company.owner, "Go on with it?", kind="choose", options=options, task="HAL-2")
    with visit("/decisions", company.owner) as page:
        expect(opened(page)).to_contain_text("None can be told: too little data")
    done = company.project("Done", key_prefix="DON")
    start = clock.now() - timedelta(hours=40)
    for n in range(30):
        company.task(done, f"Done {n}", ready=True, review_required=False, priority="urgent")
    for n in range(30):
        work_off(http, worker, start + timedelta(hours=n), 0.9)
    with visit("/decisions", company.owner) as page:
        expect(opened(page)).to_contain_text(re.compile(r"HAL is done by .* when the task goes on now"))
        expect(opened(page).locator(".dopt").nth(1)).to_contain_text(re.compile(r"P80 \+(3 d|2 d \d+ h)"))
        page.keyboard.press("2")
        expect(opened(page)).to_contain_text(re.compile("later than when it goes on now"))
        page.keyboard.press("3")
        expect(opened(page)).to_contain_text(re.compile("HAL moves by .* with every day"))
        assert not violations(page)
