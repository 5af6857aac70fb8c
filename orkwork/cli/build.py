"""`orkwork build`: the pages, built when they are missing or stale."""

import typer

from orkwork.ui.build import ensure_built


def build() -> None:
    """Build the pages unless the build at hand was made of the same sources."""
    ensure_built(typer.echo)
