"""The one-time link of a fresh install."""

from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, db, door
from orkwork.core.actor import system
from orkwork.core.errors import Forbidden
from orkwork.core.settings import settings
from orkwork.domains.auth import service
from tests.factories import Company

BASE = "/api/v2"


def link() -> str:
    return door.run(system("test"), service.create_owner_link, write=True)


def follow(http: TestClient, url: str) -> Any:
    http.cookies.clear()
    return http.get(url, follow_redirects=False)


def test_the_link_makes_an_owner_and_serves_once(http: TestClient, database: str) -> None:
    url = link()
    assert follow(http, url).status_code == 303
    assert http.get(f"{BASE}/me").json()["role"] == "owner"
    again = follow(http, url)
    assert again.status_code == 401
    assert "orkwork owner-link" in again.json()["hint"]


def test_a_link_signs_in_the_owner_there_is(http: TestClient, company: Company) -> None:
    follow(http, link())
    assert http.get(f"{BASE}/me").json()["id"] == str(company.owner.actor.id)


def test_a_new_link_kills_the_old_and_a_day_kills_any(http: TestClient, database: str) -> None:
    old, new = link(), link()
    assert follow(http, old).status_code == 401
    with time_machine.travel(clock.now().timestamp() + 25 * 3600):
        assert follow(http, new).status_code == 401
    assert follow(http, new).status_code == 303


def test_a_refused_link_goes_back_to_the_login_page_in_a_browser(http: TestClient, database: str) -> None:
    response = http.get(f"{BASE}/auth/owner?token=x", headers={"Accept": "text/html"}, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/login?error=auth.owner_link&detail=")


def test_the_setting_turns_links_off(http: TestClient, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = link()
    monkeypatch.setenv("ORKWORK_OWNER_LINK", "false")
    settings.cache_clear()
    try:
        assert follow(http, url).status_code == 403
        with pytest.raises(Forbidden, match="turned off"):
            link()
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_only_the_hash_of_a_link_is_kept_and_no_event_tells_it(http: TestClient, database: str) -> None:
    token = link().partition("token=")[2]
    with db.engine().connect() as connection:
        for table in ("owner_links", "events"):
            text = str(connection.exec_driver_sql(f"select to_jsonb(t) from {table} t").all())
            assert token not in text


def test_sign_ins_from_one_place_are_limited(http: TestClient, database: str) -> None:
    found = [http.get(f"{BASE}/auth/owner?token=x").status_code for _ in range(32)]
    assert found == [401] * 30 + [429] * 2
