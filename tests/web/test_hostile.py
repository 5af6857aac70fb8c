"""Hostile values in every field of every body: refused by the field's name, or kept and given back unchanged."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from orkwork.core import db
from tests.bench.real_data import DATA
from tests.contract import API
from tests.factories import Company
from tests.test_doors import ROUTES, Caller

BASE = "/api/v2"
LEFT_OUT = {"auth.logout": "ends the session", "agents.retire": "has no body"}
WRONG: list[Any] = [
    "\x00",
    "a\x00b",
    "x" * 120_000,
    7,
    -1,
    10**400,
    1.5,
    True,
    None,
    [],
    {},
    [[[[]]]],
    {"a": {"b": {}}},
    "\u202e\u200b\ufeff",
    "<script>alert(1)</script>",
    "'; drop table tasks; --",
    "=1+1",
    "{{7*7}}",
    "../../etc/passwd",
    "%00%s%n",
    "e\u0301\U0001f469\u200d\U0001f680",
    "\r\nX-Injected: 1",
    "٣",
    "Infinity",
    "",
    " ",
]
RAW = [
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b'"\xff"',
    b"[" * 5000 + b"]" * 5000,
]


def schema_of(operation_id: str) -> dict[str, Any]:
    """The resolved schema of an operation's body, or nothing."""
    for operation in itertools.chain.from_iterable(path.values() for path in API["paths"].values()):
        if operation["operationId"] == operation_id and "requestBody" in operation:
            found = operation["requestBody"]["content"].get("application/json", {}).get("schema", {})
            name = found.get("$ref", "").rpartition("/")[2]
            return API["components"]["schemas"].get(name, found)
    return {}


FIELDS = {
    operation_id: list(schema_of(operation_id).get("properties", {}))
    for operation_id in sorted(set(ROUTES) - set(LEFT_OUT))
}


class Hostile(Caller):
    """Sends one field's hostile values over an otherwise good body."""

    def send(self, headers: dict[str, str], field: str, value: bytes) -> Any:
        """One request whose field is these bytes of JSON."""
        good = {k: v for k, v in (self._body or {}).items() if k != field}
        head = json.dumps(good).encode()[:-1] + (b"," if good else b"")
        content = head + b'"' + field.encode() + b'":' + value + b"}"
        headers = headers | {"Content-Type": "application/json"}
        return self._http.request(self._route.method, self._path, content=content, headers=headers)


@pytest.mark.parametrize("operation_id", [operation_id for operation_id, fields in FIELDS.items() if fields])
def test_a_hostile_value_is_refused_by_name_or_given_back_unchanged(
    operation_id: str, http: TestClient, company: Company
) -> None:
    caller = Hostile(http, company, ROUTES[operation_id])
    headers = company.agent().headers if ROUTES[operation_id].least is None else company.owner.headers
    for field, value in itertools.product(FIELDS[operation_id], WRONG):
        answer = caller.send(headers, field, json.dumps(value).encode())
        assert answer.status_code < 500, (field, value, answer.text)
        if answer.status_code == 422:
            named = [error["field"].split(".")[0] for error in answer.json()["errors"]]
            assert set(named) == {field}, (field, value, answer.text)
        elif answer.status_code < 300:
            assert given_back(answer.json().get(field), value), (field, value, answer.text)
    for field, raw in itertools.product(FIELDS[operation_id], RAW):
        answer = caller.send(headers, field, raw)
        assert 400 <= answer.status_code < 500, (field, raw[:20], answer.text)


def given_back(found: Any, value: Any) -> bool:
    """Whether a text came back as it was sent, but for space around a line; a number may be written in other digits."""
    if not isinstance(value, str) or not isinstance(found, str) or value == "٣":
        return True
    return found in (value, value.strip())


def lines() -> list[str]:
    """Every line of the recorded lists."""
    files = [p for p in sorted((DATA / "hostile").rglob("*")) if p.suffix in (".txt", ".json") and p.is_file()]
    found: dict[str, None] = {}
    for path in files:
        for line in path.read_text(errors="replace").splitlines():
            text = "".join(ch for ch in line if ch not in "\r\n\x0b\x0c\x85\u2028\u2029\x00").strip()[:300].strip()
            if text:
                found[text] = None
    return list(found)


@pytest.mark.realdata
@pytest.mark.skipif(not Path(DATA, "hostile").exists(), reason="the recorded files are not here")
def test_the_recorded_hostile_strings_come_back_as_they_went_in(http: TestClient, company: Company) -> None:
    hostile, project = lines(), company.project()
    assert len(hostile) > 500
    tasks = [
        {
            "ref": str(n),
            "title": text,
            "description": f"  {text}\n",
            "labels": [text[:80].strip()],
            "source": "list",
            "external_id": f"{n}",
        }
        for n, text in enumerate(hostile)
    ]
    made = http.post(
        f"{BASE}/tasks/bulk", json={"project_id": str(project.id), "tasks": tasks}, headers=company.owner.headers
    )
    assert made.status_code == 201, made.text[:500]
    with db.engine().connect() as connection:
        rows = connection.exec_driver_sql(
            "select external_id, title, description, labels from tasks order by number"
        ).all()
    assert [(r.title, r.description, r.labels[0]) for r in rows] == [
        (t["title"], t["description"], t["labels"][0]) for t in tasks
    ]
    for text in hostile[:: max(1, len(hostile) // 150)]:
        found = http.get(f"{BASE}/tasks", params={"text": text, "limit": 1}, headers=company.owner.headers)
        assert found.status_code == 200, (text, found.text)
        assert all(item["title"] for item in found.json()["items"])
        listed = http.get(f"{BASE}/tasks", params={"label": text[:80], "limit": 1}, headers=company.owner.headers)
        assert listed.status_code == 200, (text, listed.text)
