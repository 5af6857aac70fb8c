"""Signing in with GitHub: who gets in, as what, and what a forged return gets."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, db
from orkwork.core.settings import settings
from orkwork.domains.auth import api
from tests.domains.auth.fake_github import FakeGitHub
from tests.factories import Company

BASE = "/api/v2"
ANN = {
    "id": 1,
    "login": "Ann-B",
    "name": "Ann B",
    "email": "ann@example.com",
    "avatar_url": None,
    "plan": {"name": "x"},
}
BOB = ANN | {"id": 2, "login": "bob", "name": None, "email": None}


def begin(http: TestClient, github: FakeGitHub, query: str = "") -> tuple[str, str]:
    """Start a sign-in and let GitHub approve it: a code and the state."""
    away = http.get(f"{BASE}/auth/login/github{query}", follow_redirects=False)
    assert away.status_code == 303, away.text
    return github.approve(away.headers["location"])


def come_back(http: TestClient, code: str, state: str) -> Any:
    """GitHub's redirect."""
    return http.get(
        f"{BASE}/auth/callback/github?code={code}&state={state}",
        headers={"Accept": "text/html"},
        follow_redirects=False,
    )


def sign_in(http: TestClient, github: FakeGitHub, profile: dict[str, Any], query: str = "") -> Any:
    """The whole round."""
    http.cookies.clear()
    github.profile = profile
    return come_back(http, *begin(http, github, query))


def refusal(response: Any) -> str:
    """The sentence that the login page shows."""
    assert response.status_code == 303
    assert "orkwork_session" not in response.headers.get("set-cookie", "")
    where = urlsplit(response.headers["location"])
    assert where.path == "/login"
    return parse_qs(where.query)["detail"][0]


def me(http: TestClient) -> dict[str, Any]:
    return http.get(f"{BASE}/me").json()


def test_the_first_person_becomes_owner_and_the_second_needs_an_invite(
    http: TestClient, database: str, github: FakeGitHub
) -> None:
    home = sign_in(http, github, ANN)
    assert (home.status_code, home.headers["location"]) == (303, "/")
    assert home.headers["cache-control"] == "no-store"
    assert (me(http)["role"], me(http)["name"]) == ("owner", "Ann B")
    assert "invite" in refusal(sign_in(http, github, BOB))
    assert sign_in(http, github, ANN).headers["location"] == "/"
    assert me(http)["role"] == "owner"


def test_an_imported_contributor_is_not_the_first_person_and_keeps_one_row(
    http: TestClient, database: str, github: FakeGitHub
) -> None:
    with db.engine().begin() as connection:
        connection.exec_driver_sql(
            "insert into users (id, name, github_login, role, status, created_at, version) "
            "values (gen_random_uuid(), 'Ann', 'ann-b', 'viewer', 'contributor', now(), 1)"
        )
    sign_in(http, github, ANN)
    assert me(http)["role"] == "owner"
    assert len(http.get(f"{BASE}/users").json()["items"]) == 1


@pytest.mark.parametrize("by", ["login", "link"])
def test_an_invited_person_joins_with_the_invites_role_once(
    http: TestClient, company: Company, github: FakeGitHub, by: str
) -> None:
    body = {"role": "member"} | ({"github_login": "BOB"} if by == "login" else {})
    made = http.post(f"{BASE}/invites", json=body, headers=company.owner.headers)
    token = parse_qs(urlsplit(made.json()["url"]).query)["token"][0]
    home = sign_in(http, github, BOB, "" if by == "login" else f"?invite={token}")
    assert home.headers["location"] == "/"
    assert (me(http)["role"], me(http)["name"]) == ("member", "bob")
    assert "invite" in refusal(sign_in(http, github, ANN, f"?invite={token}"))


def test_an_invite_for_one_login_lets_no_other_in(http: TestClient, company: Company, github: FakeGitHub) -> None:
    made = http.post(f"{BASE}/invites", json={"github_login": "carol"}, headers=company.owner.headers)
    token = parse_qs(urlsplit(made.json()["url"]).query)["token"][0]
    assert "invite" in refusal(sign_in(http, github, BOB, f"?invite={token}"))
    assert "invite" in refusal(sign_in(http, github, BOB | {"login": "caro_"}))


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_revoked_or_old_invite_lets_nobody_in(
    http: TestClient, company: Company, github: FakeGitHub, end: str
) -> None:
    made = http.post(f"{BASE}/invites", json={"github_login": "bob"}, headers=company.owner.headers).json()
    if end == "revoked":
        assert http.delete(f"{BASE}/invites/{made['id']}", headers=company.owner.headers).status_code == 204
        assert "invite" in refusal(sign_in(http, github, BOB))
    else:
        with time_machine.travel(clock.now().timestamp() + 8 * 86_400):
            assert "invite" in refusal(sign_in(http, github, BOB))


def test_a_deactivated_person_is_refused_and_loses_the_sessions(
    http: TestClient, company: Company, github: FakeGitHub
) -> None:
    http.post(f"{BASE}/invites", json={"github_login": "bob"}, headers=company.owner.headers)
    sign_in(http, github, BOB)
    bob = me(http)["id"]
    patched = http.patch(f"{BASE}/users/{bob}", json={"active": False}, headers=company.owner.headers)
    assert patched.status_code == 200, patched.text
    assert http.get(f"{BASE}/me").status_code == 401
    assert "deactivated" in refusal(sign_in(http, github, BOB))


