"""Memory of a process tree as PSS, where shared pages count once; `python -m bench.memory PID` prints it."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process and its share of memory."""

    pid: int
    name: str
    pss_kb: int


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (parent := _parent(folder)) is not None:
            children.setdefault(parent, []).append(int(folder.name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found


def _parent(folder: Path) -> int | None:
    try:
        return int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def measure(root: int) -> list[Process]:
    """PSS of every process of the tree, largest first."""
    found = []
    for pid in tree(root):
        try:
            rollup = (PROC / str(pid) / "smaps_rollup").read_text()
            words = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        pss = next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
        found.append(Process(pid, short_name(words), pss))
    return sorted(found, key=lambda process: -process.pss_kb)


def short_name(command: str) -> str:
    """What a process is, in a few words, without its path."""
    words = [word.rsplit("/", 1)[-1] for word in command.split()]
    if words and words[0].startswith("python") and len(words) > 1:
        words = words[1:] if words[1] != "-m" else words[2:]
    return " ".join(words[:4])[:60] or "?"


def settled(root: int, seconds: float = 10.0) -> list[Process]:
    """The tree's memory once it is idle."""
    time.sleep(seconds)
    return measure(root)


def main() -> None:
    """Print the tree's memory."""
    processes = measure(int(sys.argv[1]))
    for process in processes:
        print(f"{process.pss_kb / 1024:8.1f} MB  {process.pid:>7}  {process.name}")
    print(f"{sum(process.pss_kb for process in processes) / 1024:8.1f} MB  in {len(processes)} processes (PSS)")


if __name__ == "__main__":
    main()
