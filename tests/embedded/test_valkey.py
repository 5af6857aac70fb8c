"""The embedded Valkey on real processes."""

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from orkwork.embedded.valkey import Valkey


@pytest.fixture
def running() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def started(home: Path, running: list[subprocess.Popen[bytes]]) -> Valkey:
    server = Valkey(home)
    server.prepare()
    running.append(server.start())
    deadline = time.monotonic() + 10
    while not server.is_ready():
        assert running[-1].poll() is None, server.complaint()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return server


def test_what_was_written_survives_kill_9(running: list[subprocess.Popen[bytes]], tmp_path: Path) -> None:
    server = started(tmp_path, running)
    with redis.Redis.from_url(server.url()) as client:
        for number in range(500):
            client.rpush("queue", number)
    running[-1].kill()
    running[-1].wait()
    again = started(tmp_path, running)
    assert again.endpoint == server.endpoint
    with redis.Redis.from_url(again.url()) as client:
        assert client.llen("queue") == 500


def test_nobody_enters_without_the_password(running: list[subprocess.Popen[bytes]], tmp_path: Path) -> None:
    server = started(tmp_path, running)
    with socket.create_connection(("127.0.0.1", server.endpoint.port)) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(100).startswith(b"-NOAUTH")
    assert (server.folder / "valkey.conf").stat().st_mode & 0o077 == 0


def test_a_folder_with_spaces_and_quotes_serves(running: list[subprocess.Popen[bytes]], tmp_path: Path) -> None:
    server = started(tmp_path / 'a "quoted" home', running)
    with redis.Redis.from_url(server.url()) as client:
        assert client.ping()
