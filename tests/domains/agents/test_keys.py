"""API keys: shape, storage, expiry, scopes, revocation."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import clock, db
from orkwork.core.actor import Role
from orkwork.core.credentials import Credential, identify
from orkwork.core.errors import Unauthenticated
from orkwork.domains.agents import rules
from tests.factories import Company

BASE = "/api/v2"


def test_a_key_has_a_prefix_256_bits_and_a_checksum() -> None:
    keys = {rules.new_key() for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert key.startswith("ork_")
        assert len(key) == 4 + 43 + 6
        assert rules.looks_like_key(key)


def test_a_mistyped_key_is_refused_before_the_database_is_asked(http: TestClient, company: Company) -> None:
    key = company.agent().key
    typos = [key[:-1], key + "a", key[:10] + ("a" if key[10] != "a" else "b") + key[11:], "ork_", "x" * 53, key.upper()]
    typos += ["ork_" + "é" * 49, "Bearer " + key]
    no_database: Any = None
    for typo in typos:
        assert not rules.looks_like_key(typo)
        with pytest.raises(Unauthenticated):
            identify(Credential("bearer", typo))(no_database, None)
        headers: Any = [("Authorization", f"Bearer {typo}".encode())]
        assert http.get(f"{BASE}/agents/me", headers=headers).status_code == 401


def test_a_key_is_shown_once_and_kept_as_a_hash(http: TestClient, company: Company) -> None:
    agent = company.agent()
    made = http.post(f"{BASE}/agents/{agent.id}/keys", json={"name": "ci"}, headers=company.owner.headers).json()
    assert made["key"].startswith(made["prefix"])
    assert len(made["prefix"]) == 12
    secret = made["key"][12:]
    for path in (f"/agents/{agent.id}/keys", f"/agents/{agent.id}", "/audit", "/audit/export", "/agents/me", "/me"):
        who = agent.headers if path.endswith("/me") else company.owner.headers
        assert secret not in http.get(BASE + path, headers=who).text
    with db.engine().connect() as connection:
        tables = connection.exec_driver_sql("select tablename from pg_tables where schemaname = 'public'").scalars()
        for table in tables.all():
            assert secret not in str(connection.exec_driver_sql(f'select * from "{table}"').all()), table


def test_a_revoked_key_is_refused_at_the_next_call(http: TestClient, company: Company) -> None:
    agent = company.agent()
    assert http.get(f"{BASE}/me", headers=agent.headers).status_code == 200
    [key] = http.get(f"{BASE}/agents/{agent.id}/keys", headers=company.owner.headers).json()["items"]
    for _ in range(2):
        path = f"{BASE}/agents/{agent.id}/keys/{key['id']}"
        assert http.delete(path, headers=company.owner.headers).status_code == 204
    refused = http.get(f"{BASE}/me", headers=agent.headers)
    assert refused.status_code == 401
    names = [e["name"] for e in http.get(f"{BASE}/audit", headers=company.owner.headers).json()["items"]]
    assert names.count("key.revoked") == 1


def test_a_key_expires(http: TestClient, company: Company) -> None:
    agent = company.agent()
    path = f"{BASE}/agents/{agent.id}/keys"
    soon = clock.now() + timedelta(hours=1)
    made = http.post(path, json={"name": "x", "expires_at": soon.isoformat()}, headers=company.owner.headers).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert http.get(f"{BASE}/me", headers=headers).status_code == 200
    with time_machine.travel(soon + timedelta(seconds=1)):
        assert http.get(f"{BASE}/me", headers=headers).status_code == 401
    past = {"name": "x", "expires_at": (clock.now() - timedelta(minutes=1)).isoformat()}
    refused = http.post(path, json=past, headers=company.owner.headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "expires_at"


def test_the_last_use_is_noted_to_the_minute(http: TestClient, company: Company) -> None:
    agent = company.agent()

    def last_used() -> str:
        path = f"{BASE}/agents/{agent.id}/keys"
        return http.get(path, headers=company.owner.headers).json()["items"][0]["last_used_at"]

    assert last_used() is None
    http.get(f"{BASE}/me", headers=agent.headers)
    first = last_used()
    http.get(f"{BASE}/me", headers=agent.headers)
    assert last_used() == first
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        http.get(f"{BASE}/me", headers=agent.headers)
    assert last_used() > first


@pytest.mark.parametrize("scopes", [[], ["everything"], ["tasks:read", "tasks:"], [None], "tasks:read"])
def test_a_scope_that_is_none_is_named(http: TestClient, company: Company, scopes: object) -> None:
    path = f"{BASE}/agents/{company.agent().id}/keys"
    refused = http.post(path, json={"name": "x", "scopes": scopes}, headers=company.owner.headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].split(".")[0] == "scopes"


def test_a_retired_agents_keys_are_dead_and_it_gets_no_new_ones(http: TestClient, company: Company) -> None:
    agent = company.agent()
    assert http.delete(f"{BASE}/agents/{agent.id}", headers=company.owner.headers).json()["status"] == "retired"
    assert http.get(f"{BASE}/me", headers=agent.headers).status_code == 401
    again = http.patch(f"{BASE}/agents/{agent.id}", json={"status": "active"}, headers=company.owner.headers)
    assert again.status_code == 200
    assert http.get(f"{BASE}/me", headers=agent.headers).status_code == 401, "what was revoked stays so"
    http.delete(f"{BASE}/agents/{agent.id}", headers=company.owner.headers)
    path = f"{BASE}/agents/{agent.id}/keys"
    assert http.post(path, json={"name": "x"}, headers=company.owner.headers).status_code == 409


def test_a_retired_agent_whose_name_is_taken_does_not_come_back(http: TestClient, company: Company) -> None:
    agent = company.agent("CODE")
    http.delete(f"{BASE}/agents/{agent.id}", headers=company.owner.headers)
    company.agent("code")
    path, headers = f"{BASE}/agents/{agent.id}", company.owner.headers
    again = http.patch(path, json={"status": "active"}, headers=headers)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/agent.name_taken")
    assert http.patch(path, json={"status": "active", "name": "CODE-2"}, headers=headers).status_code == 200


def test_a_paused_agent_may_still_read_and_report(http: TestClient, company: Company) -> None:
    agent = company.agent()
    http.patch(f"{BASE}/agents/{agent.id}", json={"status": "paused"}, headers=company.owner.headers)
    assert http.get(f"{BASE}/me", headers=agent.headers).status_code == 200
    assert http.post(f"{BASE}/agents/me/heartbeat", json={}, headers=agent.headers).json()["status"] == "paused"
    assert http.post(f"{BASE}/tasks/claim", json={}, headers=agent.headers).json() == {
        "claims": [],
        "reason": "paused",
    }


def test_no_log_line_holds_a_secret(http: TestClient, company: Company, caplog: pytest.LogCaptureFixture) -> None:
    agent = company.agent()
    with caplog.at_level(logging.DEBUG):
        http.get(f"{BASE}/me", headers=agent.headers)
        http.get(f"{BASE}/me", headers=company.owner.headers)
        http.get(f"{BASE}/tasks/NO-1", headers=agent.headers)
        made = http.post(f"{BASE}/agents/{agent.id}/keys", json={"name": "x"}, headers=company.owner.headers).json()
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("orkwork", "jobs")))
    for secret in (agent.key, company.owner.token, made["key"]):
        assert secret not in ours


def test_an_admin_adds_agents_at_the_usual_level_only(http: TestClient, company: Company) -> None:
    admin = company.person(Role.ADMIN)
    assert http.post(f"{BASE}/agents", json={"name": "A"}, headers=admin.headers).json()["autonomy_level"] == 2
    for level in (0, 1, 3, 4):
        body = {"name": f"A{level}", "autonomy_level": level}
        assert http.post(f"{BASE}/agents", json=body, headers=admin.headers).status_code == 403
        assert http.post(f"{BASE}/agents", json=body, headers=company.owner.headers).status_code == 201


def test_nobody_becomes_their_own_managers_manager(http: TestClient, company: Company) -> None:
    boss = company.agent("BOSS")
    lead = company.agent("LEAD", manager_id=boss.id)
    worker = company.agent("WORK", manager_id=lead.id)
    for manager in (boss, lead, worker):
        path, body = f"{BASE}/agents/{boss.id}", {"manager_id": str(manager.id)}
        refused = http.patch(path, json=body, headers=company.owner.headers)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "manager_id"
