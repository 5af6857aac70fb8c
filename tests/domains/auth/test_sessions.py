"""Sessions, roles and the Origin check of cookie callers."""

from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, db, door
from orkwork.core.actor import Role, system
from orkwork.core.settings import settings
from orkwork.domains.auth import service
from orkwork.domains.settings import service as settings_service
from orkwork.domains.settings.schemas import CompanyPatch
from tests.factories import Company

BASE = "/api/v2"


def cookie_of(http: TestClient) -> str:
    """The Set-Cookie header of a fresh sign-in's session."""
    url = door.run(system("test"), service.create_owner_link, write=True)
    path = url.partition("/api/v2")[2]
    return http.get(BASE + path, follow_redirects=False).headers.get_list("set-cookie")[0]


def test_the_cookie_is_closed_to_scripts_other_sites_and_has_one_path(http: TestClient, database: str) -> None:
    parts = {part.strip().lower() for part in cookie_of(http).split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert "secure" not in parts
    assert not any(part.startswith("domain") for part in parts)


def test_on_https_the_cookie_is_secure_and_bound_to_the_host(
    http: TestClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORKWORK_PUBLIC_URL", "https://ork.example.com")
    settings.cache_clear()
    try:
        cookie = cookie_of(http)
        name, value = cookie.partition(";")[0].split("=", 1)
        assert name == "__Host-orkwork_session"
        assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
        http.cookies.clear()
        under_the_plain_name = http.get(f"{BASE}/me", headers={"Cookie": f"orkwork_session={value}"})
        assert under_the_plain_name.status_code == 401
        assert http.get(f"{BASE}/me", headers={"Cookie": f"{name}={value}"}).status_code == 200
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_session_ends_at_once_when_revoked_logged_out_or_expired(http: TestClient, company: Company) -> None:
    revoked, left, old = (company.person(Role.MEMBER) for _ in range(3))
    path = f"{BASE}/sessions/{revoked.actor.session_id}"
    assert http.delete(path, headers=company.owner.headers).status_code == 204
    assert http.get(f"{BASE}/me", headers=revoked.headers).status_code == 401
    out = http.post(f"{BASE}/auth/logout", headers=left.headers)
    assert out.status_code == 204
    assert "max-age=0" in out.headers["set-cookie"].lower()
    assert http.get(f"{BASE}/me", headers=left.headers).status_code == 401
    with time_machine.travel(clock.now().timestamp() + 31 * 86_400):
        assert http.get(f"{BASE}/me", headers=old.headers).status_code == 401
    assert http.get(f"{BASE}/me", headers=old.headers).status_code == 200


def test_using_a_session_prolongs_it(http: TestClient, company: Company) -> None:
    person = company.person(Role.MEMBER)
    for days in (20, 40, 60):
        with time_machine.travel(clock.now().timestamp() + days * 86_400):
            assert http.get(f"{BASE}/me", headers=person.headers).status_code == 200


def test_only_the_hash_of_a_session_is_kept(http: TestClient, company: Company) -> None:
    with db.engine().connect() as connection:
        kept = str(connection.exec_driver_sql("select to_jsonb(s) from sessions s").all())
    assert company.owner.token not in kept


def test_one_sees_and_ends_ones_own_sessions_admins_also_others_but_no_owners(
    http: TestClient, company: Company
) -> None:
    member, other, admin = company.person(Role.MEMBER), company.person(Role.VIEWER), company.person(Role.ADMIN)
    own = http.get(f"{BASE}/sessions", headers=member.headers).json()["items"]
    assert [(s["id"], s["current"]) for s in own] == [(str(member.actor.session_id), True)]
    assert len(http.get(f"{BASE}/sessions", headers=admin.headers).json()["items"]) == 4
    for target, who, status in (
        (other, member, 404),
        (company.owner, admin, 403),
        (other, admin, 204),
        (member, member, 204),
    ):
        path = f"{BASE}/sessions/{target.actor.session_id}"
        assert http.delete(path, headers=who.headers).status_code == status


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://localhost:8000.evil.example",
        "https://localhost:8000",
        "http://localhost:8001",
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/projects"), ("PATCH", "/settings"), ("DELETE", "/projects/X")])
def test_a_cookie_from_a_foreign_page_changes_nothing(
    http: TestClient, company: Company, origin: str | None, method: str, path: str
) -> None:
    headers = {"Cookie": company.owner.headers["Cookie"]} | ({"Origin": origin} if origin else {})
    response = http.request(method, BASE + path, json=None if method == "DELETE" else {"name": "X"}, headers=headers)
    assert response.status_code == 403, response.text
    assert response.json()["type"] == "/problems/auth.origin"


def test_a_key_needs_no_origin_and_reading_needs_none_either(http: TestClient, company: Company) -> None:
    agent = company.agent()
    assert http.post(f"{BASE}/agents/me/heartbeat", json={}, headers=agent.headers).status_code == 200
    assert http.get(f"{BASE}/me", headers={"Cookie": company.owner.headers["Cookie"]}).status_code == 200


def test_a_key_that_comes_with_a_cookie_acts_as_the_key(http: TestClient, company: Company) -> None:
    headers = company.agent("CODE").headers | {"Cookie": company.owner.headers["Cookie"], "Origin": "http://evil"}
    assert http.get(f"{BASE}/me", headers=headers).json()["name"] == "CODE"
    broken = {"Authorization": "Bearer ork_x", "Cookie": company.owner.headers["Cookie"]}
    assert http.get(f"{BASE}/me", headers=broken).status_code == 401


CHANGES: list[tuple[Role, Role, dict[str, Any], int]] = [
    (Role.OWNER, Role.VIEWER, {"role": "owner"}, 200),
    (Role.ADMIN, Role.VIEWER, {"role": "admin"}, 200),
    (Role.ADMIN, Role.VIEWER, {"role": "owner"}, 403),
    (Role.ADMIN, Role.OWNER, {"role": "viewer"}, 403),
    (Role.ADMIN, Role.OWNER, {"active": False}, 403),
    (Role.MEMBER, Role.VIEWER, {"role": "member"}, 403),
    (Role.VIEWER, Role.VIEWER, {"role": "owner"}, 403),
]


@pytest.mark.parametrize(("who", "target", "patch", "status"), CHANGES)
def test_who_may_change_whose_role(
    http: TestClient, company: Company, who: Role, target: Role, patch: dict[str, Any], status: int
) -> None:
    caller, changed = company.person(who), company.person(target)
    path = f"{BASE}/users/{changed.actor.id}"
    assert http.patch(path, json=patch, headers=caller.headers).status_code == status


@pytest.mark.parametrize("patch", [{"role": "admin"}, {"active": False}])
def test_the_last_owner_stays(http: TestClient, company: Company, patch: dict[str, Any]) -> None:
    path = f"{BASE}/users/{company.owner.actor.id}"
    refused = http.patch(path, json=patch, headers=company.owner.headers)
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/user.last_owner"
    company.person(Role.OWNER)
    assert http.patch(path, json=patch, headers=company.owner.headers).status_code == 200


def test_a_new_role_counts_from_the_next_call(http: TestClient, company: Company) -> None:
    member = company.person(Role.MEMBER)
    assert http.get(f"{BASE}/invites", headers=member.headers).status_code == 403
    http.patch(f"{BASE}/users/{member.actor.id}", json={"role": "admin"}, headers=company.owner.headers)
    assert http.get(f"{BASE}/invites", headers=member.headers).status_code == 200


def test_an_invites_link_joins_once_and_only_owners_invite_owners(http: TestClient, company: Company) -> None:
    admin = company.person(Role.ADMIN)
    assert http.post(f"{BASE}/invites", json={"role": "owner"}, headers=admin.headers).status_code == 403
    url = http.post(f"{BASE}/invites", json={"role": "viewer", "name": "Eve"}, headers=admin.headers).json()["url"]
    token = url.partition("token=")[2]
    joined = http.get(f"{BASE}/auth/invite?token={token}", follow_redirects=False)
    assert joined.status_code == 303
    assert http.get(f"{BASE}/me").json()["name"] == "Eve"
    http.cookies.clear()
    assert http.get(f"{BASE}/auth/invite?token={token}", follow_redirects=False).status_code == 401
    for found in ("/invites", "/audit"):
        assert token not in http.get(BASE + found, headers=company.owner.headers).text


def spoken(http: TestClient) -> str | None:
    """The language that a sign-in tells the pages."""
    token = door.run(system("test"), service.create_owner_link, write=True).partition("token=")[2]
    http.cookies.clear()
    signed = http.get(f"{BASE}/auth/owner?token={token}", follow_redirects=False)
    assert signed.status_code == 303, signed.text
    assert "orkwork_locale" in signed.headers["set-cookie"]
    return http.cookies.get("orkwork_locale")


def test_a_sign_in_tells_the_persons_language_else_the_companys_else_none(http: TestClient, company: Company) -> None:
    assert spoken(http) is None
    company.do(settings_service.update_company, CompanyPatch(locale="uk"))
    assert spoken(http) == "uk"
    chosen = http.patch(f"{BASE}/me", json={"locale": "en"}, headers={"Origin": settings().address})
    assert (chosen.status_code, chosen.json()["locale"]) == (200, "en")
    assert spoken(http) == "en"
    assert http.get(f"{BASE}/me").json()["locale"] == "en"
    assert http.patch(f"{BASE}/me", json={"locale": None}, headers={"Origin": settings().address}).status_code == 200
    assert spoken(http) == "uk"