def test_a_login_that_someone_else_took_over_does_not_open_the_first_ones_account(
    http: TestClient, company: Company, github: FakeGitHub
) -> None:
    http.post(f"{BASE}/invites", json={"github_login": "bob"}, headers=company.owner.headers)
    sign_in(http, github, BOB)
    bob = me(http)["id"]
    link = http.post(f"{BASE}/invites", json={"role": "viewer"}, headers=company.owner.headers).json()["url"]
    token = parse_qs(urlsplit(link).query)["token"][0]
    sign_in(http, github, BOB | {"id": 99}, f"?invite={token}")
    assert me(http).get("id") != bob


def test_a_forged_missing_or_foreign_state_is_refused(http: TestClient, database: str, github: FakeGitHub) -> None:
    github.profile = ANN
    code, state = begin(http, github)
    for wrong in ("", "x" * 30, state[:-1], state.swapcase()):
        assert "did not start here" in refusal(come_back(http, code, wrong))
    http.cookies.clear()
    assert "did not start here" in refusal(come_back(http, code, state))
    http.cookies.set(api.LOGIN_COOKIE, "forged.cookie.value", path="/api/v2/auth")
    assert "did not start here" in refusal(come_back(http, code, state))
    assert github.challenges, "no code was traded"


def test_a_state_is_good_for_ten_minutes(http: TestClient, database: str, github: FakeGitHub) -> None:
    github.profile = ANN
    with time_machine.travel(0, tick=False) as traveller:
        traveller.move_to(1_800_000_000)
        code, state = begin(http, github)
        kept = http.cookies[api.LOGIN_COOKIE]
        traveller.move_to(1_800_000_000 + api.LOGIN_SECONDS + 2)
        http.cookies.clear()
        answer = http.get(
            f"{BASE}/auth/callback/github?code={code}&state={state}",
            headers={"Cookie": f"{api.LOGIN_COOKIE}={kept}"},
            follow_redirects=False,
        )
    assert "too old" in refusal(answer)


def test_a_code_serves_once_and_the_verifier_is_checked(http: TestClient, database: str, github: FakeGitHub) -> None:
    github.profile = ANN
    code, state = begin(http, github)
    cookie = {"Cookie": f"{api.LOGIN_COOKIE}={http.cookies[api.LOGIN_COOKIE]}"}
    again = f"{BASE}/auth/callback/github?code={code}&state={state}"
    assert http.get(again, headers=cookie, follow_redirects=False).headers["location"] == "/"
    assert "bad_verification_code" in refusal(http.get(again, headers=cookie, follow_redirects=False))
    code, state = begin(http, github)
    github.challenges[code] = "another-challenge"
    assert "bad_code_verifier" in refusal(come_back(http, code, state))


def test_a_wrong_client_secret_is_said(
    http: TestClient, database: str, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.profile = ANN
    code, state = begin(http, github)
    monkeypatch.setenv("ORKWORK_GITHUB_CLIENT_SECRET", "wrong")
    settings.cache_clear()
    assert "incorrect_client_credentials" in refusal(come_back(http, code, state))


@pytest.mark.parametrize("profile", [[], {}, {"login": "x"}, {"id": "a", "login": "x"}, "text", None])
def test_a_profile_that_is_none_is_a_refusal_and_not_our_fault(
    http: TestClient, database: str, github: FakeGitHub, profile: Any
) -> None:
    assert "GitHub" in refusal(sign_in(http, github, profile))


def test_github_away_and_a_refused_consent_are_said(http: TestClient, database: str, github: FakeGitHub) -> None:
    github.profile = ANN
    code, state = begin(http, github)
    github.down = True
    assert "GitHub" in refusal(come_back(http, code, state))
    denied = http.get(
        f"{BASE}/auth/callback/github?error=access_denied&error_description=No+thanks&state={state}",
        follow_redirects=False,
    )
    assert refusal(denied) == "No thanks"


def test_without_credentials_the_way_to_github_is_closed_with_a_sentence(http: TestClient, database: str) -> None:
    response = http.get(f"{BASE}/auth/login/github", follow_redirects=False)
    assert response.status_code == 403
    assert "ORKWORK_GITHUB_CLIENT_ID" in response.json()["hint"]


def test_the_cookie_of_a_login_under_way_is_closed_to_scripts_and_other_paths(
    http: TestClient, database: str, github: FakeGitHub
) -> None:
    cookie = http.get(f"{BASE}/auth/login/github", follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/api/v2/auth" in cookie


@pytest.mark.parametrize(
    ("asked", "led_to"), [("/tasks/ORK-1", "/tasks/ORK-1"), ("//evil.test", "/"), ("/api/v2/auth/logout", "/")]
)
def test_signing_in_leads_on_to_the_page_that_was_asked_for(
    http: TestClient, github: FakeGitHub, asked: str, led_to: str
) -> None:
    done = sign_in(http, github, ANN, f"?next={asked}")
    assert done.headers["location"] == led_to
