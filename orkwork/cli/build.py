"""`orkwork build`: the pages, built when they are missing or stale."""

import typer

from orkwork.core.errors import OrkworkError
from orkwork.ui.build import ensure_built


def build() -> None:
    """Build the pages unless the build at hand was made of the same sources."""
    try:
        ensure_built(typer.echo)
    except OrkworkError as error:
        typer.echo(f"{error.message} {error.hint or ''}".strip(), err=True)
        raise typer.Exit(1) from None
