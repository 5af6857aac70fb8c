"""`orkwork owner-link`."""

from typing import Annotated

import typer

from orkwork.cli.context import company
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.domains.auth import queries, service


def owner_link(
    if_needed: Annotated[bool, typer.Option("--if-needed", help="Only while nobody owns this installation.")] = False,
) -> None:
    """Print a one-time link that signs in as the owner. Earlier links stop working."""
    with company():
        link = door.run(
            system("owner-link"),
            lambda work: None if if_needed and queries.has_owner(work) else service.create_owner_link(work),
            write=True,
        )
    if link:
        typer.echo(f"Sign in as owner, once, within 24 hours: {link}" if if_needed else link)
