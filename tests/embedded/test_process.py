"""Nothing outlives the process that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orkwork.embedded.home import EmbeddedError, HomeLock
from orkwork.embedded.process import CannotDisguise, Disguise, disguise_needed

_PARENT = """
import subprocess, sys, time
from orkwork.embedded.process import Disguise, spawn
child = spawn(["sleep", "300"], disguise=Disguise(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(300)
"""


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether the process ends in time; a zombie that nobody has collected yet has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def ways() -> list[Disguise]:
    try:
        return [Disguise.NONE] if disguise_needed() is Disguise.NONE else list(Disguise)
    except CannotDisguise:
        return [Disguise.NONE]


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
@pytest.mark.parametrize("disguise", ways())
def test_a_child_dies_with_its_killed_parent(disguise: Disguise) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, disguise.value], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    line = parent.stdout.readline()
    parent.stdout.close()
    if not line and disguise is not Disguise.NONE:
        parent.wait()
        pytest.skip(f"this machine does not allow {disguise.value}")
    child = int(line)
    os.kill(child, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(child)


def test_a_home_in_use_is_refused_in_one_sentence_and_free_again_afterwards(tmp_path: Path) -> None:
    first = HomeLock(tmp_path)
    first.acquire()
    with pytest.raises(EmbeddedError, match=rf"already in use by orkwork process {os.getpid()}") as refusal:
        HomeLock(tmp_path).acquire()
    assert "\n" not in str(refusal.value)
    first.release()
    second = HomeLock(tmp_path)
    second.acquire()
    second.release()
