"""The shell process that outlives a killed supervisor for a moment, to end what the kernel alone would leave behind.

The parent-death signal reaches a supervisor's children, not its grandchildren (web workers, pool processes). They share
their parent's process group, and a shell of half a megabyte that reads group numbers from a pipe ends them when the
pipe closes.
"""

import os
import signal
import subprocess

_SCRIPT = """
trap '' HUP INT TERM QUIT
while read -r sign number name; do
    case $sign in
        +) groups="$groups $number:$name" ;;
        -) kept=''
           for group in $groups; do [ "${group%%:*}" = "$number" ] || kept="$kept $group"; done
           groups=$kept ;;
    esac
done
for group in $groups; do kill -s "${group#*:}" -- "-${group%%:*}" 2>/dev/null; done
"""


class Guard:
    """Knows the process groups that must not outlive this process."""

    def __init__(self) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def watch(self, group: int, death_signal: signal.Signals = signal.SIGKILL) -> None:
        """End this group should we die."""
        self._tell(f"+ {group} {death_signal.name.removeprefix('SIG')}")

    def forget(self, group: int) -> None:
        """This group has ended; its number may go to somebody else."""
        self._tell(f"- {group}")

    def close(self) -> None:
        """Let the shell end what is still on its list, and go."""
        if self._shell.stdin is not None:
            self._shell.stdin.close()
        self._shell.wait()

    def _tell(self, line: str) -> None:
        assert self._shell.stdin is not None
        os.write(self._shell.stdin.fileno(), f"{line}\n".encode())
