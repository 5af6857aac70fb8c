"""What commands beside `up` share: the database of the home, and sentences instead of tracebacks."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from orkwork.core import db
from orkwork.core.errors import OrkworkError
from orkwork.core.settings import settings
from orkwork.domains import registry
from orkwork.embedded.home import LOOPBACK
from orkwork.embedded.postgres import DATABASE, USER


@contextmanager
def company() -> Iterator[None]:
    """Reach the company's database: DATABASE_URL, else the embedded one of a home that is up."""
    for variable, folder, form in (
        ("DATABASE_URL", "postgres", f"postgresql://{USER}:{{password}}@{LOOPBACK}:{{port}}/{DATABASE}"),
        ("REDIS_URL", "valkey", f"redis://:{{password}}@{LOOPBACK}:{{port}}/0"),
    ):
        kept = settings().home / folder / "endpoint.json"
        if not os.environ.get(variable) and kept.exists():
            os.environ[variable] = form.format(**json.loads(kept.read_text()))
    settings.cache_clear()
    if not settings().database_url:
        typer.echo(
            f"Nothing was ever started in {settings().home}: run `orkwork up` first, or set DATABASE_URL.", err=True
        )
        raise typer.Exit(2)
    registry.load_operations()
    try:
        yield
    except OrkworkError as error:
        hint = "Is `orkwork up` running?" if error.code == "database.away" else error.hint
        typer.echo(f"{error.message.rstrip('.')}. {hint}".strip(), err=True)
        raise typer.Exit(1) from None
    finally:
        db.dispose()
