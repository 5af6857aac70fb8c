"""`orkwork import`."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from orkwork.cli.context import company
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.errors import invalid
from orkwork.core.work import Work
from orkwork.domains.projects import queries as project_queries
from orkwork.domains.trackers import rules, service
from orkwork.domains.trackers.schemas import Imported
from orkwork.domains.workflows.schemas.templates import ImportIn, WorkflowOut
from orkwork.domains.workflows.service import editing

imports = typer.Typer(no_args_is_help=True)
GZIP = b"\x1f\x8b"


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


@imports.command()
def workflow(
    file: Annotated[Path, typer.Argument(help="A recorded workflow in WfFormat 1.4 or 1.5, gzipped or plain.")],
    project: Annotated[str, typer.Option(help="Key prefix or id of the project whose tasks its runs make.")],
    name: Annotated[str | None, typer.Option(help="The document's own name unless said.")] = None,
) -> None:
    """Make a workflow of a recorded one: each task is a step, with its parents and its runtime."""
    try:
        data = file.read_bytes()
        document = json.loads(gzip.decompress(data) if data[:2] == GZIP else data)
    except OSError as error:
        typer.echo(f"{file} can't be read: {error.strerror or error}.", err=True)
        raise typer.Exit(2) from None
    except (ValueError, EOFError, zlib.error, RecursionError):
        typer.echo(f"{file} is no JSON.", err=True)
        raise typer.Exit(2) from None
    with company():
        made = door.run(
            system("import workflow"), lambda work: _import_workflow(work, document, project, name), write=True
        )
    typer.echo(f"Imported {made.name} with {made.steps} {'step' if made.steps == 1 else 'steps'} as {made.key}.")


def _import_workflow(work: Work, document: Any, project: str, name: str | None) -> WorkflowOut:
    wanted = {"document": document, "project_id": project_queries.project(work, project).id, "name": name}
    try:
        body = ImportIn.model_validate(wanted)
    except ValidationError as error:
        first = error.errors()[0]
        raise invalid(".".join(map(str, first["loc"])), first["msg"]) from error
    return editing.import_workflow(work, body)


def _sentence(made: Imported) -> str:
    where = f"{made.project} ({made.key_prefix})"
    if not (made.tasks or made.comments or made.labels or made.people):
        return f"Nothing new: what {made.repository} has is in {where} already."
    counts = ((made.tasks, "task"), (made.comments, "comment"), (made.labels, "label"))
    added = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)
    people = f"{made.people} {'person' if made.people == 1 else 'people'}"
    known = f" {made.known} issues were known and stay as they are." if made.known else ""
    return f"Imported {made.repository} into {where}: {added} and {people}.{known}"
