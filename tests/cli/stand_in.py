"""A supervisor over small stand-ins, run by the tests as a process of its own.

Argument: a JSON list of {name, code, patience?}. Prints through the supervisor's own terminal.
"""

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from signal import SIGKILL, SIGTERM, Signals

from orkwork.cli.supervisor import StartFailed, Stopped, Supervisor
from orkwork.cli.terminal import Terminal
from orkwork.embedded.process import spawn


@dataclass
class StandIn:
    """A Python one-liner that the supervisor keeps alive."""

    name: str
    code: str
    patience: float = 2.0
    stop_signal: Signals = SIGTERM
    death_signal: Signals = SIGKILL

    def start(self) -> subprocess.Popen[bytes]:
        return spawn([sys.executable, "-u", "-c", self.code], output=subprocess.PIPE)

    def is_ready(self) -> bool:
        return True

    def complaint(self) -> str:
        return "its lines say why"


def _run(programs: list[StandIn], supervisor: Supervisor, terminal: Terminal) -> None:
    names = [program.name for program in programs]
    try:
        with contextlib.suppress(Stopped):  # asked to stop before all were ready
            for program in programs:
                supervisor.add(program)
            supervisor.wait_ready(names, 10)
            terminal.say("ready")
            supervisor.run()
    finally:
        supervisor.stop([[name] for name in names])


def main() -> int:
    programs = [StandIn(**each) for each in json.loads(sys.argv[1])]
    terminal = Terminal()
    try:
        with Supervisor(terminal, first_backoff=0.1) as supervisor:
            _run(programs, supervisor, terminal)
    except StartFailed as failure:
        terminal.say(str(failure))
        return 1
    terminal.say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
