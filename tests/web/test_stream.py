"""The streams of events: nothing missed, nothing twice, nothing that the listener may not hear."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest
import simple_websocket
from fastapi.testclient import TestClient
from httpx_sse import ServerSentEvent, connect_sse

from orkwork.core import clock, door
from orkwork.core.actor import Role, system
from orkwork.core.credentials import Credential
from orkwork.core.work import Work
from orkwork.domains.agents import service as agent_service
from orkwork.domains.audit import service as audit_service
from orkwork.domains.audit.schemas import HeardEvent
from orkwork.domains.tasks.models import Status
from orkwork.domains.tasks.schemas import MoveIn
from orkwork.domains.tasks.service import lifecycle
from orkwork.web.stream.listener import Burst, Listener
from orkwork.web.stream.wanted import Wanted
from tests.factories import Company

STREAM = {"Accept": "text/event-stream"}


class Ear:
    """A client of the stream that listens in a thread."""

    def __init__(self, url: str, headers: dict[str, str], path: str = "/api/v2/events") -> None:
        """Open the stream and wait until it is there."""
        self.heard: list[ServerSentEvent] = []
        self.ended = threading.Event()
        self._there = threading.Condition()
        self._client = httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(60, connect=10))
        self._thread = threading.Thread(target=self._listen, args=[path], daemon=True)
        self._thread.start()
        self.wait(lambda heard: any(one.event == "ready" for one in heard))

    def _listen(self, path: str) -> None:
        try:
            with connect_sse(self._client, "GET", path) as source:
                for event in source.iter_sse():
                    with self._there:
                        self.heard.append(event)
                        self._there.notify_all()
        except httpx.HTTPError:
            pass
        finally:
            self.ended.set()

    def wait(self, enough: Callable[[list[ServerSentEvent]], bool], seconds: float = 30) -> list[ServerSentEvent]:
        """What was heard once it is enough."""
        with self._there:
            assert self._there.wait_for(lambda: enough(self.heard), seconds), [e.event for e in self.heard]
            return list(self.heard)

    def names(self) -> list[str]:
        """The events, without what the stream says of itself."""
        return [one.event for one in self.heard if "." in one.event]

    @property
    def last_id(self) -> int:
        """Where a client would resume."""
        return max(int(one.id) for one in self.heard if one.id)

    def close(self) -> None:
        """Leave."""
        self._client.close()


@contextmanager
def ear(url: str, headers: dict[str, str], path: str = "/api/v2/events") -> Iterator[Ear]:
    listening = Ear(url, headers, path)
    try:
        yield listening
    finally:
        listening.close()


def labels(heard: list[ServerSentEvent], name: str = "task.created") -> list[str]:
    return [json.loads(one.data)["subject_label"] for one in heard if one.event == name]


def test_what_happens_is_heard_on_every_process(servers: list[str], company: Company) -> None:
    agent, project = company.agent(), company.project()
    with ear(servers[0], agent.headers) as one, ear(servers[1], agent.headers) as two:
        task = company.task(project)
        company.do(lifecycle.transition, task.key, MoveIn(to=Status.PLANNING))
        for listening in (one, two):
            heard = listening.wait(lambda heard: any(e.event == "task.moved" for e in heard))
            assert labels(heard) == [task.key]
            moved = json.loads(next(e.data for e in heard if e.event == "task.moved"))
            assert moved["subject_id"] == str(task.id)
            assert moved["project_id"] == str(project.id)
            assert "before" not in moved and "after" not in moved
        assert [e.id for e in one.heard if "." in e.event] == [e.id for e in two.heard if "." in e.event]


def test_a_stream_resumes_without_loss_or_repetition_while_others_write(servers: list[str], company: Company) -> None:
    agent, project = company.agent(), company.project()
    done, heard_again = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        for n in range(60):
            if n % 15 == 0:
                heard_again.acquire(timeout=60)  # so that there are four streams at least, however quick the machine
            company.task(project, f"Task {n}")
        done.set()

    writer = threading.Thread(target=write)
    got: list[ServerSentEvent] = []
    last, turn = None, 0
    writer.start()
    while True:
        finished = done.is_set()
        headers = agent.headers | ({} if last is None else {"Last-Event-ID": str(last)})
        path = "/api/v2/events?name=task.created" + ("&after=0" if last is None else "")
        with ear(servers[turn % 2], headers, path) as listening:
            heard_again.release()
            time.sleep(0.05)
            if finished:
                missing = 60 - len(labels(got))
                listening.wait(lambda heard, missing=missing: len(labels(heard)) >= missing)
            part = list(listening.heard)
        got += part
        last, turn = max(int(one.id) for one in part if one.id), turn + 1
        if finished:
            break
    writer.join()
    assert turn > 2
    assert sorted(labels(got), key=lambda key: int(key.partition("-")[2])) == [f"HAL-{n}" for n in range(1, 61)]
    ids = [int(one.id) for one in got if "." in one.event]
    assert ids == sorted(set(ids))


def test_a_slow_transaction_is_not_passed_over(servers: list[str], company: Company) -> None:
    agent, project = company.agent(), company.project()
    task = company.task(project, "slow")
    began, go = threading.Event(), threading.Event()

    def slow() -> None:
        def body(work: Work) -> None:
            lifecycle.transition(work, task.key, MoveIn(to=Status.PLANNING))
            began.set()
            go.wait(20)

        door.run(company.owner.actor, body, write=True)

    with ear(servers[0], agent.headers) as listening:
        thread = threading.Thread(target=slow)
        thread.start()
        began.wait(20)
        quick = company.task(project, "quick")
        go.set()
        thread.join()
        heard = listening.wait(lambda heard: {"task.moved", "task.created"} <= {e.event for e in heard})
    assert labels(heard) == [quick.key]
    assert labels(heard, "task.moved") == [task.key]


def test_a_listener_hears_only_what_it_may(servers: list[str], company: Company) -> None:
    shown, hidden = company.project("Shown"), company.project("Hidden")
    narrow = company.agent("narrow", project_ids=[str(shown.id)])
    blind = company.agent("blind", scopes=["agents:read"])
    member, admin = company.person(Role.MEMBER), company.person(Role.ADMIN)
    with (
        ear(servers[0], narrow.headers) as one,
        ear(servers[0], blind.headers) as two,
        ear(servers[0], member.headers) as three,
        ear(servers[0], admin.headers) as four,
    ):
        company.task(hidden, "secret")
        company.agent("new")
        task = company.task(shown, "open")
        for listening in (one, three, four):
            listening.wait(lambda heard: task.key in labels(heard))
        two.wait(lambda heard: any(e.event == "agent.created" for e in heard))
        assert labels(one.heard) == [task.key]
        assert set(two.names()) == {"agent.created"}
        assert len(labels(three.heard)) == 2 and "key.created" not in three.names()
        assert "key.created" in four.names()


def test_names_and_projects_narrow_what_is_heard(servers: list[str], company: Company) -> None:
    agent, one, other = company.agent(), company.project("One"), company.project("Other")
    with ear(
        servers[0], agent.headers, f"/api/v2/events?name=task.moved&name=comment.*&project={one.key_prefix}"
    ) as it:
        for project in (other, one):
            task = company.task(project)
            company.do(lifecycle.transition, task.key, MoveIn(to=Status.PLANNING))
        it.wait(lambda heard: any(e.event == "task.moved" for e in heard))
        assert it.names() == ["task.moved"]
        assert labels(it.heard, "task.moved") == [task.key]


@pytest.mark.parametrize("end", ["the key is revoked", "the agent is retired"])
def test_a_key_that_is_taken_away_ends_its_stream(servers: list[str], company: Company, end: str) -> None:
    agent, other, project = company.agent("A"), company.agent("B"), company.project()
    with ear(servers[0], agent.headers) as cut, ear(servers[0], other.headers) as kept:
        if end == "the key is revoked":
            key_id = door.run(
                company.owner.actor,
                lambda work: work.all("select id from api_keys where agent_id = %(id)s", {"id": agent.id})[0]["id"],
                write=False,
            )
            company.do(agent_service.revoke_key, agent.id, key_id)
        else:
            company.do(agent_service.retire_agent, agent.id)
        assert cut.ended.wait(30)
        task = company.task(project)
        kept.wait(lambda heard: labels(heard) == [task.key])
        assert labels(cut.heard) == []


def test_history_that_is_no_longer_kept_is_a_gap(servers: list[str], company: Company) -> None:
    agent, project = company.agent(), company.project()
    first = company.task(project, "erased")
    with ear(servers[0], agent.headers, "/api/v2/events?after=0") as listening:
        listening.wait(lambda heard: labels(heard) == [first.key])

    def erase(work: Work) -> None:
        audit_service.erase(work, "e.subject_id = %(id)s", {"id": first.id}, "a test")

    door.run(system("test"), erase, write=True)
    with ear(servers[0], agent.headers, "/api/v2/events?after=0") as listening:
        heard = listening.wait(lambda heard: any(e.event == "project.created" for e in heard))
    [gap] = [json.loads(e.data) for e in heard if e.event == "gap"]
    assert gap["first"] == gap["last"]
    assert labels(heard) == []


def test_a_position_that_is_not_there_yet_is_a_gap_too(http: TestClient, company: Company) -> None:
    agent = company.agent()
    found = http.get("/api/v2/events?after=999999", headers=agent.headers).json()
    assert found["items"] == []
    assert found["gap"]["last"] == 999999
    assert found["position"] < 999999


def test_a_page_gives_what_a_stream_would(http: TestClient, company: Company) -> None:
    agent, project = company.agent(), company.project()
    for n in range(5):
        company.task(project, f"Task {n}")
    found: dict[str, Any] = {"more": True}
    while found["more"]:
        door.run(system("test"), audit_service.seal, write=True)
        found = http.get("/api/v2/events?after=0&limit=500", headers=agent.headers).json()
    assert [e["subject_label"] for e in found["items"] if e["name"] == "task.created"] == [
        f"HAL-{n}" for n in range(1, 6)
    ]
    page = http.get("/api/v2/events?after=0&limit=3&name=task.*", headers=agent.headers).json()
    assert page["more"] and page["position"] == 3


@pytest.mark.parametrize(
    ("query", "header", "field"),
    [
        ("name=task", {}, "name.0"),
        ("name=task.moved;drop", {}, "name.0"),
        ("after=-1", {}, "after"),
        ("after=x", {}, "after"),
        ("nonsense=1", {}, "nonsense"),
        ("", {"Last-Event-ID": "x"}, "Last-Event-ID"),
        ("", {"Last-Event-ID": "9" * 25}, "Last-Event-ID"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(
    http: TestClient, company: Company, query: str, header: dict[str, str], field: str
) -> None:
    answer = http.get(f"/api/v2/events?{query}", headers=company.agent().headers | header | STREAM)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_listener_that_is_too_slow_is_let_go() -> None:
    event = HeardEvent(
        pos=1, occurred_at=clock.now(), name="task.created", actor_kind="user", actor_id=None, actor_name="Owner",
        subject_kind="task", subject_id=uuid4(), subject_label="ORK-1", project_id=None,
    )  # fmt: skip

    async def listen() -> list[int]:
        listener = Listener(Credential("bearer", "x"), system("test"), Wanted())
        told = []
        with suppress(asyncio.CancelledError):
            for n in range(1, 20):
                listener.put(Burst([event] * 1000, n))
                told.append(n)
                await asyncio.sleep(0)
        return told

    assert asyncio.run(listen()) == [1, 2, 3, 4, 5, 6]


def test_nobody_listens_without_a_key(servers: list[str], company: Company) -> None:
    answer = httpx.get(f"{servers[0]}/api/v2/events", headers=STREAM)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


class Socket:
    """A client of the web socket."""

    def __init__(self, url: str, headers: dict[str, str], query: str = "") -> None:
        """Open it."""
        address = f"{url.replace('http', 'ws')}/api/v2/ws{query}"
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.socket = simple_websocket.Client.connect(address, headers=pairs)

    def until(self, kind: str) -> dict[str, Any]:
        """The next message of a kind."""
        while True:
            text = self.socket.receive(30)
            assert text is not None, f"no {kind} came"
            message = json.loads(text)
            if message["type"] == kind:
                return message["data"]

    def say(self, **message: Any) -> None:
        """Say something."""
        self.socket.send(json.dumps(message))


@contextmanager
def socket(url: str, headers: dict[str, str], query: str = "") -> Iterator[Socket]:
    opened = Socket(url, headers, query)
    try:
        yield opened
    finally:
        with suppress(simple_websocket.ConnectionClosed):
            opened.socket.close()


def test_a_socket_hears_resumes_and_changes_its_wish(servers: list[str], company: Company) -> None:
    agent, project = company.agent(), company.project()
    with socket(servers[0], agent.headers) as first:
        position = first.until("ready")["position"]
        task = company.task(project)
        assert first.until("task.created")["subject_label"] == task.key
    with socket(servers[1], agent.headers, f"?after={position}&name=task.*") as second:
        assert second.until("ready")["position"] == position
        assert second.until("task.created")["subject_label"] == task.key
        second.say(type="ping")
        second.until("pong")
        second.say(type="subscribe", name=["agent.*"])
        assert second.until("subscribed")["name"] == ["agent.*"]
        company.task(project)
        company.agent("new")
        message = json.loads(str(second.socket.receive(30)))
        assert message["type"] == "agent.created"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ("no json", "body"),
        ('{"type":"dance"}', "body"),
        ('{"type":"subscribe","name":["x"]}', "subscribe.name.0"),
        ('{"type":"ping","more":1}', "ping.more"),
        ("[]", "body"),
    ],
)
def test_a_socket_answers_nonsense_with_the_reason(servers: list[str], company: Company, said: str, field: str) -> None:
    with socket(servers[0], company.agent().headers) as opened:
        opened.until("ready")
        opened.socket.send(said)
        problem = opened.until("problem")
        assert problem["status"] == 422
        assert [error["field"] for error in problem["errors"]] == [field]
        opened.say(type="ping")
        opened.until("pong")


@pytest.mark.parametrize(
    ("who", "query", "status", "code"),
    [
        ("nobody", "", 401, 4401),
        ("a made-up key", "", 401, 4401),
        ("a foreign page", "", 403, 4403),
        ("an agent with a wrong wish", "?name=x", 422, 4403),
        ("an agent with an unknown wish", "?x=1", 422, 4403),
    ],
)
def test_a_socket_refuses_and_says_why(
    http: TestClient, company: Company, who: str, query: str, status: int, code: int
) -> None:
    headers = {
        "nobody": {},
        "a made-up key": {"Authorization": "Bearer ork_" + "0" * 49},
        "a foreign page": company.owner.headers | {"Origin": "https://evil.example"},
    }.get(who, company.agent().headers)
    with http.websocket_connect(f"/api/v2/ws{query}", headers=headers) as opened:
        problem = opened.receive_json()
        assert problem["type"] == "problem"
        assert problem["data"]["status"] == status
        assert opened.receive()["code"] == code
