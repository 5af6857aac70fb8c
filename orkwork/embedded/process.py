"""Starting a process that cannot outlive the one that started it, also as an unprivileged user.

PostgreSQL refuses to run as root, and as a user without a name. Two ways around it, tried in this order:

- a user namespace in which our own user is called 65534: files stay root's, so a home below /root works;
- where namespaces are forbidden (most containers): really become 65534, keeping only the right to pass closed folders.

The kernel forgets the parent-death signal whenever privileges change, so it is asked for last.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import IO

NOBODY = 65534
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CLONE_NEWUSER = 0x10000000
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1

_linux = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)


class Disguise(StrEnum):
    """How a program that refuses root is run."""

    NONE = "none"
    NAMESPACE = "namespace"
    NOBODY = "nobody"


class CannotDisguise(Exception):
    """Started as a user PostgreSQL refuses, where no way of being another is allowed."""


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _enter_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    _check(_libc.unshare(_CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def _become_nobody() -> None:
    _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    only = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(only, only, only, 0, 0, 0)
    _check(_libc.capset(header, data))
    _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


_ENTER: dict[Disguise, Callable[[], None]] = {
    Disguise.NONE: lambda: None,
    Disguise.NAMESPACE: _enter_namespace,
    Disguise.NOBODY: _become_nobody,
}


def _allowed(disguise: Disguise) -> bool:
    pid = os.fork()
    if pid == 0:
        try:
            _ENTER[disguise]()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


@cache
def disguise_needed() -> Disguise:
    """How this process has to start a program that refuses root and the nameless."""
    user = os.geteuid()
    if not _linux or (user != 0 and _has_name(user)):
        return Disguise.NONE
    if user != 0:
        if _allowed(Disguise.NAMESPACE):
            return Disguise.NAMESPACE
        raise CannotDisguise(
            f"PostgreSQL refuses to run as user {user}, who has no name on this machine: give it one in /etc/passwd, "
            "or set DATABASE_URL."
        )
    for disguise in (Disguise.NAMESPACE, Disguise.NOBODY):
        if _allowed(disguise):
            return disguise
    raise CannotDisguise(
        "PostgreSQL refuses to run as root, and this machine lets root neither open a user namespace nor become "
        "another user. Start orkwork as an ordinary user, or set DATABASE_URL."
    )


def _before_exec(parent: int, death_signal: int, disguise: Disguise) -> None:
    _ENTER[disguise]()
    if _linux:
        _check(_libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0))
        if os.getppid() != parent:
            os._exit(1)


def spawn(
    argv: Sequence[str | Path],
    *,
    given: int | IO[bytes] = subprocess.DEVNULL,
    output: int | IO[bytes] = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    death_signal: int = signal.SIGKILL,
    disguise: Disguise = Disguise.NONE,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own; the kernel sends it `death_signal` when the calling thread ends."""
    return subprocess.Popen(
        [str(part) for part in argv],
        stdin=given,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=partial(_before_exec, os.getpid(), death_signal, disguise),  # noqa: PLW1509 - nothing else sets it
    )


def run(
    argv: Sequence[str | Path],
    *,
    given: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    disguise: Disguise = Disguise.NONE,
) -> tuple[int, str]:
    """Run a process to its end, `given` on its input; its exit code and all that it printed."""
    with tempfile.TemporaryFile() as text:
        text.write(given.encode())
        text.seek(0)
        child = spawn(argv, given=text, output=subprocess.PIPE, env=env, cwd=cwd, disguise=disguise)
        printed, _ = child.communicate()
    return child.returncode, printed.decode(errors="replace")
