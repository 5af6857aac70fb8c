"""The embedded PostgreSQL on real processes: first start, crash, neighbours, foreign data."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from orkwork.embedded.home import EmbeddedError
from orkwork.embedded.postgres import Postgres
from orkwork.embedded.process import CannotDisguise, Disguise, disguise_needed


class Servers:
    """Starts servers and ends them with the test."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, home: Path, disguise: Disguise | None = None) -> tuple[Postgres, subprocess.Popen[bytes]]:
        """A server on this home, ready."""
        server = Postgres(home, disguise=disguise)
        server.prepare()
        process = server.start()
        self.running.append(process)
        deadline = time.monotonic() + 20
        while not server.is_ready():
            assert process.poll() is None, server.complaint()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return server, process


@pytest.fixture
def servers() -> Iterator[Servers]:
    made = Servers()
    yield made
    for process in made.running:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_a_new_home_gets_a_server_with_checksums_and_pgvector(servers: Servers, tmp_path: Path) -> None:
    server, _ = servers.start(tmp_path)
    with psycopg.connect(server.url()) as connection:
        connection.execute("create extension vector")
        assert connection.execute("show data_checksums").fetchone() == ("on",)
        assert connection.execute("select '[1,2]'::vector <-> '[1,4]'::vector").fetchone() == (2.0,)


def test_nobody_enters_without_the_password(servers: Servers, tmp_path: Path) -> None:
    server, _ = servers.start(tmp_path)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url().replace(server.endpoint.password, "guess"))
    kept = [server.folder / "endpoint.json", server.data, server.data / "postgresql.conf"]
    assert [path.stat().st_mode & 0o077 for path in kept] == [0, 0, 0]


def test_what_was_acknowledged_survives_kill_9(servers: Servers, tmp_path: Path) -> None:
    server, process = servers.start(tmp_path)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        for number in range(200):
            connection.execute("insert into kept values (%s)", [number])
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    again, _ = servers.start(tmp_path)
    assert again.endpoint == server.endpoint
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (200,)


def test_two_homes_run_side_by_side(servers: Servers, tmp_path: Path) -> None:
    one, _ = servers.start(tmp_path / "one")
    two, _ = servers.start(tmp_path / "two")
    with psycopg.connect(one.url(), autocommit=True) as first, psycopg.connect(two.url()) as second:
        first.execute("create table only_in_one ()")
        assert second.execute("select to_regclass('only_in_one')").fetchone() == (None,)


def test_a_process_number_that_belongs_to_another_now_does_not_block_the_start(
    servers: Servers, tmp_path: Path
) -> None:
    server, process = servers.start(tmp_path)
    process.kill()
    process.wait()
    lock = server.data / "postmaster.pid"
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        servers.start(tmp_path)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_ends_the_server_that_a_killed_supervisor_left(servers: Servers, tmp_path: Path) -> None:
    _, left = servers.start(tmp_path)
    reaper = subprocess.Popen(["sleep", "0"])
    reaper.wait()
    left.send_signal(signal.SIGINT)
    server, _ = servers.start(tmp_path)
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_kept_port_that_somebody_took_is_replaced(servers: Servers, tmp_path: Path) -> None:
    first, process = servers.start(tmp_path)
    process.send_signal(signal.SIGINT)
    process.wait()
    with socket.create_server(("127.0.0.1", first.endpoint.port)):
        second, _ = servers.start(tmp_path)
    assert second.endpoint.port != first.endpoint.port
    with psycopg.connect(second.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_an_interrupted_first_start_is_made_good(servers: Servers, tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.new" / "base"
    half.mkdir(parents=True)
    server, _ = servers.start(tmp_path)
    assert (server.data / "PG_VERSION").exists()
    assert not half.exists()


@pytest.mark.parametrize(("major", "advice"), [("19", "newer orkwork"), ("17", "dump")])
def test_data_of_another_major_version_is_refused_in_one_sentence(tmp_path: Path, major: str, advice: str) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{major}\n")
    with pytest.raises(EmbeddedError, match=f"PostgreSQL {major}.*{advice}") as refusal:
        Postgres(tmp_path).prepare()
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hide")
@pytest.mark.parametrize("disguise", [Disguise.NAMESPACE, Disguise.NOBODY])
def test_root_runs_it_either_way_on_the_same_data(servers: Servers, tmp_path: Path, disguise: Disguise) -> None:
    try:
        assert disguise_needed() in {Disguise.NAMESPACE, Disguise.NOBODY}
    except CannotDisguise:
        pytest.skip("this machine lets root do neither")
    if disguise is Disguise.NAMESPACE and disguise_needed() is Disguise.NOBODY:
        pytest.skip("this machine forbids user namespaces")
    tmp_path.chmod(0o700)
    for chosen in (disguise, Disguise.NOBODY, disguise):
        server, process = servers.start(tmp_path, chosen)
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        process.send_signal(signal.SIGINT)
        process.wait(20)
