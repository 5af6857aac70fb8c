"""Reads the files of a recorded run out of a folder or a .tar.gz."""

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

WANTED = ("cost.json", "extract_status.json", "final_report.json", "tasks.txt")
LOG = "info.timestamped-lines.log"


def run_files(path: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Every file of the run that the replay reads, with its path inside the run."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and _wanted(file.name):
                yield PurePosixPath(file.relative_to(path).as_posix()), file.read_bytes()
        return
    with tarfile.open(path) as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            if member.isfile() and _wanted(name.name) and (stream := archive.extractfile(member)):
                yield name, stream.read()


def _wanted(name: str) -> bool:
    return name in WANTED or name.endswith(".log")


def best_log(logs: dict[str, bytes]) -> bytes:
    """The log whose lines carry times when there is one, else the largest."""
    if LOG in logs:
        return logs[LOG]
    return max(logs.values(), key=len, default=b"")
