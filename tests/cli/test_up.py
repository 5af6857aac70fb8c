"""`orkwork up` as a newcomer meets it: real processes, an empty home, and everything that can be wrong with one."""

import json
import os
import re
import signal
import socket
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import simple_websocket

from orkwork.embedded.home import port_is_free
from orkwork.embedded.postgres import Postgres
from tests.cli.running import Running, all_gone, command, descendants
from tests.services import Services, start_services

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up"), pytest.mark.timeout(400)]

Start = Callable[..., Running]


@dataclass
class Place:
    """A home and a port that nobody else uses."""

    home: Path
    port: int

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        return self.answers("/readyz")

    def answers(self, path: str) -> bool:
        """Whether a path answers 200."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "home", _free_port())


@pytest.fixture
def start() -> Iterator[Start]:
    made: list[Running] = []

    def run(place: Place, **settings: str) -> Running:
        kept = {name: value for name, value in os.environ.items() if not _ours(name)}
        own = {"ORKWORK_HOME": str(place.home), "ORKWORK_PORT": str(place.port), **settings}
        made.append(Running("orkwork.cli", "up", env={**kept, **own}))
        return made[-1]

    yield run
    for running in made:
        family = descendants(running.process.pid)
        running.end()
        assert all_gone(family, 15)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    made = start_services(tmp_path_factory.mktemp("services"))
    yield made
    made.stop()


def _ours(name: str) -> bool:
    return name.startswith("ORKWORK_") or name in {"DATABASE_URL", "REDIS_URL"}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def refused(running: Running) -> str:
    """What was said by a start that has to fail: no traceback, nothing left, and the last line says why."""
    text = running.rest()
    assert running.process.returncode not in {0, None}
    assert "Traceback" not in text
    return text.strip().splitlines()[-1]


def test_first_start_second_start_and_what_lies_between(start: Start, place: Place) -> None:
    first = start(place)
    first.until("orkwork is up at", f"http://localhost:{place.port}")
    assert place.ready()
    link = first.until("/api/v2/auth/owner?token=")
    assert f"http://localhost:{place.port}/" in link
    family = descendants(first.process.pid)
    first.process.send_signal(signal.SIGINT)
    assert first.rest().strip().splitlines()[-1] == "orkwork  | Stopped."
    assert first.process.returncode == 0
    assert all_gone(family)

    began = time.monotonic()
    second = start(place)
    second.until("orkwork is up at")
    assert place.ready()
    assert time.monotonic() - began < 20, "5 s on an idle machine; bench measures it, tests share theirs"
    assert "Making a new database" not in "\n".join(second.lines)

    family = descendants(second.process.pid)
    second.process.send_signal(signal.SIGKILL)
    second.process.wait()
    assert all_gone(family)
    third = start(place)
    third.until("orkwork is up at")
    third.process.send_signal(signal.SIGTERM)
    third.rest()
    assert third.process.returncode == 0


def test_every_child_that_is_killed_comes_back(start: Start, place: Place) -> None:
    running = start(place)
    running.until("orkwork is up at")
    for name, mark in (
        ("worker", b"jobs.app\0worker"),
        ("web", b"orkwork.cli.serve"),
        ("valkey", b"valkey"),
        ("postgres", b"postgres\0-D"),
    ):
        os.kill(min(pid for pid in descendants(running.process.pid) if mark in command(pid)), signal.SIGKILL)
        running.until(f"{name} ended (killed by SIGKILL); starting it again in")
    deadline = time.monotonic() + 120
    while not place.ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_given_services_nothing_is_embedded(start: Start, place: Place, services: Services) -> None:
    given = {"DATABASE_URL": services.database_url("up", fresh=True), "REDIS_URL": services.redis_url}
    running = start(place, **given)
    running.until("orkwork is up at")
    assert place.ready()
    names = [command(pid) for pid in descendants(running.process.pid)]
    assert not [name for name in names if b"postgres\0-D" in name or b"valkey" in name]
    assert not (place.home / "postgres").exists()
    assert not (place.home / "valkey").exists()


def test_two_homes_run_side_by_side_and_one_home_runs_once(start: Start, place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other", _free_port())
    one, two = start(place), start(other)
    one.until("orkwork is up at")
    two.until("orkwork is up at")
    assert place.ready()
    assert other.ready()
    again = refused(start(Place(place.home, _free_port())))
    assert f"{place.home} is already in use by orkwork process {one.process.pid}" in again


def test_a_busy_port_is_named(start: Start, place: Place) -> None:
    with socket.create_server(("127.0.0.1", place.port)):
        assert f"Port {place.port} on 127.0.0.1 is in use" in refused(start(place))
    assert not (place.home / "postgres").exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/x", "DATABASE_URL cannot be used.*refused"),
        ("DATABASE_URL", "mysql://u:p@127.0.0.1/x", "DATABASE_URL cannot be used.*postgresql://"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "REDIS_URL cannot be used.*refused"),
        ("REDIS_URL", "127.0.0.1", "REDIS_URL cannot be used.*redis://"),
        ("ORKWORK_PORT", "many", "ORKWORK_PORT cannot be used"),
        ("ORKWORK_HOME", "/proc/nowhere", "/proc/nowhere cannot be written"),
        ("ORKWORK_HOST", "203.0.113.1", "Cannot listen on 203.0.113.1"),
    ],
)
def test_a_bad_setting_is_named(start: Start, place: Place, name: str, value: str, said: str) -> None:
    assert re.search(said, refused(start(place, **{name: value})))


def test_a_wrong_database_password_is_never_printed(start: Start, place: Place, services: Services) -> None:
    url = services.database_url("up")
    wrong = re.sub(r":[^:@/]+@", ":not-the-password@", url)
    running = start(place, DATABASE_URL=wrong, REDIS_URL=services.redis_url)
    assert "password authentication failed" in refused(running)
    assert "not-the-password" not in "\n".join(running.lines)


def test_a_database_that_a_newer_version_migrated_is_refused(start: Start, place: Place, services: Services) -> None:
    url = services.database_url("up_newer", fresh=True)
    with psycopg.connect(url) as connection:
        connection.execute("update alembic_version set version_num = '9999_from_tomorrow'")
    said = refused(start(place, DATABASE_URL=url, REDIS_URL=services.redis_url))
    assert "9999_from_tomorrow, which this orkwork does not know" in said


def test_a_data_folder_of_a_newer_postgresql_is_refused(start: Start, place: Place) -> None:
    data = Postgres(place.home).data
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("19\n")
    assert "was written by PostgreSQL 19" in refused(start(place))
    assert port_is_free(place.port)


def test_ctrl_c_ends_open_sockets_and_idle_connections_and_lets_answers_finish(start: Start, place: Place) -> None:
    running = start(place)
    running.until("orkwork is up at")
    running.until("/api/v2/auth/owner?token=")
    opened = f"ws://localhost:{place.port}/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}"
    browser = simple_websocket.Client.connect(opened)
    browser.receive(30)
    idle = socket.create_connection(("127.0.0.1", place.port))
    halfway = socket.create_connection(("127.0.0.1", place.port))
    halfway.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
    url = json.loads((place.home / "postgres" / "endpoint.json").read_text())
    address = f"postgresql://orkwork:{url['password']}@127.0.0.1:{url['port']}/orkwork"
    with psycopg.connect(address) as holding, socket.create_connection(("127.0.0.1", place.port)) as asking:
        holding.execute("lock table alembic_version in access exclusive mode")
        asking.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _await_waiter(holding)
        running.process.send_signal(signal.SIGINT)
        running.until("Stopping (SIGINT)")
        with pytest.raises(simple_websocket.ConnectionClosed):
            while True:
                browser.receive(30)
        holding.rollback()
        assert asking.recv(64).startswith(b"HTTP/1.1 200")
    said = running.rest()
    assert said.strip().splitlines()[-1] == "orkwork  | Stopped."
    assert "Killing" not in said, "the connections that nobody uses were not waited for"
    assert running.process.returncode == 0
    idle.close()
    halfway.close()


def test_nothing_is_served_before_database_and_pages_were_found_fit(
    start: Start, place: Place, services: Services
) -> None:
    url = services.database_url("up_gate", fresh=True)
    with psycopg.connect(url) as holding:
        holding.execute("lock table alembic_version in access exclusive mode")
        running = start(place, DATABASE_URL=url, REDIS_URL=services.redis_url)
        _await_waiter(holding)
        loaded = time.monotonic() + 10  # longer than the web server loads, unless the machine is busy
        while time.monotonic() < loaded:
            assert not place.answers("/healthz")
            time.sleep(0.1)
        holding.rollback()
    running.until("orkwork is up at")


def _await_waiter(connection: psycopg.Connection) -> None:
    """Wait until somebody waits for this connection's lock."""
    deadline = time.monotonic() + 60
    waiting = "select count(*) from pg_locks where not granted and relation = 'alembic_version'::regclass"
    while connection.execute(waiting).fetchone() == (0,):
        assert time.monotonic() < deadline
        time.sleep(0.05)
