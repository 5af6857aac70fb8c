"""The process that `orkwork up` becomes: everything under one small supervisor. Run as a module, never imported.

Only the standard library and the embedded services: what needs a driver or a framework runs in a child.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from orkwork.cli import programs
from orkwork.cli.supervisor import StartFailed, Step, Stopped, Supervisor
from orkwork.cli.terminal import Terminal
from orkwork.embedded.home import EmbeddedError, HomeLock, open_home, port_is_free
from orkwork.embedded.postgres import Postgres
from orkwork.embedded.process import CannotDisguise, spawn
from orkwork.embedded.valkey import Valkey

PLAN = "ORKWORK_PLAN"
_STAGES = (("web", "beat"), ("worker",), ("valkey",), ("postgres",))
_WEB_SECONDS = 120.0
_SERVICE_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """What the environment decided, carried over the exec as JSON."""

    home: str
    host: str
    port: int
    address: str
    database_url: str | None
    redis_url: str | None
    web_workers: int
    worker_processes: int
    owner_link: bool


def main() -> int:
    """Bring everything up, keep it up, take it down; the exit code."""
    plan = Plan(**json.loads(os.environ.pop(PLAN)))
    terminal = Terminal()
    lock = HomeLock(Path(plan.home))
    try:
        open_home(Path(plan.home))
        lock.acquire()
        _check_port(plan)
        with Supervisor(terminal) as supervisor:
            return _run(plan, supervisor, terminal)
    except (EmbeddedError, CannotDisguise, StartFailed) as refusal:
        terminal.say(str(refusal))
        return 1
    finally:
        lock.release()


def _run(plan: Plan, supervisor: Supervisor, terminal: Terminal) -> int:
    started = time.monotonic()
    try:
        env = _start_services(plan, supervisor, terminal)
        _prepare(supervisor, env)
        terminal.say("Starting web, worker and beat.")
        _start_product(plan, supervisor, env)
        _announce(plan, supervisor, terminal, env, time.monotonic() - started)
        supervisor.run()
    except Stopped:
        pass
    except BaseException:
        supervisor.stop(_STAGES)
        raise
    supervisor.stop(_STAGES)
    terminal.say("Stopped.")
    return 0


def _start_services(plan: Plan, supervisor: Supervisor, terminal: Terminal) -> dict[str, str]:
    home = Path(plan.home)
    postgres = Postgres(home) if plan.database_url is None else None
    valkey = Valkey(home) if plan.redis_url is None else None
    services = [service for service in (postgres, valkey) if service is not None]
    if postgres is not None and not (postgres.data / "PG_VERSION").exists():
        terminal.say(f"Making a new database in {home}.")
    for service in services:
        service.prepare()
        supervisor.add(service)
    supervisor.wait_ready([service.name for service in services], _SERVICE_SECONDS)
    for service in services:
        terminal.say(f"{service.name} listens on 127.0.0.1:{service.endpoint.port}.")
    return {
        "DATABASE_URL": plan.database_url or (postgres.url() if postgres else ""),
        "REDIS_URL": plan.redis_url or (valkey.url() if valkey else ""),
        "PYTHONUNBUFFERED": "1",
    }


def _prepare(supervisor: Supervisor, env: dict[str, str]) -> None:
    """Migrate and build at the same time; their own lines say what they do and why they fail."""
    codes = supervisor.run_steps([_command("migrate", env), _command("build", env)])
    failed = [name for name, code in codes.items() if code != 0]
    if failed:
        raise StartFailed(f"Not started: {' and '.join(failed)} failed.")


def _command(name: str, env: dict[str, str], *arguments: str) -> Step:
    argv = [sys.executable, "-m", "orkwork.cli", name, *arguments]
    return Step(name, lambda: spawn(argv, output=subprocess.PIPE, env={**os.environ, **env}, cwd=programs.ROOT))


def _start_product(plan: Plan, supervisor: Supervisor, env: dict[str, str]) -> None:
    supervisor.add(programs.web(plan.host, plan.port, plan.web_workers, env))
    supervisor.add(programs.worker(plan.worker_processes, env))
    supervisor.add(programs.beat(Path(plan.home), env))
    supervisor.wait_ready(["web", "worker", "beat"], _WEB_SECONDS)


def _announce(plan: Plan, supervisor: Supervisor, terminal: Terminal, env: dict[str, str], seconds: float) -> None:
    terminal.say(f"orkwork is up at {plan.address} ({seconds:.1f} s). Ctrl-C stops it.")
    if plan.owner_link:
        supervisor.run_steps([_command("owner-link", env, "--if-needed")])


def _check_port(plan: Plan) -> None:
    try:
        if port_is_free(plan.port, plan.host):
            return
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartFailed(f"Cannot listen on {plan.host}:{plan.port} ({reason}): set ORKWORK_HOST.") from None
    raise StartFailed(
        f"Port {plan.port} on {plan.host} is in use or not allowed: stop what listens there, or set ORKWORK_PORT."
    )


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(main())
