"""`orkwork import`."""

from pathlib import Path
from typing import Annotated

import typer

from orkwork.cli.context import company
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.domains.trackers import rules, service
from orkwork.domains.trackers.schemas import Imported

imports = typer.Typer(no_args_is_help=True)


@imports.callback()
def _imports() -> None:
    """What another place knows, brought here."""


@imports.command()
def tracker(
    file: Annotated[Path, typer.Argument(help="A GitHub archive or `gh issue list --json …`, gzipped or plain.")],
    project: Annotated[
        str | None, typer.Option(help="Name or key prefix; else the repository's project, made on first use.")
    ] = None,
    ready: Annotated[bool, typer.Option("--ready", help="Offer open issues to agents at once.")] = False,
) -> None:
    """Add a tracker's issues, pull requests, labels, people and comments. Run again, it adds only what is new."""
    try:
        data = file.read_bytes()
    except OSError as error:
        typer.echo(f"{file} can't be read: {error.strerror or error}.", err=True)
        raise typer.Exit(2) from None
    with company():
        found = rules.read(data)
        made = door.run(
            system("import tracker"),
            lambda work: service.import_tracker(work, found, project=project, ready=ready),
            write=True,
        )
    typer.echo(_sentence(made))


def _sentence(made: Imported) -> str:
    where = f"{made.project} ({made.key_prefix})"
    if not (made.tasks or made.comments or made.labels or made.people):
        return f"Nothing new: what {made.repository} has is in {where} already."
    counts = ((made.tasks, "task"), (made.comments, "comment"), (made.labels, "label"))
    added = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)
    people = f"{made.people} {'person' if made.people == 1 else 'people'}"
    known = f" {made.known} issues were known and stay as they are." if made.known else ""
    return f"Imported {made.repository} into {where}: {added} and {people}.{known}"
