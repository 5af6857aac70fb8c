"""What starts runs: the clock, events, signed requests; each once."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from fastapi.testclient import TestClient
from standardwebhooks.webhooks import Webhook

from jobs import outbox
from orkwork.core import clock, encryption
from orkwork.core.actor import Role
from orkwork.domains.tasks.models import Status
from orkwork.domains.workflows.models import RunState, SwitchState, WorkflowState
from orkwork.domains.workflows.queries import starting as starting_queries
from orkwork.domains.workflows.queries import templates
from orkwork.domains.workflows.schemas.starting import BackfillIn, HookIn, ScheduleIn, ScheduleOut, TriggerIn
from orkwork.domains.workflows.schemas.templates import WorkflowPatch
from orkwork.domains.workflows.service import editing, hooking, running, scheduling, triggering
from tests.bench.real_data import DATA, needs_data
from tests.domains.workflows.flowing import (
    BASE,
    counts,
    end,
    follow,
    perform,
    rows,
    run_of,
    start,
    steps,
    tick,
    workflow,
)
from tests.factories import Company

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = steps(("a", ()))


def schedule(company: Company, ref: Any, cron: str = "0 * * * *", **fields: Any) -> ScheduleOut:
    body = ScheduleIn.model_validate({"name": "Hourly", "cron": cron} | fields)
    return company.do(scheduling.create_schedule, ref, body)


def runs() -> list[dict[str, Any]]:
    return rows("select id, number, state, trigger, trigger_key, inputs from workflow_runs order by id")


def later(hours: float) -> time_machine.travel:
    return time_machine.travel(NOON + timedelta(hours=hours), tick=False)


# --- schedules -------------------------------------------------------------------------------------------------------


def test_a_tick_starts_one_run_with_its_moment_filled_in(company: Company) -> None:
    with later(0):
        made = workflow(company, steps=ONE, inputs=[{"name": "day"}, {"name": "n", "type": "integer"}])
        one = schedule(company, made.id, inputs={"day": "for {{schedule.day}}", "n": 5})
        assert [at.hour for at in one.next_ticks] == [13, 14, 15, 16, 17]
        tick()
        assert runs() == []
    with later(1.01):
        tick()
        tick()
    [run] = runs()
    assert (run["trigger"], run["trigger_key"]) == ("schedule", "2026-03-02T13:00:00Z")
    assert run["inputs"] == {"day": "for 2026-03-02", "n": 5}
    [after] = rows("select next_at, last_at from workflow_schedules")
    assert (after["next_at"], after["last_at"]) == (NOON + timedelta(hours=2), NOON + timedelta(hours=1))


def test_two_clocks_at_once_carry_out_each_tick_once(company: Company) -> None:
    with later(0):
        made = workflow(company, steps=ONE)
        for _ in range(5):
            schedule(company, made.id, overlap="allow", catch_up=3)
    with later(3.5):
        both = [threading.Thread(target=tick) for _ in range(4)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
    found = rows("select trigger_id, count(*) as n, count(distinct trigger_key) as ticks from workflow_runs group by 1")
    assert [(row["n"], row["ticks"]) for row in found] == [(3, 3)] * 5


@pytest.mark.parametrize(
    ("overlap", "states", "told"),
    [
        ("skip", ["running"], {"skipped": 1, "status": "skipped"}),
        ("queue", ["running", "queued"], {"queued": 1, "status": "queued"}),
        ("allow", ["running", "running"], {"started": 1, "status": "started"}),
    ],
)
def test_a_tick_during_a_run_is_skipped_queued_or_allowed(
    company: Company, overlap: str, states: list[str], told: dict[str, Any]
) -> None:
    with later(0):
        schedule(company, workflow(company, steps=ONE).id, overlap=overlap)
    for hours in (1, 2):
        with later(hours):
            tick()
    assert [run["state"] for run in runs()] == states
    [last, *_] = rows("select after from events where name = 'workflow_schedule.ticked' order by seq desc")
    assert {name: last["after"].get(name) for name in told} == told


def test_a_queued_run_begins_when_the_one_before_has_ended(company: Company) -> None:
    with later(0):
        worker, made = company.agent(), workflow(company, steps=ONE)
        schedule(company, made.id, overlap="queue")
    for hours in (1, 2, 3):
        with later(hours):
            tick()
    assert [run["state"] for run in runs()] == ["running", "queued", "queued"]
    first, second, third = (company.do(running.queries.run, run["id"]) for run in runs())
    end(company, first, worker, "a")
    assert run_of(company, second.id).state is RunState.RUNNING
    assert [run["state"] for run in runs()] == ["completed", "running", "queued"]
    company.do(running.cancel_run, second.id)
    assert [run["state"] for run in runs()] == ["completed", "cancelled", "running"]
    company.do(running.cancel_run, third.id)
    assert counts()["tasks"] == 3


def test_a_queued_run_that_can_not_begin_any_more_is_cancelled_and_holds_nothing_up(
    http: TestClient, company: Company
) -> None:
    with later(0):
        worker, made = company.agent(), workflow(company, steps=ONE)
        schedule(company, made.id, overlap="queue")
    for hours in (1, 2, 3):
        with later(hours):
            tick()
    first = company.do(running.queries.run, runs()[0]["id"])
    end(company, first, worker, "a")
    http.patch(f"{BASE}/projects/{made.project_id}", json={"status": "archived"}, headers=company.owner.headers)
    follow()
    assert [run["state"] for run in runs()] == ["completed", "cancelled", "cancelled"]


@pytest.mark.parametrize(("catch_up", "keys"), [(1, ["15"]), (2, ["14", "15"]), (9, ["13", "14", "15"])])
def test_ticks_that_passed_unseen_are_made_up_for_up_to_the_limit(
    company: Company, catch_up: int, keys: list[str]
) -> None:
    with later(0):
        schedule(company, workflow(company, steps=ONE).id, overlap="allow", catch_up=catch_up)
    with later(3.2):
        tick()
    assert [run["trigger_key"][11:13] for run in runs()] == keys
    [told] = rows("select after from events where name = 'workflow_schedule.ticked'")
    assert told["after"].get("missed", 0) == 3 - len(keys)


def test_a_schedule_that_keeps_failing_pauses_and_a_person_resumes_it(http: TestClient, company: Company) -> None:
    with later(0):
        worker, made = company.agent(), workflow(company, steps=ONE)
        one = schedule(company, made.id, pause_after=2)
    for hours in (1, 2):
        with later(hours):
            tick()
            last = company.do(running.queries.run, runs()[-1]["id"])
            end(company, last, worker, "a", to=Status.FAILED)
            follow()
    with later(3):
        tick()
    assert len(runs()) == 2
    [paused] = rows("select state, failures, next_at from workflow_schedules")
    assert (paused["state"], paused["failures"], paused["next_at"]) == ("paused", 2, None)
    with later(3.5):
        headers = company.person(Role.OWNER).headers
        [asked] = http.get(f"{BASE}/decisions/pending", headers=headers).json()["items"]
        assert asked["title"] == "Ship it: the schedule Hourly has paused, it failed 2 times in a row"
        body = {"option": "resume", "reasoning": "mended"}
        assert http.post(f"{BASE}/decisions/{asked['id']}/resolve", json=body, headers=headers).status_code == 200
        found = http.get(f"{BASE}/workflow-schedules/{one.id}", headers=headers).json()
        assert (found["state"], found["failures"], found["next_at"]) == ("active", 0, "2026-03-02T16:00:00Z")


def test_a_run_that_completes_ends_the_row_of_failures(company: Company) -> None:
    with later(0):
        worker, made = company.agent(), workflow(company, steps=ONE)
        schedule(company, made.id, pause_after=2)
    for hours, to in ((1, Status.FAILED), (2, Status.COMPLETED), (3, Status.FAILED)):
        with later(hours):
            tick()
            end(company, company.do(running.queries.run, runs()[-1]["id"]), worker, "a", to=to)
            follow()
    [one] = rows("select state, failures from workflow_schedules")
    assert (one["state"], one["failures"]) == ("active", 1)


def test_a_schedule_whose_workflow_is_paused_starts_nothing(http: TestClient, company: Company) -> None:
    with later(0):
        made = workflow(company, steps=ONE)
        schedule(company, made.id)
    with later(0.5):
        headers = company.person(Role.OWNER).headers
        http.patch(f"{BASE}/workflows/{made.id}", json={"state": "paused"}, headers=headers)
    with later(1):
        tick()
    assert runs() == []


def test_a_backfill_makes_up_for_a_period_once(company: Company) -> None:
    with later(0):
        made = workflow(company, steps=ONE)
        one = schedule(company, made.id, overlap="allow")
    with later(2):
        tick()
    with later(2.5):
        wanted = BackfillIn(since=NOON - timedelta(hours=2), until=NOON + timedelta(hours=1))
        done = company.do(scheduling.backfill, one.id, wanted)
        assert (done.ticks, done.started, done.queued, done.known) == (4, 0, 4, 0)
        again = company.do(scheduling.backfill, one.id, wanted)
        assert (again.ticks, again.known) == (4, 4)
    assert len({run["trigger_key"] for run in runs()}) == len(runs()) == 5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"since": "2026-03-02T12:00:00Z", "until": "2036-03-02T13:00:00Z"}, "until"),
        ({"since": "2026-03-02T12:00:00Z", "until": "2026-03-02T11:00:00Z"}, "since"),
        ({"since": "2026-03-02T11:01:00Z", "until": "2026-03-02T11:59:00Z"}, "since"),
        ({"since": "2025-03-02T11:01:00Z", "until": "2026-03-02T11:59:00Z"}, "until"),
        ({"since": "2026-03-02T11:01:00", "until": "2026-03-02T11:59:00Z"}, "since"),
    ],
)
def test_a_period_that_can_not_be_made_up_for_is_refused(
    http: TestClient, company: Company, body: dict[str, str], field: str
) -> None:
    one = schedule(company, workflow(company, steps=ONE).id)
    answer = http.post(f"{BASE}/workflow-schedules/{one.id}/backfill", json=body, headers=company.owner.headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert runs() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"cron": "now"}, "cron"),
        ({"cron": "0 9 * * *", "overlap": "maybe"}, "overlap"),
        ({"cron": "0 9 * * *", "catch_up": 0}, "catch_up"),
        ({"cron": "0 9 * * *", "inputs": {"what": "x", "z": 1}}, "inputs.z"),
        ({"cron": "0 9 * * *", "inputs": {"what": "{{event.name}}"}}, "inputs.what"),
        ({"cron": "0 9 * * *", "inputs": {"what": 5}}, "inputs.what"),
        ({"cron": "0 9 * * *"}, "inputs.what"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_named(
    http: TestClient, company: Company, body: dict[str, Any], field: str
) -> None:
    made = workflow(company, steps=ONE, inputs=[{"name": "what", "required": True}])
    before = counts()
    answer = http.post(f"{BASE}/workflows/{made.id}/schedules", json=body, headers=company.owner.headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert counts() == before


def test_schedules_move_with_the_companys_zone(http: TestClient, company: Company) -> None:
    made = workflow(company, steps=ONE)
    one = schedule(company, made.id, "0 9 * * *")
    http.patch(f"{BASE}/settings", json={"time_zone": "Asia/Tokyo"}, headers=company.owner.headers)
    outbox.drain()
    found = http.get(f"{BASE}/workflow-schedules/{one.id}", headers=company.owner.headers).json()
    assert (found["time_zone"], found["next_at"][11:16], one.next_at and one.next_at.hour) == ("Asia/Tokyo", "00:00", 9)


def test_inputs_that_a_schedule_does_not_give_are_not_demanded_later(http: TestClient, company: Company) -> None:
    made = workflow(company, steps=ONE)
    schedule(company, made.id)
    patch = {"inputs": [{"name": "what", "required": True}]}
    answer = http.patch(f"{BASE}/workflows/{made.id}", json=patch, headers=company.owner.headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "inputs")
    assert "Hourly" in answer.text


# --- events ----------------------------------------------------------------------------------------------------------


def trigger(company: Company, ref: Any, pattern: str, **fields: Any) -> UUID:
    body = TriggerIn.model_validate({"name": "When", "pattern": pattern} | fields)
    return company.do(triggering.create_trigger, ref, body).id


def test_an_event_that_passes_the_filter_starts_one_run(http: TestClient, company: Company) -> None:
    made = workflow(company, steps=ONE, inputs=[{"name": "key"}, {"name": "title"}])
    old = company.task(company.project("Old"))
    follow()
    mapping = {"key": "{{event.subject_label}}", "title": "after {{event.after.title}}"}
    one = trigger(company, made.id, "task.created", filter='event.after.status == "READY"', inputs=mapping)
    other = company.project("Other")
    company.task(other, "Not ready")
    fits = company.task(other, "{{input.key}}", ready=True)
    follow()
    follow()
    assert [run["inputs"] for run in runs()] == [{"key": fits.key, "title": "after {{input.key}}"}]
    assert old.key not in str(runs())
    found = http.get(f"{BASE}/workflow-triggers/{one}", headers=company.owner.headers).json()
    assert (found["runs"], found["state"]) == (1, "active")


def test_what_a_run_does_never_starts_its_workflow_again(company: Company) -> None:
    first, second = workflow(company, steps=ONE), workflow(company, company.project("Two"), name="Two", steps=ONE)
    trigger(company, first.id, "task.*")
    trigger(company, first.id, "workflow_run.*")
    trigger(company, second.id, "workflow_run.created")
    trigger(company, first.id, "workflow_schedule.*")
    run = start(company, first.id)
    end(company, run, company.agent(), "a")
    for _ in range(5):
        follow()
    names = [
        row["name"]
        for row in rows("select w.name from workflow_runs r join workflows w on w.id = r.workflow_id order by r.id")
    ]
    assert names == ["Ship it", "Two"]
    assert rows("select count(*) as n from events where name = 'workflow_trigger.refused'")[0]["n"] > 0


def test_a_trigger_that_starts_too_much_pauses_and_asks(http: TestClient, company: Company) -> None:
    made, other = workflow(company, steps=ONE), company.project("Other")
    trigger(company, made.id, "task.created", max_per_hour=3)
    for _ in range(6):
        company.task(other)
    follow()
    assert len(runs()) == 3
    assert rows("select state from workflow_triggers")[0]["state"] == SwitchState.PAUSED
    [asked] = http.get(f"{BASE}/decisions/pending", headers=company.owner.headers).json()["items"]
    path = f"{BASE}/workflow-triggers/{asked['context']['trigger_id']}"
    assert http.patch(path, json={"state": "active"}, headers=company.owner.headers).status_code == 200
    assert http.get(f"{BASE}/decisions/pending", headers=company.owner.headers).json()["items"] == []
    for _ in range(6):
        company.task(other)
    follow()
    assert len(runs()) == 6
    [asked] = http.get(f"{BASE}/decisions/pending", headers=company.owner.headers).json()["items"]
    body = {"option": "resume"}
    assert (
        http.post(f"{BASE}/decisions/{asked['id']}/resolve", json=body, headers=company.owner.headers).status_code
        == 200
    )
    assert rows("select state from workflow_triggers")[0]["state"] == SwitchState.ACTIVE


def test_an_event_that_does_not_fill_what_is_required_is_told(company: Company) -> None:
    made = workflow(company, steps=ONE, inputs=[{"name": "n", "type": "integer", "required": True}])
    trigger(company, made.id, "task.created", inputs={"n": "{{event.after.title}}"})
    company.task(company.project("Other"))
    follow()
    assert runs() == []
    [told] = rows("select after from events where name = 'workflow_trigger.refused'")
    assert told["after"]["reason"] == "inputs.n: must be a whole number"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"pattern": "nothing.here"}, "pattern"),
        ({"pattern": "workflow_trigger.*"}, "pattern"),
        ({"pattern": "*"}, "pattern"),
        ({"pattern": "task.*", "filter": "event.after.status = 5"}, "filter"),
        ({"pattern": "task.*", "filter": "input.x"}, "filter"),
        ({"pattern": "task.*", "inputs": {"x": 1}}, "inputs.x"),
    ],
)
def test_what_is_wrong_with_a_trigger_is_named(
    http: TestClient, company: Company, body: dict[str, Any], field: str
) -> None:
    made = workflow(company, steps=ONE)
    answer = http.post(f"{BASE}/workflows/{made.id}/triggers", json=body, headers=company.owner.headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


# --- webhooks --------------------------------------------------------------------------------------------------------


class Sender:
    """Somebody who knows a webhook's secret."""

    def __init__(self, http: TestClient, company: Company, **mapping: Any) -> None:
        made = workflow(company, steps=ONE, inputs=[{"name": name} for name in mapping])
        self.made = company.do(hooking.create_hook, made.id, HookIn(inputs=mapping))
        self.http, self.path = http, f"{BASE}/hooks/{self.made.id}"

    def send(self, body: bytes, msg: str = "msg_1", at: datetime | None = None, **changed: str) -> Any:
        at = at or clock.now()
        signature = Webhook(self.made.secret).sign(msg, at, body.decode())
        headers = {
            "webhook-id": msg,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
            "content-type": "application/json",
        }
        return self.http.post(
            self.path, content=body, headers=headers | {k.replace("_", "-"): v for k, v in changed.items()}
        )


