"""`orkwork keys`."""

from typing import Annotated

import typer

from orkwork.cli.context import company
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.core.work import Work
from orkwork.domains.agents import queries, service
from orkwork.domains.agents.models import DEFAULT_SCOPES
from orkwork.domains.agents.schemas import KeyIn

keys = typer.Typer(no_args_is_help=True)


@keys.callback()
def _keys() -> None:
    """Keys of agents, for automation."""


@keys.command()
def create(
    agent: Annotated[str, typer.Argument(help="The agent's name.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="May be given more than once; all of work's by default.")
    ] = None,
    name: Annotated[str, typer.Option(help="What the key is called.")] = "command line",
) -> None:
    """Make a key that acts as the agent, and print it: this once, and nothing else."""

    def make(work: Work) -> str:
        body = KeyIn.model_validate({"name": name, "scopes": scope or list(DEFAULT_SCOPES)})
        return service.create_key(work, queries.agent_id_by_name(work, agent), body).key

    with company():
        try:
            typer.echo(door.run(system("keys create"), make, write=True))
        except ValueError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
