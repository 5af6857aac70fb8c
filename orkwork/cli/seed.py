"""`orkwork seed`."""

import typer

from orkwork.cli.context import company
from orkwork.core import door
from orkwork.core.actor import system
from orkwork.domains.demo.service import seeding


def seed() -> None:
    """Make the starter agents and the project 'orkwork v2' with its plan; what is there already stays as it is."""
    with company():
        made = door.run(system("seed"), seeding.seed_starter, write=True)
    if not (made.agents or made.projects):
        typer.echo("Nothing to add: the starter agents and the project are here already.")
        return
    typer.echo(f"Made {made.agents} agents, {made.projects} project and {made.tasks} tasks.")
