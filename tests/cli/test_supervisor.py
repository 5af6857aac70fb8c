"""The supervisor on real processes: prefixes, restarts, order, and that nothing outlives it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.cli.running import ROOT, Running, all_gone, descendants

WAITS = "import time; print('at work'); time.sleep(300)"
# A child whose own child knows nothing of it, as a web server's worker does.
HAS_CHILD = (
    "import subprocess, time; inner = subprocess.Popen(['sleep', '300']); print('inner', inner.pid); time.sleep(300)"
)
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('at work'); time.sleep(300)"


@pytest.fixture
def supervised() -> Iterator[Callable[..., Running]]:
    made: list[Running] = []

    def start(*programs: dict[str, object]) -> Running:
        made.append(Running("tests.cli.stand_in", json.dumps(programs)))
        return made[-1]

    yield start
    for running in made:
        running.end()


def test_lines_carry_the_name_of_who_speaks(supervised: Callable[..., Running]) -> None:
    running = supervised({"name": "web", "code": WAITS})
    assert running.until("at work") == "web      | at work"


def test_killing_the_supervisor_leaves_neither_children_nor_grandchildren(supervised: Callable[..., Running]) -> None:
    running = supervised({"name": "web", "code": HAS_CHILD}, {"name": "worker", "code": HAS_CHILD})
    running.until("inner")
    running.until("inner")
    family = descendants(running.process.pid)
    assert len(family) == 5, "two children, two grandchildren and the guard"
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    assert all_gone(family)


def test_a_dead_child_is_started_again_with_growing_pauses_and_said_so(supervised: Callable[..., Running]) -> None:
    running = supervised({"name": "web", "code": "import time; time.sleep(0.3); raise SystemExit(3)"})
    running.until("ready")
    said = [running.until("web ended") for _ in range(3)]
    assert [line.split("| ")[1] for line in said] == [
        "web ended (exit code 3); starting it again in 0.1 s.",
        "web ended (exit code 3); starting it again in 0.2 s.",
        "web ended (exit code 3); starting it again in 0.4 s.",
    ]


def test_the_workers_of_a_killed_child_go_with_it(supervised: Callable[..., Running]) -> None:
    running = supervised({"name": "web", "code": HAS_CHILD})
    inner = int(running.until("inner").split()[-1])
    if "orkwork  | ready" not in running.lines:
        running.until("ready")
    child = next(pid for pid in descendants(running.process.pid) if inner in descendants(pid))
    os.kill(child, signal.SIGKILL)
    running.until("web ended (killed by SIGKILL)")
    assert all_gone([inner])
    assert int(running.until("inner").split()[-1]) != inner


def test_ctrl_c_stops_in_order_and_leaves_nothing(supervised: Callable[..., Running]) -> None:
    speaks = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye') or 0))\n" + WAITS
    running = supervised({"name": "web", "code": speaks}, {"name": "worker", "code": speaks})
    running.until("at work")
    running.until("at work")
    family = descendants(running.process.pid)
    running.process.send_signal(signal.SIGINT)
    rest = [line for line in running.rest().splitlines() if "ready" not in line]
    assert rest[1:] == ["web      | bye", "worker   | bye", "orkwork  | Stopped."]
    assert running.process.returncode == 0
    assert all_gone(family)


def test_a_child_that_does_not_stop_is_ended_after_its_patience(supervised: Callable[..., Running]) -> None:
    running = supervised({"name": "web", "code": STUBBORN, "patience": 0.5})
    running.until("at work")
    running.process.send_signal(signal.SIGTERM)
    assert "web did not stop in time and is ended." in running.rest()
    assert running.process.returncode == 0


def test_a_second_ctrl_c_ends_all_at_once(supervised: Callable[..., Running]) -> None:
    running = supervised(*({"name": name, "code": STUBBORN, "patience": 60} for name in ("web", "worker")))
    running.until("at work")
    running.until("at work")
    running.process.send_signal(signal.SIGINT)
    running.until("Stopping")
    time.sleep(0.2)
    started = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    running.rest()
    assert time.monotonic() - started < 3


def test_a_very_long_line_and_bytes_that_are_no_text_pass(supervised: Callable[..., Running]) -> None:
    code = "import os, time; os.write(1, b'\\xff' * 200_000 + b'\\nafter\\n'); time.sleep(300)"
    running = supervised({"name": "web", "code": code})
    assert running.until("after") == "web      | after"


def test_a_child_that_ends_before_it_is_ready_fails_the_start() -> None:
    code = "import sys, time; from tests.cli.stand_in import *; StandIn.is_ready = lambda self: False; sys.exit(main())"
    programs = json.dumps([{"name": "web", "code": "raise SystemExit('no such module')"}])
    ended = subprocess.run(
        [sys.executable, "-c", code, programs], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert ended.stdout.splitlines() == [
        "web      | no such module",
        "orkwork  | web did not start: its lines say why",
    ]
    assert ended.stderr == ""
