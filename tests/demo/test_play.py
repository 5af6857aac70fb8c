"""The made-up company at work on a real server, through the public API, and gone afterwards."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.settings import settings
from orkwork.demo.cast import Player, Venture
from orkwork.demo.news import News
from orkwork.demo.play import Dismissed, play
from orkwork.domains.demo import queries
from orkwork.domains.demo.schemas import DemoOut
from orkwork.domains.demo.service import removing, setup
from orkwork.domains.settings import service as settings_service
from orkwork.domains.settings.schemas import HoldIn
from tests.cli.running import Running
from tests.demo.company_state import chain_holds, demo_ids, events_of, everything, rows, sums_are_exact
from tests.factories import Company

ROOT = Path(__file__).parent.parent.parent


class Server:
    """The API in a process of its own, which can be killed and started again."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        argv = ["-m", "granian", "--interface", "asgi", "--factory", "--workers", "1", "--host", "127.0.0.1"]
        argv += ["--port", str(self.port), "--no-access-log", "--log-level", "error", "orkwork.web.app:create_api"]
        self.process = subprocess.Popen([sys.executable, *argv], cwd=ROOT, env={**os.environ})
        for _ in range(300):
            try:
                if httpx.get(f"{self.address}/readyz", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(company: Company) -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def begin() -> DemoOut:
    return door.run(system("test"), setup.start_demo, write=True)


def act(server: Server, made: DemoOut, seconds: float, lines: list[str]) -> News:
    players = [Player(agent.name, agent.part, agent.model, agent.key) for agent in made.agents]
    ventures = [Venture(str(project.id), project.name) for project in made.projects]
    return asyncio.run(play(server.address, players, ventures, lines.append, pace=20, seconds=seconds))


def sweep_until_gone() -> None:
    for _ in range(100):
        door.run(system("test"), removing.sweep, write=True)
        if not door.run(system("test"), queries.present, write=False):
            return
        time.sleep(0.1)
    raise AssertionError("the demo is still here")


@pytest.mark.slow
def test_the_made_up_company_works_survives_a_restart_and_goes_without_a_trace(
    company: Company, server: Server
) -> None:
    company.task(company.project(), ready=True)
    before = everything()
    made, lines = begin(), []
    restart = threading.Timer(5, lambda: (server.stop(), server.start()))
    restart.start()
    news = act(server, made, 30, lines)
    restart.join()
    assert news.done
    assert lines
    assert len(rows("select from tasks t join projects p on p.id = t.project_id where p.demo")) >= 60
    statuses = {row["status"] for row in rows("select distinct status from task_executions")}
    assert "succeeded" in statuses
    early = rows(
        "select t.key from tasks t join task_dependencies d on d.task_id = t.id join tasks n on n.id = d.depends_on_id "
        "where t.started_at is not null and (n.completed_at is null or n.completed_at > t.started_at)"
    )
    assert not early, "nothing starts before what it waits for is done"
    assert len(rows("select distinct model from costs")) >= 3
    assert not rows("select from costs where amount_usd is null")
    assert sums_are_exact()
    again = begin()
    gone = demo_ids()
    with pytest.raises(Dismissed), ThreadPoolExecutor() as beside:  # removed while they work
        playing = beside.submit(act, server, again, 60, lines)
        time.sleep(4)
        door.run(system("test"), removing.remove_demo, write=True)
        sweep_until_gone()
        playing.result()
    assert everything() == before
    assert events_of(gone) == 0
    assert sums_are_exact()
    assert chain_holds()


def awaited(lines: list[str], words: str, start: int = 0) -> int:
    """The place of the first line from `start` on that says so, as soon as there is one."""
    for _ in range(600):
        found = next((n for n, line in enumerate(lines) if n >= start and words in line), None)
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nobody says {words!r}: {lines}")


@pytest.mark.slow
def test_the_made_up_agents_stand_by_during_a_hold_and_go_on_after_it(
    company: Company, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orkwork.demo.news.EVERY_SECONDS", 0.0)
    made, lines = begin(), []
    with ThreadPoolExecutor() as beside:
        playing = beside.submit(act, server, made, 25, lines)
        awaited(lines, "starts")
        company.do(settings_service.hold_company, HoldIn(reason="Fire drill"))
        held = awaited(lines, "stands by")
        assert "Owner holds the company: Fire drill" in lines[held]
        begun = len(rows("select from task_executions"))
        time.sleep(2)  # forty seconds of theirs
        assert len(rows("select from task_executions")) == begun
        company.do(settings_service.resume_company)
        awaited(lines, "goes on with", held)
        awaited(lines, "starts", held)
        playing.result()
    assert rows("select from tasks where status = 'COMPLETED' and review_required")
    assert not rows(
        "select from tasks t cross join jsonb_array_elements(t.acceptance_criteria) c where t.status = 'COMPLETED' "
        "and t.review_required and c ->> 'state' <> 'met'"
    )


@pytest.mark.slow
def test_the_command_plays_ends_at_ctrl_c_and_removes(company: Company, server: Server) -> None:
    before = everything()
    env = {**os.environ, "ORKWORK_PORT": str(server.port), "ORKWORK_HOME": str(settings().home)}
    running = Running("orkwork.cli", "demo", "--pace", "20", env=env)
    try:
        running.until("Ctrl-C ends it")
        running.until("plans")
        running.process.send_signal(2)
        assert "Stopped after" in running.rest(20)
        assert running.process.returncode == 0
    finally:
        running.end()
    removal = Running("orkwork.cli", "demo", "--remove", env=env)
    try:
        assert removal.rest(60).endswith("The demo is gone.")
        assert removal.process.returncode == 0
    finally:
        removal.end()
    assert everything() == before
    assert chain_holds()
