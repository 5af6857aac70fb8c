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
from functools import partial
from pathlib import Path

from orkwork.cli import programs
from orkwork.cli.supervisor import StartFailed, Step, Stopped, Supervisor, ending
from orkwork.cli.terminal import Terminal
from orkwork.embedded import logs
from orkwork.embedded.home import EmbeddedError, HomeLock, open_home, port_is_free
from orkwork.embedded.postgres import Postgres
from orkwork.embedded.process import CannotDisguise, spawn
from orkwork.embedded.valkey import Valkey

PLAN = "ORKWORK_PLAN"
_STAGES = (("web", "beat", "worker"), ("valkey", "postgres"))
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
    started: float
    """When the command was typed, as seconds of the system's clock."""


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
    code = 1
    try:
        if _bring_up(plan, supervisor, terminal):
            code = 0
            supervisor.run()
    except Stopped:
        code = 0
    finally:
        supervisor.stop(_STAGES)
        _checked(plan).unlink(missing_ok=True)
    if code == 0:
        terminal.say("Stopped.")
    return code


def _bring_up(plan: Plan, supervisor: Supervisor, terminal: Terminal) -> bool:
    """The web server, which takes longest, loads while all else is made ready, and serves when all was found fit."""
    if plan.redis_url is not None and not _succeed(supervisor, _step("queue", {}, "orkwork.cli.queue")):
        return False
    _checked(plan).unlink(missing_ok=True)
    services, env = _add_services(plan, supervisor, terminal)
    supervisor.add(
        programs.web(plan.host, plan.port, plan.web_workers, {**env, "ORKWORK_CHECKED": str(_checked(plan))})
    )
    supervisor.wait_ready([service.name for service in services], _SERVICE_SECONDS)
    for service in services:
        terminal.say(f"{service.name} listens on 127.0.0.1:{service.endpoint.port}.")
    if not _succeed(supervisor, _command("migrate", env), _command("build", env)):
        return False
    _checked(plan).touch(mode=0o600)
    supervisor.wait_ready(["web"], _WEB_SECONDS)
    _start_background(plan, supervisor, terminal, env)
    return True


def _checked(plan: Plan) -> Path:
    """There once this start has found database and pages fit to be served."""
    return Path(plan.home) / "checked"


def _add_services(
    plan: Plan, supervisor: Supervisor, terminal: Terminal
) -> tuple[list[Postgres | Valkey], dict[str, str]]:
    """Start what is not given; and what its clients need to know."""
    home = Path(plan.home)
    postgres = Postgres(home) if plan.database_url is None else None
    valkey = Valkey(home) if plan.redis_url is None else None
    services: list[Postgres | Valkey] = [service for service in (postgres, valkey) if service is not None]
    if postgres is not None and not (postgres.data / "PG_VERSION").exists():
        terminal.say(f"Making a new database in {home}.")
    for service in services:
        service.prepare()
        supervisor.add(service)
    supervisor.chore = partial(_bound_logs, [service.log for service in services])
    return services, {
        "DATABASE_URL": plan.database_url or (postgres.url() if postgres else ""),
        "REDIS_URL": plan.redis_url or (valkey.url() if valkey else ""),
        "PYTHONUNBUFFERED": "1",
    }


def _bound_logs(paths: list[Path]) -> None:
    for path in paths:
        logs.bound(path)


def _succeed(supervisor: Supervisor, *steps: Step) -> bool:
    """Run steps at the same time; whether all worked. Their own lines say what they do and why they fail."""
    codes = supervisor.run_steps(steps)
    for name, code in codes.items():
        if code < 0:
            raise StartFailed(f"{name} was {ending(code)}.")
    return not any(codes.values())


def _command(name: str, env: dict[str, str], *arguments: str, speaker: str | None = None) -> Step:
    return _step(speaker or name, env, "orkwork.cli", name, *arguments)


def _step(name: str, env: dict[str, str], module: str, *arguments: str) -> Step:
    argv = [sys.executable, "-m", module, *arguments]
    return Step(name, lambda: spawn(argv, output=subprocess.PIPE, env={**os.environ, **env}, cwd=programs.ROOT))


def _start_background(plan: Plan, supervisor: Supervisor, terminal: Terminal, env: dict[str, str]) -> None:
    """Worker and beat, which nobody waits for: they would compete with a web server that loads."""
    supervisor.add(programs.worker(plan.worker_processes, env))
    terminal.say(f"orkwork is up at {plan.address} ({time.time() - plan.started:.1f} s). Ctrl-C stops it.")
    supervisor.add(programs.beat(Path(plan.home), env))
    if plan.owner_link:
        supervisor.run_steps([_command("owner-link", env, "--if-needed", speaker="orkwork")], restart=True)


def _check_port(plan: Plan) -> None:
    try:
        if port_is_free(plan.port, plan.host):
            return
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartFailed(
            f"Cannot listen on {plan.host}:{plan.port} ({reason}): set ORKWORK_HOST or ORKWORK_PORT."
        ) from None
    raise StartFailed(f"Port {plan.port} on {plan.host} is in use: stop what listens there, or set ORKWORK_PORT.")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(main())
