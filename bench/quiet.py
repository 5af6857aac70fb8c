"""Waits until a server has finished what it does in the background, so that one measurement is not paid by the next."""

import os
import time
from pathlib import Path

from bench.memory import tree

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root: int) -> float:
    """CPU time that the processes of a tree have used so far."""
    total = 0
    for pid in tree(root):
        try:
            fields = (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def wait_until_quiet(root: int, *, share: float = 0.15, longest: float = 180) -> float:
    """Wait until the tree uses less than this share of one core over two seconds; gives the seconds waited."""
    began = time.monotonic()
    while time.monotonic() - began < longest:
        before = cpu_seconds(root)
        time.sleep(2)
        if cpu_seconds(root) - before < share * 2:
            break
    return time.monotonic() - began
