"""A model over real HTTP puts the morning's brief into its own words: outside of transactions, checked, and never needed."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient

from jobs import rewriting
from orkwork.core import clock
from orkwork.core.settings import settings
from orkwork.domains.briefs.service.rewriting import ATTEMPTS, LEASE, PAUSE
from tests.domains.briefs.fake_model import FakeModel, running
from tests.domains.briefs.test_making import NOON, busy, execute, make, read
from tests.factories import Company

__all__ = ["busy"]
MORNING = NOON + timedelta(hours=23)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, environment: str) -> Iterator[FakeModel]:
    """A model that this installation knows of."""
    with running() as fake:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        monkeypatch.setenv("ORKWORK_OPENAI_MODEL", "tiny-1")
        settings.cache_clear()
        yield fake
    monkeypatch.undo()
    settings.cache_clear()


def kindly(sentences: list[dict[str, Any]]) -> str:
    """The same sentences, each with a kind word before it."""
    lines = [
        f'{{"sentence": {one["sentence"]}, "text": "Please note: {one["text"]}"}}'
        for one in sentences
    ]  # fmt: skip
    return f'```json\n{{"sentences": [{", ".join(lines)}]}}\n```'


def rewrite() -> bool | None:
    """One go of the clock's job, waited for; None when there was nothing to do."""
    taken = rewriting.take()
    return None if taken is None else rewriting.ask(*taken)


def assert_set(gate: threading.Event) -> None:
    assert gate.wait(30)


def told() -> list[Any]:
    return [one["after"] for one in execute("select after from events where name = 'brief.rewritten' order by seq")]


def test_its_words_stand_with_the_rows_behind_them(http: TestClient, busy: Company, model: FakeModel) -> None:
    idle: list[Any] = []
    model.meanwhile = lambda: idle.extend(
        execute(
            "select query from pg_stat_activity where state like 'idle in transaction%%' and datname = current_database()"
        )
    )
    with time_machine.travel(MORNING, tick=False):
        assert make() == 1
        model.answer = kindly
        assert rewrite() is True
        assert rewrite() is None
        kept = read(http, busy, "briefs/2026-03-03")
        ukrainian = read(http, busy, "briefs/2026-03-03?language=uk")
    assert not idle, "a transaction was open while the model was asked"
    (asked,) = model.asked
    assert (asked["path"], asked["model"], model.keys) == ("/v1/chat/completions", "tiny-1", ["Bearer sk-test"])
    summary = kept["summary"]
    assert (summary["written_by"], summary["model"], summary["refused"]) == ("model", "tiny-1", None)
    assert summary["text"].startswith(
        "Please note: The agents finished 1 task, and the work cost $12.34. Please note: 1 agent"
    )
    assert [one["sentence"] for one in summary["rewritten"]] == list(range(1, len(kept["sentences"]) + 1))
    assert (ukrainian["summary"]["written_by"], ukrainian["summary"]["rewritten"]) == ("rule", [])
    assert told() == [{"model": "tiny-1", "status": "kept", "written_by": "model"}]


@pytest.mark.parametrize(
    ("turn", "code"),
    [
        (lambda text: text.replace("$12.34", "$12.35"), "number"),
        (lambda text: text.replace("The agents", "The agents and Bob"), "name"),
        (lambda text: text.replace("HAL-10", "HAL-2"), "key"),
        (lambda text: text.replace('"sentence": 3,', '"sentence": 2,'), "left_out"),
        (lambda text: text.replace("CODE", "QA"), "name"),
        (lambda _: "Good morning! All is well.", "not_json"),
    ],
)
def test_words_that_bring_something_are_refused_and_it_says_why(
    http: TestClient, busy: Company, model: FakeModel, turn: Any, code: str
) -> None:
    model.answer = lambda sentences: turn(kindly(sentences))
    with time_machine.travel(MORNING, tick=False):
        make()
        before = read(http, busy, "briefs/2026-03-03")
        assert rewrite() is False
        assert rewrite() is None
        after = read(http, busy, "briefs/2026-03-03")
    assert after["summary"]["refused"]["code"] == code
    assert after["summary"]["model"] == "tiny-1"
    assert after["summary"]["written_by"] == "rule"
    assert (after["summary"]["text"], after["sentences"]) == (before["summary"]["text"], before["sentences"])
    assert [(one["status"], one["refused"]["code"]) for one in told()] == [("refused", code)]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (401, b"no"), (200, b"<html>"), (200, b"{}"), (200, b'{"choices": []}'), (307, b""), (429, b"{}")],
)
def test_a_model_that_is_away_takes_nothing_from_the_brief(
    http: TestClient, busy: Company, model: FakeModel, status: int, body: bytes
) -> None:
    model.status, model.body = status, body
    with time_machine.travel(MORNING, tick=False) as travelled:
        make()
        for n in range(ATTEMPTS):
            assert rewrite() is False
            assert len(model.asked) == n + 1
            assert rewrite() is None  # not at once again
            travelled.shift(PAUSE)
        assert rewrite() is None
        kept = read(http, busy, "briefs/2026-03-03")
    assert kept["summary"]["refused"] == {"code": "away", "detail": ""}
    assert kept["summary"]["text"].startswith("The agents finished 1 task")
    assert len(told()) == 1


def test_what_a_killed_worker_had_asked_for_is_asked_again(busy: Company, model: FakeModel) -> None:
    model.answer = kindly
    with time_machine.travel(MORNING, tick=False) as travelled:
        make()
        lost = rewriting.take()
        assert lost is not None
        assert rewriting.take() is None
        travelled.shift(LEASE)
        assert rewrite() is True
        assert rewriting.ask(*lost) is False  # it comes back after all, and keeps nothing
    assert len(told()) == 1


def test_the_clock_goes_on_while_a_model_thinks(busy: Company, model: FakeModel) -> None:
    gate = threading.Event()
    model.answer, model.meanwhile = kindly, lambda: assert_set(gate)
    with time_machine.travel(MORNING, tick=False):
        make()
        assert [rewriting.begin(), rewriting.begin()] == [1, 0]
        gate.set()
        for thread in threading.enumerate():
            if thread.name == "rewriting":
                thread.join(30)
    assert [one["status"] for one in told()] == ["kept"]


def test_without_a_model_none_is_asked(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    settings.cache_clear()
    with time_machine.travel(MORNING, tick=False):
        assert make() == 1
        assert rewriting.begin() == 0
    assert execute("select rewrite_at, written_by from briefs") == [{"rewrite_at": None, "written_by": "rule"}]
    assert clock.now() > MORNING