def test_a_signed_request_starts_a_run_with_the_bodys_values_once(http: TestClient, company: Company) -> None:
    sender = Sender(http, company, repo="{{payload.repository.name}}", first="{{payload.commits.0.id}}")
    body = json.dumps({"repository": {"name": "orkwork"}, "commits": [{"id": "abc"}]}).encode()
    taken = sender.send(body)
    assert taken.status_code == 202, taken.text
    again = sender.send(body)
    assert (again.status_code, again.json()) == (202, taken.json() | {"repeated": True})
    [run] = runs()
    assert (run["inputs"], run["trigger"], run["trigger_key"]) == (
        {"repo": "orkwork", "first": "abc"},
        "webhook",
        "msg_1",
    )
    assert sender.send(body, "msg_2").json()["number"] == 2
    shown = http.get(f"{BASE}/workflow-hooks/{sender.made.id}", headers=company.owner.headers)
    assert shown.json()["runs"] == 2
    assert sender.made.secret not in shown.text
    kept = rows("select secret, to_jsonb(h)::text as whole from workflow_hooks h")[0]
    assert base64.b64decode(sender.made.secret.removeprefix("whsec_")) not in bytes(kept["secret"])
    assert sender.made.secret not in str(rows("select after from events"))


def test_the_same_request_at_once_starts_one_run(http: TestClient, company: Company) -> None:
    sender, answers = Sender(http, company), []
    threads = [threading.Thread(target=lambda: answers.append(sender.send(b"{}"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [202] * 6
    assert sum(not answer.json()["repeated"] for answer in answers) == 1
    assert len(runs()) == 1


def test_a_request_that_is_not_signed_well_starts_nothing(http: TestClient, company: Company) -> None:
    sender, now = Sender(http, company), clock.now()
    before = counts()
    good = Webhook(sender.made.secret).sign("msg_1", now, "{}")
    wrong: list[dict[str, str]] = [
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,!!!"},
        {"webhook_signature": good.replace("v1,", "v2,")},
        {"webhook_signature": "v1," + base64.b64encode(b"\x00" * 32).decode()},
        {"webhook_id": "msg_2"},
        {"webhook_id": ""},
        {"webhook_timestamp": str(int(now.timestamp()) + 1)},
        {"webhook_timestamp": "nan"},
        {"webhook_timestamp": "1e400"},
        {"webhook_timestamp": "soon"},
    ]
    for headers in wrong:
        answer = sender.send(b"{}", at=now, **headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/workflow.hook_signature"), headers
    for minutes in (-6, 6):
        assert sender.send(b"{}", at=now + timedelta(minutes=minutes)).status_code == 401
    assert http.post(sender.path, content=b"{}").status_code == 401
    assert (
        http.post(
            sender.path,
            content=b"\xff\xfe",
            headers={"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"},
        ).status_code
        == 401
    )
    assert http.post(f"{BASE}/hooks/{UUID(int=1)}", content=b"{}").status_code == 404
    assert counts() == before
    assert sender.send(b"{}", at=now, webhook_signature=f"v1,AAAA {good}").status_code == 202


def test_a_body_that_is_no_json_or_too_large_is_refused_and_may_be_sent_again(
    http: TestClient, company: Company
) -> None:
    sender = Sender(http, company, n="{{payload.n}}")
    for body, status in ((b"{", 422), (b"[" * 50 + b"]" * 50, 422), (b'{"n": NaN}', 422), (b'{"n": 5}', 422)):
        assert sender.send(body).status_code == status, body
    assert sender.send(b'{"n": "' + b"x" * 300_000 + b'"}').status_code == 413
    assert runs() == []
    assert sender.send(b'{"n": "5"}').status_code == 202


def test_a_new_secret_makes_the_old_one_useless_and_a_paused_webhook_takes_nothing(
    http: TestClient, company: Company
) -> None:
    sender = Sender(http, company)
    path = f"{BASE}/workflow-hooks/{sender.made.id}"
    renewed = http.post(f"{path}/secret", headers=company.owner.headers)
    assert sender.send(b"{}").status_code == 401
    sender.made.secret = renewed.json()["secret"]
    http.patch(path, json={"state": "paused"}, headers=company.owner.headers)
    assert sender.send(b"{}").status_code == 409
    http.patch(path, json={"state": "active"}, headers=company.owner.headers)
    assert sender.send(b"{}").status_code == 202
    assert http.delete(path, headers=company.owner.headers).status_code == 204
    assert sender.send(b"{}", "msg_9").status_code == 404


def test_a_webhook_is_not_asked_more_than_it_may_be(http: TestClient, company: Company) -> None:
    sender = Sender(http, company)
    found = {sender.send(b"{}", "one").status_code for _ in range(130)}
    assert found == {202, 429}


@pytest.mark.realdata
@needs_data
def test_the_standards_own_vector_is_taken_or_is_skipped_without_shared_data(
    http: TestClient, company: Company
) -> None:
    path = DATA / "conformance" / "standard_webhooks" / "vectors.json"
    vector = json.loads(path.read_text())["sign"]
    sender = Sender(http, company)
    kept = encryption.encrypt(vector["key"].encode(), hooking.PURPOSE)
    perform(lambda work: work.sql("update workflow_hooks set secret = %(kept)s", {"kept": kept}))
    headers = {name: str(vector[name]) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    body = vector["payload"].encode()
    assert http.post(sender.path, content=body, headers=headers).status_code == 401, "long ago"
    for seconds, status in ((-301, 401), (299, 202), (301, 401)):
        at = datetime.fromtimestamp(vector["webhook-timestamp"] + seconds, UTC)
        with time_machine.travel(at, tick=False):
            assert http.post(sender.path, content=body, headers=headers).status_code == status, seconds
    with time_machine.travel(datetime.fromtimestamp(vector["webhook-timestamp"], UTC), tick=False):
        for wrong in ("v1,dawfeoifkpqwoekfpqoekf", headers["webhook-signature"][:8], "v1,"):
            sent = headers | {"webhook-signature": wrong}
            assert http.post(sender.path, content=body, headers=sent).status_code == 401, wrong


def test_old_requests_are_forgotten(http: TestClient, company: Company) -> None:
    Sender(http, company).send(b"{}")
    assert perform(hooking.forget_requests) == 0
    with time_machine.travel(clock.now() + timedelta(days=8)):
        assert perform(hooking.forget_requests) == 1


def test_an_archived_workflow_ticks_no_more_and_begins_from_now_when_it_is_back(company: Company) -> None:
    made = workflow(company)
    company.do(scheduling.create_schedule, made.id, ScheduleIn(cron="* * * * *", catch_up=5))
    company.do(editing.update_workflow, made.id, WorkflowPatch(state=WorkflowState.ARCHIVED))
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        tick()
        assert rows("select count(*) as n from events where name = 'workflow_schedule.ticked'") == [{"n": 0}]
        company.do(editing.update_workflow, made.id, WorkflowPatch(state=WorkflowState.ACTIVE))
        tick()
        assert rows("select count(*) as n from workflow_runs") == [{"n": 0}]
        [one] = company.do(starting_queries.schedules, made.id)
        assert one.next_at > clock.now()


def test_the_palette_finds_workflows_by_their_names(company: Company) -> None:
    made = workflow(company, name="Nightly 100% report")
    found = company.do(templates.named, "ight")
    assert [(one.key, one.name, one.project_key) for one in found] == [(made.key, "Nightly 100% report", "HAL")]
    assert company.do(templates.named, "0% R") and not company.do(templates.named, "_")
    company.do(editing.update_workflow, made.id, WorkflowPatch(state=WorkflowState.ARCHIVED))
    assert company.do(templates.named, "ight") == []
