"""What a run leaves: its log, links and files, over HTTP."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from orkwork.core import door
from orkwork.core.actor import Role, system
from orkwork.core.settings import settings
from orkwork.domains.executions import clients
from orkwork.domains.executions.service import watching
from tests.domains.executions.fake_s3 import FakeS3
from tests.domains.executions.runs import claim, later, report, rows, tick
from tests.factories import Company, Worker

BASE = "/api/v2"


class Run:
    """A run under way, and its agent at the HTTP door."""

    def __init__(self, http: TestClient, company: Company) -> None:
        self.company, self.worker = company, company.agent()
        company.task(company.project(), ready=True)
        self.held = claim(company, self.worker, lease_seconds=60)
        self._http, self.path = http, f"{BASE}/executions/{self.held.execution.id}"

    def post(self, what: str, body: Any, status: int = 201, who: Worker | None = None) -> Any:
        headers = (who or self.worker).headers
        answer = self._http.post(f"{self.path}/{what}", json={"fence": self.held.fence} | body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def upload(self, content: bytes, name: str, kind: str = "text/html", status: int = 201, once: str = "") -> Any:
        key = {"Idempotency-Key": once} if once else {}
        answer = self._http.post(
            f"{self.path}/files",
            params={"name": name, "fence": self.held.fence},
            content=content,
            headers=self.worker.headers | {"Content-Type": kind} | key,
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, what: str, status: int = 200, **params: Any) -> Any:
        answer = self._http.get(f"{self.path}/{what}", params=params, headers=self.worker.headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def run(http: TestClient, company: Company) -> Run:
    """A run under way."""
    return Run(http, company)


def lines(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"text": f"line {n}"} | {name: n for name in fields if name == "sequence"} for n in numbers]


def test_a_log_is_written_in_batches_and_read_from_any_line(run: Run) -> None:
    assert run.get("logs") == {"items": [], "next_cursor": None, "last": 0, "running": True}
    assert run.post("logs", {"lines": lines(1, 2, 3)}) == {"written": 3, "last": 3}
    warned = [{"text": "two\nlines \x1b[31mred", "level": "warning", "at": "2026-11-25T10:00:00Z"}]
    assert run.post("logs", {"lines": warned}) == {"written": 1, "last": 4}
    page = run.get("logs", limit=2)
    assert [line["text"] for line in page["items"]] == ["line 1", "line 2"]
    rest = run.get("logs", cursor=page["next_cursor"])
    assert [(line["sequence"], line["level"]) for line in rest["items"]] == [(3, "info"), (4, "warning")]
    assert rest["items"][1] == {
        "sequence": 4,
        "text": "two\nlines \x1b[31mred",
        "level": "warning",
        "at": "2026-11-25T10:00:00Z",
    }
    assert rest["next_cursor"] is None
    assert run.get("logs", after=4)["items"] == []
    assert [line["sequence"] for line in run.get("logs", level="warning")["items"]] == [4]
    assert rows("select count(*), max((after ->> 'last')::int) from events where name = 'execution.logged'") == [(2, 4)]


def test_lines_that_name_their_sequence_are_written_once_however_often_they_are_sent(run: Run) -> None:
    assert run.post("logs", {"lines": lines(1, 2, sequence=True)}) == {"written": 2, "last": 2}
    assert run.post("logs", {"lines": lines(1, 2, sequence=True)}) == {"written": 0, "last": 2}
    assert run.post("logs", {"lines": lines(2, 3, 7, sequence=True)}) == {"written": 2, "last": 7}
    assert run.post("logs", {"lines": lines(8)}) == {"written": 1, "last": 8}
    assert [line["sequence"] for line in run.get("logs")["items"]] == [1, 2, 3, 7, 8]


def test_a_reader_waits_for_the_next_line_without_asking_again(run: Run) -> None:
    timer = threading.Timer(0.3, lambda: run.post("logs", {"lines": lines(1)}))
    timer.start()
    found = run.get("logs", wait=20)
    timer.join()
    assert [line["text"] for line in found["items"]] == ["line 1"]


def test_a_log_is_fenced_bounded_and_ends_with_its_run(
    run: Run, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"lines": lines(1)}
    assert "not assigned to" in run.post("logs", one, 403, company.agent())["detail"]
    assert run.post("logs", one | {"fence": run.held.fence - 1}, 409)["type"] == "/problems/task.fence"
    for wrong, field in (
        ({"lines": []}, "lines"),
        ({"lines": [{"text": "x"}] * 1001}, "lines"),
        ({"lines": [{"text": "x" * 8001}]}, "lines.0.text"),
        ({"lines": [{"text": "a\x00b"}]}, "lines.0.text"),
        ({"lines": [{"text": "x", "level": "loud"}]}, "lines.0.level"),
        ({"lines": [{"text": "x", "sequence": 2}, {"text": "y"}]}, "lines"),
        ({"lines": [{"text": "x", "sequence": 2}, {"text": "y", "sequence": 2}]}, "lines"),
        ({"lines": [{"text": "x", "at": "2026-11-25T10:00:00"}]}, "lines.0.at"),
    ):
        problem = run.post("logs", wrong, 422)
        assert field in [error["field"] for error in problem["errors"]], problem
    assert run.get("logs", 422, cursor="nonsense")["errors"][0]["field"] == "cursor"
    monkeypatch.setenv("ORKWORK_LOG_BYTES", "10")
    settings.cache_clear()
    run.post("logs", one)
    assert run.post("logs", one, 413)["type"] == "/problems/execution.log_full"
    monkeypatch.undo()
    settings.cache_clear()
    assert run.get("logs")["last"] == 1
    with time_machine.travel(later(seconds=50)):
        run.post("logs", {"lines": lines(2)})
    assert rows("select lease_until > started_at + interval '10 minutes' from tasks") == [(True,)]
    report(company, run.worker, run.held, status="succeeded")
    assert run.post("logs", one, 409)["type"] == "/problems/execution.ended"
    assert run.get("logs", wait=60)["running"] is False


HTML = b"<script>window.pwned=1</script>"


def keep(run: Run, http: TestClient) -> None:
    """Files and links are left, listed and fetched."""
    link = run.post("artifacts", {"name": "The pull request", "url": "https://example.com/41"})
    assert (link["kind"], link["url"], link["size_bytes"]) == ("link", "https://example.com/41", None)
    made = run.upload(HTML, 'reports/Звіт "1".html')
    assert made["sha256"] == hashlib.sha256(HTML).hexdigest()
    assert (made["kind"], made["media_type"], made["size_bytes"], made["url"]) == ("file", "text/html", len(HTML), None)
    assert [one["id"] for one in run.get("artifacts")["items"]] == [link["id"], made["id"]]
    content = http.get(f"{BASE}/artifacts/{made['id']}/content", headers=run.worker.headers)
    assert content.content == HTML
    assert content.headers["content-type"] == "text/html; charset=utf-8"
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-disposition"].startswith('attachment; filename="____ _1_.html"; filename*=UTF-8')
    assert "sandbox" in content.headers["content-security-policy"]
    assert http.get(f"{BASE}/artifacts/{link['id']}/content", headers=run.worker.headers).status_code == 404


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_lie_in_the_home_and_go_with_their_run(run: Run, http: TestClient, company: Company) -> None:
    keep(run, http)
    folder = settings().home / "files" / "runs" / str(run.held.execution.id)
    assert [path.read_bytes() for path in files(folder)] == [HTML]
    assert tick(watching.sweep_files) == 0
    first, again = run.upload(b"x", "a.txt", once="key"), run.upload(b"x", "a.txt", once="key")
    assert first == again and len(run.get("artifacts")["items"]) == 3
    assert len(files(folder)) == 3, "what the second one brought belongs to nothing"
    with time_machine.travel(later(hours=2)):
        assert tick(watching.sweep_files) == 1
    assert len(files(folder)) == 2
    door.run(system("test"), lambda work: work.sql("delete from task_executions"), write=True)
    assert tick(watching.sweep_files) == 2
    assert files(folder) == []


def test_an_artifact_is_taken_away_by_its_run_while_it_goes_on_or_by_an_admin(
    run: Run, http: TestClient, company: Company
) -> None:
    keep(run, http)
    link, file = [one["id"] for one in run.get("artifacts")["items"]]
    folder = settings().home / "files" / "runs" / str(run.held.execution.id)

    def remove(artifact: str, headers: dict[str, str], **params: Any) -> str:
        answer = http.delete(f"{BASE}/artifacts/{artifact}", params=params, headers=headers)
        return answer.json()["type"].removeprefix("/problems/") if answer.content else str(answer.status_code)

    fence = run.held.fence
    assert remove(link, run.worker.headers) == "task.fence_missing"
    assert remove(link, run.worker.headers, fence=fence - 1) == "task.fence"
    assert remove(link, company.agent().headers, fence=fence) == "task.not_yours"
    assert remove(link, company.person(Role.MEMBER).headers) == "auth.role"
    assert len(run.get("artifacts")["items"]) == 2
    assert remove(link, run.worker.headers, fence=fence) == "204"
    assert remove(link, run.worker.headers, fence=fence) == "artifact.not_found"
    report(company, run.worker, run.held, status="succeeded")
    assert remove(file, run.worker.headers, fence=fence) == "execution.ended"
    assert len(files(folder)) == 1
    assert remove(file, company.person(Role.ADMIN).headers) == "204"
    assert run.get("artifacts")["items"] == []
    assert len(files(folder)) == 1, "until the sweep"
    assert tick(watching.sweep_files) == 1
    assert files(folder) == []
    [(was, _), (name, size)] = rows(
        "select before ->> 'url', before ->> 'size_bytes' from events where name = 'artifact.removed' and before ? 'url' "
        "and before ->> 'kind' = 'link' union all "
        "select before ->> 'name', before ->> 'size_bytes' from events where name = 'artifact.removed' "
        "and before ->> 'kind' = 'file'"
    )
    assert (was, name, size) == ("https://example.com/41", 'reports/Звіт "1".html', str(len(HTML)))


def test_a_file_that_is_refused_leaves_nothing(
    run: Run, company: Company, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows("select count(*), max(seq) from events")
    run.upload(b"", "empty", status=422)
    run.upload(b"x", "", status=422)
    run.upload(b"x", "two\nlines", status=422)
    monkeypatch.setenv("ORKWORK_ARTIFACT_BYTES", "10")
    settings.cache_clear()
    assert "at most 10 are taken" in run.upload(b"x" * 11, "large", status=413)["detail"]
    monkeypatch.undo()
    settings.cache_clear()
    for url in ("javascript:alert(1)", "ftp://x", "https://a b"):
        assert run.post("artifacts", {"name": "x", "url": url}, 422)["errors"][0]["field"] == "url"
    run.post("artifacts", {"name": "x", "url": "https://example.com"}, 403, company.agent())
    stale = run.held.fence
    run.held.fence = stale - 1
    run.upload(b"x", "late", status=409)
    run.held.fence = stale
    report(company, run.worker, run.held, status="failed", failure="network")
    run.upload(b"x", "late", status=409)
    assert rows("select count(*) from execution_artifacts union all select count(*) from stored_files") == [(0,), (0,)]
    assert rows("select count(*) from events where name = 'artifact.added'") == [(0,)]
    assert before[0][0] < rows("select count(*) from events")[0][0]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeS3]:
    """An S3, and settings that name it."""
    s3 = FakeS3()
    s3.start()
    for variable, value in {
        "STORAGE_URL": f"s3://{s3.bucket}/company", "S3_ENDPOINT": s3.address, "S3_REGION": s3.region,
        "S3_ACCESS_KEY_ID": s3.key_id, "S3_SECRET_ACCESS_KEY": s3.secret,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ORKWORK_{variable}", value)
    settings.cache_clear()
    yield s3
    monkeypatch.undo()
    settings.cache_clear()
    s3.stop()


def test_files_lie_in_a_bucket_where_a_setting_says_so(run: Run, http: TestClient, bucket: FakeS3) -> None:
    keep(run, http)
    [(key, content)] = bucket.objects.items()
    assert key.startswith(f"company/runs/{run.held.execution.id}/") and content == HTML
    clients.delete(key.removeprefix("company/"))
    clients.delete("runs/nothing")
    assert not bucket.objects
    [_, file] = run.get("artifacts")["items"]
    gone = http.get(f"{BASE}/artifacts/{file['id']}/content", headers=run.worker.headers)
    assert gone.status_code == 404 and gone.json()["type"] == "/problems/artifact.gone"


def test_a_storage_that_is_away_is_said_and_nothing_is_half_made(run: Run, bucket: FakeS3, monkeypatch: Any) -> None:
    monkeypatch.setenv("ORKWORK_S3_ENDPOINT", "http://127.0.0.1:9")
    settings.cache_clear()
    assert run.upload(b"x", "a", status=503)["type"] == "/problems/storage.away"
    monkeypatch.setenv("ORKWORK_S3_ENDPOINT", bucket.address)
    monkeypatch.setenv("ORKWORK_S3_SECRET_ACCESS_KEY", "wrong")
    settings.cache_clear()
    assert run.upload(b"x", "a", status=503)["type"] == "/problems/storage.away"
    assert not bucket.objects
    assert rows("select count(*) from execution_artifacts") == [(0,)]
    assert rows("select count(*) from stored_files where artifact_id is null") == [(2,)]
