"""Recorded workflows: imported whole, and run under a clock of the test's own at the recorded pace."""

import gzip
import heapq
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from bench.flows.recording import Recording, read
from orkwork.cli.main import commands
from orkwork.core import clock
from orkwork.domains.workflows.queries import templates
from orkwork.domains.workflows.rules import steps
from tests.bench.real_data import DAGS, needs_data
from tests.domains.workflows.flowing import BASE, counts, follow
from tests.factories import Company, Worker

FILES = sorted((DAGS / "wfinstances").glob("*.json*"))
SIMULATED = 60
"""The largest that the tests run; `python -m bench.flows` runs them all."""
SMALL = {
    "name": "Fork and join",
    "workflow": {
        "specification": {
            "tasks": [
                {"name": "split", "id": "split", "parents": []},
                {"name": "left", "id": "left", "parents": ["split"]},
                {"name": "right", "id": "right", "parents": ["split"]},
                {"name": "join", "id": "join", "parents": ["left", "right"]},
            ]
        },
        "execution": {
            "makespanInSeconds": 12,
            "tasks": [
                {"id": "split", "runtimeInSeconds": 1.5},
                {"id": "left", "runtimeInSeconds": 7},
                {"id": "right", "runtimeInSeconds": 3},
                {"id": "join", "runtimeInSeconds": 2},
            ],
        },
    },
}


class Simulation:
    """Works a run off in its own time: whatever can be claimed is claimed at once, and ends when its runtime is over."""

    def __init__(self, http: TestClient, worker: Worker, seconds: dict[str, float]) -> None:
        self.http, self.worker, self.seconds = http, worker, seconds
        self.now = self.began = clock.now()
        self.under_way: list[tuple[datetime, str, int]] = []

    def send(self, method: str, path: str, body: Any) -> Any:
        answer = self.http.request(method, BASE + path, json=body, headers=self.worker.headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def work(self) -> float:
        """The makespan in seconds."""
        while True:
            with time_machine.travel(self.now, tick=False):
                self._claim()
            if not self.under_way:
                return (self.now - self.began).total_seconds()
            self.now = self.under_way[0][0]
            with time_machine.travel(self.now, tick=False):
                while self.under_way and self.under_way[0][0] == self.now:
                    _, run, fence = heapq.heappop(self.under_way)
                    self.send("PATCH", f"/executions/{run}", {"status": "succeeded", "fence": fence})

    def _claim(self) -> None:
        body = {"limit": 50, "start": True, "lease_seconds": 86_400}
        while claims := self.send("POST", "/tasks/claim", body)["claims"]:
            for claim in claims:
                ends = self.now + timedelta(seconds=self.seconds[claim["task"]["id"]])
                heapq.heappush(self.under_way, (ends, claim["execution"]["id"], claim["fence"]))


def simulate(http: TestClient, company: Company, recording: Recording) -> None:
    """Import and run it: every dependency is kept, and with enough workers it takes its critical path, no more."""
    worker = company.agent(max_concurrent_tasks=1000)
    body = {"document": recording.document, "project_id": str(company.project().id), "name": recording.name}
    made = http.post(f"{BASE}/workflows/import", json=body, headers=company.owner.headers)
    assert made.status_code == 201, made.text
    started = http.post(f"{BASE}/workflows/{made.json()['id']}/runs", json={}, headers=company.owner.headers).json()
    assert {s["step"]: set(s["depends_on"]) for s in started["steps"]} == recording.needs
    simulation = Simulation(http, worker, {s["task_id"]: recording.seconds[s["step"]] for s in started["steps"]})
    took = simulation.work()
    follow()
    shown = http.get(f"{BASE}/workflow-runs/{started['id']}", headers=company.owner.headers).json()
    assert (shown["state"], shown["completed"]) == ("completed", len(recording.needs))
    starts, ends = (
        {s["step"]: datetime.fromisoformat(s[moment]) for s in shown["steps"]}
        for moment in ("started_at", "completed_at")
    )
    assert [(key, need) for key, found in recording.needs.items() for need in found if starts[key] < ends[need]] == []
    assert took == pytest.approx(recording.critical_seconds, abs=0.001)
    needs = {key: sorted(found) for key, found in recording.needs.items()}
    assert steps.critical_seconds(needs, recording.seconds) == pytest.approx(recording.critical_seconds)


def test_a_recorded_workflow_takes_its_critical_path(http: TestClient, company: Company, tmp_path: Path) -> None:
    path = tmp_path / "small.json.gz"
    path.write_bytes(gzip.compress(json.dumps(SMALL).encode()))
    recording = read(path)
    assert (recording.critical_seconds, recording.makespan_seconds, recording.edges) == (10.5, 12, 4)
    simulate(http, company, recording)


@pytest.mark.realdata
@needs_data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_a_real_workflow_keeps_every_dependency_or_is_skipped_without_shared_data(
    http: TestClient, company: Company, path: Path
) -> None:
    recording = read(path)
    if len(recording.needs) <= SIMULATED:
        simulate(http, company, recording)
        return
    body = {"document": recording.document, "project_id": str(company.project().id)}
    made = http.post(f"{BASE}/workflows/import", json=body, headers=company.owner.headers).json()
    assert {s["key"]: set(s["depends_on"]) for s in made["template"]["steps"]} == recording.needs
    started = http.post(f"{BASE}/workflows/{made['id']}/runs", json={}, headers=company.owner.headers).json()
    assert (started["tasks"], counts()["tasks"]) == (len(recording.needs), len(recording.needs))


def run(*words: str) -> Any:
    line = ["import", "workflow", *words]
    return CliRunner().invoke(commands(line), line)


def test_the_command_says_what_it_imported_or_what_is_wrong(company: Company, tmp_path: Path) -> None:
    company.project()
    path = tmp_path / "small.json"
    path.write_text(json.dumps(SMALL))
    done = run(str(path), "--project", "HAL")
    assert (done.exit_code, done.output) == (0, "Imported Fork and join with 4 steps as fork-and-join.\n")
    assert company.do(templates.workflow, "fork-and-join").steps == 4
    before = counts()
    for content, project, words in (
        ("{", "HAL", "is no JSON"),
        ("[]", "HAL", "document: Input should be a valid dictionary"),
        ("{}", "HAL", "document.workflow: must be an object"),
        (json.dumps(SMALL), "NO", "There is no project NO"),
    ):
        path.write_text(content)
        refused = run(str(path), "--project", project)
        assert refused.exit_code in (1, 2)
        assert words in refused.stderr
        assert "Traceback" not in refused.output
    assert (run(str(tmp_path / "none"), "--project", "HAL").exit_code, counts()) == (2, before)
