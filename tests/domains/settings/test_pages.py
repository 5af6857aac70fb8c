"""The company's settings in a real browser."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from orkwork.core.actor import Role
from orkwork.domains.settings import queries, service
from orkwork.domains.settings.schemas import CompanyPatch
from tests.domains.conftest import Visit, violations
from tests.factories import Company

pytestmark = pytest.mark.browser


def test_the_company_gets_a_name_and_a_zone(company: Company, visit: Visit) -> None:
    with visit("/settings", company.owner) as page:
        page.get_by_label("Company name").fill("Halyard")
        page.get_by_label("Time zone").fill("Europe/Kyiv")
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_text("Settings saved")).to_be_visible()
        assert not violations(page)
    found = company.do(queries.company)
    assert (found.name, found.time_zone) == ("Halyard", "Europe/Kyiv")


def test_a_zone_that_is_none_is_refused_beside_its_field(company: Company, visit: Visit) -> None:
    with visit("/settings", company.owner) as page:
        page.get_by_label("Time zone").fill("Europe/Nowhere")
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_label("Time zone")).to_have_attribute("aria-invalid", "true")
    assert company.do(queries.company).time_zone == "UTC"


def test_a_change_made_meanwhile_is_not_overwritten(company: Company, visit: Visit) -> None:
    with visit("/settings", company.owner) as page:
        page.get_by_label("Company name").fill("Mine")
        company.do(service.update_company, CompanyPatch(name="Theirs"))
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_text("Somebody changed this meanwhile")).to_be_visible()
        expect(page.get_by_label("Company name")).to_have_value("Mine")
    assert company.do(queries.company).name == "Theirs"


def test_a_viewer_reads_and_changes_nothing(company: Company, visit: Visit) -> None:
    with visit("/settings", company.person(Role.VIEWER), size="phone") as page:
        expect(page.get_by_text("Owners and admins change these settings.")).to_be_visible()
        expect(page.get_by_role("button", name="Save settings")).to_have_count(0)


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_language_and_theme_are_chosen(company: Company, visit: Visit, size: str, scheme: str) -> None:
    with visit("/settings/appearance", company.owner, size=size, color_scheme=scheme) as page:
        page.get_by_role("main").get_by_role("button", name="Українська").click()
        expect(page.get_by_role("heading", name="Вигляд і мова")).to_be_visible()
        page.get_by_role("main").get_by_role("button", name="Темна").click()
        expect(page.locator("html")).to_have_class(re.compile("dark"))
        assert not violations(page)


def test_what_counts_in_an_assignment_is_weighed_with_its_effect_in_words(company: Company, visit: Visit) -> None:
    with visit("/settings/assignment", company.owner) as page:
        effect = page.get_by_role("status", name="What it does")
        expect(effect).to_contain_text("Capability counts most; the others together can outweigh it.")
        expect(effect).to_contain_text("ahead of one that is half full by 10 of 100 points")
        page.get_by_label("Cost", exact=True).fill("30.5")
        expect(effect).to_contain_text("Together they are 120.5%: 20.5% too much.")
        expect(page.get_by_role("button", name="Save settings")).to_be_disabled()
        page.get_by_label("Capability", exact=True).fill("19.5")
        expect(effect).to_contain_text("Cost counts most")
        page.get_by_label("Take-up time, minutes").fill("2,5")
        page.get_by_role("button", name="Save settings").click()
        expect(page.get_by_text("Settings saved")).to_be_visible()
        assert not violations(page)
    found = company.do(queries.company)
    weights = found.assignment_weights
    assert (weights.capability, weights.performance, weights.workload, weights.cost) == (
        Decimal("0.195"),
        Decimal("0.3"),
        Decimal("0.2"),
        Decimal("0.305"),
    )
    assert found.take_up_seconds == 150
    with visit("/settings/assignment", company.person(Role.MEMBER), size="phone", locale="uk-UA") as page:
        expect(page.get_by_role("button", name="Зберегти налаштування")).to_have_count(0)
        assert not violations(page)
