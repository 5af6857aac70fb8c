"""The parts of the measured suite that need no server."""

import os

from bench.load import complete, percentile, request_bytes
from bench.measure import Rounds, ratio
from bench.memory import measure, short_name, tree
from bench.result import Table


def test_an_answer_is_complete_when_its_whole_body_is_there() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\n"
    assert not complete(bytearray(b"HTTP/1.1 200 OK\r\nContent-"))
    assert not complete(bytearray(head + b"1234"))
    assert complete(bytearray(head + b"12345"))
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
    assert not complete(bytearray(chunked))
    assert complete(bytearray(chunked + b"0\r\n\r\n"))


def test_a_request_carries_its_length() -> None:
    wire = request_bytes({"host": "h", "port": 1}, {"method": "POST", "path": "/x", "body": {"to": "READY"}})
    assert wire.startswith(b"POST /x HTTP/1.1\r\nHost: h:1\r\n")
    assert b"Content-Length: 15\r\n" in wire
    assert wire.endswith(b'\r\n\r\n{"to": "READY"}')


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([1.0], 0.99)) == (51, 100, 1)


def test_a_ratio_pairs_the_rounds() -> None:
    ours = Rounds("a", [{"per_second": 50.0}, {"per_second": 90.0}, {"per_second": 60.0}])
    bare = Rounds("b", [{"per_second": 100.0}, {"per_second": 100.0}, {"per_second": 100.0}])
    assert ratio(ours, bare, "per_second") == 0.6


def test_memory_counts_this_process() -> None:
    assert tree(os.getpid())[0] == os.getpid()
    assert measure(os.getpid())[0].pss_kb > 1_000
    assert short_name("/usr/bin/python3 -m granian --port 1") == "granian --port 1"


def test_a_missed_target_is_said_in_the_table() -> None:
    table = Table("T", ("what", "measured"))
    table.add("get", "1 ms", ok=True)
    table.add("list", "9 ms", ok=False)
    assert "| list | 9 ms | **missed** |" in table.markdown()
