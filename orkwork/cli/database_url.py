"""`orkwork database-url`."""

import typer

from orkwork.cli.context import company
from orkwork.core.settings import settings


def database_url() -> None:
    """Print the address of the company's database, password included, for psql and pg_dump."""
    with company():
        typer.echo(settings().database_url)
