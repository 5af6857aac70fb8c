"""The pages about agents, in a real browser."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.core.credentials import digest
from orkwork.core.work import Work
from orkwork.domains.agents import queries, service
from orkwork.domains.agents.rules import looks_like_key
from orkwork.domains.agents.schemas import AgentPatch, KeyIn
from orkwork.domains.agents.ui import editing
from tests.domains.conftest import Visit, violations
from tests.factories import Company, Worker

pytestmark = pytest.mark.browser
SCRIPT = "<img src=x onerror=window.pwned=1>"


@pytest.fixture
def staff(company: Company) -> dict[str, Worker]:
    """A chief with one engineer and a name that would like to be a script."""
    chief = company.agent("CTO", role="Architect", adapter="claude-code")
    code = company.agent(
        "CODE", role="Engineer", adapter="codex", manager_id=chief.id, daily_budget_usd=Decimal(30),
        capabilities={"code:python": Decimal("0.9")}, config={"branch": SCRIPT},
    )  # fmt: skip
    return {"CTO": chief, "CODE": code, "script": company.agent(SCRIPT, role=SCRIPT, description=SCRIPT, model=SCRIPT)}


@pytest.mark.parametrize("view", ["", "?view=list", "?view=org"])
@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("wide", "dark"), ("phone", "dark")])
def test_every_view_of_the_agents_can_be_read(
    staff: dict[str, Worker], company: Company, visit: Visit, view: str, size: str, scheme: str
) -> None:
    with visit(f"/agents{view}", company.owner, size=size, color_scheme=scheme) as page:
        expect(page.get_by_role("main").get_by_text("CODE", exact=True).first).to_be_visible()
        assert not violations(page)


def test_the_org_chart_stands_by_manager(staff: dict[str, Worker], company: Company, visit: Visit) -> None:
    with visit("/agents?view=org", company.owner) as page:
        expect(page.get_by_role("treeitem", name=re.compile("CODE"))).to_have_attribute("aria-level", "2")


def test_an_agent_is_created_with_everything_people_say_of_it(
    staff: dict[str, Worker], company: Company, visit: Visit
) -> None:
    with visit("/agents/new", company.owner) as page:
        page.get_by_label("Agent's name").fill("QA")
        page.get_by_label("Role").fill("Tester")
        page.get_by_label("Reports to").select_option(label="CODE")
        page.get_by_label("Autonomy").select_option("1")
        page.get_by_label("Daily budget").fill("12,50")
        page.get_by_role("button", name="Add capability").click()
        page.get_by_label("Capability", exact=True).fill("qa:automated")
        page.get_by_label("Proficiency").fill("0.85")
        page.get_by_label("Configuration").fill('{"device": "pixel"}')
        assert not violations(page)
        page.get_by_role("button", name="Create agent").click()
        expect(page).to_have_url(re.compile(r"/agents/[0-9a-f-]{36}$"))
        expect(page.get_by_role("heading", name="QA").first).to_be_visible()
    made = next(agent for agent in company.do(queries.agents) if agent.name == "QA")
    assert made.manager_id == staff["CODE"].id and made.daily_budget_usd == Decimal("12.5")
    assert made.capabilities == {"qa:automated": Decimal("0.85")} and made.config == {"device": "pixel"}
    assert made.autonomy_level == 1


def test_wrong_fields_are_named_and_what_was_typed_stays(
    staff: dict[str, Worker], company: Company, visit: Visit
) -> None:
    with visit(f"/agents/{staff['CODE'].id}/edit", company.owner) as page:
        page.get_by_label("Agent's name").fill("CODE 2")
        page.get_by_label("Tasks at once").fill("many")
        page.get_by_role("button", name="Save agent").click()
        expect(page.get_by_label("Tasks at once")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("Agent's name")).to_have_value("CODE 2")
        assert not violations(page)


def test_a_change_made_meanwhile_is_not_overwritten(staff: dict[str, Worker], company: Company, visit: Visit) -> None:
    with visit(f"/agents/{staff['CODE'].id}/edit", company.owner) as page:
        expect(page.get_by_label("Agent's name")).to_have_value("CODE")
        company.do(service.update_agent, staff["CODE"].id, AgentPatch(role="Chief engineer"))
        page.get_by_role("button", name="Save agent").click()
        expect(page.get_by_text("Somebody changed this meanwhile")).to_be_visible()
    assert company.do(queries.agent, staff["CODE"].id).role == "Chief engineer"


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_an_agents_page_can_be_read_and_runs_nothing(
    staff: dict[str, Worker], company: Company, visit: Visit, size: str
) -> None:
    for name in ("CODE", "script"):
        with visit(f"/agents/{staff[name].id}", company.owner, size=size) as page:
            expect(page.get_by_role("heading", name="Keys")).to_be_visible()
            assert not violations(page)


def test_a_key_is_shown_once_and_dies_when_revoked(staff: dict[str, Worker], company: Company, visit: Visit) -> None:
    with visit(f"/agents/{staff['CTO'].id}", company.owner) as page:
        page.get_by_role("button", name="Create key").click()
        page.get_by_label("Key's name").fill("laptop")
        page.locator("#make-key").get_by_role("button", name="Create key").click()
        key = page.locator("#make-key code").inner_text()
        assert looks_like_key(key)
        assert not violations(page)
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("row", name=re.compile("laptop"))).to_contain_text("Active")
        page.reload()
        expect(page.get_by_role("row", name=re.compile("laptop"))).to_be_visible()
        assert key not in page.content()
        page.get_by_role("row", name=re.compile("laptop")).get_by_role("button", name="Revoke").click()
        page.get_by_role("button", name="Revoke key").click()
        expect(page.get_by_role("row", name=re.compile("laptop"))).to_contain_text("Revoked")
    assert door.run(system("test"), lambda work: _is_revoked(work, key), write=False)


def test_every_key_can_be_reached(staff: dict[str, Worker], company: Company, visit: Visit) -> None:
    for n in range(55):
        company.do(service.create_key, staff["CTO"].id, KeyIn(name=f"key {n:02}"))
    with visit(f"/agents/{staff['CTO'].id}", company.owner) as page:
        page.get_by_role("button", name="Show more keys").click()
        expect(page.get_by_role("row", name=re.compile("key 00"))).to_be_visible()
        expect(page.get_by_role("button", name="Show more keys")).to_have_count(0)
        page.evaluate("scrollTo(0, 0)")  # a button that is half below the top bar is no target
        assert not violations(page)


def _is_revoked(work: Work, key: str) -> bool:
    row = work.one("select revoked_at from api_keys where key_hash = %(hash)s", {"hash": digest(key)})
    return row is not None and row["revoked_at"] is not None


def test_pausing_can_be_taken_back_and_retiring_is_asked_once(
    staff: dict[str, Worker], company: Company, visit: Visit
) -> None:
    with visit(f"/agents/{staff['CODE'].id}", company.owner) as page:
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("main").get_by_text("Paused").first).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.locator("main summary[aria-label=More]").click()
        page.get_by_role("button", name="Retire agent").click()
        page.locator("#retire").get_by_role("button", name="Retire agent").click()
        expect(page.get_by_role("main").get_by_text("Retired").first).to_be_visible()
    assert company.do(queries.agent, staff["CODE"].id).status == "retired"


def test_only_the_owner_sets_how_far_it_may_go(staff: dict[str, Worker], company: Company, visit: Visit) -> None:
    path = f"/agents/{staff['CODE'].id}"
    with visit(path, company.person(Role.ADMIN)) as page:
        expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        expect(page.get_by_role("button", name="3 Autonomous")).to_have_count(0)
    with visit(path, company.owner) as page:
        page.get_by_role("button", name="3 Autonomous").click()
        expect(page.get_by_text("Autonomy changed")).to_be_visible()
    assert company.do(queries.agent, staff["CODE"].id).autonomy_level == 3


def test_a_change_made_elsewhere_is_on_screen_within_a_second(
    staff: dict[str, Worker], company: Company, visit: Visit
) -> None:
    with visit("/agents", company.owner) as page:
        expect(page.get_by_role("main").get_by_text("CODE", exact=True)).to_be_visible()
        company.do(service.update_agent, staff["CODE"].id, AgentPatch(name="CODER"))
        expect(page.get_by_role("main").get_by_text("CODER", exact=True)).to_be_visible(timeout=1000)


def test_an_agent_that_is_not_there_says_so(company: Company, visit: Visit) -> None:
    with visit("/agents/none", company.owner) as page:
        expect(page.get_by_role("heading", name="There is no such agent")).to_be_visible()
        assert not violations(page)


def test_a_member_changes_no_agent(staff: dict[str, Worker], company: Company, visit: Visit) -> None:
    with visit(f"/agents/{staff['CODE'].id}", company.person(Role.MEMBER)) as page:
        expect(page.get_by_role("heading", name="Capabilities")).to_be_visible()
        for name in ("Pause", "Create key"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_forms_read_numbers_as_people_type_them() -> None:
    read = editing.read_form(
        {"name": "QA", "daily_budget_usd": " 1,5 ", "max_concurrent_tasks": "x", "skill-name:0": " "}
    )
    assert read["daily_budget_usd"] == "1.5" and read["max_concurrent_tasks"] == "x" and read["capabilities"] == {}
