"""`orkwork migrate`: bring the database to the schema of this version, or say in one sentence why not."""

import re
import time
from importlib import import_module
from pathlib import Path

import psycopg
import typer

import orkwork
from orkwork.core.settings import settings

_ROOT = Path(orkwork.__file__).parent.parent
_REVISION = re.compile(r"^revision\b[^=\n]*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_DOWN = re.compile(r"^down_revision\b[^=\n]*=\s*(.+)$", re.MULTILINE)
_NAME = re.compile(r"[\"']([^\"']+)[\"']")
_PATIENCE = 10.0


class Refused(Exception):
    """The database cannot be used; the message is one sentence."""


def migrate() -> None:
    """Apply the migrations that the database lacks. Refuses a database that a newer orkwork has used."""
    url = settings().database_url
    if not url:
        typer.echo("DATABASE_URL is not set: `orkwork up` migrates its own database by itself.", err=True)
        raise typer.Exit(2)
    try:
        bring_to_head(url)
    except Refused as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None


def bring_to_head(url: str) -> bool:
    """Migrate; whether anything had to be done. A database at head costs one SELECT and loads no framework."""
    known = revisions()
    heads = set(known) - {down for downs in known.values() for down in downs}
    with _connect(url) as connection:
        applied = _applied(connection)
    if unknown := applied - set(known):
        raise Refused(
            f"The database is at migration {', '.join(sorted(unknown))}, which this orkwork does not know: "
            "start it with the newer orkwork that wrote it, or restore a backup."
        )
    if applied == heads:
        return False
    typer.echo("Migrating the database.")
    started = time.monotonic()
    _upgrade()
    typer.echo(f"The database is migrated ({time.monotonic() - started:.1f} s).")
    return True


def revisions(folder: Path = _ROOT / "alembic" / "versions") -> dict[str, tuple[str, ...]]:
    """Every migration of this version with what it follows, read from the files without running them."""
    found: dict[str, tuple[str, ...]] = {}
    for path in folder.glob("*.py"):
        text = path.read_text()
        revision, down = _REVISION.search(text), _DOWN.search(text)
        if revision:
            found[revision.group(1)] = tuple(_NAME.findall(down.group(1))) if down else ()
    return found


def _connect(url: str) -> psycopg.Connection:
    """Connect, waiting a little for a server that is only starting."""
    plain = re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", url)
    if not plain.startswith("postgresql://"):
        raise Refused("DATABASE_URL cannot be used: it does not begin with postgresql://.")
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return psycopg.connect(plain, connect_timeout=5)
        except psycopg.OperationalError as error:
            if "starting up" in str(error) and time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            raise Refused(f"The database of DATABASE_URL cannot be used: {_reason(error)}.") from None
        except psycopg.Error as error:
            raise Refused(f"DATABASE_URL cannot be used: {_reason(error)}.") from None


def _applied(connection: psycopg.Connection) -> set[str]:
    if connection.execute("select to_regclass('alembic_version')").fetchone() == (None,):
        return set()
    return {row[0] for row in connection.execute("select version_num from alembic_version")}


def _upgrade() -> None:
    # Loaded only when there is something to migrate: a start that has nothing to do must not pay for it.
    alembic_config, alembic_command = import_module("alembic.config"), import_module("alembic.command")
    config = alembic_config.Config(str(_ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(_ROOT / "alembic"))
    try:
        alembic_command.upgrade(config, "head")
    except Exception as error:
        cause = getattr(error, "orig", None) or error
        raise Refused(f"The migration failed and was rolled back: {_reason(cause)}.") from error


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = next((line for line in lines if "failed:" in line or "FATAL" in line), lines[0] if lines else repr(error))
    return text.rstrip(".")
