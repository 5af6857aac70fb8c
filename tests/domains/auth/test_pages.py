"""Signing in and the pages about people, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.domains.auth import service
from orkwork.domains.auth.rules import own_path
from orkwork.domains.auth.schemas import InviteIn, UserPatch
from orkwork.domains.auth.ui.sessions import device
from orkwork.domains.settings import service as settings_service
from orkwork.domains.settings.schemas import CompanyPatch
from tests.domains.auth import fake_github
from tests.domains.conftest import Visit, serving, violations
from tests.factories import Company
from tests.ui.conftest import _free_port

pytestmark = pytest.mark.browser


def test_the_owner_link_signs_in_and_goes_home(company: Company, visit: Visit, served: str) -> None:
    link = door.run(system("test"), service.create_owner_link, write=True)
    with visit("/api/v2/auth/owner?token=" + link.partition("token=")[2]) as page:
        expect(page).to_have_url(f"{served}/")
        expect(page.get_by_role("heading", name="Your company has no agents yet")).to_be_visible()


def test_a_failed_sign_in_is_said_as_text(company: Company, visit: Visit) -> None:
    with visit("/login?error=x&detail=<img src=x onerror=window.pwned=1>") as page:
        expect(page.get_by_text("<img src=x onerror=window.pwned=1>")).to_be_visible()
        expect(page.get_by_text("orkwork owner-link")).to_be_visible()
        assert not violations(page)


def test_whoever_is_signed_in_goes_on_from_the_sign_in_page(company: Company, visit: Visit) -> None:
    with visit("/login?next=/agents", company.owner) as page:
        expect(page).to_have_url(re.compile("/agents$"))


@pytest.mark.parametrize("path", ["https://evil.test", "//evil.test", "/\\evil.test", "", "/login?next=/"])
def test_signing_in_never_leads_elsewhere(path: str) -> None:
    assert own_path(path) == "/"
    assert own_path("/agents?view=list") == "/agents?view=list"


def test_an_invite_is_made_shown_once_and_taken(company: Company, visit: Visit, served: str) -> None:
    with visit("/settings/people", company.owner) as page:
        page.get_by_role("button", name="Invite someone").click()
        page.get_by_label("Their name").fill("Petro")
        page.get_by_role("button", name="Create invite").click()
        link = page.locator("dialog code").inner_text()
        assert not violations(page)
        page.get_by_role("button", name="Done").click()
        expect(page.locator("dialog code")).to_have_count(0)
        expect(page.get_by_role("row", name=re.compile("Petro"))).to_contain_text("Pending")
        page.reload()
        expect(page.get_by_role("row", name=re.compile("Petro"))).to_be_visible()
        assert link not in page.content()
    with visit("/invite" + link.partition("/invite")[2]) as page:
        page.get_by_label("Your name").fill("Petro <b>K</b>")
        assert not violations(page)
        page.get_by_role("button", name="Join the company").click()
        expect(page).to_have_url(f"{served}/")
        expect(page.get_by_text("Petro <b>K</b>").first).to_be_visible()


def test_people_change_roles_and_leave(company: Company, visit: Visit) -> None:
    company.person(Role.MEMBER, "Ivanna")
    with visit("/settings/people", company.owner) as page:
        page.get_by_label("Role of Ivanna").select_option("admin")
        expect(page.get_by_text("Role changed")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_label("Role of Ivanna")).to_have_value("member")
        page.get_by_role("row", name=re.compile("Ivanna")).get_by_role("button", name="Deactivate").click()
        page.get_by_role("button", name="Deactivate account").click()
        expect(page.get_by_role("row", name=re.compile("Ivanna"))).to_contain_text("Deactivated")


def test_a_member_sees_people_and_manages_none(company: Company, visit: Visit) -> None:
    with visit("/settings/people", company.person(Role.MEMBER, "Ivanna"), size="phone") as page:
        expect(page.get_by_role("row", name=re.compile("Owner"))).to_be_visible()
        expect(page.get_by_role("button", name="Deactivate")).to_have_count(0)
        expect(page.get_by_role("button", name="Invite someone")).to_have_count(0)
        assert not violations(page)


def test_a_revoked_session_is_signed_out(company: Company, visit: Visit) -> None:
    other = company.person(Role.ADMIN, "Taras")
    with visit("/settings/sessions", other) as theirs, visit("/settings/sessions", company.owner) as page:
        expect(theirs.get_by_text("This browser")).to_be_visible()
        expect(page.get_by_text("This browser")).to_be_visible()
        assert not violations(page)
        page.get_by_role("button", name="End session").click()
        expect(page.get_by_text("Session ended")).to_be_visible()
        theirs.goto("/agents")
        expect(theirs).to_have_url(re.compile("/login"))


def test_signing_out_ends_the_session(company: Company, visit: Visit) -> None:
    with visit("/settings", company.owner) as page:
        page.get_by_role("button", name="Sign out").first.click()
        expect(page).to_have_url(re.compile("/login/?$"))
        page.goto("/settings")
        expect(page).to_have_url(re.compile("/login"))


def test_browsers_are_named_as_people_call_them() -> None:
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    assert device(chrome) == ("Chrome", "Linux")
    assert device("curl/8.5") == ("curl", "")
    assert device(None) == ("", "")


def test_a_long_list_shows_everything_a_page_at_a_time(company: Company, visit: Visit) -> None:
    people = [company.person(Role.MEMBER, f"Person {n:02}") for n in range(55)]
    for n in range(55):
        company.do(service.invite, InviteIn(name=f"Guest {n:02}"))
    with visit("/settings/people", company.owner, size="phone") as page:
        expect(page.get_by_role("heading", name="People").nth(1).locator("xpath=..")).to_contain_text("50+")
        expect(page.get_by_text("Person 54")).to_have_count(0)
        page.get_by_role("button", name="Show more people").click()
        expect(page.get_by_text("Person 54")).to_be_visible()
        expect(page.get_by_role("button", name="Show more people")).to_have_count(0)
        expect(page.get_by_text("Guest 00")).to_have_count(0)
        page.get_by_role("button", name="Show more invites").click()
        expect(page.get_by_text("Guest 00")).to_be_visible()
        company.do(service.update_user, people[0].actor.id, UserPatch(role=Role.VIEWER))
        expect(page.get_by_label("Role of Person 00")).to_have_value("viewer", timeout=1000)
        expect(page.get_by_text("Person 54")).to_be_visible()
        assert not violations(page)
    with visit("/settings/sessions", company.owner) as page:
        page.get_by_role("button", name="Show more sessions").click()
        expect(page.get_by_role("button", name="Show more sessions")).to_have_count(0)
        expect(page.get_by_role("button", name="End session")).to_have_count(55)
        assert not violations(page)


def test_the_github_button_leads_through_github_to_the_signed_in_dashboard(
    company: Company, browser: Browser, served: str, tmp_path: Path
) -> None:
    company.do(service.invite, InviteIn(github_login="Ann-B"))
    port = _free_port()
    with fake_github.running() as fake:
        fake.callback = f"http://localhost:{port}/api/v2/auth/callback/github"
        fake.profile = {"id": 1, "login": "Ann-B", "name": "Ann B", "email": "ann@example.com", "avatar_url": None}
        with serving(tmp_path, port, **fake.settings) as address:
            page = browser.new_page(locale="en-GB")
            page.goto(f"{address}/login")
            page.get_by_role("link", name="Continue with GitHub").click()
            expect(page).to_have_title("GitHub")
            page.get_by_role("link", name="Authorize orkwork").click()
            expect(page).to_have_url(f"{address}/")
            expect(page.get_by_role("link", name="Ann B, Member")).to_be_visible()
            expect(page.get_by_role("heading", name="Your company has no agents yet")).to_be_visible()
            page.context.close()
    assert not fake.refused


def sign_in_link() -> str:
    """A fresh owner link of this installation, as a path."""
    link = door.run(system("test"), service.create_owner_link, write=True)
    return "/api/v2/auth/owner?token=" + link.partition("token=")[2]


def test_the_language_that_one_chose_is_there_at_the_next_sign_in_on_another_device(
    company: Company, visit: Visit
) -> None:
    with visit("/settings/appearance", company.owner) as page:
        with page.expect_response(lambda answer: answer.url.endswith("/api/v2/me")) as kept:
            page.get_by_role("main").get_by_role("button", name="Українська").click()
        assert kept.value.status == 200
        expect(page.get_by_role("heading", name="Вигляд і мова")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Вигляд і мова")).to_be_visible()
    with visit("/login", locale="en-GB") as page:
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(sign_in_link())
        expect(page.locator("html")).to_have_attribute("lang", "uk")
        expect(page.get_by_role("link", name="Налаштування").first).to_be_visible()


def test_a_language_chosen_before_the_sign_in_is_kept_with_the_person(company: Company, visit: Visit) -> None:
    with visit("/login", locale="uk-UA") as page:
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        with page.expect_response(lambda answer: answer.url.endswith("/api/v2/me")) as kept:
            page.goto(sign_in_link())
        assert kept.value.json()["locale"] == "en"
        expect(page.get_by_role("link", name="Settings").first).to_be_visible()
    with visit(sign_in_link(), locale="uk-UA") as page:
        expect(page.get_by_role("link", name="Settings").first).to_be_visible()


def test_without_a_choice_the_company_speaks_and_then_the_browser(company: Company, visit: Visit) -> None:
    with visit(sign_in_link(), locale="uk-UA") as page:
        expect(page.get_by_role("link", name="Налаштування").first).to_be_visible()
    company.do(settings_service.update_company, CompanyPatch(locale="en"))
    with visit(sign_in_link(), locale="uk-UA") as page:
        expect(page.get_by_role("link", name="Settings").first).to_be_visible()
