"""`orkwork audit`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from orkwork.cli.context import company
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.domains.audit import queries
from orkwork.domains.audit.schemas import CheckpointIn

audit = typer.Typer(no_args_is_help=True)


@audit.callback()
def _audit() -> None:
    """The sealed record of every change."""


@audit.command()
def verify(
    checkpoint: Annotated[
        Path | None, typer.Option(help="A file that `audit checkpoint` wrote.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Recompute the chain from the first event; exit code 1 when it does not hold."""
    kept = None
    if checkpoint:
        fields = json.loads(checkpoint.read_text())
        kept = CheckpointIn(pos=fields["pos"], hash=fields["hash"])
    with company():
        found = door.run(system("audit verify"), lambda work: queries.verify(work, kept), write=False)
    typer.echo(f"{found.sealed} events sealed, {found.unsealed} wait for sealing, {found.erased} erased with a demo.")
    if not found.ok:
        typer.echo(f"{found.problem}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"The chain holds. Its head is {found.head}.")


@audit.command()
def checkpoint() -> None:
    """Print the end of the chain as JSON; keep it elsewhere and give it to `audit verify`."""
    with company():
        found = door.run(system("audit checkpoint"), queries.checkpoint, write=False)
    typer.echo(found.model_dump_json())
